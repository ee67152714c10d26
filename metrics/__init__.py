# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Metrics that compare what a generator draws with a data set, and the feature networks that they look through."""

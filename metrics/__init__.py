# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Metrics that judge what a generator draws: its distance from a data set, its variety, its smoothness."""

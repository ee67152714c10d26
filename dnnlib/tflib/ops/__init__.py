# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Custom TensorFlow ops, a folder each, and one for what they share."""

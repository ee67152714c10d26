# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Readers of published data sets in their own formats, one module per subject, and what makes data sets of them."""

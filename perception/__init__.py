# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks that look at images: features for metrics, perceptual distances, classifiers, and their weight files."""

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Custom TensorFlow ops: bias with activation, and upsample - filter - downsample."""

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Data sets: what their files hold, how they are made of images, and looks into them. Needs no TensorFlow."""

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Convolution of images, also with the zero insertion and the steps of resampling."""

from dnnlib.tflib.ops.conv_2d.conv_2d import check_kernel, conv_2d, is_available, resample_conv_2d

__all__ = ['check_kernel', 'conv_2d', 'is_available', 'resample_conv_2d']

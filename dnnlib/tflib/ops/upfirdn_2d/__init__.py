# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Upsample - filter - downsample of images, and convolutions that resample."""

from dnnlib.tflib.ops.upfirdn_2d.resample_conv import conv_downsample_2d, upsample_conv_2d
from dnnlib.tflib.ops.upfirdn_2d.upfirdn_2d import downsample_2d, filter_2d, upfirdn_2d, upsample_2d

__all__ = ['conv_downsample_2d', 'downsample_2d', 'filter_2d', 'upfirdn_2d', 'upsample_2d', 'upsample_conv_2d']

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Modulation: feature maps times a number of their own, and the sums of squares that demodulation needs."""

from dnnlib.tflib.ops.channel_scale.channel_scale import channel_scale, sum_squared_taps

__all__ = ['channel_scale', 'sum_squared_taps']

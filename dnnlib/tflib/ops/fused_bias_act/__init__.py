# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Bias, activation function, gain and clamp in one op."""

from dnnlib.tflib.ops.fused_bias_act.fused_bias_act import activation_funcs, fused_bias_act

__all__ = ['activation_funcs', 'fused_bias_act']

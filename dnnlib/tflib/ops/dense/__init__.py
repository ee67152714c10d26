# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Products of a few rows with a large matrix."""

from dnnlib.tflib.ops.dense.dense import dense

__all__ = ['dense']

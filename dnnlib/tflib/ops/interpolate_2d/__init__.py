# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Images read at positions between their pixels."""

from dnnlib.tflib.ops.interpolate_2d.interpolate_2d import interpolate_2d

__all__ = ['interpolate_2d']

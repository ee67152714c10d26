# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The projector under its official name; see `editing.projection`."""

import dnnlib.tflib  # noqa: F401  First, since it loads TensorFlow in silence.
from editing.projection import Projector

__all__ = ['Projector']

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Where runs are executed; this process is the only place."""

from dnnlib.submission.internal import local

__all__ = ['local']

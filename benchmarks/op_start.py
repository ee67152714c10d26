# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The task of build_speed.py: load the compiled ops."""

import os
import time

from dnnlib.tflib import custom_ops

# isort: split
import tensorflow.compat.v1 as tf  # After dnnlib.tflib, which loads it in silence.

from dnnlib.util import set_cache_dir


class OpStart:
    """The compiled ops as a program meets them at its start."""

    def load(self, cache_dir, names):
        """Load ops, and compile those that are not in the cache.

        Args:
            cache_dir: Root of the caches.
            names: Names of the ops.

        Returns:
            The version of TensorFlow, and the seconds.
        """
        set_cache_dir(os.path.abspath(cache_dir))
        begin = time.perf_counter()
        for name in names:
            custom_ops.get_plugin(name)
        return tf.__version__, time.perf_counter() - begin

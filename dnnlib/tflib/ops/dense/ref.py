# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""`dense` of TensorFlow's own ops: what the compiled op is tested against.

Snapshots carry this text for readers without it, see `dnnlib.tflib.snapshots.bundle`.
"""

import tensorflow.compat.v1 as tf


def dense(x, w, gain=1):
    """Multiply with a matrix and a number."""
    if gain != 1:
        x = x * tf.constant(gain, x.dtype)
    return tf.matmul(x, tf.cast(w, x.dtype))

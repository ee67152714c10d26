# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The ops of `channel_scale` made of TensorFlow's own: what the compiled ones are tested against.

Snapshots carry this text for readers without them, see `dnnlib.tflib.snapshots.bundle`.
"""

import tensorflow.compat.v1 as tf


def channel_scale(x, s):
    """Multiply each feature map of each sample with a number of its own."""
    return x * tf.reshape(tf.cast(s, x.dtype), [-1, int(x.shape[1]), 1, 1])  # [NC11]


def sum_squared_taps(w):
    """Sum the squares of a kernel [kkIO] over its taps."""
    return tf.reduce_sum(tf.square(w), axis=[0, 1])  # [IO]

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""`interpolate_2d` of TensorFlow's own ops: what the compiled op is tested against."""

import numpy as np
import tensorflow.compat.v1 as tf


def interpolate_2d(images, x, y):
    """Read images [NCHW] at positions x and y [Nhw], see `interpolate_2d.interpolate_2d`."""
    channels = int(images.shape[1])
    height, width = tf.shape(images)[2], tf.shape(images)[3]
    left, top = tf.floor(x), tf.floor(y)
    # Each pixel with its right, lower and lower right neighbour in a row of memory; all from one beyond the edge.
    around = tf.pad(tf.transpose(images, [0, 2, 3, 1]), [[0, 0], [1, 1], [1, 1], [0, 0]])
    around = tf.concat([around[:, :-1], around[:, 1:]], axis=3)
    around = tf.concat([around[:, :, :-1], around[:, :, 1:]], axis=3)  # [N, H + 1, W + 1, 4 C]
    column, row = [
        tf.cast(tf.clip_by_value(first, -1, tf.cast(size - 1, tf.float32)), tf.int32) + 1
        for first, size in ((left, width), (top, height))
    ]
    start = tf.range(tf.shape(images)[0])[:, np.newaxis, np.newaxis] * ((height + 1) * (width + 1))
    index = start + row * (width + 1) + column
    read = tf.gather(tf.reshape(around, [-1, 4 * channels]), index)  # [N, h, w, 4 C]
    read = tf.reshape(read, tf.concat([tf.shape(index), [2, 2, channels]], axis=0))  # Left and right, top and bottom.
    weights = _weigh(x, left, width)[:, np.newaxis] * _weigh(y, top, height)[np.newaxis]  # [2, 2, N, h, w]
    weights = tf.transpose(weights, [2, 3, 4, 0, 1])[..., np.newaxis]
    return tf.transpose(tf.reduce_sum(read * weights, axis=[3, 4]), [0, 3, 1, 2])


def _weigh(position, first, size):
    """Return the weights of a pixel and its neighbour, [2, N, h, w], which are 0 if both lie outside."""
    is_near = tf.logical_and(first >= -1, first <= tf.cast(size - 1, tf.float32))
    fraction = position - first
    weights = tf.stack([1 - fraction, fraction])
    return tf.where(tf.stack([is_near, is_near]), weights, tf.zeros_like(weights))

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Brings images to what networks look at: three channels, and no more than a height."""

import tensorflow.compat.v1 as tf


def to_rgb(images):
    """Repeat the channel of grayscale images [NCHW] three times; of others keep the first three."""
    if int(images.shape[1]) < 3:
        images = tf.tile(images[:, :1], [1, 3, 1, 1])
    return images[:, :3]


def shrink(images, max_height):
    """Average blocks of pixels of images [NCHW] until about a height is left; never enlarge."""
    channels, height, width = [int(size) for size in images.shape[1:]]
    factor = compute_shrink_factor(height, width, max_height)
    if factor == 1:
        return images
    blocks = tf.reshape(images, [-1, channels, height // factor, factor, width // factor, factor])  # [NCHfWf]
    return tf.reduce_mean(blocks, axis=[3, 5])


def compute_shrink_factor(height, width, max_height):
    """Return the factor of `shrink`: `height // max_height`, or less if that does not divide both sides."""
    factors = range(1, max(height // max_height, 1) + 1)
    return max(factor for factor in factors if height % factor == 0 and width % factor == 0)

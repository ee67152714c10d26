# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Features and a generator that are small enough to be understood, for tests of what surrounds them."""

import numpy as np
import tensorflow.compat.v1 as tf


def mean_colours(images):
    """Return the mean of each quarter of each channel: uint8 [NCHW] -> float32 [N, 4 C]."""
    channels, height, width = [int(size) for size in images.shape[1:]]
    blocks = tf.reshape(tf.cast(images, tf.float32), [-1, channels, 2, height // 2, 2, width // 2])
    return tf.reshape(tf.reduce_mean(blocks, axis=[3, 5]), [-1, 4 * channels])


def mean_colours_numpy(images):
    """Do as `mean_colours` does."""
    num, channels, height, width = images.shape
    blocks = images.astype(np.float64).reshape(num, channels, 2, height // 2, 2, width // 2)
    return blocks.mean(axis=(3, 5)).reshape(num, 4 * channels)


class Sampler:
    """A generator that draws one of given pictures [NCHW] (-1..1): the first latent is the normal quantile of which."""

    def __init__(self, images, label_size=0):
        self.images = images.astype(np.float32)
        self.input_shapes = [[None, 4], [None, label_size]]
        self.input_shape = self.input_shapes[0]
        self.output_shape = [None] + list(images.shape[1:])
        self.seen_labels = []

    def clone(self):
        """Return an equal generator."""
        return Sampler(self.images, self.input_shapes[1][1])

    def get_output_for(self, latents, labels, is_validation=False):
        """Return the pictures for latents [ND]."""
        assert is_validation
        self.seen_labels.append(labels)
        share = 0.5 * (1 + tf.erf(latents[:, 0] / np.sqrt(2)))
        indices = tf.minimum(tf.cast(share * len(self.images), tf.int32), len(self.images) - 1)
        return tf.gather(tf.constant(self.images), indices)

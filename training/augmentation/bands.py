# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Makes bands of frequencies stronger and weaker (ADA, appendix B, "Image-space filtering")."""

import numpy as np
import tensorflow.compat.v1 as tf

from training.augmentation.wavelets import NUM_BANDS, make_filter_bank

_POWER = np.float32([10, 1, 1, 1]) / 13  # What images have in the bands, about: 1 / f.
_BANK = make_filter_bank().astype(np.float32)


def draw_gains(draws, strength, bands=(1, 1, 1, 1), std=1):
    """Return the gains of the bands, float32 [N, 4]; each is drawn by itself, and the expected power stays."""
    gains = draws.fill(1.0, [NUM_BANDS])
    for band in range(NUM_BANDS):
        if draws.percentile is not None and bands[band] <= 0:
            continue
        gain = 2 ** draws.draw_normal(std, bands[band] * strength)
        chosen = np.eye(NUM_BANDS, dtype=np.float32)[band]
        factors = gain[:, np.newaxis] * chosen + (1 - chosen)  # [N, 4]
        power = tf.reduce_sum(_POWER * tf.square(factors), axis=1, keepdims=True)
        gains *= factors / tf.sqrt(power)
    return gains


def apply_gains(images, gains):
    """Return images [NCHW] whose bands are multiplied by gains [N, 4], first along rows, then along columns."""
    channels, height, width = [int(size) for size in images.shape[1:]]
    reach = _BANK.shape[1] // 2
    images = tf.pad(images, [[0, 0], [0, 0], [reach, reach], [reach, reach]], 'REFLECT')
    planes = tf.reshape(images, [-1, height + 2 * reach, width + 2 * reach, 1])  # [N*C, H, W, 1]
    gains = tf.reshape(tf.tile(gains[:, np.newaxis], [1, channels, 1]), [-1, 1, 1, NUM_BANDS])
    for shape in ([1, -1], [-1, 1]):
        bank = _BANK.T.reshape(*shape, 1, NUM_BANDS)
        planes = tf.reduce_sum(tf.nn.conv2d(planes, bank, 1, 'VALID') * gains, axis=3, keepdims=True)
    return tf.reshape(planes, [-1, channels, height, width])

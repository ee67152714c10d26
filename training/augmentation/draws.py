# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Random parameters of augmentations, one set per image, each of which is left out with some probability."""

import numpy as np
import tensorflow.compat.v1 as tf
from scipy.special import erfinv

from dnnlib import tflib


class Draws:
    """Draws the parameters of the images of a batch; what is off has the value 0.

    Args:
        num: Number of images, an integer or scalar tensor.
        percentile: None; or a number in (0, 1) that stands in the place of every uniform number, with all
            augmentations on, so that results can be compared.
    """

    def __init__(self, num, percentile=None):
        self.num = num
        self.percentile = percentile

    def draw_integer(self, count, probability):
        """Return integers of 0 to count - 1 as float32 [N]."""
        return self._gate(tf.floor(self._draw_unit([]) * count), probability)

    def draw_uniform(self, limit, probability, size=None):
        """Return numbers between -limit and limit, float32 [N], or [N, size] that are on or off together."""
        return self._gate((self._draw_unit(_make_shape(size)) * 2 - 1) * limit, probability)

    def draw_normal(self, std, probability, size=None):
        """Return normal numbers of a standard deviation, float32 [N], or [N, size] that are on or off together."""
        shape = _make_shape(size)
        if self.percentile is None:
            values = tflib.random_normal([self.num] + shape) * std
        else:
            values = self.fill(erfinv(2 * self.percentile - 1) * std, shape)
        return self._gate(values, probability)

    def draw_unit(self, size):
        """Return numbers from 0 to below 1, float32 [N, size], which are always on."""
        return self._draw_unit([size])

    def draw_on(self, probability):
        """Return 1 where an augmentation is on, else 0, float32 [N]."""
        return self._gate(self.fill(1.0), probability)

    def fill(self, value, shape=()):
        """Return the same value for all images, float32 [N, ...]."""
        return tf.fill([self.num, *shape], np.float32(value))

    def _draw_unit(self, shape):
        if self.percentile is not None:
            return self.fill(self.percentile, shape)
        return tflib.random_uniform([self.num] + shape)

    def _gate(self, values, probability):
        """Return values [N] or [NS] of the images for which an augmentation is on, and 0 for all others."""
        if self.percentile is not None:
            return values
        is_on = tf.cast(tflib.random_uniform([self.num]) < probability, tf.float32)
        return values * (is_on if values.shape.rank == 1 else is_on[:, np.newaxis])


def _make_shape(size):
    return [] if size is None else [size]

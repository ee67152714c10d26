# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The simpler augmentations of DiffAugment, which need no more than a few dozen images.

Source: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", 2020, section 4 and appendix
(arXiv:2006.10738).
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.interpolate_2d import interpolate_2d
from training.augmentation.color import count_colors

_TRANSLATION, _CUTOUT = 0.125, 0.5  # Of width and height.


def apply(images, draws, strength, diff_color=0, diff_translation=0, diff_cutout=0):
    """Return images [NCHW] with other colours, moved, and with a missing square; see `augment.augment_pipeline`."""
    if diff_color > 0:
        images = _change_colors(images, draws, diff_color * strength)
    if diff_translation > 0:
        images = _move(images, draws, diff_translation * strength)
    if diff_cutout > 0:
        images = _cut_out(images, draws, diff_cutout * strength)
    return images


def _change_colors(images, draws, probability):
    """Return images that are lighter or darker, then with more or less saturation, then of contrast."""
    num_colors = count_colors(int(images.shape[1]))
    colors = images[:, :num_colors]
    colors += _spread(draws.draw_uniform(0.5, probability))
    for axes, limit in [([1], 1.0), ([1, 2, 3], 0.5)]:
        mean = tf.reduce_mean(colors, axis=axes, keepdims=True)
        colors = mean + (colors - mean) * (1 + _spread(draws.draw_uniform(limit, probability)))
    return tf.concat([colors, images[:, num_colors:]], axis=1)


def _spread(values):
    """Return values [N] as [N111]."""
    return values[:, np.newaxis, np.newaxis, np.newaxis]


def _move(images, draws, probability):
    """Return images moved by whole pixels; what is beyond the edge is zero."""
    positions, shares = [], draws.draw_uniform(1.0, probability, size=2)
    for axis, length in enumerate([int(images.shape[3]), int(images.shape[2])]):
        limit = int(length * _TRANSLATION + 0.5)
        shift = tf.floor(shares[:, axis] * (limit + 0.5) + 0.5)  # All of -limit ... limit equally often.
        positions.append(np.arange(length, dtype=np.float32) - shift[:, np.newaxis])
    x, y = positions
    x, y = x[:, np.newaxis] + tf.zeros_like(y)[:, :, np.newaxis], y[:, :, np.newaxis] + tf.zeros_like(x)[:, np.newaxis]
    moved = interpolate_2d(images, x, y)
    moved.set_shape(images.shape)
    return moved


def _cut_out(images, draws, probability):
    """Return images without a rectangle of half their size, which may lie partly beyond the edge."""
    is_out = draws.draw_on(probability)[:, np.newaxis, np.newaxis] > 0  # [N11]
    for axis, length in enumerate(int(size) for size in images.shape[2:]):
        size = int(length * _CUTOUT + 0.5)
        first = tf.floor(draws.draw_unit(1) * (length + 1 - size % 2)) - size // 2  # [N1]
        pixels = np.arange(length, dtype=np.float32)
        is_in = tf.logical_and(pixels >= first, pixels < first + size)  # [NH] or [NW]
        is_out = tf.logical_and(is_out, is_in[:, :, np.newaxis] if axis == 0 else is_in[:, np.newaxis])
    return images * tf.cast(tf.logical_not(is_out), images.dtype)[:, np.newaxis]

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Changes of colours: one affine map of (R, G, B) per image (ADA, appendix B, "Color transformations")."""

import numpy as np
import tensorflow.compat.v1 as tf

_AXIS = np.array([1, 1, 1, 0], np.float32) / np.sqrt(np.float32(3))  # That of the greys.
_GREY = np.outer(_AXIS, _AXIS)
_TURN = np.zeros([4, 4], np.float32)  # The cross product with the axis.
_TURN[:3, :3] = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
_COLORS = np.diag(np.float32([1, 1, 1, 0]))
_ONE = np.diag(np.float32([0, 0, 0, 1]))


def draw_matrix(
    draws,
    strength,
    num_colors,
    brightness=0,
    brightness_std=0.2,
    contrast=0,
    contrast_std=0.5,
    lumaflip=0,
    hue=0,
    hue_max=1,
    saturation=0,
    saturation_std=1,
):
    """Return matrices of (R, G, B, 1), float32 [N, 4, 4], or None if nothing is on; see `augment.augment_pipeline`."""
    factors = []  # Of the matrix, from right to left.
    if brightness > 0:
        shift = _scale(draws.draw_normal(brightness_std, brightness * strength))
        factors.append(np.eye(4, dtype=np.float32) + shift * np.outer([1, 1, 1, 0], [0, 0, 0, 1]).astype(np.float32))
    if contrast > 0:
        factors.append(_ONE + _COLORS * _scale(2 ** draws.draw_normal(contrast_std, contrast * strength)))
    if lumaflip > 0:
        factors.append(np.eye(4, dtype=np.float32) - 2 * _GREY * _scale(draws.draw_integer(2, lumaflip * strength)))
    if hue > 0 and num_colors > 1:
        angle = _scale(draws.draw_uniform(np.pi * hue_max, hue * strength))
        factors.append(_ONE + _GREY + (_COLORS - _GREY) * tf.cos(angle) + _TURN * tf.sin(angle))
    if saturation > 0 and num_colors > 1:
        factor = _scale(2 ** draws.draw_normal(saturation_std, saturation * strength))
        factors.append(_ONE + _GREY + (_COLORS - _GREY) * factor)
    if not factors:
        return None
    product = factors[0]
    for factor in factors[1:]:
        product = tf.matmul(factor, product)
    return product


def _scale(values):
    """Return values [N] as factors of matrices [N, 1, 1]."""
    return values[:, np.newaxis, np.newaxis]


def count_colors(channels):
    """Return how many of 1 to 4 channels are colours: the last of 2 and 4 is opacity."""
    return 3 if channels >= 3 else 1


def apply_matrix(images, matrix):
    """Return images [NCHW] with other colours; opacity stays."""
    channels, height, width = [int(size) for size in images.shape[1:]]
    num_colors = count_colors(channels)
    colors = tf.reshape(images[:, :num_colors], [-1, num_colors, height * width])
    if num_colors == 3:
        colors = tf.matmul(matrix[:, :3, :3], colors) + matrix[:, :3, 3:]
    else:
        row = tf.reduce_mean(matrix[:, :3], axis=1, keepdims=True)  # [N, 1, 4]
        colors = colors * tf.reduce_sum(row[:, :, :3], axis=2, keepdims=True) + row[:, :, 3:]
    colors = tf.reshape(colors, [-1, num_colors, height, width])
    return tf.concat([colors, images[:, num_colors:]], axis=1) if channels > num_colors else colors

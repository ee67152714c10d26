# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Moves, turns and stretches images, all at once: one matrix per image, one resampling (ADA, appendix B).

A matrix [3, 3] maps a position in the result to the one in the image from which it is read, in pixels, with the origin
in the centre, x to the right and y downwards.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.interpolate_2d import interpolate_2d
from training.augmentation.wavelets import SYM6

_FILTER = (SYM6 / SYM6.sum()).astype(np.float32)
_MARGIN = len(_FILTER) // 4  # Pixels on each side of the result that the filter reaches beyond.


# ----------------------------------------------------------------------------
# Matrices.


def draw_matrix(
    draws,
    strength,
    width,
    height,
    xflip=0,
    rotate90=0,
    xint=0,
    xint_max=0.125,
    scale=0,
    scale_std=0.2,
    rotate=0,
    rotate_max=1,
    aniso=0,
    aniso_std=0.2,
    xfrac=0,
    xfrac_std=0.125,
):
    """Return the matrices of a batch, float32 [N, 3, 3], or None if nothing is on; see `augment.augment_pipeline`."""
    factors = []  # Of the matrix, from left to right.
    if xflip > 0:
        factors.append(make_scaling(1 - 2 * draws.draw_integer(2, xflip * strength), 1.0))
    if rotate90 > 0:
        factors.append(make_rotation(draws.draw_integer(4, rotate90 * strength) * (np.pi / 2)))
    if xint > 0:
        shift = draws.draw_uniform(xint_max, xint * strength, size=2)
        factors.append(make_translation(-tf.round(shift[:, 0] * width), -tf.round(shift[:, 1] * height)))
    if scale > 0:
        factor = 2 ** -draws.draw_normal(scale_std, scale * strength)
        factors.append(make_scaling(factor, factor))
    # Each of two turns is on with this probability, so that any is with that of the other augmentations.
    either = 1 - tf.sqrt(tf.maximum(1 - rotate * strength, 0.0))
    if rotate > 0:
        factors.append(make_rotation(draws.draw_uniform(np.pi * rotate_max, either)))
    if aniso > 0:
        factor = 2 ** draws.draw_normal(aniso_std, aniso * strength)
        factors.append(make_scaling(1 / factor, factor))
    if rotate > 0 and draws.percentile is None:
        factors.append(make_rotation(draws.draw_uniform(np.pi * rotate_max, either)))
    if xfrac > 0:
        shift = draws.draw_normal(xfrac_std, xfrac * strength, size=2)
        factors.append(make_translation(-shift[:, 0] * width, -shift[:, 1] * height))
    return _multiply(factors) if factors else None


def _multiply(factors):
    product = factors[0]
    for factor in factors[1:]:
        product = tf.matmul(product, factor)
    return product


def _stack(rows):
    """Return matrices [N, 3, 3] of rows of numbers and tensors [N]."""
    like = next(value for row in rows for value in row if isinstance(value, tf.Tensor))
    columns = [[value + tf.zeros_like(like) for value in row] for row in rows]
    return tf.stack([tf.stack(row, axis=1) for row in columns], axis=1)


def make_scaling(x, y):
    """Return the matrix that multiplies by tensors [N] or numbers, one of them a tensor."""
    return _stack([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, 1.0]])


def make_rotation(angle):
    """Return the matrix that turns by an angle [N] in radians."""
    cos, sin = tf.cos(angle), tf.sin(angle)
    return _stack([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def make_translation(x, y):
    """Return the matrix that adds tensors [N] or numbers, one of them a tensor."""
    return _stack([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


# ----------------------------------------------------------------------------
# Resampling.


def resample(images, matrix):
    """Return images that are read from other positions; beyond the edges there is the mirror image, and then zero.

    They are enlarged twofold, moved with linear interpolation, and made small again, with a filter that takes away what
    would become aliasing. The op is linear in the images; gradients of any order are those of the linear map.

    Args:
        images: float32 [NCHW], channels, height and width static.
        matrix: float32 [N, 3, 3], see above.

    Returns:
        Tensor of the same shape.
    """
    channels, height, width = [int(size) for size in images.shape[1:]]
    pads = _find_pads(matrix, width, height)  # Left, top, right, bottom.
    left, top, right, bottom = tf.unstack(pads)
    images = tf.pad(images, [[0, 0], [0, 0], [top, bottom], [left, right]], 'REFLECT')
    images = _enlarge(_enlarge(images, axis=2), axis=3)
    canvas = [2 * (height + 2 * _MARGIN), 2 * (width + 2 * _MARGIN)]
    offset = tf.cast(tf.stack([left - right, top - bottom]), tf.float32) / 2
    images.set_shape([None, channels, None, None])
    images = interpolate_2d(images, *_find_positions(matrix, offset, canvas, tf.shape(images)[2:]))
    images = _reduce(_reduce(images, 2, height), 3, width)
    images.set_shape([None, channels, height, width])
    return images


def _enlarge(images, axis):
    """Return [NCHW] of twice the length of an axis: 2 h[j] of pixel i goes to place 2 i + j - 5, for all i and j."""
    return _spread(images, axis, 5, 2 * tf.shape(images)[axis]) * 2


def _reduce(images, axis, length):
    """Return [NCHW] with another length of an axis: place i gets h[j] of pixel 2 i + 1 + j, for all j."""
    return _collect(images, axis, -1, length)


# The gradients of the two that follow are each other. Those of their ops would add up many padded images.


def _spread(images, axis, first, length):
    """Return [NCHW] of an even length of an axis: h[j] of pixel i goes to place 2 i + j - first, for all i and j."""

    @tf.custom_gradient
    def spread(x):
        old_length = tf.shape(x)[axis]
        places = [_filter(x, axis, [(-shift, tap) for shift, tap in taps], length // 2) for taps in _divide_taps(first)]
        y = tf.stack(places, axis=axis + 1)
        shape = tf.unstack(tf.shape(places[0]))
        shape[axis] *= 2
        return tf.reshape(y, shape), lambda dy: _collect(dy, axis, first, old_length)

    return spread(images)


def _collect(images, axis, first, length):
    """Return [NCHW] of a length of an axis: place i gets h[j] of pixel 2 i + j - first, for all j; outside is zero."""

    @tf.custom_gradient
    def collect(x):
        old_length = tf.shape(x)[axis]
        shape = tf.unstack(tf.shape(x))
        shape[axis : axis + 1] = [old_length // 2, 2]
        places = tf.unstack(tf.reshape(x, shape), num=2, axis=axis + 1)
        y = tf.add_n([_filter(x, axis, taps, length) for x, taps in zip(places, _divide_taps(first))])
        return y, lambda dy: _spread(dy, axis, first, old_length)

    return collect(images)


def _divide_taps(first):
    """Return pairs (shift, h[j]) for the even and for the odd j - first, which is 2 * shift or 2 * shift + 1."""
    return [
        [((tap - first) // 2, _FILTER[tap]) for tap in range(len(_FILTER)) if (tap - first) % 2 == place]
        for place in range(2)
    ]


def _filter(images, axis, taps, length):
    """Return the sum of moved images [NCHW], times the taps: place i gets pixel i + shift, or zero outside."""
    before = max(-min(shift for shift, _ in taps), 0)
    after = tf.maximum(length + max(shift for shift, _ in taps) - tf.shape(images)[axis], 0)
    padded = tf.pad(images, [[before, after] if index == axis else [0, 0] for index in range(4)])
    parts = []
    for shift, tap in taps:
        begin = before + shift
        part = padded[:, :, begin : begin + length] if axis == 2 else padded[:, :, :, begin : begin + length]
        parts.append(part * tap)
    return tf.add_n(parts)


def _find_pads(matrix, width, height):
    """Return how far beyond the edges any image of the batch is read, int32 [left, top, right, bottom]."""
    x, y = (width - 1) / 2, (height - 1) / 2
    corners = np.array([[-x, -y, 1], [x, -y, 1], [x, y, 1], [-x, y, 1]], np.float32).T  # [3, 4]
    read = tf.einsum('nij,jk->ink', matrix[:, :2], tf.constant(corners))
    reach = tf.concat([tf.reduce_max(-read, axis=[1, 2]), tf.reduce_max(read, axis=[1, 2])], axis=0)
    reach += 2 * _MARGIN - np.array([x, y, x, y], np.float32)
    limits = np.array([width - 1, height - 1] * 2, np.float32)  # A mirror image has no more.
    return tf.cast(tf.ceil(tf.clip_by_value(reach, 0, limits)), tf.int32)


def _find_positions(matrix, offset, canvas, source):
    """Return from where in the enlarged images each pixel of the canvas is read, indices x and y [N, h, w]."""
    columns, rows = [(np.arange(size) + 0.5 - size / 2).astype(np.float32) for size in canvas[::-1]]
    # Half a pixel of the enlarged image lies between its pixels and those of the image that they are made of.
    columns, rows = [(values + 0.5) / 2 for values in (columns, rows)]
    linear, shift = matrix[:, :2, :2], matrix[:, :2, 2] + offset  # [N, 2, 2], [N, 2]
    positions = []
    for axis in (0, 1):
        from_columns = linear[:, axis, 0, np.newaxis] * columns  # [N, w]
        from_rows = linear[:, axis, 1, np.newaxis] * rows + shift[:, axis, np.newaxis]  # [N, h]
        read = from_columns[:, np.newaxis] + from_rows[:, :, np.newaxis]
        positions.append(2 * read - 0.5 + (tf.cast(source[1 - axis], tf.float32) - 1) / 2)
    return positions

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""`upfirdn_2d` of TensorFlow's own ops: what the compiled op is tested against."""

import numpy as np
import tensorflow.compat.v1 as tf


def upfirdn_2d(x, k, up, down, pad, out_size):
    """Upsample, pad or crop, filter and downsample.

    Args:
        x: Images [NHWC].
        k: Filter [hw].
        up: Factors in y and x.
        down: Steps in y and x.
        pad: Pads ((top, bottom), (left, right)).
        out_size: Height and width of the result.
    """
    if up == (2, 2) and down == (1, 1):
        return _upsample_fir(x, k, up[0], pad, out_size)
    for axis in (0, 1):
        x = _insert_zeros(x, axis + 1, up[axis])
    x = _pad_or_crop(x, pad)
    stride = down[0] if down[0] == down[1] else 1  # The op below knows equal strides only.
    x = tf.nn.depthwise_conv2d(x, _depthwise_filter(k[::-1, ::-1], x), [1, stride, stride, 1], 'VALID')
    if down[0] != down[1]:
        x = x[:, :: down[0], :: down[1]]
    return x


def _upsample_fir(x, k, factor, pad, out_size):
    """Zero insertion and filter in one transposed convolution, which skips the products with zero."""
    full_size = [(int(size) - 1) * factor + fir for size, fir in zip(x.shape[1:3], k.shape)]
    shape = tf.stack([tf.shape(x)[0]] + full_size + [int(x.shape[3])])
    strides = [1, factor, factor, 1]
    y = tf.nn.depthwise_conv2d_backprop_input(shape, _depthwise_filter(k, x), x, strides, 'VALID')
    y.set_shape([x.shape[0]] + full_size + [x.shape[3]])
    before = [p[0] - fir + 1 for p, fir in zip(pad, k.shape)]
    after = [out - full - b for out, full, b in zip(out_size, full_size, before)]
    return _pad_or_crop(y, list(zip(before, after)))


def _depthwise_filter(k, x):
    """Return the filter `k` [hw] once per channel of the [NHWC] tensor `x`: [hwC1]."""
    channels = int(x.shape[3])
    return tf.constant(np.tile(k[:, :, np.newaxis, np.newaxis], [1, 1, channels, 1]), x.dtype)


def _insert_zeros(x, axis, factor):
    """Insert factor - 1 zeros after every element along `axis` of [NHWC]."""
    if factor == 1:
        return x
    shape = [-1] + [int(size) for size in x.shape[1:]]
    spread = tf.expand_dims(x, axis + 1)
    spread = tf.pad(spread, [[0, factor - 1] if i == axis + 1 else [0, 0] for i in range(5)])
    shape[axis] *= factor
    return tf.reshape(spread, shape)


def _pad_or_crop(x, pad):
    """Add zeros around [NHWC] images; negative amounts crop."""
    (y0, y1), (x0, x1) = pad
    if max(y0, y1, x0, x1) > 0:
        x = tf.pad(x, [[0, 0], [max(y0, 0), max(y1, 0)], [max(x0, 0), max(x1, 0)], [0, 0]])
    if min(y0, y1, x0, x1) < 0:
        height, width = int(x.shape[1]), int(x.shape[2])
        x = x[:, max(-y0, 0) : height - max(-y1, 0), max(-x0, 0) : width - max(-x1, 0)]
    return x

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Resampling as a textbook has it, for comparison: insert zeros, pad, filter every pixel, throw pixels away.

The arithmetic of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958, appendix B) step by step in TensorFlow's own ops, and
convolutions with a transpose on either side, as TensorFlow has none in [NCHW] on every CPU. `install` puts these
functions in the place of ours.
"""

import sys

import numpy as np
import tensorflow.compat.v1 as tf

REPLACED = ('upfirdn_2d', 'filter_2d', 'upsample_2d', 'downsample_2d', 'upsample_conv_2d', 'conv_downsample_2d')


def install():
    """Replace the functions of our resampling and of `conv_2d` in this process; nobody may have imported them yet."""
    from dnnlib.tflib.ops import conv_2d as conv_module
    from dnnlib.tflib.ops import upfirdn_2d as module

    assert 'training.layers' not in sys.modules and 'training.stylegan2_blocks' not in sys.modules
    for name in REPLACED:
        setattr(module, name, globals()[name])
    conv_module.conv_2d = conv_2d


def upfirdn_2d(x, k, upx=1, upy=1, downx=1, downy=1, padx0=0, padx1=0, pady0=0, pady1=0, impl=None):
    """Upsample, pad, filter and downsample images [major, H, W, minor]; see the function of that name in tflib.ops."""
    del impl
    k = np.asarray(k, np.float32)
    height, width, minor = [int(size) for size in x.shape[1:]]
    x = tf.reshape(x, [-1, height, 1, width, 1, minor])
    x = tf.pad(x, [[0, 0], [0, 0], [0, upy - 1], [0, 0], [0, upx - 1], [0, 0]])
    x = tf.reshape(x, [-1, height * upy, width * upx, minor])
    x = tf.pad(x, [[0, 0], [max(pady0, 0), max(pady1, 0)], [max(padx0, 0), max(padx1, 0)], [0, 0]])
    x = x[:, max(-pady0, 0) : int(x.shape[1]) - max(-pady1, 0), max(-padx0, 0) : int(x.shape[2]) - max(-padx1, 0)]

    height, width = int(x.shape[1]), int(x.shape[2])
    x = x if minor == 1 else tf.transpose(x, [0, 3, 1, 2])
    x = tf.reshape(x, [-1, height, width, 1])  # One channel at a time.
    x = tf.nn.conv2d(x, tf.constant(k[::-1, ::-1, np.newaxis, np.newaxis], x.dtype), [1, 1, 1, 1], 'VALID')
    height, width = height - k.shape[0] + 1, width - k.shape[1] + 1
    if minor > 1:
        x = tf.transpose(tf.reshape(x, [-1, minor, height, width]), [0, 2, 3, 1])
    return x[:, ::downy, ::downx]


def _resample(x, k, up, down, pad, data_format):
    """Run `upfirdn_2d` with the same factors and pads in both directions."""
    options = {'upx': up, 'upy': up, 'downx': down, 'downy': down}
    options.update(padx0=pad[0], padx1=pad[1], pady0=pad[0], pady1=pad[1])
    if data_format == 'NHWC':
        return upfirdn_2d(x, k, **options)
    channels, height, width = [int(size) for size in x.shape[1:]]
    y = upfirdn_2d(tf.reshape(x, [-1, height, width, 1]), k, **options)
    return tf.reshape(y, [-1, channels, int(y.shape[1]), int(y.shape[2])])


def _make_filter(k, factor, gain):
    k = np.asarray([1] * factor if k is None else k, np.float32)
    k = np.outer(k, k) if k.ndim == 1 else k
    return k / np.sum(k) * gain


def filter_2d(x, k, gain=1, padding=0, data_format='NCHW', impl=None):
    """Filter images; see the function of that name in tflib.ops."""
    del impl
    k = _make_filter(k, 1, gain)
    return _resample(x, k, 1, 1, (len(k) // 2 + padding, (len(k) - 1) // 2 + padding), data_format)


def upsample_2d(x, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Enlarge images; see the function of that name in tflib.ops."""
    del impl
    k = _make_filter(k, factor, gain * factor**2)
    p = len(k) - factor
    return _resample(x, k, factor, 1, ((p + 1) // 2 + factor - 1 + padding, p // 2 + padding), data_format)


def downsample_2d(x, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Reduce images; see the function of that name in tflib.ops."""
    del impl
    k = _make_filter(k, factor, gain)
    p = len(k) - factor
    return _resample(x, k, 1, factor, ((p + 1) // 2 + padding * factor, p // 2 + padding * factor), data_format)


def upsample_conv_2d(x, w, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Enlarge and convolve images; see the function of that name in tflib.ops."""
    del impl
    size, _, in_fmaps, out_fmaps = [int(n) for n in w.shape]
    x = _change_layout(x, data_format, 'NHWC')
    height, width = [(int(n) - 1) * factor + size for n in x.shape[1:3]]
    w = tf.transpose(w[::-1, ::-1], [0, 1, 3, 2])  # [kkOI]
    shape = tf.stack([tf.shape(x)[0], height, width, out_fmaps])
    x = tf.nn.conv2d_transpose(x, w, shape, [1, factor, factor, 1], padding='VALID')
    x = _change_layout(x, 'NHWC', data_format)
    k = _make_filter(k, factor, gain * factor**2)
    p = (len(k) - factor) - (size - 1)
    return _resample(x, k, 1, 1, ((p + 1) // 2 + factor - 1 + padding, p // 2 + 1 + padding), data_format)


def conv_downsample_2d(x, w, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Reduce and convolve images; see the function of that name in tflib.ops."""
    del impl
    k = _make_filter(k, factor, gain)
    p = (len(k) - factor) + (int(w.shape[0]) - 1)
    pad = ((p + 1) // 2 + padding * factor, p // 2 + padding * factor)
    is_plain = k.shape == (1, 1) and factor == 1 and gain == 1 and padding == 0
    if not is_plain:
        x = _resample(x, k, 1, 1, pad, data_format)
    x = _change_layout(x, data_format, 'NHWC')
    x = tf.nn.conv2d(x, w, [1, factor, factor, 1], 'SAME' if is_plain else 'VALID')
    return _change_layout(x, 'NHWC', data_format)


def conv_2d(x, w, gain=1, data_format='NCHW', impl=None):
    """Convolve images; see the function of that name in tflib.ops."""
    return conv_downsample_2d(x, w, [1], 1, gain, data_format=data_format, impl=impl)


def _change_layout(x, source, target):
    return x if source == target else tf.transpose(x, [source.index(letter) for letter in target])

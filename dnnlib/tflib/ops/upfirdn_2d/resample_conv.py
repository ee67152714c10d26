# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Convolutions that change the size of images (StyleGAN2, Karras et al. 2019, arXiv:1912.04958, appendix B).

They take [NCHW] or [NHWC] and run in the layout that the device has kernels for: [NHWC] on the CPU.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.conv_2d import check_kernel, conv_2d, is_available, resample_conv_2d
from dnnlib.tflib.ops.shared.layouts import change_layout, find_axis, get_device_layout
from dnnlib.tflib.ops.upfirdn_2d.upfirdn_2d import downsample_2d, setup_kernel, simple_upfirdn_2d, upsample_2d


def upsample_conv_2d(x, w, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Enlarge images by zero insertion, convolve with a trainable kernel, then smooth with a FIR filter.

    Arguments as in `upsample_2d`, and:
        w: Convolution kernel [kkIO] of odd size k. Channels of `x` being G times I means G groups.

    Returns:
        Images [NOHW] or [NHWO] of `factor` times the size.

    Raises:
        ValueError: If `w` does not fit `x`, or a grouped convolution is asked for on the CPU.
    """
    conv_size = check_kernel(x, w, data_format)
    if conv_size == 1:  # The same, with the convolution at the smaller size.
        x = conv_2d(x, w, 1, data_format, impl)
        return upsample_2d(x, k, factor, gain, padding, data_format, impl)

    # Filter and pads.
    k = setup_kernel(k, factor) * (gain * factor**2)
    p = (k.shape[0] - factor) - (conv_size - 1)
    pad = ((p + 1) // 2 + factor - 1 + padding, p // 2 + 1 + padding)

    # The compiled op, or TensorFlow's own.
    if data_format == 'NCHW' and is_available(x, w, impl):
        x = resample_conv_2d(x, w, up=factor, pad0=conv_size - 1, pad1=conv_size - factor)
        return simple_upfirdn_2d(x, k, pad=pad, data_format=data_format, impl=impl)
    layout = get_device_layout(x, data_format)
    x = change_layout(x, data_format, layout)
    x = _conv2d_transpose(x, w, factor, layout)
    x = simple_upfirdn_2d(x, k, pad=pad, data_format=layout, impl=impl)
    return change_layout(x, layout, data_format)


def conv_downsample_2d(x, w, k=None, factor=2, gain=1, padding=0, data_format='NCHW', impl=None):
    """Smooth images with a FIR filter, convolve with a trainable kernel and keep every `factor`-th pixel.

    With `factor=1` and `k=[1]` this is `conv_2d`.

    Arguments as in `downsample_2d`, and:
        w: Convolution kernel as in `upsample_conv_2d`, with the same errors.

    Returns:
        Images [NOHW] or [NHWO] of 1 / `factor` of the size.
    """
    conv_size = check_kernel(x, w, data_format)
    if k is not None and np.size(k) == 1 and factor == 1 and padding == 0:
        return conv_2d(x, w, gain, data_format, impl)
    if conv_size == 1:  # The same, with the convolution at the smaller size.
        x = downsample_2d(x, k, factor, gain, padding, data_format, impl)
        return conv_2d(x, w, 1, data_format, impl)

    # Filter and pads.
    k = setup_kernel(k, factor) * gain
    p = (k.shape[0] - factor) + (conv_size - 1)
    pad = ((p + 1) // 2 + padding * factor, p // 2 + padding * factor)

    # The compiled op, or TensorFlow's own.
    if data_format == 'NCHW' and is_available(x, w, impl):
        x = simple_upfirdn_2d(x, k, pad=pad, data_format=data_format, impl=impl)
        return resample_conv_2d(x, w, down=factor)
    layout = get_device_layout(x, data_format)
    x = change_layout(x, data_format, layout)
    x = simple_upfirdn_2d(x, k, pad=pad, data_format=layout, impl=impl)
    strides = [1, factor, factor, 1] if layout == 'NHWC' else [1, 1, factor, factor]
    x = tf.nn.conv2d(x, w, strides=strides, padding='VALID', data_format=layout)
    return change_layout(x, layout, data_format)


def _static_or_dynamic(x, axis):
    """Return a size of a tensor as int if it is known, else as tensor."""
    size = x.shape.as_list()[axis]
    return tf.shape(x)[axis] if size is None else size


def _conv2d_transpose(x, w, stride, data_format):
    """Insert stride - 1 zeros between pixels and convolve with a kernel [kkIO]; size (H - 1) * stride + k."""
    axis = find_axis(data_format, 'H')
    size, in_fmaps = int(w.shape[0]), int(w.shape[2])
    out_fmaps = _static_or_dynamic(w, 3)
    groups = _static_or_dynamic(x, find_axis(data_format, 'C')) // in_fmaps
    # A transposed convolution scatters: mirror the kernel, and exchange its input and output.
    w = tf.reshape(w, [size, size, in_fmaps, groups, out_fmaps // groups])
    w = tf.transpose(w[::-1, ::-1], [0, 1, 4, 3, 2])  # [kkOGI]
    w = tf.reshape(w, [size, size, out_fmaps // groups, groups * in_fmaps])
    height, width = [(int(x.shape[axis + i]) - 1) * stride + size for i in (0, 1)]
    batch = tf.shape(x)[0]
    if data_format == 'NHWC':
        shape, strides = [batch, height, width, out_fmaps], [1, stride, stride, 1]
    else:
        shape, strides = [batch, out_fmaps, height, width], [1, 1, stride, stride]
    return tf.nn.conv2d_transpose(x, w, tf.stack(shape), strides, padding='VALID', data_format=data_format)

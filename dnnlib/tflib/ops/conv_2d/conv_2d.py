# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Convolution of images, compiled for [NCHW] on the CPU, where TensorFlow itself has none or a slow one.

On GPUs cuDNN does this. `dnnlib.tflib.ops.upfirdn_2d` has the convolutions that change the size of images.
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.conv_2d import ref
from dnnlib.tflib.ops.shared.layouts import find_axis, runs_on_cpu


def conv_2d(x, w, gain=1, data_format='NCHW', impl=None):
    """Convolve images with a trainable kernel, keeping their size.

    Gradients of any order with respect to `x` and `w` are available.

    Args:
        x: Images [NCHW] or [NHWC]; height and width static.
        w: Kernel [kkIO] of odd size, of the dtype of `x`. Channels of `x` being G times I means G groups, on a GPU.
        gain: Factor on the result, a number.
        data_format: 'NCHW' or 'NHWC'.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Images [NOHW] or [NHWO].

    Raises:
        ValueError: If `w` does not fit `x`, or a grouped convolution is asked for on the CPU.
    """
    check_kernel(x, w, data_format)
    if data_format == 'NCHW' and is_available(x, w, impl):
        size = int(w.shape[0])
        return resample_conv_2d(x, w, pad0=(size - 1) // 2, pad1=size // 2, gain=gain)
    return ref.conv_2d(x, w, gain, data_format)


def check_kernel(x, w, data_format):
    """Return the size of a kernel [kkIO]; raise ValueError if it does not fit the images `x`."""
    size_y, size_x, in_fmaps, _ = w.shape.as_list()
    channels = x.shape.as_list()[find_axis(data_format, 'C')]  # None in groups over an unknown minibatch.
    if size_y != size_x or (channels is not None and channels % in_fmaps != 0):
        raise ValueError(f'kernel {w.shape} does not fit {channels} channels')
    if channels != in_fmaps and runs_on_cpu(x):
        raise ValueError('grouped convolution needs a GPU; pass fused_modconv=False')
    return size_y


def is_available(x, w, impl=None):
    """Tell whether `resample_conv_2d` can take the place of TensorFlow's convolution.

    Args:
        x: Images [NCHW].
        w: Kernel [kkIO].
        impl: Implementation, see `dnnlib.tflib.custom_ops.resolve_impl`.
    """
    is_grouped = x.shape.as_list()[1] != w.shape.as_list()[2]
    is_float32 = x.dtype.base_dtype == w.dtype.base_dtype == tf.float32  # Variables are of a type of their own.
    if is_grouped or not is_float32 or None in x.shape.as_list()[2:] or not runs_on_cpu(x):
        return False
    return custom_ops.resolve_impl(impl, 'conv_2d') == 'native'


def resample_conv_2d(x, w, up=1, down=1, pad0=0, pad1=0, gain=1):
    """Insert zeros, pad or crop, correlate with a trainable kernel, and keep every n-th pixel.

    Gradients of any order with respect to `x` and `w` are available.

    Args:
        x: Images [NCHW], float32; all sizes but N static.
        w: Kernel [kkIO], float32.
        up: Factor of zero insertion; zeros follow every pixel, also the last one. One of `up` and `down` must be 1.
        down: Step of the pixels that are kept, beginning with the first.
        pad0: Zeros to add on the left and at the top, after the insertion; a negative number crops.
        pad1: The same on the right and at the bottom.
        gain: Factor on the result, a number.

    Returns:
        Images [NOHW], (H * up + pad0 + pad1 - k) // down + 1 pixels high, likewise in width.
    """
    plugin = custom_ops.get_plugin('conv_2d')
    return plugin.resample_conv2d(x, w, up=up, down=down, pad0=pad0, pady1=pad1, padx1=pad1, gain=gain)


_ATTRIBUTES = ('up', 'down', 'pad0', 'pady1', 'padx1', 'gain')


def _get_attributes(op):
    return {name: op.get_attr(name) for name in _ATTRIBUTES}


def _get_adjoint_attributes(op):
    """Return the attributes of the adjoint of a convolution."""
    x, w = op.inputs
    attributes = _get_attributes(op)
    up, down, pad0 = attributes['up'], attributes['down'], attributes['pad0']
    kernel = int(w.shape[0])
    pads = [int(x.shape[axis]) * up - int(op.outputs[0].shape[axis]) * down + pad0 - up + 1 for axis in (2, 3)]
    return dict(attributes, up=down, down=up, pad0=kernel - 1 - pad0, pady1=pads[0], padx1=pads[1])


@tf.RegisterGradient('ResampleConv2D')
def _resample_conv2d_gradient(op, dy):
    plugin = custom_ops.get_plugin('conv_2d')
    x, w = op.inputs
    kernel = int(w.shape[0])
    attributes, adjoint_attributes = _get_attributes(op), _get_adjoint_attributes(op)
    is_adjoint = op.get_attr('adjoint')
    dx = plugin.resample_conv2d(dy, w, adjoint=not is_adjoint, **adjoint_attributes)
    if is_adjoint:
        return dx, plugin.resample_conv2d_filter_grad(dy, x, kernel=kernel, **adjoint_attributes)
    return dx, plugin.resample_conv2d_filter_grad(x, dy, kernel=kernel, **attributes)


@tf.RegisterGradient('ResampleConv2DFilterGrad')
def _filter_grad_gradient(op, dw):
    plugin = custom_ops.get_plugin('conv_2d')
    x, dy = op.inputs
    d_dy = plugin.resample_conv2d(x, dw, **_get_attributes(op))
    d_x = plugin.resample_conv2d(dy, dw, adjoint=True, **_get_adjoint_attributes(d_dy.op))
    return d_x, d_dy

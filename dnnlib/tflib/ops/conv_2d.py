# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Convolution of [NCHW] images on the CPU, compiled: TensorFlow itself has none, or a slow one, for this layout there.

On GPUs cuDNN does this, see `dnnlib.tflib.ops.upfirdn_2d`.
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat, custom_ops


def is_available(x, w, impl=None):
    """Tell whether `conv_2d` can take the place of TensorFlow's convolution.

    Args:
        x: Images [NCHW].
        w: Kernel [kkIO].
        impl: Implementation, see `dnnlib.tflib.custom_ops.resolve_impl`.
    """
    is_grouped = x.shape.as_list()[1] != w.shape.as_list()[2]
    is_float32 = x.dtype.base_dtype == w.dtype.base_dtype == tf.float32  # Variables are of a type of their own.
    if is_grouped or not is_float32 or None in x.shape.as_list()[2:] or not compat.runs_on_cpu(x):
        return False
    return custom_ops.resolve_impl(impl, 'conv_2d') == 'native'


def conv_2d(x, w, up=1, down=1, pad0=0, pad1=0, gain=1):
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

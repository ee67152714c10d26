# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Feature maps times a number of their own, compiled for the CPU: one pass over memory forward, one per gradient.

This is modulation and demodulation of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958), which also needs the squares of
a kernel.
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.channel_scale import ref
from dnnlib.tflib.ops.shared.layouts import runs_on_cpu


def channel_scale(x, s, impl=None):
    """Multiply each feature map of each sample with a number of its own.

    Gradients of any order with respect to `x` and `s` are available. There is a compiled op for float32 on the CPU;
    everything else is left to TensorFlow's own ops.

    Args:
        x: Images [NCHW] of any dtype; C static.
        s: Factors [NC]. They are cast to the dtype of `x`.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Images of the shape and dtype of `x`.

    Raises:
        ValueError: If `impl` is unknown, or `s` does not fit `x`.
    """
    x, s = tf.convert_to_tensor(x), tf.convert_to_tensor(s)
    if x.shape.rank != 4 or x.shape.as_list()[1] is None or not s.shape.is_compatible_with(x.shape[:2]):
        raise ValueError(f'expected x [NCHW] of known C and s [NC], got shapes {x.shape} and {s.shape}')
    is_native = custom_ops.resolve_impl(impl, 'channel_scale') == 'native'
    if is_native and x.dtype == s.dtype == tf.float32 and runs_on_cpu(x):
        return custom_ops.get_plugin('channel_scale').channel_scale(x, s)
    return ref.channel_scale(x, s)


@tf.RegisterGradient('ChannelScale')
def _channel_scale_gradient(op, dy):
    plugin = custom_ops.get_plugin('channel_scale')
    x, s = op.inputs
    return plugin.channel_scale(dy, s), plugin.channel_dot(dy, x)


@tf.RegisterGradient('ChannelDot')
def _channel_dot_gradient(op, d_sums):
    plugin = custom_ops.get_plugin('channel_scale')
    a, b = op.inputs
    return plugin.channel_scale(b, d_sums), plugin.channel_scale(a, d_sums)


def sum_squared_taps(w, impl=None):
    """Sum the squares of a kernel over its taps.

    Gradients of any order are available. There is a compiled op for float32 on the CPU.

    Args:
        w: Kernel [kkIO] of any dtype.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Matrix [IO] of the dtype of `w`.

    Raises:
        ValueError: If `impl` is unknown, or `w` has not four axes.
    """
    w = tf.convert_to_tensor(w)
    if w.shape.rank != 4:
        raise ValueError(f'expected w [kkIO], got shape {w.shape}')
    is_native = custom_ops.resolve_impl(impl, 'channel_scale') == 'native'
    if is_native and w.dtype == tf.float32 and runs_on_cpu(w):
        return custom_ops.get_plugin('channel_scale').sum_squared_taps(w)
    return ref.sum_squared_taps(w)


@tf.RegisterGradient('SumSquaredTaps')
def _sum_squared_taps_gradient(op, d_sums):
    return op.inputs[0] * (2 * d_sums)

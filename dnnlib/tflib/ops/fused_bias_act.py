# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Bias, activation function, gain and clamp in one op (StyleGAN2, Karras et al. 2019, arXiv:1912.04958)."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.util import EasyDict


def _spec(func, cuda_idx, def_alpha=None, def_gain=1.0, ref='y', zero_2nd_grad=False):
    return EasyDict(
        func=func, def_alpha=def_alpha, def_gain=def_gain, cuda_idx=cuda_idx, ref=ref, zero_2nd_grad=zero_2nd_grad
    )


# Per activation: function, default alpha and gain, index and reference tensor of the compiled op, and whether the
# second derivative vanishes everywhere.
activation_funcs = {
    'linear': _spec(lambda x, **_: x, 1, zero_2nd_grad=True),
    'relu': _spec(lambda x, **_: tf.nn.relu(x), 2, def_gain=np.sqrt(2), zero_2nd_grad=True),
    'lrelu': _spec(
        lambda x, alpha, **_: tf.nn.leaky_relu(x, alpha), 3, def_alpha=0.2, def_gain=np.sqrt(2), zero_2nd_grad=True
    ),
    'tanh': _spec(lambda x, **_: tf.nn.tanh(x), 4),
    'sigmoid': _spec(lambda x, **_: tf.nn.sigmoid(x), 5),
    'elu': _spec(lambda x, **_: tf.nn.elu(x), 6),
    'selu': _spec(lambda x, **_: tf.nn.selu(x), 7),
    'softplus': _spec(lambda x, **_: tf.nn.softplus(x), 8),
    'swish': _spec(lambda x, **_: x * tf.nn.sigmoid(x), 9, def_gain=np.sqrt(2), ref='x'),
}


def fused_bias_act(x, b=None, axis=1, act='linear', alpha=None, gain=None, clamp=None, impl=None):
    """Add a bias, apply an activation function, scale and clamp: clip(gain * f(x + b), -clamp, clamp).

    First and second gradients with respect to `x` and `b` are the mathematically right ones.

    Args:
        x: Tensor of any shape, float32 or float16.
        b: Bias [C], same dtype as `x`, or None. C is the size of `x` along `axis`, which must be static.
        axis: Axis of `x` that the bias belongs to; ignored without a bias.
        act: Name of the activation, a key of `activation_funcs`.
        alpha: Slope of 'lrelu' below zero, or None for its default 0.2.
        gain: Factor after the activation, or None for the default of the activation.
        clamp: Largest magnitude of the result, >= 0, or None for no limit. Gradients are zero beyond it.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Tensor of the shape and dtype of `x`.

    Raises:
        ValueError: If `act` or `impl` is unknown, `clamp` is negative, or `b` does not fit `x`.
    """
    if act not in activation_funcs:
        raise ValueError('act must be one of {}, got {!r}'.format(', '.join(sorted(activation_funcs)), act))
    if clamp is not None and clamp < 0:
        raise ValueError(f'clamp must be None or >= 0, got {clamp}')
    custom_ops.resolve_impl(impl, 'fused_bias_act')
    return _fused_bias_act_ref(tf.convert_to_tensor(x), b, axis, activation_funcs[act], alpha, gain, clamp)


def _fused_bias_act_ref(x, b, axis, spec, alpha, gain, clamp):
    """Build `fused_bias_act` from TensorFlow's own ops."""
    alpha = spec.def_alpha if alpha is None else alpha
    gain = spec.def_gain if gain is None else gain
    if b is not None:
        x = _add_bias(x, tf.convert_to_tensor(b), axis)
    y = spec.func(x, alpha=alpha)
    if gain != 1:
        y = y * tf.constant(gain, y.dtype)
    if clamp is not None:
        limit = tf.constant(clamp, y.dtype)
        y = tf.where(tf.abs(y) < limit, y, tf.sign(tf.stop_gradient(y)) * limit)
    return y


def _add_bias(x, b, axis):
    """Add the vector `b` along one axis."""
    rank = x.shape.rank
    if rank is None or b.shape.rank != 1:
        raise ValueError(f'b must be a vector and x of known rank, got shapes {b.shape} and {x.shape}')
    if not 0 <= axis < rank or x.shape.as_list()[axis] != b.shape.as_list()[0]:
        raise ValueError(f'b {b.shape} does not fit axis {axis} of x {x.shape}')
    if b.shape.as_list()[0] == 0:
        return x
    return x + tf.reshape(b, [-1 if i == axis else 1 for i in range(rank)])

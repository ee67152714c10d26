# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Bias, activation function, gain and clamp in one op (StyleGAN2, Karras et al. 2019, arXiv:1912.04958)."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.fused_bias_act import ref
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
# With a negative slope, the sign of the result of 'lrelu' does not tell that of its argument.
_folded_lrelu = EasyDict(activation_funcs['lrelu'], cuda_idx=10, ref='x')
_specs_by_index = {spec.cuda_idx: spec for spec in list(activation_funcs.values()) + [_folded_lrelu]}
_NATIVE_DTYPES = (tf.float32, tf.float16, tf.bfloat16)


def fused_bias_act(x, b=None, axis=1, act='linear', alpha=None, gain=None, clamp=None, impl=None):
    """Add a bias, apply an activation function, scale and clamp: clip(gain * f(x + b), -clamp, clamp).

    First and second gradients with respect to `x` and `b` are the mathematically right ones. The compiled op computes
    in float32 whatever the dtype.

    Args:
        x: Tensor of any shape; float32, float16, bfloat16, or another type of real numbers, for which there is only
            'ref'. [NCHW] and [NC] go with axis 1, [NHWC] with axis 3.
        b: Bias [C], same dtype as `x`, or None. C is the size of `x` along `axis`, which must be static; without
            elements it is no bias.
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
    spec = activation_funcs[act]
    alpha = spec.def_alpha if alpha is None else alpha
    gain = spec.def_gain if gain is None else gain
    impl = custom_ops.resolve_impl(impl, 'fused_bias_act')
    x = tf.convert_to_tensor(x)
    b = None if b is None else _check_bias(x, tf.convert_to_tensor(b), axis)
    if impl == 'native' and x.dtype.base_dtype in _NATIVE_DTYPES:
        return _fused_bias_act_native(x, b, axis, spec, alpha, gain, clamp)
    return ref.fused_bias_act(x, b, axis, spec, alpha, gain, clamp)


def _check_bias(x, b, axis):
    """Return the vector `b`, or None if it has no elements; raise ValueError unless it fits one axis of `x`."""
    rank = x.shape.rank
    if rank is None or b.shape.rank != 1:
        raise ValueError(f'b must be a vector and x of known rank, got shapes {b.shape} and {x.shape}')
    if x.dtype.base_dtype != b.dtype.base_dtype:
        raise ValueError(f'b must have the dtype of x, got {b.dtype.name} and {x.dtype.name}')
    if b.shape.as_list()[0] == 0:
        return None
    if not 0 <= axis < rank or x.shape.as_list()[axis] != b.shape.as_list()[0]:
        raise ValueError(f'b {b.shape} does not fit axis {axis} of x {x.shape}')
    return b


# ----------------------------------------------------------------------------
# The compiled op. What a function does not look at is replaced by the bias, so that TensorFlow can free its memory.


def _fused_bias_act_native(x, b, axis, spec, alpha, gain, clamp):
    """Build `fused_bias_act` from the compiled op."""
    if b is None and clamp is None and gain == 1 and spec.cuda_idx == 1:
        return x
    if alpha is not None and alpha < 0 and spec.cuda_idx == 3:
        spec = _folded_lrelu
    return custom_ops.get_plugin('fused_bias_act').fused_bias_act(
        x,
        tf.zeros([0], x.dtype) if b is None else b,
        axis=0 if b is None else axis,
        act=spec.cuda_idx,
        alpha=0 if alpha is None else alpha,
        gain=gain,
        clamp=-1 if clamp is None else clamp,
    )


def _get_attributes(op):
    return {name: op.get_attr(name) for name in ('axis', 'act', 'alpha', 'gain', 'clamp')}


def _has_bias(b):
    return b.shape.as_list() != [0]


@tf.RegisterGradient('FusedBiasAct')
def _fused_bias_act_gradient(op, dy):
    x, b = op.inputs
    attributes = _get_attributes(op)
    r = x if _specs_by_index[attributes['act']].ref == 'x' else op.outputs[0]
    if attributes['act'] == 1 and attributes['clamp'] < 0:
        r = b
    dx, db = custom_ops.get_plugin('fused_bias_act').fused_bias_act_grad(dy, r, b, **attributes)
    return dx, db if _has_bias(b) else None


@tf.RegisterGradient('FusedBiasActGrad')
def _fused_bias_act_second_gradient(op, d_dx, d_db):
    dy, r, b = op.inputs
    attributes = _get_attributes(op)
    spec = _specs_by_index[attributes['act']]
    d_dy, d_r, d_b = custom_ops.get_plugin('fused_bias_act').fused_bias_act_grad_grad(
        d_dx, d_db, b if spec.zero_2nd_grad else dy, r, b, **attributes
    )
    if spec.zero_2nd_grad:
        return d_dy, None, None
    return d_dy, d_r, d_b if spec.ref == 'x' and _has_bias(b) else None


@tf.RegisterGradient('FusedBiasActGradGrad')
def _fused_bias_act_third_gradient(op, dd_dy, *_):
    _, _, _, r, b = op.inputs
    attributes = _get_attributes(op)
    if not _specs_by_index[attributes['act']].zero_2nd_grad:
        raise NotImplementedError(
            "third gradients are only available for 'linear', 'relu' and 'lrelu', or with impl='ref'"
        )
    dd_dx, dd_db = custom_ops.get_plugin('fused_bias_act').fused_bias_act_grad(dd_dy, r, b, **attributes)
    return dd_dx, dd_db if _has_bias(b) else None, None, None, None

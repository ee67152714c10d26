# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Products of a few rows with a large matrix on the CPU, compiled: TensorFlow's own take several times the time.

These are the mapping network, the style transforms and the end of the discriminator.
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.dense import ref
from dnnlib.tflib.ops.shared.layouts import runs_on_cpu


def dense(x, w, gain=1, impl=None):
    """Multiply with a matrix and a number: gain * x w.

    Gradients of any order with respect to `x` and `w` are available. There is a compiled op for float32 on the CPU;
    everything else is left to TensorFlow's own ops.

    Args:
        x: Matrix [NI] of any dtype.
        w: Weights [IO]. They are cast to the dtype of `x`.
        gain: Factor on the result, a number. The compiled op multiplies with it last.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Matrix [NO] of the dtype of `x`.

    Raises:
        ValueError: If `impl` is unknown, or `w` does not fit `x`.
    """
    x, w = tf.convert_to_tensor(x), tf.convert_to_tensor(w)
    if x.shape.rank != 2 or w.shape.rank != 2 or not x.shape[1:].is_compatible_with(w.shape[:1]):
        raise ValueError(f'expected x [NI] and w [IO] of the same I, got shapes {x.shape} and {w.shape}')
    is_native = custom_ops.resolve_impl(impl, 'dense') == 'native'
    if is_native and x.dtype == w.dtype == tf.float32 and runs_on_cpu(x):
        return custom_ops.get_plugin('dense').dense_product(x, w, gain=float(gain))
    return ref.dense(x, w, gain)


@tf.RegisterGradient('DenseProduct')
def _dense_product_gradient(op, dy):
    plugin = custom_ops.get_plugin('dense')
    x, w = op.inputs
    gain, is_adjoint = op.get_attr('gain'), op.get_attr('adjoint')
    dx = plugin.dense_product(dy, w, gain=gain, adjoint=not is_adjoint)
    return dx, plugin.dense_weight_grad(*((dy, x) if is_adjoint else (x, dy)), gain=gain)


@tf.RegisterGradient('DenseWeightGrad')
def _dense_weight_grad_gradient(op, dw):
    plugin = custom_ops.get_plugin('dense')
    x, dy = op.inputs
    gain = op.get_attr('gain')
    return plugin.dense_product(dy, dw, gain=gain, adjoint=True), plugin.dense_product(x, dw, gain=gain)

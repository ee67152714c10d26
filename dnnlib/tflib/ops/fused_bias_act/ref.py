# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""`fused_bias_act` of TensorFlow's own ops: what the compiled op is tested against."""

import tensorflow.compat.v1 as tf


def fused_bias_act(x, b, axis, spec, alpha, gain, clamp):
    """Add a bias, apply the function of an entry of `activation_funcs`, scale and clamp."""
    if b is not None:
        x = x + tf.reshape(b, [-1 if i == axis else 1 for i in range(x.shape.rank)])
    y = spec.func(x, alpha=alpha)
    if gain != 1:
        y = y * tf.constant(gain, y.dtype)
    if clamp is not None:
        limit = tf.constant(clamp, y.dtype)
        y = tf.where(tf.abs(y) < limit, y, tf.sign(tf.stop_gradient(y)) * limit)
    return y

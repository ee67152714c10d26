# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Bilinear interpolation, compiled for the CPU, where TensorFlow adds up gradients of reading one row at a time."""

import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.interpolate_2d import ref
from dnnlib.tflib.ops.shared.layouts import runs_on_cpu


def interpolate_2d(images, x, y, impl=None):
    """Read images at positions between their pixels; outside they are zero.

    The op is linear in the images: gradients of any order are available, those of the positions are taken for zero.
    There is a compiled op on the CPU; everything else is left to TensorFlow's own ops.

    Args:
        images: float32 [NCHW], C static.
        x: Columns to read at, float32 [Nhw]; 0 is the middle of the leftmost pixel.
        y: Rows to read at.
        impl: None for the best implementation that is there, 'native' (or 'cuda') or 'ref'.

    Returns:
        Tensor [NChw].

    Raises:
        ValueError: If `impl` is unknown, or the shapes do not fit each other.
    """
    images = tf.convert_to_tensor(images)
    x, y = tf.stop_gradient(x), tf.stop_gradient(y)
    if images.shape.rank != 4 or images.shape.as_list()[1] is None or x.shape.rank != 3 or y.shape.rank != 3:
        raise ValueError(
            f'expected images [NCHW] of known C and x and y [Nhw], got shapes {images.shape}, {x.shape} and {y.shape}'
        )
    if custom_ops.resolve_impl(impl, 'interpolate_2d') == 'native' and runs_on_cpu(images):
        return custom_ops.get_plugin('interpolate_2d').interpolate2d(images, x, y)
    return ref.interpolate_2d(images, x, y)


@tf.RegisterGradient('Interpolate2D')
def _interpolate_2d_gradient(op, d_read):
    plugin = custom_ops.get_plugin('interpolate_2d')
    images, x, y = op.inputs
    d_images = plugin.interpolate2d_transposed(d_read, x, y, tf.shape(images)[2:])
    d_images.set_shape(images.shape)
    return d_images, None, None


@tf.RegisterGradient('Interpolate2DTransposed')
def _interpolate_2d_transposed_gradient(op, d_images):
    _, x, y, _ = op.inputs
    return custom_ops.get_plugin('interpolate_2d').interpolate2d(d_images, x, y), None, None, None

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""`conv_2d` of TensorFlow's own ops: what the compiled op is tested against.

Snapshots carry this text for readers without it, see `dnnlib.tflib.snapshots.bundle`.
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops.shared.layouts import change_layout, get_device_layout


def conv_2d(x, w, gain=1, data_format='NCHW'):
    """Convolve images with a kernel [kkIO] times `gain`, keeping their size."""
    if gain != 1:
        w = w * tf.constant(gain, w.dtype)
    layout = get_device_layout(x, data_format)
    x = change_layout(x, data_format, layout)
    x = tf.nn.conv2d(x, w, strides=[1, 1, 1, 1], padding='SAME', data_format=layout)
    return change_layout(x, layout, data_format)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Layouts of images, and which one a device has kernels for.

Snapshots carry this text for readers without it, see `dnnlib.tflib.snapshots.bundle`.
"""

import tensorflow.compat.v1 as tf


def runs_on_cpu(x):
    """Tell whether ops on `x` run on the CPU: there are no fast [NCHW] kernels, and float16 is slower than float32.

    Grouped convolution is missing there or corrupts memory (TF 1.15).

    Args:
        x: Tensor; its requested device counts where one was requested.
    """
    return 'CPU' in x.device.upper() or not tf.config.experimental.list_physical_devices('GPU')


def find_axis(data_format, letter):
    """Return the number of an axis of images; raise ValueError unless `data_format` is 'NCHW' or 'NHWC'."""
    if data_format not in ('NCHW', 'NHWC'):
        raise ValueError(f"data_format must be 'NCHW' or 'NHWC', got {data_format!r}")
    return data_format.index(letter)


def get_device_layout(x, data_format):
    """Return the layout in which the device of `x` convolves."""
    return 'NHWC' if runs_on_cpu(x) else data_format


def change_layout(x, source, target):
    """Bring images from one layout to another."""
    if find_axis(source, 'C') == find_axis(target, 'C'):
        return x
    return tf.transpose(x, [source.index(letter) for letter in target])

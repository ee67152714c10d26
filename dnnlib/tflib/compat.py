# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Every difference between TensorFlow 1.15 and 2.x that this project meets, in one place.

Importing this module switches TensorFlow 2.x to graph mode.
"""

import contextlib
import functools

import numpy as np

from dnnlib.tflib import startup

startup.load_tensorflow()  # Before any import of it.

import tensorflow.compat.v1 as tf  # noqa: E402

tf.logging.set_verbosity(tf.logging.ERROR)  # Both versions warn at length about graph mode, which is what we want.
tf.disable_v2_behavior()

IS_TF1 = tf.__version__.startswith('1.')


@functools.lru_cache(maxsize=None)
def list_gpus():
    """Return the names of the GPUs that TensorFlow can use; empty on a CPU-only machine or build."""
    return [device.name for device in tf.config.experimental.list_physical_devices('GPU')]


def tower_device(index):
    """Return the device for the n-th replica of a graph: a GPU, or on a machine without any, a (virtual) CPU.

    Args:
        index: Number of the replica, beginning with 0.
    """
    return '/{}:{}'.format('gpu' if list_gpus() else 'cpu', index)


def peak_memory_bytes(device='/gpu:0'):
    """Return the largest number of bytes that TensorFlow held on a GPU so far, or 0 where it cannot tell.

    Args:
        device: GPU device string.
    """
    if IS_TF1 or not list_gpus():
        return 0
    info = tf.config.experimental.get_memory_info(device.replace('/', '').upper())
    return int(info['peak'])


def numpy_scalar_or_array(value):
    """Return `value` as float32 data in the form that official snapshots hold: NumPy scalars instead of 0-d arrays."""
    value = np.asarray(value)
    if value.dtype.kind == 'f':
        value = value.astype(np.float32)
    return value[()] if value.ndim == 0 else np.ascontiguousarray(value)


@contextlib.contextmanager
def full_precision():
    """Keep recent GPUs from rounding the inputs of matrix products and convolutions to TensorFloat-32 meanwhile."""
    if IS_TF1:
        yield
        return
    was_enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(was_enabled)


def custom_scalar_plugin():
    """Return the modules `layout_pb2` and `summary` of TensorBoard's custom scalars, or None without TensorBoard."""
    try:
        from tensorboard.plugins.custom_scalar import layout_pb2, summary
    except ImportError:
        return None
    return layout_pb2, summary

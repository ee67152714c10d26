# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the GPUs of this machine are, and whether the running TensorFlow can use them."""

import functools

import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat, startup
from dnnlib.tflib.custom_ops.hardware import read_capabilities
from dnnlib.util import UserError

_LAST_OF_CUDA_10 = 75  # Turing.


@functools.lru_cache(maxsize=None)
def list_capabilities():
    """Return the sorted compute capabilities, such as 86 for 8.6, of the GPUs that TensorFlow can use.

    TensorFlow 2.x tells them, without the cards that it ignores. For 1.15 the driver is asked, which takes none of the
    memory of a GPU.
    """
    devices = tf.config.experimental.list_physical_devices('GPU')
    describe = getattr(tf.config.experimental, 'get_device_details', lambda device: {})
    found = [describe(device).get('compute_capability') for device in devices]
    return read_capabilities() if None in found else sorted({major * 10 + minor for major, minor in found})


def get_cuda_version():
    """Return the version of CUDA that TensorFlow was built with, such as '10' or '12.5.1', or None."""
    if hasattr(tf.sysconfig, 'get_build_info'):
        return tf.sysconfig.get_build_info().get('cuda_version')
    from tensorflow.python.platform import build_info

    return getattr(build_info, 'cuda_version_number', None)


def check_generation():
    """Stop where TensorFlow is older than a GPU: it would hang for minutes and then compute noise.

    Raises:
        UserError: If a GPU is newer than what TensorFlow's CUDA knows; names the way out.
    """
    capabilities = list_capabilities()
    cuda_version = get_cuda_version() if capabilities else None
    if cuda_version is None or int(cuda_version.split('.')[0]) > 10 or capabilities[-1] <= _LAST_OF_CUDA_10:
        return
    raise UserError(
        f'expected a GPU of compute capability up to 7.5, as TensorFlow {tf.__version__} was built with CUDA '
        f'{cuda_version}, got {capabilities[-1] / 10:.1f}, on which it would hang or compute noise; use the image of '
        'docker/Dockerfile.tf2 or TensorFlow 2.x (requirements/tf2.txt and tf2-gpu.txt), or hide this GPU with '
        'CUDA_VISIBLE_DEVICES'
    )


def list_devices(num_gpus):
    """Return the devices of the replicas of a graph, a list of names for `tf.device`.

    Args:
        num_gpus: Number of replicas. On a machine without GPUs they get (virtual) CPUs.
    """
    return [compat.tower_device(index) for index in range(num_gpus)]


def check_number(num_gpus):
    """Raise UserError if there are GPUs, but fewer than this number."""
    found = len(compat.list_gpus())
    if 0 < found < num_gpus:
        raise UserError(f'--num-gpus={num_gpus}, but TensorFlow sees {found}; lower it')


def describe_fallback(num_gpus=1):
    """Return a line for the user on what is computed without a GPU, or None if there is one that TensorFlow can use.

    Args:
        num_gpus: Number of GPUs that were asked for.
    """
    if compat.list_gpus():
        return None
    line = 'No GPU: computing on the CPU'
    if startup.may_have_gpu():
        line = (
            'No GPU that TensorFlow can use: computing on the CPU, although this machine seems to have one; '
            '`python -m dnnlib.tflib.custom_ops doctor` looks for the reason'
        )
    if num_gpus > 1:
        line += f'. --num-gpus={num_gpus} divides each minibatch into {num_gpus} parts, which makes nothing faster'
    return line


def print_fallback(num_gpus=1):
    """Print what `describe_fallback` returns, if anything."""
    line = describe_fallback(num_gpus)
    if line is not None:
        print(line)

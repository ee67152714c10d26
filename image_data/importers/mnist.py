# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""MNIST and the data sets in its format (Fashion-MNIST, KMNIST): handwritten digits, alone or three in one image."""

import functools
import gzip
import operator
import struct
import zlib

import numpy as np

from dnnlib import util
from image_data.importers import sources

NUM_IMAGES = 60000
NUM_CLASSES = 10
SIZE = 28
MAX_BYTES = 1 << 30  # Twenty times as much as there is.
PADDING = 2  # Black pixels on each side, to make 32x32 of it.
_SOURCE = 'download it from the MNIST page, yann.lecun.com/exdb/mnist'


def read_mnist(mnist_dir, allow_partial=False):
    """Return the training images, uint8 [N, 1, 32, 32], and their classes, int64 [N].

    Args:
        mnist_dir: Folder with `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`, packed or not.
        allow_partial: Take another number of images than the published one.

    Raises:
        UserError: If a file is missing, damaged or something else.
    """
    name = 'train-images-idx3-ubyte'
    path = sources.find_file(mnist_dir, [name + '.gz', name], _SOURCE)
    pixels = read_idx(path, num_dims=3)
    name = 'train-labels-idx1-ubyte'
    labels = read_idx(sources.find_file(mnist_dir, [name + '.gz', name], _SOURCE), num_dims=1)
    pixels, labels = sources.check_images(path, pixels, labels, (1, SIZE, SIZE), NUM_CLASSES)
    sources.check_count('MNIST', len(pixels), NUM_IMAGES, allow_partial)
    return np.pad(pixels, [(0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)], 'constant'), labels


def read_idx(path, num_dims):
    """Return the array, uint8, of a file in IDX format; raise UserError if it is damaged or something else."""
    open_file = gzip.open if path.endswith('.gz') else open
    try:
        with open_file(path, 'rb') as file:
            magic, shape = _read_header(file, num_dims)
            num_bytes = functools.reduce(operator.mul, shape)
            is_idx = magic == 0x800 | num_dims and num_bytes < MAX_BYTES
            data = file.read(num_bytes + 1) if is_idx else b''
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise util.UserError(f'{path} is cut off, or no IDX file ({error}); download it again') from error
    if magic != 0x800 | num_dims:
        raise util.UserError(f'{path} is no IDX file of bytes in {num_dims} dimensions; is it under the right name?')
    if len(data) != num_bytes:
        raise util.UserError(f'{path} has {len(data)} bytes where {shape} were announced; download it again')
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_header(file, num_dims):
    magic, *shape = struct.unpack(f'>{1 + num_dims}I', file.read(4 + 4 * num_dims))
    return magic, shape


def write_mnistrgb(tfrecord_dir, digits, num_images=1000000, random_seed=123, overwrite=False, progress=None):
    """Write a data set whose images have a random digit in each colour channel.

    Args:
        tfrecord_dir: Directory to make.
        digits: Images, uint8 [N, 1, 32, 32].
        num_images: Number of images to make.
        random_seed: Seed of the choice of the digits.
        overwrite: Replace an existing data set.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.
    """
    rnd = np.random.RandomState(random_seed)
    shape = (3,) + digits.shape[2:]
    with sources.make_exporter(tfrecord_dir, shape, num_images, overwrite) as tfr:
        chunks = sources.split(range(num_images), shape)
        sources.write_chunks(
            tfr, (digits[rnd.randint(len(digits), size=[len(chunk), 3]), 0] for chunk in chunks), progress
        )
    return num_images

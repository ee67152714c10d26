# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""CIFAR-10 and CIFAR-100: photographs of 32x32 pixels in classes."""

import os

import numpy as np

from dnnlib import plain_pickle, util
from image_data.importers import sources

NUM_IMAGES = 50000
SHAPE = (3, 32, 32)
_SOURCE = 'download the "python version" of {} from www.cs.toronto.edu/~kriz/cifar.html and unpack it'


def read_cifar10(cifar10_dir, allow_partial=False):
    """Return the training images, uint8 [N, 3, 32, 32], and their classes, int64 [N], 10 of them.

    Args:
        cifar10_dir: Folder with `data_batch_1` to `data_batch_5`, or the one above it.
        allow_partial: Take another number of images than the published one.

    Raises:
        UserError: If a file is missing, damaged or something else.
    """
    names = [f'data_batch_{index}' for index in range(1, 6)]
    paths = [_find(cifar10_dir, name, 'cifar-10-batches-py', 'CIFAR-10') for name in names]
    batches = [read_batch(path, 'labels', 10) for path in paths]
    pixels, labels = [np.concatenate(parts) for parts in zip(*batches)]
    sources.check_count('CIFAR-10', len(pixels), NUM_IMAGES, allow_partial)
    return pixels, labels


def read_cifar100(cifar100_dir, allow_partial=False):
    """Return the training images, uint8 [N, 3, 32, 32], and their fine classes, int64 [N], 100 of them.

    Args:
        cifar100_dir: Folder with the file `train`, or the one above it.
        allow_partial: Take another number of images than the published one.

    Raises:
        UserError: If the file is missing, damaged or something else.
    """
    path = _find(cifar100_dir, 'train', 'cifar-100-python', 'CIFAR-100')
    pixels, labels = read_batch(path, 'fine_labels', 100)
    sources.check_count('CIFAR-100', len(pixels), NUM_IMAGES, allow_partial)
    return pixels, labels


def _find(folder, name, sub_folder, title):
    return sources.find_file(folder, [name, os.path.join(sub_folder, name)], _SOURCE.format(title))


def read_batch(path, label_key, num_classes):
    """Return images, uint8 [N, 3, 32, 32], and classes, int64 [N], of one pickle; raise UserError if it is none."""
    batch = plain_pickle.load(path)
    if not isinstance(batch, dict) or 'data' not in batch or label_key not in batch:
        raise util.UserError(f'{path} is no file of CIFAR: a dict with the keys data and {label_key} is expected')
    return sources.check_images(path, batch['data'], batch[label_key], SHAPE, num_classes)

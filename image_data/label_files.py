# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The labels of a data set and the names of its classes, as its directory holds them."""

import functools
import json
import operator
import os

import numpy as np

from dnnlib import util
from image_data import dataset_files, record_files


def find_label_file(tfrecord_dir, validation=False):
    """Return the path of the `.labels` file of a data set, or None; raise UserError if there are several."""
    paths = dataset_files.list_files(tfrecord_dir, '*.labels', validation)
    if len(paths) > 1:
        names = ', '.join(map(os.path.basename, paths[:5]))
        raise util.UserError(f'{tfrecord_dir} has several files of labels: {names}; keep one of them')
    return paths[0] if paths else None


def read_class_names(tfrecord_dir):
    """Return the names of the classes of a data set, in the order of the label components, or None."""
    paths = dataset_files.list_files(tfrecord_dir, '*-classes.json', validation=False)
    if not paths:
        return None
    try:
        with open(paths[0], encoding='utf-8') as file:
            names = json.load(file)
    except (ValueError, RecursionError) as error:
        raise util.UserError(
            f'{paths[0]} is no list of class names in JSON format ({error}); repair or remove it'
        ) from error
    if not isinstance(names, list):
        raise util.UserError(f'{paths[0]} is no list of class names, but {str(names)[:50]}; repair or remove it')
    return [str(name) for name in names]


def read_labels(path, num_images=None):
    """Return the labels of a `.labels` file, float32 [num_images, label_size].

    Args:
        path: The file.
        num_images: Number of images that they must be for; None for that of the records beside the file, if any.

    Raises:
        UserError: If the file holds something else, or another number of labels.
    """
    labels = _load_array(path)
    if labels.ndim != 2 or labels.dtype.kind not in 'fiub' or not labels.shape[1]:
        raise util.UserError(f'{path}: expected numbers [num_images, label_size], got {labels.dtype} {labels.shape}')
    with np.errstate(over='ignore'):
        labels = labels.astype(np.float32)
    if not np.isfinite(labels).all():
        raise util.UserError(f'{path}: label {np.argmin(np.isfinite(labels).all(axis=1))} is not finite; make it again')
    num_images = _count_images_beside(path) if num_images is None else num_images
    if num_images not in (None, len(labels)):
        raise util.UserError(
            f'{path} has {len(labels)} labels, but there are {num_images} images; make the data set again'
        )
    return labels


def _load_array(path):
    with open(path, 'rb') as file:
        try:
            _check_length(file)
            array = np.load(file, allow_pickle=False)
            if not isinstance(array, np.ndarray):
                raise ValueError('it is an archive')
        except Exception as error:  # Damaged files raise nearly anything.
            raise util.UserError(
                f'{path} is no label file: expected an array in NumPy format, .npy ({error})'
            ) from error
    return array


def _check_length(file):
    """Raise ValueError if a file is shorter than its header says: NumPy would allocate memory for the array first."""
    if file.read(6) == b'\x93NUMPY':
        file.seek(0)
        is_old = np.lib.format.read_magic(file) == (1, 0)
        read = np.lib.format.read_array_header_1_0 if is_old else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        num_bytes = functools.reduce(operator.mul, shape, dtype.itemsize)
        if not dtype.hasobject and num_bytes > os.fstat(file.fileno()).st_size - file.tell():
            raise ValueError('it is cut off')
    file.seek(0)


def _count_images_beside(label_file):
    """Return the number of images in the directory of a label file, or None if there are none."""
    directory, name = os.path.split(label_file)
    paths = dataset_files.list_files(directory, '*.tfrecords', name.startswith(dataset_files.VALIDATION_PREFIX))
    return record_files.count_records(paths[0]) if paths else None

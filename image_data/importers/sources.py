# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What the importers share: to find the files, check what is in them, and write a data set of arrays."""

import importlib
import os

import numpy as np

from dnnlib import files, util
from image_data import exporter, process_pool

CHUNK_BYTES = 1 << 20  # Pixels that are encoded at once.


def find_file(folder, names, source):
    """Return the path of a downloaded file.

    Args:
        folder: Where it should be.
        names: Its possible names, with sub-folders, the usual one first.
        source: Where it comes from, for the message.

    Raises:
        UserError: If there is none.
    """
    files.check_directory(folder, 'folder of downloaded files')
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    raise util.UserFileNotFoundError(f'{os.path.join(folder, names[0])} does not exist; {source}')


def check_count(name, count, expected, allow_partial=False):
    """Raise UserError unless there are as many images as the published data set has."""
    if count == expected or (allow_partial and count):
        return
    advice = '--allow_partial imports what is there' if count else 'look into the files'
    raise util.UserError(
        f'{expected} images of {name} expected, but there are {count}; the download may be incomplete, or {advice}'
    )


def check_images(path, pixels, labels, shape, num_classes):
    """Raise UserError unless there are images and a class for each of them.

    Args:
        path: Where they come from.
        pixels: Array, should be uint8 with a first dimension of images, of `shape` each or of as many values.
        labels: List or array, should be one integer below `num_classes` per image.
        shape: Shape (C, H, W) of an image.
        num_classes: Number of classes.

    Returns:
        Images, uint8 [NCHW], and labels, int64 [N].
    """
    if not isinstance(pixels, np.ndarray) or not _is_vector(labels):
        raise util.UserError(f'{path}: an array of images and a list of integer labels expected')
    labels = np.asarray(labels)
    if pixels.dtype != np.uint8 or pixels.ndim < 2 or np.prod(pixels.shape[1:]) != np.prod(shape):
        expected = f'{list(shape)} of uint8'
        raise util.UserError(f'{path}: images of shape {expected} expected, got {pixels.dtype} {list(pixels.shape)}')
    if labels.dtype.kind not in 'iu' or labels.shape != pixels.shape[:1]:
        raise util.UserError(
            f'{path}: one integer label for each of the {len(pixels)} images expected, '
            f'got {labels.dtype} {list(labels.shape)}'
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise util.UserError(
            f'{path}: labels from 0 to {num_classes - 1} expected, got {labels.min()} to {labels.max()}'
        )
    return np.asarray(pixels).reshape((len(pixels),) + tuple(shape)), labels.astype(np.int64)


def _is_vector(labels):
    """Tell whether labels are an array, or a list of integers and nothing deeper."""
    return isinstance(labels, np.ndarray) or (
        isinstance(labels, list) and all(isinstance(label, (int, np.integer)) for label in labels)
    )


def make_one_hot(labels, num_classes):
    """Return labels as float32 [N, num_classes], 1 in the column of the class and 0 elsewhere."""
    return np.eye(num_classes, dtype=np.float32)[labels]


def import_package(name):
    """Return an optional package; raise UserError with the way to install it if it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise util.UserError(
            f'this command needs the package {name} ({error}); install it with: '
            'python -m pip install -r requirements/importers.txt'
        ) from None


def make_exporter(tfrecord_dir, shape, num_images, overwrite=False):
    """Return a silent TFRecordExporter for a number of images of a shape, if the disk has room for them."""
    exporter.check_disk_space(tfrecord_dir, exporter.compute_dataset_size(shape, num_images))
    return exporter.TFRecordExporter(tfrecord_dir, num_images, print_progress=False, overwrite=overwrite)


def write_arrays(tfrecord_dir, pixels, labels=None, shuffle=True, overwrite=False, progress=None):
    """Write images that are in memory as a data set.

    Args:
        tfrecord_dir: Directory to make.
        pixels: Images, uint8 [NCHW].
        labels: Labels, float32 [N, label_size], or None.
        shuffle: Write them in shuffled order, the same one every time.
        overwrite: Replace an existing data set.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.
    """
    num_images = len(pixels)
    with make_exporter(tfrecord_dir, pixels.shape[1:], num_images, overwrite) as tfr:
        order = tfr.choose_shuffled_order() if shuffle else np.arange(num_images)
        write_chunks(tfr, (pixels[chunk] for chunk in split(order, pixels.shape[1:])), progress)
        if labels is not None:
            tfr.add_labels(labels[order])
    return num_images


def split(items, shape):
    """Return consecutive parts of a list, each of as many items as there are images of a shape in a chunk."""
    return process_pool.split(items, int(np.clip(CHUNK_BYTES // np.prod(shape), 1, 1024)))


def write_chunks(tfr, chunks, progress=None):
    """Add images to a TFRecordExporter.

    Args:
        tfr: The TFRecordExporter.
        chunks: Iterable of arrays, uint8 [NCHW].
        progress: Function that is called with the number of images just done and of all, or None.
    """
    for chunk in chunks:
        tfr.add_encoded(exporter.encode_pyramid(chunk), chunk.shape[1:], len(chunk))
        if progress:
            progress(len(chunk), tfr.expected_images)

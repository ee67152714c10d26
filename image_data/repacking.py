# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Unpacks data sets into PNG files and packs them again: other numbers of images, validation sets, mirror images."""

import functools
import os

import numpy as np

from dnnlib import files, image_files, util
from image_data import dataset_files, exporter, inspection, label_files, process_pool
from image_data.image_size import halve_images
from image_data.importers import sources

EXTRAS_NAME = 'pack_extras.npz'


def get_image_name(index):
    """Return the name of the PNG of an image, with its folder."""
    digits = f'{index:08d}'
    return os.path.join(digits[:5], f'img{digits}.png')


# ----------------------------------------------------------------------------
# Unpack.


def unpack(tfrecord_dir, output_dir, resolution=None, progress=None):
    """Save the images of a data set as PNG files in sub-folders, and its labels as `pack_extras.npz`.

    Args:
        tfrecord_dir: The data set.
        output_dir: Folder to make, see `files.make_folder`.
        resolution: Height of the images to save, or None for the full one.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.

    Raises:
        UserError: If the data set has no such resolution, or the folder is in use.
    """
    num_halvings = _find_level(tfrecord_dir, resolution)
    num_images = inspection.count_images(tfrecord_dir)
    class_names = label_files.read_class_names(tfrecord_dir)
    labels = []
    with files.make_folder(output_dir) as folder:
        for index, (image, label) in enumerate(inspection.read_dataset(tfrecord_dir)):
            labels.append(label)
            _save(os.path.join(folder, get_image_name(index)), _shrink(image, num_halvings))
            if progress:
                progress(1, num_images)

        extras = {'num_images': num_images, 'labels': np.stack(labels)}
        if class_names is not None:
            extras['class_names'] = np.array(class_names)
        np.savez(os.path.join(folder, EXTRAS_NAME), **extras)
    return num_images


def _find_level(tfrecord_dir, resolution):
    """Return how often the images have to be halved for a resolution."""
    shape = dataset_files.find_main_file(tfrecord_dir).shape
    heights = [shape[1] >> level for level in range(exporter.count_levels(shape))]
    if resolution is None:
        return 0
    if resolution not in heights:
        raise util.UserError(f'{tfrecord_dir} has images of height {heights}, there is no resolution {resolution}')
    return heights.index(resolution)


def _shrink(image, num_halvings):
    """Return an image, uint8 [CHW], as it is at a lower level of a data set."""
    image = image.astype(np.float32)
    for _ in range(num_halvings):
        image = halve_images(image)
    return np.rint(image).astype(np.uint8)


def _save(path, image):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(image_files.encode(image, 'png'))


# ----------------------------------------------------------------------------
# Pack.


def pack(
    unpacked_dir,
    tfrecord_dir,
    num_train=None,
    num_validation=0,
    mirror=False,
    seed=None,
    num_workers=1,
    overwrite=False,
    progress=None,
):
    """Make a data set of what `unpack` has saved, perhaps with a validation set in the same directory.

    Args:
        unpacked_dir: The folder that `unpack` has made.
        tfrecord_dir: Directory to make.
        num_train: Number of images for training, or None for all that are not for validation.
        num_validation: Number of images for validation: those behind the ones for training.
        mirror: Add the mirror images of those for training, behind them.
        seed: Seed of the order of the images, or None to keep it.
        num_workers: Number of processes that decode and encode.
        overwrite: Replace an existing data set.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Numbers of images in the training set and in the validation set.

    Raises:
        UserError: If files are missing or damaged, or there are fewer images than wanted.
    """
    labels, class_names = read_extras(unpacked_dir)
    train, validation = split_images(len(labels), num_train, num_validation, seed)
    train_items = [(index, is_mirrored) for is_mirrored in ([False, True] if mirror else [False]) for index in train]
    validation_items = [(index, False) for index in validation]
    num_total = len(train_items) + len(validation_items)
    shape = image_files.load_image(os.path.join(unpacked_dir, get_image_name(train[0]))).shape
    exporter.check_shape(shape)
    exporter.check_disk_space(tfrecord_dir, exporter.compute_dataset_size(shape, num_total))
    encode = functools.partial(_encode_chunk, unpacked_dir=unpacked_dir, shape=shape)

    def write(tfr, items):
        chunks = sources.split(items, shape)
        for encoded, chunk in zip(process_pool.map_in_order(encode, chunks, num_workers), chunks):
            tfr.add_encoded(encoded, shape, len(chunk))
            if progress:
                progress(len(chunk), num_total)
        if items and labels.shape[1]:
            tfr.add_labels(labels[[index for index, _ in items]], class_names)

    prefix = dataset_files.VALIDATION_PREFIX + os.path.basename(os.path.abspath(tfrecord_dir))
    options = {'print_progress': False, 'overwrite': overwrite}
    with exporter.TFRecordExporter(tfrecord_dir, len(train_items), **options) as tfr:
        write(tfr, train_items)
        if not validation_items:
            tfr.close()
            return len(train_items), 0
        with exporter.TFRecordExporter(tfrecord_dir, len(validation_items), tfr_prefix=prefix, **options) as other:
            write(other, validation_items)
            tfr.close()  # Before the other one, as this replaces the whole directory.
    return len(train_items), len(validation_items)


def read_extras(unpacked_dir):
    """Return the labels of all images, float32 [N, label_size], and the names of the classes or None."""
    files.check_directory(unpacked_dir, 'unpacked data set')
    path = os.path.join(unpacked_dir, EXTRAS_NAME)
    if not os.path.isfile(path):
        raise util.UserFileNotFoundError(f'{path} does not exist; make the folder with: python dataset_tool.py unpack')
    try:
        with np.load(path, allow_pickle=False) as extras:
            num_images, labels = int(extras['num_images']), extras['labels']
            class_names = extras['class_names'].tolist() if 'class_names' in extras else None
    except Exception as error:  # Damaged archives raise nearly anything.
        raise util.UserError(f'{path} is damaged, or lacks labels or num_images ({error}); unpack again') from error
    if labels.ndim != 2 or len(labels) != num_images or labels.dtype.kind not in 'fiub' or not num_images:
        raise util.UserError(f'{path}: numbers [{num_images}, label_size] expected, got {labels.dtype} {labels.shape}')
    return labels.astype(np.float32), class_names


def split_images(num_images, num_train=None, num_validation=0, seed=None):
    """Return the indices of the images for training and of those for validation, two lists; see `pack`."""
    num_train = num_images - num_validation if num_train is None else num_train
    if num_train < 1 or num_train + num_validation > num_images:
        raise util.UserError(
            f'there are {num_images} images, too few for {max(num_train, 1)} to train and {num_validation} to validate'
        )
    order = np.arange(num_images)
    if seed is not None:
        np.random.RandomState(seed).shuffle(order)
    return order[:num_train].tolist(), order[num_train : num_train + num_validation].tolist()


def _encode_chunk(items, unpacked_dir, shape):
    pixels = [_load(os.path.join(unpacked_dir, get_image_name(index)), shape, flip) for index, flip in items]
    return exporter.encode_pyramid(np.stack(pixels))


def _load(path, shape, is_mirrored):
    image = image_files.load_image(path)
    if image.shape != shape:
        raise util.UserError(f'{path} has the shape {list(image.shape)}, expected {list(shape)} as of the first image')
    return image[:, :, ::-1] if is_mirrored else image

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""CelebA: faces of celebrities, aligned."""

import functools
import os

import numpy as np

from dnnlib import files, image_files, util
from image_data import exporter, process_pool
from image_data.importers import sources

NUM_IMAGES = 202599
SOURCE_SHAPE = (3, 218, 178)
HALF_SIZE = 64
SHAPE = (3, 2 * HALF_SIZE, 2 * HALF_SIZE)
FOLDER = 'img_align_celeba_png'


def list_images(celeba_dir, allow_partial=False):
    """Return the sorted paths of the images.

    Args:
        celeba_dir: Folder with the sub-folder `img_align_celeba_png`.
        allow_partial: Take another number of images than the published one.

    Raises:
        UserError: If the folder is missing or holds another number.
    """
    files.check_directory(celeba_dir, 'folder of downloaded files')
    folder = os.path.join(celeba_dir, FOLDER)
    if not os.path.isdir(folder):
        raise util.UserFileNotFoundError(
            f'{folder} does not exist; download "Align&Cropped Images" (PNG) of CelebA from '
            'mmlab.ie.cuhk.edu.hk/projects/CelebA.html and unpack it there'
        )
    names = sorted(name for name in os.listdir(folder) if name.lower().endswith('.png') and not name.startswith('.'))
    sources.check_count('CelebA', len(names), NUM_IMAGES, allow_partial)
    return [os.path.join(folder, name) for name in names]


def check_center(cx, cy):
    """Raise UserError if the square around a point reaches beyond the images."""
    _, height, width = SOURCE_SHAPE
    if not (HALF_SIZE <= cx <= width - HALF_SIZE and HALF_SIZE <= cy <= height - HALF_SIZE):
        raise util.UserError(
            f'--cx must be in {HALF_SIZE}..{width - HALF_SIZE} and --cy in {HALF_SIZE}..{height - HALF_SIZE}, for '
            f'{SHAPE[2]}x{SHAPE[1]} pixels out of {width}x{height}; got {cx} and {cy}'
        )


def load_face(path, cx=89, cy=121):
    """Return the 128x128 pixels around a point of an image, uint8 [CHW]; raise UserError if it has another size."""
    image = image_files.load_image(path)
    if image.shape != SOURCE_SHAPE:
        raise util.UserError(f'{path}: shape {list(SOURCE_SHAPE)} expected, got {list(image.shape)}')
    return image[:, cy - HALF_SIZE : cy + HALF_SIZE, cx - HALF_SIZE : cx + HALF_SIZE]


def write_celeba(tfrecord_dir, paths, cx=89, cy=121, num_workers=1, overwrite=False, progress=None):
    """Write the faces as a data set, shuffled, without labels.

    Args:
        tfrecord_dir: Directory to make.
        paths: The images.
        cx: Column of the middle.
        cy: Row of the middle.
        num_workers: Number of processes that decode and encode.
        overwrite: Replace an existing data set.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of images.
    """
    check_center(cx, cy)
    encode = functools.partial(_encode_chunk, cx=cx, cy=cy)
    with sources.make_exporter(tfrecord_dir, SHAPE, len(paths), overwrite) as tfr:
        chunks = sources.split([paths[index] for index in tfr.choose_shuffled_order()], SHAPE)
        for encoded, chunk in zip(process_pool.map_in_order(encode, chunks, num_workers), chunks):
            tfr.add_encoded(encoded, SHAPE, len(chunk))
            if progress:
                progress(len(chunk), len(paths))
    return len(paths)


def _encode_chunk(paths, cx, cy):
    return exporter.encode_pyramid(np.stack([load_face(path, cx, cy) for path in paths]))

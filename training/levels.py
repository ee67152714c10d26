# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Which files of a data set hold the images of which size."""

import collections

from dnnlib import util
from training import tfrecord
from training.image_size import join_image_size, split_image_size

Level = collections.namedtuple('Level', 'file num_halvings')
Level.__doc__ = """How to get images of a size: an ImageFile, and how many times its images have to be halved."""


def choose_levels(tfrecord_dir, resolution=None):
    """Choose the files that images of each level of detail (lod) come from.

    Args:
        tfrecord_dir: Directory of the data set.
        resolution: Resolution at lod 0, or None for that of the largest images.

    Returns:
        Tuple of a dict lod -> Level, the list [C, H, W] at lod 0, and its resolution.

    Raises:
        UserError: If a file cannot be read or does not fit the others, or there are no images of the resolution.
    """
    files = tfrecord.find_files(tfrecord_dir)
    main = max(files, key=lambda file: file.shape[1])
    try:
        size = split_image_size(*main.shape[1:])
    except util.UserError as error:
        raise util.UserError(f'{main.path}: {error}') from None
    levels = {}
    present = {file.shape: file for file in files}
    for halvings in range(_log2(size['resolution']) - 1):
        shape = main.shape[0], main.shape[1] >> halvings, main.shape[2] >> halvings
        levels[halvings] = Level(present[shape], 0) if shape in present else Level(main, halvings)

    known = [4 << halvings for halvings in levels]
    resolution = size['resolution'] if resolution is None else resolution
    if resolution not in known:
        sizes = ', '.join(str(size) for size in known)
        raise util.UserError(f'{tfrecord_dir} has no images of resolution {resolution}; there are {sizes}')
    largest_lod = _log2(size['resolution']) - _log2(resolution)
    levels = {halvings - largest_lod: level for halvings, level in levels.items() if halvings >= largest_lod}
    height, width = join_image_size(**dict(size, resolution=resolution))
    return levels, [main.shape[0], height, width], resolution


def _log2(size):
    return int(size).bit_length() - 1

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The files of a data set: which there are, what is in them, and which one has the images of which size."""

import collections
import glob
import os
import re

from dnnlib import files, util
from image_data import record_files
from image_data.image_size import join_image_size, split_image_size

RecordFile = collections.namedtuple('RecordFile', 'path shape encoding num_images')
RecordFile.__doc__ = """What is known of a `.tfrecords` file.

Attributes:
    path: Path of the file.
    shape: Shape (C, H, W) of its first image, which all should have.
    encoding: 'raw', 'png' or 'jpeg'.
    num_images: Number of its records.
"""

VALIDATION_PREFIX = 'validation-'


def find_files(tfrecord_dir, validation=False):
    """Return a RecordFile for each `.tfrecords` file of a data set, sorted by path.

    Args:
        tfrecord_dir: Directory of the data set.
        validation: Return those of the validation set, if any, instead of those for training.

    Raises:
        UserError: If there is no such directory, no file for training in it, or one that cannot be read or does not fit
            the others.
    """
    files.check_directory(tfrecord_dir, 'data set directory')
    paths = list_files(tfrecord_dir, '*.tfrecords', validation)
    if not paths and not validation:
        raise util.UserFileNotFoundError(
            f'no .tfrecords files in {tfrecord_dir}{_hint_at_contents(tfrecord_dir)}; '
            'make them with: python dataset_tool.py create_from_images TFRECORD_DIR IMAGE_DIR'
        )
    _check_names(tfrecord_dir, paths)
    found = [_peek(path) for path in paths]
    if found:
        _check_shapes(found)
        check_counts(tfrecord_dir, {file.path: file.num_images for file in found})
    return found


def is_dataset(path):
    """Tell whether a path is that of a directory with `.tfrecords` files."""
    return bool(glob.glob(os.path.join(glob.escape(path), '*.tfrecords')))


def find_directory(path):
    """Return the path of a data set, also if it is that of one of its `.tfrecords` files."""
    return os.path.dirname(path) or '.' if path.endswith('.tfrecords') and os.path.isfile(path) else path


def split_path(data_dir, dataset):
    """Return the directory of a data set, an absolute path, and its name in it.

    Args:
        data_dir: Directory of data sets, or None for the current one.
        dataset: Name in it or path of a data set; a `.tfrecords` file stands for the directory that it is in.
    """
    path = find_directory(os.path.abspath(os.path.join(data_dir or '.', dataset)))
    return os.path.dirname(path), os.path.basename(path)


def find_main_file(tfrecord_dir, validation=False):
    """Return the RecordFile with the largest images of a data set; arguments and errors as those of `find_files`."""
    return max(find_files(tfrecord_dir, validation), key=lambda file: file.shape[1])


def list_files(directory, pattern, validation=False):
    """Return the sorted paths of files of a pattern, those for training or those of the validation set."""
    paths = sorted(glob.glob(os.path.join(glob.escape(directory), pattern)))
    return [path for path in paths if os.path.basename(path).startswith(VALIDATION_PREFIX) == validation]


def _peek(path):
    shape, encoding = record_files.read_first_shape(path)
    return RecordFile(path, shape, encoding, record_files.count_records(path))


def _check_names(tfrecord_dir, paths):
    """Raise UserError if files have the names of several data sets."""
    matches = [re.match(r'(.*)-r\d\d\.tfrecords$', os.path.basename(path)) for path in paths]
    names = sorted({match.group(1) for match in matches if match})
    if len(names) > 1:
        raise util.UserError(
            f'{tfrecord_dir} holds files of several data sets: {", ".join(names[:5])}; give each a directory of its own'
        )


def _check_shapes(files):
    """Raise UserError unless the images of files are those of the largest ones, halved some times."""
    main = max(files, key=lambda file: file.shape[1])
    channels, height, width = main.shape
    expected = [(channels, height >> level, width >> level) for level in range(height.bit_length())]
    found = {}
    for file in files:
        other = found.setdefault(file.shape, file)
        if other is not file:
            size = f'{file.shape[2]}x{file.shape[1]}'
            raise util.UserError(f'{other.path} and {file.path} both hold images of {size}; keep one of them')
        if file.shape not in expected:
            raise util.UserError(
                f'{file.path} holds images of shape {list(file.shape)}; expected {list(main.shape)} as in {main.path}, '
                'or that halved some times'
            )


def check_counts(tfrecord_dir, counts):
    """Raise UserError unless files hold the same number of images.

    Args:
        tfrecord_dir: Where they are.
        counts: Dict path -> number of images.
    """
    if len(set(counts.values())) > 1:
        described = ', '.join(f'{os.path.basename(path)} {count}' for path, count in sorted(counts.items()))
        raise util.UserError(
            f'{tfrecord_dir} has files with unequal numbers of images: {described}; make the data set again'
        )


def list_datasets(path):
    """Return the sorted paths of the sub-directories of a directory that are data sets."""
    return sorted({os.path.dirname(file) for file in glob.glob(os.path.join(glob.escape(path), '*', '*.tfrecords'))})


def _hint_at_contents(path):
    """Return a clause that names sub-directories which are data sets themselves, or an empty text."""
    names = [os.path.basename(directory) for directory in list_datasets(path)]
    return f' (but in its sub-directories {", ".join(names[:5])})' if names else ''


# ----------------------------------------------------------------------------
# Levels of detail.


Level = collections.namedtuple('Level', 'file num_halvings')
Level.__doc__ = """How to get images of a size: a RecordFile, and how many times its images have to be halved."""


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
    found = find_files(tfrecord_dir)
    main = max(found, key=lambda file: file.shape[1])
    try:
        size = split_image_size(*main.shape[1:])
    except util.UserError as error:
        raise util.UserError(f'{main.path}: {error}') from None
    levels = {}
    present = {file.shape: file for file in found}
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

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Writes the files of a data set.

Raw ones have a `.tfrecords` file per resolution from the size of the images down to 4x4, or that at full size alone,
which is also the only one with PNG or JPEG encoding.
"""

import contextlib
import itertools
import json
import os
import shutil

import numpy as np

from dnnlib import files, image_files, util
from image_data import dataset_files, records
from image_data.image_size import halve_images, split_image_size

ENCODINGS = ('raw', 'png', 'jpeg')
LEVELS = ('all', 'top')


def make_pyramid(images):
    """Yield images and their smaller versions, uint8 [NCHW], largest first.

    Each level is the 2x2 box average of the unrounded one above it, in float32; only what is stored is rounded, half
    to even.

    Args:
        images: Array of values in 0..255 [NCHW]; of a size that passes `check_shape`.
    """
    level = np.asarray(images, np.float32)
    for index in range(count_levels(level.shape[1:])):
        level = halve_images(level) if index else level
        yield np.rint(level).clip(0, 255).astype(np.uint8)


def encode_pyramid(images, levels='all'):
    """Return the records of images and, unless `levels` is 'top', of their smaller versions: a list of bytes.

    Args:
        images: See `make_pyramid`.
        levels: One of `LEVELS`.
    """
    num_levels = None if levels == 'all' else 1
    return [records.encode_images(level) for level in itertools.islice(make_pyramid(images), num_levels)]


def count_levels(shape):
    """Return how many resolutions images of a shape (C, H, W) have, their own included."""
    return split_image_size(*shape[1:])['resolution'].bit_length() - 2


def compute_dataset_size(shape, num_images, levels='all'):
    """Return the number of bytes of all files of a raw data set of images of a shape (C, H, W), without labels."""
    channels, height, width = shape
    num_levels = count_levels(shape) if levels == 'all' else 1
    shapes = [(channels, height >> level, width >> level) for level in range(num_levels)]
    return num_images * sum(records.compute_record_size(shape) for shape in shapes)


def check_shape(shape, encoding='raw'):
    """Raise UserError unless images of a shape (C, H, W) can become a data set of an encoding."""
    if len(shape) != 3 or not 1 <= shape[0] <= 4:
        raise util.UserError(f'images must be [C, H, W] with 1 to 4 channels, got {list(shape)}')
    if encoding == 'jpeg' and shape[0] not in (1, 3):
        raise util.UserError(f'a JPEG has 1 or 3 channels, got {shape[0]}; use --encoding=png or raw, or --convert=rgb')
    split_image_size(*shape[1:])


class TFRecordExporter:
    """Writes a data set; use it in a `with` block.

    Everything goes to a temporary folder beside the target, which takes the place of the target in `close`. When the
    block ends with an error, the temporary folder is removed and the target is as it was.

    Attributes:
        tfrecord_dir: Directory to make.
        tfr_prefix: What the names of the files in it begin with.
        expected_images: Number of images announced.
        cur_images: Number of images added so far.
        shape: Shape (C, H, W) of the images, or None before the first one.
        resolution_log2: Base-2 logarithm of the resolution by which their size is known, or None.
        tfr_writers: Open files, that of the largest images first.
    """

    def __init__(
        self,
        tfrecord_dir,
        expected_images,
        print_progress=True,
        progress_interval=10,
        tfr_prefix=None,
        overwrite=False,
        encoding='raw',
        levels='all',
    ):
        """Prepare for writing.

        Args:
            tfrecord_dir: Directory to make. It may exist, but without a data set.
            expected_images: Number of images that will be added; serves the progress line and the shuffled order.
            print_progress: Print what happens.
            progress_interval: Number of images between two updates of the progress line.
            tfr_prefix: What file names begin with; None for the name of the directory. With a prefix of its own, such
                as `validation-<name>`, this becomes a further set of files beside those that are there.
            overwrite: Replace an existing data set at the end.
            encoding: What `add_image` writes: 'raw' pixels, or 'png' or 'jpeg' files.
            levels: Of raw pixels, 'all' resolutions or only the 'top' one; of files there is always one.

        Raises:
            UserError: If there is a data set already, or the directory cannot be made.
        """
        self.tfrecord_dir = util.expand_path(tfrecord_dir)
        self.tfr_prefix = tfr_prefix or os.path.basename(os.path.abspath(self.tfrecord_dir))
        self.encoding = encoding
        self.levels = levels
        self.expected_images = expected_images
        self.cur_images = 0
        self.shape = None
        self.resolution_log2 = None
        self.tfr_writers = []
        self.print_progress = print_progress
        self.progress_interval = progress_interval
        self._overwrite = overwrite
        self._own_prefix = tfr_prefix  # None: the directory is ours as a whole.
        check_target(self.tfrecord_dir, overwrite, tfr_prefix)
        self._print(f'Creating dataset "{self.tfrecord_dir}"')
        self._temp_dir = None

    def __enter__(self):
        return self

    def __exit__(self, exc_type, *_):
        try:
            if exc_type is None:
                self.close()
        finally:
            self.discard()

    def choose_shuffled_order(self):
        """Return the order in which the importers write their images, the same one every time.

        Images and labels must be added in this order.
        """
        order = np.arange(self.expected_images)
        np.random.RandomState(123).shuffle(order)
        return order

    def add_image(self, img):
        """Add one image of values in 0..255 [CHW]; raise UserError if its shape is not that of the others."""
        shape = np.shape(img)
        check_shape(shape, self.encoding)
        if self.shape not in (None, shape):
            raise util.UserError(f'all images must have the shape {list(self.shape)}, got {list(shape)}')
        if self.print_progress and self.cur_images % self.progress_interval == 0:
            print(f'{self.cur_images} / {self.expected_images}', end='\r', flush=True)
        if self.encoding == 'raw':
            encoded = encode_pyramid(np.asarray(img)[np.newaxis], self.levels)
        else:
            content = image_files.encode(np.rint(img).clip(0, 255).astype(np.uint8), self.encoding)
            encoded = [records.encode_image_files([content], shape)]
        self.add_encoded(encoded, shape, 1)

    def add_encoded(self, encoded, shape, num_images):
        """Add images whose records were made elsewhere.

        Args:
            encoded: List of the records of each resolution, as of `encode_pyramid`; or of the full one alone.
            shape: Shape (C, H, W) of each image, checked before.
            num_images: Number of images.
        """
        if self.shape is None:
            self._open_files(tuple(shape), len(encoded))
        with self._blaming_target():
            for writer, records in zip(self.tfr_writers, encoded):
                writer.write(records)
        self.cur_images += num_images

    def add_labels(self, labels, class_names=None):
        """Save the labels of all images.

        Args:
            labels: Numbers [num_images, label_size], in the order of the images.
            class_names: Names of the label components, kept beside the labels, or None.
        """
        labels = np.asarray(labels)
        if labels.ndim != 2 or len(labels) != self.cur_images or self.cur_images == 0:
            raise util.UserError(f'expected labels [{self.cur_images}, label_size], got the shape {list(labels.shape)}')
        path = os.path.join(self._temp_dir, self.tfr_prefix + '-rxx.labels')
        with self._blaming_target(), open(path, 'wb') as file:
            np.save(file, labels.astype(np.float32))
        if class_names is not None:
            path = os.path.join(self._temp_dir, self.tfr_prefix + '-classes.json')
            with self._blaming_target(), open(path, 'w', encoding='utf-8') as file:
                json.dump([util.escape_name(str(name)) for name in class_names], file, ensure_ascii=False, indent=1)

    def close(self):
        """Complete the files and put them into their place; raise UserError if no image was added."""
        if self.cur_images == 0:
            raise util.UserError(f'no images were added, so {self.tfrecord_dir} is not made')
        if self._temp_dir is None:
            return
        try:
            self._print(f'{"Flushing data...":40}', end='\r', flush=True)
            self._close_files()
            self._install()
        finally:
            self.discard()
        self._print(f'{"":40}\rAdded {self.cur_images} images.')

    def discard(self):
        """Remove what was written and leave the target as it was; without effect after `close`."""
        for writer in self.tfr_writers:
            with contextlib.suppress(OSError):  # A full disk: the file is going to be removed anyway.
                writer.close()
        self.tfr_writers = []
        if self._temp_dir is not None:
            shutil.rmtree(self._temp_dir, ignore_errors=True)
            self._temp_dir = None

    def _print(self, *args, **kwargs):
        if self.print_progress:
            print(*args, **kwargs)

    def _open_files(self, shape, num_files):
        parent, name = os.path.split(os.path.abspath(self.tfrecord_dir))
        self._temp_dir = os.path.join(parent, f'.{self._own_prefix or name}.partial-{os.getpid()}')
        shutil.rmtree(self._temp_dir, ignore_errors=True)  # Of a process of the same number that was killed.
        os.makedirs(self._temp_dir)
        self.shape = shape
        self.resolution_log2 = count_levels(shape) + 1
        for level in range(num_files):
            name = f'{self.tfr_prefix}-r{self.resolution_log2 - level:02d}.tfrecords'
            self.tfr_writers.append(open(os.path.join(self._temp_dir, name), 'wb'))

    @contextlib.contextmanager
    def _blaming_target(self):
        """Name the data set in errors of the file system, as a full disk does not say whose write failed."""
        try:
            yield
        except OSError as error:
            error.filename = error.filename or self.tfrecord_dir
            raise

    def _close_files(self):
        with self._blaming_target():
            for writer in self.tfr_writers:
                writer.close()
        self.tfr_writers = []

    def _install(self):
        check_target(self.tfrecord_dir, self._overwrite, self._own_prefix)  # Somebody else may have been faster.
        names = os.listdir(self._temp_dir)
        old = find_dataset_files(self.tfrecord_dir, self._own_prefix)
        stale = [path for path in old if os.path.basename(path) not in names]
        if not os.path.isdir(self.tfrecord_dir):
            os.rename(self._temp_dir, self.tfrecord_dir)
        else:
            for name in names:
                os.replace(os.path.join(self._temp_dir, name), os.path.join(self.tfrecord_dir, name))
            for path in stale:
                os.remove(path)
            os.rmdir(self._temp_dir)
        self._temp_dir = None


def find_dataset_files(directory, prefix=None):
    """Return the paths of the files in a directory that belong to a data set, or to that of a prefix."""
    beginning = '' if prefix is None else prefix + '-'
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    endings = ('.tfrecords', '.labels', '-classes.json')
    return [os.path.join(directory, name) for name in names if name.startswith(beginning) and name.endswith(endings)]


def check_target(tfrecord_dir, overwrite=False, prefix=None):
    """Raise UserError if a data set, or the part of it with a prefix, must not be written to a directory."""
    folder = files.find_existing_parent(tfrecord_dir)
    if not os.path.isdir(folder):
        raise util.UserError(f'cannot make the directory {tfrecord_dir}: {folder} is a file; choose another directory')
    if not os.access(folder, os.W_OK):
        raise util.UserError(
            f'cannot make {tfrecord_dir}: no permission to write to {folder}; choose another directory'
        )
    if prefix is None and os.path.basename(os.path.abspath(tfrecord_dir)).startswith(dataset_files.VALIDATION_PREFIX):
        raise util.UserError(
            f'{tfrecord_dir} would be taken for a validation set; choose a name that does not begin with '
            f'{dataset_files.VALIDATION_PREFIX}'
        )
    if find_dataset_files(tfrecord_dir, prefix) and not overwrite:
        raise util.UserError(
            f'{tfrecord_dir} already holds a data set; choose another directory, or replace it with --overwrite'
        )


def check_disk_space(tfrecord_dir, num_bytes):
    """Raise UserError if the disk where a directory will be made has less space left."""
    free = shutil.disk_usage(files.find_existing_parent(tfrecord_dir)).free
    if num_bytes > free:
        raise util.UserError(
            f'the data set needs {util.format_size(num_bytes)}, but only {util.format_size(free)} are free for '
            f'{tfrecord_dir}; make room, choose another disk, or fewer or smaller pictures (--resize=N)'
        )

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Writes the files of a data set: one `.tfrecords` file per resolution from 4x4 up to that of the images."""

import contextlib
import os
import shutil

import numpy as np

from dnnlib import util
from training import tfrecord


def encode_pyramid(images):
    """Return the records of images and of their smaller versions.

    Each level is the 2x2 box average of the unrounded one above it, in float32; only what is stored is rounded, half
    to even. Averages of 8-bit images are exact in float32 down to 1/256 of the size.

    Args:
        images: Array of values in 0..255 [NCHW]; square, the size a power of two, at least 4.

    Returns:
        List of bytes, the records of each level, largest images first.
    """
    level = np.asarray(images, np.float32)
    encoded = []
    while True:
        encoded.append(tfrecord.encode_images(np.rint(level).clip(0, 255).astype(np.uint8)))
        if level.shape[-1] <= 4:
            return encoded
        rows = level[:, :, 0::2] + level[:, :, 1::2]
        level = (rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25)


def compute_dataset_size(shape, num_images):
    """Return the number of bytes of all files of a data set of images of a shape (C, R, R), labels not counted."""
    channels, resolution, _ = shape
    sizes = [2**res for res in range(2, int(resolution).bit_length())]
    return num_images * sum(tfrecord.compute_record_size((channels, size, size)) for size in sizes)


def format_size(num_bytes):
    """Return a number of bytes as text, e.g. `66.9 MB`."""
    power = min(len(str(num_bytes)) - 1, 14) // 3
    return f'{num_bytes / 1000**power:.1f} {"kMGT"[power - 1]}B' if power else f'{num_bytes} bytes'


def check_shape(shape):
    """Raise UserError unless images of a shape (C, H, W) can become a data set."""
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise util.UserError(f'images must be [C, H, W] with 1 or 3 channels, got {list(shape)}')
    _, height, width = shape
    if height != width:
        raise util.UserError(f'images must be square, got {width}x{height}')
    if height < 4 or height & (height - 1):
        raise util.UserError(f'image size must be a power of two of at least 4, got {width}x{height}')


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
        resolution_log2: Base-2 logarithm of their size, or None.
        tfr_writers: Open files, that of the largest images first.
    """

    def __init__(self, tfrecord_dir, expected_images, print_progress=True, progress_interval=10, overwrite=False):
        """Prepare for writing.

        Args:
            tfrecord_dir: Directory to make. It may exist, but without a data set.
            expected_images: Number of images that will be added; serves the progress line and the shuffled order.
            print_progress: Print what happens.
            progress_interval: Number of images between two updates of the progress line.
            overwrite: Replace an existing data set at the end.

        Raises:
            UserError: If there is a data set already, or the directory cannot be made.
        """
        self.tfrecord_dir = util.expand_path(tfrecord_dir)
        self.tfr_prefix = os.path.basename(os.path.abspath(self.tfrecord_dir))
        self.expected_images = expected_images
        self.cur_images = 0
        self.shape = None
        self.resolution_log2 = None
        self.tfr_writers = []
        self.print_progress = print_progress
        self.progress_interval = progress_interval
        self._overwrite = overwrite
        check_target(self.tfrecord_dir, overwrite)
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
        check_shape(shape)
        if self.shape not in (None, shape):
            raise util.UserError(f'all images must have the shape {list(self.shape)}, got {list(shape)}')
        if self.print_progress and self.cur_images % self.progress_interval == 0:
            print(f'{self.cur_images} / {self.expected_images}', end='\r', flush=True)
        self.add_encoded(encode_pyramid(np.asarray(img)[np.newaxis]), shape, 1)

    def add_encoded(self, encoded, shape, num_images):
        """Add images whose records were made elsewhere.

        Args:
            encoded: Result of `encode_pyramid`.
            shape: Shape (C, H, W) of each image, checked before.
            num_images: Number of images.
        """
        if self.shape is None:
            self._open_files(tuple(shape))
        with self._blaming_target():
            for writer, records in zip(self.tfr_writers, encoded):
                writer.write(records)
        self.cur_images += num_images

    def add_labels(self, labels):
        """Save the labels of all images, numbers [num_images, label_size], in the order of the images."""
        labels = np.asarray(labels)
        if labels.ndim != 2 or len(labels) != self.cur_images or self.cur_images == 0:
            raise util.UserError(f'expected labels [{self.cur_images}, label_size], got the shape {list(labels.shape)}')
        path = os.path.join(self._temp_dir, self.tfr_prefix + '-rxx.labels')
        with self._blaming_target(), open(path, 'wb') as file:
            np.save(file, labels.astype(np.float32))

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

    def _open_files(self, shape):
        parent, name = os.path.split(os.path.abspath(self.tfrecord_dir))
        self._temp_dir = os.path.join(parent, f'.{name}.partial-{os.getpid()}')
        shutil.rmtree(self._temp_dir, ignore_errors=True)  # Of a process of the same number that was killed.
        os.makedirs(self._temp_dir)
        self.shape = shape
        self.resolution_log2 = int(shape[1]).bit_length() - 1
        for res in range(self.resolution_log2, 1, -1):
            path = os.path.join(self._temp_dir, f'{self.tfr_prefix}-r{res:02d}.tfrecords')
            self.tfr_writers.append(open(path, 'wb'))

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
        check_target(self.tfrecord_dir, self._overwrite)  # Somebody else may have been faster.
        names = os.listdir(self._temp_dir)
        stale = [path for path in find_dataset_files(self.tfrecord_dir) if os.path.basename(path) not in names]
        if not os.path.isdir(self.tfrecord_dir):
            os.rename(self._temp_dir, self.tfrecord_dir)
        else:
            for name in names:
                os.replace(os.path.join(self._temp_dir, name), os.path.join(self.tfrecord_dir, name))
            for path in stale:
                os.remove(path)
            os.rmdir(self._temp_dir)
        self._temp_dir = None


def find_dataset_files(directory):
    """Return the paths of the files in a directory that belong to a data set."""
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return [os.path.join(directory, name) for name in names if name.endswith(('.tfrecords', '.labels'))]


def check_target(tfrecord_dir, overwrite=False):
    """Raise UserError if a data set must not be written to a directory."""
    if os.path.exists(tfrecord_dir) and not os.path.isdir(tfrecord_dir):
        raise util.UserError(f'cannot make the directory {tfrecord_dir}: there is a file of that name')
    if find_dataset_files(tfrecord_dir) and not overwrite:
        raise util.UserError(
            f'{tfrecord_dir} already holds a data set; choose another directory, or replace it with --overwrite'
        )

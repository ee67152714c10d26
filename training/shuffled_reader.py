# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The order in which a training sees the images of a data set, and a reader that follows it from any place."""

import functools
import threading

import numpy as np

from dnnlib.util import UserError
from image_data import record_files


@functools.lru_cache(maxsize=8)
def _permute(seed, epoch, num_images):
    """Return the order of the images in an epoch, int64 [num_images]."""
    return np.random.RandomState([seed % (1 << 32), epoch]).permutation(num_images)


def find_images(seed, num_images, start, count):
    """Return which images come at some places of the order; in each epoch all come once, as chance has it.

    Args:
        seed: Seed of the order, an integer of 32 bits.
        num_images: Number of images.
        start: First place, from 0.
        count: Number of places.

    Returns:
        Indices, int64 [count].
    """
    places = np.arange(start, start + count)
    indices = np.empty([count], np.int64)
    for epoch in range(start // num_images, (start + count - 1) // num_images + 1):
        is_here = places // num_images == epoch
        indices[is_here] = _permute(seed, epoch, num_images)[places[is_here] % num_images]
    return indices


class ShuffledReader:
    """Reads records and labels in the order of `find_images`; threads of TensorFlow call it.

    Args:
        path: `.tfrecords` file.
        num_images: Number of its first records that are used.
        labels: Their labels, float32 [num_images, label_size].
        seed: Seed of the order.

    Attributes:
        error: The UserError that reading ended with, or None.
    """

    def __init__(self, path, num_images, labels, seed):
        self.error = None
        self._path = path
        self._starts = record_files.find_records(path)
        self._num_images = num_images
        self._labels = labels
        self._seed = seed
        self._is_closed = False
        self._num_readers = 0
        self._changed = threading.Condition()

    def read(self, start, count):
        """Return payloads, an array of bytes [count], and labels [count, label_size] from a place of the order on."""
        with self._changed:
            if self._is_closed:
                raise StopIteration
            self._num_readers += 1
        try:
            indices = find_images(self._seed, self._num_images, int(start), int(count))
            payloads = np.array(record_files.read_records(self._path, self._starts, indices), dtype=object)
            return payloads, self._labels[indices]
        except (UserError, OSError) as error:  # TensorFlow would wrap it up in its own.
            self.error = error
            raise
        finally:
            with self._changed:
                self._num_readers -= 1
                self._changed.notify_all()

    def close(self):
        """End the reading: Python does not survive threads that call it while it ends."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._num_readers == 0)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Streams images and labels from `.tfrecords` files, in the format of the official code, into TensorFlow graphs."""

import contextlib
import hashlib
import inspect
import itertools
import os
import weakref

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from image_data import dataset_files, label_files, record_files, records
from image_data.dataset_files import choose_levels
from image_data.image_size import halve_images
from training.shuffled_reader import ShuffledReader


class TFRecordDataset:
    """A data set made by `dataset_tool.py`.

    Minibatches come from one iterator, which `configure` points at the images of one level of detail (lod): lod 0 is
    the full resolution, each further one halves it. A lod without a file of its own is made of the largest images when
    it is read, with the same pixels. Shuffled images come in the order of `training.shuffled_reader`, all of them once
    per epoch; others in the order of the file.

    Attributes:
        tfrecord_dir: Directory of the data set.
        resolution: The keyword of the networks: width and height of the images at lod 0 if those are square powers of
            two, else see `image_data.image_size`.
        resolution_log2: Its base-2 logarithm.
        shape: List [C, H, W] of the images at lod 0.
        dtype: 'uint8', the type of the images.
        dynamic_range: [0, 255], their value range.
        num_images: Number of images.
        label_file: Path of the label file, or None.
        label_size: Number of components of a label; 0 without labels.
        label_dtype: 'float32', the type of the labels.
        fingerprint: Text that changes with the labels, and with the images as far as a short look tells.
        modified: When the file of the images was written, in seconds since 1970.
        has_validation_set: Whether there are images that are kept from training.
    """

    def __init__(
        self,
        tfrecord_dir,
        resolution=None,
        label_file=None,
        max_label_size=0,
        max_images=None,
        repeat=True,
        shuffle_mb=4096,
        prefetch_mb=512,
        buffer_mb=256,
        num_threads=2,
        seed=None,
        shuffle=True,
        mirror_augment=False,
        max_validation=10000,
    ):
        """Open the files and build the graph; needs the default session of `tflib.init_tf`.

        No buffer becomes larger than the data set.

        Args:
            tfrecord_dir: Directory of the data set.
            resolution: Resolution at lod 0, or None for that of the largest images.
            label_file: Path, or path relative to the directory, of the labels; None for its first `.labels` file.
            max_label_size: Number of label components to use, 'full' for all of them, 0 for no labels.
            max_images: Use only the first images, or None for all.
            repeat: Start over at the end; otherwise `tf.errors.OutOfRangeError` ends the data of tensors.
            shuffle_mb: 0 keeps the order of the files. Any other size shuffles all images: no buffer is needed.
            prefetch_mb: Size in MiB of the buffer of minibatches made in advance; 0 for none.
            buffer_mb: Size in MiB of the buffer for reading files in their order.
            num_threads: Number of minibatches that are decoded at a time. PNG and JPEG images are spread over all
                processors.
            seed: Seed of the shuffling, of the mirroring, and of the random labels of `get_random_labels_np`, or None
                for chance.
            shuffle: False keeps the order of the files, as `shuffle_mb=0` does.
            mirror_augment: Mirror each image with probability 1/2.
            max_validation: Use only the first images of the validation set.

        Raises:
            UserError: If the data set does not exist, or its files are damaged or do not fit together.
        """
        self.tfrecord_dir = util.expand_path(tfrecord_dir)
        self.dtype = 'uint8'
        self.dynamic_range = [0, 255]
        self._levels, self.shape, self.resolution = choose_levels(self.tfrecord_dir, resolution)
        self.resolution_log2 = int(self.resolution).bit_length() - 1
        self.num_images = _count_images(self._levels, max_images)
        self.has_validation_set = bool(dataset_files.find_files(self.tfrecord_dir, validation=True))
        self._max_validation = max_validation
        self.label_file, labels = _load_labels(
            self.tfrecord_dir, label_file, max_label_size, self._levels[0].file.num_images
        )
        self._labels = labels[: self.num_images]
        self.label_size = self._labels.shape[1]
        self.label_dtype = self._labels.dtype.name
        self.fingerprint = f'{self.num_images} of {record_files.compute_fingerprint(self._levels[0].file.path)}'
        if self.label_size > 0:
            self.fingerprint += '-' + hashlib.sha256(self._labels.tobytes()).hexdigest()[:16]
        self.modified = os.path.getmtime(self._levels[0].file.path)
        self._mirror_augment = mirror_augment
        self._seed = seed
        self._rnd = np.random if seed is None else np.random.RandomState(seed)
        self._cur_configuration = None
        self._readers = []

        with tf.name_scope('Dataset'), tf.device('/cpu:0'):
            self._labels_var = None
            if self.label_size > 0:
                self._labels_var = tflib.create_var_with_large_initial_value(
                    self._labels, name='labels_var', trainable=False
                )
            self._minibatch_in = tf.placeholder(tf.int64, name='minibatch_in', shape=[])
            self._start_in = tf.placeholder(tf.int64, name='start_in', shape=[])
            build = self._build_shuffled if shuffle and shuffle_mb > 0 else self._build_sequential
            datasets = {
                lod: self._finish_dataset(build(level, repeat, buffer_mb, num_threads), level, prefetch_mb, num_threads)
                for lod, level in self._levels.items()
            }
            shapes = [None, self.shape[0], None, None], [None, self.label_size]
            self._iterator = tf.data.Iterator.from_structure(
                (tf.uint8, tf.float32), tuple(tf.TensorShape(shape) for shape in shapes)
            )
            self._init_ops = {lod: self._iterator.make_initializer(dataset) for lod, dataset in datasets.items()}
            self._minibatch = self.get_minibatch_tf()

    def close(self):
        """End the reading of shuffled images."""
        for reader in self._readers:
            reader.close()

    @property
    def read_error(self):
        """The error that the reading of shuffled images ended with, or None."""
        return next((reader.error for reader in self._readers if reader.error), None)

    def configure(self, minibatch_size, lod=0, start=None):
        """Set the size and the level of detail of the minibatches to come.

        Args:
            minibatch_size: Number of images.
            lod: Level of detail, rounded down.
            start: Number of images to skip from the beginning of the order if size or lod are new, or were not given
                with a start before; None for 0.

        Raises:
            UserError: If the images are not that large.
        """
        lod = int(np.floor(lod))
        if lod not in self._init_ops:
            raise util.UserError(f'{self.tfrecord_dir} has the lods 0 to {max(self._init_ops)}, got {lod}')
        configuration = minibatch_size, lod, start is not None
        if self._cur_configuration != configuration:
            tflib.run(self._init_ops[lod], {self._minibatch_in: minibatch_size, self._start_in: start or 0})
            self._cur_configuration = configuration

    def get_minibatch_tf(self):
        """Return tensors of the next minibatch, which `configure` describes.

        Returns:
            Tuple of images, uint8 [NCHW], and labels, float32 [minibatch, label_size].
        """
        with tf.device('/cpu:0'):
            images, labels = self._iterator.get_next()
            if self._mirror_augment:
                is_mirrored = tflib.random_uniform([tf.shape(images)[0]], seed=self._seed) < 0.5
                images = mirror_images(images, is_mirrored)
            return images, labels

    def get_minibatch_np(self, minibatch_size, lod=0):
        """Return arrays of the next minibatch.

        Args:
            minibatch_size: Number of images.
            lod: Level of detail.

        Returns:
            Tuple of images, uint8 [NCHW], and labels, float32 [minibatch, label_size]; (None, None) at the end, if the
            data set does not repeat.

        Raises:
            UserError: If a record is damaged.
        """
        self.configure(minibatch_size, lod)
        with _explain_read_errors(self):
            try:
                return tflib.run(self._minibatch)
            except tf.errors.OutOfRangeError:
                return None, None

    def load_validation_set_np(self):
        """Return the images that are kept from training, at lod 0, uint8 [NCHW], at most `max_validation` of them.

        Raises:
            UserError: If there is no validation set, or its images do not fit those for training.
        """
        if not self.has_validation_set:
            raise util.UserError(
                f'{self.tfrecord_dir} has no validation set; make one with dataset_tool.py pack --num_validation=N'
            )
        file = dataset_files.find_main_file(self.tfrecord_dir, validation=True)
        images = np.stack(list(itertools.islice(record_files.read_images(file.path), self._max_validation)))
        if images.shape[2] > self.shape[1]:
            levels = images.astype(np.float32)
            while levels.shape[2] > self.shape[1]:
                levels = halve_images(levels)
            images = np.rint(levels).astype(np.uint8)
        if list(images.shape[1:]) != self.shape:
            raise util.UserError(f'{file.path} holds images of shape {list(file.shape)}, expected {self.shape}')
        return images

    def get_random_labels_tf(self, minibatch_size):
        """Return a tensor of labels of random images, float32 [minibatch, label_size]."""
        with tf.name_scope('Dataset'), tf.device('/cpu:0'):
            if self._labels_var is None:
                return tf.zeros([minibatch_size, 0], tf.float32)
            indices = tflib.random_uniform([minibatch_size], 0, self.num_images, dtype=tf.int32)
            return tf.gather(self._labels_var, indices)

    def get_random_labels_np(self, minibatch_size):
        """Return labels of random images, float32 [minibatch, label_size]."""
        if self._labels_var is None:
            return np.zeros([minibatch_size, 0], np.float32)
        return self._labels[self._rnd.randint(self.num_images, size=[minibatch_size])]

    @staticmethod
    def parse_tfrecord_tf(record):
        """Return a tensor of the image of one record, uint8 [CHW]."""
        features = {
            'shape': tf.FixedLenFeature([3], tf.int64),
            'data': tf.FixedLenFeature([], tf.string),
            'encoding': tf.FixedLenFeature([], tf.string, default_value='raw'),
        }
        parsed = tf.parse_single_example(record, features)
        return tf.cond(
            tf.equal(parsed['encoding'], 'raw'),
            lambda: tf.reshape(tf.decode_raw(parsed['data'], tf.uint8), parsed['shape']),
            lambda: _decode_any_image_file(parsed['data'], parsed['shape']),
        )

    @staticmethod
    def parse_tfrecord_np(record):
        """Return the image of one record, uint8 [CHW]."""
        return records.decode_image(record)

    def _build_shuffled(self, level, repeat, buffer_mb, num_threads):
        """Return the pipeline of minibatches of shuffled records and their labels."""
        del buffer_mb
        seed = self._rnd.randint(1 << 31) if self._seed is None else self._seed
        reader = ShuffledReader(level.file.path, self.num_images, self._labels, seed)
        self._readers.append(reader)
        weakref.finalize(self, reader.close)  # At the latest before Python ends.
        num_places = tf.int64.max if repeat else self.num_images
        stop = num_places - self._minibatch_in if repeat else num_places

        def read(start):
            count = tf.minimum(self._minibatch_in, num_places - start)
            records, labels = tf.numpy_function(reader.read, [start, count], [tf.string, tf.float32])
            return tf.reshape(records, [-1]), tf.reshape(labels, [-1, self.label_size])

        starts = tf.data.Dataset.range(self._start_in, stop, self._minibatch_in)
        return starts.map(read, num_parallel_calls=num_threads)

    def _build_sequential(self, level, repeat, buffer_mb, num_threads):
        """Return the pipeline of minibatches of records in the order of the file, and their labels.

        Raw images stay the strings that they are in the file until they form a minibatch: the cost per element is that
        of passing on a string, and the decoding ops run once per minibatch.
        """
        del num_threads
        path = level.file.path
        buffer_size = max(min(buffer_mb << 20, os.path.getsize(path)), 1)
        dataset = tf.data.TFRecordDataset(os.fsencode(path), compression_type='', buffer_size=buffer_size)
        labels = tf.zeros([self.num_images, 0]) if self._labels_var is None else self._labels_var
        dataset = tf.data.Dataset.zip((dataset.take(self.num_images), tf.data.Dataset.from_tensor_slices(labels)))
        if not repeat:
            return dataset.skip(self._start_in).batch(self._minibatch_in)
        dataset = dataset.repeat().skip(self._start_in % self.num_images)  # What is skipped is read.
        return dataset.batch(self._minibatch_in)

    def _finish_dataset(self, dataset, level, prefetch_mb, num_threads):
        """Return the pipeline of minibatches of images and labels, from one of records."""
        if level.file.encoding != 'raw':
            dataset = dataset.flat_map(lambda *batch: tf.data.Dataset.from_tensor_slices(batch)).map(
                lambda record, label: (_decode_record(record, level.file.shape), label),
                num_parallel_calls=os.cpu_count(),
            )
            dataset = dataset.batch(self._minibatch_in)
        dataset = dataset.map(
            lambda batch, labels: (_finish_images(batch, level), labels), num_parallel_calls=num_threads
        )
        if prefetch_mb > 0:
            item_bytes = np.prod(level.file.shape) >> 2 * level.num_halvings
            max_items = _count_items(item_bytes, prefetch_mb, self.num_images)
            dataset = dataset.prefetch((max_items + self._minibatch_in - 1) // self._minibatch_in)
        return dataset


def mirror_images(images, is_mirrored):
    """Return images of which some are mirrored left to right.

    Args:
        images: Tensor [NCHW].
        is_mirrored: Which ones, bool [N].
    """
    return tf.where(is_mirrored, tf.reverse(images, [3]), images)


@contextlib.contextmanager
def _explain_read_errors(dataset):
    """Turn the errors with which TensorFlow reports unreadable records into a UserError that names the data set."""
    name = dataset.tfrecord_dir
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError, tf.errors.UnknownError) as error:
        if dataset.read_error is not None:
            raise util.UserError(str(dataset.read_error)) from error
        if isinstance(error, tf.errors.DataLossError):
            raise util.UserError(f'{name}: a record is damaged; copy the data set again or make it anew') from error
        if isinstance(error, tf.errors.UnknownError):
            raise
        raise util.UserError(
            f'{name}: a record holds no image of the shape of the first one; make the data set anew'
        ) from error


def _finish_images(batch, level):
    """Return the images, uint8 [NCHW], of a vector of raw records, or of decoded images [NHWC]."""
    images = batch
    if level.file.encoding == 'raw':
        data = tf.parse_example(batch, {'data': tf.FixedLenFeature([], tf.string)})['data']
        images = tf.reshape(tf.decode_raw(data, tf.uint8), [-1] + list(level.file.shape))  # [NCHW]
        images = tf.transpose(images, [0, 2, 3, 1]) if level.num_halvings else images  # [NHWC]
    if level.num_halvings:
        images = _shrink(images, level.num_halvings)
    if level.num_halvings or level.file.encoding != 'raw':
        images = tf.transpose(images, [0, 3, 1, 2])  # [NCHW]
    return images


def _shrink(images, num_halvings):
    """Return images [NHWC] halved several times, with the pixels of the files of that size.

    Sums of 8-bit values are exact in float32 for up to 8 halvings, so that one step does for them.
    """
    images = tf.cast(images, tf.float32)
    while num_halvings:
        step = min(num_halvings, 8)
        images = tf.nn.avg_pool(images, [1, 2**step, 2**step, 1], [1, 2**step, 2**step, 1], 'VALID')
        num_halvings -= step
    return tf.cast(tf.round(images), tf.uint8)  # Half to even.


def _decode_record(record, shape):
    """Return the image of a record, uint8 [HWC], which must be of a shape (C, H, W)."""
    channels, height, width = shape
    data = tf.parse_single_example(record, {'data': tf.FixedLenFeature([], tf.string)})['data']
    return tf.ensure_shape(_decode_image_file(data, 0 if channels == 2 else channels), [height, width, channels])


def _decode_image_file(data, num_channels=0):
    """Return the pixels of a PNG or JPEG file, uint8 [HWC]; 0 for as many channels as it has."""
    # This op knows PNG as well. The integer method gives the same pixels on every machine.
    return tf.image.decode_jpeg(data, channels=num_channels, dct_method='INTEGER_ACCURATE')


def _decode_any_image_file(data, shape):
    """Return an image as [CHW], a gray one in all channels of the shape."""
    image = tf.transpose(_decode_image_file(data), [2, 0, 1])  # [CHW]
    return tf.broadcast_to(image, shape)


def _count_items(item_bytes, size_mb, num_images):
    """Return how many items fit into a buffer, at most the whole data set."""
    return min(int((size_mb << 20) - 1) // max(int(item_bytes), 1) + 1, num_images)


# ----------------------------------------------------------------------------
# What the directory holds.


def _count_images(levels, max_images):
    """Return the number of images to use, the same in every file."""
    if max_images is not None and max_images < 1:
        raise util.UserError(f'max_images must be at least 1 or None, got {max_images}')
    count = levels[0].file.num_images
    return count if max_images is None else min(count, max_images)


def _load_labels(tfrecord_dir, label_file, max_label_size, num_images):
    """Return the path of the label file and the labels of all images, float32 [num_images, label_size]."""
    if max_label_size != 'full' and not (isinstance(max_label_size, int) and max_label_size >= 0):
        raise util.UserError(f"max_label_size must be a number of components or 'full', got {max_label_size!r}")
    path = label_files.find_label_file(tfrecord_dir) if label_file is None else util.expand_path(label_file)
    if path is not None and not os.path.exists(path):
        path = os.path.join(tfrecord_dir, path)
        if not os.path.exists(path):
            raise util.UserFileNotFoundError(f'label file not found: neither {label_file} nor {path} exists')
    if path is None or max_label_size == 0:
        return path, np.zeros([num_images, 0], np.float32)
    labels = label_files.read_labels(path, num_images)
    return path, labels[:, : None if max_label_size == 'full' else max_label_size]


# ----------------------------------------------------------------------------
# By name.


def can_skip(dataset):
    """Tell whether a data set can begin anywhere, which classes made for the official code cannot."""
    return 'start' in inspect.signature(dataset.configure).parameters


def configure_from(dataset, minibatch_size, lod, start):
    """Let the next minibatches begin at a place of the order, as far as the class of the data set can."""
    dataset.configure(minibatch_size, lod, **({'start': start} if can_skip(dataset) else {}))


def load_dataset(class_name=None, data_dir=None, verbose=False, **kwargs):
    """Open a data set by the name of its class.

    Args:
        class_name: Full name of the class, or None for TFRecordDataset.
        data_dir: Directory that `tfrecord_dir` is relative to, or None.
        verbose: Print what was opened.
        **kwargs: Arguments of the class.

    Returns:
        The data set.
    """
    if data_dir is not None and 'tfrecord_dir' in kwargs:
        kwargs['tfrecord_dir'] = os.path.join(util.expand_path(data_dir), util.expand_path(kwargs['tfrecord_dir']))
    class_name = class_name or 'training.dataset.TFRecordDataset'
    if verbose:
        print(f'Streaming data using {class_name}...')
    dataset = util.call_func_by_name(func_name=class_name, **kwargs)
    if verbose:
        print('Dataset shape =', [int(size) for size in dataset.shape])
        print('Dynamic range =', dataset.dynamic_range)
        print('Label size    =', dataset.label_size)
    return dataset

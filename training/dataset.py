# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Streams images and labels from `.tfrecords` files, in the format of the official code, into TensorFlow graphs."""

import contextlib
import os

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from training import tfrecord


class TFRecordDataset:
    """A data set made by `dataset_tool.py`.

    Minibatches come from one iterator, which `configure` points at the images of one level of detail (lod): lod 0 is
    the full resolution, each further one halves it. The files of lower resolutions need to exist only if a lod is
    asked for.

    Attributes:
        tfrecord_dir: Directory of the data set.
        resolution: Width and height of the images at lod 0.
        resolution_log2: Its base-2 logarithm.
        shape: List [C, H, W] of the images at lod 0.
        dtype: 'uint8', the type of the images.
        dynamic_range: [0, 255], their value range.
        num_images: Number of images.
        label_file: Path of the label file, or None.
        label_size: Number of components of a label; 0 without labels.
        label_dtype: 'float32', the type of the labels.
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
        prefetch_mb=2048,
        buffer_mb=256,
        num_threads=2,
        seed=None,
    ):
        """Open the files and build the graph; needs the default session of `tflib.init_tf`.

        No buffer becomes larger than the data set.

        Args:
            tfrecord_dir: Directory of the data set.
            resolution: Width and height at lod 0, or None for that of the largest images.
            label_file: Path, or path relative to the directory, of the labels; None for its first `.labels` file.
            max_label_size: Number of label components to use, 'full' for all of them, 0 for no labels.
            max_images: Use only the first images, or None for all.
            repeat: Start over at the end; otherwise `tf.errors.OutOfRangeError` ends the data.
            shuffle_mb: Size in MiB of the buffer that images are drawn from; 0 keeps the order of the files.
            prefetch_mb: Size in MiB of the buffer of minibatches made in advance; 0 for none.
            buffer_mb: Size in MiB of the buffer for reading files.
            num_threads: Number of minibatches that are decoded at a time.
            seed: Seed of the shuffling and of the random labels of `get_random_labels_np`, or None for chance.

        Raises:
            UserError: If the data set does not exist, or its files are damaged or do not fit together.
        """
        self.tfrecord_dir = util.expand_path(tfrecord_dir)
        self.dtype = 'uint8'
        self.dynamic_range = [0, 255]
        self._paths, self.shape = _choose_files(self.tfrecord_dir, resolution)
        self.resolution = self.shape[1]
        self.resolution_log2 = _log2(self.resolution)
        self.num_images = _count_images(self._paths, max_images)
        self.label_file, self._labels = _load_labels(self.tfrecord_dir, label_file, max_label_size, self.num_images)
        self.label_size = self._labels.shape[1]
        self.label_dtype = self._labels.dtype.name
        self._rnd = np.random if seed is None else np.random.RandomState(seed)
        self._cur_configuration = None

        with tf.name_scope('Dataset'), tf.device('/cpu:0'):
            self._labels_var = None
            if self.label_size > 0:
                self._labels_var = tflib.create_var_with_large_initial_value(
                    self._labels, name='labels_var', trainable=False
                )
            self._minibatch_in = tf.placeholder(tf.int64, name='minibatch_in', shape=[])
            datasets = {
                lod: self._build_dataset(lod, repeat, shuffle_mb, prefetch_mb, buffer_mb, num_threads, seed)
                for lod in self._paths
            }
            shapes = [None, self.shape[0], None, None], [None, self.label_size]
            self._iterator = tf.data.Iterator.from_structure(
                (tf.uint8, tf.float32), tuple(tf.TensorShape(shape) for shape in shapes)
            )
            self._init_ops = {lod: self._iterator.make_initializer(dataset) for lod, dataset in datasets.items()}
            self._minibatch = self._iterator.get_next()

    def close(self):
        """Do nothing: the graph owns all resources. Exists for the sake of other kinds of data sets."""

    def configure(self, minibatch_size, lod=0):
        """Set the size and the level of detail of the minibatches to come.

        Args:
            minibatch_size: Number of images.
            lod: Level of detail, rounded down.

        Raises:
            UserError: If the data set has no file for this lod.
        """
        lod = int(np.floor(lod))
        if lod not in self._init_ops:
            name = f'{os.path.basename(os.path.abspath(self.tfrecord_dir))}-r{self.resolution_log2 - lod:02d}.tfrecords'
            raise util.UserFileNotFoundError(
                f'{self.tfrecord_dir} has no images of {self.resolution >> lod}x{self.resolution >> lod} (lod {lod}): '
                f'{name} is missing; make the data set again with dataset_tool.py, or use a configuration that does '
                'not grow progressively'
            )
        if self._cur_configuration != (minibatch_size, lod):
            tflib.run(self._init_ops[lod], {self._minibatch_in: minibatch_size})
            self._cur_configuration = minibatch_size, lod

    def get_minibatch_tf(self):
        """Return tensors of the next minibatch, which `configure` describes.

        Returns:
            Tuple of images, uint8 [NCHW], and labels, float32 [minibatch, label_size].
        """
        with tf.device('/cpu:0'):
            return self._iterator.get_next()

    def get_minibatch_np(self, minibatch_size, lod=0):
        """Return arrays of the next minibatch.

        Args:
            minibatch_size: Number of images.
            lod: Level of detail.

        Returns:
            Tuple of images, uint8 [NCHW], and labels, float32 [minibatch, label_size].

        Raises:
            UserError: If a record is damaged.
            tf.errors.OutOfRangeError: At the end, if the data set does not repeat.
        """
        self.configure(minibatch_size, lod)
        with explain_read_errors(self.tfrecord_dir):
            return tflib.run(self._minibatch)

    def get_random_labels_tf(self, minibatch_size):
        """Return a tensor of labels of random images, float32 [minibatch, label_size]."""
        with tf.name_scope('Dataset'), tf.device('/cpu:0'):
            if self._labels_var is None:
                return tf.zeros([minibatch_size, 0], tf.float32)
            indices = tf.random_uniform([minibatch_size], 0, self.num_images, dtype=tf.int32)
            return tf.gather(self._labels_var, indices)

    def get_random_labels_np(self, minibatch_size):
        """Return labels of random images, float32 [minibatch, label_size]."""
        if self._labels_var is None:
            return np.zeros([minibatch_size, 0], np.float32)
        return self._labels[self._rnd.randint(self.num_images, size=[minibatch_size])]

    @staticmethod
    def parse_tfrecord_tf(record):
        """Return a tensor of the image of one record, uint8 [CHW]."""
        features = {'shape': tf.FixedLenFeature([3], tf.int64), 'data': tf.FixedLenFeature([], tf.string)}
        parsed = tf.parse_single_example(record, features)
        return tf.reshape(tf.decode_raw(parsed['data'], tf.uint8), parsed['shape'])

    @staticmethod
    def parse_tfrecord_np(record):
        """Return the image of one record, uint8 [CHW]."""
        return tfrecord.decode_image(record)

    def _build_dataset(self, lod, repeat, shuffle_mb, prefetch_mb, buffer_mb, num_threads, seed):
        """Return the pipeline of one lod.

        Until they form a minibatch, images stay the strings that they are in the file: the cost per element is that of
        passing on a string, and the decoding ops run once per minibatch.
        """
        shape = [self.shape[0], self.resolution >> lod, self.resolution >> lod]
        max_items = _count_items(shape, shuffle_mb, self.num_images)
        path = self._paths[lod]
        read_bytes = max(min(buffer_mb << 20, os.path.getsize(path)), 1)
        dataset = tf.data.TFRecordDataset(path, compression_type='', buffer_size=read_bytes)
        dataset = dataset.take(self.num_images)
        if self._labels_var is not None:
            dataset = tf.data.Dataset.zip((dataset, tf.data.Dataset.from_tensor_slices(self._labels_var)))
        if shuffle_mb > 0:
            dataset = dataset.shuffle(max_items, seed=seed)
        if repeat:
            dataset = dataset.repeat()
        dataset = dataset.batch(self._minibatch_in)
        dataset = dataset.map(
            lambda records, labels=None: _parse_minibatch(records, labels, shape), num_parallel_calls=num_threads
        )
        if prefetch_mb > 0:
            max_items = _count_items(shape, prefetch_mb, self.num_images)
            dataset = dataset.prefetch((max_items + self._minibatch_in - 1) // self._minibatch_in)
        return dataset


@contextlib.contextmanager
def explain_read_errors(tfrecord_dir):
    """Turn the errors with which TensorFlow reports unreadable records into a UserError that names the data set."""
    try:
        yield
    except tf.errors.DataLossError as error:
        raise util.UserError(f'{tfrecord_dir}: a record is damaged; copy the data set again or make it anew') from error
    except tf.errors.InvalidArgumentError as error:
        raise util.UserError(
            f'{tfrecord_dir}: a record holds no image of the shape of the first one; make the data set anew'
        ) from error


def _parse_minibatch(records, labels, shape):
    """Return the images, uint8 [NCHW], and labels of a vector of records."""
    data = tf.parse_example(records, {'data': tf.FixedLenFeature([], tf.string)})['data']
    images = tf.reshape(tf.decode_raw(data, tf.uint8), [-1] + shape)  # [NCHW]
    return images, tf.zeros([tf.size(records), 0]) if labels is None else labels


def _count_items(shape, size_mb, num_images):
    """Return how many images fit into a buffer, at most the whole data set."""
    return min(int((size_mb << 20) - 1) // int(np.prod(shape)) + 1, num_images)


# ----------------------------------------------------------------------------
# What the directory holds.


def _log2(size):
    return int(size).bit_length() - 1


def _choose_files(tfrecord_dir, resolution):
    """Return a dict lod -> path, and the list [C, H, W] at lod 0."""
    found = tfrecord.find_shapes(tfrecord_dir)
    num_channels, largest, _ = max((shape for _, shape in found), key=lambda shape: shape[1])
    resolution = largest if resolution is None else resolution
    paths = {}
    for path, (channels, height, width) in found:
        if height != width or height & (height - 1) or channels != num_channels:
            raise util.UserError(
                f'{path} holds images of shape [{channels}, {height}, {width}]; expected {num_channels} channels as in '
                'the largest images, and a square size that is a power of two'
            )
        lod = _log2(resolution) - _log2(height)
        if lod in paths:
            raise util.UserError(f'{paths[lod]} and {path} both hold images of {height}x{width}; keep one of them')
        if lod >= 0:
            paths[lod] = path
    if resolution & (resolution - 1) or 0 not in paths:
        sizes = ', '.join(sorted({str(shape[1]) for _, shape in found}, key=int))
        raise util.UserError(f'{tfrecord_dir} has no images of resolution {resolution}; there are {sizes}')
    return paths, [num_channels, resolution, resolution]


def _count_images(paths, max_images):
    """Return the number of images to use, the same in every file."""
    if max_images is not None and max_images < 1:
        raise util.UserError(f'max_images must be at least 1 or None, got {max_images}')
    counts = {path: tfrecord.count_records(path) for path in paths.values()}
    if len(set(counts.values())) > 1:
        described = ', '.join(f'{os.path.basename(path)} {count}' for path, count in sorted(counts.items()))
        raise util.UserError(f'the files hold unequal numbers of images ({described}); make the data set again')
    count = counts[paths[0]]
    return count if max_images is None else min(count, max_images)


def _load_labels(tfrecord_dir, label_file, max_label_size, num_images):
    """Return the path of the label file and the labels in use, float32 [num_images, label_size]."""
    if max_label_size != 'full' and not (isinstance(max_label_size, int) and max_label_size >= 0):
        raise util.UserError(f"max_label_size must be a number of components or 'full', got {max_label_size!r}")
    path = tfrecord.find_label_file(tfrecord_dir) if label_file is None else util.expand_path(label_file)
    if path is not None and not os.path.exists(path):
        path = os.path.join(tfrecord_dir, path)
        if not os.path.exists(path):
            raise util.UserFileNotFoundError(f'label file not found: neither {label_file} nor {path} exists')
    if path is None or max_label_size == 0:
        return path, np.zeros([num_images, 0], np.float32)
    labels = tfrecord.read_labels(path)
    if len(labels) < num_images:
        raise util.UserError(f'{path} holds {len(labels)} labels, but there are {num_images} images')
    return path, labels[:num_images, : None if max_label_size == 'full' else max_label_size]


# ----------------------------------------------------------------------------
# By name.


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

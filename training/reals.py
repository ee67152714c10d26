# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The way of real images from a data set to the losses, within the graph."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training.dataset import mirror_images


def process_reals(x, labels, lod, mirror_augment, drange_data, drange_net):
    """Prepare real images for the networks.

    Args:
        x: Images [NCHW] in `drange_data`, of the resolution that belongs to `lod`.
        labels: Labels [N, label_size].
        lod: Level of detail, scalar tensor, or None without progressive growing.
        mirror_augment: Flip each image with probability 0.5.
        drange_data: Value range of the data set.
        drange_net: Value range of the networks.

    Returns:
        Images [NCHW] of full resolution in `drange_net`, and the labels.
    """
    scale = (drange_net[1] - drange_net[0]) / (drange_data[1] - drange_data[0])
    x = tf.cast(x, tf.float32) * scale + (drange_net[0] - drange_data[0] * scale)
    if mirror_augment:
        with tf.name_scope('MirrorAugment'):
            x = mirror_images(x, tflib.random_uniform([tf.shape(x)[0]]) < 0.5)
    if lod is not None:
        x = _repeat_pixels(_fade_lod(x, lod), tf.cast(2 ** tf.floor(lod), tf.int32))
    return x, labels


def _fade_lod(x, lod):
    """Mix [NCHW] with its 2x2 block averages by the fraction of `lod`."""
    with tf.name_scope('FadeLOD'):
        s = tf.shape(x)
        y = tf.reshape(x, [-1, s[1], s[2] // 2, 2, s[3] // 2, 2])
        y = tf.tile(tf.reduce_mean(y, axis=[3, 5], keepdims=True), [1, 1, 1, 2, 1, 2])
        return tflib.lerp(x, tf.reshape(y, s), lod - tf.floor(lod))


def _repeat_pixels(x, factor):
    """Enlarge [NCHW] by repeating pixels."""
    with tf.name_scope('UpscaleLOD'):
        s = tf.shape(x)
        y = tf.tile(x[:, :, :, np.newaxis, :, np.newaxis], [1, 1, 1, factor, 1, factor])
        return tf.reshape(y, [-1, s[1], s[2] * factor, s[3] * factor])


def buffer_reals(training_set, process, after=()):
    """Fetch the next real images into variables, which all that is run on one minibatch reads.

    Meanwhile, the next ones are being loaded.

    Args:
        training_set: Data set.
        process: Function of images and labels, which returns both as the losses want them.
        after: Ops that come before the fetch.

    Returns:
        The op that fetches, and tensors of images [NCHW] and labels [N, label_size].
    """
    with tf.name_scope('DataFetch'):
        with tf.control_dependencies(after):
            values = process(*training_set.get_minibatch_tf())
        shapes = [list(training_set.shape), [training_set.label_size]]
        fetch, buffers = [], []
        for name, value, shape in zip(['reals', 'labels'], values, shapes):
            with tf.control_dependencies(None):
                var = tf.Variable(tf.zeros([0] + shape), validate_shape=False, trainable=False, name=name)
            fetch.append(tf.assign(var, tf.cast(value, tf.float32), validate_shape=False).op)
            buffer = tf.identity(var)
            buffer.set_shape([None] + shape)
            buffers.append(buffer)
        return [tf.group(*fetch)] + buffers

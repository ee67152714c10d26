# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Graphs on several devices, and what they do to pictures."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from metrics import towers


def build_square(index):
    x = tf.placeholder(tf.float32, [None, 2])
    offset = tf.placeholder(tf.float32, [])
    return {'x': x, 'offset': offset, 'square': x * x + offset, 'index': tf.fill([tf.shape(x)[0]], index)}


@pytest.mark.parametrize('num_gpus, indices', [(1, [0, 0, 0]), (2, [0, 0, 1]), (4, [0, 1, 2])])
def test_rows_are_divided_and_put_together_in_order(num_gpus, indices):
    with tf.Graph().as_default(), tflib.create_session(tflib.tfutil.DEFAULT_CONFIG).as_default():
        square, index = towers.Towers(num_gpus, build_square).run(
            ['square', 'index'], {'x': np.array([[1, 2], [3, 4], [5, 6]])}, shared={'offset': 10}
        )
    assert square.tolist() == [[11, 14], [19, 26], [35, 46]] and index.tolist() == indices


def test_number_of_columns_is_told(session):
    assert towers.Towers(1, build_square).num_columns('square') == 2


@pytest.mark.parametrize('channels, expected', [(1, [0, 0, 0]), (2, [0, 0, 0]), (3, [0, 1, 2]), (4, [0, 1, 2])])
def test_any_number_of_channels_becomes_three(session, channels, expected):
    images = tf.reshape(tf.range(channels), [1, channels, 1, 1])
    assert session.run(towers.to_rgb(images)).ravel().tolist() == expected


def test_pictures_shrink_by_averaging_and_never_grow(session):
    images = tf.reshape(tf.range(32.0), [1, 1, 4, 8])
    assert session.run(towers.shrink(images, 2)).tolist() == [[[[4.5, 6.5, 8.5, 10.5], [20.5, 22.5, 24.5, 26.5]]]]
    for max_height in (3, 4, 256):
        assert towers.shrink(images, max_height) is images

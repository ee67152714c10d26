# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Graphs on several devices."""

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

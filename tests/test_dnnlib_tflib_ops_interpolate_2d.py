# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Bilinear interpolation, against SciPy in float64 and the identities of a linear map."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from scipy import ndimage

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.interpolate_2d import interpolate_2d

IMPLS = ['native', 'ref']


@pytest.fixture(autouse=True, scope='module')
def compiled():
    """The compiled op is there, so that nothing else is tested instead."""
    custom_ops.get_plugin('interpolate_2d')


def make_inputs(num=2, channels=3, size=(5, 7), positions=(6, 9)):
    """Return images [NCHW], and positions x and y [Nhw] in them and around."""
    rnd = np.random.RandomState(3)
    images = rnd.randn(num, channels, *size).astype(np.float32)
    x, y = [rnd.uniform(-3, length + 2, size=[num, *positions]).astype(np.float32) for length in size[::-1]]
    return images, x, y


def read(images, x, y):
    """Return the result by its definition."""
    padded = np.pad(images.astype(np.float64), [[0, 0], [0, 0], [4, 4], [4, 4]])
    return np.stack(
        [
            [ndimage.map_coordinates(plane, [rows + 4, columns + 4], order=1) for plane in planes]
            for planes, columns, rows in zip(padded, x.astype(np.float64), y.astype(np.float64))
        ]
    )


@pytest.mark.parametrize('impl', IMPLS)
@pytest.mark.parametrize(
    'args', [{}, {'channels': 1, 'size': (1, 1)}, {'num': 40, 'size': (64, 33), 'positions': (70, 71)}]
)
def test_values_are_those_of_the_definition(session, args, impl):
    images, x, y = make_inputs(**args)
    result = session.run(interpolate_2d(images, tf.constant(x), tf.constant(y), impl=impl))
    np.testing.assert_allclose(result, read(images, x, y), atol=1e-5)


@pytest.mark.parametrize('impl', IMPLS)
def test_whole_positions_are_pixels_and_outside_is_zero(session, impl):
    images = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 2, 3)
    x = np.array([[[0, 2, 1.5, -1, 3, -0.5, np.inf, -1e30]]], np.float32)
    y = np.array([[[0, 1, 0.5, 0, 1, 0, 0, 1]]], np.float32)
    result = session.run(interpolate_2d(images, tf.constant(x), tf.constant(y), impl=impl))
    assert result.ravel().tolist() == [1, 6, 4, 0, 0, 0.5, 0, 0]


@pytest.mark.parametrize('impl', IMPLS)
def test_gradients_are_those_of_a_linear_map(session, impl):
    images, x, y = make_inputs()
    images, x, y = [tf.constant(array) for array in (images, x, y)]
    dy, weights = [tf.constant(np.random.RandomState(seed).randn(2, 3, 6, 9), tf.float32) for seed in (1, 2)]
    result = interpolate_2d(images, x, y, impl=impl)
    (transposed,) = tf.gradients(result, [images], [dy])
    assert tf.gradients(result, [x, y]) == [None, None]
    left, right = session.run([tf.reduce_sum(result * dy), tf.reduce_sum(images * transposed)])
    assert left == pytest.approx(right, abs=1e-4)
    (second,) = tf.gradients(tf.reduce_sum(transposed * images), [dy])  # That is the map again.
    (third,) = tf.gradients(second, [images], [weights])
    expected = tf.gradients(interpolate_2d(images, x, y, impl='ref'), [images], [weights])[0]
    second, result, third, expected = session.run([second, result, third, expected])
    np.testing.assert_allclose(second, result, atol=1e-5)
    np.testing.assert_allclose(third, expected, atol=1e-5)


def test_compiled_op_is_used_with_shapes_that_are_not_known(session):
    arrays = make_inputs()
    inputs = [tf.placeholder(tf.float32, shape) for shape in ([None, 3, None, None], [None] * 3, [None] * 3)]
    result = interpolate_2d(*inputs)
    (gradient,) = tf.gradients(result, [inputs[0]])
    assert result.op.type == 'Interpolate2D' and gradient.op.type == 'Interpolate2DTransposed'
    values = session.run([result, gradient], dict(zip(inputs, arrays)))
    np.testing.assert_allclose(values[0], read(*arrays), atol=1e-5)
    assert values[1].shape == arrays[0].shape


def test_inputs_that_do_not_fit_are_refused(session):
    images, x, y = [tf.constant(array) for array in make_inputs()]
    with pytest.raises(ValueError, match='^expected images'):
        interpolate_2d(images[0], x, y)
    with pytest.raises(ValueError, match='impl'):
        interpolate_2d(images, x, y, impl='fast')
    inputs = [tf.placeholder(tf.float32, shape) for shape in ([None, 3, None, None], [None] * 3, [None] * 3)]
    with pytest.raises(tf.errors.InvalidArgumentError, match='expected images'):
        session.run(interpolate_2d(*inputs), dict(zip(inputs, [np.zeros([2, 3, 4, 4]), *[np.zeros([1, 4, 4])] * 2])))

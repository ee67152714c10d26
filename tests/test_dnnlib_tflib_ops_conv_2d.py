# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Tests of the compiled convolution, against its definition in NumPy and the identities of a bilinear operator."""

import numpy as np
import op_checks
import pytest
import tensorflow.compat.v1 as tf
from reference.resample_conv import conv_2d as conv_by_definition

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops import conv_2d, upfirdn_2d

# x [NCHW], w [kkIO], keywords
CASES = {
    '3x3': ([2, 3, 5, 7], [3, 3, 3, 4], {'pad0': 1, 'pad1': 1}),
    '1x1': ([3, 8, 4, 4], [1, 1, 8, 16], {}),
    'wide': ([1, 9, 8, 8], [3, 3, 9, 33], {'pad0': 1, 'pad1': 1, 'gain': 0.5}),
    'three maps': ([2, 17, 6, 40], [1, 1, 17, 3], {'gain': 2}),
    'up': ([2, 5, 6, 5], [3, 3, 5, 7], {'up': 2, 'pad0': 2, 'pad1': 1}),
    'up by 3': ([1, 2, 5, 5], [3, 3, 2, 3], {'up': 3, 'pad0': 2}),
    'up, far pads': ([2, 3, 6, 6], [3, 3, 3, 4], {'up': 2, 'pad0': 5, 'pad1': 4}),
    'up, cropped': ([2, 3, 6, 6], [3, 3, 3, 4], {'up': 2, 'pad0': -1, 'pad1': -1}),
    'down': ([2, 5, 7, 9], [3, 3, 5, 7], {'down': 2}),
    'down, uneven': ([2, 4, 9, 6], [5, 5, 4, 8], {'down': 2, 'pad0': 1, 'pad1': 3}),
    'down, 1x1': ([2, 3, 20, 21], [1, 1, 3, 40], {'down': 2}),
    'down by 3, cropped': ([1, 2, 8, 8], [2, 2, 2, 3], {'down': 3, 'pad0': -1, 'pad1': 2}),
    'many maps': ([2, 40, 9, 11], [3, 3, 40, 24], {'pad0': 1, 'pad1': 1}),
    'many maps, cropped': ([2, 8, 9, 11], [3, 3, 8, 8], {'pad0': -1, 'pad1': -2}),
    'many maps, far pads': ([2, 8, 5, 6], [3, 3, 8, 8], {'pad0': 3, 'pad1': 2}),
    'colours in': ([2, 3, 9, 11], [1, 1, 3, 20], {'gain': 2}),
    'a grey one': ([2, 70, 9, 11], [1, 1, 70, 1], {}),
    'gaps': ([2, 9, 6, 7], [1, 1, 9, 12], {'up': 2}),
    'up, many maps': ([2, 12, 7, 6], [3, 3, 12, 20], {'up': 2, 'pad0': 2, 'pad1': 1}),
    'up, many maps, cut': ([3, 9, 4, 5], [3, 3, 9, 8], {'up': 2, 'pad0': 2, 'pad1': -2}),
    'up, many maps, other pad': ([2, 8, 5, 5], [3, 3, 8, 9], {'up': 2, 'pad0': 1, 'pad1': 1}),
    'up, bands that share rows': ([1, 70, 34, 30], [3, 3, 70, 40], {'up': 2, 'pad0': 2, 'pad1': 1, 'gain': 2}),
    'down, many maps': ([2, 12, 15, 14], [3, 3, 12, 20], {'down': 2}),
    'down, many maps, padded': ([2, 8, 8, 7], [3, 3, 8, 9], {'down': 2, 'pad0': 1, 'pad1': 2}),
    'down, many maps, cropped': ([1, 8, 12, 13], [3, 3, 8, 9], {'down': 2, 'pad0': -1, 'pad1': -2}),
    'down, several bands': ([2, 70, 65, 33], [3, 3, 70, 40], {'down': 2}),
    'several bands': ([3, 70, 33, 30], [3, 3, 70, 10], {'pad0': 1, 'pad1': 1}),
}


def make_arrays(*shapes):
    """Return one float32 array per shape."""
    rnd = np.random.RandomState(7)
    return [rnd.randn(*shape).astype(np.float32) for shape in shapes]


def check_close(actual, expected):
    """Compare to the precision of Winograd's algorithm."""
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5 * np.std(expected))


def check_functional(gradient, direction, expected):
    """Compare the derivative in a direction with its value."""
    np.testing.assert_allclose(np.sum(gradient.astype(np.float64) * direction), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize('name', list(CASES))
def test_values_and_gradients_are_those_of_the_definition(session, name):
    x_shape, w_shape, kwargs = CASES[name]
    x, w, a, b = make_arrays(x_shape, w_shape, x_shape, w_shape)
    expected = conv_by_definition(x, w, **kwargs)
    (dy,) = make_arrays(expected.shape)
    x_in, w_in, dy_in = [tf.constant(array) for array in (x, w, dy)]
    y = conv_2d.resample_conv_2d(x_in, w_in, **kwargs)
    assert y.shape.as_list() == list(expected.shape)
    dx, dw = tf.gradients(y, [x_in, w_in], grad_ys=dy_in)
    second = tf.gradients(tf.reduce_sum(a * dx) + tf.reduce_sum(b * dw), [x_in, w_in, dy_in])
    y, dx, dw, dx2, dw2, ddy = session.run([y, dx, dw] + second)

    check_close(y, expected)
    check_functional(dx, a, np.sum(dy * conv_by_definition(a, w, **kwargs)))
    check_functional(dw, b, np.sum(dy * conv_by_definition(x, b, **kwargs)))
    check_functional(dx2, x, np.sum(dy * conv_by_definition(x, b, **kwargs)))
    check_functional(dw2, w, np.sum(dy * conv_by_definition(a, w, **kwargs)))
    check_close(ddy, conv_by_definition(a, w, **kwargs) + conv_by_definition(x, b, **kwargs))


def test_equal_runs_give_equal_bits(session):
    x, w = make_arrays([5, 12, 16, 16], [3, 3, 12, 20])
    x_in, w_in = tf.constant(x), tf.constant(w)
    y = conv_2d.resample_conv_2d(x_in, w_in, pad0=1, pad1=1)
    op_checks.check_equal_runs(session, [y] + tf.gradients(tf.square(y), [x_in, w_in]))


def test_unknown_and_empty_minibatch(session):
    _, w = make_arrays([1], [3, 3, 2, 4])
    x_in, w_in = tf.placeholder(tf.float32, [None, 2, 6, 6]), tf.constant(w)
    y = conv_2d.resample_conv_2d(x_in, w_in, down=2, pad0=1, pad1=1)
    assert y.shape.as_list() == [None, 4, 3, 3]
    dx, dw = tf.gradients(y, [x_in, w_in])
    assert dx.shape.as_list() == [None, 2, 6, 6] and dw.shape.as_list() == [3, 3, 2, 4]
    y, dx, dw = session.run([y, dx, dw], {x_in: np.zeros([0, 2, 6, 6])})
    assert y.shape == (0, 4, 3, 3) and dx.shape == (0, 2, 6, 6)
    np.testing.assert_array_equal(dw, np.zeros([3, 3, 2, 4]))


def test_infinite_and_missing_numbers_stay_where_they_are(session):
    x = np.zeros([1, 1, 9, 9], np.float32)
    x[0, 0, 4, 4] = np.nan
    y = session.run(conv_2d.resample_conv_2d(tf.constant(x), tf.ones([3, 3, 1, 1]), pad0=1, pad1=1))
    expected = np.zeros([9, 9], bool)
    expected[3:6, 3:6] = True
    np.testing.assert_array_equal(np.isnan(y[0, 0]), expected)


@pytest.mark.parametrize(
    'x_shape, w_shape, kwargs, message',
    [
        ([1, 3, 4, 4], [3, 3, 2, 4], {}, 'must be equal'),
        ([1, 3, 4], [3, 3, 3, 4], {}, 'rank 4'),
        ([1, 3, 4, 4], [3, 3, 3, 4], {'up': 2, 'down': 2}, 'one of them 1, got 2 and 2'),
        ([1, 3, 4, 4], [3, 3, 3, 4], {'up': 0}, 'must be positive'),
        ([1, 3, 2, 2], [3, 3, 3, 4], {}, 'leaves nothing of 2 pixels'),
        ([1, 0, 8, 8], [3, 3, 0, 8], {}, 'has no elements'),
    ],
)
def test_what_cannot_be_convolved_is_refused(session, x_shape, w_shape, kwargs, message):
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        session.run(conv_2d.resample_conv_2d(tf.zeros(x_shape), tf.zeros(w_shape), **kwargs))


def test_only_plain_float32_convolution_is_taken():
    with tf.Graph().as_default():
        x, w = tf.zeros([1, 4, 8, 8]), tf.zeros([3, 3, 4, 2])
        assert conv_2d.is_available(x, w)
        assert not conv_2d.is_available(x, tf.zeros([3, 3, 2, 2]))  # Two groups.
        assert not conv_2d.is_available(tf.cast(x, tf.float16), tf.cast(w, tf.float16))
        assert not conv_2d.is_available(tf.placeholder(tf.float32, [None, 4, None, None]), w)
        assert not conv_2d.is_available(x, w, impl='ref')
        with custom_ops.use_impl('ref'):
            assert not conv_2d.is_available(x, w)


@pytest.mark.parametrize('size', [1, 3])
@pytest.mark.parametrize('name', ['upsample_conv_2d', 'conv_downsample_2d', 'same'])
def test_networks_have_no_transposes(session, name, size):
    x, w = tf.zeros([2, 3, 8, 8]), tf.zeros([size, size, 3, 4])
    kwargs = {'k': [1], 'factor': 1} if name == 'same' else {'k': [1, 3, 3, 1]}
    y = getattr(upfirdn_2d, 'conv_downsample_2d' if name == 'same' else name)(x, w, **kwargs)
    (dx,) = tf.gradients(tf.square(y), [x])
    tf.gradients(tf.square(dx), [x, w])
    kinds = {op.type for op in session.graph.get_operations()}
    assert 'ResampleConv2D' in kinds
    assert not kinds & {'Transpose', 'Conv2D', 'Conv2DBackpropInput', 'DepthwiseConv2dNative', 'Pad', 'StridedSlice'}


@pytest.mark.parametrize('impl', ['native', 'ref'])
@pytest.mark.parametrize('data_format', ['NCHW', 'NHWC'])
@pytest.mark.parametrize('size', [1, 3])
def test_plain_convolution_keeps_the_size_in_both_layouts(session, impl, data_format, size):
    x, w, direction = make_arrays([2, 3, 5, 7], [size, size, 3, 4], [2, 3, 5, 7])
    expected = conv_by_definition(x, w, pad0=size // 2, pad1=size // 2, gain=0.5)
    x_in = tf.constant(x if data_format == 'NCHW' else x.transpose(0, 2, 3, 1))
    y = conv_2d.conv_2d(x_in, tf.constant(w), gain=0.5, data_format=data_format, impl=impl)
    (dx,) = tf.gradients(y, [x_in], grad_ys=tf.ones_like(y))
    y, dx = session.run([y, dx])
    if data_format == 'NHWC':
        y, dx = y.transpose(0, 3, 1, 2), dx.transpose(0, 3, 1, 2)
    check_close(y, expected)
    check_functional(dx, direction, np.sum(conv_by_definition(direction, w, pad0=size // 2, pad1=size // 2, gain=0.5)))


@pytest.mark.parametrize(
    'w_shape, message',
    [([3, 1, 4, 2], 'does not fit 4 channels'), ([3, 3, 3, 2], 'does not fit 4'), ([3, 3, 2, 2], 'needs a GPU')],
)
def test_plain_convolution_refuses_a_kernel_that_does_not_fit(w_shape, message):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
        conv_2d.conv_2d(tf.zeros([1, 4, 8, 8]), tf.zeros(w_shape))

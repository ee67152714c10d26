# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Both implementations of resampling, against numbers of the official ones and against the definition in NumPy."""

import json
import os

import numpy as np
import op_checks
import pytest
import tensorflow.compat.v1 as tf
from reference.resampling import upfirdn_2d as resample_by_definition

from dnnlib.tflib.ops import upfirdn_2d
from dnnlib.tflib.ops.upfirdn_2d.upfirdn_2d import simple_upfirdn_2d

FIR = np.load(os.path.join(os.path.dirname(__file__), 'data', 'op_upfirdn_2d.npz'))


impl = op_checks.make_impl_fixture('upfirdn_2d')


@pytest.fixture
def native():
    """The compiled op, if it is available."""
    return op_checks.get_plugin('upfirdn_2d')


def list_cases(kind):
    return sorted({key.split('/')[1] for key in FIR.files if key.startswith(kind + '/')})


def load_case(prefix):
    return {key[len(prefix) :]: FIR[key] for key in FIR.files if key.startswith(prefix)}


def make_array(*shape):
    return np.random.RandomState(7).randn(*shape).astype(np.float32)


# ----------------------------------------------------------------------------
# Official numbers.


@pytest.mark.parametrize('name', list_cases('upfirdn'))
def test_values_and_gradient_are_the_official_ones(session, impl, name):
    ref = load_case(f'upfirdn/{name}/')
    x, dy = tf.constant(ref['x']), tf.constant(ref['dy'])
    y = upfirdn_2d.upfirdn_2d(x, ref['k'], **json.loads(str(ref['kwargs'])))
    (dx,) = tf.gradients(y, x, dy)
    (dy_again,) = tf.gradients(dx, dy, x)  # The gradient of the gradient is the op itself.
    actual = session.run([y, dx, dy_again])
    for value, expected in zip(actual, [ref['y'], ref['dx'], ref['y']]):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('name', list_cases('helper'))
def test_resampling_helpers_have_the_official_values_and_gradients(session, impl, name):
    ref = load_case(f'helper/{name}/')
    function = getattr(upfirdn_2d, str(ref['function']))
    inputs = [tf.constant(ref[key]) for key in ('x', 'w') if key in ref]
    y = function(*inputs, **json.loads(str(ref['kwargs'])))
    actual = session.run([y] + tf.gradients(y, inputs, tf.constant(ref['dy'])))
    for value, key in zip(actual, ['y', 'dx', 'dw']):
        np.testing.assert_allclose(value, ref[key], rtol=1e-3, atol=1e-4)


def test_worked_numbers(session, impl):
    def row(values):
        return tf.constant(values, tf.float32, [1, 1, 1, len(values)])

    up = upfirdn_2d.upsample_2d(tf.ones([1, 1, 2, 2]), [1, 3, 3, 1])
    down = upfirdn_2d.downsample_2d(tf.ones([1, 1, 4, 4]), [1, 3, 3, 1])
    plain = upfirdn_2d.upfirdn_2d(tf.constant([1.0, 2, 3, 4], shape=[1, 1, 4, 1]), [[1, 2, 3]])
    box = upfirdn_2d.upsample_2d(row([1, 2]))
    actual = session.run([up, down, plain, box])
    np.testing.assert_allclose(actual[0][0, 0], np.outer([0.75, 1, 1, 0.75], [0.75, 1, 1, 0.75]), rtol=1e-6)
    np.testing.assert_allclose(actual[1][0, 0], np.full([2, 2], 0.875**2), rtol=1e-6)
    np.testing.assert_allclose(actual[2].ravel(), [10, 16], rtol=1e-6)
    np.testing.assert_allclose(actual[3][0, 0], [[1, 1, 2, 2]] * 2, rtol=1e-6)


def test_plain_convolution_through_the_resampling_op_is_tensorflows(session, impl):
    x, w = make_array(2, 3, 6, 5), make_array(3, 3, 3, 4)
    y = upfirdn_2d.conv_downsample_2d(tf.constant(x), tf.constant(w), k=[1], factor=1)
    expected = tf.nn.conv2d(tf.constant(x.transpose(0, 2, 3, 1)), w, [1, 1, 1, 1], 'SAME')
    actual, expected = session.run([y, expected])
    np.testing.assert_allclose(actual, expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-5)


# ----------------------------------------------------------------------------
# The definition.


def make_random_case(number):
    """Return images [NHWC], a filter and keywords; every other time factors are equal and common, as in networks."""
    rnd = np.random.RandomState(number)
    factors = [(1, 1), (2, 1), (1, 2)][rnd.randint(3)] * 2 if number % 2 else rnd.randint(1, 4, 4)
    kwargs = dict(zip(['upx', 'downx', 'upy', 'downy'], [int(factor) for factor in factors]))
    kwargs.update(zip(['padx0', 'padx1', 'pady0', 'pady1'], rnd.randint(-3, 7, 4).tolist()))
    size = rnd.randint(1, 10, 2)
    k = np.outer(rnd.randn(size[0]), rnd.randn(size[1])) if number % 3 else rnd.randn(*size)
    width = rnd.randint(5, 12) * (100 if number % 10 == 0 else 1)  # Wide rows are made in several parts.
    return rnd.randn(rnd.randint(1, 4), rnd.randint(5, 12), width, rnd.choice([1, 2, 17])), k, kwargs


def has_outputs(x, k, kwargs):
    for axis, letter in enumerate('yx'):
        pads = kwargs[f'pad{letter}0'] + kwargs[f'pad{letter}1']
        if x.shape[axis + 1] * kwargs[f'up{letter}'] + pads < k.shape[axis]:
            return False
    return True


def test_any_factors_pads_and_filters_give_what_the_definition_says(session, native):
    cases = [case for case in map(make_random_case, range(120)) if has_outputs(*case)]
    assert len(cases) > 90
    fetches, expected = [], []
    for x, k, kwargs in cases:
        x_in = tf.constant(x, tf.float32)
        y = upfirdn_2d.upfirdn_2d(x_in, k, impl='native', **kwargs)
        y_true = resample_by_definition(x, k.astype(np.float32), **kwargs)
        assert y.shape.as_list() == list(y_true.shape)
        dy = tf.constant(make_array(*y_true.shape))
        (dx,) = tf.gradients(y, x_in, dy)
        (again,) = tf.gradients(dx, dy, x_in)
        fetches.append([y, again, tf.reduce_sum(dx * x_in), tf.reduce_sum(y * dy)])
        expected.append(y_true)
    for (y, again, left, right), y_true in zip(session.run(fetches), expected):
        np.testing.assert_allclose(y, y_true, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(again, y)
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=2e-3)  # The gradient is the adjoint.


@pytest.mark.parametrize('factors', [{'up': 2, 'pad': (2, 1)}, {'down': 2, 'pad': (1, 1)}, {'pad': (2, 1)}, {'up': 3}])
@pytest.mark.parametrize('k', ['separable', 'plain'])
def test_compiled_and_plain_ops_agree_in_both_layouts_with_all_gradients(session, native, factors, k):
    k = np.outer([1, 3, 3, 1], [1, 2, -1, 4]) if k == 'separable' else make_array(4, 4)
    results = {}
    for data_format in ('NCHW', 'NHWC'):
        x = tf.constant(make_array(2, 5, 6, 7))
        for impl in ('native', 'ref'):
            y = simple_upfirdn_2d(x, k, data_format=data_format, impl=impl, **factors)
            dy = tf.constant(make_array(*y.shape.as_list()))
            (dx,) = tf.gradients(y, x, dy)
            (second,) = tf.gradients(tf.reduce_sum(dx**2), dy)
            results[data_format, impl] = [y, dx, second]
    results = session.run(results)
    for data_format in ('NCHW', 'NHWC'):
        for native_value, ref_value in zip(results[data_format, 'native'], results[data_format, 'ref']):
            np.testing.assert_allclose(native_value, ref_value, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    'kwargs',
    [
        {'upx': 2, 'upy': 2, 'padx0': 2, 'pady1': -1},
        {'upx': 3, 'upy': 2, 'downx': 2, 'padx1': 4},
        {'downx': 2, 'downy': 2, 'pady0': -1},
    ],
)
def test_the_op_is_the_adjoint_of_its_gradient(session, impl, kwargs):
    rnd = np.random.RandomState(1)
    x = tf.constant(rnd.randn(2, 7, 6, 3).astype(np.float32))
    y = upfirdn_2d.upfirdn_2d(x, rnd.randn(3, 4), **kwargs)
    dy = tf.constant(rnd.randn(*y.shape.as_list()).astype(np.float32))
    (dx,) = tf.gradients(y, x, dy)
    left, right = session.run([tf.reduce_sum(y * dy), tf.reduce_sum(x * dx)])
    np.testing.assert_allclose(left, right, rtol=1e-5)


@pytest.mark.parametrize('dtype, tolerance', [(tf.float16, 2e-3), (tf.bfloat16, 2e-2)])
@pytest.mark.parametrize('data_format', ['NCHW', 'NHWC'])
def test_short_floats_are_summed_in_float32(session, native, dtype, tolerance, data_format):
    x = make_array(2, 9, 8, 5)
    short = tf.cast(tf.constant(x), dtype)
    kwargs = {'upx': 2, 'upy': 2, 'padx0': 2, 'padx1': 1, 'pady0': 2, 'pady1': 1}
    k = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16
    if data_format == 'NCHW':
        short = tf.transpose(short, [0, 3, 1, 2])
    y = simple_upfirdn_2d(short, k, up=2, pad=(2, 1), data_format=data_format, impl='native')
    assert y.dtype == dtype
    exact, y = session.run([tf.cast(short, tf.float32), tf.cast(y, tf.float32)])
    if data_format == 'NCHW':
        exact, y = exact.transpose(0, 2, 3, 1), y.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(y, resample_by_definition(exact, k, **kwargs), rtol=tolerance, atol=1e-3)


def test_float64_is_left_to_tensorflow_with_its_precision(session, native):
    x = make_array(1, 5, 6, 2).astype(np.float64)
    k = np.float32([[1, 2], [3, 5]]) / 7
    y = upfirdn_2d.upfirdn_2d(tf.constant(x), k, upx=2, upy=2, padx0=1, impl='native')
    expected = resample_by_definition(x, k, upx=2, upy=2, padx0=1)
    np.testing.assert_allclose(session.run(y), expected, rtol=1e-13)


def test_where_the_filter_meets_no_pixel_there_are_zeros(session, impl):
    y = upfirdn_2d.upfirdn_2d(tf.ones([1, 2, 2, 1]), np.ones([2, 2]), padx0=5, pady1=6)
    expected = np.zeros([7, 6])
    expected[:2, 4:] = [[2, 4], [1, 2]]
    np.testing.assert_array_equal(session.run(y)[0, :, :, 0], expected)


# ----------------------------------------------------------------------------
# Shapes and graphs.


@pytest.mark.parametrize('data_format', ['NCHW', 'NHWC'])
def test_size_of_the_minibatch_may_be_unknown_or_zero(session, impl, data_format):
    shape = [None, 3, 4, 6] if data_format == 'NCHW' else [None, 4, 6, 3]
    x = tf.placeholder(tf.float32, shape)
    y = upfirdn_2d.upsample_2d(x, [1, 3, 3, 1], data_format=data_format)
    (dx,) = tf.gradients(y, x)
    big = [None, 3, 8, 12] if data_format == 'NCHW' else [None, 8, 12, 3]
    assert y.shape.as_list() == big
    assert dx.shape.as_list()[1:] == shape[1:]
    for num in (0, 2):
        actual_y, actual_dx = session.run([y, dx], {x: np.ones([num] + shape[1:])})
        assert actual_y.shape == tuple([num] + big[1:])
        if num > 0 or impl == 'native':  # TensorFlow's own op forgets to crop the gradient of nothing.
            assert actual_dx.shape == tuple([num] + shape[1:])


def test_number_of_channels_may_be_unknown(session, impl):
    x = tf.placeholder(tf.float32, [1, None, 4, 6])
    y = upfirdn_2d.downsample_2d(x)
    assert y.shape.as_list()[2:] == [2, 3]
    np.testing.assert_allclose(session.run(y, {x: np.ones([1, 5, 4, 6])}), np.ones([1, 5, 2, 3]), rtol=1e-6)


@pytest.mark.parametrize('function', [upfirdn_2d.upsample_2d, upfirdn_2d.downsample_2d, upfirdn_2d.filter_2d])
def test_resampling_nchw_is_one_op_and_so_are_its_gradients(session, native, function):
    x = tf.placeholder(tf.float32, [None, 3, 4, 6])
    dy = tf.placeholder(tf.float32, function(x, [1, 3, 3, 1], impl='native').shape)
    (dx,) = tf.gradients(function(x, [1, 3, 3, 1], impl='native'), x, dy)
    (second,) = tf.gradients(dx, dy, x)
    graph = tf.get_default_graph()
    kinds = [op.type for op in graph.get_operations() if op.type not in ('Placeholder', 'Identity')]
    assert kinds == ['UpFirDn2D'] * 4  # One for the shape of dy, one forward, two gradients.
    assert second.shape.as_list() == dy.shape.as_list()


# ----------------------------------------------------------------------------
# Bad arguments.


@pytest.mark.parametrize(
    'call, message',
    [
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([3, 3])), 'leaves nothing'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2]), np.ones([1, 1])), 'x must be'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([0, 3])), 'k .firH, firW., got'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([1, 1]), upx=0), 'positive integers'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([1, 1]), downy=1.5), 'positive integers'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([1, 1]), padx0=0.5), 'pads must be integers'),
        (lambda m: m.upfirdn_2d(tf.placeholder(tf.float32, [1, None, 2, 1]), np.ones([1, 1])), 'must be known'),
        (lambda m: m.upsample_2d(tf.zeros([1, 1, 2, 2]), factor=1.5, k=[1, 1]), 'positive integer'),
        (lambda m: m.filter_2d(tf.zeros([1, 1, 2, 2]), np.ones([2, 3])), 'square matrix'),
        (lambda m: m.filter_2d(tf.zeros([1, 1, 2, 2]), [1], data_format='HWCN'), 'data_format must be'),
        (lambda m: m.conv_downsample_2d(tf.zeros([1, 4, 4, 4]), tf.zeros([3, 3, 3, 2])), 'does not fit 4 channels'),
        (lambda m: m.conv_downsample_2d(tf.zeros([1, 4, 4, 4]), tf.zeros([3, 3, 2, 2])), 'grouped convolution'),
    ],
)
def test_bad_arguments_are_refused(session, impl, call, message):
    with tf.device('/cpu:0'), pytest.raises(ValueError, match=message):
        call(upfirdn_2d)


@pytest.mark.parametrize(
    'attributes, message',
    [
        ({'k': np.ones([2, 7], np.float32)}, 'leaves nothing'),
        ({'k': np.ones([2], np.float32)}, 'k must be float32'),
        ({'k': np.ones([2, 2], np.float64)}, 'k must be float32'),
        ({'up': [2]}, 'needs up'),
        ({'up': [1, 0]}, 'must be positive'),
        ({'pad': [1, 1]}, 'needs up'),
    ],
)
def test_compiled_op_itself_refuses_what_is_impossible(session, native, attributes, message):
    attributes = dict({'k': np.ones([1, 1], np.float32)}, **attributes)
    attributes['k'] = tf.make_tensor_proto(attributes['k'])
    with pytest.raises(ValueError, match=message):
        native.up_fir_dn2d(tf.zeros([1, 4, 4, 1]), **attributes)


def test_compiled_op_checks_sizes_that_only_running_tells(session, native):
    x = tf.placeholder(tf.float32, [1, None, None, 1])
    y = native.up_fir_dn2d(x, k=tf.make_tensor_proto(np.ones([3, 3], np.float32)))
    assert y.shape.as_list() == [1, None, None, 1]
    assert session.run(y, {x: np.ones([1, 3, 5, 1])}).shape == (1, 1, 3, 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match='leaves nothing of 2 pixels'):
        session.run(y, {x: np.ones([1, 5, 2, 1])})

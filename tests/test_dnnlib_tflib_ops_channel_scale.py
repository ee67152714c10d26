# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Tests of scaled feature maps and sums of squares, against NumPy in float64 and the identities of the operators."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.channel_scale import channel_scale, sum_squared_taps

SHAPES = [
    [2, 3, 4, 4],
    [3, 5, 1, 1],
    [2, 4, 7, 9],
    [1, 2, 1, 83],  # Some of everything: several vectors, one, and numbers that fill none.
    [4, 16, 64, 65],  # All threads.
    [0, 3, 4, 4],
    [2, 0, 4, 4],
    [2, 3, 0, 4],
]


@pytest.fixture(autouse=True, scope='module')
def compiled():
    """The compiled op is there, so that nothing else is tested instead."""
    custom_ops.get_plugin('channel_scale')


def make_arrays(*shapes):
    """Return one float32 array per shape."""
    rnd = np.random.RandomState(7)
    return [rnd.randn(*shape).astype(np.float32) for shape in shapes]


def scale(x, s):
    """Return the result by its definition, in float64."""
    return x.astype(np.float64) * s[:, :, np.newaxis, np.newaxis]


def dot(a, b):
    """Return the sums of the products over feature maps, in float64."""
    return np.sum(a.astype(np.float64) * b, axis=(2, 3))


def check_close(actual, expected):
    """Compare to float32 precision; sums may cancel."""
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6 * np.sqrt(expected.size + 1))


def list_kinds(graph):
    """Return the types of the ops of a graph."""
    return {op.type for op in graph.get_operations()}


@pytest.mark.parametrize('shape', SHAPES)
def test_values_and_gradients_are_those_of_the_definition(session, shape):
    x, s, dy, a, b = make_arrays(shape, shape[:2], shape, shape, shape[:2])
    x_in, s_in, dy_in = [tf.constant(array) for array in (x, s, dy)]
    y = channel_scale(x_in, s_in)
    assert y.shape.as_list() == shape
    dx, ds = tf.gradients(y, [x_in, s_in], dy_in)
    dx2, ds2, d_dy = tf.gradients([dx, ds], [x_in, s_in, dy_in], [tf.constant(a), tf.constant(b)])
    assert list_kinds(session.graph) <= {'Const', 'Identity', 'ChannelScale', 'ChannelDot', 'AddN'}
    y, dx, ds, dx2, ds2, d_dy = session.run([y, dx, ds, dx2, ds2, d_dy])

    check_close(y, scale(x, s))
    check_close(dx, scale(dy, s))
    check_close(ds, dot(dy, x))
    check_close(dx2, scale(dy, b))
    check_close(ds2, dot(dy, a))
    check_close(d_dy, scale(a, s) + scale(x, b))


def test_third_gradients_are_those_of_plain_ops(session):
    x, s = [tf.constant(array) for array in make_arrays([2, 3, 5, 3], [2, 3])]

    def compute(impl):
        value, gradients = channel_scale(x, s, impl=impl), []
        for _ in range(3):
            gradients = tf.gradients(tf.reduce_sum(tf.pow(value, 3)), [x, s])
            value = channel_scale(gradients[0], gradients[1], impl=impl) * 0.1
        return gradients

    for actual, expected in zip(*session.run([compute('native'), compute('ref')])):
        np.testing.assert_allclose(actual, expected, rtol=1e-3)


def test_what_is_read_later_stays_as_it_is(session):
    x, s = make_arrays([2, 3, 5, 5], [2, 3])
    x_in = tf.placeholder(tf.float32, [2, 3, 5, 5])
    doubled = x_in * 2
    scaled = channel_scale(doubled, tf.constant(s))
    with tf.control_dependencies([scaled]):
        later = tf.identity(doubled)
    np.testing.assert_array_equal(session.run([later, scaled], {x_in: x})[0], x * 2)


def test_result_takes_the_place_of_an_input_that_nobody_reads_any_more(session):
    x, s = make_arrays([2, 3, 5, 5], [2, 3])
    x_in = tf.placeholder(tf.float32, x.shape)
    y = tf.identity(channel_scale(tf.negative(x_in), tf.constant(s)))
    options, metadata = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), tf.RunMetadata()
    check_close(session.run(y, {x_in: x}, options, metadata), -scale(x, s))
    nodes = {node.node_name: node for stats in metadata.step_stats.dev_stats for node in stats.node_stats}
    places = [nodes[name].output[0].tensor_description.allocation_description.ptr for name in ('Neg', 'ChannelScale')]
    assert places[0] == places[1] != 0


def test_equal_runs_give_equal_bits(session):
    x, s = [tf.constant(array) for array in make_arrays([8, 32, 33, 33], [8, 32])]
    fetches = tf.gradients(tf.square(channel_scale(x, s)), [x, s])
    first = session.run(fetches)
    for _ in range(5):
        for one, other in zip(first, session.run(fetches)):
            np.testing.assert_array_equal(one, other)


def test_minibatch_and_size_may_be_unknown(session):
    x, s = make_arrays([3, 2, 4, 5], [3, 2])
    x_in, s_in = tf.placeholder(tf.float32, [None, 2, None, 5]), tf.placeholder(tf.float32, [None, 2])
    y = channel_scale(x_in, s_in)
    dx, ds = tf.gradients(y, [x_in, s_in])
    assert y.shape.as_list() == dx.shape.as_list() == [None, 2, None, 5] and ds.shape.as_list() == [None, 2]
    y, ds = session.run([y, ds], {x_in: x, s_in: s})
    check_close(y, scale(x, s))
    check_close(ds, dot(x, np.ones_like(x)))


def test_a_variable_may_be_scaled_by_a_variable(session):
    x, s = make_arrays([2, 3, 4, 4], [2, 3])
    y = channel_scale(tf.Variable(x), tf.Variable(s))
    session.run(tf.global_variables_initializer())
    check_close(session.run(y), scale(x, s))
    assert 'ChannelScale' in list_kinds(session.graph)


def test_infinite_and_missing_numbers_stay_in_their_feature_map(session):
    x = np.ones([1, 3, 3, 3], np.float32)
    x[0, 0, 1, 1], x[0, 1, 2, 2] = np.nan, np.inf
    x_in, s_in = tf.constant(x), tf.constant([[2.0, 2.0, 2.0]])
    y = channel_scale(x_in, s_in)
    y, ds = session.run([y] + tf.gradients(y, [s_in]))
    np.testing.assert_array_equal(y, 2 * x)
    np.testing.assert_array_equal(ds, [[np.nan, np.inf, 9]])


@pytest.mark.parametrize('impl', ['native', 'ref'])
@pytest.mark.parametrize(
    'x_shape, s_shape',
    [
        ([2, 3, 4, 4], [2, 4]),
        ([2, 3, 4, 4], [1, 3]),
        ([2, 3, 4, 4], [3]),
        ([2, 3, 4], [2, 3]),
        ([2, None, 4, 4], [2, 3]),
    ],
)
def test_factors_that_do_not_fit_are_refused(impl, x_shape, s_shape):
    with tf.Graph().as_default():
        x, s = [tf.placeholder(tf.float32, shape) for shape in (x_shape, s_shape)]
        with pytest.raises(ValueError, match=r'expected x \[NCHW\] of known C and s \[NC\], got shapes \(2, '):
            channel_scale(x, s, impl=impl)


def test_factors_that_turn_out_not_to_fit_are_refused(session):
    x_in, s_in = tf.placeholder(tf.float32, [None, 3, 4, 4]), tf.placeholder(tf.float32, [None, 3])
    y = channel_scale(x_in, s_in)
    message = r'same N and C, got \[2,3,4,4\] and \[1,3\]'
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(y, {x_in: np.ones([2, 3, 4, 4]), s_in: np.ones([1, 3])})


def test_gradients_that_do_not_fit_are_refused(session):
    a, b = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    sums = custom_ops.get_plugin('channel_scale').channel_dot(a, b)
    for b_shape in ([2, 3, 4, 5], [2, 3, 16]):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r'same shape, got \[2,3,4,4\] and \[2,3,'):
            session.run(sums, {a: np.ones([2, 3, 4, 4]), b: np.ones(b_shape)})


@pytest.mark.parametrize('dtypes', [(tf.float16, tf.float32), (tf.float16, tf.float16), (tf.float32, tf.float64)])
def test_other_types_are_left_to_plain_ops(session, dtypes):
    x, s = make_arrays([2, 3, 4, 4], [2, 3])
    y = channel_scale(tf.constant(x, dtypes[0]), tf.constant(s, dtypes[1]))
    assert y.dtype == dtypes[0] and 'ChannelScale' not in list_kinds(session.graph)
    np.testing.assert_allclose(session.run(y), scale(x, s), rtol=4e-3, atol=1e-4)


def test_plain_ops_are_used_on_request(session):
    x, s = make_arrays([2, 3, 4, 4], [2, 3])
    results = [channel_scale(tf.constant(x), tf.constant(s), impl='ref')]
    with custom_ops.use_impl('ref'):
        results.append(channel_scale(tf.constant(x), tf.constant(s)))
    assert 'ChannelScale' not in list_kinds(session.graph)
    for result in session.run(results):
        check_close(result, scale(x, s))


def test_plain_ops_are_used_on_gpus(monkeypatch):
    monkeypatch.setattr(tf.config.experimental, 'list_physical_devices', lambda kind: ['GPU:0'])
    with tf.Graph().as_default() as graph:
        channel_scale(tf.zeros([2, 3, 4, 4]), tf.zeros([2, 3]), impl='native')
        assert 'ChannelScale' not in list_kinds(graph)
        with tf.device('/cpu:0'):
            channel_scale(tf.zeros([2, 3, 4, 4]), tf.zeros([2, 3]), impl='native')
        assert 'ChannelScale' in list_kinds(graph)


def test_sums_over_large_flat_maps_do_not_gather_rounding_errors(session):
    s = tf.ones([1, 1])
    (ds,) = tf.gradients(channel_scale(tf.fill([1, 1, 1024, 1024], 0.1), s), [s], [tf.fill([1, 1, 1024, 1024], 0.7)])
    expected = 1024 * 1024 * float(np.float32(0.1)) * float(np.float32(0.7))
    np.testing.assert_allclose(session.run(ds), [[expected]], rtol=1e-5)


@pytest.mark.parametrize('dtype', [tf.float32, tf.float16])
def test_unknown_implementation_is_refused(dtype):
    with tf.Graph().as_default(), pytest.raises(ValueError, match="impl must be None or one of .*, got 'fast'"):
        channel_scale(tf.zeros([1, 1, 1, 1], dtype), tf.zeros([1, 1]), impl='fast')


# ----------------------------------------------------------------------------
# Squares of a kernel.


@pytest.mark.parametrize(
    'shape', [[3, 3, 5, 7], [1, 1, 2, 3], [3, 3, 64, 128], [4, 4, 3, 1], [3, 3, 0, 4], [0, 0, 2, 3]]
)
def test_squares_of_taps_and_their_gradients_are_those_of_the_definition(session, shape):
    w, d, a = make_arrays(shape, shape[2:], shape)
    w_in, d_in = tf.constant(w), tf.constant(d)
    sums = sum_squared_taps(w_in)
    assert sums.op.type == 'SumSquaredTaps' and sums.shape.as_list() == shape[2:]
    (dw,) = tf.gradients(sums, [w_in], d_in)
    dw2, d_d = tf.gradients(dw, [w_in, d_in], tf.constant(a))
    sums, dw, dw2, d_d = session.run([sums, dw, dw2, d_d])

    w = w.astype(np.float64)
    check_close(sums, np.sum(w * w, axis=(0, 1)))
    check_close(dw, 2 * w * d)
    check_close(dw2, 2 * a * d)
    check_close(d_d, np.sum(2 * w * a, axis=(0, 1)))


def test_size_of_a_kernel_may_be_unknown(session):
    w = make_arrays([3, 3, 4, 5])[0]
    w_in = tf.placeholder(tf.float32, [None, None, None, 5])
    sums = sum_squared_taps(w_in)
    assert sums.shape.as_list() == [None, 5]
    np.testing.assert_allclose(session.run(sums, {w_in: w}), np.sum(w**2, axis=(0, 1)), rtol=1e-6)


@pytest.mark.parametrize('dtype, impl', [(tf.float16, 'native'), (tf.float64, None), (tf.float32, 'ref')])
def test_other_squares_are_left_to_plain_ops(session, dtype, impl):
    w = make_arrays([3, 3, 4, 5])[0]
    sums = sum_squared_taps(tf.constant(w, dtype), impl=impl)
    assert sums.dtype == dtype and 'SumSquaredTaps' not in list_kinds(session.graph)
    np.testing.assert_allclose(session.run(sums), np.sum(w**2, axis=(0, 1)), rtol=1e-2)


def test_kernels_that_have_not_four_axes_are_refused(session):
    with pytest.raises(ValueError, match=r'expected w \[kkIO\], got shape \(3, 4\)'):
        sum_squared_taps(tf.zeros([3, 4]))
    sums = custom_ops.get_plugin('channel_scale').sum_squared_taps(tf.placeholder(tf.float32))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r'expected w \[kkIO\], got \[3,4\]'):
        session.run(sums, {sums.op.inputs[0]: np.zeros([3, 4])})


def test_unknown_implementation_of_squares_is_refused():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="impl must be None or one of .*, got 'fast'"):
        sum_squared_taps(tf.zeros([1, 1, 1, 1]), impl='fast')

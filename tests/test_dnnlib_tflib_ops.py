# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The custom ops against numbers of the official implementations, with first and second gradients."""

import json
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops import fused_bias_act as fused_bias_act_module
from dnnlib.tflib.ops import upfirdn_2d as upfirdn_2d_module

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
ACT = np.load(os.path.join(DATA_DIR, 'op_fused_bias_act.npz'))
FIR = np.load(os.path.join(DATA_DIR, 'op_upfirdn_2d.npz'))


def ids(archive, kind):
    return sorted({key.split('/')[1] for key in archive.files if key.startswith(kind + '/')})


def case(archive, prefix):
    return {key[len(prefix) :]: archive[key] for key in archive.files if key.startswith(prefix)}


def assert_close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize('name', ids(ACT, 'act'))
def test_fused_bias_act_agrees_with_the_official_values_and_both_gradients(session, name):
    ref = case(ACT, f'act/{name}/')
    kwargs = json.loads(str(ref['kwargs']))
    x, dy, d_dx = [tf.constant(ref[key]) for key in ('x', 'dy', 'd_dx')]
    b = tf.constant(ref['b']) if 'b' in ref else None
    y = fused_bias_act_module.fused_bias_act(x, b, **kwargs)
    first = tf.gradients(y, [x] if b is None else [x, b], dy)
    seed = tf.reduce_sum(first[0] * d_dx)
    if b is not None:
        seed += tf.reduce_sum(first[1] * ref['d_db'])
    second = tf.gradients(seed, [dy, x])
    zero = np.zeros_like(ref['x'])
    actual = session.run([y, first, [g for g in second if g is not None]])
    assert_close(actual[0], ref['y'])
    assert_close(actual[1][0], ref['dx'])
    if b is not None:
        assert_close(actual[1][1], ref['db'])
    assert_close(actual[2][0], ref['d_dy'])
    assert_close(actual[2][1] if second[1] is not None else zero, ref['d_x'])


@pytest.mark.parametrize('act', sorted(fused_bias_act_module.activation_funcs))
def test_fused_bias_act_gradient_agrees_with_numeric_differentiation(session, act):
    x = np.linspace(-3, 3, 14, dtype=np.float64).reshape(2, 7)
    b = np.linspace(-0.4, 0.5, 7)
    tensor = tf.placeholder(tf.float64, [2, 7])
    y = fused_bias_act_module.fused_bias_act(tensor, tf.constant(b), act=act)
    (dx,) = tf.gradients(y, tensor)
    plus, minus = [session.run(y, {tensor: x + step}) for step in (1e-5, -1e-5)]
    np.testing.assert_allclose(session.run(dx, {tensor: x}), (plus - minus) / 2e-5, rtol=1e-6, atol=1e-7)


def test_fused_bias_act_hand_values(session):
    x = tf.constant([[-1.0, 2.0]])
    actual = session.run([fused_bias_act_module.fused_bias_act(x, act=act) for act in ('lrelu', 'relu', 'linear')])
    np.testing.assert_allclose(actual, [[[-0.2828427, 2.8284271]], [[0, 2.8284271]], [[-1, 2]]], rtol=1e-6)


def test_clamp_limits_the_gained_output_and_stops_its_gradient(session):
    x = tf.constant([-20.0, -1.0, 0.5, 1.0, 3.0])
    y = fused_bias_act_module.fused_bias_act(x, act='linear', gain=2.0, clamp=2.0)
    (dx,) = tf.gradients(y, x)
    np.testing.assert_array_equal(session.run(y), [-2, -2, 1, 2, 2])
    np.testing.assert_array_equal(session.run(dx), [0, 0, 2, 0, 0])


@pytest.mark.parametrize(
    'kwargs, message',
    [
        ({'act': 'gelu'}, 'act must be one of'),
        ({'clamp': -1}, 'clamp must be None or >= 0'),
        ({'impl': 'fast'}, 'impl must be None'),
        ({'b': np.zeros(3, np.float32)}, 'does not fit axis 1'),
    ],
)
def test_fused_bias_act_refuses_bad_arguments(session, kwargs, message):
    with pytest.raises(ValueError, match=message):
        fused_bias_act_module.fused_bias_act(tf.zeros([1, 2]), **kwargs)


def test_asking_for_the_compiled_op_without_one_warns_and_computes(session):
    from dnnlib.tflib import custom_ops

    custom_ops._warned_cache.clear()
    with pytest.warns(UserWarning, match='no compiled library'):
        y = fused_bias_act_module.fused_bias_act(tf.constant([2.0]), act='relu', impl='cuda')
    np.testing.assert_allclose(session.run(y), [2.8284271], rtol=1e-6)


@pytest.mark.parametrize('name', ids(FIR, 'upfirdn'))
def test_upfirdn_2d_agrees_with_the_official_values_and_gradient(session, name):
    ref = case(FIR, f'upfirdn/{name}/')
    x, dy = tf.constant(ref['x']), tf.constant(ref['dy'])
    y = upfirdn_2d_module.upfirdn_2d(x, ref['k'], **json.loads(str(ref['kwargs'])))
    (dx,) = tf.gradients(y, x, dy)
    (dy_again,) = tf.gradients(dx, dy, x)  # The gradient of the gradient is the op itself.
    actual = session.run([y, dx, dy_again])
    for value, expected in zip(actual, [ref['y'], ref['dx'], ref['y']]):
        assert_close(value, expected)


@pytest.mark.parametrize('name', ids(FIR, 'helper'))
def test_resampling_helpers_agree_with_the_official_values_and_gradients(session, name):
    ref = case(FIR, f'helper/{name}/')
    function = getattr(upfirdn_2d_module, str(ref['function']))
    inputs = [tf.constant(ref[key]) for key in ('x', 'w') if key in ref]
    y = function(*inputs, **json.loads(str(ref['kwargs'])))
    grads = tf.gradients(y, inputs, tf.constant(ref['dy']))
    actual = session.run([y] + grads)
    for value, key in zip(actual, ['y', 'dx', 'dw']):
        assert_close(value, ref[key])


@pytest.mark.parametrize(
    'kwargs',
    [
        {'upx': 2, 'upy': 2, 'padx0': 2, 'pady1': -1},
        {'upx': 3, 'upy': 2, 'downx': 2, 'padx1': 4},
        {'downx': 2, 'downy': 2, 'pady0': -1},
    ],
)
def test_upfirdn_2d_is_the_adjoint_of_its_gradient(session, kwargs):
    rnd = np.random.RandomState(1)
    x = tf.constant(rnd.randn(2, 7, 6, 3).astype(np.float32))
    y = upfirdn_2d_module.upfirdn_2d(x, rnd.randn(3, 4), **kwargs)
    dy = tf.constant(rnd.randn(*y.shape.as_list()).astype(np.float32))
    (dx,) = tf.gradients(y, x, dy)
    left, right = session.run([tf.reduce_sum(y * dy), tf.reduce_sum(x * dx)])
    np.testing.assert_allclose(left, right, rtol=1e-5)


def test_worked_numbers_of_resampling(session):
    def row(values):
        return tf.constant(values, tf.float32, [1, 1, 1, len(values)])

    up = upfirdn_2d_module.upsample_2d(tf.ones([1, 1, 2, 2]), [1, 3, 3, 1])
    down = upfirdn_2d_module.downsample_2d(tf.ones([1, 1, 4, 4]), [1, 3, 3, 1])
    plain = upfirdn_2d_module.upfirdn_2d(tf.constant([1.0, 2, 3, 4], shape=[1, 1, 4, 1]), [[1, 2, 3]])
    box = upfirdn_2d_module.upsample_2d(row([1, 2]))
    actual = session.run([up, down, plain, box])
    np.testing.assert_allclose(actual[0][0, 0], np.outer([0.75, 1, 1, 0.75], [0.75, 1, 1, 0.75]), rtol=1e-6)
    np.testing.assert_allclose(actual[1][0, 0], np.full([2, 2], 0.875**2), rtol=1e-6)
    np.testing.assert_allclose(actual[2].ravel(), [10, 16], rtol=1e-6)
    np.testing.assert_allclose(actual[3][0, 0], [[1, 1, 2, 2]] * 2, rtol=1e-6)


def test_plain_convolution_through_the_resampling_op_is_tensorflows(session):
    rnd = np.random.RandomState(2)
    x, w = rnd.randn(2, 3, 6, 5).astype(np.float32), rnd.randn(3, 3, 3, 4).astype(np.float32)
    y = upfirdn_2d_module.conv_downsample_2d(tf.constant(x), tf.constant(w), k=[1], factor=1)
    expected = tf.nn.conv2d(tf.constant(x.transpose(0, 2, 3, 1)), w, [1, 1, 1, 1], 'SAME')
    actual, expected = session.run([y, expected])
    np.testing.assert_allclose(actual, expected.transpose(0, 3, 1, 2), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    'call, message',
    [
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([3, 3])), 'leaves nothing'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2]), np.ones([1, 1])), 'x must be'),
        (lambda m: m.upfirdn_2d(tf.zeros([1, 2, 2, 1]), np.ones([1, 1]), upx=0), 'positive integers'),
        (lambda m: m.upsample_2d(tf.zeros([1, 1, 2, 2]), factor=1.5, k=[1, 1]), 'positive integer'),
        (lambda m: m.filter_2d(tf.zeros([1, 1, 2, 2]), np.ones([2, 3])), 'square matrix'),
        (lambda m: m.filter_2d(tf.zeros([1, 1, 2, 2]), [1], data_format='HWCN'), 'data_format must be'),
        (lambda m: m.conv_downsample_2d(tf.zeros([1, 4, 4, 4]), tf.zeros([3, 3, 3, 2])), 'does not fit 4 channels'),
        (lambda m: m.conv_downsample_2d(tf.zeros([1, 4, 4, 4]), tf.zeros([3, 3, 2, 2])), 'grouped convolution'),
    ],
)
def test_resampling_refuses_bad_arguments(session, call, message):
    with tf.device('/cpu:0'), pytest.raises(ValueError, match=message):
        call(upfirdn_2d_module)

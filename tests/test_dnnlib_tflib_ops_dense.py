# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Tests of the compiled matrix product, against NumPy in float64 and the identities of a bilinear operator."""

import numpy as np
import op_checks
import pytest
import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops import dense

# N, I, O
CASES = {
    'whole vectors': (8, 32, 64),
    'one row': (1, 20, 48),
    'odd': (5, 37, 19),
    'one output': (7, 40, 1),
    'one input': (3, 1, 5),
    'one number': (1, 1, 1),
    'narrow and deep': (4, 301, 17),
    'shallow and wide': (6, 3, 301),
    'many rows': (71, 30, 33),
    'several threads': (9, 300, 531),
    'many rows, several threads': (300, 130, 67),
    'empty minibatch': (0, 6, 40),
    'no inputs': (3, 0, 4),
    'no outputs': (3, 4, 0),
}


def make_arrays(*shapes):
    """Return one float32 array per shape."""
    rnd = np.random.RandomState(7)
    return [rnd.randn(*shape).astype(np.float32) for shape in shapes]


def build(x, w, dy, a, b, gain, impl):
    """Return the product, its gradients, and those of <dx, a> + <dw, b> with respect to x, w and dy."""
    y = dense.dense(x, w, gain=gain, impl=impl)
    dx, dw = tf.gradients(y, [x, w], grad_ys=dy)
    return [y, dx, dw] + tf.gradients(tf.reduce_sum(dx * a) + tf.reduce_sum(dw * b), [x, w, dy])


@pytest.mark.parametrize('gain', [1, 0.25])
@pytest.mark.parametrize('name', list(CASES))
def test_values_and_gradients_are_those_of_the_definition(session, name, gain):
    n, i, o = CASES[name]
    arrays = make_arrays([n, i], [i, o], [n, o], [n, i], [i, o])
    x, w, dy, a, b = [array.astype(np.float64) for array in arrays]
    expected = [x @ w, dy @ w.T, x.T @ dy, dy @ b.T, a.T @ dy, x @ b + a @ w]

    tensors = build(*[tf.constant(array) for array in arrays], gain=gain, impl='native')
    assert [tensor.shape.as_list() for tensor in tensors] == [list(array.shape) for array in expected]
    for actual, array in zip(session.run(tensors), expected):
        np.testing.assert_allclose(actual, gain * array, rtol=0, atol=3e-6 * (1 + np.sqrt(n + i + o)) * gain)


@pytest.mark.parametrize('name', ['odd', 'many rows'])
def test_third_gradients_are_those_of_the_plain_ops(session, name):
    n, i, o = CASES[name]
    arrays = make_arrays([n, i], [i, o], [n, o], [n, i], [i, o])
    results = {}
    for impl, dtype in (('native', tf.float32), ('ref', tf.float64)):
        inputs = [tf.constant(array, dtype) for array in arrays]
        seconds = build(*inputs, gain=0.5, impl=impl)[3:]
        results[impl] = session.run(tf.gradients([tf.square(tensor) for tensor in seconds], inputs))
    for native, ref in zip(results['native'], results['ref']):
        np.testing.assert_allclose(native, ref, rtol=0, atol=1e-5 * np.std(ref))


def test_all_orders_of_gradients_use_the_compiled_ops(session):
    inputs = [tf.constant(array) for array in make_arrays([2, 3], [3, 4], [2, 4], [2, 3], [3, 4])]
    tf.gradients([tf.square(tensor) for tensor in build(*inputs, gain=2, impl='native')], inputs)
    kinds = [op.type for op in session.graph.get_operations()]
    assert 'DenseProduct' in kinds and 'DenseWeightGrad' in kinds and 'MatMul' not in kinds


def test_equal_runs_give_equal_bits(session):
    x, w = [tf.constant(array) for array in make_arrays([40, 300], [300, 530])]
    y = dense.dense(x, w, impl='native')
    op_checks.check_equal_runs(session, [y] + tf.gradients(tf.square(y), [x, w]))


def test_numbers_of_a_sample_do_not_depend_on_the_others(session):
    x, w = make_arrays([70, 45], [45, 50])
    x_in = tf.placeholder(tf.float32, [None, 45])
    y = dense.dense(x_in, tf.constant(w), impl='native')
    assert y.shape.as_list() == [None, 50]
    (dx,) = tf.gradients(tf.square(y), [x_in])
    assert dx.shape.as_list() == [None, 45]
    whole, part = session.run([y, dx], {x_in: x}), session.run([y, dx], {x_in: x[66:67]})
    np.testing.assert_array_equal(part[0], whole[0][66:67])
    np.testing.assert_array_equal(part[1], whole[1][66:67])


def test_infinite_and_missing_numbers_stay_where_they_are(session):
    x, w, dy = np.ones([5, 7], np.float32), np.ones([7, 19], np.float32), np.ones([5, 19], np.float32)
    w[3, 18], x[2, 6], dy[4, 18] = np.inf, np.nan, np.nan
    x_in, w_in = tf.constant(x), tf.constant(w)
    y = dense.dense(x_in, w_in, impl='native')
    fetches = [y] + tf.gradients(y, [x_in, w_in], grad_ys=tf.constant(dy))
    with np.errstate(invalid='ignore'):
        expected = [x @ w, dy @ w.T, x.T @ dy]
    for actual, array in zip(session.run(fetches), expected):
        np.testing.assert_array_equal(actual, array)


def test_slice_of_a_tensor_may_begin_anywhere(session):
    x, w = make_arrays([9, 6], [6, 5])
    y = dense.dense(tf.constant(x)[1:], tf.constant(w)[:, :], impl='native')
    np.testing.assert_allclose(session.run(y), x[1:] @ w, rtol=0, atol=1e-5)


def test_variables_are_taken(session):
    w = tf.get_variable('w', initializer=tf.ones([3, 2]))
    y = dense.dense(tf.ones([1, 3]), w, impl='native')
    session.run(w.initializer)
    np.testing.assert_array_equal(session.run(y), [[3, 3]])
    assert 'DenseProduct' in {op.type for op in session.graph.get_operations()}


@pytest.mark.parametrize('dtype, impl', [(tf.float16, 'native'), (tf.float64, None), (tf.float32, 'ref')])
def test_whatever_else_is_left_to_plain_ops(session, dtype, impl):
    x, w = make_arrays([2, 3], [3, 4])
    y = dense.dense(tf.constant(x, dtype), tf.constant(w), gain=0.5, impl=impl)
    assert y.dtype == dtype and y.op.type == 'MatMul'
    np.testing.assert_allclose(session.run(y), 0.5 * x @ w, rtol=1e-2, atol=1e-2)


def test_plain_ops_multiply_with_no_gain_of_one(session):
    dense.dense(tf.ones([2, 3]), tf.ones([3, 4]), impl='ref')
    assert 'Mul' not in {op.type for op in session.graph.get_operations()}


@pytest.mark.parametrize('impl', ['native', 'ref'])
@pytest.mark.parametrize(
    'x_shape, w_shape', [([2, 3], [4, 5]), ([2, 3, 1], [1, 5]), ([2, 3], [3]), ([3], [3, 2]), ([2, 3], [3, 3, 1])]
)
def test_matrices_that_do_not_fit_are_refused(session, x_shape, w_shape, impl):
    with pytest.raises(ValueError, match=r'expected x \[NI\] and w \[IO\]'):
        dense.dense(tf.zeros(x_shape), tf.zeros(w_shape), impl=impl)


def test_matrices_that_turn_out_not_to_fit_are_refused(session):
    x = tf.placeholder(tf.float32, [2, None])
    y = dense.dense(x, tf.zeros([3, 4]), impl='native')
    with pytest.raises(tf.errors.InvalidArgumentError, match=r'expected x \[NI\] and w \[IO\]'):
        session.run(y, {x: np.zeros([2, 5])})


@pytest.mark.parametrize('adjoint, x_shape', [(False, [2, 4]), (True, [2, 3]), (True, [2])])
def test_operands_of_the_op_itself_that_do_not_fit_are_refused(session, adjoint, x_shape):
    x = tf.placeholder(tf.float32)
    y = custom_ops.get_plugin('dense').dense_product(x, tf.zeros([3, 4]), adjoint=adjoint)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r'expected x \[NI\] and w \[IO\]'):
        session.run(y, {x: np.zeros(x_shape)})


@pytest.mark.parametrize('dy_shape', [[3, 4], [2]])
def test_gradients_that_do_not_fit_are_refused(session, dy_shape):
    dy = tf.placeholder(tf.float32)
    dw = custom_ops.get_plugin('dense').dense_weight_grad(tf.zeros([2, 3]), dy)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r'expected x \[NI\] and dy \[NO\]'):
        session.run(dw, {dy: np.zeros(dy_shape)})


def test_plain_ops_are_used_on_gpus(monkeypatch):
    monkeypatch.setattr(tf.config.experimental, 'list_physical_devices', lambda kind: ['GPU:0'])
    with tf.Graph().as_default():
        assert dense.dense(tf.zeros([2, 3]), tf.zeros([3, 4]), impl='native').op.type == 'MatMul'
        with tf.device('/cpu:0'):
            assert dense.dense(tf.zeros([2, 3]), tf.zeros([3, 4]), impl='native').op.type == 'DenseProduct'


@pytest.mark.parametrize('dtype', [tf.float32, tf.float16])
def test_unknown_implementation_is_refused(dtype):
    with tf.Graph().as_default(), pytest.raises(ValueError, match="impl must be None or one of .*, got 'fast'"):
        dense.dense(tf.zeros([1, 1], dtype), tf.zeros([1, 1]), impl='fast')

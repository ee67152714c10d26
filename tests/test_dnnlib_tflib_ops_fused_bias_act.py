# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Both implementations of bias and activation, against numbers of the official ones and the formulas in NumPy."""

import collections
import json
import os

import numpy as np
import op_checks
import pytest
import tensorflow.compat.v1 as tf
from reference.bias_act import bias_act as bias_act_by_definition

from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops.fused_bias_act import activation_funcs, fused_bias_act

OFFICIAL = np.load(os.path.join(os.path.dirname(__file__), 'data', 'op_fused_bias_act.npz'))
ACTS = sorted(activation_funcs)
CURVED = [act for act in ACTS if not activation_funcs[act].zero_2nd_grad]


impl = op_checks.make_impl_fixture('fused_bias_act')


@pytest.fixture
def native():
    """The compiled op, if it is available."""
    plugin = op_checks.get_plugin('fused_bias_act')
    with custom_ops.use_impl('native'):
        yield plugin


def make_arrays(shape, axis, seed=7):
    """Return arrays for x, b, dy and the cotangents d_dx and d_db of dx and db."""
    rnd = np.random.RandomState(seed)
    shapes = [shape, [shape[axis]], shape, shape, [shape[axis]]]
    return [rnd.randn(*shape).astype(np.float32) for shape in shapes]


def build_all(x, b, dy, d_dx, d_db, **kwargs):
    """Return a dict of the tensors y, dx, db, d_dy, d_x, d_b; without those that do not exist."""
    y = fused_bias_act(x, b, **kwargs)
    variables = [x] if b is None else [x, b]
    first = tf.gradients(y, variables, dy)
    second = tf.gradients(first, [dy] + variables, [d_dx, d_db][: len(first)])
    tensors = dict(zip(['dx', 'db'], first), y=y, **dict(zip(['d_dy', 'd_x', 'd_b'], second)))
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


def run_all(session, arrays, dtype=tf.float32, **kwargs):
    """Return the float64 values of all tensors for [x, b, dy, d_dx, d_db]; b may be None."""
    tensors = [None if array is None else tf.cast(tf.constant(array), dtype) for array in arrays]
    return session.run({name: tf.cast(tensor, tf.float64) for name, tensor in build_all(*tensors, **kwargs).items()})


def assert_all_close(actual, expected, rtol=1e-5, atol=2e-6):
    for name, value in expected.items():
        np.testing.assert_allclose(actual.get(name, 0 * value), value, rtol, atol, err_msg=name)


# ----------------------------------------------------------------------------
# Official numbers and hand calculations.


@pytest.mark.parametrize('name', sorted({key.split('/')[1] for key in OFFICIAL.files}))
def test_values_and_gradients_are_the_official_ones(session, impl, name):
    ref = {key.split('/')[2]: OFFICIAL[key] for key in OFFICIAL.files if key.startswith(f'act/{name}/')}
    kwargs = json.loads(str(ref.pop('kwargs')))
    arrays = [ref.pop(key, None) for key in ('x', 'b')] + [ref[key] for key in ('dy', 'd_dx')] + [ref.get('d_db')]
    actual = run_all(session, arrays, **kwargs)
    assert_all_close(actual, {key: ref[key] for key in ref if key not in ('dy', 'd_dx', 'd_db')}, 1e-4, 1e-5)


def test_hand_values(session, impl):
    x = tf.constant([[-1.0, 2.0]])
    actual = session.run([fused_bias_act(x, act=act) for act in ('lrelu', 'relu', 'linear')])
    np.testing.assert_allclose(actual, [[[-0.2828427, 2.8284271]], [[0, 2.8284271]], [[-1, 2]]], rtol=1e-6)


def test_clamp_limits_the_gained_output_and_stops_its_gradient(session, impl):
    x = tf.constant([-20.0, -1.0, 0.5, 1.0, 3.0])
    y = fused_bias_act(x, act='linear', gain=2.0, clamp=2.0)
    (dx,) = tf.gradients(y, x)
    np.testing.assert_array_equal(session.run(y), [-2, -2, 1, 2, 2])
    np.testing.assert_array_equal(session.run(dx), [0, 0, 2, 0, 0])


@pytest.mark.parametrize('act', ACTS)
def test_gradient_agrees_with_numeric_differentiation(session, act):
    x = np.linspace(-3, 3, 14, dtype=np.float64).reshape(2, 7)
    b = np.linspace(-0.4, 0.5, 7)
    tensor = tf.placeholder(tf.float64, [2, 7])
    y = fused_bias_act(tensor, tf.constant(b), act=act)
    (dx,) = tf.gradients(y, tensor)
    plus, minus = [session.run(y, {tensor: x + step}) for step in (1e-5, -1e-5)]
    np.testing.assert_allclose(session.run(dx, {tensor: x}), (plus - minus) / 2e-5, rtol=1e-6, atol=1e-7)


# ----------------------------------------------------------------------------
# The definition.


@pytest.mark.parametrize('clamp', [None, 0.75])
@pytest.mark.parametrize('act', ACTS)
def test_values_and_gradients_follow_the_formulas(session, impl, act, clamp):
    arrays = make_arrays([2, 3, 5, 7], 1)
    kwargs = {'axis': 1, 'act': act, 'gain': 1.5, 'clamp': clamp}
    assert_all_close(run_all(session, arrays, **kwargs), bias_act_by_definition(*arrays, **kwargs))


@pytest.mark.parametrize('act', ['lrelu', 'swish'])
@pytest.mark.parametrize(
    'shape, axis',
    [
        ([3, 4, 5, 6], 0),
        ([3, 4, 5, 6], 2),
        ([3, 4, 5, 6], 3),
        ([7], 0),
        ([1], 0),
        ([9, 1], 1),
        ([2, 1, 40, 33], 1),
        ([33, 17], 1),
        ([1050, 35], 1),
        ([3, 2100], 1),
        ([2, 3, 1025], 1),
        ([2, 2, 2, 3, 2], 2),
    ],
)
def test_bias_belongs_to_any_axis_of_tensors_of_any_size(session, native, shape, axis, act):
    arrays = make_arrays(shape, axis)
    expected = bias_act_by_definition(*arrays, axis=axis, act=act)
    assert_all_close(run_all(session, arrays, axis=axis, act=act, gain=1), expected, atol=1e-4)


@pytest.mark.parametrize('act', ACTS)
def test_without_a_bias_there_is_nothing_to_add(session, impl, act):
    x, _, dy, d_dx, _ = make_arrays([3, 343, 2], 1)
    expected = bias_act_by_definition(x, np.zeros(343), dy, d_dx, np.zeros(343), axis=1, act=act)
    actual = run_all(session, [x, None, dy, d_dx, None], act=act, gain=1)
    assert_all_close(actual, {name: expected[name] for name in ('y', 'dx', 'd_dy', 'd_x')})


@pytest.mark.parametrize('dtype, precision', [(tf.float16, 2e-3), (tf.bfloat16, 2e-2)])
@pytest.mark.parametrize('act', ACTS)
def test_half_precision_is_rounded_but_once(session, native, act, dtype, precision):
    rounded = [tf.cast(tf.cast(tf.constant(array), dtype), tf.float32) for array in make_arrays([2, 3, 5, 7], 1)]
    arrays = session.run(rounded)
    expected = bias_act_by_definition(*arrays, axis=1, act=act, gain=1.25)
    actual = run_all(session, arrays, dtype, act=act, gain=1.25)
    assert_all_close({'y': actual['y']}, {'y': expected['y']}, precision / 4, 1e-6)
    assert_all_close(actual, expected, 4 * precision, 20 * precision)  # Gradients begin with a rounded y.


def test_limit_that_float16_cannot_hold_stops_the_gradient_all_the_same(session, native):
    x = tf.constant([0.05, 0.5], tf.float16)
    y = fused_bias_act(x, clamp=0.1)  # 0.1 becomes 0.09998.
    np.testing.assert_array_equal(session.run(tf.gradients(y, x)[0]), [1, 0])


@pytest.mark.parametrize(
    'kwargs',
    [
        {'act': 'lrelu', 'alpha': -0.5},
        {'act': 'lrelu', 'alpha': 0},
        {'act': 'lrelu', 'alpha': 1.5, 'clamp': 1},
        {'act': 'lrelu', 'gain': -2},
        {'act': 'elu', 'gain': -2},
        {'act': 'tanh', 'gain': 0},
        {'act': 'swish', 'clamp': 0},
        {'act': 'selu', 'clamp': 0},
        {'act': 'linear', 'gain': 3},
        {'act': 'linear', 'clamp': 1},
    ],
)
def test_unusual_numbers_are_right_as_well(session, impl, kwargs):
    arrays = make_arrays([4, 3, 6], 1)
    kwargs = dict({'gain': 1}, **kwargs)
    assert_all_close(run_all(session, arrays, **kwargs), bias_act_by_definition(*arrays, axis=1, **kwargs))


@pytest.mark.parametrize('act', ACTS)
def test_large_numbers_saturate_and_nan_stays(session, native, act):
    x = tf.constant([-1000.0, -100.0, 100.0, 1000.0, np.nan])
    y = fused_bias_act(x, act=act, gain=1)
    (dx,) = tf.gradients(y, x)
    (d_x,) = tf.gradients(dx, x) if act in CURVED else (tf.zeros([5]),)
    with np.errstate(over='ignore', invalid='ignore'):
        expected = bias_act_by_definition(*[[-700.0, -100, 100, 700], [0], [1] * 4, [1] * 4, [0]], axis=0, act=act)
    y, dx, d_x = session.run([y, dx, d_x])
    assert np.isnan(y[4])
    np.testing.assert_allclose(y[1:3], expected['y'][1:3], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(dx[:4], expected['dx'], atol=1e-6)
    np.testing.assert_allclose(d_x[:4], expected['d_x'], atol=1e-6)


def test_negative_overflow_is_cut_off_by_relu(session, native):
    x = tf.constant([-np.inf, np.inf])
    np.testing.assert_array_equal(session.run(fused_bias_act(x, act='relu')), [0, np.inf])


@pytest.mark.parametrize('act', CURVED)
def test_functions_are_precise_near_zero(session, native, act):
    x = np.linspace(-1e-3, 1e-3, 201).astype(np.float32)
    zeros = np.zeros(201)
    expected = bias_act_by_definition(x, zeros, zeros, zeros, zeros, axis=0, act=act)['y']
    np.testing.assert_allclose(
        session.run(fused_bias_act(tf.constant(x), act=act, gain=1)), expected, rtol=3e-7, atol=1e-11
    )


# ----------------------------------------------------------------------------
# Memory.


@pytest.mark.parametrize('shape', [[0, 3, 4], [2, 3, 0], [0, 3]])
def test_empty_tensors_have_empty_results_and_no_gradient_of_the_bias(session, impl, shape):
    actual = run_all(session, make_arrays(shape, 1), act='swish')
    assert actual['y'].shape == actual['dx'].shape == actual['d_x'].shape == tuple(shape)
    np.testing.assert_array_equal([actual['db'], actual['d_b']], np.zeros([2, 3]))


def test_bias_without_elements_is_none(session, impl):
    x, b = tf.constant([[-1.0, 2.0]]), tf.zeros([0])
    y = fused_bias_act(x, b, act='relu', gain=1)
    np.testing.assert_array_equal(session.run(y), [[0, 2]])
    assert tf.gradients(y, b) == [None]


def test_operands_that_are_needed_elsewhere_stay_as_they_are(session, native):
    arrays = make_arrays([2, 3, 5, 7], 1)
    x, b, dy, d_dx, d_db = [tf.constant(array) + 0 for array in arrays]
    actual = session.run([build_all(x, b, dy, d_dx, d_db, act='swish'), [x, b, dy, d_dx, d_db]])
    for value, expected in zip(actual[1], arrays):
        np.testing.assert_array_equal(value, expected)
    assert_all_close(actual[0], bias_act_by_definition(*arrays, axis=1, act='swish', gain=np.sqrt(2)))


def test_memory_of_operands_that_nobody_needs_is_reused(session, native):
    arrays = make_arrays([2, 3, 5, 7], 1)
    holders = [tf.placeholder(tf.float32, array.shape) for array in arrays]
    built = build_all(*[holder * 1 for holder in holders], act='lrelu', gain=1)
    for names in (['y'], ['dx', 'db'], ['d_dy']):
        actual = session.run({name: built[name] for name in names}, dict(zip(holders, arrays)))
        expected = bias_act_by_definition(*arrays, axis=1, act='lrelu')
        assert_all_close(actual, {name: expected[name] for name in names})


def test_slices_are_read_from_where_they_begin(session, native):
    arrays = make_arrays([4, 3, 7], 1)
    x, b, dy, d_dx, d_db = arrays
    tensors = [tf.constant(x)[1:], tf.constant(b), tf.constant(dy)[1:], tf.constant(d_dx)[1:], tf.constant(d_db)]
    actual = session.run(build_all(*tensors, act='tanh'))
    assert_all_close(actual, bias_act_by_definition(x[1:], b, dy[1:], d_dx[1:], d_db, axis=1, act='tanh'))


@pytest.mark.parametrize('shape, axis', [([4, 5, 70, 50], 1), ([3000, 40], 1)])
def test_gradient_of_the_bias_does_not_depend_on_the_number_of_threads(native, shape, axis):
    arrays = make_arrays(shape, axis)
    results = []
    for num_threads in (1, 2, 3, 8):
        with tf.Graph().as_default():
            built = build_all(*[tf.constant(array) for array in arrays], axis=axis, act='swish')
            config = tf.ConfigProto(intra_op_parallelism_threads=num_threads)
            with tf.Session(config=config) as session:
                results.append(session.run([built['db'], built['d_b']]))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


@pytest.mark.parametrize('shape, axis', [([4, 2, 500, 500], 1), ([500000, 4], 1)])
def test_sums_of_a_million_numbers_are_precise(session, native, shape, axis):
    dy = np.random.RandomState(3).rand(*shape).astype(np.float32)
    b = tf.ones([shape[axis]])
    (db,) = tf.gradients(fused_bias_act(tf.zeros(shape), b, axis), b, tf.constant(dy))
    expected = dy.sum(axis=tuple(i for i in range(len(shape)) if i != axis), dtype=np.float64)
    np.testing.assert_allclose(session.run(db), expected, rtol=3e-7)


# ----------------------------------------------------------------------------
# The graph.


def count_ops(graph):
    free = ('Const', 'Placeholder', 'Identity')
    return collections.Counter(op.type for op in graph.get_operations() if op.type not in free)


def make_holders(shape):
    shapes = [shape, shape[1:2], shape, shape, shape[1:2]]
    return [tf.placeholder(tf.float32, shape) for shape in shapes]


@pytest.mark.parametrize('act', ACTS)
def test_each_order_of_gradient_is_one_op(session, native, act):
    build_all(*make_holders([2, 3, 4, 5]), act=act)
    counts = count_ops(session.graph)
    second = counts.pop('FusedBiasActGradGrad')
    first = counts.pop('FusedBiasActGrad')
    assert counts.pop('FusedBiasAct') == second == 1
    assert first == (2 if act in CURVED and act != 'swish' else 1)  # y depends on x.
    assert not counts or act == 'swish', counts  # Whose x and b depend on both orders.


def test_nothing_to_do_makes_no_op(session, native):
    x = tf.placeholder(tf.float32, [2, 3])
    assert fused_bias_act(x) is x
    assert fused_bias_act(x, tf.zeros([0])) is x
    assert not count_ops(session.graph) or set(count_ops(session.graph)) == {'Fill'}


@pytest.mark.parametrize('act', ACTS)
def test_input_is_kept_for_the_gradient_only_if_the_function_needs_it(session, native, act):
    x, b, dy, d_dx, d_db = make_holders([2, 3, 4, 5])
    built = build_all(x, b, dy, d_dx, d_db, act=act)
    assert (x in list(built['dx'].op.inputs)) == (act == 'swish')
    assert (built['y'] in list(built['dx'].op.inputs)) == (act not in ('swish', 'linear'))
    names = {tensor.op.name for tensor in built['d_dy'].op.inputs}
    assert (built['dx'].op.inputs[0].op.name in names) == (act in CURVED)  # That is dy.


def test_gradient_of_a_plain_bias_passes_through(session, native):
    x, b, dy, _, _ = make_holders([2, 3, 4, 5])
    array = make_arrays([2, 3, 4, 5], 1)[0]
    dx, db = session.run(tf.gradients(fused_bias_act(x, b), [x, b], dy), {dy: array, b: np.zeros(3)})
    np.testing.assert_array_equal(dx, array)
    np.testing.assert_allclose(db, array.sum(axis=(0, 2, 3)), rtol=1e-5)


def test_third_gradient_is_there_for_straight_functions_and_refused_for_curved_ones(session, native):
    x, b, dy, d_dx, d_db = [tf.constant(array) for array in make_arrays([2, 3, 4], 1)]
    built = build_all(x, b, dy, d_dx, d_db, act='lrelu')
    third = session.run(tf.gradients(built['d_dy'], [d_dx, d_db], dy) + [built['dx'], built['db']])
    np.testing.assert_allclose(third[0], third[2])
    np.testing.assert_allclose(third[1], third[3])
    with pytest.raises(NotImplementedError, match="impl='ref'"):
        tf.gradients(build_all(x, b, dy, d_dx, d_db, act='tanh')['d_dy'], d_dx)


def test_types_that_are_not_compiled_are_computed_by_tensorflow(session, native):
    y = fused_bias_act(tf.constant([-1.0, 2.0], tf.float64), act='relu', gain=1)
    assert y.dtype == tf.float64 and 'FusedBiasAct' not in count_ops(session.graph)
    np.testing.assert_array_equal(session.run(y), [0, 2])


def test_shapes_that_become_known_late_are_computed(session, native):
    x, b = tf.placeholder(tf.float32, [None, 3, None, 2]), tf.constant([1.0, 2.0, 3.0])
    y = fused_bias_act(x, b)
    dx, db = tf.gradients(y, [x, b])
    assert y.shape.as_list() == dx.shape.as_list() == [None, 3, None, 2] and db.shape.as_list() == [3]
    y, db = session.run([y, db], {x: np.zeros([2, 3, 4, 2])})
    np.testing.assert_array_equal(y, np.broadcast_to(np.reshape([1, 2, 3], [3, 1, 1]), [2, 3, 4, 2]))
    np.testing.assert_array_equal(db, [16, 16, 16])


# ----------------------------------------------------------------------------
# Bad input.


@pytest.mark.parametrize(
    'kwargs, message',
    [
        ({'act': 'gelu'}, 'act must be one of'),
        ({'clamp': -1}, 'clamp must be None or >= 0'),
        ({'impl': 'fast'}, 'impl must be None'),
        ({'b': np.zeros(3, np.float32)}, 'does not fit axis 1'),
        ({'b': np.zeros(2, np.float32), 'axis': 2}, 'does not fit axis 2'),
        ({'b': np.zeros(2, np.float32), 'axis': -1}, 'does not fit axis -1'),
        ({'b': np.zeros([1, 2], np.float32)}, 'must be a vector'),
        ({'b': np.zeros(2, np.float16)}, 'dtype of x, got float16 and float32'),
    ],
)
def test_bad_arguments_are_refused(session, impl, kwargs, message):
    with pytest.raises(ValueError, match=message):
        fused_bias_act(tf.zeros([1, 2]), **kwargs)


def test_bias_needs_a_tensor_of_known_rank(session, impl):
    with pytest.raises(ValueError, match='of known rank'):
        fused_bias_act(tf.placeholder(tf.float32), tf.zeros([2]))


@pytest.mark.parametrize(
    'call, message',
    [
        (lambda p, x, b: p.fused_bias_act(x, b, act=11), 'unknown function number 11'),
        (lambda p, x, b: p.fused_bias_act(x, b, axis=2), 'does not fit axis 2'),
        (lambda p, x, b: p.fused_bias_act(x, b[:1]), 'does not fit axis 1'),
        (lambda p, x, b: p.fused_bias_act(x, x), 'b must be a vector'),
        (lambda p, x, b: p.fused_bias_act_grad(x, b, b, act=2)[0], 'shapes must be the same'),
        (lambda p, x, b: p.fused_bias_act_grad_grad(x, b[:1], x, x, b, act=2)[0], 'shapes must be the same'),
        (lambda p, x, b: p.fused_bias_act_grad_grad(x, b, b, x, b, act=4)[0], 'shapes must be the same'),
    ],
)
def test_kernels_refuse_shapes_that_do_not_match(session, native, call, message):
    x, b = [tf.placeholder_with_default(np.zeros(shape, np.float32), None) for shape in ([3, 2], [2])]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(call(native, x, b))

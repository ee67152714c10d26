# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Session set-up and small helpers."""

import contextlib
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import compat, tfutil

ALL_PIXELS = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)


@contextlib.contextmanager
def initialized(config=None):
    """A fresh graph and what `init_tf` does to it and to NumPy's generator, undone in the end."""
    state = np.random.get_state()  # noqa: NPY002
    with tf.Graph().as_default():
        tflib.init_tf(config)
        session = tf.get_default_session()
        yield session
        session._default_session.__exit__(None, None, None)
        session.close()
    np.random.set_state(state)  # noqa: NPY002


# ---------------------------------------------------------------------------- sessions


def test_helpers_ask_for_init_tf():
    with tf.Graph().as_default():
        for call in (tflib.assert_tf_initialized, lambda: tflib.run(tf.constant(1))):
            with pytest.raises(RuntimeError, match=r'call dnnlib\.tflib\.init_tf\(\)'):
                call()


def test_init_tf_makes_a_default_session_once():
    with initialized() as session:
        assert tflib.run(tf.constant(2)) == 2
        before = np.random.get_state()[1]  # noqa: NPY002
        tflib.init_tf({'rnd.np_random_seed': 1})
        assert tf.get_default_session() is session
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def draw(**seeds):
    """Return numbers of NumPy's and of TensorFlow's generator after `init_tf`."""
    with initialized({'rnd.' + name: seed for name, seed in seeds.items()}):
        return np.random.rand(), float(tflib.run(tf.random_uniform([])))  # noqa: NPY002


def test_one_seed_fixes_both_generators():
    first, again, other = [draw(np_random_seed=seed) for seed in (5, 5, 6)]
    assert first == again
    assert first[0] != other[0] and first[1] != other[1]


def test_the_seed_of_tensorflow_can_be_given_alone():
    first, again, other = [draw(tf_random_seed=seed) for seed in (3, 3, 4)]
    assert first[1] == again[1] != other[1]


def test_environment_defaults_do_not_replace_what_is_set(monkeypatch):
    monkeypatch.setenv('TF_CPU_ALLOCATOR_USE_BFC', 'false')
    monkeypatch.setenv('A_VARIABLE', 'old')
    with initialized({'env.A_VARIABLE': 7}):
        assert os.environ['TF_CPU_ALLOCATOR_USE_BFC'] == 'false' and os.environ['A_VARIABLE'] == '7'
    with initialized({'env.TF_CPU_ALLOCATOR_USE_BFC': 'true'}):
        assert os.environ['TF_CPU_ALLOCATOR_USE_BFC'] == 'true'


def test_freed_memory_is_kept_by_default_and_without_a_limit(monkeypatch):
    monkeypatch.delenv('TF_CPU_ALLOCATOR_USE_BFC', raising=False)
    monkeypatch.setenv('TF_CPU_BFC_MEM_LIMIT_IN_MB', '1000')
    with initialized():
        assert os.environ['TF_CPU_ALLOCATOR_USE_BFC'] == 'true'
        assert os.environ['TF_CPU_BFC_MEM_LIMIT_IN_MB'] == '1000'  # Unless one is set.


def test_dotted_keys_reach_the_session_options():
    keys = {
        'gpu_options.allow_growth': True,
        'device_count.CPU': 3,
        'log_device_placement': True,
        'rnd.np_random_seed': 1,
    }
    config = tfutil._config_proto(keys)
    assert config.gpu_options.allow_growth and config.log_device_placement and config.device_count['CPU'] == 3
    with pytest.raises(AttributeError):
        tfutil._config_proto({'gpu_options.grow': True})


def test_sessions_place_ops_softly_only_where_there_is_no_gpu(monkeypatch):
    for gpus in ([], ['GPU:0']):
        monkeypatch.setattr(compat, 'list_gpus', lambda gpus=gpus: gpus)
        assert tfutil._config_proto({}).allow_soft_placement == (not gpus)


# ---------------------------------------------------------------------------- variables


def test_only_variables_without_a_value_are_initialized(session):
    first, second = tf.Variable(1.0), tf.Variable(2.0)
    tflib.set_vars({first: 5.0})
    tflib.init_uninitialized_vars()
    assert session.run([first, second]) == [5, 2]
    third, fourth = tf.Variable(3.0), tf.Variable(4.0)
    tflib.init_uninitialized_vars([third])
    assert session.run(tf.report_uninitialized_variables()).tolist() == [fourth.op.name.encode()]


def test_variables_are_set_in_one_run_without_new_ops(session):
    first, second = tf.Variable(1.0), tf.Variable(np.zeros([2, 3], np.int32))
    tflib.set_vars({first: 2, second: np.ones([2, 3])})
    num_ops = len(session.graph.get_operations())
    tflib.set_vars({first: 7, second: [[1, 2, 3], [4, 5, 6]]})
    assert len(session.graph.get_operations()) == num_ops
    assert session.run(first) == 7 and session.run(second).sum() == 21


def test_variables_are_not_set_from_tensors_or_wrong_shapes(session):
    var = tf.Variable([1.0, 2.0])
    with pytest.raises(TypeError, match='set_vars takes numbers and arrays'):
        tflib.set_vars({var: tf.zeros([2])})
    with pytest.raises(ValueError, match='shape'):
        tflib.set_vars({var: [1.0, 2.0, 3.0]})


def test_large_initial_values_stay_out_of_the_graph(session):
    value = np.random.RandomState(1).rand(50000).astype(np.float32)
    var = tflib.create_var_with_large_initial_value(value, name='large', trainable=False)
    np.testing.assert_array_equal(session.run(var), value)
    assert session.graph.as_graph_def().ByteSize() < 20000
    assert var.op.name == 'large' and var not in tf.trainable_variables()


# ---------------------------------------------------------------------------- scopes and expressions


def test_absolute_scopes_count_from_the_root(session):
    with tf.variable_scope('outer'), tflib.absolute_name_scope('n'), tflib.absolute_variable_scope('v'):
        var = tf.get_variable('x', shape=[])
        tensor = tf.constant(1, name='c')
    assert (var.name, tensor.name) == ('v/x:0', 'n/c:0')


def test_absolute_variable_scopes_neither_share_nor_make_variables_by_accident(session):
    with tflib.absolute_variable_scope('v'):
        var = tf.get_variable('x', shape=[])
    with tflib.absolute_variable_scope('v', reuse=True), tf.variable_scope('inner'), pytest.raises(ValueError):
        tf.get_variable('new', shape=[])
    with tflib.absolute_variable_scope('v', reuse=True):
        assert tf.get_variable('x', shape=[]) is var
    with tflib.absolute_variable_scope('v'), pytest.raises(ValueError, match='already exists'):
        tf.get_variable('x', shape=[])


def test_tensors_variables_and_ops_are_expressions_and_numbers_are_not(session):
    assert all(tflib.is_tf_expression(x) for x in (tf.constant(1), tf.Variable(1), tf.no_op()))
    assert not any(tflib.is_tf_expression(x) for x in (1, np.zeros(1), 'x', None))


def test_shapes_become_lists(session):
    assert tflib.shape_to_list(tf.placeholder(tf.float32, [None, 3]).shape) == [None, 3]
    assert tflib.shape_to_list([1, 2]) == [1, 2]
    assert tflib.shape_to_list(tf.constant(1).shape) == []


def test_arithmetic_helpers_by_hand(session):
    x = tf.constant([1.0, 8.0])
    actual = session.run([tflib.log2(x), tflib.exp2(x), tflib.flatten(tf.ones([2, 3]))])
    np.testing.assert_allclose(actual[0], [0, 3], rtol=1e-6)
    np.testing.assert_allclose(actual[1], [2, 256], rtol=1e-5)
    assert actual[2].shape == (6,)
    ts = tf.constant([-1.0, 0.0, 0.25, 1.0, 2.0])
    actual = session.run([tflib.lerp(2.0, 6.0, ts), tflib.lerp_clip(2.0, 6.0, ts)])
    np.testing.assert_array_equal(actual, [[-2, 2, 3, 6, 10], [2, 2, 3, 6, 6]])


# ---------------------------------------------------------------------------- images


def test_pixels_become_numbers_of_the_range(session):
    pixels = tf.constant([0, 255], tf.uint8)
    default, positive = [tflib.convert_images_from_uint8(pixels, **kw) for kw in ({}, {'drange': [0, 1]})]
    np.testing.assert_allclose(session.run([default, positive]), [[-1, 1], [0, 1]], rtol=0, atol=2e-7)
    assert default.dtype == tf.float32
    images = tflib.convert_images_from_uint8(tf.zeros([2, 4, 5, 3], tf.uint8), nhwc_to_nchw=True)
    assert images.shape.as_list() == [2, 3, 4, 5]


@pytest.mark.parametrize('drange', [(-1, 1), (0, 1), (0, 255), (-3, 2)])
def test_every_pixel_value_survives_the_round_trip(session, drange):
    images = tflib.convert_images_from_uint8(tf.constant(ALL_PIXELS), drange=drange)
    actual = session.run(tflib.convert_images_to_uint8(images, drange=drange))
    assert actual.dtype == np.uint8
    np.testing.assert_array_equal(actual, ALL_PIXELS)


def test_numbers_become_pixels_by_rounding_and_saturating(session):
    values = np.float32([-5, -1, -0.5, 0, 0.5, 1, 5]).reshape(1, 1, 1, -1)
    expected = np.clip(np.floor(127.5 * values + 128), 0, 255)
    np.testing.assert_array_equal(session.run(tflib.convert_images_to_uint8(tf.constant(values))), expected)
    assert expected.ravel()[[1, 3, 5]].tolist() == [0, 128, 255]


def test_images_can_be_transposed_and_shrunk_on_the_way_out(session):
    images = np.random.RandomState(1).uniform(-1, 1, [2, 3, 4, 8]).astype(np.float32)
    actual = session.run(tflib.convert_images_to_uint8(tf.constant(images), nchw_to_nhwc=True, shrink=2))
    means = images.reshape(2, 3, 2, 2, 4, 2).mean(axis=(3, 5)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(actual, np.floor(127.5 * means + 128), atol=1)
    assert actual.shape == (2, 2, 4, 3)

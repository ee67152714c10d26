# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The layers against hand calculations; whole networks are compared in `test_training_networks_stylegan2`."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import compat
from training import layers


def randn(*shape):
    return np.random.RandomState(len(shape)).randn(*shape).astype(np.float32)


def evaluate(session, x, **weights):
    """Run a tensor after giving variables, by name, their values."""
    session.run(tf.global_variables_initializer())
    variables = {var.name.split(':')[0]: var for var in tf.global_variables()}
    tflib.set_vars({variables[name]: value for name, value in weights.items()})
    return session.run(x)


def convolve(x, w):
    """Return the convolution [NOHW] of [NIHW] with [kkIO], zeros outside."""
    pad = w.shape[0] // 2
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], 'constant')
    size = x.shape[2] - 2 * pad
    shifts = [
        np.einsum('nihw,io->nohw', x[:, :, dy : dy + size, dx : dx + size], w[dy, dx])
        for dy in range(w.shape[0])
        for dx in range(w.shape[0])
    ]
    return np.sum(shifts, axis=0)


# ----------------------------------------------------------------------------
# Weights, dense layers, biases.


def test_weights_have_unit_variance_and_are_scaled_at_use(session):
    w = layers.get_weight([3, 3, 16, 500], gain=2.0)
    stored, used = evaluate(session, [tf.global_variables()[0], w])
    assert abs(stored.std() - 1) < 0.02
    np.testing.assert_allclose(used, stored * (2 / np.sqrt(3 * 3 * 16)), rtol=1e-6)


def test_learning_rate_multiplier_enlarges_what_is_stored_and_not_what_is_used(session):
    stored, used = evaluate(session, [layers.get_weight([100, 500], lrmul=0.01), tf.global_variables()[0]])[::-1]
    assert abs(stored.std() / 100 - 1) < 0.02
    np.testing.assert_allclose(used, stored * 0.01 / 10, rtol=1e-6)


def test_without_weight_scaling_the_product_is_stored(session):
    used, stored = evaluate(session, [layers.get_weight([100, 500], use_wscale=False), tf.global_variables()[0]])
    assert abs(stored.std() * 10 - 1) < 0.02
    np.testing.assert_array_equal(used, stored)


def test_dense_layer_flattens_and_multiplies(session):
    x, w = randn(2, 3, 2, 2), randn(12, 5)
    actual = evaluate(session, layers.dense_layer(tf.constant(x), fmaps=5), weight=w)
    np.testing.assert_allclose(actual, x.reshape(2, 12) @ w / np.sqrt(12), rtol=1e-5, atol=1e-6)


def test_bias_comes_before_the_activation_and_has_the_learning_rate_multiplier(session):
    x = np.array([[1.0, -1.0]], np.float32)
    y = layers.apply_bias_act(tf.constant(x), act='lrelu', lrmul=0.01)
    actual = evaluate(session, y, bias=[100.0, -200.0])
    np.testing.assert_allclose(actual, [[2 * np.sqrt(2), -3 * 0.2 * np.sqrt(2)]], rtol=1e-6)


def test_gain_of_the_result_comes_after_the_gain_and_the_clamp_of_the_activation(session):
    x = tf.constant([[1.0, -1.0, 9.0]])
    y = layers.apply_bias_act(x, act='lrelu', clamp=4.0, out_gain=0.5)
    expected = [[np.sqrt(0.5), -0.2 * np.sqrt(0.5), 2.0]]
    np.testing.assert_allclose(evaluate(session, y, bias=[0.0] * 3), expected, rtol=1e-6)


def test_second_moment_of_each_row_becomes_one(session):
    actual = session.run(layers.normalize_2nd_moment(tf.constant([[3.0, 4.0], [0.0, 0.0]])))
    np.testing.assert_allclose(actual, [[3 / np.sqrt(12.5), 4 / np.sqrt(12.5)], [0, 0]], rtol=1e-6)


# ----------------------------------------------------------------------------
# Convolutions.


@pytest.mark.parametrize('kernel', [1, 3])
def test_convolution_keeps_the_size(session, kernel):
    x, w = randn(2, 3, 4, 4), randn(kernel, kernel, 3, 5)
    actual = evaluate(session, layers.conv2d_layer(tf.constant(x), fmaps=5, kernel=kernel), weight=w)
    np.testing.assert_allclose(actual, convolve(x, w) / (kernel * np.sqrt(3)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('option, size', [('up', 8), ('down', 2)])
def test_convolution_can_change_the_size_by_two(session, option, size):
    x = layers.conv2d_layer(
        tf.constant(randn(2, 3, 4, 4)), fmaps=5, kernel=3, resample_kernel=[1, 3, 3, 1], **{option: True}
    )
    assert x.shape.as_list() == [2, 5, size, size]
    assert evaluate(session, x).shape == (2, 5, size, size)


def modulate(w, s, demodulate):
    """Return the weights of each sample [NkkIO]."""
    w = w[np.newaxis] * s[:, np.newaxis, np.newaxis, :, np.newaxis]
    if demodulate:
        w = w / np.sqrt(np.sum(np.square(w), axis=(1, 2, 3), keepdims=True) + 1e-8)
    return w


@pytest.mark.parametrize('demodulate', [True, False])
def test_modulated_convolution_has_weights_for_each_sample(session, demodulate):
    x, style, w = randn(2, 3, 4, 4), randn(2, 6), randn(3, 3, 3, 5)
    mod_weight, mod_bias = randn(6, 3), np.array([0.5, 0.0, -1.0])
    y = layers.modulated_conv2d_layer(tf.constant(x), tf.constant(style), 5, 3, demodulate=demodulate)
    actual = evaluate(session, y, weight=w, mod_weight=mod_weight, mod_bias=mod_bias)
    s = style @ mod_weight / np.sqrt(6) + mod_bias + 1
    weights = modulate(w / np.sqrt(27), s, demodulate)
    expected = np.concatenate([convolve(x[n : n + 1], weights[n]) for n in range(2)])
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    'build, shape',
    [
        (lambda x: layers.dense_layer(x, 5, lrmul=0.1), [48, 5]),
        (lambda x: layers.conv2d_layer(x, 5, kernel=3, up=True), [3, 3, 3, 5]),
        (lambda x: layers.conv2d_layer(x, 5, kernel=3, down=True), [3, 3, 3, 5]),
        (lambda x: layers.modulated_conv2d_layer(x, tf.ones([2, 6]), 5, 3), [3, 3, 3, 5]),
    ],
)
def test_no_pass_over_the_weights_is_spent_on_their_scale(session, build, shape):
    build(tf.constant(randn(2, 3, 4, 4)))
    products = [op.outputs[0] for op in session.graph.get_operations() if op.type == 'Mul' and 'Init' not in op.name]
    assert shape not in [product.shape.as_list() for product in products]


def test_demodulated_outputs_do_not_depend_on_the_size_of_the_style(session):
    x, style = tf.constant(randn(2, 3, 4, 4)), tf.placeholder(tf.float32, [2, 3])
    y = layers.modulated_conv2d_layer(x, style, 5, 3)
    evaluate(session, tf.no_op(), mod_bias=[-1.0] * 3)
    small, large = [session.run(y, {style: randn(2, 3) * scale}) for scale in (1, 1000)]
    np.testing.assert_allclose(small, large, rtol=1e-3, atol=1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize('options', [{}, {'up': True}, {'down': True}, {'demodulate': False}])
def test_grouped_convolution_on_a_gpu_gives_the_values_of_the_ungrouped_one(session, options):
    x, style = tf.constant(randn(2, 4, 8, 8)), tf.constant(randn(2, 6))
    with tf.device(compat.tower_device(0)):
        results = []
        for fused_modconv in (True, False):
            with tf.variable_scope('layer', reuse=tf.AUTO_REUSE):
                y = layers.modulated_conv2d_layer(x, style, 8, 3, fused_modconv=fused_modconv, **options)
            results += [y, tf.gradients(tf.reduce_sum(tf.square(y)), style)[0]]
    y, gradient, expected_y, expected_gradient = evaluate(session, results)
    np.testing.assert_allclose(y, expected_y, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-2, atol=1e-2)


# ----------------------------------------------------------------------------
# Minibatch standard deviation.


def test_standard_deviation_of_a_group_is_averaged_over_all_its_features(session):
    x = np.zeros([4, 2, 1, 2], np.float32)  # [NCHW], groups are samples 0, 2 and 1, 3
    x[2, 0, 0, 0] = 2.0  # Standard deviation 1 in one of four features.
    x[3] = 6.0  # Standard deviation 3 in all.
    y = session.run(layers.minibatch_stddev_layer(tf.constant(x), group_size=2))
    np.testing.assert_array_equal(y[:, :2], x)
    np.testing.assert_allclose(y[:, 2, 0, 0], [0.25, 3.0, 0.25, 3.0], atol=1e-3)
    assert (y[:, 2:] == y[:, 2:, :, :1]).all()


def test_groups_are_not_larger_than_the_minibatch(session):
    x = np.array([0.0, 2.0], np.float32).reshape(2, 1, 1, 1)
    y = session.run(layers.minibatch_stddev_layer(tf.constant(x), group_size=4))
    np.testing.assert_allclose(y[:, 1, 0, 0], [1.0, 1.0], rtol=1e-5)


def test_each_new_feature_has_its_share_of_the_channels(session):
    x = np.zeros([2, 4, 1, 1], np.float32)
    x[1, :, 0, 0] = [2.0, 4.0, 6.0, 10.0]
    y = session.run(layers.minibatch_stddev_layer(tf.constant(x), group_size=2, num_new_features=2))
    np.testing.assert_allclose(y[:, 4:, 0, 0], [[1.5, 4.0]] * 2, rtol=1e-4)


# ----------------------------------------------------------------------------
# Sizes.


def test_pixels_are_repeated_and_blocks_averaged_by_any_factor(session):
    x = randn(2, 3, 2, 4)
    large = x.repeat(3, axis=2).repeat(3, axis=3)
    np.testing.assert_array_equal(session.run(layers.repeat_pixels(tf.constant(x), 3)), large)
    np.testing.assert_allclose(session.run(layers.average_blocks(tf.constant(large), 3)), x, rtol=1e-5)
    expected = x.reshape(2, 3, 1, 2, 2, 2).mean(axis=(3, 5))
    np.testing.assert_allclose(session.run(layers.average_blocks(tf.constant(x))), expected, rtol=1e-5, atol=1e-6)


def test_number_of_feature_maps_halves_between_its_limits():
    num_fmaps = layers.get_num_fmaps(fmap_base=64, fmap_decay=1.0, fmap_min=3, fmap_max=20)
    assert [num_fmaps(stage) for stage in range(6)] == [20, 20, 16, 8, 4, 3]


def test_image_size_doubles_with_every_block():
    assert layers.get_image_size(2) == [4, 4]
    assert layers.get_image_size(5, min_h=3, min_w=5) == [24, 40]


@pytest.mark.parametrize('resolution, expected', [(4, 2), (8, 3), (1024, 10)])
def test_resolution_is_a_power_of_two(resolution, expected):
    assert layers.get_resolution_log2(resolution) == expected


@pytest.mark.parametrize('resolution', [0, 2, -8, 12, 1023, 1025])
def test_other_resolutions_are_refused_with_the_keywords_for_them(resolution):
    with pytest.raises(ValueError, match=f'power of two, at least 4, got {resolution}; .* min_h and min_w'):
        layers.get_resolution_log2(resolution)


def test_width_that_leaves_no_feature_maps_is_refused():
    num_fmaps = layers.get_num_fmaps(fmap_base=8, fmap_decay=1.0, fmap_min=0, fmap_max=512)
    assert num_fmaps(3) == 1
    with pytest.raises(ValueError, match='fmap_base must leave feature maps for all blocks, but 8 has none for 4'):
        num_fmaps(4)

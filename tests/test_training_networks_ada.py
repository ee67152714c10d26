# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The networks of StyleGAN2-ADA against numbers of the official implementation, and their options."""

import numpy as np
import official_networks as official
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training import layers, networks_ada, stylegan2_blocks

MODULE = 'training.networks_ada.'
SIZE = {'num_channels': 3, 'resolution': 16, 'fmap_base': 32, 'fmap_max': 4}
LATENT = {'latent_size': 4, 'dlatent_size': 4, 'mapping_layers': 1}
LATENTS = np.random.RandomState(1).randn(2, 4)
IMAGES = np.random.RandomState(1).randn(4, 3, 16, 16)


def build(func, **kwargs):
    latent = {} if func.startswith('D_') else LATENT
    net = tflib.Network('net', MODULE + func, **dict(SIZE, **dict(latent, **kwargs)))
    official.randomize(net)
    return net


@pytest.mark.parametrize('name', ['ada_g', 'ada_g_labels', 'ada_d', 'ada_d_labels'])
def test_variables_have_the_official_names_order_and_kinds(session, name):
    official.compare_variables(official.load(name))


@pytest.mark.parametrize('name', ['ada_g', 'ada_g_labels'])
def test_generator_agrees_with_the_official_images(session, name):
    official.compare_images(official.load(name))


@pytest.mark.parametrize('name', ['ada_d', 'ada_d_labels'])
def test_discriminator_agrees_with_the_official_scores(session, name):
    official.compare_scores(official.load(name))


SMALL_D = {'fmap_base': 8192}
AUTO = {'mapping_layers': 2}
CIFAR_G = {'resolution': 32, 'fmap_base': 8192, 'mapping_layers': 2}
CIFAR_D = {'resolution': 32, 'fmap_base': 8192, 'architecture': 'orig'}
COUNTS = [
    ('G_main', {}, (30370060, 33166748, 156, 138)),
    ('G_main', AUTO, (28794124, 31590812, 144, 126)),
    ('G_main', {'resolution': 512}, (30276583, 30976119, 140, 124)),
    ('G_main', dict(AUTO, resolution=512), (28700647, 29400183, 128, 112)),
    ('G_main', dict(SMALL_D, resolution=256), (24767458, 24942706, 124, 110)),
    ('G_main', dict(SMALL_D, resolution=256, mapping_layers=2), (23191522, 23366770, 112, 98)),
    ('G_main', CIFAR_G, (19947539, 19950755, 64, 56)),
    ('G_main', dict(CIFAR_G, label_size=10), (20215315, 20218531, 66, 58)),
    ('D_main', {}, (29012513, 29012513, 48, 48)),
    ('D_main', {'resolution': 512}, (28982849, 28982849, 43, 43)),
    ('D_main', dict(SMALL_D, resolution=256), (24001089, 24001089, 38, 38)),
    ('D_main', CIFAR_D, (20720641, 20720641, 20, 20)),
    ('D_main', dict(CIFAR_D, label_size=10), (20988416, 20988416, 22, 22)),
]


@pytest.mark.parametrize('func, kwargs, expected', COUNTS)
def test_networks_of_the_paper_have_the_official_numbers_of_variables(session, monkeypatch, func, kwargs, expected):
    assert official.count(monkeypatch, MODULE + func, **kwargs) == expected


# ----------------------------------------------------------------------------
# Options of the generator.


def test_without_noise_there_are_no_variables_for_it(session):
    G = build('G_main', use_noise=False)
    assert not [name for name in G.vars if 'noise' in name]
    np.testing.assert_array_equal(G.run(LATENTS, None), G.run(LATENTS, None))


def test_constant_can_have_feature_maps_of_its_own_number(session):
    G = build('G_main', fmap_const=7)
    assert G.vars['G_synthesis/4x4/Const/const'].shape.as_list() == [1, 7, 4, 4]
    assert G.vars['G_synthesis/4x4/Conv/weight'].shape.as_list() == [3, 3, 7, 4]
    assert G.run(LATENTS, None).shape == (2, 3, 16, 16)


def test_labels_are_embedded_to_a_vector_of_any_size(session):
    G = build('G_main', label_size=3, label_fmaps=5, mapping_fmaps=6, mapping_layers=2)
    shapes = {name: var.shape.as_list() for name, var in G.components.mapping.vars.items()}
    assert shapes['LabelEmbed/weight'] == [3, 5] and shapes['Dense0/weight'] == [4 + 5, 6]
    w = G.components.mapping.run(LATENTS[[0, 0]], np.eye(3)[:2])
    assert np.abs(w[0] - w[1]).max() > 0.01


@pytest.mark.parametrize('architecture', ['orig', 'skip', 'resnet'])
def test_outputs_of_layers_are_clamped(session, architecture):
    G = build('G_main', conv_clamp=0.01, architecture=architecture)
    images = G.run(LATENTS, None)
    limit = 0.01 if architecture != 'skip' else 0.01 * 3  # Sum of three layers, each enlarged without gain.
    assert 0 < np.abs(images).max() <= limit * 1.0001


# ----------------------------------------------------------------------------
# Half precision.


@pytest.fixture
def half_precision(monkeypatch):
    """Choose types of activations as on a GPU."""
    monkeypatch.setattr(stylegan2_blocks, 'runs_on_cpu', lambda x: False)


def list_half_scopes(net):
    """Return the blocks in which the network convolves in float16."""
    ops = [op for op in net.list_ops() if op.type == 'Conv2D' and op.outputs[0].dtype == tf.float16]
    return {part for op in ops for part in op.name.split('/') if part[:1].isdigit()}


def test_cpu_computes_in_single_precision(session):
    assert not list_half_scopes(build('D_main', num_fp16_res=2))


def test_highest_resolutions_compute_in_half_precision(session, half_precision):
    D = build('D_main', num_fp16_res=2, conv_clamp=256)
    assert list_half_scopes(D) == {'16x16', '8x8'}
    G = build('G_main', num_fp16_res=1, conv_clamp=256)
    assert list_half_scopes(G) == {'16x16'}
    assert G.output_templates[0].dtype == D.output_templates[0].dtype == tf.float32


@pytest.mark.parametrize('architecture', ['skip', 'resnet'])
def test_half_precision_gives_nearly_the_same_images_and_scores(session, half_precision, architecture):
    G, D = build('G_main', architecture=architecture), build('D_main', architecture=architecture)
    options = {'randomize_noise': False}
    expected = G.run(LATENTS, None, **options)
    images = G.run(LATENTS, None, num_fp16_res=2, **options)
    assert 0 < np.abs(images - expected).max() < 0.02 * np.abs(expected).max()
    expected = D.run(IMAGES, None)
    scores = D.run(IMAGES, None, num_fp16_res=2)
    assert 0 < np.abs(scores - expected).max() < 0.02 * np.abs(expected).max()


def test_half_precision_does_not_overflow_where_demodulation_brings_values_back(session):
    x, style = tf.constant(np.full([1, 4, 4, 4], 100, np.float16)), tf.constant(np.full([1, 4], 3000, np.float32))
    with tf.variable_scope('layer', reuse=tf.AUTO_REUSE):
        half = layers.modulated_conv2d_layer(x, style, 2, kernel=3, fused_modconv=False)
        single = layers.modulated_conv2d_layer(tf.cast(x, tf.float32), style, 2, kernel=3, fused_modconv=False)
    session.run(tf.global_variables_initializer())
    half, single = session.run([half, single])
    np.testing.assert_allclose(half, single, rtol=1e-2, atol=1)


# ----------------------------------------------------------------------------
# Options of the discriminator.


def test_ten_frozen_layers_of_256_pixels_end_with_the_block_of_64(session):
    D = tflib.Network('D', MODULE + 'D_main', resolution=256, fmap_base=256, fmap_max=2, freeze_layers=10)
    frozen = {name.split('/')[0] for name in D.vars if name not in D.trainables}
    assert frozen == {'256x256', '128x128', '64x64'}
    assert not [name for name in D.trainables if name.split('/')[0] in frozen]


@pytest.mark.parametrize(
    'freeze_layers, first_trainable',
    [
        (0, '16x16/FromRGB/weight'),
        (1, '16x16/Conv0/weight'),
        (3, '16x16/Skip/weight'),
        (4, '8x8/Conv0/weight'),
        (7, '4x4/Conv/weight'),
        (8, '4x4/Dense0/weight'),
        (9, 'Output/weight'),
        (99, 'Output/weight'),
    ],
)
def test_layers_freeze_from_the_images_on(session, freeze_layers, first_trainable):
    D = build('D_main', freeze_layers=freeze_layers)
    names, frozen = list(D.vars), [name for name in D.vars if name not in D.trainables]
    assert names.index(first_trainable) == len(frozen)
    assert frozen == names[: len(frozen)]
    assert list(D.trainables)[0] == first_trainable


def test_layers_of_labels_never_freeze(session):
    D = build('D_main', freeze_layers=99, label_size=2, mapping_layers=1)
    scopes = {name.split('/')[0] for name in D.trainables}
    assert scopes == {'LabelEmbed', 'Mapping0', 'Output'}


def test_spectral_norm_makes_the_largest_singular_value_one(session):
    w = np.random.RandomState(1).randn(3, 3, 4, 5).astype(np.float32)
    variable = tf.get_variable('w', initializer=w)
    normalized = layers.apply_spectral_norm(variable, 'w_sn')
    r = np.random.RandomState(2).randn(*w.shape).astype(np.float32)
    (gradient,) = tf.gradients(tf.reduce_sum(normalized * r), variable)
    session.run(tf.global_variables_initializer())
    for _ in range(200):
        session.run(normalized)
    u, s, v = np.linalg.svd(w.reshape(-1, 5), full_matrices=False)
    actual, actual_gradient = session.run([normalized, gradient])
    np.testing.assert_allclose(actual, w / s[0], rtol=1e-4, atol=1e-5)
    # The largest singular value moves with the outer product of its vectors.
    d_sigma = np.outer(u[:, 0], v[0]).reshape(w.shape)
    expected = (r - np.sum(r * w) / s[0] * d_sigma) / s[0]
    np.testing.assert_allclose(actual_gradient, expected, rtol=1e-3, atol=1e-4)


def test_spectral_norm_concerns_large_kernels_only_and_is_not_trained(session):
    D = build('D_main', use_spectral_norm=True)
    states = [name for name in D.vars if name.endswith('_sn')]
    layer_names = ['16x16/Conv0', '16x16/Conv1_down', '8x8/Conv0', '8x8/Conv1_down', '4x4/Conv']
    assert states == [name + '/weight_sn' for name in layer_names]
    assert not set(states) & set(D.trainables)
    assert D.vars['4x4/Conv/weight_sn'].shape.as_list() == [1, 4]
    before = D.get_var('4x4/Conv/weight_sn')
    assert D.run(IMAGES, None).shape == (4, 1)
    assert np.abs(D.get_var('4x4/Conv/weight_sn') - before).max() > 0.01


# Of four bits, each comes in over 0.5 / 4 before the strength at which it is wholly there: a multiple of 1 / 4.
@pytest.mark.parametrize(
    'strength, probabilities',
    [
        (0, [0, 0, 0, 0]),
        (0.5, [0.5, 0.5, 0, 0]),
        (0.625, [0.5, 0.5, 0, 0]),
        (0.6875, [0.5, 0.5, 0.25, 0]),
        (1, [0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_pagan_draws_more_bits_with_more_strength(session, strength, probabilities):
    bits, signs = session.run(networks_ada._draw_pagan_bits(20000, strength, pagan_num=4, pagan_fade=0.5))
    np.testing.assert_allclose(bits.mean(axis=0), probabilities, atol=0.015)
    np.testing.assert_array_equal(signs[:, 0], (-1) ** bits.sum(axis=1))


def test_pagan_without_strength_leaves_the_scores_alone(session):
    D = build('D_main', use_pagan=True, pagan_num=4)
    assert D.vars['16x16/FromRGB/PAGAN/weight'].shape.as_list() == [4, 4]
    np.testing.assert_array_equal(D.run(IMAGES, None), D.run(IMAGES, None, use_pagan=False))
    scores = [D.run(IMAGES, None, augment_strength=1.0) for _ in range(4)]
    assert np.std(scores, axis=0).min() > 0


def test_adaptive_dropout_multiplies_by_random_factors_as_strength_says(session):
    D = build('D_main', adaptive_dropout=1.0)
    expected = D.run(IMAGES, None, adaptive_dropout=0)
    np.testing.assert_array_equal(D.run(IMAGES, None), expected)
    slightly, strongly = [np.abs(D.run(IMAGES, None, augment_strength=s) - expected).max() for s in (1e-3, 1.0)]
    assert 0 < slightly < 0.1 * strongly


def test_strength_can_be_a_tensor(session):
    D = build('D_main', adaptive_dropout=1.0, use_pagan=True, pagan_num=4)
    strength = tf.placeholder(tf.float32, [])
    scores = D.get_output_for(tf.constant(IMAGES, tf.float32), None, augment_strength=strength)
    np.testing.assert_array_equal(session.run(scores, {strength: 0}), D.run(IMAGES, None))


def test_scores_can_be_several_of_which_the_first_are_returned(session):
    D = build('D_main', score_max=5)
    assert D.vars['Output/weight'].shape.as_list() == [4, 5]
    all_scores = D.run(IMAGES, None, score_size=5)
    assert all_scores.shape == (4, 5)
    np.testing.assert_array_equal(D.run(IMAGES, None), all_scores[:, :1])


def test_minibatch_stddev_is_off_without_features(session):
    D = build('D_main', mbstd_num_features=0)
    assert D.vars['4x4/Conv/weight'].shape.as_list() == [3, 3, 4, 4]
    np.testing.assert_allclose(D.run(IMAGES, None)[:2], D.run(IMAGES[:2], None), rtol=1e-4, atol=1e-6)


def test_minibatch_stddev_takes_all_samples_as_one_group_by_default(session):
    D = build('D_main')
    images = np.concatenate([IMAGES, IMAGES + 1])[:6]
    np.testing.assert_allclose(D.run(images, None), D.run(images, None, mbstd_group_size=6), rtol=1e-5)


# ----------------------------------------------------------------------------
# Sizes.


def test_images_need_not_be_square(session):
    wide, high = build('G_main', min_h=3, min_w=5), build('G_main', min_h=5, min_w=3)
    assert wide.output_shape == [None, 3, 12, 20]
    official.mirror_diagonally(high, wide, [3, 5])
    expected = wide.run(LATENTS, None, randomize_noise=False).transpose(0, 1, 3, 2)
    np.testing.assert_allclose(high.run(LATENTS, None, randomize_noise=False), expected, rtol=1e-3, atol=1e-3)


def test_networks_of_images_that_are_not_square_can_be_trained(session):
    official.check_training(session, build('G_main', min_h=2, min_w=7), build('D_main', min_h=2, min_w=7))


@pytest.mark.parametrize('resolution, num_channels', [(4, 1), (4, 5)])
def test_smallest_networks_and_any_number_of_channels_work(session, resolution, num_channels):
    size = {'resolution': resolution, 'num_channels': num_channels}
    image_shape = [num_channels, resolution, resolution]
    official.check_size(build('G_main', **size), build('D_main', **size), LATENTS, image_shape)


@pytest.mark.parametrize('func', ['G_synthesis', 'D_main'])
def test_bad_resolution_is_refused_with_what_is_possible(session, func):
    with pytest.raises(ValueError, match='resolution must be a power of two, at least 4, got 192.*min_h=3'):
        tflib.Network('net', MODULE + func, **dict(SIZE, resolution=192))

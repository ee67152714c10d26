# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The networks of StyleGAN against numbers of the official implementation."""

import numpy as np
import official_networks as official
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training import networks_stylegan

MODULE = 'training.networks_stylegan.'
SIZE = {'num_channels': 3, 'resolution': 8, 'fmap_base': 32, 'fmap_max': 4}
LATENT = {'latent_size': 4, 'dlatent_size': 4, 'mapping_fmaps': 4, 'mapping_layers': 1}
LATENTS = np.random.RandomState(1).randn(2, 4)
IMAGES = np.random.RandomState(1).randn(4, 3, 8, 8)


def build(func, **kwargs):
    latent = {} if func.startswith('D_') else LATENT
    net = tflib.Network('net', MODULE + func, **dict(SIZE, **dict(latent, **kwargs)))
    official.randomize(net)
    return net


@pytest.mark.parametrize('name', ['sg1_g_style', 'sg1_d_basic'])
def test_variables_have_the_official_names_order_and_kinds(session, name):
    official.compare_variables(official.load(name))


def test_generator_agrees_with_the_official_images(session):
    official.compare_images(official.load('sg1_g_style'), fused_scale=False)


def test_discriminator_agrees_with_the_official_scores(session):
    official.compare_scores(official.load('sg1_d_basic'))


COUNTS = [
    ('G_style', {}, (26219627, 29016333, 145, 124)),
    ('G_style', {'resolution': 256}, (26086229, 26261495, 117, 100)),
    ('G_mapping', {}, (2101248, 2101248, 16, 16)),
    ('D_basic', {'num_channels': 3, 'resolution': 1024}, (23087249, 23087250, 57, 56)),
    ('D_basic', {'num_channels': 3, 'resolution': 256}, (23052353, 23052354, 45, 44)),
]


@pytest.mark.parametrize('func, kwargs, expected', COUNTS)
def test_networks_of_the_paper_have_the_official_numbers_of_variables(session, monkeypatch, func, kwargs, expected):
    assert official.count(monkeypatch, MODULE + func, **kwargs) == expected


# ----------------------------------------------------------------------------
# Truncation.


def test_truncation_is_off_without_psi_or_without_cutoff(session):
    G = build('G_style')
    expected = G.run(LATENTS, None, truncation_psi=None, randomize_noise=False)
    assert np.abs(G.run(LATENTS, None, randomize_noise=False) - expected).max() > 0.1
    for kwargs in ({'truncation_cutoff': 0}, {'truncation_cutoff': None}, {'truncation_psi': 1}):
        images = G.run(LATENTS, None, randomize_noise=False, **kwargs)
        np.testing.assert_allclose(images, expected, rtol=1e-5, atol=1e-5)


def test_validation_has_truncation_of_its_own(session):
    G = build('G_style')
    options = {'is_validation': True, 'truncation_psi_val': 0.5, 'truncation_cutoff_val': 2}
    expected = G.run(LATENTS, None, truncation_psi=0.5, truncation_cutoff=2, randomize_noise=False)
    np.testing.assert_array_equal(G.run(LATENTS, None, randomize_noise=False, **options), expected)


# ----------------------------------------------------------------------------
# Layers.


def convolve(x, w):
    """Return the correlation [NOHW] of [NIHW] with [kkIO], zeros outside."""
    height, width = x.shape[2:]
    x = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)], 'constant')
    shifts = [(dy, dx) for dy in range(3) for dx in range(3)]
    return sum(np.einsum('nihw,io->nohw', x[:, :, y : y + height, x_ : x_ + width], w[y, x_]) for y, x_ in shifts)


@pytest.mark.parametrize('fused_scale', [False, True])
@pytest.mark.parametrize('size', [[4, 4], [3, 5]])
def test_enlarging_convolution_repeats_pixels_and_mirrors_the_kernel_when_fused(session, size, fused_scale):
    x = np.random.RandomState(1).randn(2, 3, *size).astype(np.float32)
    y = networks_stylegan._upscale_conv_layer(tf.constant(x), 5, fused_scale, use_wscale=True)
    session.run(tf.global_variables_initializer())
    actual, w = session.run([y, tf.global_variables()[0]])
    w = w * np.sqrt(2 / 27)
    expected = convolve(x.repeat(2, axis=2).repeat(2, axis=3), w[::-1, ::-1] if fused_scale else w)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('size, is_fused', [([63, 64], False), ([64, 63], False), ([64, 64], True), ([80, 64], True)])
def test_scale_is_fused_from_128_pixels_on(session, size, is_fused):
    x = tf.constant(np.random.RandomState(1).randn(1, 2, *size).astype(np.float32))
    outputs = []
    for fused_scale in ('auto', is_fused):
        with tf.variable_scope('layer', reuse=tf.AUTO_REUSE):
            outputs.append(networks_stylegan._upscale_conv_layer(x, 2, fused_scale, use_wscale=True))
    session.run(tf.global_variables_initializer())
    np.testing.assert_array_equal(*session.run(outputs))


def test_discriminator_is_the_same_function_for_every_fused_scale(session):
    D = build('D_basic')
    expected = D.run(IMAGES, None, fused_scale=False)
    for fused_scale in (True, 'auto'):
        np.testing.assert_allclose(D.run(IMAGES, None, fused_scale=fused_scale), expected, rtol=1e-5)


@pytest.mark.parametrize(
    'blur_filter, expected',
    [
        ([1, 2, 1], [0.25, 0.5, 0.25, 0, 0]),  # Symmetric.
        ([1, 2, 5], [0.625, 0.25, 0.125, 0, 0]),  # A correlation: the last tap looks to the right.
        ([3, 1], [0.25, 0.75, 0, 0, 0]),  # Of even length: the first tap is the centre.
        (None, [0, 1, 0, 0, 0]),
    ],
)
def test_blur_correlates_with_the_filter(session, blur_filter, expected):
    x = np.zeros([1, 1, 5, 5], np.float32)
    x[:, :, :, 1] = 1  # Constant along the height, so that only the width matters away from the border.
    actual = session.run(networks_stylegan._blur(tf.constant(x), blur_filter))[0, 0, 2]
    np.testing.assert_allclose(actual, expected, rtol=1e-6)


def test_instance_norm_makes_each_feature_map_standard(session):
    x = np.random.RandomState(1).randn(2, 3, 4, 4).astype(np.float32) * 5 + 2
    actual = session.run(networks_stylegan._instance_norm(tf.constant(x)))
    np.testing.assert_allclose(actual.mean(axis=(2, 3)), np.zeros([2, 3]), atol=1e-5)
    np.testing.assert_allclose(actual.std(axis=(2, 3)), np.ones([2, 3]), rtol=1e-4)


# ----------------------------------------------------------------------------
# Options of the architecture.


def test_without_noise_there_are_no_variables_for_it(session):
    G = build('G_style', use_noise=False)
    assert not [name for name in G.vars if 'noise' in name.lower()]
    np.testing.assert_array_equal(G.run(LATENTS, None), G.run(LATENTS, None))


def test_noise_is_fresh_unless_randomizing_is_off(session):
    G = build('G_style')
    assert np.abs(G.run(LATENTS, None) - G.run(LATENTS, None)).max() > 0.1
    options = {'randomize_noise': False}
    np.testing.assert_array_equal(G.run(LATENTS, None, **options), G.run(LATENTS, None, **options))


def test_without_styles_w_enters_once_by_a_dense_layer(session):
    G = build('G_style', use_styles=False, const_input_layer=False, min_h=3, min_w=5)
    assert not [name for name in G.vars if 'StyleMod' in name or 'Const' in name]
    assert G.vars['G_synthesis/4x4/Dense/weight'].shape.as_list() == [4, 4 * 3 * 5]
    assert G.components.synthesis.input_shape == [None, 1, 4]
    images = G.run(LATENTS, None)
    assert images.shape == (2, 3, 6, 10) and np.abs(images[0] - images[1]).max() > 0.1


def test_pixel_norm_can_be_had_in_place_of_instance_norm(session):
    G = build('G_style', use_pixel_norm=True, use_instance_norm=False)
    images = G.run(LATENTS, None, randomize_noise=False)
    assert np.isfinite(images).all()
    assert np.abs(images - G.run(LATENTS, None, randomize_noise=False, use_pixel_norm=False)).max() > 0.1


def test_labels_choose_the_latents_and_the_score(session):
    G, D = build('G_style', label_size=2), build('D_basic', label_size=2)
    labels = np.eye(2)
    assert list(G.components.mapping.vars)[0] == 'LabelConcat/weight'
    assert np.abs(np.diff(G.components.mapping.run(LATENTS[[0, 0]], labels), axis=0)).max() > 0.01
    scores = [D.run(IMAGES, np.tile(label, [4, 1])) for label in labels]
    both = D.run(IMAGES, np.ones([4, 2]))
    np.testing.assert_allclose(both, scores[0] + scores[1], rtol=1e-4)


def test_images_need_not_be_square(session):
    wide, high = build('G_style', min_h=3, min_w=5), build('G_style', min_h=5, min_w=3)
    assert wide.output_shape == [None, 3, 6, 10]
    assert [wide.vars[f'G_synthesis/noise{i}'].shape.as_list()[2:] for i in (0, 1, 2)] == [[3, 5], [3, 5], [6, 10]]
    official.mirror_diagonally(high, wide, [3, 5])
    images = wide.run(LATENTS, None, randomize_noise=False)
    expected = images.transpose(0, 1, 3, 2)
    np.testing.assert_allclose(high.run(LATENTS, None, randomize_noise=False), expected, rtol=1e-3, atol=1e-3)


def test_images_to_score_need_not_be_square(session):
    wide, high = build('D_basic', min_h=3, min_w=5), build('D_basic', min_h=5, min_w=3)
    official.mirror_diagonally(high, wide, [3, 5])
    images = np.random.RandomState(1).randn(4, 3, 6, 10)
    scores = wide.run(images, None)
    assert np.std(scores) > 0.001
    np.testing.assert_allclose(high.run(images.transpose(0, 1, 3, 2), None), scores, rtol=1e-3, atol=1e-4)


def test_networks_of_images_that_are_not_square_can_be_trained(session):
    official.check_training(session, build('G_style', min_h=2, min_w=7), build('D_basic', min_h=2, min_w=7))


@pytest.mark.parametrize('resolution, num_channels', [(4, 1), (4, 5)])
def test_smallest_networks_and_any_number_of_channels_work(session, resolution, num_channels):
    size = {'resolution': resolution, 'num_channels': num_channels}
    image_shape = [num_channels, resolution, resolution]
    official.check_size(build('G_style', **size), build('D_basic', **size), LATENTS, image_shape)


@pytest.mark.parametrize(
    'kwargs, message',
    [
        ({'resolution': 48}, 'resolution must be a power of two, at least 4, got 48'),
        ({'nonlinearity': 'elu'}, "nonlinearity must be one of 'relu', 'lrelu', got 'elu'"),
        ({'fused_scale': 'yes'}, "fused_scale must be one of True, False, 'auto', got 'yes'"),
    ],
)
@pytest.mark.parametrize('func', ['G_synthesis', 'D_basic'])
def test_bad_keywords_are_refused_with_what_is_possible(session, func, kwargs, message):
    with pytest.raises(ValueError, match=message):
        tflib.Network('net', MODULE + func, **dict(SIZE, **kwargs))

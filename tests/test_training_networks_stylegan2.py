# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The networks of StyleGAN2 against numbers of the official implementation."""

import numpy as np
import official_networks as official
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib

MODULE = 'training.networks_stylegan2.'
GENERATORS = ['g_skip', 'g_skip_labels', 'g_orig', 'g_resnet', 'g_revised']
DISCRIMINATORS = ['d_resnet', 'd_resnet_labels', 'd_skip', 'd_orig', 'd_stylegan']
SIZE = {'num_channels': 3, 'resolution': 8, 'fmap_base': 32, 'fmap_max': 4}
LATENT = {'latent_size': 4, 'dlatent_size': 4, 'mapping_fmaps': 4, 'mapping_layers': 1}


@pytest.mark.parametrize('name', GENERATORS + DISCRIMINATORS)
def test_variables_have_the_official_names_order_and_kinds(session, name):
    official.compare_variables(official.load(name))


@pytest.mark.parametrize('name', GENERATORS)
def test_generator_agrees_with_the_official_images(session, name):
    official.compare_images(official.load(name))


@pytest.mark.parametrize('name', DISCRIMINATORS)
def test_discriminator_agrees_with_the_official_scores(session, name):
    official.compare_scores(official.load(name))


@pytest.mark.parametrize('name', ['g_skip', 'g_resnet'])
def test_path_lengths_and_their_gradients_agree_with_the_official_ones(session, name):
    official.compare_path_length_gradients(session, official.load(name))


@pytest.mark.parametrize('name', ['d_resnet'])
def test_gradients_of_r1_agree_with_the_official_ones(session, name):
    official.compare_r1_gradients(session, official.load(name))


CONFIG_E = {'fmap_base': 8192}
REVISED = {'fmap_base': 8192, 'synthesis_func': 'G_synthesis_stylegan_revised'}
COUNTS = [
    ('G_main', {}, (30370060, 33166749, 157, 138)),
    ('G_main', {'resolution': 512}, (30276583, 30976120, 141, 124)),
    ('G_main', {'resolution': 256}, (30034338, 30209587, 125, 110)),
    ('G_main', CONFIG_E, (24900764, 27697453, 157, 138)),
    ('G_main', dict(CONFIG_E, resolution=512), (24860935, 25560472, 141, 124)),
    ('G_main', dict(CONFIG_E, resolution=256), (24767458, 24942707, 125, 110)),
    ('G_main', {'resolution': 32}, (21523475, 21526692, 77, 68)),
    ('G_main', dict(CONFIG_E, architecture='orig'), (23596292, 26392981, 125, 106)),
    ('G_main', dict(CONFIG_E, architecture='resnet'), (24557316, 27354005, 133, 114)),
    ('G_main', REVISED, (24900764, 27697454, 158, 138)),
    ('G_main', {'resolution': 256, 'label_size': 10}, (30301602, 30476851, 126, 111)),
    ('G_mapping', {}, (2101248, 2101248, 16, 16)),
    ('D_stylegan2', {}, (29012513, 29012513, 48, 48)),
    ('D_stylegan2', {'resolution': 512}, (28982849, 28982849, 43, 43)),
    ('D_stylegan2', {'resolution': 256}, (28864129, 28864129, 38, 38)),
    ('D_stylegan2', CONFIG_E, (24038161, 24038161, 48, 48)),
    ('D_stylegan2', dict(CONFIG_E, resolution=512), (24030753, 24030753, 43, 43)),
    ('D_stylegan2', dict(CONFIG_E, resolution=256), (24001089, 24001089, 38, 38)),
    ('D_stylegan2', {'resolution': 32}, (21507073, 21507073, 23, 23)),
    ('D_stylegan2', dict(CONFIG_E, architecture='orig'), (23077137, 23077137, 40, 40)),
    ('D_stylegan2', dict(CONFIG_E, architecture='skip'), (23087249, 23087249, 56, 56)),
    ('D_stylegan', CONFIG_E, (23087249, 23087250, 57, 56)),
    ('D_stylegan2', {'resolution': 256, 'label_size': 10}, (28868746, 28868746, 38, 38)),
]


@pytest.mark.parametrize('func, kwargs, expected', COUNTS)
def test_networks_of_the_paper_have_the_official_numbers_of_variables(session, monkeypatch, func, kwargs, expected):
    assert official.count(monkeypatch, MODULE + func, **kwargs) == expected


def build(func, **kwargs):
    latent = LATENT if func.startswith('G_') else {}
    net = tflib.Network('net', MODULE + func, **dict(SIZE, **latent, **kwargs))
    official.randomize(net)
    return net


GENERATOR_KWARGS = [
    {'architecture': 'skip'},
    {'architecture': 'resnet'},
    {'synthesis_func': 'G_synthesis_stylegan_revised'},
]


@pytest.mark.parametrize('kwargs', GENERATOR_KWARGS)
def test_images_need_not_be_square(session, kwargs):
    wide, high = build('G_main', min_h=3, min_w=5, **kwargs), build('G_main', min_h=5, min_w=3, **kwargs)
    assert wide.output_shape == [None, 3, 6, 10]
    assert [wide.vars[f'G_synthesis/noise{i}'].shape.as_list()[2:] for i in (0, 1, 2)] == [[3, 5], [6, 10], [6, 10]]
    official.mirror_diagonally(high, wide, [3, 5])
    latents = np.random.RandomState(1).randn(2, 4)
    images = wide.run(latents, None, randomize_noise=False)
    assert np.std(images) > 0.1
    np.testing.assert_allclose(
        high.run(latents, None, randomize_noise=False), images.transpose(0, 1, 3, 2), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize(
    'func, kwargs', [('D_stylegan2', {}), ('D_stylegan2', {'architecture': 'skip'}), ('D_stylegan', {})]
)
def test_images_to_score_need_not_be_square(session, func, kwargs):
    wide, high = build(func, min_h=3, min_w=5, **kwargs), build(func, min_h=5, min_w=3, **kwargs)
    official.mirror_diagonally(high, wide, [3, 5])
    images = np.random.RandomState(1).randn(4, 3, 6, 10)
    scores = wide.run(images, None)
    assert np.std(scores) > 0.001
    np.testing.assert_allclose(high.run(images.transpose(0, 1, 3, 2), None), scores, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    'G_kwargs, D_func', [({}, 'D_stylegan2'), ({'synthesis_func': 'G_synthesis_stylegan_revised'}, 'D_stylegan')]
)
def test_networks_of_images_that_are_not_square_can_be_trained(session, G_kwargs, D_func):
    G, D = [build(func, min_h=2, min_w=7, **kwargs) for func, kwargs in [('G_main', G_kwargs), (D_func, {})]]
    official.check_training(session, G, D)


def test_square_images_have_the_same_variables_with_and_without_the_keywords(session):
    for func in ('G_main', 'D_stylegan2'):
        shapes = [
            [(name, var.shape.as_list()) for name, var in build(func, **kwargs).vars.items()]
            for kwargs in ({}, {'min_h': 4, 'min_w': 4})
        ]
        assert shapes[0] == shapes[1]


@pytest.mark.parametrize('num_channels', [1, 5])
@pytest.mark.parametrize(
    'G_kwargs, D_func', [({}, 'D_stylegan2'), ({'synthesis_func': 'G_synthesis_stylegan_revised'}, 'D_stylegan')]
)
def test_smallest_networks_and_any_number_of_channels_work(session, G_kwargs, D_func, num_channels):
    size = dict(SIZE, resolution=4, num_channels=num_channels)
    G = tflib.Network('G', MODULE + 'G_main', **dict(size, **LATENT, **G_kwargs))
    D = tflib.Network('D', MODULE + D_func, **size)
    images = G.run(np.ones([2, 4]), None, is_training=True)
    assert images.shape == (2, num_channels, 4, 4) and D.run(images, None).shape == (2, 1)


BAD_KWARGS = [
    ({'resolution': 300}, 'resolution must be a power of two, at least 4, got 300'),
    ({'resolution': 2}, 'at least 4, got 2'),
    ({'resolution': 0}, 'at least 4, got 0'),
    ({'resolution': -4}, 'at least 4, got -4'),
    ({'min_h': 0}, 'min_h and min_w must be at least 1, got 0 and 4'),
    ({'architecture': 'resent'}, "architecture must be one of 'orig', 'skip', 'resnet', got 'resent'"),
]


@pytest.mark.parametrize('kwargs, message', BAD_KWARGS)
@pytest.mark.parametrize('func', ['G_synthesis_stylegan2', 'D_stylegan2'])
def test_bad_keywords_are_refused_with_what_is_possible(session, func, kwargs, message):
    with pytest.raises(ValueError, match=message):
        tflib.Network('net', MODULE + func, **dict(SIZE, **kwargs))


@pytest.fixture
def gpu_layout(monkeypatch):
    """Build graphs as on a GPU: grouped convolutions, [NCHW]."""
    monkeypatch.setattr(tf.config.experimental, 'list_physical_devices', lambda kind: ['GPU:0'])


@pytest.mark.parametrize('name', ['g_skip', 'g_resnet'])
def test_generator_with_grouped_convolutions_is_built_for_any_minibatch(session, gpu_layout, name):
    ref = official.load(name)
    kwargs = dict(official.read_json(ref, 'static_kwargs'), fused_modconv=True)
    net = tflib.Network('net', str(ref['func']), **kwargs)
    latents = tf.placeholder(tf.float32, [None, 64])
    images = net.get_output_for(latents, None, is_training=True)
    grads = tf.gradients(images, list(net.trainables.values()))
    assert images.shape.as_list() == [None, 3, 32, 32]
    assert all(grad is not None for grad in grads)
    tflib.set_vars({net.vars[key]: ref['var/' + key] for key in official.read_json(ref, 'var_names')})
    if compat_is_tf1():
        return  # Its CPU kernels know no grouped convolution; values are compared where they do.
    actual = net.components.synthesis.run(ref['in/dlatents_mixed'], randomize_noise=False)
    official.assert_values(actual, ref['out/synthesis_mixed'])


def compat_is_tf1():
    from dnnlib.tflib import compat

    return compat.IS_TF1

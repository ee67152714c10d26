# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Progressive growing: what the structures have in common, and what the level of detail does."""

import numpy as np
import official_networks as official
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training import progressive_growing

SIZE = {'num_channels': 2, 'fmap_base': 64, 'fmap_max': 6}
SYNTHESIS = [
    ('training.networks_stylegan2.G_synthesis_stylegan_revised', {}),
    ('training.networks_stylegan.G_synthesis', {'use_instance_norm': False}),
]
DISCRIMINATORS = ['training.networks_stylegan2.D_stylegan', 'training.networks_stylegan.D_basic']
RND = np.random.RandomState(1)
IMAGES = RND.randn(2, 2, 16, 16).astype(np.float32)
LODS = [0, 0.3, 1, 1.75, 2]  # Of networks of 16 pixels.


def make_synthesis(func, kwargs, resolution=16):
    net = tflib.Network('G', func, dlatent_size=4, resolution=resolution, randomize_noise=False, **dict(SIZE, **kwargs))
    official.randomize(net)
    return net


def make_discriminator(func, resolution=16, **kwargs):
    net = tflib.Network('D', func, resolution=resolution, **dict(SIZE, **kwargs))
    official.randomize(net)
    return net


def make_dlatents(net):
    return np.random.RandomState(2).randn(2, *net.input_shape[1:]).astype(np.float32)


def assert_close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def with_second_gradients(y, x, net):
    """Return a tensor, and the gradients of its squared gradient with respect to the variables of a network."""
    (d_x,) = tf.gradients(tf.reduce_sum(tf.square(y)), x)
    variables = list(net.trainables.values())
    second = tf.gradients(tf.reduce_sum(tf.square(d_x)), variables)
    assert all(gradient is not None for gradient in second)
    return [y, d_x] + second


def compare_structures(session, net, x, inputs):
    """Compare the outputs of both structures at all levels of detail, and their gradients with regard to x."""
    outputs = [
        with_second_gradients(net.get_output_for(*inputs, structure=structure), x, net)
        for structure in ('linear', 'recursive')
    ]
    for lod in LODS:
        net.set_var('lod', lod)
        for linear, recursive in zip(*session.run(outputs)):
            assert_close(recursive, linear)


@pytest.mark.parametrize('func, kwargs', SYNTHESIS)
def test_images_and_second_gradients_are_the_same_in_both_structures(session, func, kwargs):
    net = make_synthesis(func, kwargs)
    dlatents = tf.constant(make_dlatents(net))
    compare_structures(session, net, dlatents, [dlatents])


@pytest.mark.parametrize('func', DISCRIMINATORS)
def test_scores_and_second_gradients_are_the_same_in_both_structures(session, func):
    # Without a kink, where gradients jump with rounding, as far as the networks know such functions.
    kwargs = {} if func.endswith('D_basic') else {'nonlinearity': 'softplus'}
    net = make_discriminator(func, **kwargs)
    images = tf.constant(IMAGES)
    compare_structures(session, net, images, [images, None])


@pytest.mark.parametrize('func, kwargs', SYNTHESIS)
def test_fixed_structure_is_full_resolution(session, func, kwargs):
    net = make_synthesis(func, kwargs)
    dlatents = make_dlatents(net)
    expected = net.run(dlatents, structure='linear')
    net.set_var('lod', 2)
    assert_close(net.run(dlatents, structure='fixed'), expected)


@pytest.mark.parametrize('func', DISCRIMINATORS)
def test_fixed_structure_scores_full_resolution(session, func):
    net = make_discriminator(func)
    expected = net.run(IMAGES, None, structure='linear')
    net.set_var('lod', 2)
    assert_close(net.run(IMAGES, None, structure='fixed'), expected)


def copy_shifted(small, large, lod):
    """Give `small` the variables of `large`, which has `lod` more doublings."""
    values, sources = tflib.run(dict(large.vars)), {}
    for name in small.vars:
        source = name
        if '_lod' in name:
            scope, rest = name.split('/', 1)
            kind, level = scope.split('_lod')
            source = f'{kind}_lod{int(level) + lod}/{rest}'
        sources[name] = source
    tflib.set_vars({var: values[sources[name]] for name, var in small.vars.items()})
    small.set_var('lod', 0)


@pytest.mark.parametrize('structure', ['linear', 'recursive'])
@pytest.mark.parametrize('func, kwargs', SYNTHESIS)
def test_images_of_a_whole_lod_are_enlarged_ones_of_a_smaller_network(session, func, kwargs, structure):
    large, small = make_synthesis(func, kwargs, resolution=16), make_synthesis(func, kwargs, resolution=8)
    copy_shifted(small, large, lod=1)
    large.set_var('lod', 1)
    dlatents = make_dlatents(large)
    expected = small.run(dlatents[:, :4]).repeat(2, axis=2).repeat(2, axis=3)
    assert np.std(expected) > 0.1
    assert_close(large.run(dlatents, structure=structure), expected)


@pytest.mark.parametrize('structure', ['linear', 'recursive'])
@pytest.mark.parametrize('func', DISCRIMINATORS)
def test_scores_of_a_whole_lod_are_those_of_a_smaller_network(session, func, structure):
    large, small = make_discriminator(func, resolution=16), make_discriminator(func, resolution=8)
    copy_shifted(small, large, lod=1)
    large.set_var('lod', 1)
    images = IMAGES[:, :, :8, :8]
    scores = large.run(images.repeat(2, axis=2).repeat(2, axis=3), None, structure=structure)
    assert np.std(scores) > 0.01
    assert_close(scores, small.run(images, None))


def spoil_above_8x8(net):
    """Make everything NaN that belongs to 16x16."""
    prefixes = ('16x16/', 'ToRGB_lod0/', 'FromRGB_lod0/')
    variables = [var for name, var in net.vars.items() if name.startswith(prefixes)]
    tflib.set_vars({var: np.full(var.shape.as_list(), np.nan) for var in variables})


@pytest.mark.parametrize('func, kwargs', SYNTHESIS)
def test_recursive_structure_evaluates_only_the_blocks_that_count(session, func, kwargs):
    net = make_synthesis(func, kwargs)
    spoil_above_8x8(net)
    net.set_var('lod', 1)
    dlatents = make_dlatents(net)
    assert np.isnan(net.run(dlatents, structure='linear')).any()
    assert np.isfinite(net.run(dlatents)).all()
    net.set_var('lod', 0.9)
    assert np.isnan(net.run(dlatents)).any()


@pytest.mark.parametrize('func', DISCRIMINATORS)
def test_recursive_discriminator_evaluates_only_the_blocks_that_count(session, func):
    net = make_discriminator(func)
    spoil_above_8x8(net)
    net.set_var('lod', 1)
    assert np.isnan(net.run(IMAGES, None, structure='linear')).any()
    assert np.isfinite(net.run(IMAGES, None)).all()


def test_structure_auto_is_linear_in_clean_graphs_only():
    assert progressive_growing.get_structure('auto', is_clean_graph=True) == 'linear'
    assert progressive_growing.get_structure('recursive', is_clean_graph=True) == 'linear'
    assert progressive_growing.get_structure('fixed', is_clean_graph=True) == 'fixed'
    assert progressive_growing.get_structure('auto', is_clean_graph=False) == 'recursive'
    assert progressive_growing.get_structure('linear', is_clean_graph=False) == 'linear'


def test_unknown_structure_is_refused():
    with pytest.raises(ValueError, match="structure must be one of 'auto', 'fixed', 'linear', 'recursive', got 'tree'"):
        progressive_growing.get_structure('tree', is_clean_graph=False)


def test_main_network_hands_its_lod_to_the_synthesis_network_before_that_runs(session):
    latent = {'latent_size': 4, 'dlatent_size': 4, 'mapping_fmaps': 4, 'mapping_layers': 1}
    G = tflib.Network('G', 'training.networks_stylegan.G_style', resolution=16, **dict(SIZE, **latent))
    official.randomize(G)
    latents = np.ones([2, 4])
    options = {'randomize_noise': False, 'truncation_psi': None}
    full = G.run(latents, None, **options)
    for lod in (1, 0):
        G.set_var('lod', lod)
        images = G.run(latents, None, **options)
        assert G.components.synthesis.get_var('lod') == lod
        is_coarse = np.array_equal(images, images[:, :, ::2, ::2].repeat(2, axis=2).repeat(2, axis=3))
        assert is_coarse == (lod == 1)
    np.testing.assert_array_equal(images, full)

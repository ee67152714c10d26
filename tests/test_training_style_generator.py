# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What generators do to intermediate latents between mapping and synthesis."""

import numpy as np
import official_networks as official
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training import style_generator

NUM_LAYERS = 8
W = np.arange(2 * NUM_LAYERS * 3, dtype=np.float32).reshape(2, NUM_LAYERS, 3)  # [NLD]


def list_crossovers(session, prob, lod=None):
    """Return the number of leading layers that mixing keeps, in each of 60 evaluations."""
    mixed = style_generator._mix_styles(tf.zeros_like(W), tf.ones_like(W), lod, prob)
    results = [session.run(mixed) for _ in range(60)]
    for result in results:
        assert (result == result[:1, :, :1]).all()  # One crossover for the whole minibatch.
        assert (np.diff(result[0, :, 0]) >= 0).all()
    return [int(np.sum(result[0, :, 0] == 0)) for result in results]


def test_styles_cross_over_anywhere_behind_the_first_layer(session):
    assert set(list_crossovers(session, prob=1.0)) == set(range(1, NUM_LAYERS))


def test_styles_cross_over_with_the_given_probability(session):
    crossovers = list_crossovers(session, prob=0.5)
    assert 15 < sum(crossover == NUM_LAYERS for crossover in crossovers) < 45


def test_styles_cross_over_among_the_layers_that_the_level_of_detail_leaves(session):
    assert set(list_crossovers(session, prob=1.0, lod=tf.constant(2.5))) == {1, 2, 3}


def test_second_styles_come_from_random_latents_and_the_same_labels(session):
    latents, labels = np.random.RandomState(1).randn(500, 4), np.arange(500.0)[:, np.newaxis]
    dlatents = style_generator._map_two_styles(
        tf.constant(latents, tf.float32), tf.constant(labels, tf.float32), mapping_twin
    )
    first, second = session.run(dlatents)
    np.testing.assert_allclose(first, np.concatenate([latents, labels], axis=1), rtol=1e-6)
    np.testing.assert_array_equal(second[:, 4:], labels)
    assert abs(second[:, :4].mean()) < 0.1 and abs(second[:, :4].std() - 1) < 0.1
    assert np.abs(np.corrcoef(first[:, :4].T, second[:, :4].T)[:4, 4:]).max() < 0.2


def mapping_twin(latents, labels):
    """Return what a mapping network is given."""
    return tf.concat([latents, labels], axis=1)


@pytest.mark.parametrize('module', ['networks_stylegan', 'networks_stylegan2', 'networks_ada'])
def test_training_evaluates_the_mapping_network_once_and_tracks_the_average_of_the_given_latents(session, module):
    func_name = f'training.{module}.{"G_style" if module == "networks_stylegan" else "G_main"}'
    size = {'resolution': 8, 'fmap_base': 16, 'latent_size': 4, 'dlatent_size': 4, 'mapping_layers': 3}
    G = tflib.Network('G', func_name, mapping_fmaps=4, **size)
    official.randomize(G)
    latents, before = np.random.RandomState(1).randn(5, 4), G.get_var('dlatent_avg')
    num_products = count_products('/G_mapping/')
    images = G.get_output_for(tf.constant(latents, tf.float32), None, is_training=True, style_mixing_prob=0.9)
    assert count_products('/G_mapping/') - num_products == 3
    session.run(images)
    expected = 0.995 * before + 0.005 * G.components.mapping.run(latents, None)[:, 0].mean(axis=0)
    np.testing.assert_allclose(G.get_var('dlatent_avg'), expected, rtol=1e-5)


def count_products(part_of_name):
    ops = tf.get_default_graph().get_operations()
    return len([op for op in ops if op.type in ('MatMul', 'DenseProduct') and part_of_name in op.name])

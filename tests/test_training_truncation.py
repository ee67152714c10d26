# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Pulling intermediate latents towards their mean."""

import numpy as np
import official_networks as official
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training import truncation

NUM_LAYERS = 8
W = np.arange(2 * NUM_LAYERS * 3, dtype=np.float32).reshape(2, NUM_LAYERS, 3)  # [NLD]
W_AVG = np.array([1, 2, 3], np.float32)  # [D]


@pytest.mark.parametrize('cutoff, num_truncated', [(None, 8), (0, 0), (3, 3), (8, 8)])
def test_leading_layers_are_pulled_towards_the_average(session, cutoff, num_truncated):
    actual = session.run(truncation.truncate_dlatents(tf.constant(W), tf.constant(W_AVG), 0.5, cutoff))
    np.testing.assert_allclose(actual[:, :num_truncated], (W[:, :num_truncated] + W_AVG) / 2, rtol=1e-6)
    np.testing.assert_allclose(actual[:, num_truncated:], W[:, num_truncated:], rtol=1e-6)


def test_psi_and_cutoff_of_truncation_may_be_tensors(session):
    psi, cutoff = tf.placeholder(tf.float32, []), tf.placeholder(tf.int32, [])
    actual = session.run(
        truncation.truncate_dlatents(tf.constant(W), tf.constant(W_AVG), psi, cutoff), {psi: 0, cutoff: 2}
    )
    np.testing.assert_allclose(actual[:, :2], np.broadcast_to(W_AVG, [2, 2, 3]), rtol=1e-6)
    np.testing.assert_allclose(actual[:, 2:], W[:, 2:], rtol=1e-6)


def test_average_of_w_moves_by_the_first_layer_of_the_minibatch(session):
    avg = tf.get_variable('avg', initializer=W_AVG)
    session.run(avg.initializer)
    tracked = truncation.track_dlatent_avg(tf.constant(W), avg, beta=0.9)
    np.testing.assert_array_equal(session.run(tracked), W)
    np.testing.assert_allclose(session.run(avg), 0.9 * W_AVG + 0.1 * W[:, 0].mean(axis=0), rtol=1e-6)


@pytest.mark.parametrize('module', ['networks_stylegan2', 'networks_ada'])
def test_psi_one_is_no_truncation_and_psi_zero_one_image_for_all(session, module):
    size = {'resolution': 8, 'fmap_base': 16, 'latent_size': 4, 'dlatent_size': 4, 'mapping_layers': 1}
    G = tflib.Network('G', f'training.{module}.G_main', **size)
    official.randomize(G)
    latents, options = np.random.RandomState(1).randn(2, 4), {'randomize_noise': False}
    np.testing.assert_array_equal(
        G.run(latents, None, truncation_psi=1, **options), G.run(latents, None, truncation_psi=None, **options)
    )
    images = G.run(latents, None, truncation_psi=0, **options)
    np.testing.assert_allclose(images[0], images[1], rtol=1e-5, atol=1e-5)
    dlatents = np.tile(G.get_var('dlatent_avg'), [1, 4, 1])
    np.testing.assert_allclose(images[:1], G.components.synthesis.run(dlatents, **options), rtol=1e-4, atol=1e-5)

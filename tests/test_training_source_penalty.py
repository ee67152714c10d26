# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What keeps networks near those that a training began with."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training.loss import TRAINING_STATE
from training.source_penalty import SourcePenalty


def toy_G(latents_in, **_kwargs):
    """Scale by weights."""
    latents_in.set_shape([None, 2])
    return latents_in * tf.get_variable('w', initializer=np.float32([1, 2]))


def toy_D(images_in, labels_in, return_features=False, **_kwargs):
    """Score an image of two pixels by its sum after scaling by weights."""
    images_in.set_shape([None, 2])
    labels_in.set_shape([None, 0])
    features = images_in * tf.get_variable('v', initializer=np.float32([1, 1]))
    scores = tf.reduce_sum(features, axis=1, keepdims=True)
    return (scores, features) if return_features else scores


REALS, LABELS = np.float32([[1, 2], [3, 4]]), np.zeros([2, 0], np.float32)


def test_penalty_is_half_the_squared_distance_of_the_weights(session):
    G = tflib.Network('G', toy_G)
    loss = SourcePenalty(l2sp_g=0.5).get_loss('G', G, None, None)
    (gradient,) = tf.gradients(loss, [G.vars['w']])
    tflib.init_uninitialized_vars()
    assert session.run(loss) == 0
    G.set_var('w', [2, -1])  # Moved by 1 and -3.
    value, slope = session.run([loss, gradient])
    assert value == 0.25 * 10 and slope.tolist() == [0.5, -1.5]


def test_distillation_is_the_mean_squared_distance_of_features_of_reals(session):
    D = tflib.Network('D', toy_D)
    loss = SourcePenalty(distill_d=2.0).get_loss('D', D, tf.constant(REALS), tf.constant(LABELS))
    (gradient,) = tf.gradients(loss, [D.vars['v']])
    tflib.init_uninitialized_vars()
    assert session.run(loss) == 0
    D.set_var('v', [2, 1])  # Features move by [1, 0] and [3, 0].
    value, slope = session.run([loss, gradient])
    assert value == pytest.approx(2 * (1 + 9) / 4) and slope == pytest.approx([2 * 2 * (1 + 9) / 4, 0])


def test_two_devices_share_the_copy_which_a_resumed_training_gets_back(session):
    D = tflib.Network('D', toy_D)
    penalty = SourcePenalty(l2sp_d=1.0, distill_d=1.0)
    for net in (D, D.clone('D_shadow')):
        penalty.get_loss('D', net, tf.constant(REALS), tf.constant(LABELS))
    assert [var.name for var in tf.get_collection(TRAINING_STATE)] == ['D_source/v:0']


def test_networks_without_a_weight_have_no_penalty_and_no_copy(session):
    assert SourcePenalty(l2sp_g=1.0).get_loss('D', tflib.Network('D', toy_D), None, None) == 0
    assert tf.get_collection(TRAINING_STATE) == []


@pytest.mark.parametrize('module, name', [('networks_ada', 'D_main'), ('networks_stylegan2', 'D_stylegan2')])
def test_discriminators_return_the_features_that_scores_are_made_of(session, module, name):
    D = tflib.Network('D', f'training.{module}.{name}', resolution=8, num_channels=3, fmap_base=16, fmap_max=4)
    images = np.random.RandomState(1).randn(2, 3, 8, 8)
    scores, features = session.run(
        D.get_output_for(tf.constant(images, tf.float32), tf.constant(LABELS), return_features=True)
    )
    weight, bias = D.get_var('Output/weight'), D.get_var('Output/bias')
    assert np.allclose(scores, features @ weight / np.sqrt(4) + bias, atol=1e-5)
    assert np.allclose(scores, D.run(images, LABELS), atol=1e-5)

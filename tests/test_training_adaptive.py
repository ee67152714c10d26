# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The strength of augmentation, and what moves it."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training.adaptive import AdaptiveAugment
from training.augmentation.pipes import PIPES


class Sum:
    """A discriminator whose score is the sum of the pixels."""

    name = 'D'

    def get_output_for(self, images, labels, is_training):
        """Return scores [N1]."""
        assert is_training
        return tf.reduce_sum(images, axis=[1, 2, 3])[:, np.newaxis]


def run(session, augment, scores, times=1):
    """Evaluate tensors of counted scores some times, after initialization at the first call."""
    tflib.init_uninitialized_vars()
    for _ in range(times):
        session.run(scores)


@pytest.mark.parametrize('tune_kimg, step', [(500, 0.000512), (100, 0.00256)])
def test_strength_moves_by_equal_steps(session, tune_kimg, step):
    augment = AdaptiveAugment(tune_heuristic='rt', tune_kimg=tune_kimg)
    scores = augment.count('real', tf.ones([64, 1]))
    augment.finish()
    for index in range(3):
        run(session, augment, scores, 4)
        augment.update(256)
        assert augment.get_status() == pytest.approx({'augment': step * (index + 1), 'r_t': 1})


def test_strength_falls_to_zero_and_stands_still_at_the_target(session):
    augment = AdaptiveAugment(initial_strength=0.1, tune_heuristic='rt', tune_target=0.5, tune_kimg=1)
    values = tf.placeholder(tf.float32, [None, 1])
    scores = augment.count('real', values)
    augment.finish()
    tflib.init_uninitialized_vars()
    strengths = []
    for signs in ([1, 1, 1, -1], [1, 1, -1, 0], [-1, -1], [-1]):  # 0.5, 0.25, -1, -1.
        session.run(scores, {values: np.reshape(signs, [-1, 1]) * 7})
        augment.update(64)
        strengths.append(augment.get_status()['augment'])
    np.testing.assert_allclose(strengths, [0.1, 0.036, 0, 0], atol=1e-6)


def test_strength_has_a_ceiling_and_warns_before_it_shows_in_images(session, capsys):
    augment = AdaptiveAugment(initial_strength=0.7, tune_heuristic='rt', tune_kimg=1, max_strength=0.9)
    scores = augment.count('real', tf.ones([1, 1]))
    augment.finish()
    run(session, augment, scores)
    for _ in range(4):
        session.run(scores)
        augment.update(100)
    assert augment.get_status()['augment'] == pytest.approx(0.9)
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith('Warning: augmentation has reached a strength of 0.90; above 0.8 it may show')


def test_statistics_cover_all_places_and_fade_as_slowly_as_wanted(session):
    augment = AdaptiveAugment(tune_heuristic='rt', stat_decay_kimg=0.1)
    places = [augment.count('real', tf.ones([3, 1])), augment.count('real', -tf.ones([1, 1]))]
    augment.finish()
    run(session, augment, places)
    augment.update(100)
    assert augment.get_status()['r_t'] == 0.5
    session.run(places[1])  # Half of the four before are left.
    augment.update(100)
    assert augment.get_status()['r_t'] == pytest.approx((1 - 1) / 3)


def test_overfitting_is_where_the_validation_set_lies_between_real_and_fake(session):
    augment = AdaptiveAugment(tune_heuristic='rv', tune_kimg=1)
    counted = [
        augment.count(kind, tf.fill([2, 1], score)) for kind, score in [('real', 3.0), ('fake', -1.0), ('valid', 2.0)]
    ]
    augment.finish()
    run(session, augment, counted)
    augment.update(100)
    assert augment.get_status() == {'augment': 0, 'r_v': 0.25}


def test_discriminator_sees_augmented_images_and_tells_real_from_fake(session):
    images, others, labels = tf.ones([2, 1, 8, 8]), tf.ones([2, 1, 8, 8]), tf.zeros([2, 0])
    augment = AdaptiveAugment(apply_args=PIPES['cutout'], initial_strength=1.0, tune_heuristic='rt')
    D = augment.attach(Sum(), [(images, 'real')])
    assert D.name == 'D'
    real, fake = [D.get_output_for(x, labels, is_training=True) for x in (images, others)]
    augment.finish()
    tflib.init_uninitialized_vars()
    assert session.run([real, fake])[0].max() < 64
    session.run(fake)
    count, _ = np.sum(session.run(augment._sums['signs/real']), axis=0)
    assert count == 2


def test_strength_of_zero_that_stays_builds_nothing():
    augment = AdaptiveAugment(apply_args=PIPES['bgc'])
    images = tf.ones([2, 3, 8, 8])
    assert augment.apply(images, None) == (images, None)
    assert augment.get_status() == {}


def test_fixed_strength_stays(session):
    augment = AdaptiveAugment(initial_strength=0.25)
    augment.finish()
    tflib.init_uninitialized_vars()
    augment.update(1000)
    assert augment.get_status() == {'augment': 0.25}

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The Inception score against numbers worked out by hand, and the metric around it on made-up pictures."""

import numpy as np
import pytest
from reference import tiny_features

from dnnlib.util import UserError
from metrics.inception_score import IS, compute_inception_score

ROWS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.25, 0.25, 0.5]])


def test_score_of_one_and_of_two_parts():
    assert compute_inception_score(ROWS, num_splits=1) == (pytest.approx(1.2698406188, abs=1e-10), 0)
    mean, std = compute_inception_score(ROWS, num_splits=2)
    assert mean == pytest.approx(1.1273983921, abs=1e-10) and std == pytest.approx(0.1223261819, abs=1e-10)


def test_pictures_that_show_nothing_definite_score_one():
    assert compute_inception_score(np.full([20, 5], 0.2))[0] == pytest.approx(1)


def test_score_counts_the_classes_of_definite_pictures_without_trouble_from_zeros():
    assert compute_inception_score(np.tile(np.eye(4), [5, 1]), num_splits=5) == (pytest.approx(4), pytest.approx(0))


def make_is(num_images=30, **kwargs):
    kwargs = dict({'features': 'reference.tiny_features.colour_probabilities', 'minibatch_per_gpu': 4}, **kwargs)
    return IS(name='is', num_images=num_images, num_splits=3, **kwargs)


def make_colours(strength=1.0):
    """Return three pictures of pure red, green and blue, more or less."""
    images = np.full([3, 3, 8, 8], -strength, np.float32)
    images[np.arange(3), np.arange(3)] = strength
    return images


def test_metric_reports_mean_and_deviation_of_what_the_formula_says(run_metric):
    network = tiny_features.Sampler(make_colours(0.5))
    results = run_metric(make_is(), network, seed=3)
    shares = (np.random.RandomState(3).randn(30, 4)[:, 0][:, np.newaxis] > [-0.43072730, 0.43072730]).sum(axis=1)
    levels = np.where(np.eye(3)[shares] > 0, 191, 64)  # Of +0.5 and -0.5 as bytes.
    mean, std = compute_inception_score(levels / levels.sum(axis=1, keepdims=True), num_splits=3)
    expected = {'is-colour_probabilities_mean': mean, 'is-colour_probabilities_std': std}
    assert results == pytest.approx(expected, rel=1e-4)


def test_devices_and_the_data_set_do_not_matter(run_metric):
    network = tiny_features.Sampler(make_colours())
    first = run_metric(make_is(), network)
    assert run_metric(make_is(minibatch_per_gpu=7), network, num_gpus=2, mirror_augment=True) == pytest.approx(first)


def test_features_that_are_no_probabilities_are_refused(run_metric):
    with pytest.raises(UserError, match='needs class probabilities, which .*mean_colours does not compute'):
        run_metric(make_is(features='reference.tiny_features.mean_colours'), tiny_features.Sampler(make_colours()))


@pytest.mark.filterwarnings('default')
def test_diverged_generator_gives_two_nan(run_metric):
    with pytest.warns(UserWarning, match='the result is undefined'):
        results = run_metric(make_is(), tiny_features.Sampler(make_colours(np.nan)))
    assert results == {'is-colour_probabilities_mean': None, 'is-colour_probabilities_std': None}

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Linear separability against numbers worked out by hand, and the metric on attributes that a plane tells apart."""

import sys
import types

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import tiny_features

from dnnlib.util import UserError
from metrics import linear_separability
from metrics.linear_separability import LS, compute_conditional_entropy, compute_separability
from perception import classifiers

# ----------------------------------------------------------------------------
# The entropy.


@pytest.mark.parametrize(
    'joint, expected',
    [
        ([[0.5, 0], [0, 0.5]], 0),
        ([[0.25, 0.25], [0.25, 0.25]], 1),
        ([[45, 5], [10, 40]], 0.5954618442),
        ([[1, 0], [0, 0]], 0),
    ],
)
def test_conditional_entropy_of_predictions_and_classes(joint, expected):
    assert compute_conditional_entropy(joint) == pytest.approx(expected, abs=1e-10)


def test_predictions_are_counted_against_classes():
    predictions = np.repeat([0, 0, 1, 1], [45, 5, 10, 40])
    classes = np.repeat([0, 1, 0, 1], [45, 5, 10, 40])
    assert compute_separability(predictions, classes, lambda x, _: x) == pytest.approx(0.5954618442, abs=1e-10)


def test_nothing_remains_unknown_of_a_single_class():
    assert compute_separability(np.zeros([3, 2]), np.array([1, 1, 1]), None) == 0


# ----------------------------------------------------------------------------
# The metric.


class PlaneThroughMeans:
    """In the place of LinearSVC: the plane half-way between the means of both classes."""

    def __init__(self, dual, random_state):
        assert dual is True

    def fit(self, latents, classes):
        """Find the plane."""
        means = [latents[classes == index].mean(axis=0) for index in range(2)]
        self.normal, self.middle = means[1] - means[0], (means[0] + means[1]) / 2
        return self

    def predict(self, latents):
        """Return on which side latents are."""
        return (np.dot(latents - self.middle, self.normal) > 0).astype(int)


class PixelClassifier:
    """Tells whether a pixel is positive, or whether it is far from zero, which no plane can tell."""

    marker, sha256 = '-toy', '0'

    def __init__(self, index, weights=None):
        self.name = ['positive', 'far', 'always'][index]

    def get_output_for(self, images):
        """Return logits [N, 1]."""
        pixel = images[:, 0, 0, :1]
        return {'positive': pixel, 'far': tf.abs(pixel) - 0.6745, 'always': tf.abs(pixel) + 1}[self.name]


@pytest.fixture
def toy_classifiers(monkeypatch):
    monkeypatch.setattr(classifiers, 'get_classifier', PixelClassifier)
    monkeypatch.setattr(linear_separability, 'IMAGE_SIZE_PX', 8)


@pytest.fixture
def simple_planes(monkeypatch):
    svm = types.SimpleNamespace(LinearSVC=PlaneThroughMeans)
    monkeypatch.setitem(sys.modules, 'sklearn', types.SimpleNamespace(svm=svm))


def make_ls(attrib_indices, num_samples=400, num_keep=200):
    return LS(name='ls', num_samples=num_samples, num_keep=num_keep, attrib_indices=attrib_indices, minibatch_per_gpu=8)


def test_attribute_that_a_plane_tells_apart_scores_one(run_metric, toy_classifiers, simple_planes):
    ls = make_ls([0, 2])
    results = run_metric(ls, tiny_features.Painter())
    assert results == {'ls-toy_z': pytest.approx(1, abs=0.3), 'ls-toy_w': pytest.approx(1, abs=0.3)}
    assert ls.get_results()['latents_entropies'][1] == 0 and ls.get_results()['classifiers'] == ['positive', 'always']


def test_attribute_that_no_plane_tells_apart_scores_almost_two(run_metric, toy_classifiers, simple_planes):
    results = run_metric(make_ls([1], num_keep=400), tiny_features.Painter())
    assert 1.5 < results['ls-toy_z'] <= 2 and 1.5 < results['ls-toy_w'] <= 2


def test_surest_pictures_are_kept_and_scores_multiply(run_metric, toy_classifiers, simple_planes, monkeypatch):
    seen = []

    def record(latents, classes, fit):
        seen.append((latents, classes))
        return 0.5

    monkeypatch.setattr(linear_separability, 'compute_separability', record)
    results = run_metric(make_ls([0, 1]), tiny_features.Painter(), seed=2)
    assert results == {'ls-toy_z': pytest.approx(2), 'ls-toy_w': pytest.approx(2)}
    latents = np.random.RandomState(2).randn(400, 192)
    kept = np.argsort(-np.abs(latents[:, 0]))[:200]
    np.testing.assert_allclose(seen[0][0], latents[kept], rtol=1e-6)
    np.testing.assert_array_equal(seen[0][1], latents[kept, 0] < 0)


def test_number_of_devices_does_not_matter(run_metric, toy_classifiers, simple_planes):
    values = [run_metric(make_ls([0]), tiny_features.Painter(), num_gpus=num_gpus) for num_gpus in (1, 2)]
    assert values[0] == pytest.approx(values[1])


def test_real_support_vector_machine_finds_the_plane(run_metric, toy_classifiers):
    pytest.importorskip('sklearn')
    results = run_metric(make_ls([0]), tiny_features.Painter())
    assert results == {'ls-toy_z': pytest.approx(1, abs=1e-6), 'ls-toy_w': pytest.approx(1, abs=1e-6)}


def test_missing_scikit_learn_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, 'sklearn', None)
    with pytest.raises(UserError, match='pip install -r requirements/separability.txt'):
        make_ls([0])


def test_pictures_that_are_too_small_are_refused(run_metric, simple_planes, monkeypatch):
    monkeypatch.setattr(classifiers, 'get_classifier', PixelClassifier)
    with pytest.raises(UserError, match=r'256 pixels or more a side, the network draws \[3, 8, 8\]'):
        run_metric(make_ls([0]), tiny_features.Painter())


@pytest.mark.filterwarnings('default')
def test_diverged_generator_gives_two_nan(run_metric, toy_classifiers, simple_planes):
    with pytest.warns(UserWarning, match='the result is undefined'):
        results = run_metric(make_ls([0]), tiny_features.Painter(np.nan))
    assert results == {'ls-toy_z': None, 'ls-toy_w': None}

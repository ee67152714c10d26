# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Precision and recall against numbers worked out by hand, and the metric around them on made-up pictures."""

import numpy as np
import pytest
import scipy.special
from reference import tiny_features

from dnnlib.util import UserError
from metrics.precision_recall import PR, BlockDistances, compute_precision_recall, find_neighbourhoods

REALS = np.array([[0], [1], [2], [3], [4], [5]], np.float32)
FAKES = np.array([[2], [2.2], [2.4], [2.6], [20], [21]], np.float32)

# ----------------------------------------------------------------------------
# The numbers.


def compute(reals, fakes, nhood_size=3, row_batch_size=4, col_batch_size=5, origin=0.0):
    """Return (squared radii of reals, those of fakes, precision, recall)."""
    distances = BlockDistances(reals.shape[1], 1, row_batch_size, col_batch_size, origin)
    neighbourhoods = [find_neighbourhoods(distances, x, nhood_size) for x in (reals, fakes)]
    return tuple(x.radii for x in neighbourhoods) + compute_precision_recall(distances, *neighbourhoods)


def test_third_neighbours(session):
    radii_reals, radii_fakes, precision, recall = compute(REALS, FAKES)
    np.testing.assert_allclose(radii_reals, [9, 4, 4, 4, 4, 9])
    np.testing.assert_allclose(radii_fakes, [0.36, 0.16, 0.16, 0.36, 309.76, 345.96], rtol=1e-4)
    assert precision == pytest.approx(4 / 6) and recall == pytest.approx(4 / 6)


def test_first_neighbours(session):
    radii_reals, radii_fakes, precision, recall = compute(REALS, FAKES, nhood_size=1)
    np.testing.assert_allclose(radii_reals, [1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(radii_fakes, [0.04, 0.04, 0.04, 0.04, 1, 1], rtol=1e-4)
    assert precision == pytest.approx(4 / 6) and recall == pytest.approx(1 / 6)


@pytest.mark.parametrize('row_batch_size, col_batch_size', [(2, 3), (3, 2), (6, 6), (6, 1)])
def test_size_of_blocks_does_not_matter(session, row_batch_size, col_batch_size):
    expected = compute(REALS, FAKES)
    found = compute(REALS, FAKES, 3, row_batch_size, col_batch_size)
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_identical_and_distant_sets(session):
    points = np.random.RandomState(0).randn(30, 4).astype(np.float32)
    assert compute(points, points.copy())[2:] == (1, 1)
    assert compute(points, points + 1000)[2:] == (0, 0)


def test_long_vectors_keep_their_digits_about_an_origin(session):
    rnd = np.random.RandomState(0)
    points = (rnd.randn(20, 8) * 0.01).astype(np.float32) + 1000
    exact = np.sort(np.sum((points[:, np.newaxis].astype(np.float64) - points) ** 2, axis=2), axis=1)[:, 3]
    np.testing.assert_allclose(compute(points, points, origin=points[0])[0], exact, rtol=1e-3)


# ----------------------------------------------------------------------------
# The metric.


def make_pr(num_images=40, minibatch_per_gpu=8, **kwargs):
    kwargs = dict({'nhood_size': 3, 'row_batch_size': 16, 'col_batch_size': 16}, **kwargs)
    features = 'reference.tiny_features.mean_colours'
    return PR(name='pr', num_images=num_images, minibatch_per_gpu=minibatch_per_gpu, features=features, **kwargs)


def as_drange(images):
    return images.astype(np.float32) / 127.5 - 1


def compute_plainly(reals, fakes, nhood_size):
    """Return precision and recall from matrices of all distances."""
    x, y = [tiny_features.mean_colours_numpy(images) for images in (reals, fakes)]
    xx, yy, yx = [np.sum((a[:, np.newaxis] - b) ** 2, axis=2) for a, b in ((x, x), (y, y), (y, x))]
    radii_x, radii_y = [np.sort(d, axis=1)[:, nhood_size] for d in (xx, yy)]
    return np.mean((yx <= radii_x).any(axis=1)), np.mean((yx <= radii_y[:, np.newaxis]).any(axis=0))


@pytest.mark.parametrize('num_gpus', [1, 2])
def test_metric_reports_what_the_definition_says(toy_images, run_metric, num_gpus):
    drawn = np.random.RandomState(1).randint(60, 200, size=[20, 3, 8, 8]).astype(np.uint8)
    results = run_metric(make_pr(), tiny_features.Sampler(as_drange(drawn)), seed=4, num_gpus=num_gpus)
    shares = scipy.special.ndtr(np.random.RandomState(4).randn(40, 4)[:, 0])
    precision, recall = compute_plainly(toy_images, drawn[(shares * 20).astype(int)], 3)
    assert 0 < recall < 1
    expected = {'pr-mean_colours_precision': precision, 'pr-mean_colours_recall': recall}
    assert results == pytest.approx(expected, abs=1e-9)


def test_second_run_does_not_read_the_data_set(toy_images, run_metric, monkeypatch):
    network = tiny_features.Sampler(as_drange(toy_images))
    first = run_metric(make_pr(), network)
    monkeypatch.setattr('training.dataset.load_dataset', None)
    assert run_metric(make_pr(), network) == first


def test_full_variant_counts_each_real_picture_once(toy_images, run_metric):
    pr = make_pr(num_images=50, all_reals=True, max_reals=35)
    run_metric(pr, tiny_features.Sampler(as_drange(toy_images)), mirror_augment=True)
    assert pr.get_results()['num_real'] == 35 and pr.get_results()['num_fake'] == 50


def test_fewer_pictures_than_neighbours_are_refused(toy_images, run_metric):
    with pytest.raises(UserError, match='looks at 3 neighbours, .* 3 real and 3 generated ones'):
        run_metric(make_pr(num_images=3), tiny_features.Sampler(as_drange(toy_images)))


def test_progress_of_the_neighbours_is_told(toy_images, run_metric):
    calls = []
    run_metric(make_pr(), tiny_features.Sampler(as_drange(toy_images)), progress=lambda *args: calls.append(args))
    assert calls[-1] == ('pr-mean_colours: neighbours', 120, 120)

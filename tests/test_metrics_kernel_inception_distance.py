# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The kernel distance against numbers worked out by hand, and the metric around it on made-up pictures."""

import numpy as np
import pytest
from reference import tiny_features

from dnnlib.util import UserError
from metrics.kernel_inception_distance import KID, compute_kernel_distance, compute_mmd

X = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
Y = np.array([[1, 1], [2, 0], [0, 2]], np.float32)

# ----------------------------------------------------------------------------
# The distance.


def test_discrepancy_of_points():
    assert compute_mmd(X, Y) == pytest.approx(0.5, abs=1e-12)
    assert compute_mmd(X, X) == pytest.approx(-1.0555555556, abs=1e-10)


def test_equal_sources_have_no_distance():
    rnd = np.random.RandomState(0)
    a, b = rnd.randn(2, 2000, 16)
    assert abs(compute_mmd(a, b)) < 0.01
    assert abs(compute_kernel_distance(a, b, rnd, num_subsets=20)) < 0.01


def test_shifted_source_has_the_distance_of_the_formula():
    rnd = np.random.RandomState(0)
    a, b = rnd.randn(2, 2000, 16)
    value = compute_kernel_distance(a, b + 0.5, rnd, num_subsets=100, max_subset_size=500)
    assert value == pytest.approx(1.029296875, abs=0.1)


def test_subsets_are_no_larger_than_the_smaller_set():
    rnd = np.random.RandomState(0)
    value = compute_kernel_distance(np.concatenate([X, X + 5]), Y[:2], rnd, num_subsets=1)
    choice = np.random.RandomState(0)
    fakes, reals = [np.sort(choice.choice(num, 2, replace=False)) for num in (2, 6)]
    assert value == pytest.approx(compute_mmd(Y[fakes], np.concatenate([X, X + 5])[reals]))


# ----------------------------------------------------------------------------
# The metric.


def make_kid(num_images=40, minibatch_per_gpu=8, **kwargs):
    features = 'reference.tiny_features.mean_colours'
    return KID(name='kid', num_images=num_images, minibatch_per_gpu=minibatch_per_gpu, features=features, **kwargs)


def as_drange(images):
    return images.astype(np.float32) / 127.5 - 1


def test_all_of_a_set_is_compared_where_subsets_are_as_large(toy_images, run_metric):
    gray = np.full([40, 3, 8, 8], 128, np.uint8)
    kid = make_kid()
    results = run_metric(kid, tiny_features.Sampler(as_drange(gray[:1]) * 0))
    expected = compute_mmd(*[tiny_features.mean_colours_numpy(images) for images in (gray, toy_images)])
    assert results['kid-mean_colours'] == pytest.approx(expected, rel=1e-5)
    assert len(kid.get_result_str().split()[-1].split('.')[1]) == 8


def test_second_run_does_not_read_the_data_set(toy_images, run_metric, monkeypatch):
    network = tiny_features.Sampler(as_drange(toy_images))
    first = run_metric(make_kid(max_subset_size=10), network)
    monkeypatch.setattr('training.dataset.load_dataset', None)
    assert run_metric(make_kid(max_subset_size=10), network) == first


def test_result_does_not_depend_on_the_number_of_devices(toy_images, run_metric, monkeypatch, tmp_path):
    network = tiny_features.Sampler(as_drange(toy_images))
    first = run_metric(make_kid(), network)['kid-mean_colours']
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'another_cache'))
    assert run_metric(make_kid(minibatch_per_gpu=7), network, num_gpus=2)['kid-mean_colours'] == pytest.approx(first)


def test_seed_decides_about_subsets(toy_images, run_metric):
    network = tiny_features.Sampler(as_drange(toy_images[:1]))
    values = [run_metric(make_kid(max_subset_size=5, num_subsets=3), network, seed=seed) for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize('max_reals, expected', [(None, 40), (13, 13), (1000, 40)])
def test_full_variant_takes_each_real_picture_once_up_to_a_limit(toy_images, run_metric, max_reals, expected):
    kid = make_kid(num_images=100, all_reals=True, max_reals=max_reals)
    run_metric(kid, tiny_features.Sampler(as_drange(toy_images)), mirror_augment=True)
    report = kid.get_results()
    assert report['num_real'] == expected and report['mirror_augment'] is False


def test_single_picture_is_no_data_set(toy_images, run_metric, toy_data_dir, write_dataset):
    write_dataset(toy_data_dir / 'toys', toy_images[:1])
    with pytest.raises(UserError, match='2 pictures or more, got 1'):
        run_metric(make_kid(all_reals=True), tiny_features.Sampler(as_drange(toy_images)))

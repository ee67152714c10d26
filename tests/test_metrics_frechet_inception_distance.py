# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The Frechet distance against numbers worked out by hand, and the metric around it on made-up pictures."""

import json

import numpy as np
import pytest
import scipy.linalg
import tensorflow.compat.v1 as tf
from reference import tiny_features

from dnnlib.util import UserError
from metrics import metric_base
from metrics.frechet_inception_distance import FID, Moments, compute_frechet_distance, compute_statistics

SQUARE = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)

# ----------------------------------------------------------------------------
# The distance.


def test_covariance_has_the_denominator_n_minus_1():
    mu, sigma = compute_statistics(np.array([[0, 0], [2, 0], [0, 4]], np.float32))
    np.testing.assert_allclose(mu, [2 / 3, 4 / 3])
    np.testing.assert_allclose(sigma, [[4 / 3, -4 / 3], [-4 / 3, 16 / 3]])


def test_population_covariance_has_the_denominator_n():
    _, sigma = compute_statistics(np.array([[0, 0], [2, 0], [0, 4]], np.float32), ddof=0)
    np.testing.assert_allclose(sigma, [[8 / 9, -8 / 9], [-8 / 9, 32 / 9]])


def test_statistics_do_not_depend_on_how_rows_arrive():
    features = np.random.RandomState(0).randn(9000, 3).astype(np.float32) + 50
    moments = Moments()
    for part in np.split(features, [1, 8, 4097, 4099]):
        moments.append(part)
    mu, sigma = moments.finish()
    np.testing.assert_allclose(mu, features.astype(np.float64).mean(axis=0))
    np.testing.assert_allclose(sigma, np.cov(features.astype(np.float64).T), atol=1e-12)


def test_statistics_of_many_rows_are_those_of_numpy():
    features = np.random.RandomState(0).randn(10000, 5).astype(np.float32) + 100
    mu, sigma = compute_statistics(features)
    np.testing.assert_allclose(mu, features.astype(np.float64).mean(axis=0))
    np.testing.assert_allclose(sigma, np.cov(features.astype(np.float64).T), atol=1e-12)


def test_distance_of_diagonal_covariances():
    distance = compute_frechet_distance([0, 0, 0], np.diag([1, 4, 9]), [1, 0, 2], np.diag([4, 4, 1]))
    assert distance == pytest.approx(10, abs=1e-12)


def test_distance_of_correlated_features():
    distance = compute_frechet_distance([0, 0], [[2, 1], [1, 2]], [1, 1], np.diag([1, 3]))
    assert distance == pytest.approx(2.5166852265, abs=1e-10)


@pytest.mark.parametrize('other, expected', [(SQUARE, 0), (SQUARE + [0.5, 0], 0.25), (SQUARE * 2, 7 / 6)])
def test_distance_of_points(other, expected):
    distance = compute_frechet_distance(*compute_statistics(SQUARE), *compute_statistics(other.astype(np.float32)))
    assert distance == pytest.approx(expected, abs=1e-6)


def test_distance_agrees_with_the_plain_matrix_root():
    rnd = np.random.RandomState(0)
    a, b = [compute_statistics((rnd.randn(300, 20) @ rnd.randn(20, 20)).astype(np.float32)) for _ in range(2)]
    root = scipy.linalg.sqrtm(a[1] @ b[1]).real
    expected = np.sum((a[0] - b[0]) ** 2) + np.trace(a[1] + b[1] - 2 * root)
    assert compute_frechet_distance(*a, *b) == pytest.approx(expected, rel=1e-9)


def test_fewer_samples_than_features_make_no_trouble():
    rnd = np.random.RandomState(0)
    a, b = [compute_statistics(rnd.randn(10, 64).astype(np.float32)) for _ in range(2)]
    distance, backwards = compute_frechet_distance(*a, *b), compute_frechet_distance(*b, *a)
    assert isinstance(distance, float) and 0 < distance == pytest.approx(backwards, rel=1e-6)
    assert compute_frechet_distance(*a, *a) == pytest.approx(0, abs=1e-6)


def test_features_without_any_spread_are_compared_by_their_mean():
    zeros = np.zeros([3, 3])
    assert compute_frechet_distance([0, 0, 0], zeros, [1, 2, 2], zeros) == 9


def test_distance_between_equal_sources_falls_like_one_over_n():
    rnd = np.random.RandomState(0)
    measured = []
    for num in (100, 1000):
        pairs = [[compute_statistics(rnd.randn(num, 16).astype(np.float32)) for _ in range(2)] for _ in range(5)]
        measured.append(np.mean([compute_frechet_distance(*a, *b) for a, b in pairs]))
    assert measured[0] == pytest.approx(1.6, rel=0.15)
    assert measured[1] == pytest.approx(measured[0] / 10, rel=0.3)


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_features_that_are_no_numbers_are_refused(bad):
    features = np.zeros([4, 3], np.float32)
    features[2, 1] = bad
    with pytest.raises(ValueError, match='no finite numbers'):
        compute_statistics(features)
    with pytest.raises(ValueError, match='no finite numbers'):
        compute_frechet_distance(features[2], np.eye(3), features[0], np.eye(3))


def test_statistics_of_unequal_size_are_refused():
    with pytest.raises(ValueError, match=r'\(3,\), \(3, 3\), \(2,\), \(2, 2\)'):
        compute_frechet_distance(np.zeros(3), np.eye(3), np.zeros(2), np.eye(2))


# ----------------------------------------------------------------------------
# The metric.

NUM = 60


def make_fid(num_images=NUM, minibatch_per_gpu=8, **kwargs):
    features = 'reference.tiny_features.mean_colours'
    return FID(name='toyfid', num_images=num_images, minibatch_per_gpu=minibatch_per_gpu, features=features, **kwargs)


@pytest.fixture
def run_fid(run_metric):
    """A function that runs the metric on a generator and the data set `toys`, and returns the distance."""
    return lambda fid, network, **kwargs: run_metric(fid, network, **kwargs)['toyfid-mean_colours']


def as_drange(images):
    return images.astype(np.float32) / 127.5 - 1


def expect_distance(reals, fakes):
    statistics = [compute_statistics(tiny_features.mean_colours_numpy(images)) for images in (reals, fakes)]
    return compute_frechet_distance(*statistics[0], *statistics[1])


def test_first_pictures_in_order_and_from_the_start_again_are_compared(toy_images, run_fid):
    other = as_drange(toy_images[:1]) * 0  # Every generated picture is the same gray.
    value = run_fid(make_fid(), tiny_features.Sampler(other))
    reals = np.concatenate([toy_images, toy_images])[:NUM]
    fakes = np.full([NUM, 3, 8, 8], 128, np.uint8)
    assert value == pytest.approx(expect_distance(reals, fakes), rel=1e-5)


def test_generator_that_draws_the_data_set_comes_close_to_it(toy_images, run_fid):
    good = run_fid(make_fid(400), tiny_features.Sampler(as_drange(toy_images)))
    bad = run_fid(make_fid(400), tiny_features.Sampler(as_drange(toy_images) * 0.5))
    assert good < 0.1 * bad


def test_latents_are_those_of_the_seed(toy_images, run_fid):
    value = run_fid(make_fid(), tiny_features.Sampler(as_drange(toy_images)), seed=3)
    latents = np.random.RandomState(3).randn(NUM, 4)
    shares = [0.5 * (1 + scipy.special.erf(z / np.sqrt(2))) for z in latents[:, 0]]
    fakes = toy_images[[int(share * len(toy_images)) for share in shares]]
    assert value == pytest.approx(expect_distance(np.concatenate([toy_images, toy_images])[:NUM], fakes), rel=1e-3)


def test_result_depends_neither_on_minibatches_nor_on_the_number_of_devices(
    toy_images, run_fid, monkeypatch, toy_data_dir
):
    network = tiny_features.Sampler(as_drange(toy_images))
    first = run_fid(make_fid(minibatch_per_gpu=8), network)
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(toy_data_dir / 'another_cache'))
    assert run_fid(make_fid(minibatch_per_gpu=7), network, num_gpus=2) == pytest.approx(first, rel=1e-9)


def test_second_run_does_not_read_the_data_set(toy_images, run_fid, monkeypatch):
    network = tiny_features.Sampler(as_drange(toy_images))
    first = run_fid(make_fid(report_floor=True), network)
    monkeypatch.setattr('training.dataset.load_dataset', None)
    assert run_fid(make_fid(report_floor=True), network) == first


def test_changed_data_set_is_read_again(toy_images, run_fid, toy_data_dir, write_dataset):
    network = tiny_features.Sampler(as_drange(toy_images))
    first = run_fid(make_fid(), network)
    write_dataset(toy_data_dir / 'toys', 255 - toy_images)
    assert run_fid(make_fid(), network) != first


def test_mirroring_is_reproducible_and_leaves_symmetric_pictures_alone(
    toy_images, run_fid, toy_data_dir, write_dataset
):
    network = tiny_features.Sampler(as_drange(toy_images))
    plain, mirrored, again, other = [
        run_fid(make_fid(), network, mirror_augment=mirror, seed=0) for mirror in (False, True, True, False)
    ]
    assert plain == other != mirrored == again
    write_dataset(toy_data_dir / 'toys', np.concatenate([toy_images[..., :4], toy_images[..., 3::-1]], axis=3))
    values = [run_fid(make_fid(), network, mirror_augment=mirror) for mirror in (False, True)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_floor_compares_the_halves_of_a_small_data_set(toy_images, run_fid):
    fid = make_fid(report_floor=True)
    run_fid(fid, tiny_features.Sampler(as_drange(toy_images)))
    report = fid.get_results()
    expected = expect_distance(toy_images[:20], toy_images[20:])
    assert report['results']['toyfid-mean_colours_floor'] == pytest.approx(expected, rel=1e-5)
    assert report['num_floor'] == 20


def test_floor_of_a_large_data_set_has_as_many_pictures_as_the_metric(toy_images, run_fid):
    fid = make_fid(num_images=15, report_floor=True)
    run_fid(fid, tiny_features.Sampler(as_drange(toy_images)))
    report = fid.get_results()
    expected = expect_distance(toy_images[:15], toy_images[15:30])
    assert report['results']['toyfid-mean_colours_floor'] == pytest.approx(expected, rel=1e-5)


def test_floor_needs_two_pictures_in_each_half(toy_images, run_fid, toy_data_dir, write_dataset):
    write_dataset(toy_data_dir / 'toys', toy_images[:3])
    with pytest.raises(UserError, match='needs a data set of 4 pictures or more, got 3'):
        run_fid(make_fid(report_floor=True), tiny_features.Sampler(as_drange(toy_images)))


def test_grayscale_pictures_are_repeated_to_three_channels(toy_images, run_fid, toy_data_dir, write_dataset):
    gray = toy_images[:, :1]
    write_dataset(toy_data_dir / 'toys', gray)
    value = run_fid(make_fid(), tiny_features.Sampler(as_drange(gray[:1])))
    reals, fakes = np.concatenate([gray, gray])[:NUM], np.repeat(gray[:1], NUM, axis=0)
    assert value == pytest.approx(3 * expect_distance(reals, fakes), rel=1e-4)


@pytest.mark.filterwarnings('default')
def test_diverged_generator_gives_nan_with_a_reason(toy_images, run_fid, tmp_path):
    broken = as_drange(toy_images)
    broken[7, 0, 0, 0] = np.nan
    fid = make_fid(num_images=400)
    with pytest.warns(
        UserWarning, match='of the first [0-9]+ generated pictures, or their features, have values that are no'
    ):
        value = run_fid(fid, tiny_features.Sampler(broken), run_dir=str(tmp_path), mirror_augment=False)
    assert value is None and fid.get_result_str().endswith('toyfid-mean_colours nan')
    (line,) = (tmp_path / 'metric-toyfid-mean_colours.jsonl').read_text().splitlines()
    assert json.loads(line)['results'] == {'toyfid-mean_colours': None}


@pytest.mark.filterwarnings('default')
def test_too_few_pictures_are_warned_of(toy_images, run_fid):
    with pytest.warns(UserWarning, match='12 different pictures are too few for 12 features.* or use kid50k_full'):
        run_fid(make_fid(num_images=12), tiny_features.Sampler(as_drange(toy_images)))


def test_data_set_of_another_size_is_refused(toy_images, run_fid):
    with pytest.raises(UserError, match=r'network has \[3, 4, 4\], the data set .*toys has \[3, 8, 8\]'):
        run_fid(make_fid(), tiny_features.Sampler(as_drange(toy_images)[:, :, :4, :4]))


def test_conditional_generator_gets_labels_of_the_data_set(
    toy_images, run_fid, monkeypatch, toy_data_dir, write_dataset
):
    labels = np.eye(4, dtype=np.float32)[np.arange(40) % 10 // 3]  # Frequencies 3, 3, 3, 1 of 10.
    write_dataset(toy_data_dir / 'toys', toy_images, labels)
    drawn = []
    original = metric_base.MetricBase._draw_labels
    monkeypatch.setattr(FID, '_draw_labels', lambda self, num: drawn.append(original(self, num)) or drawn[-1])
    run_fid(make_fid(num_images=1000), tiny_features.Sampler(as_drange(toy_images), label_size=4))
    counts = np.concatenate(drawn).sum(axis=0)
    expected = np.array([0.3, 0.3, 0.3, 0.1]) * counts.sum()
    assert np.sum((counts - expected) ** 2 / expected) < 16.3  # Chi-square, 3 degrees of freedom, 0.1 %.


def test_conditional_generator_without_labels_is_refused(toy_images, run_fid):
    with pytest.raises(UserError, match='label size: the network has 4, the data set .*toys has 0'):
        run_fid(make_fid(), tiny_features.Sampler(as_drange(toy_images), label_size=4))


def test_graph_and_session_of_the_caller_stay_in_place(toy_images, run_fid, session):
    graph = tf.get_default_graph()
    num_ops = len(graph.get_operations())
    run_fid(make_fid(), tiny_features.Sampler(as_drange(toy_images)))
    assert tf.get_default_graph() is graph and tf.get_default_session() is session
    assert len(graph.get_operations()) == num_ops
    assert session.run(tf.constant(3)) == 3


def test_graph_and_session_of_the_caller_survive_an_error(toy_images, run_fid, session):
    with pytest.raises(UserError):
        run_fid(make_fid(), tiny_features.Sampler(as_drange(toy_images)[:, :1]))
    assert tf.get_default_session() is session and tf.get_default_graph() is session.graph


def test_full_variant_takes_each_real_picture_once_and_the_population_covariance(toy_images, run_fid):
    other = as_drange(toy_images[:1]) * 0
    fid = make_fid(num_images=100, all_reals=True)
    value = run_fid(fid, tiny_features.Sampler(other), mirror_augment=True)
    mu, sigma = compute_statistics(tiny_features.mean_colours_numpy(toy_images), ddof=0)
    assert value == pytest.approx(compute_frechet_distance(mu, sigma, np.full(12, 128), np.zeros([12, 12])), rel=1e-5)
    report = fid.get_results()
    assert report['num_real'] == 40 and report['num_fake'] == 100 and report['mirror_augment'] is False


def test_full_variant_ignores_limit_and_mirroring_of_the_training(toy_images, run_metric, tmp_path, toy_data_dir):
    network = tiny_features.Sampler(as_drange(toy_images))
    run_metric(make_fid(), network, log_results=False)  # Puts the network in place.
    fid = make_fid(all_reals=True)
    reports = []
    for args in ({}, {'max_images': 20, 'mirror_augment': True}):
        args['tfrecord_dir'] = 'toys'
        fid.run(str(tmp_path / 'network-snapshot-000012.pkl'), data_dir=str(toy_data_dir), dataset_args=args)
        reports.append(fid.get_results())
    assert reports[1]['num_real'] == 40 and reports[1]['results'] == reports[0]['results']


@pytest.mark.filterwarnings('default')
def test_small_data_set_is_warned_of_even_if_it_is_used_several_times(toy_images, run_fid, toy_data_dir, write_dataset):
    write_dataset(toy_data_dir / 'toys', toy_images[:10])
    network = tiny_features.Sampler(as_drange(toy_images))
    for _ in range(2):  # The second time from the cache.
        with pytest.warns(UserWarning, match='10 different pictures are too few for 12 features'):
            run_fid(make_fid(), network)

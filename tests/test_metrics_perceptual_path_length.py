# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Path length against numbers worked out by hand, and the metric on generators whose paths are known."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import tiny_features

from dnnlib import tflib
from metrics import perceptual_path_length
from metrics.perceptual_path_length import PPL, compute_trimmed_mean, crop_to_face, slerp
from perception.inputs import shrink

# ----------------------------------------------------------------------------
# Its parts.


def run_slerp(session, a, b, t):
    return session.run(slerp(tf.constant([a], tf.float32), tf.constant([b], tf.float32), tf.constant([[t]])))[0]


def test_slerp_follows_the_great_circle(session):
    np.testing.assert_allclose(run_slerp(session, [3, 0], [0, 5], 1 / 3), [0.8660254, 0.5], rtol=1e-6)
    expected = [0.55432772, 0.38268343, 0.73910363]
    np.testing.assert_allclose(run_slerp(session, [3, 0, 4], [0, 5, 0], 0.25), expected, rtol=1e-6)
    np.testing.assert_allclose(run_slerp(session, [3, 0, 4], [1, 5, 0], 0.0), [0.6, 0, 0.8], rtol=1e-6)


def test_outliers_on_both_sides_are_left_out():
    assert compute_trimmed_mean(np.append(np.arange(1.0, 200), 1e6)) == 100.5
    assert compute_trimmed_mean(np.array([7.0])) == 7


@pytest.mark.parametrize('num', [2, 99, 100, 101, 1000, 1234])
def test_percentiles_are_those_of_numpy(num):
    values = np.random.RandomState(num).randn(num)
    name = 'method' if np.__version__ >= '1.22' else 'interpolation'
    low, high = [np.percentile(values, q, **{name: how}) for q, how in [(1, 'lower'), (99, 'higher')]]
    assert compute_trimmed_mean(values) == pytest.approx(values[(values >= low) & (values <= high)].mean())


def test_crop_is_the_lower_middle_and_is_halved(session):
    rows = np.broadcast_to(np.arange(1024, dtype=np.float32)[:, np.newaxis], [1, 1, 1024, 1024])
    for images, first in [(rows, 384), (rows.transpose(0, 1, 3, 2), 256)]:
        cropped = session.run(crop_to_face(tf.constant(images)))
        assert cropped.shape == (1, 1, 512, 512) and cropped.min() == first and cropped.max() == first + 511
    shrunk = session.run(shrink(crop_to_face(tf.constant(rows)), 256))
    assert shrunk.shape == (1, 1, 256, 256) and shrunk[0, 0, :2, 0].tolist() == [384.5, 386.5]


def test_noise_of_a_network_follows_from_the_seed(session):
    size = {'num_channels': 3, 'resolution': 8, 'fmap_base': 32, 'fmap_max': 8}
    G = tflib.Network('G', func_name='training.networks_stylegan2.G_synthesis_stylegan2', dlatent_size=8, **size)
    seed = tf.placeholder(tf.int32, [2])
    fill = perceptual_path_length._build_noise(G, seed)
    noise = {name: var for name, var in G.vars.items() if name in ('noise0', 'noise1', 'noise2')}
    drawn = []
    for value in ([1, 2], [1, 3], [1, 2]):
        session.run(fill, {seed: value})
        drawn.append(session.run(noise))
    assert len(noise) == 3 and drawn[0]['noise2'].shape == (1, 1, 8, 8)
    for name in noise:
        np.testing.assert_array_equal(drawn[0][name], drawn[2][name])
        assert not np.array_equal(drawn[0][name], drawn[1][name])
    everything = np.concatenate([array.ravel() for array in drawn[0].values()])
    assert abs(everything.mean()) < 0.4 and 0.7 < everything.std() < 1.3
    assert len(np.unique(everything)) == everything.size


# ----------------------------------------------------------------------------
# The metric.


class PixelDistance:
    """The squared Euclidean distance of pictures in -1..1."""

    name, marker, sha256 = 'pixels', '-pixels', '0'

    def get_output_for(self, images_a, images_b):
        """Return the distances [N]."""
        return tf.reduce_sum(tf.square((images_a - images_b) / 127.5), axis=[1, 2, 3])


@pytest.fixture
def run_ppl(run_metric, monkeypatch):
    """A function that runs the metric with a simple distance and returns its number."""
    monkeypatch.setattr(perceptual_path_length, 'get_distance', lambda name, weights: PixelDistance())

    def run(network, num_gpus=1, seed=0, **kwargs):
        options = {'num_samples': 400, 'epsilon': 1e-2, 'space': 'w', 'sampling': 'full', 'crop': False}
        ppl = PPL(name='ppl', minibatch_per_gpu=8, **dict(options, **kwargs))
        return run_metric(ppl, network, num_gpus=num_gpus, seed=seed)['ppl-pixels']

    return run


def expect_squares(num, seed=0):
    """Return |w1 - w0|^2 of the pairs of latents."""
    pairs = np.random.RandomState(seed).randn(num, 2, 192)
    return pairs, np.sum((pairs[:, 1] - pairs[:, 0]) ** 2, axis=1)


@pytest.mark.parametrize('sampling', ['full', 'end'])
def test_straight_paths_have_their_squared_length_wherever_one_looks(run_ppl, sampling):
    _, squares = expect_squares(400)
    assert squares.mean() == pytest.approx(2 * 192, rel=0.02)
    value = run_ppl(tiny_features.Painter(), sampling=sampling)
    assert value == pytest.approx(compute_trimmed_mean(squares), rel=1e-3)


def test_step_does_not_matter_on_straight_paths(run_ppl):
    values = [run_ppl(tiny_features.Painter(), epsilon=epsilon) for epsilon in (1e-2, 1e-3)]
    assert values[0] == pytest.approx(values[1], rel=1e-3)


@pytest.mark.parametrize('sampling', ['full', 'end'])
def test_paths_on_the_sphere_have_the_squared_angle(run_ppl, sampling):
    pairs, _ = expect_squares(400)
    units = pairs / np.linalg.norm(pairs, axis=2, keepdims=True)
    squares = np.arccos(np.sum(units[:, 0] * units[:, 1], axis=1)) ** 2
    value = run_ppl(tiny_features.Painter(), space='z', sampling=sampling)
    assert value == pytest.approx(compute_trimmed_mean(squares), rel=1e-3)


def test_crop_looks_at_a_part_of_the_picture(run_ppl):
    pairs, _ = expect_squares(400)
    change = (pairs[:, 1] - pairs[:, 0]).reshape(400, 3, 8, 8)[:, :, 3:7, 2:6]
    value = run_ppl(tiny_features.Painter(), crop=True)
    assert value == pytest.approx(compute_trimmed_mean(np.sum(change**2, axis=(1, 2, 3))), rel=1e-3)


def test_both_pictures_of_a_pair_have_the_same_noise(run_ppl):
    """Where they had not, the distance over the square of a small step would be enormous."""
    plain, noisy = [run_ppl(tiny_features.Painter(strength), epsilon=1e-3) for strength in (0, 0.5)]
    assert plain != pytest.approx(noisy, rel=1e-3)
    assert noisy == pytest.approx(plain * (1 + 0.5**2), rel=0.1)


def test_number_of_devices_does_not_matter(run_ppl):
    values = [run_ppl(tiny_features.Painter(0.5), num_gpus=num_gpus, num_samples=90) for num_gpus in (1, 2)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_number_of_devices_does_not_matter_for_labels(run_ppl, toy_images, toy_data_dir, write_dataset, monkeypatch):
    write_dataset(toy_data_dir / 'toys', toy_images, np.arange(120, dtype=np.float32).reshape(40, 3))
    draw, drawn = PPL._draw_labels, {1: [], 2: []}
    for num_gpus, labels in drawn.items():
        monkeypatch.setattr(PPL, '_draw_labels', lambda ppl, num, to=labels: to.append(draw(ppl, num)) or to[-1])
        run_ppl(tiny_features.Painter(label_size=3), num_gpus=num_gpus, num_samples=32)
    np.testing.assert_array_equal(*[np.concatenate(labels) for labels in drawn.values()])


def test_seed_matters(run_ppl):
    values = [run_ppl(tiny_features.Painter(0.5), seed=seed, num_samples=40) for seed in (1, 1, 2)]
    assert values[0] == values[1] != pytest.approx(values[2], rel=1e-4)


def test_pair_shares_a_label_of_the_data_set(run_ppl, toy_images, toy_data_dir, write_dataset):
    write_dataset(toy_data_dir / 'toys', toy_images, np.random.RandomState(0).randn(40, 3).astype(np.float32) * 100)
    _, squares = expect_squares(400)
    value = run_ppl(tiny_features.Painter(label_size=3))
    assert value == pytest.approx(compute_trimmed_mean(squares), rel=1e-2)


@pytest.mark.filterwarnings('default')
def test_diverged_generator_gives_nan(run_ppl):
    with pytest.warns(UserWarning, match='16 of 16 pairs of generated pictures have no distance'):
        assert run_ppl(tiny_features.Painter(np.nan), num_samples=16) is None


def test_half_precision_is_switched_off(run_ppl, monkeypatch):
    network, made = tiny_features.Painter(), []
    network.static_kwargs = {'dtype': 'float16', 'num_fp16_res': 4, 'resolution': 8}
    monkeypatch.setattr(
        tiny_features.Painter, 'clone', lambda self, **kwargs: made.append(kwargs) or tiny_features.Painter()
    )
    run_ppl(network, num_samples=8)
    assert made == [{'dtype': 'float32', 'num_fp16_res': 0}]


@pytest.mark.parametrize('option, value', [('space', 'x'), ('sampling', 'start')])
def test_unknown_kind_of_path_is_refused(option, value):
    options = dict({'space': 'w', 'sampling': 'end'}, **{option: value})
    with pytest.raises(ValueError, match=repr(value)):
        PPL(name='ppl', num_samples=8, epsilon=1e-4, crop=False, minibatch_per_gpu=2, **options)

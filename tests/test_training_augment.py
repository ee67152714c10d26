# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Augmentation of images, against what the official pipeline makes of them."""

import json
import os

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib.util import UserError
from training import augment
from training.augmentation import bands, color, geometry, wavelets
from training.augmentation.draws import Draws
from training.augmentation.pipes import PIPES

REFERENCE = dict(np.load(os.path.join(os.path.dirname(__file__), 'data', 'ada_augment.npz')))
CASES = json.loads(REFERENCE['settings_json'].tobytes().decode())


@pytest.mark.parametrize('case', CASES, ids=[case['tag'] for case in CASES])
def test_images_are_those_of_the_official_pipeline(session, case):
    images = tf.constant(REFERENCE[case['input']])
    result, _ = augment.augment_pipeline(images, None, debug_percentile=case['debug_percentile'], **case['args'])
    np.testing.assert_allclose(session.run(result), REFERENCE[case['tag']], atol=1e-5)


@pytest.mark.parametrize('tag', ['bgc_65', 'scale_90'])
def test_gradients_are_those_of_the_linear_map(session, tag):
    (case,) = [case for case in CASES if case['tag'] in ('p16_' + tag, 's16_' + tag)]
    images = tf.constant(REFERENCE['in16'])
    result, _ = augment.augment_pipeline(images, None, debug_percentile=case['debug_percentile'], **case['args'])
    (gradient,) = tf.gradients(tf.reduce_sum(result * REFERENCE['grad_w16']), [images])
    np.testing.assert_allclose(session.run(gradient), REFERENCE['grad16_' + tag], atol=1e-4)


def make_images(*shape):
    return np.random.RandomState(sum(shape)).uniform(-1, 1, size=shape).astype(np.float32)


@pytest.mark.parametrize('pipe', list(PIPES))
def test_linear_part_has_the_gradient_of_its_transpose(session, pipe):
    images, weights = tf.constant(make_images(2, 3, 24, 32)), tf.constant(make_images(6, 24, 32).reshape(2, 3, 24, 32))
    settings = dict(PIPES[pipe])
    settings.pop('noise', None)
    results = [augment.augment_pipeline(x, None, debug_percentile=0.65, **settings)[0] for x in (images, images * 0)]
    linear = results[0] - results[1]
    (transposed,) = tf.gradients(results[0], [images], [weights])
    left, right = session.run([tf.reduce_sum(linear * weights), tf.reduce_sum(images * transposed)])
    assert left == pytest.approx(right, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize('shape', [(2, 3, 16, 16), (1, 3, 64, 64), (3, 3, 16, 32), (2, 1, 16, 16), (2, 4, 16, 16)])
def test_strength_of_zero_changes_nothing(session, shape):
    images = make_images(*shape)
    result, labels = augment.augment_pipeline(tf.constant(images), 'labels', strength=0.0, **PIPES['bgc'])
    assert labels == 'labels'
    np.testing.assert_allclose(session.run(result), images, atol=2e-6)


def test_without_augmentations_images_are_the_same_tensor():
    images = tf.constant(make_images(1, 3, 8, 8))
    assert augment.augment_pipeline(images, None)[0] is images


def test_moves_of_whole_pixels_show_the_mirror_image_at_the_edge(session):
    images = make_images(1, 3, 16, 16)
    result, _ = augment.augment_pipeline(tf.constant(images), None, debug_percentile=0.9, xint=1, xint_max=0.25)
    moved = np.pad(images, [[0, 0], [0, 0], [3, 0], [3, 0]], 'reflect')[:, :, :16, :16]  # 0.8 * 0.25 * 16 = 3.2 pixels.
    np.testing.assert_allclose(session.run(result), moved, atol=2e-6)


def test_colours_at_a_percentile(session):
    draws = Draws(1, 0.65)
    matrix = session.run(color.draw_matrix(draws, 1.0, 3, **PIPES['color']))[0]
    rows = [np.roll([0.15384, -1.246484, -0.006386], shift) for shift in range(3)]
    np.testing.assert_allclose(matrix[:3, :3], rows, atol=1e-5)
    np.testing.assert_allclose(matrix[:3, 3], -0.059889, atol=1e-5)


def test_opacity_is_no_colour(session):
    images = make_images(2, 4, 16, 16)
    result, _ = augment.augment_pipeline(tf.constant(images), None, debug_percentile=0.65, **PIPES['color'])
    alone, _ = augment.augment_pipeline(tf.constant(images[:, :3]), None, debug_percentile=0.65, **PIPES['color'])
    result, alone = session.run([result, alone])
    assert np.array_equal(result[:, 3:], images[:, 3:]) and np.array_equal(result[:, :3], alone)


def test_wavelets_are_orthogonal_to_their_even_shifts():
    for wavelet in (wavelets.SYM2, wavelets.SYM6):
        products = np.correlate(wavelet, wavelet, 'full')[len(wavelet) - 1 :: 2]
        np.testing.assert_allclose(products, [1] + [0] * (len(wavelet) // 2 - 1), atol=1e-7)
        assert wavelet.sum() == pytest.approx(np.sqrt(2))


def test_bands_add_up_to_the_image_and_divide_the_frequencies():
    bank = wavelets.make_filter_bank()
    np.testing.assert_allclose(bank, REFERENCE['Hz_fbank'], atol=1e-6)
    np.testing.assert_allclose(bank.sum(axis=1), [1, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(bank.sum(axis=0), np.eye(43)[21], atol=1e-9)
    taps = np.arange(43) - 21
    for angle, response in [(np.pi / 2, [0, 0, 0.5, 0.5]), (np.pi, [0, 0, 0, 1])]:
        np.testing.assert_allclose(bank @ np.cos(angle * taps), response, atol=1e-9)
    assert [np.count_nonzero(np.abs(row) > 1e-9) for row in bank] == [37, 37, 15, 5]


def test_gains_of_bands_keep_the_expected_power(session):
    gain = 1.510594
    percentile = 0.8
    for band, expected in [(0, [1.071890] + [0.709582] * 3), (1, [0.954067, 1.441208, 0.954067, 0.954067])]:
        chosen = [float(index == band) for index in range(4)]
        gains = session.run(bands.draw_gains(Draws(1, percentile), 1.0, chosen))[0]
        np.testing.assert_allclose(gains, expected, atol=1e-5)
        assert gains[band] / gains[(band + 1) % 4] == pytest.approx(gain, abs=1e-5)
    every = session.run(bands.draw_gains(Draws(500), 1.0))
    assert every.std() > 0.1


def test_noise_has_the_deviation_of_its_image(session):
    images = np.zeros([1, 1, 320, 320], np.float32)
    result, _ = augment.augment_pipeline(tf.constant(images), None, debug_percentile=0.5, noise=1)
    assert session.run(result).std() == pytest.approx(0.0476936, rel=0.01)
    several = session.run(augment.augment_pipeline(tf.zeros([200, 1, 8, 8]), None, strength=0.5, noise=1)[0])
    assert np.mean(several.std(axis=(1, 2, 3)) == 0) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize('percentile, first, last', [(0.3, 1, 8), (0.6, 6, 13), (0.1, 0, 5), (0.9, 10, 15)])
def test_cut_out_pixels(session, percentile, first, last):
    result, _ = augment.augment_pipeline(tf.ones([1, 2, 16, 16]), None, debug_percentile=percentile, cutout=1)
    zeros = np.argwhere(session.run(result)[0, 1] == 0)
    assert (zeros.min(axis=0) == first).all() and (zeros.max(axis=0) == last).all()
    assert len(zeros) == (last - first + 1) ** 2


def test_each_augmentation_is_on_as_often_as_the_strength_says(session):
    draws, num = Draws(100000), 100000
    flips, turns, shifts = session.run(
        [draws.draw_integer(2, 0.5), draws.draw_integer(4, 0.5), draws.draw_normal(1.0, 0.5, size=2)]
    )
    assert np.count_nonzero(flips) / num == pytest.approx(0.25, abs=0.005)
    assert np.count_nonzero(turns) / num == pytest.approx(0.375, abs=0.005)
    assert ((shifts[:, 0] == 0) == (shifts[:, 1] == 0)).all()
    assert np.count_nonzero(shifts[:, 0]) / num == pytest.approx(0.5, abs=0.005)
    matrix = session.run(geometry.draw_matrix(draws, 0.5, 8, 8, rotate=1))
    assert np.mean(matrix[:, 0, 0] != 1) == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize('pipe', ['bgc', 'bgcfnc'])
def test_gradient_penalty_has_a_gradient_in_the_weights(session, pipe):
    images, weights = tf.constant(make_images(2, 3, 24, 24)), tf.Variable(make_images(3 * 24 * 24, 1))
    session.run(weights.initializer)
    augmented, _ = augment.augment_pipeline(images, None, debug_percentile=0.65, **PIPES[pipe])
    scores = tf.square(tf.matmul(tf.reshape(augmented, [2, -1]), weights))
    (gradient,) = tf.gradients(tf.reduce_sum(scores), [images])
    (second,) = tf.gradients(tf.reduce_sum(tf.square(gradient)), [weights])
    second = session.run(second)
    assert np.isfinite(second).all() and np.abs(second).max() > 0


def test_images_that_cannot_be_augmented_are_refused():
    with pytest.raises(UserError, match='^the image filter needs at least 22 pixels .* got 16x32; choose a pipe'):
        augment.augment_pipeline(tf.zeros([1, 3, 32, 16]), None, **PIPES['bgcf'])
    with pytest.raises(UserError, match='^images with 1 to 4 channels can be augmented, got 5$'):
        augment.augment_pipeline(tf.zeros([1, 5, 32, 32]), None, **PIPES['bgc'])
    with pytest.raises(TypeError, match='colour'):
        augment.augment_pipeline(tf.zeros([1, 3, 32, 32]), None, colour=1)

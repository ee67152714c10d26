# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The augmentations of DiffAugment, against NumPy."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from training import augment
from training.augmentation.pipes import PIPES


def make_images(*shape):
    return np.random.RandomState(sum(shape)).uniform(-1, 1, size=shape).astype(np.float32)


def run(session, images, percentile=None, **settings):
    return session.run(augment.augment_pipeline(tf.constant(images), None, 1.0, percentile, **settings)[0])


@pytest.mark.parametrize('channels', [1, 3, 4])
def test_colours_at_a_percentile(session, channels):
    images = make_images(2, channels, 8, 12)
    expected = images.astype(np.float64)
    colors = expected[:, : 3 if channels >= 3 else 1]
    colors += 0.8 - 0.5
    mean = colors.mean(axis=1, keepdims=True)
    colors[:] = mean + (colors - mean) * 2 * 0.8
    mean = colors.mean(axis=(1, 2, 3), keepdims=True)
    colors[:] = mean + (colors - mean) * (0.8 + 0.5)
    np.testing.assert_allclose(run(session, images, 0.8, diff_color=1), expected, atol=1e-5)


@pytest.mark.parametrize('percentile, x, y', [(0.01, -2, -1), (0.5, 0, 0), (0.65, 1, 0), (0.99, 2, 1)])
def test_images_are_moved_by_whole_pixels_and_zero_comes_in(session, percentile, x, y):
    images = make_images(1, 3, 8, 16)
    padded = np.pad(images, [[0, 0], [0, 0], [1, 1], [2, 2]])
    moved = padded[:, :, 1 - y : 9 - y, 2 - x : 18 - x]
    np.testing.assert_array_equal(run(session, images, percentile, diff_translation=1), moved)


def test_all_shifts_are_equally_frequent(session):
    images = np.broadcast_to(np.arange(1, 17, dtype=np.float32), [6000, 1, 1, 16])
    middle = run(session, images, diff_translation=1)[:, 0, 0, 8]
    shifts, counts = np.unique(9 - middle, return_counts=True)
    assert shifts.tolist() == [-2, -1, 0, 1, 2]
    assert np.abs(counts / 6000 - 0.2).max() < 0.03


@pytest.mark.parametrize(
    'size, percentile, first, last', [(8, 0.01, 0, 1), (8, 0.5, 2, 5), (8, 0.99, 6, 7), (6, 0.01, 0, 1)]
)
def test_a_rectangle_is_missing_that_may_lie_beyond_the_edge(session, size, percentile, first, last):
    result = run(session, np.ones([1, 2, size, size], np.float32), percentile, diff_cutout=1)
    zeros = np.argwhere(result[0, 0] == 0)
    assert (zeros.min(axis=0) == first).all() and (zeros.max(axis=0) == last).all()
    assert len(zeros) == (last - first + 1) ** 2


def test_images_that_are_left_out_stay_as_they_are(session):
    images = make_images(400, 3, 8, 8)
    result = session.run(augment.augment_pipeline(tf.constant(images), None, 0.3, **PIPES['diffaug'])[0])
    is_same = np.abs(result - images).max(axis=(1, 2, 3)) < 1e-6
    assert np.mean(is_same) == pytest.approx(0.7**4 * (0.7 + 0.3 / 9), abs=0.06)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Preparing real images: range, mirroring, fading and enlarging."""

import numpy as np
import tensorflow.compat.v1 as tf

from training import reals

IMAGES = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)


def process(session, images, lod=None, mirror_augment=False):
    lod = None if lod is None else tf.constant(lod, tf.float32)
    labels = tf.constant(np.arange(len(images), dtype=np.float32)[:, np.newaxis])
    images, labels = reals.process_reals(tf.constant(images), labels, lod, mirror_augment, [0, 255], [-1, 1])
    assert session.run(labels).tolist() == [[index] for index in range(len(labels.eval()))]
    return session.run(images)


def test_pixels_become_numbers_from_minus_one_to_one(session):
    images = np.array([0, 51, 204, 255], np.uint8).reshape(1, 1, 2, 2)
    np.testing.assert_allclose(process(session, images).reshape(-1), [-1, -0.6, 0.6, 1], atol=1e-6)


def test_each_image_is_mirrored_or_not_with_equal_chance(session):
    images = np.tile(IMAGES[:1], [1000, 1, 1, 1])
    plain = process(session, images[:1])[0]
    processed = process(session, images, mirror_augment=True)
    is_plain = np.all(processed == plain, axis=(1, 2, 3))
    is_mirrored = np.all(processed == plain[:, :, ::-1], axis=(1, 2, 3))
    assert np.array_equal(is_plain, ~is_mirrored)
    assert 420 < is_mirrored.sum() < 580


def test_images_fade_to_their_block_averages(session):
    ramp = np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4)
    faded = process(session, ramp, lod=0.25)
    np.testing.assert_allclose(faded[0, 0, 0], [-0.99509805, -0.9892157, -0.9794118, -0.9735294], atol=1e-6)


def test_images_of_a_lower_resolution_are_enlarged_by_repeating_pixels(session):
    enlarged = process(session, IMAGES, lod=2.0)
    assert enlarged.shape == (2, 3, 16, 16)
    assert np.array_equal(enlarged, process(session, IMAGES).repeat(4, axis=2).repeat(4, axis=3))


def test_lod_of_zero_leaves_images_alone(session):
    assert np.array_equal(process(session, IMAGES, lod=0.0), process(session, IMAGES))

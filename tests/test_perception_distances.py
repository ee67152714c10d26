# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What all perceptual distances have in common, and the one on SqueezeNet."""

import os

import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf

from dnnlib.util import UserError
from perception import distances, features

CAT = os.path.join(os.path.dirname(__file__), 'data', 'cat.png')


class _OneTap(distances.Distance):
    """Compares the pixels of the first two channels, with weights."""

    name = 'one_tap'

    def __init__(self):
        super().__init__('-toy', 'toy')

    def get_features_for(self, images):
        return [distances.normalize_channels(tf.transpose(images, [0, 2, 3, 1])[..., :2])]

    def get_channel_weights(self):
        return [np.float32([0.5, 0.25])]


def compute(session, distance, a, b):
    """Return the distances, and their gradients with respect to the first images."""
    a, b = tf.constant(a, tf.float32), tf.constant(b, tf.float32)
    output = distance.get_output_for(a, b)
    gradients = tf.gradients(output, a)[0]
    features.initialize_weights()
    return session.run([output, gradients])


def test_one_tap_by_hand(session):
    a = np.float32([3, 0, 0]).reshape(1, 3, 1, 1)
    b = np.float32([0, 4, 0]).reshape(1, 3, 1, 1)
    assert compute(session, _OneTap(), a, b)[0].tolist() == [0.75]


def test_gradient_is_finite_where_all_features_are_zero(session):
    output, gradients = compute(session, _OneTap(), np.zeros([1, 3, 2, 2]), np.ones([1, 3, 2, 2]))
    assert np.isfinite(output).all() and np.isfinite(gradients).all()


@pytest.mark.parametrize('name', ['lpips', 'squeezenet'])
def test_distance_is_zero_to_itself_symmetric_and_differentiable(session, name):
    distance = distances.get_distance(name, 'random')
    a, b = np.random.RandomState(0).uniform(0, 255, [2, 2, 3, 24, 16])
    b[1] = a[1]
    values, gradients = compute(session, distance, a, b)
    swapped = compute(session, distance, b, a)[0]
    assert values.shape == (2,) and values[0] > 0.01 and values[1] < 1e-10
    np.testing.assert_allclose(swapped, values, rtol=1e-5)
    assert np.isfinite(gradients).all() and np.abs(gradients[1]).max() < 1e-3 * np.abs(gradients[0]).max()
    assert distance.marker.endswith('-random')


@pytest.mark.parametrize('name', ['lpips', 'squeezenet'])
def test_distance_of_black_images_has_finite_gradients(session, name):
    _, gradients = compute(
        session, distances.get_distance(name, 'random'), np.zeros([1, 3, 16, 16]), np.ones([1, 3, 16, 16])
    )
    assert np.isfinite(gradients).all()


def test_squeezenet_finds_distortions_the_worse_the_stronger_they_are(session):
    cat = np.array(PIL.Image.open(CAT).convert('RGB').resize((96, 96), PIL.Image.LANCZOS))
    cat = cat.transpose(2, 0, 1).astype(np.float32)  # [CHW]
    noise = np.random.RandomState(0).randn(*cat.shape)
    others = np.stack([cat + 1, cat + 5 * noise, cat + 20 * noise, cat[:, ::-1]]).clip(0, 255)
    distance = distances.get_distance('squeezenet')  # `make setup` installs its weights.
    values, _ = compute(session, distance, np.stack([cat] * len(others)), others)
    assert (np.diff(values) > 0).all()
    assert distance.marker == '-squeezenet' and distance.sha256.startswith('308d1afd')


def test_small_images_are_enlarged_by_repeating_pixels(session):
    images = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    repeated = session.run(distances.repeat_pixels(tf.constant(images), 3))
    np.testing.assert_array_equal(repeated, images.repeat(3, axis=1).repeat(3, axis=2))


def test_images_that_cannot_be_looked_at_are_refused(session):
    distance = distances.get_distance('lpips', 'random')
    with pytest.raises(UserError, match='lpips needs RGB pictures of 16 pixels or more a side, got 3 x 16 x 8'):
        distance.get_features_for(tf.zeros([1, 3, 16, 8]))


def test_unknown_distance_is_refused():
    with pytest.raises(UserError, match="unknown distance 'l2'; there are lpips, squeezenet"):
        distances.get_distance('l2')

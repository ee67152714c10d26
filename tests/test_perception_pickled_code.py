# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Pickled networks whose own code runs, because the user said so."""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference.pickled_network import write_pickled_network

from dnnlib.util import UserError
from perception import classifiers, distances, features

SOURCE = """
import tensorflow as tf

def scaled_sum(images, labels=None, **kwargs):
    images.set_shape([None, 3, None, None])
    scale = tf.get_variable('scale', shape=[], initializer=tf.initializers.zeros())
    return tf.reduce_sum(images, axis=[2, 3]) * scale

def scaled_distance(images_a, images_b, **kwargs):
    images_a.set_shape([None, 3, None, None])
    images_b.set_shape([None, 3, None, None])
    scale = tf.get_variable('scale', shape=[], initializer=tf.initializers.zeros())
    return tf.reduce_sum(tf.abs(images_a - images_b), axis=[1, 2, 3]) * scale

def logit(images, labels, **kwargs):
    images.set_shape([None, 3, None, None])
    labels.set_shape([None, 0])
    scale = tf.get_variable('scale', shape=[], initializer=tf.initializers.zeros())
    return tf.reduce_mean(images, axis=[1, 2, 3])[:, tf.newaxis] * scale
"""


def write(path, build_func_name):
    return write_pickled_network(path, {'scale': np.float32(2)}, build_func_name, SOURCE)


@pytest.fixture
def allow(monkeypatch):
    monkeypatch.setenv('DNNLIB_ALLOW_PICKLE_CODE', '1')


@pytest.mark.parametrize('name', ['inception', 'inception_softmax', 'vgg16'])
def test_features_are_those_of_the_code(session, allow, name, tmp_path):
    network = features.get_feature_network(name, write(tmp_path / 'net.pkl', 'scaled_sum'))
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
    with pytest.warns(UserWarning, match='executing the Python code'):
        output = network.get_output_for(tf.constant(images))
    features.initialize_weights()
    np.testing.assert_array_equal(session.run(output), 2.0 * images.sum(axis=(2, 3)))
    assert network.marker == ''


def test_distance_is_that_of_the_code(session, allow, tmp_path):
    distance = distances.get_distance('lpips', write(tmp_path / 'net.pkl', 'scaled_distance'))
    distance.load()
    a, b = np.random.RandomState(0).uniform(0, 255, [2, 2, 3, 16, 16]).astype(np.float32)
    with pytest.warns(UserWarning, match='executing the Python code'):
        output = distance.get_output_for(tf.constant(a), tf.constant(b))
    features.initialize_weights()
    np.testing.assert_allclose(session.run(output), 2 * np.abs(a - b).sum(axis=(1, 2, 3)), rtol=1e-5)
    assert distance.marker == ''


def test_logits_are_those_of_the_code(session, allow, tmp_path):
    classifier = classifiers.get_classifier(0, write(tmp_path / 'net.pkl', 'logit'))
    with pytest.warns(UserWarning, match='executing the Python code'):
        output = classifier.get_output_for(tf.ones([1, 3, 256, 256]))
    assert session.run(output).tolist() == [[2.0]]


@pytest.mark.parametrize(
    'make',
    [
        lambda path: features.get_feature_network('inception', path).get_output_for(tf.zeros([1, 3, 2, 2], tf.uint8)),
        lambda path: features.get_feature_network('vgg16', path).get_output_for(tf.zeros([1, 3, 2, 2], tf.uint8)),
        lambda path: distances.get_distance('lpips', path).load(),
        lambda path: classifiers.get_classifier(0, path),
    ],
    ids=['inception', 'vgg16', 'lpips', 'classifier'],
)
def test_without_leave_no_code_runs(session, make, tmp_path, monkeypatch):
    monkeypatch.delenv('DNNLIB_ALLOW_PICKLE_CODE', raising=False)
    path = write_pickled_network(tmp_path / 'net.pkl', {'scale': np.float32(2)}, 'logit')
    with pytest.raises(UserError, match='--allow-pickled-code .* lets the code in the file run, if you trust'):
        make(path)

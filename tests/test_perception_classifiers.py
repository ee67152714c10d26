# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Classifiers of faces: their arithmetic on made-up weights, and the form of their files.

The true files cannot be shipped; narrow networks of their form are made up here.
"""

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import convolution as twin
from reference.pickled_network import write_pickled_network

from dnnlib.util import UserError, UserFileNotFoundError
from perception import classifiers, features


def make_variables(num_fmaps=3, has_stddev=False):
    """Return made-up variables with a bias that matters."""
    variables = classifiers.make_random_arrays(seed=0, num_fmaps=num_fmaps)
    rnd = np.random.RandomState(1)
    for name in variables:
        if name.endswith('bias'):
            variables[name] = rnd.randn(*variables[name].shape).astype(np.float32)
    if has_stddev:
        variables['4x4/Conv/weight'] = rnd.randn(3, 3, num_fmaps + 1, num_fmaps).astype(np.float32)
    variables['lod'] = np.float32(0)
    variables['FromRGB_lod1/weight'] = np.zeros([1, 1, 3, num_fmaps], np.float32)
    variables['FromRGB_lod1/bias'] = np.zeros([num_fmaps], np.float32)
    return variables


def run(session, classifier, images):
    output = classifier.get_output_for(tf.constant(images, tf.float32))
    features.initialize_weights()
    return session.run(output)


@pytest.mark.parametrize('family, use_blur', [('D_basic', True), ('D_paper', False)])
@pytest.mark.parametrize('has_stddev', [False, True])
def test_pickled_network_is_rebuilt_without_running_its_code(session, family, use_blur, has_stddev, tmp_path):
    variables = make_variables(has_stddev=has_stddev)
    path = write_pickled_network(tmp_path / 'c.pkl', variables, build_func_name=family, resolution=256, num_channels=3)
    classifier = classifiers.get_classifier(0, path)
    images = np.random.RandomState(0).uniform(-1, 1, [2, 3, 256, 256])
    expected = twin.classifier(images.transpose(0, 2, 3, 1), variables, use_blur)
    np.testing.assert_allclose(
        run(session, classifier, images), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max()
    )
    assert (classifier.name, classifier.marker) == ('male', '')


def test_made_up_classifiers_are_marked_and_differ(session):
    images = np.random.RandomState(0).uniform(-1, 1, [2, 3, 256, 256])
    first, second = [classifiers.get_classifier(index, 'random') for index in (0, 39)]
    logits = run(session, first, images)
    assert logits.shape == (2, 1) and np.isfinite(logits).all()
    assert np.abs(logits - run(session, second, images)).max() > 1e-3
    assert first.marker == '-random' and second.name == 'wearing-necktie'


def test_there_are_forty_file_names():
    names = [classifiers.get_file_name(index) for index in range(40)]
    assert len(set(names)) == 40
    assert names[5] == 'celebahq-classifier-05-5-o-clock-shadow.pkl'
    assert names[31] == 'celebahq-classifier-31-receding-hairline.pkl'


@pytest.mark.parametrize('index', [-1, 40])
def test_index_must_be_one_of_forty(index):
    with pytest.raises(UserError, match=f'must be within 0-39, got {index}'):
        classifiers.get_classifier(index)


def drop(variables):
    del variables['64x64/Conv0/bias']


def add(variables):
    variables['Output/weight'] = np.zeros([3, 1], np.float32)


def widen(variables):
    variables['32x32/Conv0/weight'] = np.zeros([3, 3, 5, 3], np.float32)


@pytest.mark.parametrize(
    'change, message',
    [
        (drop, 'is no classifier of CelebA-HQ: 64x64/Conv0/bias is missing'),
        (add, 'is no classifier of CelebA-HQ: Output/weight is unknown'),
        (widen, r'32x32/Conv0 has another shape than \(3, 3, 3, 3\)'),
    ],
)
def test_network_with_other_variables_is_refused(change, message, tmp_path):
    variables = make_variables()
    change(variables)
    path = write_pickled_network(tmp_path / 'c.pkl', variables, build_func_name='D_basic')
    with pytest.raises(UserError, match=message):
        classifiers.get_classifier(0, path)


@pytest.mark.parametrize(
    'family, kwargs, message',
    [
        ('D_unheard_of', {}, 'unknown family D_unheard_of; known are D_basic, D_paper; --allow-pickled-code'),
        ('D_basic', {'use_wscale': False}, 'was built with use_wscale=False; classifiers have True'),
    ],
)
def test_network_of_another_family_is_refused(family, kwargs, message, tmp_path):
    path = write_pickled_network(tmp_path / 'c.pkl', make_variables(), build_func_name=family, **kwargs)
    with pytest.raises(UserError, match=message):
        classifiers.get_classifier(0, path)


def test_environment_variable_names_the_folder(tmp_path, monkeypatch):
    path = write_pickled_network(tmp_path / classifiers.get_file_name(3), make_variables(), build_func_name='D_basic')
    monkeypatch.setenv('DNNLIB_CLASSIFIERS', str(tmp_path))
    assert classifiers.get_classifier(3).sha256 == classifiers.get_classifier(3, path).sha256
    with pytest.raises(UserFileNotFoundError, match='put celebahq-classifier-04-young.pkl and its 39 siblings'):
        classifiers.get_classifier(4)
    monkeypatch.setenv('DNNLIB_CLASSIFIERS', 'random')
    assert classifiers.get_classifier(4).marker == '-random'

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""LPIPS: the published channel weights, its arithmetic on a made-up VGG16, and the files that it is read from."""

import hashlib
import shutil

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import convolution as twin
from reference.pickled_network import write_pickled_network

from dnnlib.util import UserError, UserFileNotFoundError
from perception import distances, features, lpips, vgg16


def make_linear(seed=0):
    rnd = np.random.RandomState(seed)
    return [rnd.rand(channels).astype(np.float32) for channels in [64, 128, 256, 512, 512]]


def make_variables(linear, with_scaling=True):
    """Return the variables of a pickled network of LPIPS in order."""
    variables = {}
    if with_scaling:
        variables['shift'] = np.float32([-0.030, -0.088, -0.188]).reshape(1, 3, 1, 1)
        variables['scale'] = np.float32([0.458, 0.448, 0.450]).reshape(1, 3, 1, 1)
    for name, (kernel, bias) in vgg16.make_random_layers(vgg16.list_conv_shapes()).items():
        variables[name + '/weight'], variables[name + '/bias'] = kernel, bias
    for index, vector in enumerate(linear):
        variables[f'lin{index}'] = vector.reshape(1, -1, 1, 1)
    return variables


def compute(session, distance, images_a, images_b):
    output = distance.get_output_for(tf.constant(images_a, tf.float32), tf.constant(images_b, tf.float32))
    features.initialize_weights()
    return session.run(output)


def test_published_channel_weights_are_those_of_version_0_1():
    path = lpips.find_in_package()  # `make setup` installs the file.
    linear = lpips.load_linear_weights(path)
    np.testing.assert_allclose(
        [array.sum(dtype=np.float64) for array in linear],
        [6.925992, 8.858334, 17.515006, 51.521323, 47.034854],
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        [array.min() for array in linear], [0.0210177, 0.00946897, 0.0377109, 0.0390982, 0.0192788], rtol=1e-5
    )
    np.testing.assert_allclose(
        [array.max() for array in linear], [1.282816, 0.475680, 0.506546, 0.587281, 0.458437], rtol=1e-5
    )
    assert sum(array.size for array in linear) == 1472


def test_distance_agrees_with_the_twin_in_numpy(session, monkeypatch):
    monkeypatch.setenv('DNNLIB_VGG16', 'random')
    distance = distances.get_distance('lpips', lpips.find_in_package())
    rnd = np.random.RandomState(0)
    images = rnd.uniform(0, 255, [2, 2, 3, 16, 20])  # [pair, NCHW]
    layers = vgg16.make_random_layers(vgg16.list_conv_shapes())
    numbered = {int(name.split('.')[1]): layer for name, layer in layers.items()}
    taps = [twin.vgg16_taps(half.transpose(0, 2, 3, 1), numbered) for half in images]
    expected = twin.lpips(taps[0], taps[1], lpips.load_linear_weights(lpips.find_in_package()))
    np.testing.assert_allclose(compute(session, distance, images[0], images[1]), expected, rtol=1e-4)
    assert distance.marker == '-random'


def test_pickled_network_is_read_without_running_its_code(session, tmp_path):
    linear = make_linear()
    path = write_pickled_network(tmp_path / 'vgg16_zhang_perceptual.pkl', make_variables(linear))
    distance = distances.get_distance('lpips', path)
    images = np.random.RandomState(0).uniform(0, 255, [2, 1, 3, 16, 16])
    layers = vgg16.make_random_layers(vgg16.list_conv_shapes())
    numbered = {int(name.split('.')[1]): layer for name, layer in layers.items()}
    taps = [twin.vgg16_taps(half.transpose(0, 2, 3, 1), numbered) for half in images]
    np.testing.assert_allclose(
        compute(session, distance, images[0], images[1]), twin.lpips(taps[0], taps[1], linear), rtol=1e-4
    )
    assert distance.marker == ''


def negate(variables):
    variables['lin2'] = -variables['lin2']


def drop(variables):
    del variables['lin4']


def shift(variables):
    variables['shift'] = variables['shift'] + 1


def add(variables):
    variables['lin5'] = variables['lin4']


@pytest.mark.parametrize(
    'change, message',
    [
        (negate, 'no channel weights of LPIPS in the expected order; --allow-pickled-code'),
        (drop, 'no channel weights of LPIPS'),
        (shift, 'is a pickled network of another form than VGG16'),
        (add, 'has a variable lin5 that VGG16 lacks'),
    ],
)
def test_pickled_network_with_other_variables_is_refused(change, message, tmp_path):
    variables = make_variables(make_linear())
    change(variables)
    path = write_pickled_network(tmp_path / 'lpips.pkl', variables)
    with pytest.raises(UserError, match=message):
        lpips.load_pickle(path)


def test_weights_of_version_0_0_are_refused_by_their_checksum(tmp_path, monkeypatch):
    path = tmp_path / 'vgg.pth'
    path.write_bytes(b'old')
    monkeypatch.setattr(lpips, 'OLD_SHA256', hashlib.sha256(b'old').hexdigest())
    with pytest.raises(UserError, match='vgg.pth belongs to LPIPS 0.0; use vgg.pth of version 0.1'):
        lpips.load_linear_weights(str(path))


def test_weights_for_another_network_are_refused(tmp_path):
    path = str(tmp_path / 'alex.npz')
    np.savez(path, **{'lin0.model.1.weight': np.zeros([1, 64, 1, 1]), 'lin1.model.1.weight': np.zeros([1, 192, 1, 1])})
    with pytest.raises(UserError, match='holds no LPIPS weights for VGG16; use vgg.pth of the package lpips==0.1.4'):
        lpips.load_linear_weights(path)


def test_published_files_together_carry_no_marker(tmp_path, monkeypatch):
    trunk = tmp_path / 'vgg16.npz'
    trunk.write_bytes(b'stands for the true file')
    start = hashlib.sha256(b'stands for the true file').hexdigest()[:8]
    monkeypatch.setattr(vgg16, 'SHA256_START', start)
    monkeypatch.setenv('DNNLIB_VGG16', str(trunk))
    assert distances.get_distance('lpips', lpips.find_in_package()).marker == ''
    trunk.write_bytes(b'another file')
    assert distances.get_distance('lpips', lpips.find_in_package()).marker == '-custom'


def test_files_are_found_in_the_folder_of_the_cache(tmp_path, monkeypatch):
    folder = tmp_path / 'metrics'
    folder.mkdir()
    shutil.copy(lpips.find_in_package(), str(folder / 'vgg.pth'))
    np.savez(str(folder / 'vgg16.npz'), x=np.zeros(1))
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path))
    monkeypatch.setenv('DNNLIB_VGG16', 'random')
    monkeypatch.delenv('DNNLIB_LPIPS', raising=False)
    monkeypatch.setattr(lpips, 'find_in_package', lambda: None)
    assert distances.get_distance('lpips').marker == '-random'


def test_missing_channel_weights_are_asked_for_and_the_stand_in_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    monkeypatch.delenv('DNNLIB_LPIPS', raising=False)
    monkeypatch.setattr(lpips, 'find_in_package', lambda: None)
    with pytest.raises(UserFileNotFoundError) as caught:
        distances.get_distance()
    for part in [
        'pip install --no-deps lpips==0.1.4',
        'vgg16_zhang_perceptual.pkl',
        'a78928a0',
        str(tmp_path / 'cache' / 'metrics'),
        'DNNLIB_LPIPS',
        'the distance "squeezenet" needs none of these',
    ]:
        assert part in str(caught.value)


def test_missing_vgg16_is_asked_for_and_the_stand_in_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv('DNNLIB_VGG16', str(tmp_path / 'gone.pth'))
    monkeypatch.delenv('DNNLIB_LPIPS', raising=False)
    with pytest.raises(UserFileNotFoundError, match='gone.pth; put vgg16-397923af.pth .* "squeezenet" needs none'):
        distances.get_distance('lpips')

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""VGG16: its size, its arithmetic with made-up weights, and the files that its weights come from.

The true weights cannot be shipped; files of their form are made up here.
"""

import missing_weights
import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import convolution as twin
from reference.pickled_network import write_pickled_network

from dnnlib.util import UserError
from perception import features, vgg16

SHAPES = vgg16.list_conv_shapes()
TOP_SHAPES = dict(SHAPES, **vgg16.list_dense_shapes())


def make_layers(shapes=None, seed=0):
    """Return made-up weights with a bias that matters."""
    rnd = np.random.RandomState(seed)
    layers = vgg16.make_random_layers(shapes or SHAPES)
    return {name: (kernel, rnd.randn(*bias.shape).astype(np.float32) * 0.1) for name, (kernel, bias) in layers.items()}


def to_state(layers):
    """Return layers as a state dict of torchvision."""
    state = {}
    for name, (kernel, bias) in layers.items():
        state[name + '.weight'] = kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T  # [OIkk] or [OI]
        state[name + '.bias'] = bias
    return state


def to_variables(layers):
    """Return layers as variables of a pickled network, in order."""
    variables = {}
    for name, (kernel, bias) in layers.items():
        variables[f'{name}/weight'] = kernel
        variables[f'{name}/bias'] = bias
    return variables


def test_it_has_the_parameters_of_the_paper():
    def count(shapes):
        return [int(np.prod(shape)) + shape[-1] for shape in shapes.values()]

    assert sum(count(vgg16.list_conv_shapes())) == 14714688
    assert count(vgg16.list_dense_shapes()) == [102764544, 16781312, 4097000]
    assert sum(count(TOP_SHAPES)) == 138357544


def test_layers_have_the_names_of_torchvision():
    numbers = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert list(SHAPES) == [f'features.{number}' for number in numbers]
    assert list(vgg16.list_dense_shapes()) == ['classifier.0', 'classifier.3', 'classifier.6']


@pytest.mark.parametrize('size_px, sizes', [(224, [224, 112, 56, 28, 14]), (256, [256, 128, 64, 32, 16])])
def test_taps_have_the_sizes_of_the_blocks(size_px, sizes):
    with tf.Graph().as_default():
        taps = vgg16.build_taps(tf.zeros([1, size_px, size_px, 3]), make_layers())
    assert [tap.shape.as_list() for tap in taps] == [
        [1, size, size, channels] for size, channels in zip(sizes, [64, 128, 256, 512, 512])
    ]


def test_pixels_are_scaled_like_those_of_torchvision(session):
    images = np.stack([np.zeros([1, 1, 3]), np.full([1, 1, 3], 255)]).astype(np.float32)
    scaled = session.run(vgg16.normalize_images(tf.constant(images)))[:, 0, 0]
    np.testing.assert_allclose(scaled[0], [-2.117904, -2.035714, -1.804444], atol=1e-5)
    np.testing.assert_allclose(scaled[1], [2.248908, 2.428571, 2.640000], atol=1e-5)


def test_taps_agree_with_the_twin_in_numpy(session):
    layers = make_layers()
    images = np.random.RandomState(1).uniform(0, 255, [2, 18, 32, 3])
    taps = vgg16.build_taps(vgg16.normalize_images(tf.constant(images, tf.float32)), layers)
    features.initialize_weights()
    numbered = {int(name.split('.')[1]): layer for name, layer in layers.items()}
    for tap, expected in zip(session.run(taps), twin.vgg16_taps(images, numbered)):
        np.testing.assert_allclose(tap, expected, rtol=0, atol=1e-4 * expected.max())


def test_dense_layers_read_channels_first(session):
    rnd = np.random.RandomState(0)
    tap = rnd.rand(1, 14, 14, 512).astype(np.float32)
    rows = np.zeros([25088, 4096], np.float32)
    rows[3 * 49 + 2 * 7 + 5, 10] = 2  # Channel 3, row 2, column 5 of the pooled tap.
    layers = {'classifier.0': (rows, np.zeros(4096, np.float32))}
    output = vgg16.build_dense(tf.constant(tap), layers, num_layers=1)
    features.initialize_weights()
    values = session.run(output)[0]
    assert values.argmax() == 10
    np.testing.assert_allclose(values[10], 2 * tap[0, 4:6, 10:12, 3].max(), rtol=1e-6)


def test_made_up_weights_are_marked_and_give_4096_features(session):
    network = features.get_feature_network('vgg16', 'random')
    images = np.random.RandomState(0).randint(256, size=[2, 3, 32, 32]).astype(np.uint8)
    output = network.get_output_for(tf.constant(images))
    features.initialize_weights()
    values = session.run(output)
    assert network.marker == '-random' and values.shape == (2, 4096)
    assert np.isfinite(values).all() and (values >= 0).all() and np.abs(values[0] - values[1]).max() > 0


def test_weights_are_read_by_the_names_of_torchvision(tmp_path):
    layers = make_layers()
    path = str(tmp_path / 'vgg16.npz')
    np.savez(path, **to_state(layers))
    loaded = vgg16.load_layers(path, SHAPES)
    for name, (kernel, bias) in layers.items():
        np.testing.assert_array_equal(loaded[name][0], kernel)
        np.testing.assert_array_equal(loaded[name][1], bias)
    assert vgg16.describe_file(path)[0] == '-custom'


def test_pickled_network_is_read_by_order_and_shape_without_running_its_code(tmp_path):
    layers = make_layers()
    path = write_pickled_network(tmp_path / 'vgg16.pkl', to_variables(layers))
    loaded = vgg16.load_layers(path, SHAPES)
    assert list(loaded) == list(SHAPES)
    np.testing.assert_array_equal(loaded['features.28'][0], layers['features.28'][0])
    np.testing.assert_array_equal(loaded['features.2'][1], layers['features.2'][1])


def drop_one(variables):
    del variables['features.21/weight']


def add_vector(variables):
    variables['mystery'] = np.zeros(7, np.float32)


def add_number(variables):
    variables['scale'] = np.zeros([], np.float32)


def swap_two(variables):
    first = variables.pop('features.0/weight')
    variables['features.0/weight'] = first


@pytest.mark.parametrize(
    'change, message',
    [
        (drop_one, 'is a pickled network of another form than VGG16; use vgg16-397923af.pth from https'),
        (swap_two, 'of another form than VGG16; .*; --allow-pickled-code'),
        (add_number, 'of another form than VGG16'),
        (add_vector, 'has a variable mystery that VGG16 lacks; use vgg16-397923af.pth'),
    ],
)
def test_pickled_network_with_other_variables_is_refused(change, message, tmp_path):
    variables = to_variables(make_layers())
    change(variables)
    path = write_pickled_network(tmp_path / 'vgg16.pkl', variables)
    with pytest.raises(UserError, match=message):
        vgg16.load_layers(path, SHAPES)


def test_pickled_network_without_dense_layers_does_not_serve_for_features(tmp_path):
    path = write_pickled_network(tmp_path / 'vgg16.pkl', to_variables(make_layers()))
    with pytest.raises(UserError, match='has no layer classifier.0'):
        vgg16.load_layers(path, TOP_SHAPES)


@pytest.mark.parametrize(
    'state, message',
    [
        ({'x': np.zeros(1)}, 'it has no features.0; use vgg16-397923af.pth from https'),
        (
            {'features.0.weight': np.zeros([64, 3, 5, 5]), 'features.0.bias': np.zeros(64)},
            r'features.0 is \(5, 5, 3, 64\), not \(3, 3, 3, 64\)',
        ),
    ],
)
def test_weights_of_another_network_are_refused(state, message, tmp_path):
    path = str(tmp_path / 'other.npz')
    np.savez(path, **state)
    with pytest.raises(UserError, match='other.npz is not the VGG16 of torchvision: ' + message):
        vgg16.load_layers(path, SHAPES)


def test_missing_weights_are_asked_for_by_name_address_checksum_and_place(tmp_path, monkeypatch):
    missing_weights.check(vgg16.Vgg16Features, vgg16, 'DNNLIB_VGG16', '397923af', tmp_path, monkeypatch)


def test_file_that_bears_the_name_but_not_the_checksum_is_refused(tmp_path):
    path = tmp_path / 'vgg16-397923af.pth'
    path.write_bytes(b'not what it says')
    with pytest.raises(UserError, match='is damaged: its SHA-256 begins [0-9a-f]{8}, not 397923af; fetch it again'):
        vgg16.Vgg16Features(str(path))

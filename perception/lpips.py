# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""LPIPS, version 0.1, on VGG16: the perceptual distance of path lengths and of the projector.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018 (arXiv:1801.03924).
"""

import hashlib

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib.tflib.snapshots import pickled_code
from dnnlib.util import UserError
from perception import distances, vgg16, weights

PACKAGE = 'lpips==0.1.4'
FILE_NAME = 'vgg.pth'
SHA256 = 'a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868'
OLD_SHA256 = 'b9e4236260c3dd988fc79d2a48d645d885afcbb21f9fd595e6744cf7419b582c'  # Version 0.0.
PICKLE_NAME = 'vgg16_zhang_perceptual.pkl'
ENV_VAR = 'DNNLIB_LPIPS'

NUM_CHANNELS = [block[-1] for block in vgg16.BLOCKS]
LINEAR_NAMES = [f'lin{index}.model.1.weight' for index in range(len(NUM_CHANNELS))]


def load_linear_weights(path):
    """Read the weights of the channels.

    Args:
        path: `vgg.pth` of LPIPS 0.1, or `.npz` with the same names.

    Returns:
        List of five float32 arrays [C].

    Raises:
        UserError: If the file is something else.
    """
    if dnnlib.util.hash_file(path) == OLD_SHA256:
        raise UserError(f'{path} belongs to LPIPS 0.0; use {FILE_NAME} of version 0.1, which the package {PACKAGE} has')
    _kind, arrays = weights.read_weights(path, advice=f'use {FILE_NAME} of the package {PACKAGE}')
    found = [np.asarray(arrays.get(name, np.zeros([]))) for name in LINEAR_NAMES]
    if [array.shape for array in found] != [(1, channels, 1, 1) for channels in NUM_CHANNELS]:
        raise UserError(f'{path} holds no LPIPS weights for VGG16; use {FILE_NAME} of the package {PACKAGE}')
    return [array.reshape(-1).astype(np.float32) for array in found]


def load_pickle(path):
    """Read the pickled network `vgg16_zhang_perceptual.pkl`; none of its code is executed.

    Returns:
        Tuple of the layers of VGG16 and the list of linear weights.

    Raises:
        UserError: If its variables are not exactly those of LPIPS.
    """
    _kind, arrays = weights.read_weights(path)
    layers, vectors = vgg16.take_pickled_layers(path, arrays)
    linear = [vector.astype(np.float32) for _, vector in vectors[: len(NUM_CHANNELS)]]
    if [vector.shape for vector in linear] != [(channels,) for channels in NUM_CHANNELS] or _is_any_negative(linear):
        raise UserError(f'{path} has no channel weights of LPIPS in the expected order; {pickled_code.ADVICE}')
    vgg16.check_all_used(path, vectors[len(NUM_CHANNELS) :])
    return layers, linear


def _is_any_negative(arrays):
    return any((array < 0).any() for array in arrays)


class Lpips(distances.Distance):
    """LPIPS 0.1 on VGG16.

    Args:
        source: Path or URL of `vgg16_zhang_perceptual.pkl`, which holds everything, or of the linear weights `vgg.pth`;
            'random' for made-up weights; or None for what the environment variable `DNNLIB_LPIPS` says, else a file in
            the folder `metrics` of the cache, else the linear weights of the package `lpips`. With linear weights,
            VGG16 comes from the places that `vgg16.Vgg16Features` knows.
    """

    name = 'lpips'
    min_size_px = 16

    def __init__(self, source=None):
        self._weights = None
        self._path = _find_file(source)
        self._trusted = weights.load_trusted_network(self._path)
        self._vgg16_path = None
        if self._path is None:
            super().__init__('-random', 'random')
        elif _is_pickle(self._path):
            super().__init__('', dnnlib.util.hash_file(self._path))
        else:
            self._vgg16_path = vgg16.find_file()
            super().__init__(*self._describe_files())

    def _describe_files(self):
        """Return (marker, checksum) of the linear weights with VGG16."""
        vgg16_marker, vgg16_sha256 = vgg16.describe_file(self._vgg16_path)
        linear_sha256 = dnnlib.util.hash_file(self._path)
        is_published = vgg16_marker == '-torchvision' and linear_sha256 == SHA256
        marker = '' if is_published else '-random' if self._vgg16_path is None else '-custom'
        return marker, hashlib.sha256((vgg16_sha256 + linear_sha256).encode('ascii')).hexdigest()

    def load(self):
        """Return the layers of VGG16 and the linear weights, read once; None if the file's own code runs."""
        if self._weights is None and self._trusted is None:
            shapes = vgg16.list_conv_shapes()
            if self._path is None:
                ones = [np.ones(channels, np.float32) for channels in NUM_CHANNELS]
                self._weights = vgg16.make_random_layers(shapes), ones
            elif _is_pickle(self._path):
                self._weights = load_pickle(self._path)
            else:
                linear = load_linear_weights(self._path)
                path = self._vgg16_path
                layers = vgg16.load_layers(path, shapes) if path else vgg16.make_random_layers(shapes)
                self._weights = layers, linear
        return self._weights

    def get_features_for(self, images):
        """Return unit-length features of five layers [NHWC]; the images themselves if the file's own code runs."""
        self.check_images(images)
        if self._trusted is not None:
            return [images]
        layers, _ = self.load()
        with tf.name_scope('LPIPS'):
            images = vgg16.normalize_images(tf.transpose(images, [0, 2, 3, 1]))  # [NHWC]
            return [distances.normalize_channels(tap) for tap in vgg16.build_taps(images, layers)]

    def compare(self, features_a, features_b):
        """Return the distances [N] for two results of `get_features_for`."""
        if self._trusted is not None:
            return weights.run_network(self._trusted, features_a[0], features_b[0])
        return super().compare(features_a, features_b)

    def get_channel_weights(self):
        """Return the linear weights, one array [C] per layer."""
        return self.load()[1]


def _is_pickle(path):
    return weights.detect_format(path) == 'pickle'


def _find_file(source):
    """Return the path of the linear weights or of the whole pickled network, or None for made-up weights."""
    names = [PICKLE_NAME, 'lpips-vgg.pth', FILE_NAME]
    source = source or weights.find_weight_file(ENV_VAR, names) or find_in_package()
    if source == 'random':
        return None
    if source is None:
        files = f'{PICKLE_NAME}, or {FILE_NAME} of LPIPS 0.1 (SHA-256 begins {SHA256[:8]}),'
        raise weights.make_missing_error('LPIPS', PACKAGE, files, ENV_VAR)
    return weights.fetch(source)


def find_in_package():
    """Return the path of the linear weights in the installed package, or None."""
    return weights.find_in_package(PACKAGE, 'weights', 'v0.1', FILE_NAME)

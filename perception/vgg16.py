# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""VGG16 with ImageNet weights: features for precision and recall, and the trunk of LPIPS.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014
(arXiv:1409.1556), configuration D, with the weights and the input scaling of torchvision.
"""

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib.tflib.snapshots import pickled_code
from dnnlib.util import UserError
from perception import features, weights

URL = 'https://download.pytorch.org/models/vgg16-397923af.pth'
SHA256_START = '397923af'
ENV_VAR = 'DNNLIB_VGG16'
PICKLE_NAME = 'vgg16.pkl'
ADVICE = f'use {URL.split("/")[-1]} from {URL}'

INPUT_SIZE_PX = 224
MEAN = [0.485, 0.456, 0.406]  # Of ImageNet, RGB in 0..1.
STD = [0.229, 0.224, 0.225]

BLOCKS = [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3]  # Output channels; a max pool ends each block.
DENSE_SHAPES = [(25088, 4096), (4096, 4096), (4096, 1000)]  # [IO]

# ----------------------------------------------------------------------------
# Weights: layer name of torchvision -> (kernel [kkIO] or [IO], bias [O]).


def list_conv_shapes():
    """Return layer name -> kernel shape [kkIO] of the 13 convolutions in order."""
    shapes = {}
    index, fmaps_in = 0, 3
    for block in BLOCKS:
        for fmaps in block:
            shapes[f'features.{index}'] = (3, 3, fmaps_in, fmaps)
            index, fmaps_in = index + 2, fmaps  # A ReLU has an index, too,
        index += 1  # and so has the pool.
    return shapes


def list_dense_shapes():
    """Return layer name -> kernel shape [IO] of the three fully connected layers in order."""
    return {f'classifier.{3 * index}': shape for index, shape in enumerate(DENSE_SHAPES)}


def make_random_layers(shapes, seed=0):
    """Return made-up weights for layer name -> kernel shape: He-normal kernels, no bias."""
    table = np.random.RandomState(seed).randn(1048573).astype(np.float32)  # A prime, so that no two rows are equal.
    layers = {}
    for name, shape in shapes.items():
        scale = np.float32(np.sqrt(2 / np.prod(shape[:-1])))
        layers[name] = np.resize(table, shape) * scale, np.zeros(shape[-1], np.float32)
    return layers


def load_layers(path, shapes):
    """Read some layers from a weight file.

    Args:
        path: `.pth` of torchvision, `.npz` with the same names, or the pickled network `vgg16.pkl`.
        shapes: Layer name -> kernel shape.

    Returns:
        Layer name -> (kernel, bias), float32.

    Raises:
        UserError: If the file is something else.
    """
    kind, arrays = weights.read_weights(path, advice=ADVICE)
    if kind == 'pickle':
        layers, vectors = take_pickled_layers(path, arrays)
        check_all_used(path, vectors)
        missing = [name for name in shapes if name not in layers]
        if missing:
            raise UserError(f'{path} has no layer {missing[0]}; {ADVICE}')
        return {name: layers[name] for name in shapes}
    return {name: take_layer(path, arrays, name, shape) for name, shape in shapes.items()}


def take_layer(path, arrays, name, shape):
    """Return (kernel, bias) of a layer from the arrays of a state dict, after checking their shapes."""
    kernel, bias = arrays.get(name + '.weight'), arrays.get(name + '.bias')
    if kernel is None or bias is None:
        raise UserError(f'{path} is not the VGG16 of torchvision: it has no {name}; {ADVICE}')
    kernel = kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T  # [kkIO] or [IO]
    if kernel.shape != shape or bias.shape != shape[-1:]:
        raise UserError(f'{path} is not the VGG16 of torchvision: {name} is {kernel.shape}, not {shape}; {ADVICE}')
    return kernel.astype(np.float32), bias.astype(np.float32)


def take_pickled_layers(path, arrays):
    """Find the layers of VGG16 among the variables of a pickled network, by their order and shapes.

    Args:
        path: Name of the file in messages.
        arrays: Variable name -> array, in the order in which the network made them.

    Returns:
        Tuple of layer name -> (kernel, bias), and the list of vectors (name, array) that are no bias.

    Raises:
        UserError: If a convolution is missing or anything but vectors is left.
    """
    tensors = {ndim: [item for item in arrays.items() if _count_axes(item[1]) == ndim] for ndim in range(5)}
    conv_shapes = list(list_conv_shapes().items())
    dense_shapes = list(list_dense_shapes().items())[: len(tensors[2])]
    kernels, expected = tensors[4] + tensors[2], conv_shapes + dense_shapes
    vectors = [(name, array.reshape(-1)) for name, array in tensors[1]]
    vectors = [(name, vector) for name, vector in vectors if not _is_input_scaling(vector)]
    found = [array.shape for _, array in kernels], [array.shape for _, array in vectors[: len(expected)]]
    wanted = [shape for _, shape in expected], [shape[-1:] for _, shape in expected]
    if found != wanted or tensors[3] or tensors[0]:
        raise UserError(f'{path} is a pickled network of another form than VGG16; {ADVICE}; {pickled_code.ADVICE}')
    layers = {}
    for (layer, _), (_, kernel), (_, bias) in zip(expected, kernels, vectors):
        layers[layer] = kernel.astype(np.float32), bias.astype(np.float32)
    return layers, vectors[len(expected) :]


def _count_axes(array):
    """Return the number of axes, where vectors may carry axes of length 1 for broadcasting."""
    return 1 if array.ndim and array.size == max(array.shape) else array.ndim


def _is_input_scaling(vector):
    """Tell whether a vector is shift or scale of torchvision's input, for images in 0..1 or -1..1 (as in LPIPS)."""
    known = [MEAN, STD, 2 * np.array(MEAN) - 1, 2 * np.array(STD)]
    return vector.shape == (3,) and any(np.allclose(vector, values, atol=1e-4) for values in known)


def check_all_used(path, left_over):
    """Raise UserError if variables (name, array) of a pickled network have found no place."""
    if left_over:
        name = left_over[0][0]
        raise UserError(f'{path} has a variable {name} that VGG16 lacks; {ADVICE}; {pickled_code.ADVICE}')


# ----------------------------------------------------------------------------
# Graph.


def normalize_images(images):
    """Bring float32 RGB images [NHWC] in 0..255 to the input range of the network."""
    scale = 255 * np.float32(STD)
    return (images - 255 * np.float32(MEAN)) / scale


def build_taps(images, layers):
    """Add the convolutions to the graph.

    Args:
        images: Result of `normalize_images`, 16 or more pixels high and wide.
        layers: Layer name -> (kernel, bias).

    Returns:
        List of the outputs [NHWC] of the last convolution of each block, after ReLU and before the pool.
    """
    names = iter(list_conv_shapes())
    taps = []
    x = images
    for index, block in enumerate(BLOCKS):
        if index:
            x = _max_pool(x)
        for _ in block:
            kernel, bias = [features.make_weight(value) for value in layers[next(names)]]
            x = tf.nn.relu(tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding='SAME') + bias)
        taps.append(x)
    return taps


def build_dense(tap, layers, num_layers=2):
    """Add fully connected layers behind the last tap [NHWC], 14 pixels high and wide; return features [NF]."""
    x = tf.transpose(_max_pool(tap), [0, 3, 1, 2])  # [NCHW]
    x = tf.reshape(x, [-1, DENSE_SHAPES[0][0]])  # [NF]
    for name in list(list_dense_shapes())[:num_layers]:
        kernel, bias = [features.make_weight(value) for value in layers[name]]
        x = tf.nn.relu(tf.matmul(x, kernel) + bias)
    return x


def _max_pool(x):
    return tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID')


class Vgg16Features(features.FeatureNetwork):
    """The 4096 features of the second fully connected layer, after ReLU.

    Size and scaling of the input of the network behind the published numbers are not known; ours are those of
    torchvision. So results carry the marker `-torchvision`, unless the code in the published pickle may run, see
    `dnnlib.tflib.snapshots.pickled_code`.

    Args:
        source: Path or URL of a weight file, 'random' for made-up weights, or None for what the environment variable
            `DNNLIB_VGG16` says, else a file in the folder `metrics` of the cache, else a download.
    """

    name = 'vgg16'
    resize = 'bilinear without smoothing to 224x224'

    def __init__(self, source=None):
        self._layers = None
        self._path = find_file(source)
        marker, sha256 = describe_file(self._path)
        super().__init__('' if weights.load_trusted_network(self._path) else marker, sha256)

    def get_output_for(self, images):
        """Add the network to the graph: uint8 RGB images [NCHW] -> float32 features [NF]."""
        trusted = weights.load_trusted_network(self._path)
        if trusted is not None:
            return weights.run_network(trusted, tf.cast(images, tf.float32))
        if self._layers is None:
            shapes = dict(list_conv_shapes(), **dict(list(list_dense_shapes().items())[:2]))
            self._layers = load_layers(self._path, shapes) if self._path else make_random_layers(shapes)
        with tf.name_scope('VGG16'):
            images = tf.cast(tf.transpose(images, [0, 2, 3, 1]), tf.float32)  # [NHWC]
            size = [INPUT_SIZE_PX, INPUT_SIZE_PX]
            images = tf.image.resize_bilinear(images, size, align_corners=False, half_pixel_centers=False)
            taps = build_taps(normalize_images(images), self._layers)
            return build_dense(taps[-1], self._layers)  # [NF]


def find_file(source=None):
    """Return the path of the weight file, or None for made-up weights."""
    return weights.find_or_fetch(source, 'VGG16 weights', URL, SHA256_START, ENV_VAR, [PICKLE_NAME])


def describe_file(path):
    """Return (marker, SHA-256) of a weight file, or of made-up weights."""
    if path is None:
        return '-random', 'random'
    sha256 = dnnlib.util.hash_file(path)
    return '-torchvision' if sha256.startswith(SHA256_START) else '-custom', sha256

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Feature networks by name, and what they have in common."""

import hashlib
import inspect

import tensorflow.compat.v1 as tf

import dnnlib
import dnnlib.tflib as tflib
from dnnlib.util import UserError

FEATURE_NETWORKS = {
    'inception': 'perception.inception.InceptionFeatures',
    'inception_softmax': 'perception.inception.InceptionSoftmax',
    'squeezenet': 'perception.squeezenet.SqueezeNetFeatures',
    'vgg16': 'perception.vgg16.Vgg16Features',
}

_WEIGHTS = 'feature_weights'  # Graph collection of (variable, placeholder of its value, value).


class FeatureNetwork:
    """A network that maps images to feature vectors.

    Attributes:
        name: Name in `FEATURE_NETWORKS`.
        marker: Text that result names carry if this is not the published network, else empty.
        sha256: Checksum of the weights.
        resize: How images are brought to the size of the network.
    """

    name = None
    resize = None

    def __init__(self, marker, sha256):
        self.marker = marker
        self.sha256 = sha256

    def get_output_for(self, images):
        """Add the network to the default graph; `initialize_weights` is to be called before the graph is run.

        Args:
            images: RGB images in 0..255, uint8 [NCHW] of any size.

        Returns:
            float32 features [NF].
        """
        raise NotImplementedError


class FunctionFeatures(FeatureNetwork):
    """Features made by a function of the user, in the way of `FeatureNetwork.get_output_for`.

    Args:
        name: Full name of the function, `package.module.function`.
    """

    resize = 'none'

    def __init__(self, name):
        self.name = name
        self._function = dnnlib.util.get_obj_by_name(name)
        source = inspect.getsource(self._function)
        super().__init__('-' + name.split('.')[-1], hashlib.sha256(source.encode('utf-8')).hexdigest())

    def get_output_for(self, images):
        """Return what the function makes of the images."""
        return self._function(images)


def get_feature_network(name, weights=None):
    """Return a `FeatureNetwork`, after looking for its weights.

    Args:
        name: Key of `FEATURE_NETWORKS`, or the full name of a function for `FunctionFeatures`.
        weights: Path or URL of its weight file, 'random', or None for the usual places.

    Raises:
        UserError: If there is no such network or its weights cannot be found.
    """
    if name in FEATURE_NETWORKS:
        return dnnlib.util.call_func_by_name(weights, func_name=FEATURE_NETWORKS[name])
    if '.' in name and weights is None:
        return FunctionFeatures(name)
    raise UserError(f'unknown feature network {name!r}; there are {", ".join(sorted(FEATURE_NETWORKS))}')


def make_weight(value):
    """Return a variable of the default graph that will hold a float32 array.

    The array does not become part of the graph, whose size is limited.
    """
    placeholder = tf.placeholder(tf.float32, value.shape)
    variable = tf.Variable(placeholder, trainable=False, collections=[])
    tf.add_to_collection(_WEIGHTS, (variable, placeholder, value))
    return variable


def initialize_weights():
    """Give the variables of `make_weight` their values, in the default session."""
    weights = tf.get_collection_ref(_WEIGHTS)
    tflib.run([variable.initializer for variable, _, _ in weights], {item[1]: item[2] for item in weights})
    weights.clear()

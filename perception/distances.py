# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Perceptual distances by name, and what they have in common.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018 (arXiv:1801.03924).
"""

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib.util import UserError, UserFileNotFoundError
from perception import squeezenet

DISTANCES = {
    'lpips': 'perception.lpips.Lpips',
    'squeezenet': 'perception.distances.SqueezeNetDistance',
}

_EPSILON = 1e-20  # Inside the root, so that the gradient is finite where all features are zero.


class Distance:
    """A distance between images that resembles how different people find them.

    Attributes:
        name: Name in `DISTANCES`.
        marker: Text that result names carry if this is not the published LPIPS, else empty.
        sha256: Checksum of the weights.
        min_size_px: Smallest side of images that it can look at.
    """

    name = None
    min_size_px = 1

    def __init__(self, marker, sha256):
        self.marker = marker
        self.sha256 = sha256

    def load(self):
        """Read the weights now rather than when they are first used, so that an unfit file is known at once."""

    def get_output_for(self, images_a, images_b):
        """Add the distance to the graph; `features.initialize_weights` is to be called before the graph is run.

        Args:
            images_a: RGB images in 0..255, float32 [NCHW].
            images_b: The images to compare them with, in the same order.

        Returns:
            float32 distances [N].
        """
        images = tf.concat([images_a, images_b], axis=0)  # One network for both.
        halves = [tf.split(tap, 2) for tap in self.get_features_for(images)]
        return self.compare([a for a, _ in halves], [b for _, b in halves])

    def get_features_for(self, images):
        """Add what is compared to the graph: images as in `get_output_for` -> list of feature maps [NHWC]."""
        raise NotImplementedError

    def compare(self, features_a, features_b):
        """Return the distances [N] for two results of `get_features_for`."""
        weights = self.get_channel_weights()
        terms = []
        for a, b, weight in zip(features_a, features_b, weights or [np.float32(1)] * len(features_a)):
            terms.append(tf.reduce_mean(tf.reduce_sum(tf.square(a - b) * weight, axis=3), axis=[1, 2]))  # [N]
        return tf.add_n(terms)

    def get_channel_weights(self):
        """Return one array [C] per feature map, or None for ones."""
        return None

    def check_images(self, images):
        """Raise UserError unless a batch of images [NCHW] is of a kind that the distance can look at."""
        self.check_shape([int(size) for size in images.shape[1:]])

    def check_shape(self, shape):
        """Raise UserError unless images of a shape [C, H, W] are of a kind that the distance can look at."""
        channels, height, width = shape
        if channels != 3 or min(height, width) < self.min_size_px:
            raise UserError(
                f'the distance {self.name} needs RGB pictures of {self.min_size_px} pixels or more a side, '
                f'got {channels} x {height} x {width}'
            )


def normalize_channels(x):
    """Scale the channels of every pixel of [NHWC] to unit length; where all are zero they stay zero."""
    return x * tf.rsqrt(tf.reduce_sum(tf.square(x), axis=3, keepdims=True) + _EPSILON)


class SqueezeNetDistance(Distance):
    """The construction of LPIPS on SqueezeNet, with equal weights: for machines without VGG16, comparable to nothing.

    Images with a side below 64 pixels are enlarged by repeating pixels, as the deeper layers would see nothing.

    Args:
        source: As for `squeezenet.SqueezeNetFeatures`.
    """

    name = 'squeezenet'
    min_size_px = 4
    comfortable_size_px = 64

    def __init__(self, source=None):
        self._network = squeezenet.SqueezeNetFeatures(source)
        super().__init__('-squeezenet' + self._network.marker, self._network.sha256)

    def load(self):
        """Read the weights."""
        self._network.load_layers()

    def get_features_for(self, images):
        """Return unit-length features of seven layers [NHWC]."""
        self.check_images(images)
        images = tf.transpose(images, [0, 2, 3, 1])  # [NHWC]
        factor = -(-self.comfortable_size_px // min(int(size) for size in images.shape[1:3]))
        if factor > 1:
            images = repeat_pixels(images, factor)
        with tf.name_scope('SqueezeNet'):
            taps = squeezenet.build_taps(images[..., ::-1] - squeezenet.MEAN_BGR, self._network.load_layers())
            return [normalize_channels(tap) for tap in taps]


def repeat_pixels(images, factor):
    """Enlarge images [NHWC] by an integer factor, repeating every pixel."""
    height, width, channels = [int(size) for size in images.shape[1:]]
    x = tf.reshape(images, [-1, height, 1, width, 1, channels])
    x = tf.tile(x, [1, 1, factor, 1, factor, 1])
    return tf.reshape(x, [-1, height * factor, width * factor, channels])


def get_distance(name=None, weights=None):
    """Return a `Distance`, after looking for its weights.

    Args:
        name: Key of `DISTANCES`; None for 'lpips'.
        weights: Path or URL of its weight file, 'random', or None for the usual places.

    Raises:
        UserError: If there is no such distance or its weights cannot be found.
    """
    chosen = name or 'lpips'
    if chosen not in DISTANCES:
        raise UserError(f'unknown distance {chosen!r}; there are {", ".join(sorted(DISTANCES))}')
    try:
        return dnnlib.util.call_func_by_name(weights, func_name=DISTANCES[chosen])
    except UserFileNotFoundError as error:
        if chosen == 'squeezenet':
            raise
        raise UserFileNotFoundError(f'{error}; the distance "squeezenet" needs none of these') from error

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Features and a generator that are small enough to be understood, for tests of what surrounds them."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.util import EasyDict


def mean_colours(images):
    """Return the mean of each quarter of each channel: uint8 [NCHW] -> float32 [N, 4 C]."""
    channels, height, width = [int(size) for size in images.shape[1:]]
    blocks = tf.reshape(tf.cast(images, tf.float32), [-1, channels, 2, height // 2, 2, width // 2])
    return tf.reshape(tf.reduce_mean(blocks, axis=[3, 5]), [-1, 4 * channels])


def mean_colours_numpy(images):
    """Do as `mean_colours` does."""
    num, channels, height, width = images.shape
    blocks = images.astype(np.float64).reshape(num, channels, 2, height // 2, 2, width // 2)
    return blocks.mean(axis=(3, 5)).reshape(num, 4 * channels)


def colour_probabilities(images):
    """Return the share of red, green and blue in each picture: uint8 [NCHW] -> float32 [N, 3]."""
    totals = tf.reduce_sum(tf.cast(images, tf.float32), axis=[2, 3])
    return totals / tf.reduce_sum(totals, axis=1, keepdims=True)


class Sampler:
    """A generator that draws one of given pictures [NCHW] (-1..1): the first latent is the normal quantile of which."""

    def __init__(self, images, label_size=0):
        self.images = images.astype(np.float32)
        self.input_shapes = [[None, 4], [None, label_size]]
        self.input_shape = self.input_shapes[0]
        self.output_shape = [None] + list(images.shape[1:])
        self.static_kwargs = {}

    def clone(self):
        """Return an equal generator."""
        return Sampler(self.images, self.input_shapes[1][1])

    def get_output_for(self, latents, labels, is_validation=False):
        """Return the pictures for latents [ND]."""
        assert is_validation
        share = 0.5 * (1 + tf.erf(latents[:, 0] / np.sqrt(2)))
        indices = tf.minimum(tf.cast(share * len(self.images), tf.int32), len(self.images) - 1)
        return tf.gather(tf.constant(self.images), indices)


class Painter:
    """A generator whose 192 latents are the pixels of a picture of 8 x 8, but for noise of a given strength.

    Its mapping passes latents on for each of two layers, plus the first component of the label.
    """

    def __init__(self, noise_strength=0.0, label_size=0):
        self.input_shapes = [[None, 192], [None, label_size]]
        self.input_shape = self.input_shapes[0]
        self.output_shape = [None, 3, 8, 8]
        self.static_kwargs = {}
        self.noise_strength = noise_strength
        self.components = EasyDict(mapping=_Mapping(), synthesis=_Synthesis(noise_strength))

    def clone(self):
        """Return an equal generator."""
        return Painter(self.noise_strength, self.input_shapes[1][1])

    def get_output_for(self, latents, labels, is_validation=False):
        """Return the pictures [NCHW] for latents [ND]."""
        assert is_validation
        return self.components.synthesis.get_output_for(self.components.mapping.get_output_for(latents, labels))


class _Mapping:
    def get_output_for(self, latents, labels):
        if int(labels.shape[1]):
            latents += labels[:, :1]
        return tf.tile(latents[:, tf.newaxis], [1, 2, 1])  # [NLD]


class _Synthesis:
    def __init__(self, noise_strength):
        self.noise_strength = noise_strength
        self.vars = {}

    def get_output_for(self, dlatents, randomize_noise=True):
        if 'noise0' not in self.vars:
            self.vars['noise0'] = tf.Variable(tf.zeros([1, 1, 8, 8]), name='noise0')
            tf.get_default_session().run(self.vars['noise0'].initializer)
        images = tf.reshape(dlatents[:, -1], [-1, 3, 8, 8])
        return images * (1 + self.noise_strength * self.vars['noise0'])


def replace_networks(monkeypatch, network):
    """Let every file be a snapshot of this network."""
    from training import snapshots

    monkeypatch.setattr(snapshots.pickling, 'load', lambda file, name: network)
    monkeypatch.setattr(snapshots.Snapshot, 'build', lambda self, *names: network)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The graph of an evaluation: features of what a generator draws, and of given pictures, on several devices."""

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib.tflib as tflib
from dnnlib.tflib import compat
from perception import features


class FeatureExtractor:
    """Computes features of what a generator draws, or of pictures that are fed instead.

    There is one tower per device; each works on an equal part of the minibatch.

    Args:
        Gs: Generator.
        feature_network: `FeatureNetwork`.
        num_gpus: Number of towers.
        Gs_kwargs: Keywords of the generator.
    """

    def __init__(self, Gs, feature_network, num_gpus=1, Gs_kwargs=None):
        self.num_gpus = num_gpus
        self._towers = []
        for index in range(num_gpus):
            with tf.device(compat.tower_device(index)):
                clone = Gs if index == 0 else Gs.clone()
                self._towers.append(_build_tower(clone, feature_network, Gs_kwargs or {}))
        features.initialize_weights()
        self.num_features = int(self._towers[0]['features'].shape[1])

    def run_fakes(self, latents, labels):
        """Draw pictures and return their features.

        Args:
            latents: float32 [minibatch, latent_size].
            labels: float32 [minibatch, label_size].

        Returns:
            Tuple (features [NF], is_finite [N]); the second is False for pictures with a pixel that is no number.
        """
        return self._run({'latents': latents, 'labels': labels}, ['features', 'is_finite'])

    def run_reals(self, images):
        """Return the features [NF] of uint8 images [NCHW]."""
        return self._run({'images': images}, ['features'])[0]

    def _run(self, feeds, fetches):
        feed_dict = {}
        for name, array in feeds.items():
            for tower, part in zip(self._towers, np.split(array, self.num_gpus)):
                feed_dict[tower[name]] = part
        results = tflib.run([[tower[name] for name in fetches] for tower in self._towers], feed_dict)
        return [np.concatenate(parts) for parts in zip(*results)]


def _build_tower(Gs, feature_network, Gs_kwargs):
    """Return the tensors of one device by name."""
    latents, labels = [tf.placeholder(tf.float32, [None] + shape[1:]) for shape in Gs.input_shapes[:2]]
    drawn = Gs.get_output_for(latents, labels, **Gs_kwargs)  # [NCHW]
    is_finite = tf.reduce_all(tf.is_finite(drawn), axis=[1, 2, 3])  # [N]
    drawn = tflib.convert_images_to_uint8(drawn)
    images = tf.placeholder_with_default(drawn, [None] + Gs.output_shape[1:])
    return {
        'latents': latents,
        'labels': labels,
        'images': images,
        'is_finite': is_finite,
        'features': feature_network.get_output_for(_to_rgb(images)),  # [NF]
    }


def _to_rgb(images):
    """Repeat the channel of grayscale images three times; of others keep the first three."""
    if int(images.shape[1]) < 3:
        images = tf.tile(images[:, :1], [1, 3, 1, 1])
    return images[:, :3]

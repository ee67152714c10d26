# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The graph of an evaluation: features of what a generator draws, and of given images, on several devices."""

import tensorflow.compat.v1 as tf

import dnnlib.tflib as tflib
from metrics.towers import Towers, replicate
from perception.inputs import to_rgb


class FeatureExtractor:
    """Computes features of what a generator draws, or of images that are fed instead.

    Args:
        Gs: Generator.
        feature_network: `FeatureNetwork`.
        num_gpus: Number of devices.
        Gs_kwargs: Keywords of the generator.
    """

    def __init__(self, Gs, feature_network, num_gpus=1, Gs_kwargs=None):
        self._towers = Towers(
            num_gpus, lambda index: _build_tower(replicate(Gs, index), feature_network, Gs_kwargs or {})
        )
        self.num_features = self._towers.num_columns('features')

    def run_fakes(self, latents, labels):
        """Draw images and return their features.

        Args:
            latents: float32 [minibatch, latent_size].
            labels: float32 [minibatch, label_size].

        Returns:
            Tuple (features [NF], is_finite [N]); the second is False for images with a pixel that is no number.
        """
        return self._towers.run(['features', 'is_finite'], {'latents': latents, 'labels': labels})

    def run_reals(self, images):
        """Return the features [NF] of uint8 images [NCHW]."""
        return self._towers.run(['features'], {'images': images})[0]


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
        'features': feature_network.get_output_for(to_rgb(images)),  # [NF]
    }

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of the recipe in `toy_recipe`."""

import tensorflow.compat.v1 as tf


def painter(latents_in, **_kwargs):
    """Draw a picture of one shade, whatever the latents are."""
    latents_in.set_shape([None, 1])
    shade = tf.get_variable('shade', shape=[], initializer=tf.initializers.zeros())
    return tf.ones([tf.shape(latents_in)[0], 3, 8, 8]) * shade


def critic(images_in, **_kwargs):
    """Guess the shade of a picture."""
    images_in.set_shape([None, 3, 8, 8])
    weight = tf.get_variable('weight', shape=[], initializer=tf.initializers.zeros())
    return tf.reduce_mean(images_in, axis=[1, 2, 3]) * weight

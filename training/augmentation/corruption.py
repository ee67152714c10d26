# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Noise and missing parts (ADA, appendix B, "Image-space corruptions")."""

import numpy as np
import tensorflow.compat.v1 as tf
from scipy.special import erfinv

from dnnlib import tflib


def add_noise(images, draws, probability, std=0.1):
    """Return images [NCHW] with normal noise, whose standard deviation is that of each image."""
    if draws.percentile is None:
        sigma = tf.abs(draws.draw_normal(std, probability))
    else:
        sigma = draws.fill(erfinv(draws.percentile) * std)
    return images + sigma[:, np.newaxis, np.newaxis, np.newaxis] * tflib.random_normal(tf.shape(images))


def cut_out(images, draws, probability, size=0.5):
    """Return images [NCHW] with a rectangle of zeros, `size` of width and height; its centre is anywhere."""
    height, width = [int(length) for length in images.shape[2:]]
    sizes = draws.draw_on(probability) * size
    centers = draws.draw_unit(2)
    is_out = [
        tf.abs((np.arange(length, dtype=np.float32) + 0.5) / length - centers[:, axis, np.newaxis])
        < sizes[:, np.newaxis] / 2
        for axis, length in enumerate([width, height])
    ]
    is_out = tf.logical_and(is_out[1][:, np.newaxis, :, np.newaxis], is_out[0][:, np.newaxis, np.newaxis, :])
    return images * tf.cast(tf.logical_not(is_out), images.dtype)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Random changes of all images that the discriminator sees, so that few real ones suffice.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", 2020 (ADA, arXiv:2006.06676).
"""

import inspect

import tensorflow.compat.v1 as tf

from dnnlib.util import UserError
from training.augmentation import bands, color, corruption, diff_augment, geometry
from training.augmentation.draws import Draws
from training.augmentation.pipes import check_size


def augment_pipeline(images, labels, strength=1.0, debug_percentile=None, **settings):
    """Change each image at random; every change is left out with a probability, so that what is learned stays clean.

    Args:
        images: float32 [NCHW] in [-1, 1], 1 to 4 channels; channels, height and width static.
        labels: Labels, which are returned as they are.
        strength: Strength p, number or scalar tensor from 0 to 1: an augmentation of multiplier m is on with
            probability m p, but for the turns, of which there are two with 1 - sqrt(1 - m p) each.
        debug_percentile: See `draws.Draws`.
        **settings: Multipliers, 0 by default, by which augmentations are chosen, and their sizes. Moves of whole
            pixels: `xflip`, `rotate90`, `xint` (`xint_max` of width and height). Geometry: `scale` (`scale_std` of
            log2), `rotate` (`rotate_max` of half a turn), `aniso` (`aniso_std` of log2), `xfrac` (`xfrac_std` of width
            and height). Colours: `brightness` (`brightness_std`), `contrast` (`contrast_std` of log2), `lumaflip`,
            `hue` (`hue_max` of half a turn), `saturation` (`saturation_std` of log2). Frequencies: `imgfilter`
            (`imgfilter_bands`, multipliers of the four bands, and `imgfilter_std` of log2). Corruption: `noise`
            (`noise_std`), `cutout` (`cutout_size`). Those of DiffAugment, between colours and frequencies: `diff_color`
            (lightness, saturation and contrast), `diff_translation` (whole pixels, up to 1/8 of width and height) and
            `diff_cutout` (half of width and height).

    Returns:
        Images and labels. Gradients of any order flow through all of it.

    Raises:
        UserError: If the images are too small for the image filter, or have too many channels.
    """
    channels, height, width = [int(size) for size in images.shape[1:]]
    check_size(settings, width, height)
    if channels > 4:
        raise UserError(f'images with 1 to 4 channels can be augmented, got {channels}')
    draws = Draws(tf.shape(images)[0], debug_percentile)
    matrix = geometry.draw_matrix(draws, strength, width, height, **_take(settings, geometry.draw_matrix))
    if matrix is not None:
        images = geometry.resample(images, matrix)
    matrix = color.draw_matrix(draws, strength, color.count_colors(channels), **_take(settings, color.draw_matrix))
    if matrix is not None:
        images = color.apply_matrix(images, matrix)
    images = diff_augment.apply(images, draws, strength, **_take(settings, diff_augment.apply))
    return _corrupt(images, draws, strength, **settings), labels


def _take(settings, func):
    """Remove the settings that are keywords of a function, and return them."""
    names = [name for name in inspect.signature(func).parameters if name in settings]
    return {name: settings.pop(name) for name in names}


def _corrupt(
    images,
    draws,
    strength,
    imgfilter=0,
    imgfilter_bands=(1, 1, 1, 1),
    imgfilter_std=1,
    noise=0,
    noise_std=0.1,
    cutout=0,
    cutout_size=0.5,
):
    """Return images filtered, with noise, and with missing parts."""
    if imgfilter > 0:
        gains = bands.draw_gains(draws, imgfilter * strength, imgfilter_bands, imgfilter_std)
        images = bands.apply_gains(images, gains)
    if noise > 0:
        images = corruption.add_noise(images, draws, noise * strength, noise_std)
    if cutout > 0:
        images = corruption.cut_out(images, draws, cutout * strength, cutout_size)
    return images

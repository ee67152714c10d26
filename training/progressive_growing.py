# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Progressive growing of the networks (Karras et al. 2017, arXiv:1710.10196, section 2).

The level of detail `lod` is the number of doublings that the images lack, the fraction fading over to the next lower
resolution. Snapshots carry this text beside that of the networks, see `training.layers`.
"""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from training.layers import average_blocks, check_choice, repeat_pixels


def get_lod():
    """Return the current value of the level of detail, a variable of the network that is being built."""
    lod = tf.get_variable('lod', initializer=np.float32(0), trainable=False)
    return lod.read_value()  # Not the value from before the assignments that a caller waits for.


def get_structure(structure, is_clean_graph):
    """Return which of 'fixed', 'linear' and 'recursive' a structure stands for.

    Args:
        structure: One of these, or 'auto'.
        is_clean_graph: The graph is there for its variables and for reading, so it is to have no conditionals.
    """
    check_choice('structure', structure, ['auto', 'fixed', 'linear', 'recursive'])
    if structure == 'fixed':
        return structure
    return 'linear' if is_clean_graph or structure == 'linear' else 'recursive'


def grow_images(x, lod, resolution_log2, block, torgb, structure):
    """Run the blocks of a progressively growing generator from 8x8 on.

    Args:
        x: Output of the 4x4 block [NCHW].
        lod: Level of detail, scalar tensor.
        resolution_log2: Where to end.
        block: Function (x, res) -> x of twice the size.
        torgb: Function (x, res) -> images.
        structure: 'fixed' for full resolution only; 'linear' to run all blocks; 'recursive' to run, by conditionals,
            only the blocks that `lod` needs. The latter two give the same images.

    Returns:
        Images of full size [NCHW].
    """
    if resolution_log2 == 2:
        return torgb(x, 2)
    if structure == 'recursive':
        return _grow_recursive(x, 3, lod, resolution_log2, block, torgb)
    images = None if structure == 'fixed' else torgb(x, 2)
    for res in range(3, resolution_log2 + 1):
        x = block(x, res)
        if structure == 'linear':
            with tf.variable_scope(f'Grow_lod{resolution_log2 - res}'):
                images = repeat_pixels(images)
            images = tflib.lerp_clip(torgb(x, res), images, lod - (resolution_log2 - res))
    return torgb(x, resolution_log2) if structure == 'fixed' else images


def _grow_recursive(x, res, lod, resolution_log2, block, torgb):
    """Return images of full size, given what enters the block `res`."""
    level = resolution_log2 - res
    y = block(x, res)

    def fade():
        coarse = repeat_pixels(torgb(x, res - 1))
        return repeat_pixels(tflib.lerp_clip(torgb(y, res), coarse, lod - level), 2**level)

    def stay():
        return tf.cond(lod > level, fade, lambda: repeat_pixels(torgb(y, res), 2**level))

    def go_on():
        return _grow_recursive(y, res + 1, lod, resolution_log2, block, torgb)

    return tf.cond(lod < level, go_on, stay) if level > 0 else stay()


def shrink_images(images, lod, resolution_log2, block, fromrgb, structure):
    """Run the blocks of a progressively growing discriminator down to 8x8.

    Args:
        images: Images of full size [NCHW].
        lod: Level of detail, scalar tensor.
        resolution_log2: Where to begin.
        block: Function (x, res) -> x of half the size.
        fromrgb: Function (images, res) -> x.
        structure: As for `grow_images`.

    Returns:
        Input of the 4x4 block [NCHW].
    """
    if structure == 'recursive':
        return _shrink_recursive(images, 2, lod, resolution_log2, block, fromrgb)
    x = fromrgb(images, resolution_log2)
    for res in range(resolution_log2, 2, -1):
        x = block(x, res)
        if structure == 'linear':
            images = average_blocks(images)
            x = tflib.lerp_clip(x, fromrgb(images, res - 1), lod - (resolution_log2 - res))
    return x


def _shrink_recursive(images, res, lod, resolution_log2, block, fromrgb):
    """Return the input of the block `res`."""
    level = resolution_log2 - res

    def enter():
        return fromrgb(average_blocks(images, 2**level), res)

    def go_on():
        x = block(_shrink_recursive(images, res + 1, lod, resolution_log2, block, fromrgb), res + 1)
        return tf.cond(lod > level - 1, lambda: tflib.lerp_clip(x, enter(), lod - (level - 1)), lambda: x)

    return tf.cond(lod < level, go_on, enter) if level > 0 else enter()

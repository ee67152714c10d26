# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots and image grids under their official names."""

import re

import numpy as np

from dnnlib import image_files
from dnnlib.image_files import save_image
from dnnlib.util import UserError

MAX_GRID_IMAGES = 10000
MAX_GRID_PIXELS = 1 << 28  # As 16384 x 16384, which viewers still open.
GRID_SIZES = {  # Name -> screen in pixels, smallest and largest number of columns, the same for rows.
    '1080p': ((1920, 1080), (3, 32), (2, 32)),
    '4k': ((3840, 2160), (7, 32), (4, 32)),
    '8k': ((7680, 4320), (7, 32), (4, 32)),
}


def load_pkl(file_or_url):
    """Read a snapshot and build its networks in the default session; code inside the file is not executed.

    Args:
        file_or_url: See `training.snapshots.open_snapshot`.

    Returns:
        What the file holds, usually the tuple (G, D, Gs).

    Raises:
        UserError: If the file is missing, is no snapshot, or holds networks of a family that is not known.
    """
    from training import snapshots  # Loads TensorFlow: only now.

    return snapshots.open_snapshot(file_or_url).build()


def load_networks(file_or_url):
    """Return (G, D, Gs) of a snapshot; raise UserError if it holds something else."""
    from training import snapshots

    return snapshots.open_snapshot(file_or_url).build(*snapshots.NETWORK_NAMES)


def save_pkl(obj, filename):
    """Write a snapshot, see `training.snapshots.save_snapshot`."""
    from training import snapshots

    snapshots.save_snapshot(obj, filename)


def compute_grid_size(size, width, height):
    """Return (columns, rows) of an image grid.

    Args:
        size: '1080p', '4k' or '8k', or columns and rows as in '6x4'.
        width: Width of an image in pixels.
        height: Height of an image in pixels.

    Raises:
        UserError: If `size` is anything else, or the grid becomes too large to be drawn.
    """
    explicit = re.match(r'^([1-9]\d*)x([1-9]\d*)$', size)
    if explicit:
        columns, rows = int(explicit.group(1)), int(explicit.group(2))
        check_grid(
            columns, rows, width, height, 'what fits a screen of 1920x1080 pixels is named 1080p; or choose fewer'
        )
        return columns, rows
    if size not in GRID_SIZES:
        raise UserError(f'grid size must be one of {", ".join(GRID_SIZES)} or columns x rows as in 6x4, got {size!r}')
    screen, columns, rows = GRID_SIZES[size]
    return int(np.clip(screen[0] // width, *columns)), int(np.clip(screen[1] // height, *rows))


def check_grid(columns, rows, width, height, remedy='choose fewer'):
    """Raise UserError if a grid of images of a size in pixels becomes too large to be drawn and looked at."""
    if columns * rows > MAX_GRID_IMAGES:
        raise UserError(
            f'grid size is columns x rows, at most {MAX_GRID_IMAGES} images, got {columns}x{rows}; {remedy}'
        )
    num_pixels = columns * width * rows * height
    if num_pixels > MAX_GRID_PIXELS:
        raise UserError(
            f'a grid of {columns}x{rows} images of {width}x{height} pixels has {num_pixels / 1e6:.0f} million pixels, '
            f'at most {MAX_GRID_PIXELS / 1e6:.0f} million are possible; choose fewer images'
        )


def setup_snapshot_image_grid(training_set, size='1080p', layout='random'):
    """Choose the real images of the grids and the labels of the generated ones.

    Args:
        training_set: Data set.
        size: See `compute_grid_size`.
        layout: 'random', or 'row_per_class', 'col_per_class' or 'class4x4' for blocks of one class each.

    Returns:
        Tuple of (columns, rows), images uint8 [NCHW] and labels float32 [N, label_size].
    """
    _, height, width = training_set.shape
    columns, rows = compute_grid_size(size, width, height)
    if layout == 'random':
        return ((columns, rows),) + tuple(training_set.get_minibatch_np(columns * rows))
    if layout not in ('row_per_class', 'col_per_class', 'class4x4'):
        raise UserError(f'grid layout must be random, row_per_class, col_per_class or class4x4, got {layout!r}')
    if not training_set.label_size:
        raise UserError(f'grid layout {layout} needs a data set with labels')
    block = {'row_per_class': (columns, 1), 'col_per_class': (1, rows), 'class4x4': (4, 4)}[layout]
    return ((columns, rows),) + _fill_blocks(training_set, columns, rows, block)


def _fill_blocks(training_set, columns, rows, block):
    """Draw images one at a time and put each into a block of its class."""
    reals = np.zeros([columns * rows] + list(training_set.shape), dtype=training_set.dtype)
    labels = np.zeros([columns * rows, training_set.label_size], dtype=np.float32)
    blocks_x, blocks_y = columns // block[0], rows // block[1]
    contents = [[] for _ in range(blocks_x * blocks_y)]
    per_block = block[0] * block[1]
    for _ in range(1000000):
        image, label = training_set.get_minibatch_np(1)
        for content in contents[int(np.argmax(label[0])) :: training_set.label_size]:
            if len(content) < per_block:
                content.append((image[0], label[0]))
                break
        if all(len(content) == per_block for content in contents):
            break
    for index, content in enumerate(contents):
        for cell, (image, label) in enumerate(content):
            x = (index % blocks_x) * block[0] + cell % block[0]
            y = (index // blocks_x) * block[1] + cell // block[0]
            reals[x + y * columns], labels[x + y * columns] = image, label
    return reals, labels


def adjust_dynamic_range(data, drange_in, drange_out):
    """Map values linearly from one range to another, as float32."""
    if tuple(drange_in) == tuple(drange_out):
        return data
    (in_lo, in_hi), (out_lo, out_hi) = np.float32(drange_in), np.float32(drange_out)
    scale = (out_hi - out_lo) / (in_hi - in_lo)
    return np.asarray(data, np.float32) * scale + (out_lo - in_lo * scale)


def create_image_grid(images, grid_size=None):
    """Tile images row by row.

    Args:
        images: Array [NCHW].
        grid_size: (columns, rows); None for the most square grid.

    Returns:
        Array [CHW].
    """
    num, channels, height, width = images.shape
    columns = grid_size[0] if grid_size is not None else max(int(np.ceil(np.sqrt(num))), 1)
    rows = grid_size[1] if grid_size is not None else max((num - 1) // columns + 1, 1)
    cells = np.zeros([columns * rows, channels, height, width], dtype=images.dtype)
    cells[:num] = images[: columns * rows]
    grid = cells.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)  # [C rows H columns W]
    return grid.reshape(channels, rows * height, columns * width)


def quantize(images, drange=(0, 1)):
    """Return images of any shape as uint8, rounded half to even and clipped; `drange` becomes 0 and 255."""
    return np.clip(np.rint(adjust_dynamic_range(images, drange, [0, 255])), 0, 255).astype(np.uint8)


def convert_to_pil_image(image, drange=(0, 1)):
    """Return an image as 8-bit Pillow image, see `quantize`.

    Args:
        image: Array [CHW] with 1 to 4 channels, or [HW].
        drange: Values that become 0 and 255.

    Raises:
        UserError: If it has more channels.
    """
    image = np.atleast_3d(np.asarray(image).transpose(1, 2, 0) if np.ndim(image) == 3 else image)  # [HWC]
    return image_files.to_pil_image(quantize(image, drange))


def save_image_grid(images, filename, drange=(0, 1), grid_size=None):
    """Write images [NCHW] as one grid, and return it; arguments as `create_image_grid` and `convert_to_pil_image`."""
    images = np.stack([quantize(image, drange) for image in images])  # One at a time, as grids are large.
    grid = convert_to_pil_image(create_image_grid(images, grid_size), [0, 255])
    save_image(grid, filename)
    return grid

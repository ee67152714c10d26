# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Reads picture files as input of a network: upright, cut to its aspect ratio, of its size and channels."""

import os

import numpy as np
import PIL.Image
import PIL.ImageOps

from dnnlib.util import UserError, UserFileNotFoundError

EXTENSIONS = ('.png', '.jpg', '.jpeg', '.webp', '.bmp', '.tif', '.tiff', '.gif')

_MODES = {1: 'L', 3: 'RGB', 4: 'RGBA'}


def find_pictures(paths):
    """Return the picture files among files and folders, those of a folder sorted by name.

    Args:
        paths: List of files and folders.

    Raises:
        UserError: If one of them does not exist, or is a folder without pictures.
    """
    found = []
    for path in paths:
        if not os.path.exists(path):
            raise UserFileNotFoundError(f'picture not found: {path}')
        if not os.path.isdir(path):
            found.append(path)
            continue
        names = sorted(name for name in os.listdir(path) if name.lower().endswith(EXTENSIONS))
        if not names:
            raise UserError(f'{path} holds no pictures; known are {", ".join(EXTENSIONS)}')
        found += [os.path.join(path, name) for name in names]
    return found


def read_picture(path, shape):
    """Read a picture: turned as its camera says, cut around its centre to an aspect ratio, and resized by Lanczos.

    Transparent parts become white, unless there is a channel for them.

    Args:
        path: File.
        shape: List [C, H, W] of what is wanted, with 1, 3 or 4 channels.

    Returns:
        uint8 [CHW].

    Raises:
        UserError: If the file is no picture.
    """
    channels, height, width = shape
    try:
        with PIL.Image.open(path) as image:
            image = PIL.ImageOps.exif_transpose(image)
            image = _convert(image, _MODES[channels])
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise UserError(f'{path} cannot be read as a picture: {error}') from error
    image = image.crop(compute_crop(image.size, width / height))
    image = image.resize((width, height), PIL.Image.LANCZOS)
    return np.asarray(image).reshape(height, width, channels).transpose(2, 0, 1)  # [CHW]


def _convert(image, mode):
    if image.mode.startswith(('I', 'F')):  # 16 bits per pixel, whatever Pillow calls it.
        image = PIL.Image.fromarray((np.clip(np.asarray(image), 0, 65535) / 257).round().astype(np.uint8))
    has_alpha = image.mode in ('RGBA', 'LA', 'PA') or 'transparency' in image.info
    if has_alpha and mode != 'RGBA':
        image = image.convert('RGBA')
        white = PIL.Image.new('RGBA', image.size, (255, 255, 255, 255))
        image = PIL.Image.alpha_composite(white, image)
    return image.convert(mode)


def compute_crop(size, aspect):
    """Return the largest box (left, top, right, bottom) of an aspect ratio around the centre of a picture.

    Args:
        size: (width, height).
        aspect: Wanted width / height.
    """
    width, height = size
    crop_width = min(width, max(int(round(height * aspect)), 1))
    crop_height = min(height, max(int(round(width / aspect)), 1))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height

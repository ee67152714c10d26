# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Reads image files as input of a network: upright, cut to its aspect ratio, of its size and channels."""

import os
import zipfile

from dnnlib import image_files, image_formats
from dnnlib.image_sources import READ_ERRORS, Folder
from dnnlib.util import UserError, UserFileNotFoundError, abridge


def find_images(paths):
    """Return the image files among files and folders, those of a folder sorted by name.

    Hidden files, sub-folders and files that are no images are skipped in folders.

    Args:
        paths: List of files and folders.

    Raises:
        UserError: If one of them does not exist, is an archive, or is a folder without images.
    """
    found = []
    for path in paths:
        if os.path.isdir(path):
            found += _find_in_folder(path)
        elif os.path.islink(path) and not os.path.exists(path):
            raise UserFileNotFoundError(f'{path} is a link to a file that does not exist')
        elif not os.path.exists(path):
            reason = ', and no file matches this pattern' if any(character in path for character in '*?[') else ''
            raise UserFileNotFoundError(f'picture not found: {path}{reason}')
        elif os.path.isfile(path) and zipfile.is_zipfile(path):
            raise UserError(f'{path} is an archive, and pictures are taken from files and folders: unpack it')
        else:
            found.append(path)
    return found


def _find_in_folder(path):
    folder = Folder(path)
    try:
        names, skipped = folder.list_files()
    except READ_ERRORS as error:
        raise UserError(f'{path} cannot be read ({error})') from error
    found = [name for name in names if image_files.is_image(folder, name)]
    if not found:
        others = sorted(skipped + names)
        only = f' (only {abridge(others, 5)})' if others else ''
        reasons = [
            f'{name} {reason}' for name, reason in zip(others, map(image_formats.explain_kind, others)) if reason
        ]
        advice = reasons[0] if reasons else 'known are .png, .jpg, .webp, .tif and the like'
        raise UserError(f'{path} holds no pictures{only}; {advice}')
    return [folder.locate(name) for name in found]


def read_image(path, shape):
    """Read an image: turned as its camera says, cut around its centre to an aspect ratio, and resized by Lanczos.

    Transparent parts become white, unless there is a channel for them; see `dnnlib.image_files.decode`.

    Args:
        path: File.
        shape: List [C, H, W] of what is wanted, with 1 to 4 channels.

    Returns:
        uint8 [CHW].

    Raises:
        UserError: If the file is no image, or there are no images of so many channels.
    """
    channels, height, width = shape
    if channels not in image_files.MODES:
        raise UserError(f'the network makes images of {channels} channels, and a picture has 1 to 4 of them')
    kind = image_files.MODES[channels].lower()
    return image_files.load_image(path, image_files.Adjustments('center', (width, height), 'lanczos', kind))

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""BreCaHAD: images of breast tissue, 1360x1024 pixels each, cut into squares."""

import os

from dnnlib import files, image_files, util

STEPS = {256: 256, 512: 256}
"""Distance of neighbouring squares for each size: those of 512 overlap by a half."""


def list_images(brecahad_dir):
    """Return the sorted paths of the `.tif` images of a folder, or of `images` in it; raise UserError if none."""
    files.check_directory(brecahad_dir, 'folder of BreCaHAD')
    for folder in (brecahad_dir, os.path.join(brecahad_dir, 'images')):
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        paths = [os.path.join(folder, name) for name in names if name.lower().endswith(('.tif', '.tiff'))]
        paths = [path for path in paths if not os.path.basename(path).startswith('.')]
        if paths:
            return paths
    raise util.UserFileNotFoundError(
        f'no .tif pictures in {brecahad_dir}; download BreCaHAD from figshare and name its folder "images"'
    )


def list_corners(height, width, size):
    """Return (top, left) of each square of a size in an image, row by row; they begin at the upper left corner."""
    step = STEPS[size]
    return [(top, left) for top in range(0, height - size + 1, step) for left in range(0, width - size + 1, step)]


def extract_crops(paths, output_dir, cropsize=256, progress=None):
    """Save the squares of images as `0000.png`, `0001.png` ...

    Args:
        paths: The images.
        output_dir: Folder to make, see `files.make_folder`.
        cropsize: Width and height, a key of `STEPS`.
        progress: Function that is called with the number of images just done and of all, or None.

    Returns:
        Number of squares.

    Raises:
        UserError: If an image is damaged, not RGB or smaller than a square, or the folder is in use.
    """
    count = 0
    with files.make_folder(output_dir) as folder:
        for path in paths:
            for crop in _cut(path, cropsize):
                image_files.save_image(image_files.to_pil_image(crop), os.path.join(folder, f'{count:04d}.png'))
                count += 1
            if progress:
                progress(1, len(paths))
    return count


def _cut(path, size):
    """Return the squares of an image, uint8 [HWC]."""
    image = image_files.load_image(path)
    corners = list_corners(image.shape[1], image.shape[2], size)
    if len(image) != 3 or not corners:
        raise util.UserError(
            f'{path}: an RGB picture of at least {size}x{size} pixels expected, got {list(image.shape)}'
        )
    image = image.transpose(1, 2, 0)  # [HWC]
    return [image[top : top + size, left : left + size] for top, left in corners]

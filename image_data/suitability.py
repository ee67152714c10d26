# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""One image of a data set: what makes it unusable, its shape, and what of its file can stay as it is."""

from dnnlib import image_files, util
from image_data.image_size import split_image_size

_KINDS = {
    '1': 'is black and white (1 bit)',
    'P': 'has a palette',
    'PA': 'has a palette',
    'LA': 'has an alpha channel (LA)',
    'RGBA': 'has an alpha channel (RGBA)',
    'CMYK': 'is CMYK',
}


def find_defects(info, adjustments, encoding='raw'):
    """Return what makes an image unusable: a list of pairs (reason, options that help)."""
    if info.problem:
        return [(info.problem, [])]
    unknown_range = image_files.explain_mode(info.mode)
    if unknown_range:
        return [(unknown_range, [])]
    defects = []
    if image_files.is_too_large(info.size, adjustments.max_pixels):
        defects.append((image_files.explain_size(info.size, adjustments.max_pixels), ['--max_pixels']))
    if info.mode not in ('L', 'RGB') and adjustments.convert is None:
        defects.append((_KINDS.get(info.mode, f'is of mode {info.mode}'), ['--convert']))
    elif encoding == 'jpeg' and adjustments.convert in ('la', 'rgba'):
        defects.append(('would get an alpha channel, which a JPEG cannot have', ['--convert', '--encoding=png']))
    return defects + find_size_defects(info.size, adjustments)


def find_size_defects(size, adjustments):
    """Return what makes a size (width, height) unusable, as `find_defects` does."""
    width, height = size
    described = f'({width}x{height})'
    if adjustments.resize and not adjustments.crop:
        new_width, new_height = adjustments.resize
        if width * new_height != height * new_width:
            shape = 'square' if new_width == new_height else f'of the proportions {new_width}x{new_height}'
            return [(f'is not {shape} {described}', ['--crop=center'])]
    width, height = compute_size(size, adjustments)
    try:
        split_image_size(height, width)
    except util.UserError:
        helpful = ['--resize'] if width == height else ['--crop=center', '--resize']
        return [(f'has a size that is no small rectangle times a power of two {described}', helpful)]
    return []


def compute_size(size, adjustments):
    """Return the final (width, height) of an image of a size without defects."""
    if adjustments.resize:
        return adjustments.resize
    return (min(size),) * 2 if adjustments.crop else size


def compute_shape(info, adjustments):
    """Return the final shape (C, H, W) of an image without defects."""
    width, height = compute_size(info.size, adjustments)
    return len(adjustments.convert or info.mode), height, width


def can_keep(info, adjustments, encoding):
    """Tell whether the file of an image can be used as it is, because nothing is to be done to it.

    The encoding 'png', being lossless, keeps PNG and JPEG files, 'jpeg' keeps JPEG files.
    """
    if info.original not in {'raw': (), 'png': ('png', 'jpeg'), 'jpeg': ('jpeg',)}[encoding]:
        return False
    mode = (adjustments.convert or info.mode).upper()
    is_gray_in_colour = info.mode == 'L' and mode == 'RGB'  # Readers repeat the gray channel.
    return compute_size(info.size, adjustments) == info.size and (info.mode == mode or is_gray_in_colour)


def convert_file(content, name, adjustments, encoding, quality=image_files.JPEG_QUALITY):
    """Return shape (C, H, W) and content of a new PNG or JPEG file with the adjusted image."""
    image = image_files.decode(content, name, adjustments)
    return image.shape, image_files.encode(image, encoding, quality)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""One picture: what it is, what makes it unusable, its pixels, and what of its file can stay as it is."""

import collections
import io
import struct

import numpy as np
from PIL import Image, UnidentifiedImageError

from dnnlib import util
from preparation import exporter
from preparation.picture_sources import READ_ERRORS
from training import tfrecord
from training.image_size import split_image_size

Adjustments = collections.namedtuple('Adjustments', 'crop resize resize_filter convert')
Adjustments.__new__.__defaults__ = (None, None, 'lanczos', None)
Adjustments.__doc__ = """What is done to each picture, in this order; it is turned upright before, as its EXIF data say.

Attributes:
    crop: 'center' to keep the largest centred rectangle with the proportions of `resize`, or else square; or None.
    resize: (width, height) afterwards, or None.
    resize_filter: 'lanczos' or 'box'; the published 256x256 results for FFHQ need 'box'.
    convert: 'rgb', 'l', 'rgba' or 'la' to convert pictures of other kinds, or None. Without an alpha channel,
        transparent ones come on white ground.
"""

RESIZE_FILTERS = {'lanczos': Image.LANCZOS, 'box': Image.BOX}

Look = collections.namedtuple('Look', 'name version size mode is_deep original problem')
Look.__doc__ = """What a look at a file has shown.

Attributes:
    name: Name of the file in its source.
    version: The source's description of its present state; the first is the size in bytes.
    size: (width, height), turned upright; or None.
    mode: Pillow's mode, of 16 bit pictures that of the 8 bits that are used; or None.
    is_deep: Whether it has 16 bits per channel.
    original: 'png' or 'jpeg' if the file can be used as it is, unless it has to be adjusted; or None.
    problem: A sentence about what is wrong with the file, or None.
"""

# ----------------------------------------------------------------------------
# A look at a file.

_EXTENSIONS = ('.bmp', '.gif', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')
_SIGNATURES = (b'\x89PNG', b'\xff\xd8\xff', b'GIF8', b'BM', b'RIFF', b'II*\0', b'MM\0*', b'P5', b'P6')
_FORMATS_TO_KEEP = {'PNG': 'png', 'JPEG': 'jpeg', 'MPO': 'jpeg'}  # MPO: JPEG with further pictures behind it.
_KINDS = {
    '1': 'is black and white (1 bit)',
    'P': 'has a palette',
    'PA': 'has a palette',
    'LA': 'has an alpha channel (LA)',
    'RGBA': 'has an alpha channel (RGBA)',
    'CMYK': 'is CMYK',
}
_INCONVERTIBLE = ('F', 'I', 'LAB')


def look_at_file(source, name, thorough=False):
    """Return a Look at a file of a source, or None if it is no picture.

    A file that has the extension of a picture counts as one even if it cannot be read.

    Args:
        source: Folder or Archive.
        name: Name in it.
        thorough: Decode the pixels of a PNG as well, instead of relying on its checksums.
    """
    is_named_like_picture = name.lower().endswith(_EXTENSIONS)
    broken = Look(name, None, None, None, False, None, None)
    try:
        if not is_named_like_picture and not source.read(name, 16).startswith(_SIGNATURES):
            return None
        version, content = source.get_version(name), source.read(name)
    except READ_ERRORS as error:
        return broken._replace(problem=f'cannot be read ({error})') if is_named_like_picture else None
    if not content:
        return broken._replace(problem='is empty (zero bytes)')
    try:
        image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        return broken._replace(problem='is no picture that Pillow can read') if is_named_like_picture else None
    except tfrecord.PICTURE_ERRORS as error:
        return broken._replace(problem=f'is truncated or damaged ({error})') if is_named_like_picture else None
    try:
        look = _describe(image, name, version, _find_orientation(image, content))
        _verify(image, content, thorough)
    except tfrecord.PICTURE_ERRORS as error:
        return broken._replace(problem=f'is truncated or damaged ({error})')
    return look


def _describe(image, name, version, orientation):
    mode, is_deep = _find_mode(image)
    is_plain = mode in tfrecord.MODES.values() and not is_deep and 'transparency' not in image.info
    if image.format == 'PNG':
        is_plain = is_plain and image.tile[0][3] == mode
    original = _FORMATS_TO_KEEP.get(image.format) if is_plain and orientation == 1 else None
    size = image.size[::-1] if orientation > 4 else image.size
    return Look(name, version, size, mode, is_deep, original, None)


def _find_mode(image):
    """Return Pillow's mode, and whether there are 16 bits per channel, in which case it is that of the upper 8."""
    is_deep = image.mode.startswith('I;16') or any(';16' in str(tile[3]) for tile in image.tile)
    return ('L', True) if is_deep and image.mode.startswith('I') else (image.mode, is_deep)


def _find_orientation(image, content):
    """Return the orientation that the EXIF data state, 1 to 8; 1 is upright.

    To ask for them loads a PNG, so that is done in a copy, and only if there seem to be some.
    """
    if image.format == 'PNG':
        if b'eXIf' not in content and b'Raw profile type' not in content:
            return 1
        image = Image.open(io.BytesIO(content))
    try:
        orientation = image.getexif().get(0x0112, 1)
    except tfrecord.PICTURE_ERRORS + (struct.error, KeyError, TypeError):  # Nonsense in place of EXIF data.
        return 1
    return orientation if orientation in _TRANSPOSITIONS else 1


def _verify(image, content, thorough):
    """Read a picture to its end, as cheaply as its format allows."""
    if image.format == 'PNG':
        image.verify()  # Checksums.
        if thorough:
            Image.open(io.BytesIO(content)).load()
    else:
        image.draft(image.mode, [size // 8 for size in image.size])  # JPEG: skips most of the arithmetic.
        image.load()


# ----------------------------------------------------------------------------
# What becomes of it.


def find_offences(look, adjustments, encoding='raw'):
    """Return what makes a picture unusable: a list of pairs (reason, options that help)."""
    if look.problem:
        return [(look.problem, [])]
    if look.mode in _INCONVERTIBLE:
        return [(f'has pixels of a kind that cannot be converted ({look.mode})', [])]
    offences = []
    if look.mode not in ('L', 'RGB') and adjustments.convert is None:
        offences.append((_KINDS.get(look.mode, f'is of mode {look.mode}'), ['--convert']))
    elif encoding == 'jpeg' and adjustments.convert in ('la', 'rgba'):
        offences.append(('would get an alpha channel, which a JPEG cannot have', ['--convert', '--encoding=png']))
    return offences + find_size_offences(look.size, adjustments)


def find_size_offences(size, adjustments):
    """Return what makes a size (width, height) unusable, as `find_offences` does."""
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
    """Return the final (width, height) of a picture of a size without offence."""
    if adjustments.resize:
        return adjustments.resize
    return (min(size),) * 2 if adjustments.crop else size


def compute_shape(look, adjustments):
    """Return the final shape (C, H, W) of a picture without offence."""
    width, height = compute_size(look.size, adjustments)
    return len(adjustments.convert or look.mode), height, width


def can_keep(look, adjustments, encoding):
    """Tell whether the file of a picture can be used as it is, because nothing is to be done to it.

    The encoding 'png', being lossless, keeps PNG and JPEG files, 'jpeg' keeps JPEG files.
    """
    if look.original not in {'raw': (), 'png': ('png', 'jpeg'), 'jpeg': ('jpeg',)}[encoding]:
        return False
    mode = (adjustments.convert or look.mode).upper()
    is_gray_in_colour = look.mode == 'L' and mode == 'RGB'  # Readers repeat the gray channel.
    return compute_size(look.size, adjustments) == look.size and (look.mode == mode or is_gray_in_colour)


# ----------------------------------------------------------------------------
# Pixels.

_TRANSPOSITIONS = {
    1: None,
    2: Image.FLIP_LEFT_RIGHT,
    3: Image.ROTATE_180,
    4: Image.FLIP_TOP_BOTTOM,
    5: Image.TRANSPOSE,
    6: Image.ROTATE_270,
    7: Image.TRANSVERSE,
    8: Image.ROTATE_90,
}


def decode(content, name, adjustments=None):
    """Return the pixels of a picture, upright and adjusted.

    Args:
        content: Content of its file.
        name: What to call it in an error message.
        adjustments: Adjustments to make, or None for none.

    Returns:
        Array, uint8 [CHW] with 1 to 4 channels.

    Raises:
        UserError: If the file cannot be read.
    """
    adjustments = adjustments or Adjustments()
    try:
        with Image.open(io.BytesIO(content)) as image:
            is_deep = _find_mode(image)[1]
            transposition = _TRANSPOSITIONS[_find_orientation(image, content)]
            image.load()
            image = image if transposition is None else image.transpose(transposition)
            image = _convert(image, is_deep, adjustments.convert)
    except tfrecord.PICTURE_ERRORS as error:
        raise util.UserError(f'{name} cannot be read ({error}); repair or remove it') from error
    if adjustments.crop:
        image = _crop_center(image, adjustments.resize or (1, 1))
    if adjustments.resize:
        image = image.resize(adjustments.resize, RESIZE_FILTERS[adjustments.resize_filter])
    pixels = np.asarray(image)
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)  # [CHW]


def _convert(image, is_deep, kind):
    if is_deep and image.mode.startswith('I'):  # Pillow itself would clip at 255.
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    if kind is None:
        return image
    if image.mode in ('PA', 'LA', 'RGBA') or 'transparency' in image.info:
        image = image.convert('RGBA')
        if kind in ('rgb', 'l'):
            image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
    elif image.mode not in ('L', 'RGB'):
        image = image.convert('L' if image.mode == '1' else 'RGB')
    return image.convert(kind.upper())


def _crop_center(image, proportions):
    """Return the largest centred rectangle of the proportions (width, height)."""
    width, height = image.size
    target_width, target_height = proportions
    if width * target_height > height * target_width:
        new_width, new_height = round(height * target_width / target_height), height
    else:
        new_width, new_height = width, round(width * target_height / target_width)
    left, top = (width - new_width) // 2, (height - new_height) // 2
    return image.crop((left, top, left + new_width, top + new_height))


def make_file(content, name, adjustments, encoding, quality=exporter.JPEG_QUALITY):
    """Return shape (C, H, W) and content of a new PNG or JPEG file with the adjusted picture."""
    image = decode(content, name, adjustments)
    return image.shape, exporter.save_picture(image, encoding, quality)

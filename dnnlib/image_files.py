# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The one reader of image files: what a file is, what makes it unusable, and its pixels, upright and adjusted."""

import collections
import contextlib
import io
import os
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from dnnlib import image_formats, util
from dnnlib.image_sources import READ_ERRORS

MODES = {1: 'L', 2: 'LA', 3: 'RGB', 4: 'RGBA'}
"""Pillow's mode of images with each number of channels."""

MAX_PIXELS = (512 << 20) // 3
"""Pixels of an image above which it is not decoded unless that is asked for: in colour they take 512 MiB."""

IMAGE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises when it reads damaged files: by format, about anything."""


def describe_image_error(error):
    """Return in words what one of `IMAGE_ERRORS` says about an image."""
    if isinstance(error, UnidentifiedImageError):  # Its own text is about an object at an address in memory.
        return 'it is no picture that Pillow can read'
    return str(error) or type(error).__name__


Adjustments = collections.namedtuple('Adjustments', 'crop resize resize_filter convert max_pixels')
Adjustments.__new__.__defaults__ = (None, None, 'lanczos', None, MAX_PIXELS)
Adjustments.__doc__ = """What is done to each image, in this order; it is turned upright before, as its EXIF data say.

Attributes:
    crop: 'center' to keep the largest centred rectangle with the proportions of `resize`, or else square; or None.
    resize: (width, height) afterwards, or None.
    resize_filter: 'lanczos' or 'box'; the published 256x256 results for FFHQ need 'box'.
    convert: 'rgb', 'l', 'rgba' or 'la' to convert images of other kinds, or None. Without an alpha channel,
        transparent ones come on white ground.
    max_pixels: Number of pixels above which an image is refused.
"""

JPEG_QUALITY = 95
RESIZE_FILTERS = {'lanczos': Image.LANCZOS, 'box': Image.BOX}

ImageInfo = collections.namedtuple('ImageInfo', 'name version size mode is_deep original problem is_sequence')
ImageInfo.__new__.__defaults__ = (False,)
ImageInfo.__doc__ = """What a look at a file has shown.

Attributes:
    name: Name of the file in its source.
    version: The source's description of its present state; the first is the size in bytes.
    size: (width, height), turned upright; or None.
    mode: Pillow's mode, of 16 bit images that of the 8 bits that are used; or None.
    is_deep: Whether it has 16 bits per channel.
    original: 'png' or 'jpeg' if the file can be used as it is, unless it has to be adjusted; or None.
    problem: A clause about what is wrong with the file, or None.
    is_sequence: Whether further images follow the first one: an animation, or pages.
"""

_FORMATS_TO_KEEP = {'PNG': 'png', 'JPEG': 'jpeg', 'MPO': 'jpeg'}  # MPO: JPEG with further images behind it.
_SAMPLE_FORMAT, _SIGNED = 339, 2  # A field of TIFF, and its value for integers with sign.
_UNKNOWN_RANGES = {
    'F': 'floating point numbers',
    'I': 'integers of 32 bits, with sign or of a range of their own',
    'I;16': '12 of 16 bits',
    'LAB': 'the colour space CIE Lab',
}

# ----------------------------------------------------------------------------
# A look at a file.


class _Problem(Exception):
    """What is wrong with an image, a clause such as `is empty (zero bytes)`."""


def is_image(source, name):
    """Tell whether a file of a source counts as an image: by its ending, or else by its first bytes."""
    if image_formats.is_named_like_image(name):
        return True
    try:
        return image_formats.begins_like_image(source.read(name, image_formats.HEAD_BYTES))
    except READ_ERRORS:
        return False


def inspect_file(source, name, thorough=False, max_pixels=MAX_PIXELS):
    """Return the ImageInfo of a file of a source, or None if it is no image.

    A file that has the extension of an image counts as one even if it cannot be read.

    Args:
        source: Folder or Archive.
        name: Name in it.
        thorough: Decode the pixels of a PNG as well, instead of relying on its checksums.
        max_pixels: Number of pixels above which the pixels are left alone.
    """
    if not is_image(source, name):
        return None
    broken = ImageInfo(name, None, None, None, False, None, None)
    is_named_like_image = image_formats.is_named_like_image(name)
    try:
        version, content = source.get_version(name), source.read(name)
    except READ_ERRORS as error:
        return broken._replace(problem=f'cannot be read ({error})') if is_named_like_image else None
    try:
        image = _open(content, name)
    except _Problem as problem:
        is_one = is_named_like_image or image_formats.explain_kind(name, content[: image_formats.HEAD_BYTES])
        return broken._replace(problem=str(problem)) if is_one else None
    try:
        return _describe(image, content, name, version, thorough, max_pixels)
    except _Problem as problem:
        return broken._replace(problem=str(problem))


def _open(content, name):
    """Return an image whose pixels are not loaded yet."""
    head = content[: image_formats.HEAD_BYTES]
    if not content:
        raise _Problem('is empty (zero bytes)')
    if image_formats.is_raw_of_camera(name, head):
        raise _Problem(image_formats.explain_unreadable(name, head))
    try:
        with _damage_as_problem(), _pillow_with_limit(None):
            return Image.open(io.BytesIO(content), formats=image_formats.list_formats(name))
    except UnidentifiedImageError:
        raise _Problem(image_formats.explain_unreadable(name, head)) from None


@contextlib.contextmanager
def _damage_as_problem():
    try:
        yield
    except UnidentifiedImageError:
        raise
    except MemoryError as error:
        raise _Problem('takes more memory than there is') from error
    except NotImplementedError as error:
        raise _Problem(f'is of a kind that Pillow cannot read ({error})') from error
    except IMAGE_ERRORS + (Image.DecompressionBombWarning,) as error:
        raise _Problem(f'is truncated or damaged ({describe_image_error(error)})') from error


@contextlib.contextmanager
def _pillow_with_limit(max_pixels):
    """Make Pillow refuse images of more pixels, none at None, and take any metadata, of which nothing is used."""
    before = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
    Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = max_pixels, PngImagePlugin.MAX_TEXT_MEMORY
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', UserWarning)
            warnings.simplefilter('error', Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = before


def _describe(image, content, name, version, thorough, max_pixels):
    """Return the ImageInfo of an image, which is read to its end."""
    with _damage_as_problem(), _pillow_with_limit(None):
        mode, is_deep = _find_mode(image, content)
        info = ImageInfo(name, version, image.size, mode, is_deep, None, None, _is_sequence(image, content))
        is_as_stored = image.format != 'PNG' or image.tile[0][3] == mode
    if is_too_large(info.size, max_pixels):
        return info
    is_plain = mode in MODES.values() and not is_deep and not info.is_sequence and 'transparency' not in image.info
    with _damage_as_problem(), _pillow_with_limit(max_pixels):
        _verify(image, content, thorough)
        orientation = _find_orientation(image, content)
    size = image.size if image.format == 'TIFF' else info.size
    return info._replace(
        size=size[::-1] if orientation > 4 else size,
        original=_FORMATS_TO_KEEP.get(image.format) if is_plain and is_as_stored and orientation == 1 else None,
    )


def _find_mode(image, content):
    """Return Pillow's mode, and whether there are 16 bits per channel, in which case it is that of the upper 8.

    Integers in a single channel have no 16 bits unless all of them are used, without a sign.
    """
    layouts = [str(tile[3]) for tile in image.tile or ()]  # Some versions of Pillow say None.
    is_deep = image.mode.startswith('I;16') or any(';16' in layout for layout in layouts)
    if image.format == 'PPM' and image.mode == 'I':  # Some versions of Pillow scale values up, and say so here.
        codec, _, header_size = image.tile[0][:3]
        is_deep = codec == 'ppm' or content[:header_size].split()[-1] == b'65535'
    if image.format == 'TIFF' and _SIGNED in np.atleast_1d(image.tag_v2.get(_SAMPLE_FORMAT, 1)):
        return 'I', False
    if not image.mode.startswith('I') or not is_deep:
        return image.mode, is_deep
    return ('I;16', False) if any(';12' in layout for layout in layouts) else ('L', True)


def _is_sequence(image, content):
    """Tell whether a file has several images; what Pillow has to go through for that is opened once more."""
    if image.format in ('PNG', 'WEBP', 'AVIF'):
        return bool(getattr(image, 'is_animated', False))
    if image.format not in ('GIF', 'TIFF'):
        return False
    try:
        with Image.open(io.BytesIO(content), formats=[image.format]) as other:
            return other.is_animated
    except IMAGE_ERRORS:  # The second one is damaged; only the first one is used.
        return True


def _find_orientation(image, content):
    """Return how a loaded image still has to be turned, by the number that EXIF data state; 1 is upright.

    Pillow itself has turned a TIFF. To ask a PNG for EXIF data would load it, so that is done in a copy, and only if
    there seem to be some.
    """
    is_without = image.format == 'PNG' and b'eXIf' not in content and b'Raw profile type' not in content
    if image.format == 'TIFF' or is_without:
        return 1
    try:
        if image.format == 'PNG':
            image = Image.open(io.BytesIO(content))
        orientation = image.getexif().get(0x0112, 1)
    except IMAGE_ERRORS:  # Nonsense in place of EXIF data.
        return 1
    return orientation if orientation in _TRANSPOSITIONS else 1


def _verify(image, content, thorough):
    """Read an image to its end, as cheaply as its format allows."""
    if image.format == 'PNG':
        image.verify()  # Checksums.
        if thorough:
            Image.open(io.BytesIO(content)).load()
    else:
        image.draft(image.mode, [size // 8 for size in image.size])  # JPEG: skips most of the arithmetic.
        image.load()


def is_too_large(size, max_pixels=MAX_PIXELS):
    """Tell whether an image of (width, height) has more pixels than are decoded."""
    return size[0] * size[1] > max_pixels


def explain_size(size, max_pixels=MAX_PIXELS):
    """Return in words that an image is too large."""
    return f'has {size[0] * size[1]:,} pixels, and more than {max_pixels:,} are refused'


def explain_mode(mode):
    """Return in words that pixels of a mode of Pillow cannot be used, or None if they can."""
    if mode not in _UNKNOWN_RANGES:
        return None
    return (
        f'has pixels of a kind that cannot be converted ({mode}), {_UNKNOWN_RANGES[mode]}; '
        'save it with 8 or 16 bits per channel, gray or RGB'
    )


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
    """Return the pixels of an image, upright and adjusted; of an animation or of pages, those of the first one.

    Args:
        content: Content of its file.
        name: What to call it in an error message; its ending may tell what it is.
        adjustments: Adjustments to make, or None for none.

    Returns:
        Array, uint8 [CHW] with 1 to 4 channels. Of 16 bits per channel they are the upper 8.

    Raises:
        UserError: If the file cannot be read.
    """
    adjustments = adjustments or Adjustments()
    try:
        image = _load(content, name, adjustments)
    except _Problem as problem:
        raise util.UserError(f'{name} cannot be read as a picture: it {problem}') from problem
    if adjustments.crop:
        image = image.crop(compute_crop(image.size, adjustments.resize or (1, 1)))
    if adjustments.resize:
        image = image.resize(adjustments.resize, RESIZE_FILTERS[adjustments.resize_filter])
    return _to_array(image)


def _load(content, name, adjustments):
    """Return an image, upright and of one of the MODES."""
    image = _open(content, name)
    if is_too_large(image.size, adjustments.max_pixels):
        raise _Problem(explain_size(image.size, adjustments.max_pixels) + '; scale it down')
    with _damage_as_problem():
        mode, is_deep = _find_mode(image, content)
    if explain_mode(mode):
        raise _Problem(explain_mode(mode))
    with _damage_as_problem(), _pillow_with_limit(adjustments.max_pixels):
        image.load()
        transposition = _TRANSPOSITIONS[_find_orientation(image, content)]
        image = image if transposition is None else image.transpose(transposition)
        return _convert(_take_upper_bits(image) if is_deep else image, adjustments.convert)


def _take_upper_bits(image):
    """Return an image of 16 bits per channel with the upper 8 of them; of several channels Pillow loads these only."""
    transparency = image.info.get('transparency')
    if image.mode.startswith('I'):  # Pillow itself would clip at 255.
        pixels = np.asarray(image)
        if 0 < pixels.max() < 256:
            raise _Problem(f'has 16 bits, but no value above {pixels.max()}, so it would become black; rescale it')
        image = Image.fromarray((pixels.clip(0, 65535) >> 8).astype(np.uint8))
    if isinstance(transparency, int):
        image.info['transparency'] = transparency >> 8
    elif isinstance(transparency, tuple):
        image.info['transparency'] = tuple(value >> 8 for value in transparency)
    return image


def _convert(image, kind):
    """Return an image of a kind, see `Adjustments.convert`; None keeps it, or makes what it shows one of the MODES."""
    is_transparent = image.mode in ('PA', 'La', 'LA', 'RGBa', 'RGBA') or 'transparency' in image.info
    if kind is None and image.mode in MODES.values():
        return image
    if is_transparent:
        image = image.convert('LA' if image.mode == 'La' else 'RGBA').convert('RGBA')
        if kind in ('rgb', 'l'):
            image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
    elif image.mode not in ('L', 'RGB'):
        image = image.convert('L' if image.mode == '1' else 'RGB')
    return image if kind is None else image.convert(kind.upper())


def load_image(path, adjustments=None):
    """Return the pixels of an image file, uint8 [CHW]; see `decode`."""
    try:
        with open(path, 'rb') as file:
            content = file.read()
    except READ_ERRORS as error:
        raise util.UserError(f'{path} cannot be read as a picture: {error}; repair or remove it') from error
    return decode(content, path, adjustments)


def decode_plain(content, num_channels):
    """Return the pixels of a PNG or JPEG file of which `ImageInfo.original` says that all decoders agree on them.

    Args:
        content: Content of the file.
        num_channels: 1 to 4; a gray image comes in 3 equal channels if they are 3.

    Returns:
        Array, uint8 [CHW].

    Raises:
        ValueError: If the image is of another kind.
        Exception: One of IMAGE_ERRORS if the file is damaged.
    """
    with Image.open(io.BytesIO(content)) as image:
        if image.mode not in MODES.values():
            raise ValueError(f'its mode is {image.mode}')
        return _to_array(image.convert('RGB') if image.mode == 'L' and num_channels == 3 else image)


def _to_array(image):
    """Return the pixels of an image of Pillow's, uint8 [CHW]."""
    pixels = np.asarray(image)
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)  # [CHW]


def compute_crop(size, proportions):
    """Return the largest box (left, top, right, bottom) of proportions (width, height) around the centre of a size."""
    width, height = size
    target_width, target_height = proportions
    if width * target_height > height * target_width:
        new_width, new_height = max(round(height * target_width / target_height), 1), height
    else:
        new_width, new_height = width, max(round(width * target_height / target_width), 1)
    left, top = (width - new_width) // 2, (height - new_height) // 2
    return left, top, left + new_width, top + new_height


def to_pil_image(pixels):
    """Return pixels, uint8 [HWC] with 1 to 4 channels, as an image of Pillow's; raise UserError for other numbers."""
    if pixels.shape[2] not in MODES:
        raise util.UserError(
            f'a picture has 1 to 4 channels: gray, gray with alpha, RGB or RGBA; got {pixels.shape[2]}'
        )
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else np.ascontiguousarray(pixels))


def encode(image, encoding, quality=JPEG_QUALITY):
    """Return the bytes of a PNG or JPEG file with the pixels of an image.

    Args:
        image: Array, uint8 [CHW] with 1 to 4 channels; 1 or 3 for JPEG.
        encoding: 'png' or 'jpeg'.
        quality: Quality of a JPEG, 1 to 100; it keeps the colours at full resolution.
    """
    options = {'quality': quality, 'subsampling': 0} if encoding == 'jpeg' else {}
    stream = io.BytesIO()
    to_pil_image(image.transpose(1, 2, 0)).save(stream, encoding.upper(), **options)
    return stream.getvalue()


def save_image(image, filename):
    """Write a Pillow image under a temporary name and rename it."""
    Image.init()  # While another thread is at it, the next line would see some of the formats only.
    image_format = Image.registered_extensions().get(os.path.splitext(filename)[1].lower())
    if image_format is None:
        raise util.UserError(f'{filename} has no file ending that tells an image format; use .png or .jpg')
    if image_format == 'JPEG' and image.mode in ('LA', 'RGBA'):
        raise util.UserError(f'{filename}: a JPEG cannot have an alpha channel; use .png')
    with util.atomic_write(filename) as file:
        image.save(file, format=image_format)

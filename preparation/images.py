# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Turns a folder of pictures into a data set: look at all of them first, then decode and write."""

import collections
import functools
import os
import shutil

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from dnnlib import util
from preparation import exporter, parallel
from training import tfrecord

Adjustments = collections.namedtuple('Adjustments', 'crop resize resize_filter convert')
Adjustments.__new__.__defaults__ = (None, None, 'lanczos', None)
Adjustments.__doc__ = """What is done to each picture, in this order; it is turned upright before, as its EXIF data say.

Attributes:
    crop: 'center' to keep the largest centred square, or None.
    resize: Width and height afterwards, or None.
    resize_filter: 'lanczos' or 'box'; the published 256x256 results for FFHQ need 'box'.
    convert: 'rgb' or 'l' to convert pictures of other kinds, transparent ones on white ground, or None.
"""

RESIZE_FILTERS = {'lanczos': Image.LANCZOS, 'box': Image.BOX}

Look = collections.namedtuple('Look', 'path size mode problem')
Look.__doc__ = """What a look at a file has shown: (width, height), Pillow's mode, or a sentence about what is wrong."""

Offender = collections.namedtuple('Offender', 'path reason options')
Offender.__doc__ = """A picture that cannot be used: why, and the options that help."""

Survey = collections.namedtuple('Survey', 'paths shape offenders skipped looks')
Survey.__doc__ = (
    """Usable pictures of a folder in order of name, their final shape (C, H, W), Offenders, and skipped names."""
)

# ----------------------------------------------------------------------------
# A look at one file.

_EXTENSIONS = ('.bmp', '.gif', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')
_KINDS = {
    '1': 'is black and white (1 bit)',
    'P': 'has a palette',
    'PA': 'has a palette',
    'LA': 'has an alpha channel (LA)',
    'RGBA': 'has an alpha channel (RGBA)',
    'CMYK': 'is CMYK',
}
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError, Image.DecompressionBombError)
"""What Pillow raises when it reads damaged files: by format, about anything."""


def look_at_file(path):
    """Return a Look at a file, or None if it is no picture.

    A file that has the extension of a picture counts as one even if it cannot be read.
    """
    is_named_like_picture = path.lower().endswith(_EXTENSIONS)
    if os.path.getsize(path) == 0:
        return Look(path, None, None, 'is empty (zero bytes)') if is_named_like_picture else None
    try:
        with Image.open(path) as image:
            size, mode = image.size, _get_precise_mode(image)
            _verify(image)
    except UnidentifiedImageError:
        return Look(path, None, None, 'is no picture that Pillow can read') if is_named_like_picture else None
    except _DAMAGE as error:
        return Look(path, None, None, f'is truncated or damaged ({error})')
    return Look(path, size, mode, None)


def _get_precise_mode(image):
    """Return Pillow's mode, with a suffix where Pillow drops the low bytes of 16 bit colours."""
    is_deep = any(';16' in str(tile[3]) for tile in image.tile)
    return image.mode + ';16' if is_deep and not image.mode.startswith('I') else image.mode


def _verify(image):
    """Read a picture to its end, as cheaply as its format allows."""
    if image.format == 'PNG':
        image.verify()  # Checksums suffice.
    else:
        image.draft(image.mode, [size // 8 for size in image.size])  # JPEG: skips most of the arithmetic.
        image.load()


def find_offences(look, adjustments):
    """Return what makes a picture unusable: a list of pairs (reason, options that help)."""
    if look.problem:
        return [(look.problem, [])]
    if look.mode in ('F', 'LAB'):
        return [(f'has pixels of a kind that cannot be converted ({look.mode})', [])]
    offences = []
    if look.mode not in ('L', 'RGB') and adjustments.convert is None:
        is_deep = look.mode.startswith('I') or look.mode.endswith(';16')
        kind = 'has 16 bits per channel' if is_deep else _KINDS.get(look.mode, f'is of mode {look.mode}')
        offences.append((kind, ['--convert']))

    width, height = look.size
    size = adjustments.resize or min(width, height)
    if width != height and adjustments.crop is None:
        helpful = ['--crop=center'] if adjustments.resize else ['--crop=center', '--resize']
        offences.append((f'is not square ({width}x{height})', helpful))
    elif size < 4 or size & (size - 1):
        offences.append((f'has a size that is no power of two of at least 4 ({width}x{height})', ['--resize']))
    return offences


def _compute_shape(look, adjustments):
    """Return the final shape (C, H, W) of a picture without offence."""
    kind = adjustments.convert or look.mode.lower()
    size = adjustments.resize or min(look.size)
    return 1 if kind == 'l' else 3, size, size


# ----------------------------------------------------------------------------
# A look at a folder.


def survey_folder(image_dir, adjustments=None, num_workers=1, progress=None):
    """Look at all files of a folder, sub-folders not included.

    What shape the data set gets is decided by the majority of the pictures.

    Args:
        image_dir: Folder to search.
        adjustments: Adjustments that are going to be made, or None for none.
        num_workers: Number of processes.
        progress: Function that is called with the number of files done and of all, or None.

    Returns:
        A Survey.

    Raises:
        UserError: If there is no such folder or no picture in it.
    """
    adjustments = adjustments or Adjustments()
    tfrecord.check_directory(image_dir, 'picture folder')
    entries = sorted(os.scandir(image_dir), key=lambda entry: entry.name)
    paths = [entry.path for entry in entries if entry.is_file() and not entry.name.startswith('.')]
    looks = _look_at_files(paths, num_workers, progress)
    seen = {look.path for look in looks}
    skipped = [entry.name + '/' * entry.is_dir() for entry in entries if entry.path not in seen]
    if not looks:
        contents = f' (only {abridge(skipped)})' if skipped else ''
        raise util.UserError(f'No input images found in {image_dir}{contents}; name the folder that holds them')

    shapes = [None if find_offences(look, adjustments) else _compute_shape(look, adjustments) for look in looks]
    counts = collections.Counter(shape for shape in shapes if shape)
    majority = counts.most_common(1)[0][0] if counts else None
    usable = [look.path for look, shape in zip(looks, shapes) if shape and shape == majority]
    offenders = [
        _make_offender(look.path, find_offences(look, adjustments) or _compare_shapes(shape, majority))
        for look, shape in zip(looks, shapes)
        if shape is None or shape != majority
    ]
    return Survey(usable, majority, offenders, skipped, looks)


def _make_offender(path, offences):
    reasons, options = zip(*offences)
    return Offender(path, ' and '.join(reasons), sum(options, []))


def _look_at_files(paths, num_workers, progress):
    looks = []
    chunks = parallel.split(paths, 64)
    for found, chunk in zip(parallel.map_in_order(_look_at_chunk, chunks, num_workers), chunks):
        looks.extend(look for look in found if look)
        if progress:
            progress(len(chunk), len(paths))
    return looks


def _look_at_chunk(paths):
    return [look_at_file(path) for path in paths]


def _compare_shapes(shape, majority):
    """Return the offences of a picture whose shape is not that of the majority."""
    kinds = {1: 'grayscale', 3: 'RGB'}
    offences = []
    if shape[0] != majority[0]:
        offences.append((f'is {kinds[shape[0]]} while most are {kinds[majority[0]]}', ['--convert']))
    if shape[1:] != majority[1:]:
        offences.append((f'is {shape[2]}x{shape[1]} while most are {majority[2]}x{majority[1]}', ['--resize']))
    return offences


def abridge(texts, limit=10):
    """Join the first ones of a list of texts and count the others."""
    rest = len(texts) - limit
    return ', '.join(texts[:limit]) + (f' and {rest} more' if rest > 0 else '')


def describe_offenders(survey):
    """Return one sentence that names the offenders of a survey, what is wrong with them and the way out."""
    described = [f'{os.path.basename(offender.path)} {offender.reason}' for offender in survey.offenders]
    folder = os.path.dirname(survey.offenders[0].path)
    options = sorted({option for offender in survey.offenders for option in offender.options})
    values = {'--convert': '=' + _suggest_kind(survey), '--resize': f'={_suggest_size(survey)}'}
    remedy = 'try ' + ' '.join(option + values.get(option, '') for option in options) + '; ' if options else ''
    return (
        f'{len(described)} of {len(survey.looks)} pictures in {folder} cannot be used: {abridge(described)}; '
        f'{remedy}--skip_bad leaves out what cannot be used'
    )


def _suggest_kind(survey):
    """Return 'l' if all pictures are gray, else 'rgb'."""
    is_gray = [look.mode in ('1', 'L', 'LA') or look.mode.startswith('I') for look in survey.looks if look.mode]
    return 'l' if all(is_gray) else 'rgb'


def _suggest_size(survey):
    """Return the largest power of two that does not enlarge the average picture."""
    sides = [min(look.size) for look in survey.looks if look.size]
    return max(2 ** (int(np.median(sides or [4])).bit_length() - 1), 4)


# ----------------------------------------------------------------------------
# Reading pictures.


def load_image(path, adjustments=None):
    """Return the pixels of a picture, upright and adjusted.

    Args:
        path: File to read.
        adjustments: Adjustments to make, or None for none.

    Returns:
        Array, uint8 [CHW] with 1 or 3 channels.

    Raises:
        UserError: If the file cannot be read.
    """
    adjustments = adjustments or Adjustments()
    try:
        with Image.open(path) as file:
            file.load()
            image = ImageOps.exif_transpose(file)
    except _DAMAGE as error:
        raise util.UserError(f'{path} cannot be read ({error}); repair or remove it') from error
    if adjustments.convert:
        image = _convert(image, adjustments.convert.upper())
    if adjustments.crop:
        image = _crop_center(image)
    if adjustments.resize:
        image = image.resize([adjustments.resize] * 2, RESIZE_FILTERS[adjustments.resize_filter])
    pixels = np.asarray(image)
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)  # [CHW]


def _convert(image, mode):
    if image.mode.startswith('I'):  # 16 bits per pixel; Pillow itself would clip at 255.
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
    if image.mode in ('PA', 'LA', 'RGBA') or 'transparency' in image.info:
        image = image.convert('RGBA')
        image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
    return image.convert(mode)


def _crop_center(image):
    size = min(image.size)
    left, top = [(side - size) // 2 for side in image.size]
    return image.crop((left, top, left + size, top + size))


# ----------------------------------------------------------------------------
# Writing the data set.

CHUNK_BYTES = 1 << 20  # Pixels that a worker handles at once.


def write_dataset(tfrecord_dir, survey, adjustments=None, shuffle=True, num_workers=1, overwrite=False, progress=None):
    """Write the usable pictures of a survey as a data set; the files do not depend on the number of workers.

    Args:
        tfrecord_dir: Directory to make.
        survey: Survey of the pictures.
        adjustments: The Adjustments that the survey was made with, or None for none.
        shuffle: Write them in shuffled order, the same one every time, instead of that of their names.
        num_workers: Number of processes that decode and encode.
        overwrite: Replace an existing data set.
        progress: Function that is called with the number of pictures just done and of all, or None.

    Raises:
        UserError: If the target exists, the disk is too small, or a picture has changed since the survey.
    """
    num_images = len(survey.paths)
    check_disk_space(tfrecord_dir, exporter.compute_dataset_size(survey.shape, num_images))
    encode = functools.partial(_encode_chunk, adjustments=adjustments, shape=survey.shape)
    with exporter.TFRecordExporter(tfrecord_dir, num_images, print_progress=False, overwrite=overwrite) as tfr:
        order = tfr.choose_shuffled_order() if shuffle else range(num_images)
        paths = [survey.paths[index] for index in order]
        chunks = parallel.split(paths, int(np.clip(CHUNK_BYTES // np.prod(survey.shape), 1, 64)))
        for encoded, chunk in zip(parallel.map_in_order(encode, chunks, num_workers), chunks):
            tfr.add_encoded(encoded, survey.shape, len(chunk))
            if progress:
                progress(len(chunk), num_images)


def _encode_chunk(paths, adjustments, shape):
    images = [load_image(path, adjustments) for path in paths]
    for path, image in zip(paths, images):
        if image.shape != shape:
            raise util.UserError(f'{path} has changed meanwhile: its shape is {image.shape}, expected {shape}')
    return exporter.encode_pyramid(np.stack(images))


def check_disk_space(tfrecord_dir, num_bytes):
    """Raise UserError if the disk of a directory that is yet to be made has less space left."""
    folder = os.path.abspath(tfrecord_dir)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    free = shutil.disk_usage(folder).free
    if num_bytes > free:
        raise util.UserError(
            f'the data set needs {exporter.format_size(num_bytes)}, but only {exporter.format_size(free)} are free for '
            f'{tfrecord_dir}; make room, choose another disk, or fewer or smaller pictures (--resize=N)'
        )

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""LSUN: photographs of scenes and objects, one LMDB per class."""

import collections
import functools
import io

import numpy as np
from PIL import Image, ImageOps

from dnnlib import image_files, util
from image_data import exporter, process_pool
from image_data.importers.lmdb_file import LmdbFile

CHUNK_SIZE = 32  # Images that a worker handles at once.
HOLE = bytes(4096)  # What is in a file where a download left something out.

Outcome = collections.namedtuple('Outcome', 'num_seen num_kept problems')
Outcome.__doc__ = """Number of images looked at and written, and a sentence about each that could not be decoded."""

# ----------------------------------------------------------------------------
# What is done to each image.


def crop_square(image, resolution):
    """Return the middle square of an image, resized; uint8 [3, resolution, resolution].

    Args:
        image: Image, RGB, for Pillow.
        resolution: Width and height afterwards.
    """
    size = min(image.size)
    left, top = [(side - size) // 2 for side in image.size]
    image = image.crop((left, top, left + size, top + size))
    return np.asarray(image.resize((resolution, resolution), Image.LANCZOS)).transpose(2, 0, 1)  # [CHW]


def crop_wide(image, width, height, keep_aspect=False):
    """Return the middle rows of an image, resized, on a black square; uint8 [3, width, width].

    The official tool takes as many rows as the image would have left at the new width, which distorts those that are
    not `width` wide. The published results for LSUN Car were made that way.

    Args:
        image: Image, RGB, for Pillow.
        width: Width afterwards, and side of the square.
        height: Height afterwards.
        keep_aspect: Take the rows that are undistorted instead.

    Returns:
        The image, or None if the image is too small or too flat.
    """
    source_width, source_height = image.size
    scaled_height = round(width * source_height / source_width)
    if source_width < width or scaled_height < height:
        return None
    num_rows = min(round(height * source_width / width), source_height) if keep_aspect else scaled_height
    top = (source_height - num_rows) // 2
    image = image.crop((0, top, source_width, top + num_rows)).resize((width, height), Image.LANCZOS)
    canvas = np.zeros([width, width, 3], np.uint8)  # [HWC]
    top = (width - height) // 2
    canvas[top : top + height] = np.asarray(image)
    return canvas.transpose(2, 0, 1)  # [CHW]


# ----------------------------------------------------------------------------
# Reading.


def _read_chunk(path, positions):
    """Return key and content of the image files at positions of an LMDB, a list."""
    with LmdbFile(path) as database:
        return [database.read_item(position) for position in positions]


def _decode(content):
    """Return an image, RGB, for Pillow; damaged ones raise nearly anything."""
    stream = io.BytesIO(content)
    with Image.open(stream) as file:
        start = stream.tell() if file.format == 'JPEG' else 0  # Read up to the pixels; EXIF data before may be padded.
        if file.format in ('JPEG', 'WEBP') and HOLE in content[start:].rstrip(b'\0'):
            raise ValueError('a part of it is missing')  # Decoders would make something up.
        return ImageOps.exif_transpose(file).convert('RGB')


def _convert_chunk(positions, lmdb_path, convert, limit=CHUNK_SIZE):
    """Return the number of images of a chunk, the records of up to `limit` images, their number, and problems."""
    pixels, problems = [], []
    num_seen = 0
    for key, content in _read_chunk(lmdb_path, positions):
        num_seen += 1
        try:
            image = convert(_decode(content))
        except image_files.IMAGE_ERRORS as error:
            problems.append(f'{key.decode("ascii", "backslashreplace")} ({image_files.describe_image_error(error)})')
            continue
        if image is not None:
            pixels.append(image)
        if len(pixels) == limit:
            break
    encoded = exporter.encode_pyramid(np.stack(pixels)) if pixels else []
    return num_seen, encoded, len(pixels), problems


# ----------------------------------------------------------------------------
# Writing.


def write_lsun(
    tfrecord_dir,
    lmdb_dir,
    convert,
    shape,
    max_images=None,
    num_workers=1,
    overwrite=False,
    may_skip=False,
    progress=None,
):
    """Write the images of an LMDB as a data set, in their order, without labels.

    Args:
        tfrecord_dir: Directory to make.
        lmdb_dir: The LMDB: a folder with `data.mdb`, or the file.
        convert: Picklable function that makes an image, uint8 [CHW], of an RGB image, or None to leave it out.
        shape: Shape (C, H, W) of the images.
        max_images: Number of images after which to stop, or None for all.
        num_workers: Number of processes that decode and encode.
        overwrite: Replace an existing data set.
        may_skip: Whether `convert` leaves out images, so that the size of the data set cannot be known beforehand.
        progress: Function that is called with the number of images just looked at and of all, or None.

    Returns:
        An Outcome.

    Raises:
        UserError: If the LMDB cannot be read or no image of it can be used.
    """
    with LmdbFile(lmdb_dir) as database:
        chunks = process_pool.split(database.list_positions(), CHUNK_SIZE)
        num_images = database.num_items
    max_images = min(max_images or num_images, num_images)
    if not may_skip:
        exporter.check_disk_space(tfrecord_dir, exporter.compute_dataset_size(shape, max_images))
    convert_chunk = functools.partial(_convert_chunk, lmdb_path=lmdb_dir, convert=convert)
    outcome = Outcome(0, 0, [])
    with exporter.TFRecordExporter(tfrecord_dir, max_images, print_progress=False, overwrite=overwrite) as tfr:
        for chunk, positions in zip(process_pool.map_in_order(convert_chunk, chunks, num_workers), chunks):
            if outcome.num_kept + chunk[2] > max_images:
                chunk = convert_chunk(positions, limit=max_images - outcome.num_kept)
            num_seen, encoded, num_kept, problems = chunk
            outcome = Outcome(outcome.num_seen + num_seen, outcome.num_kept + num_kept, outcome.problems + problems)
            if num_kept:
                tfr.add_encoded(encoded, shape, num_kept)
            if progress:
                progress(num_seen, num_images)
            if outcome.num_kept == max_images:
                break
        if not outcome.num_kept:
            raise util.UserError(_explain_nothing(lmdb_dir, outcome))
    return outcome


def _explain_nothing(lmdb_dir, outcome):
    if not outcome.num_seen:
        return f'{lmdb_dir} is an LMDB without any pictures; copy or download it again'
    reason = f', the first one is {outcome.problems[0]}' if outcome.problems else ''
    return (
        f'none of the {outcome.num_seen} pictures in {lmdb_dir} can be used: {len(outcome.problems)} cannot be decoded'
        f'{reason}, and the others are too small or too flat'
    )

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Makes a data set of the images of a survey: decodes, adjusts and encodes them in several processes."""

import functools

import numpy as np

from dnnlib import image_files, util
from dnnlib.image_files import Adjustments
from dnnlib.image_sources import READ_ERRORS
from image_data import exporter, process_pool, records, suitability
from image_data import labels as labels_module

CHUNK_BYTES = 1 << 20  # Pixels that a worker handles at once.


def count_kept(survey, adjustments):
    """Return how many images stay as they are in their files."""
    return sum(suitability.can_keep(info, adjustments, survey.encoding) for info in survey.usable)


def estimate_size(survey, adjustments, levels='all'):
    """Return the size in bytes of the data set of a survey without labels; exact if all is raw or kept as it is."""
    if survey.encoding == 'raw':
        return exporter.compute_dataset_size(survey.shape, len(survey.usable), levels)
    compressed = int(np.prod(survey.shape)) // {'png': 2, 'jpeg': 4}[survey.encoding]  # About that of photographs.
    return sum(
        records.compute_image_file_record_size(survey.shape, info.original, info.version[0])
        if suitability.can_keep(info, adjustments, survey.encoding)
        else records.compute_image_file_record_size(survey.shape, survey.encoding, compressed)
        for info in survey.usable
    )


def write_dataset(
    tfrecord_dir,
    survey,
    adjustments=None,
    shuffle=True,
    num_workers=1,
    overwrite=False,
    quality=image_files.JPEG_QUALITY,
    progress=None,
    levels='all',
):
    """Write the usable images of a survey as a data set; the files do not depend on the number of workers.

    Args:
        tfrecord_dir: Directory to make.
        survey: Survey of the images.
        adjustments: The Adjustments that the survey was made with, or None for none.
        shuffle: Write them in shuffled order, the same one every time, instead of that of their names.
        num_workers: Number of processes that decode and encode.
        overwrite: Replace an existing data set.
        quality: Quality of the JPEG files that have to be made, 1 to 100.
        progress: Function that is called with the number of images just done and of all, or None.
        levels: Of raw pixels, 'all' resolutions or only the 'top' one.

    Raises:
        UserError: If the target exists, the disk is too small, or an image has changed since the survey.
    """
    adjustments = adjustments or Adjustments()
    num_images = len(survey.usable)
    exporter.check_disk_space(tfrecord_dir, estimate_size(survey, adjustments, levels))
    encode = functools.partial(
        _encode_chunk,
        source=survey.source,
        adjustments=adjustments,
        shape=survey.shape,
        encoding=survey.encoding,
        quality=quality,
        levels=levels,
    )
    with exporter.TFRecordExporter(tfrecord_dir, num_images, print_progress=False, overwrite=overwrite) as tfr:
        order = tfr.choose_shuffled_order() if shuffle else range(num_images)
        infos = [survey.usable[index] for index in order]
        chunks = process_pool.split(infos, int(np.clip(CHUNK_BYTES // np.prod(survey.shape), 1, 64)))
        for encoded, chunk in zip(process_pool.map_in_order(encode, chunks, num_workers), chunks):
            tfr.add_encoded(encoded, survey.shape, len(chunk))
            if progress:
                progress(len(chunk), num_images)
        if survey.labels is not None:
            tfr.add_labels(*labels_module.make_arrays(survey.labels, [info.name for info in infos]))


def _encode_chunk(infos, source, adjustments, shape, encoding, quality, levels):
    """Return the records of images, a list with those of each resolution."""
    contents = [_read_unchanged(source, info) for info in infos]
    items = list(zip(infos, contents))
    if encoding == 'raw':
        images = [image_files.decode(content, source.locate(info.name), adjustments) for info, content in items]
        for info, image in zip(infos, images):
            _check_shape(source.locate(info.name), image.shape, shape)
        return exporter.encode_pyramid(np.stack(images), levels)
    for index, (info, content) in enumerate(items):
        if not suitability.can_keep(info, adjustments, encoding):
            name = source.locate(info.name)
            found, contents[index] = suitability.convert_file(content, name, adjustments, encoding, quality)
            _check_shape(name, found, shape)
    return [records.encode_image_files(contents, shape)]


def _read_unchanged(source, info):
    name = source.locate(info.name)
    try:
        version, content = source.get_version(info.name), source.read(info.name)
    except READ_ERRORS as error:
        raise util.UserError(f'{name} cannot be read any more ({error}); try again') from error
    if version != info.version or len(content) != info.version[0]:
        raise util.UserError(f'{name} has changed meanwhile; try again')
    return content


def _check_shape(name, shape, expected):
    if shape != expected:
        raise util.UserError(f'{name} has the shape {list(shape)}, expected {list(expected)}; repair or remove it')

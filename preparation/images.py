# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Turns many pictures into a data set: look at all of them first, then decode and write."""

import collections
import functools
import shutil

import numpy as np

from dnnlib import image_files, image_formats, util
from dnnlib.image_files import Adjustments
from dnnlib.image_sources import READ_ERRORS
from preparation import exporter, parallel, pictures
from preparation import labels as labels_module
from preparation.picture_sources import open_source
from training import tfrecord

Offender = collections.namedtuple('Offender', 'name reason options')
Offender.__doc__ = """A picture that cannot be used: why, and the options that help."""

Survey = collections.namedtuple('Survey', 'source usable shape offenders skipped looks labels encoding')
Survey.__doc__ = """What a look at all pictures has shown.

Attributes:
    source: Folder or Archive.
    usable: Looks at the usable pictures, in order of name.
    shape: Their final shape (C, H, W), or None if there are none.
    offenders: List of Offender.
    skipped: Names of what is no picture.
    looks: Looks at all pictures.
    labels: Labels, or None.
    encoding: 'raw', 'png' or 'jpeg'.
"""

# ----------------------------------------------------------------------------
# A look at all pictures.


def survey_pictures(
    path,
    adjustments=None,
    encoding='raw',
    recursive=False,
    labels='none',
    max_images=None,
    thorough=False,
    num_workers=1,
    progress=None,
):
    """Look at all pictures of a folder or zip archive.

    What shape the data set gets is decided by the majority of the pictures.

    Args:
        path: Folder or zip archive to search.
        adjustments: Adjustments that are going to be made, or None for none.
        encoding: 'raw', 'png' or 'jpeg'.
        recursive: Search sub-folders; labels may make this necessary, and then it is done anyway.
        labels: Where labels come from; see `labels.find_labels`.
        max_images: Stop when as many pictures seem usable, or None for all.
        thorough: Decode all pixels, instead of relying on checksums.
        num_workers: Number of processes.
        progress: Function that is called with the number of files done and of all, or None.

    Returns:
        A Survey.

    Raises:
        UserError: If there is no such folder or no picture in it, or the list of labels is wrong.
    """
    adjustments = adjustments or Adjustments()
    source = open_source(path)
    labels = labels_module.find_labels(source, labels, recursive)
    recursive = recursive or _needs_sub_folders(labels)
    names, skipped = source.list_files(recursive)
    names = [name for name in names if not (labels and name == labels.list_name)]
    find_offences = functools.partial(_find_offences, adjustments=adjustments, encoding=encoding, labels=labels)

    look = functools.partial(_look_at_chunk, source=source, thorough=thorough, max_pixels=adjustments.max_pixels)
    looks = []
    num_promising = 0
    chunks = parallel.split(names, 64)
    for found, chunk in zip(parallel.map_in_order(look, chunks, num_workers), chunks):
        looks += [look for look in found if look]
        skipped = skipped + [name for name, look in zip(chunk, found) if not look]
        num_promising += sum(1 for look in found if look and not find_offences(look))
        if progress:
            progress(len(chunk), len(names))
        if max_images is not None and num_promising >= max_images:
            break
    if not looks:
        raise util.UserError(f'No input images found in {path}{_explain_absence(source, skipped, recursive)}')
    return _judge(looks, find_offences, adjustments, max_images)._replace(
        source=source, skipped=sorted(skipped), labels=labels, encoding=encoding
    )


def _needs_sub_folders(labels):
    return labels is not None and (labels.kind == 'folders' or any('/' in name for name in labels.all_labels))


def _look_at_chunk(names, source, thorough, max_pixels):
    return [image_files.look_at_file(source, name, thorough, max_pixels) for name in names]


def _find_offences(look, adjustments, encoding, labels):
    """Return what makes a picture unusable, a missing label included."""
    offences = pictures.find_offences(look, adjustments, encoding)
    if labels is not None and not look.problem and labels.find_label(look.name) is None:
        offences = offences + [(labels.explain_absence(look.name), ['--labels'])]
    return offences


def _explain_absence(source, skipped, recursive):
    only = f' (only {abridge(skipped)})' if skipped else ''
    archives = [name for name in skipped if name.lower().endswith('.zip')]
    if archives:
        return f'{only}; a zip archive can be named itself: {source.locate(archives[0])}'
    if not recursive and any(name.endswith('/') for name in skipped):
        return f'{only}; --recursive searches sub-folders, --labels=folders takes them for classes'
    explained = [(name, image_formats.explain_kind(name)) for name in skipped if not name.endswith('/')]
    explained = [(name, explanation) for name, explanation in explained if explanation]
    return only + (f'; {" ".join(explained[0])}' if explained else '; name the folder that holds them')


def _judge(looks, find_offences, adjustments, max_images):
    """Return a Survey without source: tell usable pictures from the others."""
    offences = [find_offences(look) for look in looks]
    shapes = [None if found else pictures.compute_shape(look, adjustments) for look, found in zip(looks, offences)]
    counts = collections.Counter(shape for shape in shapes if shape)
    majority = counts.most_common(1)[0][0] if counts else None
    usable, offenders = [], []
    for look, shape, found in zip(looks, shapes, offences):
        if len(usable) == max_images:
            break
        if shape and shape == majority:
            usable.append(look)
        else:
            found = found + _compare_with_majority(look, shape, majority, adjustments)
            offenders.append(_make_offender(look.name, found))
    return Survey(None, usable, majority, offenders, [], looks, None, 'raw')


def _make_offender(name, offences):
    reasons, options = zip(*offences)
    return Offender(name, ' and '.join(reasons), sum(options, []))


def _compare_with_majority(look, shape, majority, adjustments):
    """Return the offence of being unlike most pictures; of what is unusable anyway only the size counts."""
    if not majority or not look.size or pictures.find_size_offences(look.size, adjustments):
        return []
    width, height = pictures.compute_size(look.size, adjustments)
    return _compare_shapes(shape or (majority[0], height, width), majority)


def _compare_shapes(shape, majority):
    kinds = {1: 'grayscale', 2: 'grayscale with alpha', 3: 'RGB', 4: 'RGBA'}
    offences = []
    if shape[0] != majority[0]:
        offences.append((f'is {kinds[shape[0]]} while most are {kinds[majority[0]]}', ['--convert']))
    if shape[1:] != majority[1:]:
        helpful = ['--resize'] if shape[1] * majority[2] == shape[2] * majority[1] else ['--crop=center', '--resize']
        offences.append((f'is {shape[2]}x{shape[1]} while most are {majority[2]}x{majority[1]}', helpful))
    return offences


def abridge(texts, limit=10):
    """Join the first ones of a list of texts and count the others."""
    rest = len(texts) - limit
    return ', '.join(texts[:limit]) + (f' and {rest} more' if rest > 0 else '')


def describe_offenders(survey):
    """Return one sentence that names the offenders of a survey, what is wrong with them and the way out."""
    described = _describe_each(survey.offenders)
    options = sorted({option for offender in survey.offenders for option in offender.options})
    values = {'--convert': '=' + _suggest_kind(survey), '--resize': f'={_suggest_size(survey)}', '--labels': '=none'}
    values['--max_pixels'] = f'={max([look.size[0] * look.size[1] for look in survey.looks if look.size] or [0])}'
    remedies = ['try ' + ' '.join(option + values.get(option, '') for option in options)] if options else []
    remedies += ['--skip_bad leaves out what cannot be used'] if survey.usable or options else []
    found = f'{len(survey.offenders)} of {len(survey.looks)} pictures in {survey.source.path} cannot be used'
    return '; '.join([f'{found}: {abridge(described)}', *remedies])


def _describe_each(offenders):
    """Return a clause for each offender, but one for all of a format that cannot be read: they come by the hundred."""
    unreadable = collections.Counter(offender.reason for offender in offenders if 'cannot be read: ' in offender.reason)
    described, seen = [], set()
    for name, reason, _ in offenders:
        others = f' (and {unreadable[reason] - 1} more)' if unreadable[reason] > 1 else ''
        if reason not in seen:
            described.append(f'{name}{others} {reason}')
        if reason in unreadable:
            seen.add(reason)
    return described


def _suggest_kind(survey):
    """Return 'l' if all pictures are gray, else 'rgb', and the same with alpha channel as well if most have one."""
    kind = 'l' if all(look.mode in ('1', 'L', 'LA') for look in survey.looks if look.mode) else 'rgb'
    num_transparent = sum(look.mode in ('LA', 'RGBA') for look in survey.looks)
    is_transparent = survey.encoding != 'jpeg' and num_transparent > len(survey.looks) // 2
    return f'{kind} (or {kind}a to keep transparency)' if is_transparent else kind


def _suggest_size(survey):
    """Return the largest power of two that does not enlarge the average picture."""
    sides = [min(look.size) for look in survey.looks if look.size]
    return max(2 ** (int(np.median(sides or [4])).bit_length() - 1), 4)


# ----------------------------------------------------------------------------
# Writing the data set.

CHUNK_BYTES = 1 << 20  # Pixels that a worker handles at once.


def load_image(path, adjustments=None):
    """Return the pixels of a picture file, uint8 [CHW]; see `image_files.decode`."""
    try:
        with open(path, 'rb') as file:
            content = file.read()
    except READ_ERRORS as error:
        raise util.UserError(f'{path} cannot be read ({error}); repair or remove it') from error
    return image_files.decode(content, path, adjustments)


def count_kept(survey, adjustments):
    """Return how many pictures stay as they are in their files."""
    return sum(pictures.can_keep(look, adjustments, survey.encoding) for look in survey.usable)


def estimate_size(survey, adjustments):
    """Return the size in bytes of the data set of a survey without labels; exact if all is raw or kept as it is."""
    if survey.encoding == 'raw':
        return exporter.compute_dataset_size(survey.shape, len(survey.usable))
    compressed = int(np.prod(survey.shape)) // {'png': 2, 'jpeg': 4}[survey.encoding]  # About that of photographs.
    return sum(
        tfrecord.compute_picture_record_size(survey.shape, look.original, look.version[0])
        if pictures.can_keep(look, adjustments, survey.encoding)
        else tfrecord.compute_picture_record_size(survey.shape, survey.encoding, compressed)
        for look in survey.usable
    )


def write_dataset(
    tfrecord_dir,
    survey,
    adjustments=None,
    shuffle=True,
    num_workers=1,
    overwrite=False,
    quality=exporter.JPEG_QUALITY,
    progress=None,
):
    """Write the usable pictures of a survey as a data set; the files do not depend on the number of workers.

    Args:
        tfrecord_dir: Directory to make.
        survey: Survey of the pictures.
        adjustments: The Adjustments that the survey was made with, or None for none.
        shuffle: Write them in shuffled order, the same one every time, instead of that of their names.
        num_workers: Number of processes that decode and encode.
        overwrite: Replace an existing data set.
        quality: Quality of the JPEG files that have to be made, 1 to 100.
        progress: Function that is called with the number of pictures just done and of all, or None.

    Raises:
        UserError: If the target exists, the disk is too small, or a picture has changed since the survey.
    """
    adjustments = adjustments or Adjustments()
    num_images = len(survey.usable)
    check_disk_space(tfrecord_dir, estimate_size(survey, adjustments))
    encode = functools.partial(
        _encode_chunk,
        source=survey.source,
        adjustments=adjustments,
        shape=survey.shape,
        encoding=survey.encoding,
        quality=quality,
    )
    with exporter.TFRecordExporter(tfrecord_dir, num_images, print_progress=False, overwrite=overwrite) as tfr:
        order = tfr.choose_shuffled_order() if shuffle else range(num_images)
        looks = [survey.usable[index] for index in order]
        chunks = parallel.split(looks, int(np.clip(CHUNK_BYTES // np.prod(survey.shape), 1, 64)))
        for encoded, chunk in zip(parallel.map_in_order(encode, chunks, num_workers), chunks):
            tfr.add_encoded(encoded, survey.shape, len(chunk))
            if progress:
                progress(len(chunk), num_images)
        if survey.labels is not None:
            tfr.add_labels(*labels_module.make_arrays(survey.labels, [look.name for look in looks]))


def _encode_chunk(looks, source, adjustments, shape, encoding, quality):
    """Return the records of pictures, a list with those of each resolution."""
    contents = [_read_unchanged(source, look) for look in looks]
    items = list(zip(looks, contents))
    if encoding == 'raw':
        images = [image_files.decode(content, source.locate(look.name), adjustments) for look, content in items]
        for look, image in zip(looks, images):
            _check_shape(source.locate(look.name), image.shape, shape)
        return exporter.encode_pyramid(np.stack(images))
    for index, (look, content) in enumerate(items):
        if not pictures.can_keep(look, adjustments, encoding):
            name = source.locate(look.name)
            found, contents[index] = pictures.make_file(content, name, adjustments, encoding, quality)
            _check_shape(name, found, shape)
    return [tfrecord.encode_pictures(contents, shape)]


def _read_unchanged(source, look):
    name = source.locate(look.name)
    try:
        version, content = source.get_version(look.name), source.read(look.name)
    except READ_ERRORS as error:
        raise util.UserError(f'{name} cannot be read any more ({error}); try again') from error
    if version != look.version or len(content) != look.version[0]:
        raise util.UserError(f'{name} has changed meanwhile; try again')
    return content


def _check_shape(name, shape, expected):
    if shape != expected:
        raise util.UserError(f'{name} has the shape {list(shape)}, expected {list(expected)}; repair or remove it')


def check_disk_space(tfrecord_dir, num_bytes):
    """Raise UserError if the disk of a directory that is yet to be made has less space left."""
    free = shutil.disk_usage(exporter.find_existing_parent(tfrecord_dir)).free
    if num_bytes > free:
        raise util.UserError(
            f'the data set needs {exporter.format_size(num_bytes)}, but only {exporter.format_size(free)} are free for '
            f'{tfrecord_dir}; make room, choose another disk, or fewer or smaller pictures (--resize=N)'
        )

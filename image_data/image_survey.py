# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""A look at all images of a folder or archive before a data set is made of them: which can be used, and why not."""

import collections
import functools

import numpy as np

from dnnlib import image_files, image_formats, util
from dnnlib.image_files import Adjustments
from dnnlib.image_sources import open_source
from image_data import labels as labels_module
from image_data import process_pool, suitability

RejectedImage = collections.namedtuple('RejectedImage', 'name reason options')
RejectedImage.__doc__ = """An image that cannot be used: why, and the options that help."""

Survey = collections.namedtuple('Survey', 'source usable shape rejected skipped infos labels encoding')
Survey.__doc__ = """What a look at all images has shown.

Attributes:
    source: Folder or Archive.
    usable: ImageInfo of the usable images, in order of name.
    shape: Their final shape (C, H, W), or None if there are none.
    rejected: List of RejectedImage.
    skipped: Names of what is no image.
    infos: ImageInfo of all images.
    labels: Labels, or None.
    encoding: 'raw', 'png' or 'jpeg'.
"""

# ----------------------------------------------------------------------------
# A look at all images.


def survey_images(
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
    """Look at all images of a folder or zip archive.

    What shape the data set gets is decided by the majority of the images.

    Args:
        path: Folder or zip archive to search.
        adjustments: Adjustments that are going to be made, or None for none.
        encoding: 'raw', 'png' or 'jpeg'.
        recursive: Search sub-folders; labels may make this necessary, and then it is done anyway.
        labels: Where labels come from; see `labels.find_labels`.
        max_images: Stop when as many images seem usable, or None for all.
        thorough: Decode all pixels, instead of relying on checksums.
        num_workers: Number of processes.
        progress: Function that is called with the number of files done and of all, or None.

    Returns:
        A Survey.

    Raises:
        UserError: If there is no such folder or no image in it, or the list of labels is wrong.
    """
    adjustments = adjustments or Adjustments()
    source = open_source(path)
    labels = labels_module.find_labels(source, labels, recursive)
    recursive = recursive or _needs_sub_folders(labels)
    names, skipped = list_files(source, labels, recursive)
    names = [name for name in names if not (labels and name == labels.list_name)]
    find_defects = functools.partial(_find_defects, adjustments=adjustments, encoding=encoding, labels=labels)

    inspect = functools.partial(_inspect_chunk, source=source, thorough=thorough, max_pixels=adjustments.max_pixels)
    infos = []
    num_promising = 0
    chunks = process_pool.split(names, 64)
    for found, chunk in zip(process_pool.map_in_order(inspect, chunks, num_workers), chunks):
        infos += [info for info in found if info]
        skipped = skipped + [name for name, info in zip(chunk, found) if not info]
        num_promising += sum(1 for info in found if info and not find_defects(info))
        if progress:
            progress(len(chunk), len(names))
        if max_images is not None and num_promising >= max_images:
            break
    if not infos:
        raise util.UserError(f'No input images found in {path}{_explain_absence(source, skipped, recursive)}')
    return _judge(infos, find_defects, adjustments, max_images)._replace(
        source=source, skipped=sorted(skipped), labels=labels, encoding=encoding
    )


def list_files(source, labels=None, recursive=False):
    """Return a Listing of the files of a source that images are looked for in; arguments as for `survey_images`."""
    return source.list_files(recursive or _needs_sub_folders(labels))


def _needs_sub_folders(labels):
    return labels is not None and (labels.kind == 'folders' or any('/' in name for name in labels.all_labels))


def _inspect_chunk(names, source, thorough, max_pixels):
    return [image_files.inspect_file(source, name, thorough, max_pixels) for name in names]


def _find_defects(info, adjustments, encoding, labels):
    """Return what makes an image unusable, a missing label included."""
    defects = suitability.find_defects(info, adjustments, encoding)
    if labels is not None and not info.problem and labels.find_label(info.name) is None:
        defects = defects + [(labels.explain_absence(info.name), ['--labels'])]
    return defects


def _explain_absence(source, skipped, recursive):
    only = f' (only {util.abridge(skipped)})' if skipped else ''
    archives = [name for name in skipped if name.lower().endswith('.zip')]
    if archives:
        return f'{only}; a zip archive can be named itself: {source.locate(archives[0])}'
    if not recursive and any(name.endswith('/') for name in skipped):
        return f'{only}; --recursive searches sub-folders, --labels=folders takes them for classes'
    explained = [(name, image_formats.explain_kind(name)) for name in skipped if not name.endswith('/')]
    explained = [(name, explanation) for name, explanation in explained if explanation]
    return only + (f'; {" ".join(explained[0])}' if explained else '; name the folder that holds them')


def _judge(infos, find_defects, adjustments, max_images):
    """Return a Survey without source: tell usable images from the others."""
    defects = [find_defects(info) for info in infos]
    shapes = [None if found else suitability.compute_shape(info, adjustments) for info, found in zip(infos, defects)]
    counts = collections.Counter(shape for shape in shapes if shape)
    majority = counts.most_common(1)[0][0] if counts else None
    usable, rejected = [], []
    for info, shape, found in zip(infos, shapes, defects):
        if len(usable) == max_images:
            break
        if shape and shape == majority:
            usable.append(info)
        else:
            found = found + _compare_with_majority(info, shape, majority, adjustments)
            rejected.append(_make_rejected(info.name, found))
    return Survey(None, usable, majority, rejected, [], infos, None, 'raw')


def _make_rejected(name, defects):
    reasons, options = zip(*defects)
    return RejectedImage(name, ' and '.join(reasons), sum(options, []))


def _compare_with_majority(info, shape, majority, adjustments):
    """Return in what an image is unlike most, as defects; of what is unusable anyway only the size counts."""
    if not majority or not info.size or suitability.find_size_defects(info.size, adjustments):
        return []
    width, height = suitability.compute_size(info.size, adjustments)
    return _compare_shapes(shape or (majority[0], height, width), majority)


def _compare_shapes(shape, majority):
    kinds = {1: 'grayscale', 2: 'grayscale with alpha', 3: 'RGB', 4: 'RGBA'}
    defects = []
    if shape[0] != majority[0]:
        defects.append((f'is {kinds[shape[0]]} while most are {kinds[majority[0]]}', ['--convert']))
    if shape[1:] != majority[1:]:
        helpful = ['--resize'] if shape[1] * majority[2] == shape[2] * majority[1] else ['--crop=center', '--resize']
        defects.append((f'is {shape[2]}x{shape[1]} while most are {majority[2]}x{majority[1]}', helpful))
    return defects


def list_notes(survey):
    """Return sentences on what is worth knowing about a survey besides the images that cannot be used."""
    notes = []
    if survey.skipped:
        are_folders = any(name.endswith('/') and not name.startswith('.') for name in survey.skipped)
        hint = '; --recursive searches sub-folders' if are_folders else ''
        notes.append(f'{len(survey.skipped)} entries are no pictures: {util.abridge(survey.skipped)}{hint}')
    num_deep = sum(info.is_deep for info in survey.usable)
    if num_deep:
        notes.append(f'{num_deep} pictures have 16 bits per channel; the upper 8 are used')
    num_sequences = sum(info.is_sequence for info in survey.usable)
    if num_sequences:
        notes.append(f'{num_sequences} files are animations or have several pages; the first picture of each is used')
    return notes + (_list_notes_on_labels(survey) if survey.labels else [])


def _list_notes_on_labels(survey):
    unused = labels_module.list_unused(survey.labels, [info.name for info in survey.infos])
    notes = [f'{len(unused)} labels belong to no picture: {util.abridge(unused)}'] if unused else []
    usable = [info.name for info in survey.usable]
    return notes + survey.labels.notes + labels_module.list_doubts(survey.labels, usable)


def describe_rejected(survey):
    """Return one sentence on the images that cannot be used, what is wrong with them and the way out."""
    described = _describe_each(survey.rejected)
    options = sorted({option for image in survey.rejected for option in image.options})
    values = {'--convert': '=' + _suggest_kind(survey), '--resize': f'={_suggest_size(survey)}', '--labels': '=none'}
    values['--max_pixels'] = f'={max([info.size[0] * info.size[1] for info in survey.infos if info.size] or [0])}'
    remedies = ['try ' + ' '.join(option + values.get(option, '') for option in options)] if options else []
    remedies += ['--skip_bad leaves out what cannot be used'] if survey.usable or options else []
    found = f'{len(survey.rejected)} of {len(survey.infos)} pictures in {survey.source.path} cannot be used'
    return '; '.join([f'{found}: {util.abridge(described)}', *remedies])


def _describe_each(rejected):
    """Return a clause for each of them, but one for all of a format that cannot be read: they come by the hundred."""
    unreadable = collections.Counter(image.reason for image in rejected if 'cannot be read: ' in image.reason)
    described, seen = [], set()
    for name, reason, _ in rejected:
        others = f' (and {unreadable[reason] - 1} more)' if unreadable[reason] > 1 else ''
        if reason not in seen:
            described.append(f'{name}{others} {reason}')
        if reason in unreadable:
            seen.add(reason)
    return described


def _suggest_kind(survey):
    """Return 'l' if all images are gray, else 'rgb', and the same with alpha channel as well if most have one."""
    kind = 'l' if all(info.mode in ('1', 'L', 'LA') for info in survey.infos if info.mode) else 'rgb'
    num_transparent = sum(info.mode in ('LA', 'RGBA') for info in survey.infos)
    is_transparent = survey.encoding != 'jpeg' and num_transparent > len(survey.infos) // 2
    return f'{kind} (or {kind}a to keep transparency)' if is_transparent else kind


def _suggest_size(survey):
    """Return the largest power of two that does not enlarge the average image."""
    sides = [min(info.size) for info in survey.infos if info.size]
    return max(2 ** (int(np.median(sides or [4])).bit_length() - 1), 4)

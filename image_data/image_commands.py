# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The sub-commands of `dataset_tool.py` about images: make a data set of them, and find the bad ones."""

import os
import sys

from dnnlib import cmdline, image_files, util
from dnnlib.image_files import JPEG_QUALITY, MAX_PIXELS
from dnnlib.progress import Progress
from image_data.command_line import (
    add_command,
    add_overwrite_option,
    add_progress_option,
    add_workers_option,
    parse_data_path,
    parse_image_size,
    parse_quality,
)
from image_data.exporter import ENCODINGS, LEVELS
from image_data.labels import KINDS


def add_commands(commands):
    """Add the sub-commands to the sub-parsers of `dataset_tool.py`."""
    _add_create_from_images(commands)
    _add_check(commands)


def _add_create_from_images(commands):
    add = add_command(
        commands,
        'create_from_images',
        create_from_images,
        'make a data set from a folder of pictures',
        ('tfrecord_dir', 'data set directory to make'),
        ('image_dir', 'folder or zip archive of pictures'),
    )
    add('--shuffle BOOL', 'shuffle the pictures (default: 1)', cmdline.parse_bool, default=True)
    _add_image_options(add)
    add(
        '--quality N',
        f'quality of JPEG files that have to be made, with --encoding=jpeg (default: {JPEG_QUALITY})',
        parse_quality,
    )
    add(
        '--levels',
        'resolutions that are stored with --encoding=raw: all, as the official tools need them, or the top one '
        'alone, of which training makes the others as it reads (default: all)',
        choices=LEVELS,
    )
    add('--skip_bad', 'leave out pictures that cannot be used', action='store_true')
    add_overwrite_option(add)


def _add_check(commands):
    add = add_command(
        commands,
        'check',
        check,
        'list bad files of a folder of pictures, or bad records of a data set; the exit status is 1 if there are any',
        ('path', 'folder or zip archive of pictures, or data set directory', parse_data_path),
    )
    _add_image_options(add)


def _add_image_options(add):
    add(
        '--encoding',
        'raw: pixels at all resolutions, as the official tool; png: PNG and JPEG files as they are, the rest as '
        'PNG; jpeg: JPEG files as they are, the rest as JPEG',
        choices=ENCODINGS,
        default='raw',
    )
    add('--recursive', 'search sub-folders', action='store_true')
    add(
        '--labels',
        'folders: each sub-folder is a class; json: labels are in dataset.json; auto: json if there is that file '
        '(default: %(default)s)',
        choices=KINDS,
        default='auto',
    )
    add('--max_images N', 'use the first N pictures (default: all)', cmdline.parse_positive_int)
    add('--crop', 'crop to the largest centred square, or to the proportions of --resize', choices=['center'])
    add('--resize SIZE', 'resize to N by N pixels, or to WxH (default: sizes must be right)', parse_image_size)
    add('--resize_filter', 'how to resize; FID figures depend on it', choices=['lanczos', 'box'], default='lanczos')
    add(
        '--convert',
        'convert other kinds of pictures (default: refuse all but RGB and gray)',
        choices=['rgb', 'l', 'rgba', 'la'],
    )
    add(
        '--max_pixels N',
        'refuse pictures of more pixels, which take much memory',
        cmdline.parse_positive_int,
        default=MAX_PIXELS,
    )
    add_workers_option(add)
    add_progress_option(add)


# ----------------------------------------------------------------------------
# Commands.


def create_from_images(args):
    """Look at the images, say what is going to be written, and write it."""
    from image_data import dataset_writer, exporter

    for option, is_given, encoding in (
        ('--quality', args.quality is not None, 'jpeg'),
        ('--levels=all', args.levels == 'all', 'raw'),
    ):
        if is_given and args.encoding != encoding:
            raise util.UserError(
                f'{option} is for --encoding={encoding}, got --encoding={args.encoding}; leave one of them out'
            )
    levels = args.levels or 'all'
    exporter.check_target(args.tfrecord_dir, args.overwrite)
    print(f'Loading images from "{args.image_dir}"')
    adjustments, survey = _survey(args.image_dir, args)
    _report_survey(survey)
    _report_rejected(survey, args.skip_bad)
    _announce(args.tfrecord_dir, survey, adjustments, levels)
    with Progress('Writing', args.progress) as progress:
        dataset_writer.write_dataset(
            args.tfrecord_dir,
            survey,
            adjustments,
            args.shuffle,
            args.workers,
            args.overwrite,
            args.quality or JPEG_QUALITY,
            progress=progress,
            levels=levels,
        )
    print(f'Added {len(survey.usable)} images.')


def _survey(path, args, thorough=False):
    from image_data import image_survey

    adjustments = image_files.Adjustments(args.crop, args.resize, args.resize_filter, args.convert, args.max_pixels)
    with Progress('Checking', args.progress) as progress:
        survey = image_survey.survey_images(
            path,
            adjustments,
            args.encoding,
            args.recursive,
            args.labels,
            args.max_images,
            thorough,
            args.workers,
            progress,
        )
    return adjustments, survey


def _report_survey(survey):
    """Print what is worth knowing about images that can be used."""
    from image_data import image_survey

    for note in image_survey.list_notes(survey):
        print(f'Note: {note}')


def _report_rejected(survey, skip_bad):
    from image_data import image_survey

    if survey.rejected and not (skip_bad and survey.usable):
        raise util.UserError(image_survey.describe_rejected(survey))
    for image in survey.rejected:
        print(f'Leaving out {survey.source.locate(image.name)}, which {image.reason}')


def _announce(tfrecord_dir, survey, adjustments, levels):
    """Print what is going to be written."""
    from image_data import dataset_writer, labels
    from image_data.image_size import split_image_size

    num_images = len(survey.usable)
    print(f'Creating dataset "{tfrecord_dir}": {num_images} images of shape {list(survey.shape)}')
    classes = labels.describe_classes(survey.labels, [info.name for info in survey.usable]) if survey.labels else None
    if classes:
        print(f'Classes: {classes}')
    size = split_image_size(*survey.shape[1:])
    if len(size) > 1:
        print('Note: this is no square power of two; networks get ' + ', '.join(f'{k}={v}' for k, v in size.items()))
    if survey.encoding == 'raw':
        _announce_levels(survey, levels)
        return
    num_bytes = util.format_size(dataset_writer.estimate_size(survey, adjustments))
    num_kept = dataset_writer.count_kept(survey, adjustments)
    kind = survey.encoding.upper()
    remark = f'; {num_kept} pictures stay as they are in their files, {num_images - num_kept} become {kind}'
    print(f'Expected size: {"" if num_kept == num_images else "about "}{num_bytes} in 1 file{remark}')


def _announce_levels(survey, levels):
    """Print what a raw data set takes, and what it would take with the other choice of levels."""
    from image_data import exporter

    num_files = exporter.count_levels(survey.shape)
    sizes = [util.format_size(exporter.compute_dataset_size(survey.shape, len(survey.usable), kind)) for kind in LEVELS]
    all_levels, top = f'{sizes[0]} in {num_files} files', f'{sizes[1]} in 1 file'
    if levels == 'top':
        print(f'Expected size: {top}')
        print(f'Note: all resolutions (--levels=all), which the official tools need, would take {all_levels}')
        return
    print(f'Expected size: {all_levels}')
    if num_files > 1:
        print(f'Note: the top resolution alone (--levels=top), which suffices here, would take {top}')


def check(args):
    """List what is wrong with images or with a data set; end with status 1 if there is anything."""
    from image_data import inspection

    if os.path.isdir(args.path) and inspection.list_record_files(args.path):
        with Progress('Checking', args.progress) as progress:
            count, problems = inspection.find_problems(args.path, progress)
        verdict = f'{len(problems)} problems in {count} records'
    else:
        _, survey = _survey(args.path, args, thorough=True)
        _report_survey(survey)
        problems = [f'{survey.source.locate(image.name)} {image.reason}' for image in survey.rejected]
        verdict = f'{len(problems)} of {len(survey.infos)} pictures cannot be used'
        if survey.usable:
            verdict += f'; the others become images of shape {list(survey.shape)}'
    for problem in problems:
        print(problem)
    print(verdict)
    if problems:
        sys.exit(1)

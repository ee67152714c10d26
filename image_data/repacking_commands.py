# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The sub-commands of `dataset_tool.py` that unpack data sets and pack them again."""

from dnnlib import cmdline
from dnnlib.progress import Progress
from image_data.command_line import (
    add_command,
    add_overwrite_option,
    add_progress_option,
    add_workers_option,
    parse_data_path,
)


def add_commands(commands):
    """Add the sub-commands to the sub-parsers of `dataset_tool.py`."""
    _add_unpack(commands)
    _add_pack(commands)


def _add_unpack(commands):
    add = add_command(
        commands, 'unpack', unpack, 'save the images of a data set as PNG files in sub-folders, and its labels'
    )
    add('--tfrecord_dir DIR', 'data set directory', parse_data_path, required=True)
    add('--output_dir DIR', 'folder to make', cmdline.parse_path, required=True)
    add('--resolution N', 'height of the images to save (default: that of the largest)', cmdline.parse_positive_int)
    add_progress_option(add)


def _add_pack(commands):
    add = add_command(
        commands, 'pack', pack, 'make a data set of what unpack has saved, perhaps with a validation set beside it'
    )
    add('--unpacked_dir DIR', 'folder that unpack has made', cmdline.parse_path, required=True)
    add('--tfrecord_dir DIR', 'data set directory to make', cmdline.parse_path, required=True)
    add(
        '--num_train N',
        'number of images for training (default: all that are not for validation)',
        cmdline.parse_positive_int,
    )
    add(
        '--num_validation N',
        'number of images for validation, which come after those for training',
        cmdline.parse_not_negative_int,
        default=0,
    )
    add('--mirror BOOL', 'add the mirror images of those for training (default: 0)', cmdline.parse_bool, default=False)
    add('--seed SEED', 'shuffle the images (default: keep their order)', cmdline.parse_seed)
    add_overwrite_option(add)
    add_workers_option(add)
    add_progress_option(add)


def unpack(args):
    """Save the images of a data set."""
    from image_data import repacking

    print(f'Unpacking "{args.tfrecord_dir}" to "{args.output_dir}"')
    with Progress('Unpacking', args.progress) as progress:
        count = repacking.unpack(args.tfrecord_dir, args.output_dir, args.resolution, progress)
    print(f'Extracted {count} images.')


def pack(args):
    """Make a data set of unpacked images."""
    from image_data import exporter, repacking

    exporter.check_target(args.tfrecord_dir, args.overwrite)
    print(f'Creating dataset "{args.tfrecord_dir}" from "{args.unpacked_dir}"')
    with Progress('Packing', args.progress) as progress:
        counts = repacking.pack(
            args.unpacked_dir,
            args.tfrecord_dir,
            args.num_train,
            args.num_validation,
            args.mirror,
            args.seed,
            args.workers,
            args.overwrite,
            progress,
        )
    print(f'Added {counts[0]} images for training and {counts[1]} for validation.')

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What the sub-commands of `dataset_tool.py` have in common: how they are added, and types of their options."""

import argparse
import functools
import os

from dnnlib import cmdline, util
from image_data import image_size

MAX_SIZE_PX = 1 << 14
MAX_WORKERS = 1024


def parse_size(text):
    """Return a power of two of at least 4."""
    size = cmdline.up_to(MAX_SIZE_PX)(text)
    if size < 4 or size & (size - 1):
        raise argparse.ArgumentTypeError(f'power of two of at least 4 expected, got {text!r}')
    return size


def parse_image_size(text):
    """Return (width, height) of a size such as `256` or `512x384`, which the networks can make."""
    sides = text.lower().split('x')
    if len(sides) > 2:
        raise argparse.ArgumentTypeError(f'size such as 256 or 512x384 expected, got {text!r}')
    width, height = [cmdline.up_to(MAX_SIZE_PX)(side) for side in (sides[0], sides[-1])]
    try:
        image_size.split_image_size(height, width)
    except util.UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return width, height


def parse_quality(text):
    """Return the quality of a JPEG, 1 to 100."""
    return cmdline.up_to(100)(text)


def parse_data_path(text):
    """Return the path of a data set to read, also if it is that of one of its `.tfrecords` files."""
    from image_data import dataset_files  # Loads the image library: only now.

    return dataset_files.find_directory(cmdline.parse_path(text))


def add_command(commands, name, func, summary, *paths):
    """Add a sub-command and return the function that adds options to it.

    Args:
        commands: The sub-parsers of `dataset_tool.py`.
        name: Name of the command.
        func: Function that is called with the parsed options.
        summary: What it does, a phrase.
        paths: Name and meaning of each of its positional arguments, all of them paths, and the type of what is not a
            plain one.
    """
    parser = commands.add_parser(name, help=summary, description=summary[:1].upper() + summary[1:] + '.')
    for path, meaning, *types in paths:
        cmdline.add_option(parser, path, meaning, types[0] if types else cmdline.parse_path)
    parser.set_defaults(func=func)
    return functools.partial(cmdline.add_option, parser)


def add_overwrite_option(add, what='data set'):
    """Add the option `--overwrite` by means of a function that `add_command` returned."""
    add('--overwrite', f'replace an existing {what}', action='store_true')


def add_progress_option(add):
    """Add the option `--progress`, in the same way."""
    add('--progress BOOL', 'show progress (default: 1)', cmdline.parse_bool, default=True)


def add_workers_option(add):
    """Add the option `--workers`, in the same way."""
    add(
        '--workers N',
        'processes that read pictures (default: as many as processors)',
        cmdline.up_to(MAX_WORKERS),
        default=os.cpu_count(),
    )

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The sub-commands of `dataset_tool.py` that look into data sets."""

import os
import sys

from dnnlib import cmdline
from dnnlib.progress import Progress
from image_data.command_line import add_command, parse_data_path


def add_commands(commands):
    """Add the sub-commands to the sub-parsers of `dataset_tool.py`."""
    add_command(
        commands,
        'info',
        info,
        'print the properties of a data set',
        ('tfrecord_dir', 'data set directory', parse_data_path),
    )
    _add_display(commands)
    add_command(
        commands,
        'extract',
        extract,
        'save the images of a data set as PNG files',
        ('tfrecord_dir', 'data set directory', parse_data_path),
        ('output_dir', 'folder to make'),
    )
    _add_compare(commands)


def _add_display(commands):
    add = add_command(
        commands,
        'display',
        display,
        'show the images of a data set in a window, or on a contact sheet where there is no screen',
        ('tfrecord_dir', 'data set directory', parse_data_path),
    )
    add('--output PNG', 'write the contact sheet here, and open no window', cmdline.parse_path)


def _add_compare(commands):
    add = add_command(
        commands,
        'compare',
        compare,
        'compare two data sets; the exit status is 1 if they differ',
        ('tfrecord_dir_a', 'data set directory', parse_data_path),
        ('tfrecord_dir_b', 'data set directory', parse_data_path),
    )
    add('--ignore_labels BOOL', 'compare only images (default: 0)', cmdline.parse_bool, default=False)


# ----------------------------------------------------------------------------
# Commands.


def info(args):
    """Print the properties of a data set."""
    from image_data import inspection

    for name, text in inspection.summarize(args.tfrecord_dir):
        print(f'{name + ":":17}{text}')


def display(args):
    """Open a window, or else write a contact sheet."""
    from image_data import inspection

    if args.output is None and _show(args.tfrecord_dir):
        return
    name = os.path.basename(os.path.abspath(args.tfrecord_dir))
    path = args.output or os.path.abspath(f'{name}-contact-sheet.png')
    count = inspection.save_contact_sheet(args.tfrecord_dir, path)
    print(f'Saved a contact sheet of the first {count} images: {path}')


def _show(tfrecord_dir):
    """Show the data set in a window; return False where none can be opened."""
    from image_data import inspection

    try:
        import tkinter
    except ImportError as error:
        print(f'No window: this Python has no tkinter ({error}).')
        return False
    try:
        inspection.show(tfrecord_dir)
    except tkinter.TclError as error:
        print(f'No window: {error}.')
        return False
    return True


def extract(args):
    """Save the images of a data set."""
    from image_data import inspection

    print(f'Extracting images to "{args.output_dir}"')
    with Progress('Extracting') as progress:
        count = inspection.extract(args.tfrecord_dir, args.output_dir, progress)
    print(f'Extracted {count} images.')


def compare(args):
    """Compare two data sets."""
    from image_data import inspection

    with Progress('Comparing') as progress:
        is_equal = inspection.compare(
            args.tfrecord_dir_a, args.tfrecord_dir_b, args.ignore_labels, report=print, progress=progress
        )
    sys.exit(0 if is_equal else 1)

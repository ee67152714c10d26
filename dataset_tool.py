# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Make and inspect data sets in TFRecord format."""

import argparse
import os
import signal
import sys
import time

from dnnlib import cmdline, util
from preparation.exporter import TFRecordExporter  # Public here by tradition; needs no TensorFlow.

__all__ = ['TFRecordExporter', 'main', 'parse_args']

EXAMPLES = """examples:
  python %(prog)s create_from_images ~/datasets/faces ~/pictures/faces
  python %(prog)s create_from_images ~/datasets/faces ~/pictures/mixed --crop=center --resize=256 --convert=rgb
  python %(prog)s info ~/datasets/faces

type "python %(prog)s COMMAND --help" for the options of a command
"""


# ----------------------------------------------------------------------------
# Command line.


def parse_size(text):
    """Return a power of two of at least 4."""
    size = cmdline.parse_positive_int(text)
    if size < 4 or size & (size - 1):
        raise argparse.ArgumentTypeError(f'power of two of at least 4 expected, got {text!r}')
    return size


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    commands = parser.add_subparsers(metavar='COMMAND', dest='command')
    commands.required = True  # An argument only since Python 3.7.
    for add in (_add_create_from_images, _add_info, _add_display, _add_extract, _add_compare):
        add(commands)
    argv = sys.argv[1:] if argv is None else argv
    return parser.parse_args(argv or ['--help'])


def _add_command(commands, name, func, summary, *directories):
    parser = commands.add_parser(name, help=summary, description=summary.capitalize() + '.')
    for directory, meaning in directories:
        parser.add_argument(directory, type=cmdline.parse_path, help=meaning)
    parser.set_defaults(func=func)
    return parser.add_argument


def _add_create_from_images(commands):
    add = _add_command(
        commands,
        'create_from_images',
        create_from_images,
        'make a data set from a folder of pictures',
        ('tfrecord_dir', 'data set directory to make'),
        ('image_dir', 'folder of pictures, sub-folders not included'),
    )
    add('--shuffle', metavar='BOOL', type=cmdline.parse_bool, default=True, help='shuffle the pictures (default: 1)')
    add('--crop', choices=['center'], help='crop to the largest centred square (default: refuse other shapes)')
    add('--resize', metavar='N', type=parse_size, help='resize to N by N pixels (default: sizes must be right)')
    add(
        '--resize_filter',
        choices=['lanczos', 'box'],
        default='lanczos',
        help='how to resize; FID figures depend on it (default: %(default)s)',
    )
    add('--convert', choices=['rgb', 'l'], help='convert other kinds of pictures (default: refuse them)')
    add('--skip_bad', '--skip-bad', action='store_true', help='leave out pictures that cannot be used')
    add('--overwrite', action='store_true', help='replace an existing data set')
    add(
        '--workers',
        metavar='N',
        type=cmdline.parse_positive_int,
        default=os.cpu_count(),
        help='processes that read pictures (default: as many as processors)',
    )


def _add_info(commands):
    _add_command(commands, 'info', info, 'print the properties of a data set', ('tfrecord_dir', 'data set directory'))


def _add_display(commands):
    add = _add_command(
        commands,
        'display',
        display,
        'show the images of a data set in a window, or on a contact sheet where there is no screen',
        ('tfrecord_dir', 'data set directory'),
    )
    add('--output', metavar='PNG', type=cmdline.parse_path, help='write the contact sheet here, and open no window')


def _add_extract(commands):
    _add_command(
        commands,
        'extract',
        extract,
        'save the images of a data set as PNG files',
        ('tfrecord_dir', 'data set directory'),
        ('output_dir', 'folder to write to'),
    )


def _add_compare(commands):
    add = _add_command(
        commands,
        'compare',
        compare,
        'compare two data sets; the exit status is 1 if they differ',
        ('tfrecord_dir_a', 'data set directory'),
        ('tfrecord_dir_b', 'data set directory'),
    )
    add(
        '--ignore_labels',
        metavar='BOOL',
        type=cmdline.parse_bool,
        default=False,
        help='compare only images (default: 0)',
    )


# ----------------------------------------------------------------------------
# Progress.


class Progress:
    """A progress line: call it with the number of items just done and of all. Uses tqdm where it is installed."""

    def __init__(self, title):
        self.title = title
        self._bar = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()

    def __call__(self, num_done, num_total):
        if self._bar is None:
            self._bar = self._make_bar(num_total)
        self._bar.update(num_done)

    def _make_bar(self, num_total):
        try:
            from tqdm import tqdm
        except ImportError:
            return Counter(self.title, num_total)
        return tqdm(total=num_total, desc=self.title, unit=' images', mininterval=0.2 if sys.stderr.isatty() else 10)


class Counter:
    """The progress line for want of tqdm, with its methods."""

    def __init__(self, title, num_total):
        self.title = title
        self.num_total = num_total
        self.num_done = 0
        self.next_time = 0

    def update(self, num_done):
        """Count, and print now and then."""
        self.num_done += num_done
        if time.time() >= self.next_time:
            self.next_time = time.time() + (0.2 if sys.stderr.isatty() else 10)
            self._print('\r')

    def close(self):
        """Print the final count and end the line."""
        self._print('\n')

    def _print(self, end):
        print(f'{self.title}: {self.num_done} / {self.num_total}', end=end, file=sys.stderr, flush=True)


# ----------------------------------------------------------------------------
# Commands.


def create_from_images(args):
    """Look at the pictures, say what is going to be written, and write it."""
    from preparation import exporter, images

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that `docker stop` leaves nothing half-written.
    exporter.check_target(args.tfrecord_dir, args.overwrite)
    print(f'Loading images from "{args.image_dir}"')
    adjustments = images.Adjustments(args.crop, args.resize, args.resize_filter, args.convert)
    with Progress('Checking') as progress:
        survey = images.survey_folder(args.image_dir, adjustments, args.workers, progress)
    _report_survey(survey, args.skip_bad)

    num_files = survey.shape[1].bit_length() - 2
    num_bytes = exporter.compute_dataset_size(survey.shape, len(survey.paths))
    print(f'Creating dataset "{args.tfrecord_dir}": {len(survey.paths)} images of shape {list(survey.shape)}')
    print(f'Expected size: {exporter.format_size(num_bytes)} in {num_files} files')
    with Progress('Writing') as progress:
        images.write_dataset(
            args.tfrecord_dir, survey, adjustments, args.shuffle, args.workers, args.overwrite, progress=progress
        )
    print(f'Added {len(survey.paths)} images.')


def _report_survey(survey, skip_bad):
    from preparation import images

    if survey.skipped:
        print(f'Note: {len(survey.skipped)} entries are no pictures: {images.abridge(survey.skipped)}')
    if survey.offenders and not (skip_bad and survey.paths):
        raise util.UserError(images.describe_offenders(survey))
    for offender in survey.offenders:
        print(f'Leaving out {offender.path}, which {offender.reason}')


def info(args):
    """Print the properties of a data set."""
    from preparation import inspection

    for name, text in inspection.summarize(args.tfrecord_dir):
        print(f'{name + ":":17}{text}')


def display(args):
    """Open a window, or else write a contact sheet."""
    from preparation import inspection

    if args.output is None and _show(args.tfrecord_dir):
        return
    name = os.path.basename(os.path.abspath(args.tfrecord_dir))
    path = args.output or os.path.abspath(f'{name}-contact-sheet.png')
    count = inspection.save_contact_sheet(args.tfrecord_dir, path)
    print(f'Saved a contact sheet of the first {count} images: {path}')


def _show(tfrecord_dir):
    """Show the data set in a window; return False where none can be opened."""
    from preparation import inspection

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
    from preparation import inspection

    print(f'Extracting images to "{args.output_dir}"')
    with Progress('Extracting') as progress:
        count = inspection.extract(args.tfrecord_dir, args.output_dir, progress)
    print(f'Extracted {count} images.')


def compare(args):
    """Compare two data sets."""
    from preparation import inspection

    with Progress('Comparing') as progress:
        is_equal = inspection.compare(
            args.tfrecord_dir_a, args.tfrecord_dir_b, args.ignore_labels, report=print, progress=progress
        )
    sys.exit(0 if is_equal else 1)


def main(argv=None):
    """Parse the command line and run the command."""
    args = parse_args(argv)
    args.func(args)


if __name__ == '__main__':
    cmdline.run(main)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Write a page that tells how a training is doing, or one that compares several."""

import functools

from dnnlib import cmdline
from training.other_names import OTHER_NAMES

EXAMPLES = """examples:

  # The page of a run, which its training writes with each tick as well: results/00000-run/report.html.
  python run_report.py results/00000-run

  # Compare runs: comparison.html in the working directory.
  python run_report.py results/00000-run results/00001-run

  # All runs of a result directory.
  python run_report.py results --out=all.html
"""


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    add = functools.partial(cmdline.add_option, parser)
    parser.add_argument(
        'dirs',
        metavar='DIR',
        nargs='+',
        type=cmdline.parse_path,
        help='run directory, or a result directory for all runs in it',
    )
    add(
        '--out FILE',
        'page to write (default: report.html in the run directory, of several runs comparison.html)',
        cmdline.parse_path,
    )
    add('--video', 'write the video of the picture grids of each run, too', action='store_true')
    return parser.parse_args(argv)


def main(argv=None):
    """Parse the command line, write the page, and tell where it is."""
    args = parse_args(argv)

    from training.report import writing  # Imports NumPy and Pillow: only now.

    for path in writing.write_reports(args.dirs, args.out, args.video):
        print(path)


if __name__ == '__main__':
    cmdline.run(main)

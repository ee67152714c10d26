#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure how long a training waits for its first minibatch, when it begins and when it goes on, and how fast it reads.

native is this tree; before is the commit --before, in which a training that goes on begins with the images anew.
"""

import functools
import os
import sys
import tempfile

import common  # Puts the project into the path.
import numpy as np

from dnnlib import cmdline
from image_data import records

SEEN = 5000000  # Images that a training has seen when it goes on.
EXAMPLES = """examples:
  python benchmarks/resume_speed.py --before=HEAD~1
  python benchmarks/resume_speed.py --resolution=256 --num-images=5000 --variants=native"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    add('--num-images N', 'size of the data set', cmdline.parse_positive_int, default=70000)
    add('--resolution N', 'size of its images', cmdline.parse_positive_int, default=32)
    add('--minibatch-size N', 'images per minibatch', cmdline.parse_positive_int, default=32)
    common.add_options(parser, variants=('native', 'before'), rounds=5)
    return parser.parse_args(argv)


def write_dataset(folder, num_images, resolution):
    """Write a data set of noise."""
    rnd, left = np.random.RandomState(0), num_images
    with open(os.path.join(folder, f'noise-r{resolution.bit_length() - 1:02d}.tfrecords'), 'wb') as file:
        while left:
            count = min(left, 1000)
            file.write(
                records.encode_images(rnd.randint(256, size=[count, 3, resolution, resolution]).astype(np.uint8))
            )
            left -= count


def measure(args, folder):
    """Return the rows of the table."""
    pythons = common.list_pythons(args)
    with common.start_workers('resume_task.Reading', args.variants, pythons, args.before) as workers:
        calls = [(worker, start) for worker in workers for start in (0, SEEN)]
        num_minibatches = args.num_images // args.minibatch_size
        kwargs = {'tfrecord_dir': folder, 'minibatch_size': args.minibatch_size, 'num_minibatches': num_minibatches}
        results = common.alternate(
            [functools.partial(worker.call, 'measure', start=start, **kwargs) for worker, start in calls], args.rounds
        )
    rows = []
    for (worker, start), rounds in zip(calls, results):
        row = {'python': worker.python, 'variant': worker.variant, 'training': 'goes on' if start else 'begins'}
        for name, digits in [('open s', 3), ('first s', 3), ('img/s', 0)]:
            row[name] = common.summarize([result[name] for result in rounds], digits)
        rows.append(row)
    return rows


def main(argv=None):
    """Measure and print the table."""
    args = parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(folder, args.num_images, args.resolution)
        rows = measure(args, folder)
    common.finish(rows, args.csv)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure what the report of a long training costs: size of the page, and time to open the run and to write the page.

The run is made up in a temporary folder: ticks of 30 numbers, grids of images with much detail, and two metrics.
"""

import functools
import json
import os
import shutil
import sys
import tempfile
import time

import common  # Puts the project into the path.
import numpy as np
from PIL import Image

from dnnlib import cmdline
from training.report import run_files
from training.report.run_page import RunReport
from training.report.thumbnails import FOLDER, save_copies

EXAMPLES = """example:
  python benchmarks/report_speed.py --ticks=10000 --grids=200"""

_NAMES = ['Progress/kimg', 'Progress/tick', 'Progress/augment', 'Timing/total_sec', 'Timing/sec_per_kimg']
_NAMES += ['Timing/maintenance_sec', 'Resources/peak_gpu_mem_gb', 'Resources/cpu_mem_gb']
_NAMES += [f'Loss/scores/{kind}' for kind in ('real', 'fake')] + [f'Loss/term_{index:02d}' for index in range(20)]


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    number = cmdline.parse_positive_int
    add('--ticks N', 'ticks of the run', number, default=10000)
    add('--grids N', 'grids of images', number, default=200)
    add('--width N', 'width of a grid; its height is 9/16 of that', number, default=1920)
    add('--rounds N', 'writings to measure', number, default=9)
    add('--csv FILE', 'also append the table to this file', cmdline.parse_path)
    return parser.parse_args(argv)


def make_row(tick, rnd):
    """Return the numbers of a tick."""
    row = dict(zip(_NAMES, rnd.randn(len(_NAMES)).tolist()))
    row.update({'Progress/kimg': 4.0 * (tick + 1), 'Progress/tick': tick, 'Timing/total_sec': 60.0 * (tick + 1)})
    return row


def make_grid(path, width, rnd):
    """Write a grid with smooth shapes and some noise, which compresses about as photographs do; return the image."""
    size = width, width * 9 // 16
    shapes = Image.fromarray(rnd.randint(0, 256, size=[27, 48, 3]).astype(np.uint8)).resize(size, Image.BICUBIC)
    noise = rnd.randint(-6, 7, size=[size[1], size[0], 3])
    pixels = (np.asarray(shapes, np.int32) + noise).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.save(path, compress_level=1)
    return image


def make_run(run_dir, num_ticks, num_grids, width):
    """Write the files of a run."""
    rnd = np.random.RandomState(0)
    with open(os.path.join(run_dir, 'stats.jsonl'), 'w') as file:
        file.writelines(json.dumps(make_row(tick, rnd)) + '\n' for tick in range(num_ticks))
    kimg = np.linspace(0, 4 * num_ticks, num_grids).astype(int).tolist()
    for name in ('fid50k', 'kid50k'):
        with open(os.path.join(run_dir, f'metric-{name}.jsonl'), 'w') as file:
            for value in kimg:
                record = {'metric': name, 'results': {name: rnd.rand()}, 'snapshot_pkl': _name_snapshot(value)}
                file.write(json.dumps(record) + '\n')
    for index, value in enumerate(kimg):
        common.show_progress(f'grid {index + 1} of {num_grids}')
        make_grid(os.path.join(run_dir, f'fakes{value:06d}.png'), width, rnd)
    common.show_progress('')
    shutil.copy(os.path.join(run_dir, f'fakes{kimg[0]:06d}.png'), os.path.join(run_dir, 'reals.png'))


def _name_snapshot(kimg):
    return f'network-snapshot-{kimg:06d}.pkl'


def measure(call):
    """Return the seconds that a call takes, and its result."""
    begin = time.perf_counter()
    result = call()
    return time.perf_counter() - begin, result


def measure_run(run_dir, num_ticks, num_rounds, width):
    """Return the row of the table."""
    rnd = np.random.RandomState(1)
    open_sec, report = measure(lambda: RunReport(run_dir))
    first_sec, path = measure(lambda: report.write(run_files.TRAINING))
    seconds = []
    for index in range(num_rounds):
        report.add(make_row(num_ticks + index, rnd))
        seconds.append(measure(lambda: report.write(run_files.TRAINING))[0])
    grid = os.path.join(run_dir, f'fakes{4 * (num_ticks + num_rounds):06d}.png')
    image = make_grid(grid, width, rnd)
    copy_sec, _ = measure(lambda: save_copies(image, grid))
    grid_sec, _ = measure(lambda: report.write(run_files.TRAINING))
    again_sec, _ = measure(lambda: RunReport(run_dir).write(run_files.TRAINING))
    return {
        'page MB': f'{os.path.getsize(path) / 1e6:.2f}',
        'write s': common.summarize(seconds, digits=3),
        'write with a new grid s': f'{grid_sec:.2f}',
        'copies of a grid s': f'{copy_sec:.2f}',
        'open s': f'{open_sec:.3f}',
        'first write s': f'{first_sec:.2f}',
        'open and write again s': f'{again_sec:.2f}',
        'thumbnails MB': f'{_measure_folder(os.path.join(run_dir, FOLDER)) / 1e6:.1f}',
    }


def _measure_folder(path):
    return sum(entry.stat().st_size for entry in os.scandir(path))


def main(argv=None):
    """Parse the command line, measure and print the table."""
    args = parse_args(argv)
    with tempfile.TemporaryDirectory() as run_dir:
        make_run(run_dir, args.ticks, args.grids, args.width)
        row = {
            'ticks': str(args.ticks),
            'numbers': str(len(_NAMES)),
            'grids': str(args.grids),
            'width': str(args.width),
        }
        row.update(measure_run(run_dir, args.ticks, args.rounds, args.width))
    common.finish([row], args.csv)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

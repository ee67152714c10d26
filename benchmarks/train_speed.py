#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure the training step and compare variants of the code: images per second, phases, memory.

native is this tree with compiled ops, ref this tree with TensorFlow's own ops, before the commit --before, and textbook
is like ref, but resamples by inserting zeros and computing every pixel. Each has a process of its own, and they are
measured in turn. Images per second are those of whole cycles of lazy regularization, run as the training loop does.
"""

import functools
import sys

import common  # Puts the project into the path.

from dnnlib import cmdline

PHASES = {
    'TrainG': 'G main',
    'RegG': 'G reg',
    'TrainD': 'D main',
    'RegD': 'D reg',
    'average': 'Gs',
    'fetch': 'fetch',
}
CYCLE = 16  # Steps until both regularizations coincide again.
NUM_OP_TYPES = 20  # Lines per phase in a profile, besides the sum.
EXAMPLES = """examples:
  python benchmarks/train_speed.py --sizes=32
  python benchmarks/train_speed.py --python=.venv/bin/python --python=.venv-tf1/bin/python --csv=results/train_speed.csv
  python benchmarks/train_speed.py --sizes=64 --variants=native --profile"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    common.add_sizes(parser)
    add('--minibatch-size N', 'images per step', cmdline.parse_positive_int, default=8)
    add('--latent-size N', 'size of latents', cmdline.parse_positive_int, default=512)
    add('--mapping-layers N', 'mapping depth', cmdline.parse_positive_int, default=8)
    add('--repeats N', 'timed runs per round', cmdline.parse_positive_int, default=1)
    add('--profile', 'also list the types of ops by the time they take in each phase', action='store_true')
    common.add_options(parser, variants=common.VARIANTS, rounds=9)
    return parser.parse_args(argv)


def measure(workers, facts, args, size):
    """Measure all workers in turn and return the rows of the table."""
    results = common.alternate(
        [lambda worker=worker: worker.call('measure', repeats=args.repeats) for worker in workers], args.rounds
    )
    cycles = {
        (worker.python, worker.variant): [result['cycle'] for result in rounds]
        for worker, rounds in zip(workers, results)
    }
    rows = []
    for worker, fact, rounds in zip(workers, facts, results):
        seconds = cycles[worker.python, worker.variant]
        row = describe(fact, worker, size)
        row['img/s'] = common.summarize([args.minibatch_size * CYCLE / value for value in seconds], digits=1)
        for yardstick in ('before', 'textbook'):
            others = cycles.get((worker.python, yardstick))
            row[f'/{yardstick}'] = common.compare(others, seconds) if others else '-'
            row[f'best /{yardstick}'] = f'{min(others) / min(seconds):.2f}' if others else '-'
        for phase, name in PHASES.items():
            row[f'{name} ms'] = f'{1000 * common.median([result[phase] for result in rounds]):.1f}'
        row.update(worker.call('get_memory'))
        row.update({'graph ops': fact['graph ops'], 'build s': '{:.1f}'.format(fact['build s'])})
        rows.append(row)
    return rows


def describe(fact, worker, size):
    """Return the first columns of a row: what was measured."""
    return {'tensorflow': fact['tensorflow'], 'size': '/'.join(map(str, size)), 'variant': worker.variant}


def profile(workers, facts, args, size):
    """Return the rows of the table of kernel times."""
    rows = []
    for worker, fact in zip(workers, facts):
        for phase in PHASES:
            kernels = worker.call('profile', phase=phase, repeats=args.repeats)
            total = ['(all)', sum(line[1] for line in kernels), sum(line[2] for line in kernels)]
            for op, msec, count in [total] + kernels[:NUM_OP_TYPES]:
                row = dict(describe(fact, worker, size), phase=phase, op=op)
                row.update(ms=f'{msec:.2f}', kernels=f'{count:.0f}')
                rows.append(row)
    return rows


def run_size(args, size):
    """Return the rows of one size, and those of its profile, if one is wanted."""
    resolution, fmap_base, fmap_max = size
    options = {
        'resolution': resolution,
        'fmap_base': fmap_base,
        'fmap_max': fmap_max,
        'minibatch_size': args.minibatch_size,
        'latent_size': args.latent_size,
        'mapping_layers': args.mapping_layers,
    }
    pythons = common.list_pythons(args)
    with common.start_workers('train_step.TrainStep', args.variants, pythons, args.before) as workers:
        facts = []
        for worker in workers:
            common.show_progress(f'{resolution} px: building {worker.variant} with {worker.python}')
            facts.append(worker.call('build', **options))
        rows = measure(workers, facts, args, size)
        return rows, profile(workers, facts, args, size) if args.profile else []


def main(argv=None):
    """Parse the command line, measure and print a table per size."""
    args = parse_args(argv)
    for size in args.sizes:
        rows, profile_rows = run_size(args, size)
        common.finish(rows, args.csv)
        if profile_rows:
            print()
            common.print_table(profile_rows)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

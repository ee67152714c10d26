#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure how fast generators draw, and compare variants of the code.

native is this tree with compiled ops, ref this tree with TensorFlow's own ops, and before the commit --before. Each has
a process of its own, and they are measured in turn. The columns: images per second of Network.run, with the noise of
the network and with fresh noise, and their ratios to the variant `before`; milliseconds per picture that
`run_generator.py generate-images` spends in Network.run and besides; ops of the graph after one and after several calls
of Network.run, each with a value of truncation_psi of its own.
"""

import functools
import sys

import common  # Puts the project into the path.

from dnnlib import cmdline

EXAMPLES = """examples:
  python benchmarks/generation_speed.py --sizes=32
  python benchmarks/generation_speed.py --python=.venv/bin/python --python=.venv-tf1/bin/python --csv=speed.csv"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    common.add_sizes(parser)
    add('--minibatch-size N', 'images at a time', cmdline.parse_positive_int, default=8)
    add('--latents N', 'latents per call', cmdline.parse_positive_int, default=512)
    add('--seeds N', 'pictures written to files', cmdline.parse_positive_int, default=200)
    add('--psis N', 'values of psi to count ops with', cmdline.parse_positive_int, default=10)
    common.add_options(parser, variants=('native', 'ref', 'before'))
    return parser.parse_args(argv)


def measure(worker, args):
    """Return everything that is measured once per round, by column."""
    kwargs = {'num_images': args.latents, 'minibatch_size': args.minibatch_size}
    fixed, fresh = [worker.call('run', randomize_noise=value, **kwargs) for value in (False, True)]
    return {'fixed': fixed, 'fresh': fresh, 'draw': worker.call('draw', num_seeds=args.seeds)}


def make_row(worker, size, tensorflow, num_psis, rounds, yardsticks):
    """Return the row of one worker.

    Args:
        worker: `common.Worker`.
        size: Resolution, fmap_base, fmap_max.
        tensorflow: Its version.
        num_psis: Number of calls to count ops with.
        rounds: Results of `measure`.
        yardsticks: The same of the variant `before` with the same Python, or None.
    """
    row = {'tensorflow': tensorflow, 'size': '/'.join(map(str, size)), 'variant': worker.variant}
    for name, title in (('fixed', 'img/s'), ('fresh', 'fresh noise')):
        values = [result[name] for result in rounds]
        row[title] = common.summarize(values, digits=1)
        others = [result[name] for result in yardsticks or ()]
        row[f'{title} /before'] = common.compare(values, others) if others else '-'
    for index, title in enumerate(['run ms/picture', 'rest ms/picture']):
        row[title] = f'{common.median([result["draw"][index] for result in rounds]):.2f}'
    row['ops'], row[f'ops after {num_psis}'] = worker.call('count_new_ops', num_calls=num_psis)
    return row


def run_size(args, size):
    """Return the rows of one size."""
    pythons = common.list_pythons(args)
    resolution, fmap_base, fmap_max = size
    with common.start_workers('generation_task.Generation', args.variants, pythons, args.before) as workers:
        facts = [
            worker.call('build', resolution=resolution, fmap_base=fmap_base, fmap_max=fmap_max) for worker in workers
        ]
        results = common.alternate([lambda worker=worker: measure(worker, args) for worker in workers], args.rounds)
        before = {worker.python: rounds for worker, rounds in zip(workers, results) if worker.variant == 'before'}
        return [
            make_row(worker, size, fact['tensorflow'], args.psis, rounds, before.get(worker.python))
            for worker, fact, rounds in zip(workers, facts, results)
        ]


def main(argv=None):
    """Parse the command line, measure and print the table."""
    args = parse_args(argv)
    common.finish([row for size in args.sizes for row in run_size(args, size)], args.csv)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure the custom ops on the CPU: compiled, in TensorFlow's own ops, and as a textbook has them.

For each op, forward and gradient (with respect to images and weights), float32: milliseconds of the implementations,
their ratios, and that to a copy, on all cores, of as many bytes as the op has to read and write. All are measured in
turn in one process per TensorFlow; each run of the session evaluates an op several times.
"""

import functools
import sys

import common  # Puts the project into the path.

from dnnlib import cmdline

FIR = [1, 3, 3, 1]
OPS = {  # Name -> function, size of the convolution kernel, layouts, keywords, evaluations per run.
    'up': ('upsample_2d', None, ('NCHW', 'NHWC'), {'k': FIR}, 4),
    'down': ('downsample_2d', None, ('NCHW', 'NHWC'), {'k': FIR}, 4),
    'filter': ('filter_2d', None, ('NCHW', 'NHWC'), {'k': FIR}, 4),
    'bias_act': ('fused_bias_act', None, ('NCHW',), {'act': 'lrelu'}, 20),
    'scale': ('channel_scale', None, ('NCHW',), {}, 20),
    'dense': ('dense', None, ('NC',), {}, 20),
    'conv': ('conv_downsample_2d', 3, ('NCHW',), {'k': [1], 'factor': 1}, 2),
    'conv_up': ('upsample_conv_2d', 3, ('NCHW',), {'k': FIR}, 2),
    'conv_down': ('conv_downsample_2d', 3, ('NCHW',), {'k': FIR}, 2),
}
ONE_WAY = ('bias_act', 'scale', 'dense')  # A textbook has these just as our plain ops do.
IMPLS = ('native', 'ref', 'textbook')
EXAMPLES = """examples:
  python benchmarks/ops_speed.py --ops=up,down,filter,bias_act
  python benchmarks/ops_speed.py --python=.venv/bin/python --python=.venv-tf1/bin/python --csv=results/ops_speed.csv"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    names = ','.join(OPS)
    add('--ops LIST', f'ops to measure (default: {names})', common.make_list_parser(OPS), default=list(OPS))
    add(
        '--size N/RES/FMAPS',
        'minibatch size, height and width, and feature maps of the input (default: 8/64/128)',
        common.parse_size,
        default=[8, 64, 128],
    )
    common.add_options(parser, variants=IMPLS)
    return parser.parse_args(argv)


def measure(worker, facts, args, name, data_format):
    """Return the two rows of one op in one layout."""
    func, kernel, _, kwargs, repeats = OPS[name]
    impls = [impl for impl in args.variants if impl != 'textbook' or name not in ONE_WAY]
    volumes = worker.call(
        'build',
        func=func,
        kernel=kernel,
        data_format=data_format,
        kwargs=kwargs,
        impls=impls,
        size=args.size,
        repeats=repeats,
    )
    rows = []
    for part, volume in zip(('forward', 'gradient'), volumes):
        measured = impls + ['copy']
        calls = [lambda impl=impl, part=part: worker.call('measure', impl=impl, part=part) for impl in measured]
        seconds = dict(zip(measured, common.alternate(calls, args.rounds)))
        row = dict(facts, op=name, layout=data_format, part=part)
        rows.append(add_numbers(row, seconds, volume if kernel is None and name != 'dense' else None))
    return rows


def add_numbers(row, seconds, volume):
    """Return a row completed by times and ratios.

    Args:
        row: First columns.
        seconds: Implementation -> times, also that of the copy.
        volume: Bytes that the op moves in relation to the copy, or None if it is not memory that it is bound by.
    """
    for impl in IMPLS:
        row[f'{impl} ms'] = f'{1000 * common.median(seconds[impl]):.2f}' if impl in seconds else '-'
    for impl in IMPLS[1:]:
        is_there = impl in seconds and 'native' in seconds
        row[f'{impl}/native'] = common.compare(seconds[impl], seconds['native']) if is_there else '-'
    row['copy ms'] = row['native/copy'] = '-'
    if volume is not None:
        copies = [value * volume for value in seconds['copy']]
        row['copy ms'] = f'{1000 * common.median(copies):.2f}'
        row['native/copy'] = common.compare(seconds['native'], copies) if 'native' in seconds else '-'
    return row


def run_python(python, args):
    """Return the rows of one Python."""
    variant = 'native' if 'native' in args.variants else 'ref'
    with common.Worker('op_runs.OpRuns', variant, python) as worker:
        facts = worker.call('get_facts')
        layouts = [(name, data_format) for name in args.ops for data_format in OPS[name][2]]
        return [row for layout in layouts for row in measure(worker, facts, args, *layout)]


def main(argv=None):
    """Parse the command line, measure and print a table per Python."""
    args = parse_args(argv)
    for python in common.list_pythons(args):
        common.finish(run_python(python, args), args.csv)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure how long it takes to build the compiled ops from nothing, and how long to load them at a second start.

Each round builds into an empty folder, with the command that image builds use, repeats the command (both with the start
of Python and TensorFlow), and then loads the ops in a fresh process as training does (without that start).
"""

import os
import subprocess
import sys
import tempfile
import time

import common  # Puts the project into the path.

from dnnlib import cmdline
from dnnlib.util import UserError

EXAMPLES = """example:
  python benchmarks/build_speed.py --python=.venv/bin/python --python=.venv-tf1/bin/python --rounds=5"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    common.add_options(parser, rounds=3)
    return parser.parse_args(argv)


def build(python, cache_dir):
    """Run the command that builds all ops; return its seconds."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [python, '-m', 'dnnlib.tflib.custom_ops', 'build'],
        cwd=common.ROOT,
        env=dict(os.environ, DNNLIB_CACHE_DIR=cache_dir),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    output = process.communicate()[0]
    if process.returncode != 0:
        sys.stderr.write(output)
        raise UserError(f'building the ops with {python} ended with status {process.returncode}')
    return time.perf_counter() - begin


def measure(python):
    """Return the seconds of one round by column, after the version of TensorFlow."""
    with tempfile.TemporaryDirectory() as cache_dir:
        seconds = [build(python, cache_dir), build(python, cache_dir)]
        with common.Worker('op_start.OpStart', python=python) as worker:
            version, load_sec = worker.call('load', cache_dir=cache_dir, names=common.list_native_ops())
    return version, dict(zip(('build s', 'again s', 'load s'), seconds + [load_sec]))


def main(argv=None):
    """Parse the command line, measure and print the table."""
    args = parse_args(argv)
    os.environ.pop('DNNLIB_OPS_DIR', None)  # Ops compiled beforehand.
    pythons = common.list_pythons(args)
    results = common.alternate([lambda python=python: measure(python) for python in pythons], args.rounds)
    rows = []
    for rounds in results:
        row = {'tensorflow': rounds[0][0], 'ops': ' '.join(common.list_native_ops())}
        for name in rounds[0][1]:
            seconds = [result[name] for _, result in rounds]
            row[name] = common.summarize(seconds)
        rows.append(row)
    common.finish(rows, args.csv)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

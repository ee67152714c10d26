#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Measure what it takes to open a snapshot and draw one picture: time and memory of a fresh process.

native is this tree, before the commit --before; they are measured in turn. `library` is a program that loads the
generator and draws, `command` is `run_generator.py generate-images` with one seed, from start to end.
"""

import contextlib
import functools
import os
import subprocess
import sys
import tempfile
import time

import common  # Puts the project into the path.

from dnnlib import cmdline
from dnnlib.util import UserError

EXAMPLES = """examples:
  python benchmarks/snapshot_speed.py --before=HEAD~1
  python benchmarks/snapshot_speed.py --variants=native --network=results/00000-run/network-final.pkl"""

_LIBRARY = {
    'native': """
import sys
sys.path.insert(0, '.')
from training.generator import Generator
Generator(sys.argv[1]).draw_seed(1)
""",
    'before': """
import sys
sys.path.insert(0, '.')
from editing import generation
generation.generate_image(generation.load_generator(sys.argv[1]), 1)
""",
}
_MAKE = """
import sys
sys.path.insert(0, '.')
from dnnlib import tflib
from training import misc
tflib.init_tf()
resolution, fmap_base, fmap_max = map(int, sys.argv[2:])
size = dict(num_channels=3, resolution=resolution, label_size=0, fmap_base=fmap_base, fmap_max=fmap_max)
G = tflib.Network('G', 'training.networks_stylegan2.G_main', **size)
D = tflib.Network('D', 'training.networks_stylegan2.D_stylegan2', **size)
misc.save_pkl((G, D, G.clone('Gs')), sys.argv[1])
"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    add('--network PKL', 'snapshot (default: one of --size, not trained)', cmdline.parse_path)
    add(
        '--size R/B/M',
        'resolution, fmap_base and fmap_max of the snapshot (default: %(default)s, which is config-f)',
        common.parse_size,
        default='1024/16384/512',
    )
    common.add_options(parser, variants=('native', 'before'), rounds=3)
    return parser.parse_args(argv)


def run(python, root, *arguments):
    """Run a program in a folder; return its seconds, those of processors, and its largest resident size in MB."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [python] + list(arguments), cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        sys.stderr.write(output)
        raise UserError(f'{" ".join(arguments[:2])} with {python} in {root} ended with status {status}')
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(python, variant, root, network, result_dir):
    """Return what is measured of both ways, by column."""
    command = ['run_generator.py', 'generate-images', '--seeds=1', '--network=' + network, '--result-dir=' + result_dir]
    results = {}
    for name, arguments in [('library', ['-c', _LIBRARY[variant], network]), ('command', command)]:
        values = run(python, root, *arguments)
        results.update(zip([f'{name} s', f'{name} CPU s', f'{name} MB'], values))
    return results


def main(argv=None):
    """Parse the command line, measure and print the table."""
    args = parse_args(argv)
    pythons = common.list_pythons(args)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        roots = {'native': common.ROOT, 'before': os.path.join(folder, 'before')}
        if 'before' in args.variants:
            common.check_out(args.before, roots['before'])
        network = args.network and os.path.abspath(args.network)
        if network is None:
            network = os.path.join(folder, 'network.pkl')
            run(pythons[0], common.ROOT, '-c', _MAKE, network, *map(str, args.size))
        cases = [(python, variant) for python in pythons for variant in args.variants]
        calls = [
            functools.partial(measure, python, variant, roots[variant], network, os.path.join(folder, 'out'))
            for python, variant in cases
        ]
        common.alternate(calls, 1)  # Compiles ops and fills caches.
        results = common.alternate(calls, args.rounds)
        size_mb = os.path.getsize(network) / 1e6
    rows = []
    for (python, variant), rounds in zip(cases, results):
        row = {'python': python, 'file MB': f'{size_mb:.1f}', 'variant': variant}
        for name in rounds[0]:
            row[name] = common.summarize([result[name] for result in rounds], digits=1 if name.endswith(' s') else 0)
        rows.append(row)
    common.finish(rows, args.csv)


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

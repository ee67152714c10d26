#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Kill trainings at random moments and resume them; tell whether they end as one that nobody killed.

A small training runs once as it is, and once with signal 9 again and again: some time after it began, in the middle of
it, or while a file is being written. After each kill all files are read. In the end networks, moments, pictures and
statistics must be the same bits. The exit status is 1 if anything differs, a file cannot be read, or a resume fails.
"""

import functools
import glob
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile

import common  # Puts the project into the path.
import numpy as np
import PIL.Image

from dnnlib import cmdline
from image_data import records
from training import run_search

START = 'import sys; sys.path.insert(0, sys.argv[1]); import kill_task; kill_task.train(*sys.argv[2:])'
METHODS = {'stylegan2': 3.0, 'toy': 30.0}
"""Name of a method -> length in thousands of images, enough for a hundred kills."""
NUM_IMAGES = 30
VOLATILE = ('Timing/', 'Resources/')  # Statistics that no two runs share.
BEGIN = ' kimg...'  # What the log says before the first minibatch.
EXAMPLES = """examples:
  python benchmarks/kill_test.py --kills=5 --methods=toy
  python benchmarks/kill_test.py --python=.venv/bin/python --python=.venv-tf1/bin/python"""


def parse_args(argv=None):
    """Return the options as a namespace."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    add('--kills N', 'kills per training', cmdline.parse_positive_int, default=100)
    names = ','.join(METHODS)
    add('--methods LIST', f'what to train (default: {names})', common.make_list_parser(METHODS), default=list(METHODS))
    lengths = ', '.join(f'{name} {kimg:g}' for name, kimg in METHODS.items())
    add('--kimg KIMG', f'thousands of images of each training (default: {lengths})', cmdline.parse_positive_float)
    add('--seed N', 'seed of the moments', cmdline.parse_seed, default=0)
    add(
        '--python FILE',
        'Python to run with, and so a TensorFlow; may be given several times (default: the running one)',
        action='append',
        dest='pythons',
    )
    return parser.parse_args(argv)


# ----------------------------------------------------------------------------
# Trainings.


class Training:
    """A training in a folder of its own.

    Args:
        python: Python to run.
        method: One of `METHODS`.
        folder: Empty folder.
        kimg: Length.
    """

    def __init__(self, python, method, folder, kimg):
        self._command = [python, '-c', START, common.HERE, method, folder, str(kimg)]
        self._log = os.path.join(folder, 'output.txt')
        self._results = os.path.join(folder, 'results')
        rnd = np.random.RandomState(0)
        for name, shade in [('a', None), ('dark', 64), ('light', 192)]:
            images = rnd.randint(256, size=[NUM_IMAGES, 3, 8, 8]) if shade is None else np.full([16, 3, 8, 8], shade)
            os.makedirs(os.path.join(folder, 'data', name))
            with open(os.path.join(folder, 'data', name, f'{name}-r03.tfrecords'), 'wb') as file:
                file.write(records.encode_images(images.astype(np.uint8)))

    @property
    def run_dir(self):
        """The run directory that is resumed, or None before it has a state."""
        ready = [path for path in sorted(glob.glob(os.path.join(self._results, '*'))) if run_search.has_state(path)]
        return ready[-1] if ready else None

    def start(self):
        """Begin or resume it; return the process."""
        with open(self._log, 'w') as log:
            return subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)

    def read_log(self):
        """Return what the last process printed so far."""
        with open(self._log, errors='replace') as file:
            return file.read()

    def run_until(self, condition, delay_sec):
        """Run until some time after a condition holds, then kill it; return the exit status if it ended before."""
        process = self.start()
        try:
            while process.poll() is None and not condition():
                time.sleep(0.001)
            try:
                return process.wait(delay_sec)
            except subprocess.TimeoutExpired:
                return None
        finally:
            process.kill()
            process.wait()


def choose_moment(rnd, training):
    """Return a condition, and the seconds after it, for the next kill."""

    def is_training():
        return BEGIN in training.read_log()

    def is_writing():
        return is_training() and bool(glob.glob(os.path.join(training.run_dir or '', '.*.tmp')))

    kind = rnd.choice(['anywhere', 'training', 'training', 'writing', 'writing'])
    if kind == 'anywhere':
        return (lambda: True), rnd.uniform(0, 6)
    if kind == 'training':
        return is_training, rnd.expovariate(1 / 0.3)
    return is_writing, rnd.uniform(0, 0.01)


# ----------------------------------------------------------------------------
# Files.


def find_unreadable(folder):
    """Return the names of the files of a run directory that cannot be read; hidden ones do not count."""
    return [os.path.basename(path) for path in sorted(glob.glob(os.path.join(folder, '*'))) if not _is_readable(path)]


def _is_readable(path):
    try:
        if path.endswith('.npz'):
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        elif path.endswith('.png'):
            PIL.Image.open(path).load()
        elif path.endswith('.pkl'):
            with open(path, 'rb') as file:
                file.seek(-1, os.SEEK_END)
                return file.read() == b'.'  # The last instruction of a pickle.
        elif path.endswith('.json'):
            with open(path) as file:
                json.load(file)
        elif path.endswith('stats.jsonl'):
            read_stats(path)
        elif path.endswith('.html'):
            with open(path, encoding='utf-8') as file:
                return file.read().rstrip().endswith('</html>')
    except Exception:
        return False
    return True


def read_stats(path):
    """Return the statistics of the ticks, without those that depend on the time; a last line may be cut off."""
    with open(path) as file:
        rows = [json.loads(line) for line in file if line.endswith('\n')]
    return [{name: value for name, value in row.items() if not name.startswith(VOLATILE)} for row in rows]


def compare(folder, other):
    """Return the names of what differs between two run directories."""
    names = {os.path.basename(path) for run_dir in (folder, other) for path in glob.glob(os.path.join(run_dir, '*'))}
    chosen = sorted(name for name in names if name.endswith(('.png', '.pkl')) and name != 'submit_config.pkl')
    differing = [name for name in chosen if _read(folder, name) != _read(other, name)]
    if read_stats(os.path.join(folder, 'stats.jsonl')) != read_stats(os.path.join(other, 'stats.jsonl')):
        differing.append('stats.jsonl')
    first, second = [dict(np.load(os.path.join(run_dir, run_search.STATE_NAME))) for run_dir in (folder, other)]
    arrays = sorted((set(first) | set(second)) - {run_search.POSITION})
    return differing + [name for name in arrays if _get_bytes(first, name) != _get_bytes(second, name)]


def _get_bytes(arrays, name):
    return arrays[name].tobytes() if name in arrays else None


def _read(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return None
    with open(path, 'rb') as file:
        return file.read()


# ----------------------------------------------------------------------------
# The test.


def run_kills(training, num_kills, rnd, progress):
    """Kill and resume a training, then let it end.

    Returns:
        Dict of the number of kills, of those while it trained, of failed resumes, and a list of unreadable files.
    """
    counts = {'kills': 0, 'in training': 0, 'failed': 0, 'unreadable': []}
    while counts['kills'] < num_kills:
        status = training.run_until(*choose_moment(rnd, training))
        if status == 0:
            break  # It is finished.
        if status is not None:
            counts['failed'] += 1
            print(training.read_log()[-2000:], file=sys.stderr)
            break
        counts['kills'] += 1
        counts['in training'] += BEGIN in training.read_log()
        counts['unreadable'] += find_unreadable(training.run_dir) if training.run_dir else []
        progress()
    if training.start().wait() != 0:
        counts['failed'] += 1
        print(training.read_log()[-2000:], file=sys.stderr)
    return counts


def test(python, method, num_kills, kimg, seed, progress=lambda: None):
    """Return a row of the table: what came of one method with one Python."""
    rnd = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = [os.path.join(folder, name) for name in ('whole', 'killed')]
        whole, killed = [Training(python, method, path, kimg) for path in (whole, killed)]
        if whole.start().wait() != 0:
            raise RuntimeError(f'the training that nobody kills fails:\n{whole.read_log()[-2000:]}')
        counts = run_kills(killed, num_kills, rnd, progress)
        differing = compare(whole.run_dir, killed.run_dir) if not counts['failed'] else ['not compared']
    version = subprocess.check_output([python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
    return {
        'python': version.decode().strip(),
        'method': method,
        'kills': counts['kills'],
        'in training': counts['in training'],
        'failed resumes': counts['failed'],
        'unreadable files': len(counts['unreadable']),
        'differing': ', '.join(differing[:5]) or 'nothing',
    }


def _print_dot():
    print('.', end='', file=sys.stderr, flush=True)


def main(argv=None):
    """Run the tests and print the table."""
    args = parse_args(argv)
    rows = []
    for python in common.list_pythons(args):
        for method in args.methods:
            kimg = METHODS[method] if args.kimg is None else args.kimg
            rows.append(test(python, method, args.kills, kimg, args.seed, _print_dot))
    print(file=sys.stderr)
    common.print_table(rows)
    good = all(not row['failed resumes'] + row['unreadable files'] and row['differing'] == 'nothing' for row in rows)
    short = [row for row in rows if row['kills'] < args.kills and not row['failed resumes']]
    if short:
        print(f'{short[0]["method"]} ended after {short[0]["kills"]} kills; give more --kimg', file=sys.stderr)
    return 0 if good and not short else 1


if __name__ == '__main__':
    sys.exit(cmdline.run(main))

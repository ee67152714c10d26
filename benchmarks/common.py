# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the speed benchmarks share: variants of the code in processes of their own, alternation, tables.

A benchmark describes its work as a class in a module of this folder, a task. A `Worker` is a process that holds one
object of that class, with one variant of the code and one Python; its methods are called from here, so several variants
can be built first and then measured in turn.
"""

import argparse
import contextlib
import csv
import functools
import importlib
import io
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
if ROOT not in sys.path:
    sys.path.append(ROOT)  # Behind that of the variant, which a worker has put there already.

from dnnlib import cmdline  # noqa: E402
from dnnlib.util import UserError  # noqa: E402

PLAIN_COMMIT = '845185d'  # The last one without compiled ops.
SIZES = {'32': (32, 512, 64), '64': (64, 2048, 128)}  # Resolution, fmap_base, fmap_max.
_START = 'import sys; sys.path[:0] = sys.argv[1:3]; import common; common.serve(sys.argv[3], sys.argv[4])'

# Variant -> environment of the process, and the function `module.name` that it calls first.
VARIANTS = {
    'native': ({}, 'common.require_native_ops'),
    'ref': ({'DNNLIB_OPS': 'ref'}, ''),
    'before': ({}, ''),
    'textbook': ({'DNNLIB_OPS': 'ref'}, 'textbook_ops.install'),
}


# ----------------------------------------------------------------------------
# Options.


def make_list_parser(choices):
    """Return the type of an option: some of these words, with commas between them."""

    def parse(text):
        names = cmdline.parse_name_list(text)
        if not names or not set(names) <= set(choices):
            raise argparse.ArgumentTypeError('a list out of {} expected, got {!r}'.format(','.join(choices), text))
        return names

    return parse


def parse_size(text):
    """Return the three numbers of a size such as `8/64/128`."""
    numbers = [cmdline.parse_positive_int(number) for number in text.split('/')]
    if len(numbers) != 3:
        raise argparse.ArgumentTypeError(f'three numbers such as 8/64/128 expected, got {text!r}')
    return numbers


def parse_sizes(text):
    """Return the sizes of a list such as `32,64` or `16/256/32`: resolution, fmap_base and fmap_max."""
    return [SIZES.get(name) or parse_size(name) for name in text.split(',')]


def add_sizes(parser):
    """Add the option for the sizes of the networks, a list of (resolution, fmap_base, fmap_max)."""
    cmdline.add_option(
        parser,
        '--sizes LIST',
        '32 (stands for 32/512/64), 64 (64/2048/128) or resolution/fmap_base/fmap_max (default: 32,64)',
        parse_sizes,
        default=list(SIZES.values()),
    )


def add_options(parser, variants=(), rounds=5):
    """Add the options that the benchmarks share to a parser.

    Args:
        parser: Parser of the script.
        variants: Names of the variants it can compare; without any there is no option for them.
        rounds: Default number of alternations.
    """
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--python FILE',
        'Python to measure with, and so a TensorFlow; may be given several times (default: the running one)',
        action='append',
        dest='pythons',
    )
    if variants:
        names = ','.join(variants)
        add(
            '--variants LIST', f'what to compare (default: {names})', make_list_parser(variants), default=list(variants)
        )
    if 'before' in variants:
        add('--before COMMIT', 'commit that the variant `before` is made of', default=PLAIN_COMMIT)
    positive = cmdline.parse_positive_int
    add('--rounds N', 'alternations', positive, default=rounds)
    add('--csv FILE', 'also append the table to this file', cmdline.parse_path)


def list_pythons(args):
    """Return the Pythons that were asked for; raise UserError if one cannot be run."""
    pythons = args.pythons or [sys.executable]
    for python in pythons:
        if not os.access(python, os.X_OK) or os.path.isdir(python):
            raise UserError(f'--python must name a Python that can be run, got {python!r}')
    return pythons


# ----------------------------------------------------------------------------
# Variants of the code.


def check_out(commit, folder):
    """Write the files of a commit into a folder.

    Raises:
        UserError: If there is no git, or no such commit in the history at hand.
    """
    way_out = 'leave `before` out of --variants, or get the history (git fetch --unshallow)'
    try:
        archive = subprocess.check_output(
            ['git', '-C', ROOT, 'archive', '--format=tar', commit], stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise UserError(f'git is needed to get commit {commit} ({error}); {way_out}') from None
    except subprocess.CalledProcessError:
        raise UserError(f'the history of {ROOT} has no commit {commit}; {way_out}') from None
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder)


def list_native_ops():
    """Return the names of the ops that this tree has sources for."""
    folder = os.path.join(ROOT, 'dnnlib', 'tflib', 'ops')
    return sorted(name for name in os.listdir(folder) if os.path.exists(os.path.join(folder, name, name + '.cc')))


def require_native_ops():
    """Raise UserError unless all compiled ops of this tree are available, so that nothing else is measured instead."""
    from dnnlib.tflib import custom_ops

    for name in list_native_ops():
        try:
            custom_ops.get_plugin(name)
        except custom_ops.PluginError as error:
            raise UserError(f'{error}; or leave `native` out of --variants') from None


@contextlib.contextmanager
def start_workers(task, variants, pythons, before=PLAIN_COMMIT):
    """Start a worker for each variant and each Python; they end with the `with` block.

    Args:
        task: Class of the task, 'module.Name', made without arguments.
        variants: Names of variants.
        pythons: Paths of Pythons.
        before: Commit of the variant 'before'.

    Yields:
        The workers, those of one Python together, in the order of `variants`.
    """
    with contextlib.ExitStack() as stack:
        root = ROOT
        if 'before' in variants:
            root = stack.enter_context(tempfile.TemporaryDirectory())
            check_out(before, root)
        workers = []
        for python in pythons:
            for variant in variants:
                worker = Worker(task, variant, python, root if variant == 'before' else ROOT)
                workers.append(stack.enter_context(worker))
        yield workers


# ----------------------------------------------------------------------------
# Processes.


class Worker:
    """A process with one variant of the code; its methods are called by name and return what JSON can express.

    Args:
        task: Class of the task, 'module.Name', made without arguments.
        variant: Key of `VARIANTS`, or another name for code that is measured as it is.
        python: Path of the Python.
        root: Folder of the code that is measured.
    """

    def __init__(self, task, variant='tree', python=sys.executable, root=ROOT):
        environment, setup = VARIANTS.get(variant, ({}, ''))
        inherited = {key: value for key, value in os.environ.items() if key != 'DNNLIB_OPS'}
        self.variant = variant
        self.python = python
        self._stderr = tempfile.TemporaryFile('w+')
        self._process = subprocess.Popen(
            [python, '-c', _START, HERE, root, task, setup],
            env=dict(inherited, **environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            universal_newlines=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        with contextlib.suppress(BrokenPipeError):  # It may have died with a request unread.
            self._process.stdin.close()
        if exc_info[0] is not None:
            self._process.terminate()
        self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def call(self, method, **kwargs):
        """Call a method of the task and return its result; raise UserError if it fails."""
        with contextlib.suppress(BrokenPipeError):  # It died before; what it said then is still to be read.
            self._process.stdin.write(json.dumps({'method': method, 'kwargs': kwargs}) + '\n')
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        reply = json.loads(line) if line else self._describe_death()
        if 'error' in reply:
            sys.stderr.write(reply['details'])
            raise UserError(f'variant {self.variant} with {self.python}: ' + reply['error'])
        return reply['result']

    def _describe_death(self):
        self._stderr.seek(0)
        return {'error': f'the process ended with status {self._process.wait()}', 'details': self._stderr.read()}


def serve(task, setup):
    """Be a worker: make the task, then call its methods until the input ends.

    Args:
        task: Class of the task, 'module.Name'.
        setup: Function to call first, 'module.name', or empty.
    """
    replies = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)  # What anybody prints does not get between the replies.
    obj = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if obj is None:
                obj = _make_task(task, setup)
            reply = {'result': getattr(obj, request['method'])(**request['kwargs'])}
        except UserError as error:
            reply = {'error': str(error), 'details': ''}
        except Exception as error:
            reply = {'error': f'{type(error).__name__}: {error}', 'details': traceback.format_exc()}
        print(json.dumps(reply), file=replies, flush=True)


def _make_task(task, setup):
    if setup:
        _find(setup)()
    return _find(task)()


def _find(name):
    module, _, attribute = name.partition('.')
    return getattr(importlib.import_module(module), attribute)


# ----------------------------------------------------------------------------
# Alternation.


def alternate(calls, rounds, progress=True):
    """Make every call once per round, in turn, so that all of them meet the same moods of the machine.

    Args:
        calls: Functions without arguments.
        rounds: Number of rounds.
        progress: Show on stderr how far it is.

    Returns:
        For each function the list of its results.
    """
    results = [[] for _ in calls]
    for index in range(rounds):
        for number, call in enumerate(calls):
            if progress:
                show_progress(f'round {index + 1} of {rounds}, {number + 1} of {len(calls)}')
            results[number].append(call())
    if progress:
        show_progress('')
    return results


def show_progress(text):
    """Replace the line of progress on stderr; nothing is written into files."""
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


def median(values):
    """Return the median; the mean of the two in the middle if there are two."""
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def summarize(values, digits=2):
    """Return `median (smallest-largest)` as text."""
    return f'{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})'


def compare(values, yardsticks):
    """Return the summary of the ratios of what was measured in the same rounds."""
    return summarize([value / yardstick for value, yardstick in zip(values, yardsticks)])


# ----------------------------------------------------------------------------
# Tables: lists of dictionaries with the same keys, the names of the columns.


def print_table(rows):
    """Print a table with aligned columns."""
    cells = [list(rows[0])] + [[str(value) for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    is_number = [
        all(line[column][:1].isdigit() or line[column] == '-' for line in cells[1:]) for column in range(len(widths))
    ]
    for line in cells:
        aligned = [
            cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(line, widths, is_number)
        ]
        print('  '.join(aligned).rstrip())


def append_csv(path, rows):
    """Append a table to a file, with the date and the machine in each row; a new file gets a line of names first."""
    is_new = not os.path.exists(path)
    facts = {'date': time.strftime('%Y-%m-%d'), 'cpu': get_cpu_name(), 'cores': os.cpu_count()}
    rows = [dict(facts, **row) for row in rows]
    with open(path, 'a', newline='') as file:
        writer = csv.DictWriter(file, list(rows[0]))
        if is_new:
            writer.writeheader()
        writer.writerows(rows)


def get_cpu_name():
    """Return the name of the processor, as far as the system tells."""
    if os.path.exists('/proc/cpuinfo'):
        with open('/proc/cpuinfo') as file:
            names = [line.split(':', 1)[1].strip() for line in file if line.startswith('model name')]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def finish(rows, csv_path=None):
    """Print a table, below the name of the machine, and append it to a file if one is given."""
    print(f'{get_cpu_name()}, {os.cpu_count()} cores')
    print_table(rows)
    if csv_path:
        append_csv(csv_path, rows)

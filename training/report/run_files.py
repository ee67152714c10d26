# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a run directory tells besides numbers: options, how to go on, in which state it is, and the grids of images."""

import ast
import collections
import json
import os
import re
import shlex
import time

from dnnlib.submission import run_lock
from training.report.history import STATS_FILE

OPTIONS_FILE = 'training_options.json'
TRAINING, FINISHED, STOPPED, FAILED = 'training', 'finished', 'stopped', 'failed'
_NEWS_SEC = 3600  # A run without a lock that is heard of more often is taken for one that goes on.
_RESUMING = ('--resume', '--resume-pkl', '--resume-kimg')

# ----------------------------------------------------------------------------
# Options.


def read_options(run_dir):
    """Return the content of `training_options.json`, or an empty dict if it is not there or damaged."""
    try:
        with open(os.path.join(run_dir, OPTIONS_FILE), encoding='utf-8') as file:
            options = json.load(file)
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    is_valid = isinstance(options, dict) and isinstance(options.get('run_func_kwargs'), dict)
    return options if is_valid else {}


def flatten_options(options):
    """Return the keywords of the training loop, ordered name such as `G_args.fmap_base` -> text of the value."""
    return collections.OrderedDict(_flatten(options.get('run_func_kwargs', {}), ''))


def _flatten(options, prefix):
    for name, value in options.items():
        if isinstance(value, dict) and value:
            yield from _flatten(value, f'{prefix}{name}.')
        else:
            yield prefix + name, value if isinstance(value, str) else json.dumps(value)


def find_total_kimg(options):
    """Return the length of the training in kimg, or None if the options do not tell."""
    total_kimg = options.get('run_func_kwargs', {}).get('total_kimg')
    return total_kimg if isinstance(total_kimg, (int, float)) else None


def make_resume_command(options, run_dir):
    """Return the line for a shell that goes on with a run, or None if the options do not tell its command."""
    command = options.get('command')
    if not isinstance(command, list) or not command:
        return None
    words = [str(word) for word in command]
    if words[0].startswith('-'):
        words.insert(0, 'run_training.py')
    words = _leave_out_resuming(words) + ['--resume=' + os.path.abspath(run_dir)]
    command = ' '.join(shlex.quote(word) for word in ['python'] + words)
    folder = options.get('command_dir')
    return f'cd {shlex.quote(folder)} && {command}' if isinstance(folder, str) else command


def _leave_out_resuming(words):
    kept, is_value = [], False
    for word in words:
        name, equals_sign, _ = word.replace('_', '-').partition('=')
        if name in _RESUMING:
            is_value = not equals_sign
        elif is_value:
            is_value = False
        else:
            kept.append(word)
    return kept


# ----------------------------------------------------------------------------
# State.


def find_start(run_dir):
    """Return when a run was started, as a text, or None if nothing tells."""
    start_time = _read_run_info(run_dir).get('start_time')
    return None if start_time is None else str(start_time)


def _read_run_info(run_dir):
    """Return the content of `run.txt`, or an empty dict if it is not there or damaged."""
    try:
        with open(os.path.join(run_dir, 'run.txt'), encoding='utf-8') as file:
            info = ast.literal_eval(file.read())
    except (OSError, ValueError, SyntaxError):
        return {}
    return info if isinstance(info, dict) else {}


def find_last_news(run_dir):
    """Return when a run was heard of last, in seconds since 1970: the time of its newest tick."""
    try:
        return os.path.getmtime(os.path.join(run_dir, STATS_FILE))
    except OSError:
        return time.time()


def find_state(run_dir, kimg, total_kimg):
    """Return in which state a run seems to be, seen from outside: one of the constants of this module.

    Args:
        run_dir: Run directory.
        kimg: How far it is.
        total_kimg: Length of the training, or None.
    """
    if total_kimg is not None and kimg >= total_kimg:
        return FINISHED
    if run_lock.find_holder(run_dir) is not None:
        return TRAINING
    if 'stop_time' not in _read_run_info(run_dir):  # It was killed, or has no locks in common with this machine.
        if run_lock.is_abandoned(run_dir):
            return STOPPED
        return TRAINING if abs(time.time() - find_last_news(run_dir)) < _NEWS_SEC else STOPPED
    return FAILED if _ends_with_error(os.path.join(run_dir, 'log.txt')) else STOPPED


def _ends_with_error(log_path):
    """Tell whether a log ends with a traceback of something else than the user's wish to stop."""
    try:
        with open(log_path, 'rb') as file:
            file.seek(max(os.path.getsize(log_path) - 20000, 0))
            tail = file.read()
    except OSError:
        return False
    tail = tail.split(b'\ntick ')[-1]
    wishes = (b'KeyboardInterrupt', b'cmdline.Terminated')
    return b'Traceback (most recent call last)' in tail and not any(wish in tail for wish in wishes)


# ----------------------------------------------------------------------------
# Grids of images.

Grid = collections.namedtuple('Grid', 'kimg name')
Grid.__doc__ = """An image of a tick: thousands of images shown, None at the start, and the name of the file."""

REALS_NAME = 'reals.png'
_GRID_NAME = re.compile(r'([^.].*\D|[^\d.])(\d{6,})\.png\Z')
_INITIAL_NAME = re.compile(r'([^.].*)_init\.png\Z')


def list_grids(run_dir):
    """Return the images of ticks in a run directory, whatever the recipe calls them.

    Returns:
        Ordered dict: beginning of their names, such as `fakes` -> list of Grid, the newest last. That of the start,
        `<beginning>_init.png`, comes first.
    """
    found = collections.defaultdict(list)
    for name in os.listdir(run_dir):
        numbered, initial = _GRID_NAME.match(name), _INITIAL_NAME.match(name)
        if numbered:
            found[numbered.group(1)].append(Grid(int(numbered.group(2)), name))
        elif initial:
            found[initial.group(1)].append(Grid(None, name))
    order = lambda grid: (grid.kimg is not None, grid.kimg, grid.name)  # noqa: E731 - of three lines.
    return collections.OrderedDict((prefix, sorted(found[prefix], key=order)) for prefix in sorted(found))


def describe_grid(grid):
    """Return in words when the images of a grid were drawn."""
    return 'start' if grid.kimg is None else f'{grid.kimg:,} kimg'


def get_title(prefix):
    """Return the beginning of the names of grids without what joins it to the rest."""
    return prefix.strip('-_. ')

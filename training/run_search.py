# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which run is to go on, by what a user types after `--resume`; needs no TensorFlow."""

import contextlib
import json
import os
import re
import shlex
import stat

import numpy as np

import dnnlib
from dnnlib import util
from dnnlib.array_files import load_arrays
from dnnlib.files import find_owner
from dnnlib.option_hints import did_you_mean
from dnnlib.submission import run_lock
from dnnlib.util import EasyDict, UserError, UserFileNotFoundError
from training import network_urls, snapshot_files

STATE_NAME = 'training-state.npz'
POSITION = 'position'  # Name of the array of a state that holds its position, as JSON.
WORDS = ('latest', 'auto')


def find_run(which, result_dir, dataset, config, cond):
    """Return the run directory that is to go on, or None to begin anew.

    Args:
        which: 'latest' for the newest run of this data set and configuration, 'auto' for the same or none, a run
            directory, or a snapshot in one, which must be where its state is.
        result_dir: Directory of the run directories.
        dataset: Name of the data set.
        config: Name of the configuration.
        cond: Whether labels are used.

    Raises:
        UserError: If there is none, or it has no state.
    """
    if which in WORDS:
        return _find_latest(which, result_dir, dataset, config, bool(cond))
    if not os.path.exists(which):
        there = [path for path in _list_folders(result_dir) if has_state(path)]
        raise UserFileNotFoundError(f'there is no {which} to resume{did_you_mean(which, there + list(WORDS))}')
    run_dir = which if os.path.isdir(which) else os.path.dirname(which) or '.'
    if which != run_dir and not which.endswith('.pkl'):
        raise UserError(f'{which} is neither a run directory nor a snapshot (.pkl); give the directory of a run')
    if not has_state(run_dir):
        raise UserError(f'{run_dir} holds no {STATE_NAME}, so it cannot go on')
    if which != run_dir:
        _check_snapshot(which, run_dir)
    return run_dir


def is_snapshot_alone(path_or_url):
    """Tell whether a text means a snapshot that has no state beside it: a URL, name of a published one, or file."""
    if util.is_url(path_or_url) or network_urls.is_alias(path_or_url):
        return True
    return os.path.isfile(path_or_url) and not has_state(os.path.dirname(path_or_url))


def _find_latest(which, result_dir, dataset, config, cond):
    runs = [(path, describe_run(path)) for path in _list_folders(result_dir)]
    fitting = [path for path, run in runs if run and (run.dataset, run.config, run.cond) == (dataset, config, cond)]
    _check_idle(fitting)
    ready = [path for path in fitting if has_state(path)]
    newer = [path for path, run in runs if run is None and not (ready and _get_number(path) < _get_number(ready[-1]))]
    _check_known(newer, dataset, config)
    if ready or which == 'auto':
        return ready[-1] if ready else None
    about = f'{dataset} with {config}{" and labels" if cond else ""}'
    if fitting:
        raise UserError(f'{fitting[-1]} was about {about}, but holds no {STATE_NAME} to go on from')
    known = [f'{path} was about {run.dataset} with {run.config}' for path, run in runs if run and has_state(path)]
    newest = f'; {known[-1]}' if known else ''
    raise UserError(f'no run in {result_dir} was about {about}{newest}; --resume=auto begins a new one')


def _quote_option(path, name='resume-pkl'):
    """Return an option with a path as it is typed."""
    return f'--{name}={shlex.quote(path)}'


def _check_idle(run_dirs):
    """Raise UserError if one of some runs is being trained: it has no state in its first seconds."""
    for path in run_dirs:
        holder = run_lock.find_holder(path)
        if holder is not None:
            raise UserError(f'{path} is in use by {holder}; stop that run first, or start another one without --resume')


def _check_known(run_dirs, dataset, config):
    """Raise UserError if one of some directories that tell nothing has the state and the name of the run to go on."""
    desc = re.escape(dnnlib.make_run_desc(dataset, '')) + r'\d+gpu' + re.escape(dnnlib.make_run_desc('', config))
    for path in run_dirs:
        if re.search(f'-{desc}$', path) is None:
            continue
        try:
            is_lost = has_state(path)
            reason = 'its training_options.json is missing or damaged; put it right'
        except PermissionError:
            is_lost, reason = True, f'it belongs to {find_owner(path)}; name it with --resume as that user'
        if is_lost:
            raise UserError(f'{path} seems to be the run to resume, but {reason}, or move it away to begin a new run')


def _list_folders(result_dir):
    """Return the run directories `NNNNN-*` of a result directory, the newest last."""
    names = os.listdir(result_dir) if os.path.isdir(result_dir) else []
    paths = [os.path.join(result_dir, name) for name in sorted(names) if re.match(r'\d', name)]
    return sorted((path for path in paths if os.path.isdir(path)), key=_get_number)


def _get_number(run_dir):
    return int(re.match(r'\d+', os.path.basename(run_dir)).group())


def has_state(run_dir):
    """Tell whether a run has a state, in whatever condition; raise OSError if that cannot be found out."""
    try:
        os.lstat(os.path.join(run_dir, STATE_NAME))
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def describe_run(run_dir):
    """Tell what a run was about.

    Returns:
        EasyDict of `func_name`, the name of the function that was run, and `dataset`, `config`, `cond`, None for those
        that its options do not tell; or None if the folder is that of no run.
    """
    try:
        run = dnnlib.load_training_options(run_dir)
        config = re.match(r'.*-\d+gpu-(.+)$', run.run_desc)
        dataset_args = dict(run.run_func_kwargs.get('dataset_args') or {})
        return EasyDict(
            func_name=run.run_func_name,
            dataset=snapshot_files.get_dataset_name(run.run_func_kwargs) if dataset_args.get('tfrecord_dir') else None,
            config=config.group(1) if config else None,
            cond=bool(dataset_args.get('max_label_size')),
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):  # Damaged, or of something else.
        return None


def _check_snapshot(pkl, run_dir):
    """Raise UserError unless the state of a run is that of one of its snapshots."""
    kimg = snapshot_files.parse_snapshot_kimg(pkl)
    nimg = read_position(run_dir).cur_nimg
    if os.path.basename(pkl) != snapshot_files.FINAL_NAME and (kimg is None or nimg // 1000 != kimg):
        raise UserError(
            f'the state of {run_dir} is at {nimg / 1000:.1f} kimg, not {pkl}; '
            f'{_quote_option(run_dir, "resume")} goes on from there, '
            f'{_quote_option(pkl)} begins anew with these weights'
        )


def read_position(run_dir):
    """Return the position of the state of a run, see `training.resuming.find_position`.

    Raises:
        UserError: If the state is damaged.
    """
    path = os.path.join(run_dir, STATE_NAME)
    with hinting_at_weights(run_dir):
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise UserError(f'{path} is no file')
        return parse_position(load_arrays(path, [POSITION])[POSITION], path)


@contextlib.contextmanager
def hinting_at_weights(run_dir):
    """Add to a UserError about the state of a run what else there is to go on from."""
    try:
        yield
    except (UserError, FileNotFoundError) as error:
        reason = f'{error.filename} is not there' if isinstance(error, FileNotFoundError) else error
        raise UserError(
            f'{reason}; {_quote_option(run_dir)} in place of --resume begins a new run with the newest weights there'
        ) from error


def to_plain(value):
    """Return a value as JSON holds it, so that those of now and of a file can be compared."""
    return json.loads(json.dumps(value, default=_to_plain_value))


def _to_plain_value(value):
    return value.tolist() if hasattr(value, 'tolist') else str(value)  # NumPy scalars and arrays.


def format_position(position):
    """Return the array in which a state holds a position."""
    return np.frombuffer(json.dumps(to_plain(position)).encode(), np.uint8)


def parse_position(array, path):
    """Return the position that an array of a state holds; raise UserError, with the path, if it is none."""
    try:
        position = json.loads(array.tobytes().decode(), object_hook=EasyDict)
    except (ValueError, RecursionError):
        position = None
    if not isinstance(position, EasyDict) or 'cur_nimg' not in position or 'options' not in position:
        raise UserError(f'{path} holds no state of a training that this version knows')
    return position

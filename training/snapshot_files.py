# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which snapshot is meant by what a user types, and what the run that wrote it was about; needs no TensorFlow."""

import os
import re

import dnnlib
from dnnlib import util
from dnnlib.option_hints import did_you_mean
from dnnlib.util import EasyDict, UserError, UserFileNotFoundError
from training import network_urls

TRAINING_LOOP = 'training.training_loop.training_loop'
FINAL_NAME = 'network-final.pkl'
_PATTERN = re.compile(r'network-snapshot-(\d{6,})\.pkl$')


def parse_snapshot_kimg(path_or_url):
    """Return the kimg in the name of a snapshot, or None if the name tells none."""
    match = _PATTERN.search(str(path_or_url))
    return float(match.group(1)) if match else None


def list_snapshots(run_dir):
    """Return the paths of the snapshots in a run directory, the newest last.

    `network-final.pkl`, which is a copy of the last one, comes first: its name does not tell how far the training was.
    """
    there = os.listdir(run_dir)
    names = sorted((name for name in there if _PATTERN.match(name)), key=parse_snapshot_kimg)
    return [os.path.join(run_dir, name) for name in [FINAL_NAME] * (FINAL_NAME in there) + names]


def list_runs(result_dir):
    """Return the run directories `NNNNN-*` of a result directory that hold snapshots, the newest last.

    Deeper folders belong to others, such as the demo.
    """
    names = os.listdir(result_dir) if os.path.isdir(result_dir) else []
    runs = [(int(re.match(r'\d+', name).group()), name) for name in names if re.match(r'\d', name)]
    folders = [os.path.join(result_dir, name) for _, name in sorted(runs)]
    return [folder for folder in folders if os.path.isdir(folder) and list_snapshots(folder)]


def choose_snapshot(path_or_url, other_words=()):
    """Return the snapshot that is meant: of a run directory or result directory the newest, anything else as it is.

    Args:
        path_or_url: Path, URL or name of a published network.
        other_words: What else a mistyped path may have been meant to be.

    Raises:
        UserError: If it is a path without a snapshot; names what was probably meant.
    """
    if util.is_url(path_or_url, allow_file_urls=True) or network_urls.is_alias(path_or_url):
        return path_or_url
    if os.path.isdir(path_or_url):
        runs = [path_or_url] if list_snapshots(path_or_url) else list_runs(path_or_url)
        if not runs:
            raise UserFileNotFoundError(f'the folder {path_or_url} holds no {FINAL_NAME} or network-snapshot-*.pkl')
        return list_snapshots(runs[-1])[-1]
    if not os.path.exists(path_or_url):
        raise UserFileNotFoundError(f'file not found: {path_or_url}{_suggest(path_or_url, other_words)}')
    return path_or_url


def _suggest(path, other_words=()):
    """Return a clause with the file, folder or other word that was probably meant by a path, or an empty text."""
    parent, name = os.path.split(path)
    if parent and not os.path.isdir(parent):
        return _suggest(parent)
    endings = ('.pkl', os.path.splitext(name)[1] or '.pkl')
    there = [os.path.join(parent, entry) for entry in sorted(os.listdir(parent or '.'))]
    there = [entry for entry in there if (_has_snapshots(entry) if os.path.isdir(entry) else entry.endswith(endings))]
    completed = [entry for entry in there if entry.startswith(path)]
    return f'; did you mean {completed[0]}?' if completed else did_you_mean(path, there + list(other_words))


def _has_snapshots(folder):
    return bool(list_snapshots(folder) or list_runs(folder))


# ----------------------------------------------------------------------------
# Runs.


def describe_run(snapshot):
    """Tell what the run that wrote a snapshot was about.

    Args:
        snapshot: Path or URL of a snapshot.

    Returns:
        EasyDict of `dataset`, the name of its data set, `config`, that of its configuration, and `options`, the
        keywords of the training loop; or None if nothing beside the snapshot tells, or it was another loop.
    """
    folder = os.path.dirname(snapshot)
    if util.is_url(snapshot) or not os.path.isfile(os.path.join(folder, 'training_options.json')):
        return None
    try:
        run = dnnlib.load_training_options(folder or '.')
        if run.run_func_name != TRAINING_LOOP:
            return None
        config = re.match(r'.*-\d+gpu-(.+)$', run.run_desc)
        return EasyDict(
            dataset=get_dataset_name(run.run_func_kwargs),
            config=config.group(1) if config else None,
            options=run.run_func_kwargs,
        )
    except (ValueError, KeyError, AttributeError, TypeError):  # Cut off, or of something else than a training.
        return None


def get_dataset_name(options):
    """Return the name of the data set that keywords of a training loop tell."""
    return os.path.basename(str(options['dataset_args']['tfrecord_dir']).rstrip('/'))


def find_latest_snapshot(result_dir, dataset, config):
    """Return the newest snapshot of the runs in a result directory that had a data set and a configuration.

    Args:
        result_dir: Directory of the run directories.
        dataset: Name of the data set.
        config: Name of the configuration.

    Raises:
        UserError: If there is none; tells what the newest of all is.
    """
    newest = [list_snapshots(run)[-1] for run in list_runs(result_dir)]
    if not newest:
        raise UserFileNotFoundError(f'no network-snapshot-*.pkl found below {result_dir}; give --resume-pkl=FILE')
    about = [describe_run(snapshot) for snapshot in newest]
    fitting = [path for path, run in zip(newest, about) if run and (run.dataset, run.config) == (dataset, config)]
    if not fitting:
        newest_run = f'{about[-1].dataset} with {about[-1].config}' if about[-1] else 'an unknown data set'
        raise UserError(
            f'no run in {result_dir} was about {dataset} with {config}; the newest was about {newest_run}: '
            f'--resume-pkl={newest[-1]} begins with its weights'
        )
    return fitting[-1]

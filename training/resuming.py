# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Where a training begins: anew, where another one stopped, or with the weights of a snapshot alone."""

import json
import os

from dnnlib import util
from dnnlib.util import EasyDict
from image_data import dataset_files
from training import snapshot_files, training_state

# Keywords of the training loop that change what is learned, and those within them that do not. Those of the networks do
# not count either: the networks are those of the snapshot.
_RELEVANT = (
    'dataset_args G_opt_args D_opt_args G_loss_args D_loss_args sched_args num_gpus G_smoothing_kimg '
    'minibatch_repeats lazy_regularization G_reg_interval D_reg_interval reset_opt_for_new_lod mirror_augment '
    'drange_net'
).split()
_IRRELEVANT = ('tfrecord_dir', 'tick_kimg', 'verbose', 'seed')


def find_position(resume_pkl=None, resume_kimg=None, resume_time=0.0, options=None):
    """Tell from where a training goes on, and print it.

    Args:
        resume_pkl: Snapshot to go on from, path or URL; None to begin anew.
        resume_kimg: Position of that snapshot; None for that of the state beside it, else of its file name.
        resume_time: Training time so far in seconds, unless the state tells.
        options: Keywords of this training's loop, which are compared with those of the run that wrote the snapshot.

    Returns:
        EasyDict of `cur_nimg` (real images shown), `total_sec` (training time), `counter` (number of minibatches),
        `lod` (level of detail, -1 if there was none) and `has_state` (the state beside the snapshot goes with it).
    """
    new = EasyDict(cur_nimg=0, total_sec=resume_time, counter=0, lod=-1.0, has_state=False)
    if resume_pkl is None:
        return EasyDict(new, cur_nimg=int((resume_kimg or 0) * 1000))
    run = snapshot_files.describe_run(resume_pkl)
    saved = find_state(resume_pkl, resume_kimg, run, options)
    if saved is not None:
        print(_describe_resuming(resume_pkl, saved, run, options))
        return EasyDict(saved, has_state=True)
    if resume_kimg is None:
        resume_kimg = snapshot_files.parse_snapshot_kimg(resume_pkl) or 0
    obstacle = find_obstacle(run, options)
    reason = f', which {obstacle}' if obstacle else ''
    print(f'Resuming from the weights alone of "{resume_pkl}"{reason}, at {resume_kimg:.1f} kimg')
    return EasyDict(new, cur_nimg=int(resume_kimg * 1000))


def find_state(resume_pkl, resume_kimg, run, options):
    """Return the position that the state beside a snapshot tells, or None if the weights are to be taken alone.

    Args:
        resume_pkl: Snapshot to go on from.
        resume_kimg: Position that is given for it, or None.
        run: What `snapshot_files.describe_run` tells of it.
        options: Keywords of this training's loop, or None if they do not matter.
    """
    if resume_kimg is not None or find_obstacle(run, options):
        return None
    return training_state.read_position(resume_pkl)


def find_obstacle(run, options):
    """Return in words why the state of a run does not suit a training, or None; arguments as those of `find_state`."""
    if run is None or options is None:
        return None
    if run.dataset != snapshot_files.get_dataset_name(options):
        return f'was trained on {run.dataset}'
    return 'was trained with other losses' if _list_losses(run.options) != _list_losses(options) else None


def _list_losses(options):
    names = [options.get(name, {}).get('func_name') for name in ('G_loss_args', 'D_loss_args')]
    return names + [options.get('lazy_regularization', True)]


def _describe_resuming(resume_pkl, saved, run, options):
    """Return the line on what goes on, which is said to be exact only if nothing is known to differ."""
    where = f'from "{resume_pkl}", {saved.cur_nimg / 1000:.1f} kimg: weights and optimizer state'
    if run is None or options is None:
        return f'Resuming {where}; nothing beside it tells which data and options it was trained with'
    before = util.add_defaults(util.get_obj_by_name(snapshot_files.TRAINING_LOOP), run.options)
    differences = list_differences(before, options) + _list_changes(saved, options)
    return f'Resuming {where}, with {", ".join(differences)}' if differences else f'Resuming exactly {where}'


def _list_changes(saved, options):
    """Return texts on what has changed within the data set since the state was saved, as far as that tells."""
    num_images = dataset_files.find_main_file(_find_dataset(options)).num_images if 'num_images' in saved else None
    return [f'{num_images} pictures instead of {saved.num_images}'] if num_images != saved.get('num_images') else []


def _find_dataset(options):
    """Return the path of the data set that keywords of a training loop tell."""
    return os.path.abspath(os.path.join(options.get('data_dir') or '', options['dataset_args']['tfrecord_dir']))


def list_differences(before, now):
    """Return texts such as `gamma=2 instead of 1` on what differs between the keywords of two training loops."""
    before, now = dict(_flatten(before)), dict(_flatten(now))
    names = [name for name in sorted(set(before) | set(now)) if before.get(name) != now.get(name)]
    return [f'{name}={now.get(name)} instead of {before.get(name)}' for name in names]


def _flatten(options):
    """Yield name and value of each setting that matters, as JSON holds it, so that tuples equal lists."""
    yield 'dataset', _find_dataset(options)
    for name in _RELEVANT:
        value = json.loads(json.dumps(options.get(name)))
        items = value.items() if isinstance(value, dict) else [(name, value)] if name in options else []
        prefix = name.replace('args', '') if name[:2] in ('G_', 'D_') and isinstance(value, dict) else ''
        yield from ((prefix + key, item) for key, item in items if key not in _IRRELEVANT)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Where a training begins: anew, where this run was interrupted, or with the weights of a snapshot alone."""

import hashlib
import os

import tensorflow.compat.v1 as tf

import dnnlib
import image_data
import training
from dnnlib import tflib, util
from dnnlib.tflib import custom_ops, gpus
from dnnlib.tflib.custom_ops.hardware import detect_cpu_level
from dnnlib.util import EasyDict
from training import configs, run_search, snapshot_files
from training.dataset import can_skip
from training.training_state import TrainingState

# Keywords of a training loop, or dotted ones within them, that change nothing of what is learned. Seeds are among them,
# as the first one holds.
_IRRELEVANT = (
    'grid_args metric_arg_list metric_dataset tf_config total_kimg image_snapshot_ticks network_snapshot_ticks '
    'snapshot_kimg state_minutes keep save_tf_graph save_weight_histograms resume_pkl resume_kimg resume_time '
    'resume_with_new_nets data_dir dataset_args.tfrecord_dir dataset_args.seed dataset_args.verbose num_gpus '
    'sched_args.tick_kimg'
).split()
_NETWORK_ARGS = ('G_args.', 'D_args.')  # Those have no effect either, as the networks are those of the state.


def find_position(options, seed=None, resume_pkl=None, resume_kimg=None, resume_time=0.0):
    """Tell from where a training goes on, and print it.

    Args:
        options: Keywords of this training's loop, plain values; a state keeps them.
        seed: Seed of all random numbers, or None for chance.
        resume_pkl: Snapshot to begin with, path or URL, unless the run has a state already.
        resume_kimg: Position of that snapshot; None for that of its file name.
        resume_time: Training time so far in seconds, unless a state tells.

    Returns:
        EasyDict, by the names:
        cur_nimg: Real images shown so far.
        counter: Number of minibatches so far.
        num_fetched: Images that each data set gave so far.
        sched_nimg: Real images at the last look at the schedule.
        lod: Level of detail then; -1 if there was none.
        tick: Number of the last tick; -1 if there was none.
        tick_nimg: Real images at its end.
        snapshot_nimg: Real images at the last snapshot; -1 if there was none.
        total_sec: Time of the training.
        tick_sec: Time since the last tick.
        seed: Seed of all random numbers but those of the image grids.
        grid_seed: Seed of these.
        options: As given, as plain values.
        state: The `TrainingState` to go on with, or None.
    """
    state = find_state()
    if state is not None:
        if seed not in (None, state.position.get('grid_seed', seed)):
            print(f'The seed stays {state.position.grid_seed}, with which this run began')
        return EasyDict(state.position, options=run_search.to_plain(options), state=state)
    seed = int.from_bytes(os.urandom(4), 'little') if seed is None else seed
    position = EasyDict(cur_nimg=0, counter=0, num_fetched=0, sched_nimg=0, lod=-1.0, tick=-1, tick_nimg=0)
    position.update(snapshot_nimg=-1, seed=seed, total_sec=resume_time, tick_sec=0.0, state=None)
    position.update(grid_seed=seed, options=run_search.to_plain(options))
    if resume_kimg is None and resume_pkl is not None:
        resume_kimg = snapshot_files.parse_snapshot_kimg(resume_pkl)
    position.cur_nimg = position.tick_nimg = position.sched_nimg = int((resume_kimg or 0) * 1000)
    if resume_pkl is not None:
        print(f'Beginning with the weights alone of "{resume_pkl}", at {position.cur_nimg / 1000:.1f} kimg')
        position.seed = (seed + position.cur_nimg) % (1 << 32)  # Other images and noise than it saw before.
    return position


def find_state():
    """Return the `TrainingState` of the current run, or None if it has none, or there is no run."""
    run_dir = dnnlib.make_run_dir_path()
    if dnnlib.submit_config is None or not run_search.has_state(run_dir):
        return None
    with run_search.hinting_at_weights(run_dir):
        return TrainingState(os.path.join(run_dir, run_search.STATE_NAME))


# ----------------------------------------------------------------------------
# How exact it is.


def describe_surroundings(num_gpus, data, graph):
    """Return what else numbers depend on, as plain values: versions, devices, and the content of the data sets.

    Args:
        num_gpus: Number of devices.
        data: Name -> data set.
        graph: The `training.train_graph.TrainGraph`.
    """
    surroundings = {
        'num_gpus': num_gpus,
        'has_other_draws': bool(tflib.find_other_draws([graph.fetch, *graph.ops.values()])),
        'versions': {
            'TensorFlow': tf.__version__,
            'CPU': detect_cpu_level(),
            'GPU': gpus.list_capabilities(),
            'compiled ops': custom_ops.resolve_impl(None, 'upfirdn_2d'),
            'code': hash_code(),
        },
        'data': {name: _describe_data(training_set) for name, training_set in data.items()},
    }
    return run_search.to_plain(surroundings)


def hash_code():
    """Return a text that changes with the source code of this project that takes part in a training."""
    digest = hashlib.sha256()
    for package in (dnnlib, image_data, training):
        root = os.path.dirname(package.__file__)
        paths = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
        for path in sorted(path for path in paths if path.endswith(('.py', '.h', '.cc', '.cu'))):
            digest.update(util.hash_file(path).encode())
    return digest.hexdigest()[:8]


def _describe_data(training_set):
    names = ('shape', 'label_size', 'fingerprint', 'modified')
    described = {name: getattr(training_set, name, None) for name in names}  # Other classes may have no fingerprint.
    return dict(described, can_skip=can_skip(training_set))


def print_resuming(position, state, surroundings):
    """Print where a run goes on, and whether that gives the numbers of a run that was never interrupted.

    Args:
        position: What `find_position` returned.
        state: The `TrainingState`.
        surroundings: What `describe_surroundings` returned.
    """
    saved = state.position
    differences = list_differences(saved.options, position.options) + _list_changes(saved, surroundings)
    where = f'at {position.cur_nimg / 1000:.1f} kimg, from "{state.path}"'
    if not differences:
        print(f'Resuming exactly {where}')
        anew = [
            name
            for name, now in surroundings['data'].items()
            if saved.data[name].get('modified') not in (None, now['modified'])
        ]
        if anew:
            print('The files of the data set have another date; a look at some of the images found no difference')
    else:
        print(f'Resuming {where}, not bit for bit: {", ".join(differences)}')
    ignored = list_differences(saved.options, position.options, of_networks=True)
    if ignored:
        print(f'The networks are taken from the state as they are, without {", ".join(ignored)}')


def list_differences(before, now, of_networks=False):
    """Return texts such as `--gamma=2 instead of 1` on what differs between the keywords of two training loops.

    Args:
        before: Keywords.
        now: The later ones.
        of_networks: Compare the keywords of networks, else all others that matter.
    """
    before, now = dict(_flatten(before)), dict(_flatten(now))
    names = [name for name in sorted(set(before) | set(now)) if before.get(name) != now.get(name)]
    names = [name for name in names if name.startswith(_NETWORK_ARGS) == of_networks]
    texts = [f'{configs.name_option(name)}={now.get(name)} instead of {before.get(name)}' for name in names]
    return sorted(set(texts), key=texts.index)


def _flatten(options, prefix=''):
    """Yield dotted name and value of each setting that matters."""
    for key, value in options.items():
        name = prefix + key
        if name in _IRRELEVANT:
            continue
        if isinstance(value, dict) and not prefix:
            yield from _flatten(value, name + '.')
        else:
            yield name, value


def _differs(described, before):
    return dict(described, modified=None) != dict(before, modified=None)


def _list_changes(before, now):
    """Return texts on what differs between two surroundings."""
    versions = [(name, before.versions.get(name, 'unknown'), now['versions'][name]) for name in now['versions']]
    texts = [f'{name} {version} instead of {old}' for name, old, version in versions if version != old]
    if before.num_gpus != now['num_gpus']:
        texts.append(f'{now["num_gpus"]} devices instead of {before.num_gpus}')
    changed = [name for name, described in now['data'].items() if _differs(described, before.data.get(name, {}))]
    texts += [f'other images or labels in {name}' for name in changed]
    anew = [name for name, described in now['data'].items() if not described['can_skip']]
    texts += [f'the images of {name} come from the beginning' for name in anew]
    return texts + ['code from the snapshot draws random numbers of its own'] * now['has_other_draws']

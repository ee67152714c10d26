# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a resumed run needs besides the networks: moments of the optimizers, running means, position."""

import glob
import os
import re

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from dnnlib.array_files import save_arrays
from dnnlib.util import EasyDict, UserError
from training.loss import TRAINING_STATE

_PREFIX = 'training-state-'
_VAR_PREFIX = 'var/'

# Images shown, training time, number of minibatches (decides when regularization is due), level of detail, devices, and
# number of images of the data set, which early states lack.
_POSITION = {'cur_nimg': int, 'total_sec': float, 'counter': int, 'lod': float, 'num_gpus': int, 'num_images': int}
_OPTIONAL = ('num_images',)


def state_path(snapshot_path):
    """Return the name of the state file that belongs to a snapshot.

    `network-final.pkl` holds the same networks as the last numbered snapshot, whose state it shares.
    """
    folder, name = os.path.split(snapshot_path)
    if name == 'network-final.pkl':
        found = sorted(_list_states(folder), key=lambda path: (len(path), path))
        return found[-1] if found else os.path.join(folder, f'{_PREFIX}final.npz')
    match = re.search(r'(\d{6,})\.pkl$', name)
    return os.path.join(folder, f'{_PREFIX}{match.group(1) if match else name}.npz')


def _list_states(folder):
    return glob.glob(os.path.join(glob.escape(folder), f'{_PREFIX}*.npz'))


def _state_vars(optimizers):
    """Return name -> variable of everything but the networks that training changes."""
    variables = tf.get_collection(TRAINING_STATE)
    for optimizer in optimizers:
        variables = variables + optimizer.state_vars()
    return {var.name.split(':')[0]: var for var in variables}


def save_training_state(snapshot_path, optimizers, **position):
    """Write the state beside a snapshot and remove those of older snapshots of the run, as they are large.

    Args:
        snapshot_path: File name of the snapshot.
        optimizers: List of `tflib.Optimizer`.
        **position: The fields that `read_position` returns.
    """
    values = tflib.run(_state_vars(optimizers))
    path = state_path(snapshot_path)
    with util.atomic_write(path) as file:
        variables = {_VAR_PREFIX + name: value for name, value in values.items()}
        save_arrays(file, dict(variables, **{name: position[name] for name in _POSITION}))
    for old in _list_states(os.path.dirname(path)):
        if old != path:
            os.remove(old)


def _read(path, names=None):
    """Return name -> array of a state file, for all names or those given."""
    try:
        with np.load(path) as state:
            wanted = [name for name in names or state.files if name not in _OPTIONAL or name in state.files]
            return {name: state[name] for name in wanted}
    except Exception as error:  # Damaged archives raise nearly anything.
        raise UserError(f'{path} is damaged ({error}); give --resume-kimg to resume from the weights alone') from error


def read_position(snapshot_path):
    """Return where the state beside a snapshot was written.

    Args:
        snapshot_path: File name of the snapshot.

    Returns:
        EasyDict of `cur_nimg` (real images shown), `total_sec` (training time), `counter` (number of minibatches),
        `lod` (level of detail), `num_gpus` (number of devices) and, unless it is an early state, `num_images` (of the
        data set); or None if there is no state.
    """
    path = state_path(snapshot_path)
    if not os.path.isfile(path):
        return None
    state = _read(path, list(_POSITION))
    return EasyDict((name, _POSITION[name](value)) for name, value in state.items())


def load_training_state(snapshot_path, optimizers):
    """Set the variables that `save_training_state` wrote.

    Args:
        snapshot_path: File name of the snapshot.
        optimizers: List of `tflib.Optimizer`, built with the same options and number of devices.

    Raises:
        UserError: If the state is damaged or belongs to other options.
    """
    variables = _state_vars(optimizers)
    path = state_path(snapshot_path)
    state = {name: value for name, value in _read(path).items() if name.startswith(_VAR_PREFIX)}
    shapes = {_VAR_PREFIX + name: tuple(var.shape.as_list()) for name, var in variables.items()}
    if shapes != {name: value.shape for name, value in state.items()}:
        raise UserError(
            f'{path} belongs to a training with other losses or another optimizer; give --resume-kimg to resume from '
            'the weights alone'
        )
    tflib.set_vars({variables[name[len(_VAR_PREFIX) :]]: value for name, value in state.items()})

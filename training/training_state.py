# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a resumed run needs besides the networks: moments of the optimizers, running means, position."""

import glob
import os
import re

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from dnnlib.util import UserError
from training.loss import TRAINING_STATE

_PREFIX = 'training-state-'


def state_path(snapshot_path):
    """Return the name of the state file that belongs to a snapshot."""
    folder, name = os.path.split(snapshot_path)
    match = re.search(r'(\d{6,}|final)\.pkl$', name)
    return os.path.join(folder, _PREFIX + (match.group(1) if match else name) + '.npz')


def _state_vars(optimizers):
    """Return name -> variable of everything but the networks that training changes."""
    variables = tf.get_collection(TRAINING_STATE)
    for optimizer in optimizers:
        variables = variables + optimizer.state_vars()
    return {var.name.split(':')[0]: var for var in variables}


def save_training_state(snapshot_path, optimizers, cur_nimg, total_sec):
    """Write the state beside a snapshot and remove those of older snapshots of the run, as they are large.

    Args:
        snapshot_path: File name of the snapshot.
        optimizers: List of `tflib.Optimizer`.
        cur_nimg: Number of real images shown.
        total_sec: Training time so far.
    """
    values = tflib.run(_state_vars(optimizers))
    path = state_path(snapshot_path)
    with util.atomic_write(path) as file:
        np.savez(file, cur_nimg=cur_nimg, total_sec=total_sec, **{'var/' + name: v for name, v in values.items()})
    for old in glob.glob(os.path.join(glob.escape(os.path.dirname(path)), _PREFIX + '*.npz')):
        if old != path:
            os.remove(old)


def read_position(snapshot_path):
    """Return (cur_nimg, total_sec) of the state beside a snapshot, or None if there is no state."""
    path = state_path(snapshot_path)
    if not os.path.isfile(path):
        return None
    with np.load(path) as state:
        return int(state['cur_nimg']), float(state['total_sec'])


def load_training_state(snapshot_path, optimizers):
    """Set the variables that `save_training_state` wrote.

    Args:
        snapshot_path: File name of the snapshot.
        optimizers: List of `tflib.Optimizer`, built with the same options and number of devices.

    Raises:
        UserError: If the state belongs to other options.
    """
    variables = _state_vars(optimizers)
    path = state_path(snapshot_path)
    with np.load(path) as state:
        saved = {name[len('var/') :]: state[name] for name in state.files if name.startswith('var/')}
    shapes = {name: tuple(var.shape.as_list()) for name, var in variables.items()}
    if shapes != {name: value.shape for name, value in saved.items()}:
        raise UserError(
            '%s belongs to a run with other options or another number of devices; delete it to resume from the '
            'weights alone' % path
        )
    tflib.set_vars({variables[name]: value for name, value in saved.items()})

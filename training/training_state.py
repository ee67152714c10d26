# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The state of a training: one file with all that it needs to go on as if nothing had happened.

`training-state.npz` in the run directory holds the networks, as a snapshot does, moments of the optimizers, running
means, and the position. It replaces the one before only when it is complete.
"""

import collections
import io
import re

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import disk_space, tflib, util
from dnnlib.array_files import load_arrays, save_arrays
from dnnlib.tflib import autosummary
from dnnlib.tflib.snapshots import pickling
from dnnlib.util import UserError
from training.loss import TRAINING_STATE
from training.run_search import POSITION, format_position, parse_position
from training.snapshots import Snapshot

_NETWORKS = 'networks'
_HEADER_BYTES = 400  # Of an array in the file, about.
_NEEDED, _FURTHER = 'var/', 'further/'  # In front of the names of variables: those without which nothing goes on.


def save_state(path, networks, graph, position):
    """Write the state of a training; if that fails, the file of that name stays as it was.

    Args:
        path: File to write.
        networks: What a snapshot holds.
        graph: The `training.train_graph.TrainGraph`.
        position: Dict of plain values.
    """
    snapshot = io.BytesIO()
    pickling.dump(networks, snapshot)
    variables = dict(_list_needed(graph), **_list_further(graph))
    arrays = tflib.run({name: group[0] for name, group in variables.items()})
    arrays[POSITION] = format_position(position)
    arrays[_NETWORKS] = np.frombuffer(snapshot.getbuffer(), np.uint8)
    disk_space.check_space(path, sum(array.nbytes + _HEADER_BYTES for array in arrays.values()))
    with util.atomic_write(path, durable=True) as file:
        save_arrays(file, arrays)


def _list_needed(graph):
    """Return name -> variables that have one value, of moments and running means."""
    groups = [group for optimizer in graph.optimizers for group in optimizer.list_moments()]
    groups += [[var] for var in tf.get_collection(TRAINING_STATE)]
    return {_NEEDED + group[0].name.split(':')[0]: group for group in groups}


def _list_further(graph):
    """Return the same of what reports are made of, of counters, and of what networks of further devices have alone."""
    variables = autosummary.list_accumulators()
    variables += [var for optimizer in graph.optimizers for var in optimizer.list_counters()]
    variables += [var for net in graph.shadows for name, var in net.vars.items() if name not in net.trainables]
    return {_FURTHER + var.name.split(':')[0]: [var] for var in variables}


class TrainingState:
    """What a state file holds.

    Args:
        path: The file.

    Attributes:
        path: The file.
        position: EasyDict of what `save_state` was given.

    Raises:
        UserError: If it is damaged, or of something else.
    """

    def __init__(self, path):
        self.path = path
        self._arrays = load_arrays(path)
        try:
            self.position = parse_position(self._arrays.pop(POSITION), path)
            self._networks = self._arrays.pop(_NETWORKS).tobytes()
        except KeyError as error:
            raise UserError(f'{path} holds no state of a training that this version knows') from error

    def open_networks(self):
        """Return the `Snapshot` of the networks."""
        return Snapshot(pickling.load(io.BytesIO(self._networks), name=self.path), self.path, self.path)

    def build_networks(self):
        """Return name -> network, in the order of a snapshot."""
        print(f'Loading networks from "{self.path}"...')
        snapshot = self.open_networks()
        self._networks = None  # They can be large.
        return collections.OrderedDict((name, snapshot.build(name)) for name in snapshot.names)

    def restore(self, graph):
        """Set all variables but those of the networks, once.

        A training on another number of devices gets the moments, and for each device the means of the first one.

        Args:
            graph: The `training.train_graph.TrainGraph`.

        Raises:
            UserError: If the training has other variables, because of other losses or another optimizer.
        """
        arrays, self._arrays = self._arrays, None
        needed, further = _list_needed(graph), _list_further(graph)
        if graph.num_devices != self.position.num_gpus:
            arrays = {name: arrays.get(name, arrays.get(re.sub(r'GPU\d+/', 'GPU0/', name))) for name in needed}
            arrays = {name: array for name, array in arrays.items() if array is not None}
        shapes = {name: tuple(group[0].shape.as_list()) for name, group in needed.items()}
        if shapes != {name: array.shape for name, array in arrays.items() if name.startswith(_NEEDED)}:
            raise UserError(
                f'{self.path} belongs to a training with other losses or another optimizer; go on with the options of '
                'that run, or begin a new one with its weights alone: --resume-pkl'
            )
        variables = dict(needed, **further)
        tflib.set_vars({var: array for name, array in arrays.items() for var in variables.get(name, [])})

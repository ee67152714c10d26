# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""When a training writes images, snapshots and states to its run directory."""

import contextlib
import os
import time

import dnnlib
from dnnlib import disk_space
from dnnlib.util import EasyDict, UserError
from training import keeping, misc, run_search, snapshot_files, snapshots, training_state


class Saver:
    """Writes what a training leaves behind.

    Args:
        pack_networks: Function that returns what a snapshot holds.
        save_images: What `Recipe.build_samples` returned.
        graph: The `training.train_graph.TrainGraph`.
        surroundings: What `training.resuming.describe_surroundings` returned.
        intervals: EasyDict of `image_snapshot_ticks`, `network_snapshot_ticks`, `snapshot_kimg` and `state_minutes`,
            see `training.loop.train`.
        position: What `training.resuming.find_position` returned, which goes on.
        has_state: Whether the run directory holds the state of that position.
    """

    def __init__(self, pack_networks, save_images, graph, surroundings, intervals, position, has_state):
        self._pack_networks = pack_networks
        self._save_images = save_images
        self._graph = graph
        self._surroundings = surroundings
        self._intervals = intervals
        self._position = position
        self._best_pkl = None
        self._missed = {}  # What could not be written for lack of space -> why.
        self._note_state(position.counter if has_state else None)

    def _note_state(self, counter):
        """Take note that the run directory holds the state after a number of minibatches, or None if it holds none."""
        self._state_counter = counter
        self._state_time = time.monotonic()

    def list_due(self, is_tick, is_last, is_done=True):
        """Return what is to be written now, EasyDict of `state`, `images` and `networks`, each True or False.

        Args:
            is_tick: Whether a tick ends here; it is not counted yet. Elsewhere only a state can be due.
            is_last: Whether the training ends here, for now or for good.
            is_done: Whether it ends for good.
        """
        is_late = time.monotonic() >= self._state_time + self._intervals.state_minutes * 60
        is_first = self._state_counter is None and is_tick
        is_stop = is_last and not is_done
        due = EasyDict()
        for name in ('image', 'network'):
            interval = self._intervals[name + '_snapshot_ticks']
            due[name + 's'] = self._is_due(interval, is_tick, is_last)
        if is_stop and os.path.exists(self._make_networks_path()):
            due.update(images=False, networks=False)  # Those of this thousand images stay; the state is enough.
        is_new = self._state_counter != self._position.counter
        due.state = is_new and (is_late or is_first or is_last or due.networks) and 'state' not in self._missed
        if is_tick:
            due.update((name, True) for name in self._missed)
        return due

    def _is_due(self, interval, is_tick, is_last):
        """Tell whether it is time for what happens every `interval` ticks, or thousands of images, and at the end."""
        if interval is None or is_last:
            return is_last and interval is not None
        if self._intervals.snapshot_kimg is None:
            return is_tick and (self._position.tick + 1) % interval == 0
        return is_tick and self.is_kimg_due()

    def is_kimg_due(self):
        """Tell whether it is time for a snapshot by the number of images, which ends a tick."""
        if self._intervals.snapshot_kimg is None or self._intervals.network_snapshot_ticks is None:
            return False
        step = self._intervals.snapshot_kimg * 1000
        return self._position.cur_nimg // step > self._position.snapshot_nimg // step

    def save_state(self):
        """Write the state; this comes before all else that is done at a tick, which can be done again."""
        path = dnnlib.make_run_dir_path(run_search.STATE_NAME)
        position = dict(self._position, **self._surroundings)
        with self._tolerate_full_disk('state'):
            training_state.save_state(path, self._pack_networks(), self._graph, position)
            self._note_state(self._position.counter)

    def save_images(self, minibatch_size):
        """Draw images, `minibatch_size` at a time, and write them."""
        with self._tolerate_full_disk('images'):
            self._save_images(self._describe_kimg(), minibatch_size)

    def save_networks(self):
        """Write a snapshot; return its path, or None if there is no room for it."""
        self._position.snapshot_nimg = self._position.cur_nimg
        return self._save_networks('networks', os.path.basename(self._make_networks_path()))

    def _make_networks_path(self):
        return dnnlib.make_run_dir_path(f'network-snapshot-{self._describe_kimg()}.pkl')

    def save_best_networks(self, pkl):
        """Keep a snapshot as the best one so far."""
        self._best_pkl = pkl
        with self._tolerate_full_disk('best networks'):
            keeping.copy_best(pkl)

    def remove_superfluous(self, pkl, keep):
        """Remove older snapshots than one that was just written, see `keeping`, unless one has still to be copied."""
        if 'best networks' in self._missed:
            self.save_best_networks(self._best_pkl)
        if 'best networks' not in self._missed:
            keeping.remove_superfluous(pkl, keep)

    def save_final_networks(self):
        """Write the snapshot of the end."""
        self._save_networks('final networks', snapshot_files.FINAL_NAME)

    def _save_networks(self, what, name):
        path, networks = dnnlib.make_run_dir_path(name), self._pack_networks()
        with self._tolerate_full_disk(what):
            disk_space.check_space(path, snapshots.count_bytes(networks))
            misc.save_pkl(networks, path)
            return path

    def _describe_kimg(self):
        return f'{self._position.cur_nimg // 1000:06d}'

    @contextlib.contextmanager
    def _tolerate_full_disk(self, what):
        """Print that something cannot be written, and take note that it is missing."""
        try:
            yield
            self._missed.pop(what, None)
        except OSError as error:
            if not disk_space.is_disk_full(error):
                raise
            self._missed[what] = f'{error.filename}: {error.strerror}'
            print(f'Warning: {self._missed[what]}; the training goes on and tries again at the next tick', flush=True)

    def check_complete(self):
        """Raise UserError if something could not be written, as the training is over."""
        if self._missed:
            reasons = '; '.join(self._missed.values())
            raise UserError(f'the {" and the ".join(self._missed)} of the end could not be written: {reasons}')

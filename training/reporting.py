# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a training shows: the status line, TensorBoard scalars, `stats.jsonl` and grids of images."""

import json
import os

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib, util
from dnnlib.tflib import autosummary, compat
from training import misc


class ImageGrids:
    """Grids of real and of generated images; these always show the same latents.

    Args:
        training_set: Data set.
        Gs: Generator.
        drange_net: Value range of its images.
        seed: Seed of the latents.
        **kwargs: Keywords of `training.misc.setup_snapshot_image_grid`.
    """

    def __init__(self, training_set, Gs, drange_net, seed=None, **kwargs):
        self._training_set, self._Gs, self._drange_net = training_set, Gs, drange_net
        self._size, self._reals, self._labels = misc.setup_snapshot_image_grid(training_set, **kwargs)
        num = int(np.prod(self._size))
        self._latents = np.random.RandomState(seed).randn(num, *Gs.input_shape[1:])

    def save_reals(self, name):
        """Write the real images to a file of the run directory."""
        path = dnnlib.make_run_dir_path(name)
        misc.save_image_grid(self._reals, path, self._training_set.dynamic_range, self._size)

    def save_fakes(self, name, minibatch_size):
        """Draw images and write them to a file of the run directory.

        Args:
            name: Name of the file.
            minibatch_size: Images to draw at a time.
        """
        fakes = self._Gs.run(self._latents, self._labels, is_validation=True, minibatch_size=minibatch_size)
        misc.save_image_grid(fakes, dnnlib.make_run_dir_path(name), self._drange_net, self._size)


class TickReporter:
    """Status line, TensorBoard scalars and `stats.jsonl`, once per tick.

    Args:
        total_kimg: Length of the training.
        resume_sec: Training time before this run.
    """

    def __init__(self, total_kimg, resume_sec=0.0):
        self.context = dnnlib.RunContext.get()
        self.writer = tf.summary.FileWriter(dnnlib.make_run_dir_path())
        self._histograms = None
        self.total_kimg = total_kimg
        self.total_sec = resume_sec
        self._resume_sec = resume_sec
        self._tick = -1
        self._maintenance_sec = 0.0
        self._scalars = {}

    def add_graph(self, networks, save_graph=False, save_weight_histograms=False):
        """Hand TensorBoard what does not change, and make the ops of what it gets with each tick.

        Args:
            networks: List of networks.
            save_graph: Write the graph.
            save_weight_histograms: Write histograms of their weights.
        """
        if save_graph:
            self.writer.add_graph(tf.get_default_graph())
        if save_weight_histograms:
            for net in networks:
                net.setup_weight_histograms()
        self._histograms = tf.summary.merge_all()

    def start(self, nimg):
        """Begin to count at `nimg` images."""
        self._tick_start_nimg = nimg
        self._maintenance_sec = self.context.get_time_since_last_update()
        self.context.update('', nimg / 1000, self.total_kimg)

    def is_tick_due(self, nimg, tick_kimg):
        """Tell whether a tick ends at `nimg` images; the first one ends at once."""
        return self._tick < 0 or nimg >= self._tick_start_nimg + tick_kimg * 1000

    def add_scalar(self, name, value):
        """Note a number for TensorBoard and `stats.jsonl`."""
        if value is not None:
            self._scalars[name] = float(value)

    def report_tick(self, nimg, sched, num_skipped=0, status=None):
        """Print the status line.

        Args:
            nimg: Number of real images shown.
            sched: What `training_schedule` returned.
            num_skipped: Steps of the run that had no effect as their gradients were not finite; told if there are any.
            status: Name -> number of what the method of training adds.

        Returns:
            Number of the tick.
        """
        self._tick += 1
        tick_kimg = (nimg - self._tick_start_nimg) / 1000.0
        self._tick_start_nimg = nimg
        tick_sec = self.context.get_time_since_last_update()
        self.total_sec = self._resume_sec + self.context.get_time_since_start()
        gpumem, cpumem = compat.peak_memory_bytes() / 2**30, _resident_bytes() / 2**30
        print(
            f'tick {self._tick:<5d} kimg {nimg / 1000.0:<8.1f} lod {sched.lod:<5.2f} '
            f'minibatch {sched.minibatch_size:<4d} time {util.format_time(self.total_sec):<12s} '
            f'sec/tick {tick_sec:<7.1f} sec/kimg {tick_sec / tick_kimg:<7.2f} '
            f'maintenance {self._maintenance_sec:<6.1f} gpumem {gpumem:<5.1f} cpumem {cpumem:.2f}'
            + ''.join(f' {name} {value:.3f}' for name, value in (status or {}).items())
            + (f' skipped {num_skipped:.0f}' if num_skipped else ''),
            flush=True,
        )
        for name, value in [
            ('Progress/tick', self._tick),
            ('Progress/kimg', nimg / 1000.0),
            ('Progress/lod', sched.lod),
            ('Progress/minibatch', sched.minibatch_size),
            ('Timing/total_sec', self.total_sec),
            ('Timing/sec_per_tick', tick_sec),
            ('Timing/sec_per_kimg', tick_sec / tick_kimg),
            ('Timing/maintenance_sec', self._maintenance_sec),
            ('Timing/total_hours', self.total_sec / 3600.0),
            ('Timing/total_days', self.total_sec / 86400.0),
            ('Resources/peak_gpu_mem_gb', gpumem),
            ('Resources/cpu_mem_gb', cpumem),
            ('Progress/skipped_steps', num_skipped or None),
            *[('Progress/' + name, value) for name, value in (status or {}).items()],
        ]:
            self.add_scalar(name, value)
        self._lod = sched.lod
        self.context.update(f'{sched.lod:.2f}', nimg / 1000, self.total_kimg)
        return self._tick

    def finish_tick(self, nimg):
        """Write all numbers of the tick; the time since its report counts as maintenance."""
        summary = tf.Summary(value=[tf.Summary.Value(tag=k, simple_value=v) for k, v in self._scalars.items()])
        self.writer.add_summary(summary, nimg)
        self._scalars.update(autosummary.save_summaries(self.writer, nimg))
        if self._histograms is not None:
            self.writer.add_summary(tflib.run(self._histograms), nimg)
        self.writer.flush()
        with open(dnnlib.make_run_dir_path('stats.jsonl'), 'a') as file:
            file.write(json.dumps(self._scalars, sort_keys=True) + '\n')
        self._scalars = {}
        self._maintenance_sec = self.context.get_time_since_last_update()
        self.context.update(f'{self._lod:.2f}', nimg / 1000, self.total_kimg)

    def close(self):
        """Close the TensorBoard file."""
        self.writer.close()


def _resident_bytes():
    """Return the memory that the process occupies now, or 0 where the system does not tell."""
    try:
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except OSError:
        return 0

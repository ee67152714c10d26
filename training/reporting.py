# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a training shows: the status line, TensorBoard scalars, `stats.jsonl`, the report and grids of images."""

import json
import os
import shlex

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import disk_space, files, tflib, util
from dnnlib.progress import NamedProgress
from dnnlib.tflib import autosummary, compat
from training import misc
from training.event_file import EventFile
from training.report import run_files
from training.report.history import STATS_FILE
from training.report.run_page import PAGE_NAME, RunReport
from training.report.thumbnails import save_copies
from training.report.video import write_videos
from training.run_search import STATE_NAME
from training.snapshot_files import FINAL_NAME


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
        self._clock = tflib.RandomClock(seed or 0, 0)  # The noise is the same in all grids, too.
        self._draw(slice(1), minibatch_size=1)  # Builds the graph, which cannot grow later.

    def save_reals(self, name):
        """Write the real images to a file of the run directory."""
        self._save(self._reals, name, self._training_set.dynamic_range)

    def save_fakes(self, name, minibatch_size):
        """Draw images and write them to a file of the run directory.

        Args:
            name: Name of the file.
            minibatch_size: Images to draw at a time.
        """
        self._save(self._draw(slice(None), minibatch_size), name, self._drange_net)

    def _save(self, images, name, drange):
        path = dnnlib.make_run_dir_path(name)
        save_copies(misc.save_image_grid(images, path, drange, self._size), path)

    def _draw(self, chosen, minibatch_size):
        """Return the images [NCHW] of a slice of the latents."""
        latents, labels = self._latents[chosen], self._labels[chosen]
        with self._clock:
            return self._Gs.run(latents, labels, is_validation=True, minibatch_size=minibatch_size)


class TickReporter:
    """Status line, TensorBoard scalars, `stats.jsonl` and `report.html`, once per tick.

    Args:
        total_kimg: Length of the training.
        position: What `training.resuming.find_position` returned, which goes on; ticks and times are counted there.
    """

    def __init__(self, total_kimg, position):
        self.context = dnnlib.RunContext.get()
        self.writer = EventFile(dnnlib.make_run_dir_path())
        self._histograms = None
        self.total_kimg = total_kimg
        self._position = position
        self._resume_sec = position.total_sec
        self._tick_resume_sec = position.tick_sec
        self._maintenance_sec = 0.0
        self._scalars = {}
        self._stats_lines = []  # Those that are to be written.
        _drop_later_stats(dnnlib.make_run_dir_path(STATS_FILE), position.tick)
        self._report = RunReport(dnnlib.make_run_dir_path(), total_kimg)
        self._report.thumbnails.remove_leftovers()
        self._state = run_files.TRAINING

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

    def start(self):
        """Begin to count."""
        nimg = self._position.cur_nimg
        start = tf.SessionLog(status=tf.SessionLog.START)  # By it, TensorBoard drops what it had of later ones.
        self.writer.add_session_log(start, nimg)
        self._write_report(run_files.TRAINING)
        print(f'The report is {dnnlib.make_run_dir_path(PAGE_NAME)}')
        self._maintenance_sec = self.context.get_time_since_last_update()
        self.context.update('', nimg / 1000, self.total_kimg)

    def is_tick_due(self, tick_kimg):
        """Tell whether a tick ends here; the first one ends at once."""
        return self._position.tick < 0 or self._position.cur_nimg >= self._position.tick_nimg + tick_kimg * 1000

    def update_times(self):
        """Note the times of the training so far in the position."""
        self._position.total_sec = self._resume_sec + self.context.get_time_since_start()
        self._position.tick_sec = self._tick_resume_sec + self.context.get_time_since_last_update()

    def add_scalar(self, name, value):
        """Note a number for TensorBoard and `stats.jsonl`."""
        if value is not None:
            self._scalars[name] = float(value)

    def report_tick(self, sched, num_skipped=0, status=None):
        """Print the status line.

        Args:
            sched: What `Recipe.compute_schedule` returned.
            num_skipped: Steps of the run that had no effect as their gradients were not finite; told if there are any.
            status: Name -> number of what the method of training adds.
        """
        self.update_times()
        position, nimg, tick_sec = self._position, self._position.cur_nimg, self._position.tick_sec
        position.tick += 1
        tick_kimg = max(nimg - position.tick_nimg, 1) / 1000.0
        position.tick_nimg, position.tick_sec, self._tick_resume_sec = nimg, 0.0, 0.0
        gpumem, cpumem = compat.peak_memory_bytes() / 2**30, _resident_bytes() / 2**30
        print(
            f'tick {position.tick:<5d} kimg {nimg / 1000.0:<8.1f} lod {sched.lod:<5.2f} '
            f'minibatch {sched.minibatch_size:<4d} time {util.format_time(position.total_sec):<12s} '
            f'sec/tick {tick_sec:<7.1f} sec/kimg {tick_sec / tick_kimg:<7.2f} '
            f'maintenance {self._maintenance_sec:<6.1f} gpumem {gpumem:<5.1f} cpumem {cpumem:.2f}'
            + ''.join(f' {name} {value:.3f}' for name, value in (status or {}).items())
            + (f' skipped {num_skipped:.0f}' if num_skipped else ''),
            flush=True,
        )
        for name, value in [
            ('Progress/tick', position.tick),
            ('Progress/kimg', nimg / 1000.0),
            ('Progress/lod', sched.lod),
            ('Progress/minibatch', sched.minibatch_size),
            ('Timing/total_sec', position.total_sec),
            ('Timing/sec_per_tick', tick_sec),
            ('Timing/sec_per_kimg', tick_sec / tick_kimg),
            ('Timing/maintenance_sec', self._maintenance_sec),
            ('Timing/total_hours', position.total_sec / 3600.0),
            ('Timing/total_days', position.total_sec / 86400.0),
            ('Resources/peak_gpu_mem_gb', gpumem),
            ('Resources/cpu_mem_gb', cpumem),
            ('Progress/skipped_steps', num_skipped or None),
            *[('Progress/' + name, value) for name, value in (status or {}).items()],
        ]:
            self.add_scalar(name, value)
        self._lod = sched.lod
        self.context.update(f'{sched.lod:.2f}', nimg / 1000, self.total_kimg)

    def finish_tick(self):
        """Write all numbers of the tick; the time since its report counts as maintenance."""
        nimg = self._position.cur_nimg
        summary = tf.Summary(value=[tf.Summary.Value(tag=k, simple_value=v) for k, v in self._scalars.items()])
        self.writer.add_summary(summary, nimg)
        self._scalars.update(autosummary.save_summaries(self.writer, nimg))
        if self._histograms is not None:
            self.writer.add_summary(tflib.run(self._histograms), nimg)
        self._write_stats()
        self._report.add(self._scalars)
        self._write_report(run_files.TRAINING)
        self._scalars = {}
        self._maintenance_sec = self.context.get_time_since_last_update()
        self.context.update(f'{self._lod:.2f}', nimg / 1000, self.total_kimg)

    def finish(self):
        """Let the report tell that the training is finished, with a video of the images over time."""
        self._state = run_files.FINISHED
        self._write_report(self._state)
        try:
            with self.context.interruptible(), NamedProgress() as progress:
                videos = write_videos(self._report.run_dir, progress)
            if videos:
                self._write_report(self._state)
            names = [FINAL_NAME, PAGE_NAME] + [os.path.basename(path) for path in videos]
            print(f'Finished at {self._position.cur_nimg / 1000:.1f} kimg: {", ".join(names)}', flush=True)
        except dnnlib.StopRequested:
            self.context.is_stopping = False  # The training has come to its end all the same.
            print(f'No video; to make it: python run_report.py --video {shlex.quote(self._report.run_dir)}', flush=True)

    def end(self, error_type=None, *_):
        """Close the TensorBoard file, and let the report tell how the training ended.

        Args:
            error_type: Class of the exception that ended it, or None.
            *_: What else `__exit__` gets.
        """
        self.writer.close()
        if self._state == run_files.FINISHED:
            return
        is_failed = error_type is not None and issubclass(error_type, Exception)
        self._write_report(run_files.FAILED if is_failed else run_files.STOPPED)
        if error_type is None:
            command = run_files.make_resume_command(self._report.options, self._report.run_dir)
            has_state = os.path.exists(dnnlib.make_run_dir_path(STATE_NAME))
            hint = f'; to go on: {command}' if command and has_state else ''
            print(f'Stopped at {self._position.cur_nimg / 1000:.1f} kimg{hint}', flush=True)

    def _write_stats(self):
        """Write the numbers of this tick, and of earlier ones for which there was no room."""
        self._stats_lines.append(json.dumps(self._scalars, sort_keys=True))
        try:
            while self._stats_lines:
                files.append_line(dnnlib.make_run_dir_path(STATS_FILE), self._stats_lines[0])
                del self._stats_lines[0]
        except OSError as error:
            if not disk_space.is_disk_full(error):
                raise
            print(f'Warning: {error.filename}: {error.strerror}; its lines follow when there is room', flush=True)

    def _write_report(self, state):
        """Write the page of the run; a training goes on without it."""
        try:
            self._report.write(state)
        except Exception as error:  # No page is worth a training.
            is_file = isinstance(error, OSError)
            reason = f'{error.filename}: {error.strerror}' if is_file else f'no report, as of {error!r}'
            print(f'Warning: {reason}; the training goes on without it', flush=True)


def _drop_later_stats(path, tick):
    """Remove the lines about ticks after a tick, and one that was cut off, from a file of statistics, if any."""
    if not os.path.exists(path):
        return
    with open(path, 'rb') as file:
        lines = file.readlines()
    kept = [line for line in lines if line.endswith(b'\n') and not _is_later(line, tick)]
    if kept != lines:
        with util.atomic_write(path) as file:
            file.writelines(kept)


def _is_later(line, tick):
    """Tell whether a line of statistics is about a tick after another one; a damaged line is not known to be."""
    try:
        return json.loads(line)['Progress/tick'] > tick
    except (ValueError, KeyError, TypeError):
        return False


def _resident_bytes():
    """Return the memory that the process occupies now, or 0 where the system does not tell."""
    try:
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    except OSError:
        return 0

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The context of a run as the running function sees it: its clock, and whether the user wants it to stop."""

import datetime
import os
import pprint
import time

import dnnlib
from dnnlib import util


class RunContext:
    """Clock and stop signal of a run; outside a run a clock that writes nothing and never says stop.

    Use `RunContext.get()`. The run directory gets `run.txt`; a file `abort.txt` put there by the user asks for a stop.

    Args:
        submit_config: SubmitConfig of the run, or None outside a run.
    """

    _current = None

    def __init__(self, submit_config=None):
        self.submit_config = submit_config
        self._start = self._last_update = time.monotonic()
        self._last_update_interval = 0.0
        self._should_stop = False
        self.loss, self.cur_epoch, self.max_epoch = 0, 0, None
        self._run_info = {}
        self._report_run_info(start_time=_format_now())

    @staticmethod
    def get():
        """Return the context of the current run, the same one at each call."""
        context = RunContext._current
        if context is None or context.submit_config is not dnnlib.submit_config:
            context = RunContext._current = RunContext(dnnlib.submit_config)
        return context

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def update(self, loss=0, cur_epoch=0, max_epoch=None):
        """Note that the run has got further, and look whether the user wants it to stop.

        Args:
            loss: Any measure of quality, number or text.
            cur_epoch: Progress so far, in any unit.
            max_epoch: Progress at the end, in the same unit, or None if not known.
        """
        now = time.monotonic()
        self._last_update_interval = now - self._last_update
        self._last_update = now
        self.loss, self.cur_epoch, self.max_epoch = loss, cur_epoch, max_epoch
        self._look_for_abort_file()

    def should_stop(self):
        """Tell whether a file `abort.txt` has appeared in the run directory."""
        self._look_for_abort_file()
        return self._should_stop

    def get_time_since_start(self):
        """Return the seconds since the run began."""
        return time.monotonic() - self._start

    def get_time_since_last_update(self):
        """Return the seconds since the last `update`, or since the run began."""
        return time.monotonic() - self._last_update

    def get_last_update_interval(self):
        """Return the seconds between the last two calls of `update`; 0 before the first."""
        return self._last_update_interval

    def close(self):
        """Add the stop time to `run.txt`; the next `get` starts afresh."""
        if RunContext._current is self:
            RunContext._current = None
        self._report_run_info(stop_time=_format_now())

    def _look_for_abort_file(self):
        if self.submit_config is not None and not self._should_stop:
            self._should_stop = os.path.exists(os.path.join(self.submit_config.run_dir, 'abort.txt'))

    def _report_run_info(self, **times):
        if self.submit_config is None:
            return
        self._run_info.update(task_name=self.submit_config.task_name, host_name=self.submit_config.host_name, **times)
        with util.atomic_write(os.path.join(self.submit_config.run_dir, 'run.txt'), 'w') as file:
            file.write(pprint.pformat(self._run_info) + '\n')


def _format_now():
    return datetime.datetime.now().isoformat(' ', 'seconds')

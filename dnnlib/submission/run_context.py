# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The context of a run as the running function sees it: its clock, and whether the user wants it to stop."""

import ast
import contextlib
import datetime
import os
import pprint
import time

import dnnlib
from dnnlib import util
from dnnlib.disk_space import warning_of_full_disk
from dnnlib.submission.stop_signals import StopRequested, StopSignals


class RunContext:
    """Clock and stop signal of a run; outside a run a clock that writes nothing and never says stop.

    Use `RunContext.get()`. The run directory gets `run.txt`; a file `abort.txt` put there by the user asks for a stop.

    Args:
        submit_config: SubmitConfig of the run, or None outside a run.

    Attributes:
        stop_reason: What asked the run to stop, such as 'SIGTERM' or 'abort.txt', or None.
        is_stopping: Whether the run has been told, which tells a run that was stopped from one that just ended.
    """

    _current = None

    def __init__(self, submit_config=None):
        self.submit_config = submit_config
        self._start = self._last_update = time.monotonic()
        self._last_update_interval = 0.0
        self.stop_reason = None
        self.is_stopping = False
        self._stop_signals = None
        self.loss, self.cur_epoch, self.max_epoch = 0, 0, None
        self._run_info = self._read_run_info()
        if 'start_time' in self._run_info:
            self._report_run_info(continue_times=[*self._run_info.get('continue_times', []), _format_now()])
        else:
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
        """Tell whether the run is to stop: by a signal, or as a file `abort.txt` has appeared in the run directory."""
        self._look_for_abort_file()
        self.is_stopping = self.stop_reason is not None
        return self.is_stopping

    @contextlib.contextmanager
    def stopping_gracefully(self):
        """Let Ctrl-C, SIGTERM, SIGUSR1 and SIGHUP do no more than ask for a stop while a `with` block lasts.

        A line is printed at once. Ctrl-C pressed again ends the process, with status 130 and whatever it is doing.
        In other threads than the main one, signals do what they did before.
        """
        with StopSignals(self._request_stop) as self._stop_signals:
            try:
                yield
            finally:
                self._stop_signals = None

    @contextlib.contextmanager
    def interruptible(self):
        """Let a signal that asks for a stop end the body of a `with` block early: what can be done again later.

        Raises:
            StopRequested: As soon as there is such a signal; at the beginning, if the run is to stop already.
        """
        signals = self._stop_signals
        try:
            with contextlib.ExitStack() as stack:
                if signals is not None:
                    stack.enter_context(signals.interruptible())
                if self.should_stop():  # Asked last, so that no signal falls between the question and the body.
                    raise StopRequested
                yield
        except StopRequested:
            self.is_stopping = True
            raise

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
        with warning_of_full_disk():
            self._report_run_info(stop_time=_format_now())

    def _look_for_abort_file(self):
        if self.submit_config is not None and self.stop_reason is None:
            if os.path.exists(os.path.join(self.submit_config.run_dir, 'abort.txt')):
                self._request_stop('abort.txt')

    def _request_stop(self, reason):
        self.stop_reason = self.stop_reason or reason

    def _read_run_info(self):
        """Return what an earlier start wrote to `run.txt`, without the time at which it stopped."""
        if self.submit_config is None:
            return {}
        try:
            with open(os.path.join(self.submit_config.run_dir, 'run.txt'), encoding='utf-8') as file:
                info = dict(ast.literal_eval(file.read()))
        except (OSError, ValueError, SyntaxError, TypeError):
            return {}
        info.pop('stop_time', None)
        if not isinstance(info.get('continue_times', []), list):
            del info['continue_times']
        return info

    def _report_run_info(self, **times):
        if self.submit_config is None:
            return
        self._run_info.update(task_name=self.submit_config.task_name, host_name=self.submit_config.host_name, **times)
        with util.atomic_write(os.path.join(self.submit_config.run_dir, 'run.txt'), 'w') as file:
            file.write(pprint.pformat(self._run_info) + '\n')


def _format_now():
    return datetime.datetime.now().isoformat(' ', 'seconds')

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The line on the console that tells what is being compiled."""

import sys
import threading
import time

from dnnlib.util import format_time


class Progress:
    """Tells on stderr what is being compiled; on a terminal the seconds count up.

    Args:
        names: Names of the sources.
        verbose: Whether to tell anything.
    """

    def __init__(self, names, verbose):
        self._title = 'Setting up TensorFlow plugin {}: '.format(', '.join(f'"{name}"' for name in names))
        self._verbose = verbose
        self._is_live = verbose and sys.stderr.isatty()
        self._stage = None
        self._begin = time.time()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._stop.set()
        self._thread.join()

    def enter_stage(self, text):
        """Show what goes on from now on."""
        if self._verbose and text != self._stage:
            self._stage = text
            self._draw(end='' if self._is_live else '\n')

    def report_waiting(self, holder):
        """Show that another process compiles, which this one waits for."""
        self.enter_stage(f'Waiting for {holder}, which compiles...')

    def finish(self, text):
        """Show how it ended, and how long it took."""
        self._stop.set()
        if self._verbose:
            self._stage = text
            self._draw(end='\n')

    def _count(self):
        while not self._stop.wait(1.0):
            if self._is_live and self._stage:
                self._draw(end='')

    def _draw(self, end):
        seconds = time.time() - self._begin
        elapsed = f' ({format_time(seconds)})' if self._is_live or seconds >= 1 else ''
        start = '\r\x1b[K' if self._is_live else ''
        print(f'{start}{self._title}{self._stage}{elapsed}', end=end, file=sys.stderr, flush=True)

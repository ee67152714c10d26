# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""How far a piece of work is, on the console: bars and counters, lines of a log, and the stage of a compilation."""

import sys
import threading
import time

from dnnlib.util import format_time

STEPS_INTERVAL_SEC = 0.5


def format_rest(elapsed_sec, num_done, num_left):
    """Return in words how long the items left take if they take as long as those that are done."""
    return format_time(elapsed_sec / max(num_done, 1) * max(num_left, 0))


def print_count(num_done, num_total):
    """Replace the line on stdout by a count such as `4 / 6`, and end it with the last item."""
    print(f'\r{num_done} / {num_total}', end='' if num_done < num_total else '\n', flush=True)


class Progress:
    """A progress line: call it with the number of items just done and of all. Uses tqdm where it is installed."""

    def __init__(self, title, is_shown=True):
        self.title = title
        self.is_shown = is_shown
        self._bar = None
        self._start_time = time.time()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()

    def __call__(self, num_done, num_total):
        """Count the items just done."""
        if not self.is_shown:
            return
        if self._bar is None:
            self._bar = self._make_bar(num_total)
        self._bar.update(num_done)

    def _make_bar(self, num_total):
        try:
            from tqdm import tqdm
        except ImportError:
            return Counter(self.title, num_total, self._start_time)
        return tqdm(total=num_total, desc=self.title, unit=' images', mininterval=_choose_interval_sec())


def _choose_interval_sec():
    """Return the seconds between two updates of a line on stderr: a file gets few of them."""
    return 0.2 if sys.stderr.isatty() else 10


class Counter:
    """The progress line where tqdm is missing, with its methods."""

    def __init__(self, title, num_total, start_time):
        self.title = title
        self.num_total = num_total
        self.num_done = 0
        self.start_time = start_time
        self.next_time = 0

    def update(self, num_done):
        """Count, and print now and then."""
        self.num_done += num_done
        now = time.time()
        if now >= self.next_time:
            self.next_time = now + _choose_interval_sec()
            rest = format_rest(now - self.start_time, self.num_done, self.num_total - self.num_done)
            self._print(f', {rest} left   \r')

    def close(self):
        """Print the final count and end the line."""
        self._print('\n')

    def _print(self, end):
        print(f'{self.title}: {self.num_done} / {self.num_total}', end=end, file=sys.stderr, flush=True)


class PrintedProgress:
    """Prints lines that tell how many images are done and how long the rest takes: for work that is logged.

    Args:
        interval_sec: Shortest time between two lines.
    """

    def __init__(self, interval_sec=15):
        self.interval_sec = interval_sec
        self._name = self._begin = self._begin_done = self._last = None

    def __call__(self, name, done, total):
        """Print a line if it is time to."""
        now = time.monotonic()
        if name != self._name or done <= self._begin_done:
            self._name, self._begin, self._begin_done, self._last = name, now, done, now
        elif now >= self._last + self.interval_sec:
            self._last = now
            rest = format_rest(now - self._begin, done - self._begin_done, total - done)
            print(f'{name}: {done} of {total} pictures, ETA {rest}', flush=True)


class PrintedSteps:
    """Prints step, a measure of quality and remaining time in one line, twice a second.

    Args:
        num_steps: Number of steps.
        title: What the measure is.
    """

    def __init__(self, num_steps, title):
        self._num_steps = num_steps
        self._title = title
        self._start_time = self._last_time = time.time()

    def update(self, step, value):
        """Print the line if it is time to."""
        now = time.time()
        if now - self._last_time < STEPS_INTERVAL_SEC:
            return
        self._last_time = now
        eta = format_rest(now - self._start_time, step, self._num_steps - step)
        line = f'{step} / {self._num_steps} steps   {self._title} {value:.4f}   ETA {eta}    '
        print(f'\r{line}', end='', flush=True)


class Stage:
    """Tells on stderr which stage a piece of work is in; on a terminal the seconds count up.

    Args:
        title: What is being done, in front of each stage.
        verbose: Whether to tell anything.
    """

    def __init__(self, title, verbose):
        self._title = title
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

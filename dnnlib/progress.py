# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""How far a piece of work is, on stderr: a bar on a terminal, a line now and then in a log, nothing for short work."""

import contextlib
import shutil
import sys
import threading
import time

from dnnlib.texts import format_time

DELAY_SEC = 3
DRAW_INTERVAL_SEC = 0.2
LOG_INTERVAL_SEC = 60
BAR_WIDTH = 20


class _Line:
    """The line that the cursor of a terminal is in; what is drawn there does not get into the log of a `Logger`."""

    def __init__(self):
        self.is_live = sys.stderr.isatty()
        self._screen = getattr(sys.stderr, 'screen', sys.stderr)
        self._write_to_log = getattr(sys.stderr, 'write_to_log', None if self.is_live else _write)

    def draw(self, text, start=''):
        """Replace the line, or start another one."""
        width = shutil.get_terminal_size().columns - 1
        with contextlib.suppress(OSError):  # The terminal was closed.
            self._screen.write(f'{start}\r\x1b[K{text[:width]}')
            self._screen.flush()

    def log(self, text):
        """Add a line to the log, if there is one: a file or pipe in place of the terminal, or that of a `Logger`."""
        if self._write_to_log is not None:
            self._write_to_log(text + '\n')


def _write(text):
    """Write to stderr at once: before Python 3.9 it is buffered where it is no terminal."""
    print(text, end='', file=sys.stderr, flush=True)


class Progress:
    """Shows how many items are done, their rate and how long the rest takes.

    On a terminal a bar appears after three seconds and goes away at the end. A log gets a line a minute.

    Args:
        title: What is being done.
        total: Number of all items, or None if it is not known.
        unit: What the items are, in the plural.
        is_shown: Whether to show anything.
        num_done: Number of items that were done before.
        new_line: Whether the cursor stands behind a text, so that the bar needs a line of its own.
    """

    def __init__(self, title, total=None, unit='images', is_shown=True, num_done=0, new_line=False):
        self.title = title
        self.total = total
        self.unit = unit
        self.num_done = num_done
        self._num_before = num_done
        self._line = _Line() if is_shown else None
        self._start = '\n' if new_line else ''
        self._lock = threading.Lock()
        self._begin = time.monotonic()
        self._draw_time = self._begin + DELAY_SEC
        self._log_time = self._begin + LOG_INTERVAL_SEC
        self._is_drawn = False

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __call__(self, num_done, num_total):
        """Count the items just done, of a total that is told with them."""
        self.total = num_total
        self.update(num_done)

    def update(self, num_done=1, **numbers):
        """Count the items just done, and show further numbers with them; from any thread."""
        with self._lock:
            self.num_done += num_done
            now = time.monotonic()
            if self._line is None:
                return
            if self._line.is_live and now >= self._draw_time:
                self._draw_time = now + DRAW_INTERVAL_SEC
                self._is_drawn = True
                self._line.draw(f'{self.title}: {self._format_bar()}{self._format_rest(now, numbers)}', self._start)
                self._start = ''
            if now >= self._log_time:
                self._log_time = now + LOG_INTERVAL_SEC
                self._line.log(f'{self.title}: {self._format_rest(now, numbers)}')

    def close(self):
        """Remove the bar."""
        with self._lock:
            if self._is_drawn:
                self._is_drawn = False
                self._line.draw('')

    def _format_bar(self):
        if not self.total:
            return ''
        num_full = int(BAR_WIDTH * min(self.num_done / self.total, 1))
        return f'[{"#" * num_full}{"-" * (BAR_WIDTH - num_full)}] '

    def _format_rest(self, now, numbers):
        rate = (self.num_done - self._num_before) / max(now - self._begin, 1e-6)
        parts = [f'{self.num_done:.0f}' + (f' / {self.total:.0f} {self.unit}' if self.total else f' {self.unit}')]
        parts.append(f'{rate:.0f} {self.unit}/s' if rate >= 100 else f'{rate:.3g} {self.unit}/s')
        if self.total and rate > 0:
            parts.append(f'ETA {format_time(max(self.total - self.num_done, 0) / rate)}')
        return ', '.join(parts + [f'{name} {value:.4f}' for name, value in numbers.items()])


class NamedProgress:
    """Shows the progress of several pieces of work, one after the other: call it with name, items done and of all.

    The clock of each begins with its first call, so that what came before, such as building a graph, is not counted.

    Args:
        is_shown: Whether to show anything.
        preparing: What is being done until the first call, shown as a `Clock`; None for nothing.
    """

    def __init__(self, is_shown=True, preparing=None):
        self._is_shown = is_shown
        self._clock = Clock(preparing, is_shown and preparing is not None)
        self._current = None

    def __enter__(self):
        self._clock.__enter__()
        return self

    def __exit__(self, *exc_info):
        self._clock.close()
        self._close_current()

    def _close_current(self):
        if self._current is not None:
            self._current.close()
            self._current = None

    def __call__(self, name, done, total):
        """Show how far the named piece of work is."""
        self._clock.close()
        current = self._current
        if current is None or current.title != name or done < current.num_done:
            self._close_current()
            self._current = current = Progress(name, total, is_shown=self._is_shown, num_done=done)
        current.update(done - current.num_done)


class Clock:
    """Shows on a terminal that work goes on of which nobody knows how long it takes: the seconds count up.

    It appears after three seconds and goes away at the end. Of several, one within the other, the inner one is shown.

    Args:
        text: What is being done.
        is_shown: Whether to show anything.
    """

    _delay_sec = DELAY_SEC
    _running = []

    def __init__(self, text, is_shown=True):
        self._text = text
        self._line = _Line()
        self._is_live = is_shown and self._line.is_live
        self._is_drawn = False
        self._begin = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._count, daemon=True)

    def __enter__(self):
        self._running.append(self)
        if self._is_live:
            self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self.close()

    def close(self):
        """Remove the line for good."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self in self._running:
            self._running.remove(self)
        if self._is_drawn:
            self._is_drawn = False
            self._line.draw('')

    def _count(self):
        delay_sec = self._delay_sec
        while not self._stop.wait(delay_sec):
            self._draw()
            delay_sec = 1.0

    def _draw(self):
        if self._text and self._running[-1] is self:
            self._is_drawn = True
            self._line.draw(f'{self._text} ({format_time(time.monotonic() - self._begin)})')


class Stage(Clock):
    """Tells on stderr which stage a piece of work is in, a log too; on a terminal the seconds count up.

    Args:
        title: What is being done, in front of each stage.
        verbose: Whether to tell anything.
    """

    _delay_sec = 1.0

    def __init__(self, title, verbose):
        super().__init__('', verbose)
        self._title = title
        self._verbose = verbose

    def enter_stage(self, stage):
        """Show what goes on from now on."""
        text = self._title + stage
        if self._verbose and text != self._text:
            self._text = text
            if self._is_live:
                self._draw()
            else:
                print(text, file=sys.stderr, flush=True)

    def finish(self, stage):
        """Show how it ended, and how long it took."""
        self.close()
        if self._verbose:
            seconds = time.monotonic() - self._begin
            elapsed = f' ({format_time(seconds)})' if seconds >= 1 else ''
            print(f'{self._title}{stage}{elapsed}', file=sys.stderr, flush=True)

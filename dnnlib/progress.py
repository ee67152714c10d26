# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Progress on the console."""

import sys
import time

from dnnlib.util import format_time


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
        return tqdm(total=num_total, desc=self.title, unit=' images', mininterval=0.2 if sys.stderr.isatty() else 10)


class Counter:
    """The progress line for want of tqdm, with its methods."""

    def __init__(self, title, num_total, start_time):
        self.title = title
        self.num_total = num_total
        self.num_done = 0
        self.start_time = start_time
        self.next_time = 0

    def update(self, num_done):
        """Count, and print now and then."""
        self.num_done += num_done
        if time.time() >= self.next_time:
            self.next_time = time.time() + (0.2 if sys.stderr.isatty() else 10)
            self._print(f', {self._estimate_rest()} left   \r')

    def close(self):
        """Print the final count and end the line."""
        self._print('\n')

    def _estimate_rest(self):
        sec_per_item = (time.time() - self.start_time) / max(self.num_done, 1)
        return format_time(sec_per_item * max(self.num_total - self.num_done, 0))

    def _print(self, end):
        print(f'{self.title}: {self.num_done} / {self.num_total}', end=end, file=sys.stderr, flush=True)

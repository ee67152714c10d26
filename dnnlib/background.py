# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Threads that work while the caller goes on, for functions that release Python's lock: encoders, files, TensorFlow."""

import collections
import concurrent.futures
import os

MAX_THREADS = 8  # Files are not written faster by more.


def map_ahead(func, items, num_threads=1):
    """Yield the result of a function for each item, in the order of the items, and compute the next ones meanwhile.

    Args:
        func: Function of one argument. Its exceptions are raised here.
        items: Iterable, from which no more than `num_threads` items are taken in advance.
        num_threads: Number of calls at a time.
    """
    with concurrent.futures.ThreadPoolExecutor(num_threads) as pool:
        pending = collections.deque()
        try:
            for item in items:
                pending.append(pool.submit(func, item))
                if len(pending) > num_threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            _cancel(pending)


def _cancel(futures):
    for future in futures:
        future.cancel()


class BackgroundCalls:
    """Calls functions in threads, whose results nobody needs, while a `with` block lasts.

    The end of the block waits for all of them. An exception of a call is raised by a later `submit` or by the end of
    the block; then, and if the block itself fails, calls that have not begun are dropped.

    Args:
        num_threads: Number of calls at a time; None for the number of processors. One thread keeps their order.
        max_waiting: Number of calls that wait at most; `submit` lasts as long as there are more.
    """

    def __init__(self, num_threads=None, max_waiting=32):
        self._pool = concurrent.futures.ThreadPoolExecutor(num_threads or min(os.cpu_count() or 1, MAX_THREADS))
        self._max_waiting = max_waiting
        self._pending = collections.deque()

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        try:
            while exc_type is None and self._pending:
                self._pending.popleft().result()
        finally:
            _cancel(self._pending)
            self._pool.shutdown()

    def submit(self, func, *args, **kwargs):
        """Call a function in a thread, as soon as one is free."""
        self._pending.append(self._pool.submit(func, *args, **kwargs))
        while self._pending and (self._pending[0].done() or len(self._pending) > self._max_waiting):
            self._pending.popleft().result()

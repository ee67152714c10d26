# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Spreads work over processes and hands the results back in order."""

import multiprocessing
import os
import signal

from dnnlib import util


def map_in_order(func, items, num_workers):
    """Yield the result of a function for each item, in the order of the items.

    Worker k computes items k, k + num_workers, ... and waits before it gets far ahead of the consumer. Each worker has
    a pipe of its own, so the end of a worker that is killed shows at once as the end of its pipe.

    Args:
        func: Picklable function of one argument.
        items: List of picklable items.
        num_workers: Number of processes; 1 computes everything in this one.

    Yields:
        What `func` returns; its exceptions are raised here.

    Raises:
        UserError: If a worker was killed, for instance for want of memory.
    """
    num_workers = min(num_workers, len(items))
    if num_workers <= 1:
        yield from map(func, items)
        return
    workers = []
    try:
        for first in range(num_workers):
            _start_worker(workers, func, items[first::num_workers])
        for index in range(len(items)):
            result, error = workers[index % num_workers][1].recv()
            if error is not None:
                raise error
            yield result
    except EOFError:
        raise util.UserError(
            'a worker process was killed, probably for want of memory; try again with fewer workers, e.g. --workers=1'
        ) from None
    finally:
        for process, receiver in workers:
            _kill(process)
            receiver.close()


def _start_worker(workers, func, items):
    """Start a process that computes results, and append it to a list, with the pipe that they come from."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    inherited = [receiver] + [other for _, other in workers]
    process = multiprocessing.Process(target=_work, args=(func, items, sender, inherited), daemon=True)
    process.start()
    workers.append((process, receiver))
    sender.close()  # Now the worker holds the only copy.


def _work(func, items, sender, inherited):
    for name in ('SIGINT', 'SIGTERM', 'SIGHUP'):  # Whoever gets them as well, the parent ends the workers.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for receiver in inherited:
        receiver.close()  # Else no worker would notice that the parent is gone.
    for item in items:
        try:
            answer = func(item), None
        except Exception as error:
            answer = None, error
        try:
            sender.send(answer)
        except BrokenPipeError:
            return  # The parent was killed.


def _kill(process):
    """End a process for sure: it may be so young that it still has the signal handlers of its parent."""
    if process.is_alive():
        os.kill(process.pid, getattr(signal, 'SIGKILL', signal.SIGTERM))  # Python 3.6 has no Process.kill.
    process.join()


def split(items, chunk_size):
    """Return consecutive parts of a list, each of `chunk_size` items but for the last."""
    return [items[start : start + chunk_size] for start in range(0, len(items), chunk_size)]

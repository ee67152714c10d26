# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Signals that ask a run to stop at the next good moment, instead of ending the process."""

import contextlib
import multiprocessing.util
import os
import signal
import socket
import sys
import threading
import time

from dnnlib.logger import silence_console

_NAMES = ('SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGHUP')  # SIGUSR1 is the one that SLURM announces the end of a job with.
_ECHO_SEC = 0.2  # A launcher may pass on the Ctrl-C that the terminal has sent to the whole group already.


class StopRequested(KeyboardInterrupt):
    """Work that can be done again later ends early, as the run is to stop.

    It is a KeyboardInterrupt because nothing between may swallow it, while all that tidies up after Ctrl-C has to.
    """


class StopSignals:
    """Turns signals into requests to stop while a `with` block lasts; only in the main thread, as Python has it.

    Python calls handlers when the main thread is back from C++, which may take a minute. So a thread reads the numbers
    of signals from a socket, to which Python writes them at once; it prints a line, or ends the process when Ctrl-C is
    pressed again. Signals that are ignored, such as SIGHUP under nohup, stay so. After a request to stop, a script that
    handles signals itself has none but Ctrl-C to fear: all is saved, and its status is to tell so. The same holds if
    the work came to its end.

    Args:
        request_stop: Function (name of the signal), called for each signal in the main thread or another one.
    """

    def __init__(self, request_stop):
        self._request_stop = request_stop
        self._is_over = False
        self._is_interruptible = False
        self._originals = {}  # Number of the signal -> handler.
        self._sender = None
        self._original_fd = -1
        self._watcher = None

    def __enter__(self):
        if threading.current_thread() is not threading.main_thread():
            return self
        receiver, self._sender = socket.socketpair()
        self._sender.setblocking(False)
        self._watcher = threading.Thread(target=self._watch, args=(receiver,), daemon=True)
        self._watcher.start()
        self._original_fd = signal.set_wakeup_fd(self._sender.fileno())
        for number in _list_signals():
            self._originals[number] = signal.signal(number, self._handle)
        multiprocessing.util.register_after_fork(self, StopSignals._restore)  # Signals of a child are its own affair.
        return self

    def __exit__(self, error_type, *_):
        self._is_over = self._is_over or error_type is None
        if self._sender is not None:
            self._restore()
            self._watcher.join(1)  # No longer, in case that the output is stuck.

    @contextlib.contextmanager
    def interruptible(self):
        """Let signals raise StopRequested while a `with` block lasts."""
        self._is_interruptible = True
        try:
            yield
        finally:
            self._is_interruptible = False

    def _restore(self):
        while self._originals:
            number, original = self._originals.popitem()
            is_over = self._is_over and callable(original) and number != signal.SIGINT
            signal.signal(number, signal.SIG_IGN if is_over else original)
        if self._sender is not None:
            signal.set_wakeup_fd(self._original_fd)
            self._sender.close()
            self._sender = None

    def _handle(self, number, _):
        """Request a stop, in the main thread."""
        self._is_over = True
        self._request_stop(signal.Signals(number).name)
        if self._is_interruptible:
            self._is_interruptible = False  # Another signal is not to disturb what tidies up.
            raise StopRequested

    def _watch(self, receiver):
        """Request a stop, in another thread, and tell the user."""
        told = {}  # Name -> time.
        with receiver:
            for number in iter(lambda: receiver.recv(1), b''):
                name = signal.Signals(number[0]).name
                if name not in _NAMES:
                    continue
                self._request_stop(name)
                if name == 'SIGINT' and time.monotonic() - told.get(name, time.monotonic()) > _ECHO_SEC:
                    _end_process()
                if name not in told and (name == 'SIGINT' or not told):
                    again = '; press Ctrl-C again to stop at once' if name == 'SIGINT' else ''
                    _print_safely(f'{name}: finishing this minibatch and saving{again}', sys.stdout)
                if name == 'SIGHUP':
                    silence_console()
                told.setdefault(name, time.monotonic())


def _list_signals():
    """Return the numbers of the signals to catch that this platform has and nobody ignores."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def _print_safely(text, stream):
    with contextlib.suppress(OSError, ValueError):  # The terminal is gone, or the stream closed.
        print(text + '\n', end='', file=stream, flush=True)  # In one piece, as other threads print as well.


def _end_process():
    _print_safely('Interrupted.', sys.stderr)
    os._exit(128 + signal.SIGINT)

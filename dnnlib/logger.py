# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Copies what is printed into a file."""

import contextlib
import errno
import io
import os
import stat
import sys
import threading

from dnnlib.disk_space import is_disk_full

_MAX_PENDING = 1 << 20  # Bytes that are kept for a file on a full disk.


class Logger:
    """Copy everything printed to stdout and stderr into a file, until closed.

    If the file cannot be written, as the disk is full, a warning says so, once, and what is missing is written as soon
    as there is room. If the terminal is closed, only the file goes on.

    Args:
        file_name: File to write, or None to leave the two streams as they are.
        file_mode: Mode to open the file with: 'w' (replace), 'a' (append) or 'x' (must be new).
        should_flush: Flush after every write, so that the file can be followed while the program runs.
    """

    def __init__(self, file_name=None, file_mode='w', should_flush=True):
        self.file = None if file_name is None else open(file_name, file_mode + 'b', buffering=0)
        self.should_flush = should_flush
        self.stdout = sys.stdout
        self.stderr = sys.stderr
        self._pending = b''
        self._is_told = False
        self._lock = threading.RLock()
        self._tees = [_Tee(self.stdout, self), _Tee(self.stderr, self)]
        sys.stdout, sys.stderr = self._tees

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def write(self, text):
        """Write text to the original stdout and to the file."""
        self._tees[0].write(text)

    def write_to_file(self, text):
        """Write text to the file alone; without effect once the logger is closed."""
        if self.file is not None:
            with self._lock:
                self._pending = (self._pending + text.encode('utf-8', 'backslashreplace'))[-_MAX_PENDING:]
                if self.should_flush or len(self._pending) > io.DEFAULT_BUFFER_SIZE:
                    self._write_pending()

    def _write_pending(self):
        """Write to the file what is not there yet, or tell once why that is impossible now."""
        try:
            with self._lock:
                while self._pending:
                    self._pending = self._pending[self.file.write(self._pending) :]
            self._is_told = False
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                with contextlib.suppress(OSError):
                    name = self.file.name
                    self.stderr.write(f'Warning: {error.strerror}: {name}; it goes on as soon as that is possible\n')

    def flush(self):
        """Flush the original stdout and the file."""
        self._tees[0].flush()

    def flush_file(self):
        """Flush the file alone; without effect once the logger is closed."""
        if self.file is not None:
            self._write_pending()

    def close(self):
        """Restore stdout and stderr, unless somebody else has replaced them meanwhile, and close the file."""
        self.flush()
        if sys.stdout is self._tees[0]:
            sys.stdout = self.stdout
        if sys.stderr is self._tees[1]:
            sys.stderr = self.stderr
        file, self.file = self.file, None
        if file is not None:
            file.close()


class _Tee:
    """A text stream that also feeds a logger; all else (isatty, fileno, encoding ...) is that of the stream."""

    def __init__(self, stream, logger):
        self._stream = stream
        self._logger = logger

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        if isinstance(text, bytes):
            text = text.decode('utf-8', 'replace')
        if text:  # Python 3.6 would print nothing, yet IDE consoles react to empty writes.
            self._logger.write_to_file(text)
            with _surviving_the_console():
                self._stream.write(text)
                if self._logger.should_flush:
                    self._stream.flush()
        return len(text)

    @property
    def screen(self):
        """The stream behind all loggers, for what is drawn on a terminal and has no place in their files."""
        return getattr(self._stream, 'screen', self._stream)

    def write_to_log(self, text):
        """Write text to where no terminal is: the files of all loggers, and a stream that is a file or pipe."""
        self._logger.write_to_file(text)
        if isinstance(self._stream, _Tee):
            self._stream.write_to_log(text)
        elif not self._stream.isatty():
            with _surviving_the_console():
                self._stream.write(text)
                self._stream.flush()

    def flush(self):
        self._logger.flush_file()
        with _surviving_the_console():
            self._stream.flush()


@contextlib.contextmanager
def _surviving_the_console():
    """Let a terminal that was closed, or a pipe that nobody reads any more, silence the console; go by a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EIO, errno.EPIPE):
            silence_console()
        elif not is_disk_full(error):
            raise


def silence_console():
    """Send nowhere what is printed from now on, except to a file: writing fails once the terminal is closed."""
    for number in (1, 2):
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(os.fstat(number).st_mode):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, number)
                os.close(null)

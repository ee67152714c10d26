# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Copies what is printed into a file."""

import sys


class Logger:
    """Copy everything printed to stdout and stderr into a file, until closed.

    Args:
        file_name: File to write, or None to leave the two streams as they are.
        file_mode: Mode to open the file with: 'w' (replace), 'a' (append) or 'x' (must be new).
        should_flush: Flush after every write, so that the file can be followed while the program runs.
    """

    def __init__(self, file_name=None, file_mode='w', should_flush=True):
        self.file = (
            None if file_name is None else open(file_name, file_mode, encoding='utf-8', errors='backslashreplace')
        )
        self.should_flush = should_flush
        self.stdout = sys.stdout
        self.stderr = sys.stderr
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
            self.file.write(text)
            if self.should_flush:
                self.file.flush()

    def flush(self):
        """Flush the original stdout and the file."""
        self._tees[0].flush()

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
            self._stream.write(text)
            self._logger.write_to_file(text)
            if self._logger.should_flush:
                self._stream.flush()
        return len(text)

    def flush(self):
        self._stream.flush()
        if self._logger.file is not None:
            self._logger.file.flush()

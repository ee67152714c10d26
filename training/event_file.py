# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The file of events for TensorBoard, written as long as there is room for it."""

import contextlib
import shutil

import tensorflow.compat.v1 as tf

_MIN_FREE_BYTES = 1 << 20
_ERRORS = (OSError, RuntimeError, tf.errors.OpError)  # TensorFlow 2.x raises RuntimeError when a disk is full.


class EventFile:
    """A `tf.summary.FileWriter` that survives a full disk.

    TensorFlow 1.15 goes on behind a record that was cut off, which nobody can read then, and 2.x writes nothing any
    more. So nothing is written while little room is left, and afterwards to a new file.

    Args:
        folder: Folder of the file.
    """

    def __init__(self, folder):
        self._folder = folder
        self._writer = tf.summary.FileWriter(folder)
        self._is_broken = False

    def add_graph(self, graph):
        """See `tf.summary.FileWriter`, as the other two."""
        self._write(lambda writer: writer.add_graph(graph))

    def add_summary(self, summary, global_step=None):
        """Write a summary."""
        self._write(lambda writer: writer.add_summary(summary, global_step))

    def add_session_log(self, session_log, global_step=None):
        """Write a record about the run."""
        self._write(lambda writer: writer.add_session_log(session_log, global_step))

    def _write(self, write):
        """Call a function of the writer, and see to it that the disk gets what it writes."""
        if shutil.disk_usage(self._folder).free < _MIN_FREE_BYTES:
            self._break('the disk is nearly full')
            return
        try:
            if self._is_broken:
                self.close()
                self._writer.reopen()
            self._is_broken = False
            write(self._writer)
            self._writer.flush()
        except _ERRORS as error:
            self._break(str(error).strip().split('\n')[0])

    def _break(self, reason):
        """Write nothing for now, and tell why once."""
        if not self._is_broken:
            print(f'Warning: TensorBoard gets nothing for now: {reason}; it goes on as soon as that is possible')
        self._is_broken = True

    def close(self):
        """Close the file."""
        with contextlib.suppress(*_ERRORS):
            self._writer.close()

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The file of events for TensorBoard."""

import glob
import os
import time

import pytest
import small_disk
import tensorflow.compat.v1 as tf

from training import event_file


def make_summary(step):
    return tf.Summary(value=[tf.Summary.Value(tag='x', simple_value=step)])


def read_steps(folder):
    """Return the steps of all events in all files of a folder; fails where a file is damaged."""
    paths = sorted(glob.glob(os.path.join(folder, 'events.*')), key=os.path.getmtime)
    return [event.step for path in paths for event in tf.train.summary_iterator(path) if event.summary.value]


@pytest.fixture
def graph_mode():
    """TensorFlow 2.x writes events in graph mode alone."""
    with tf.Graph().as_default():
        yield


def test_events_are_there_at_once(tmp_path, graph_mode):
    events = event_file.EventFile(str(tmp_path))
    events.add_summary(make_summary(1), 1)
    assert read_steps(str(tmp_path)) == [1]
    events.close()


def test_full_disk_costs_the_events_of_its_time_and_no_others(tmp_path, graph_mode):
    with small_disk.mount(str(tmp_path), num_kbytes=3000) as disk:
        events = event_file.EventFile(disk.path)
        events.add_summary(make_summary(1), 1)
        disk.fill()
        for step in (2, 3):
            events.add_summary(make_summary(step), step)
        disk.make_room()
        time.sleep(1)  # Names of files differ by seconds.
        for step in (4, 5):
            events.add_summary(make_summary(step), step)
        assert read_steps(disk.path) == [1, 4, 5]
        events.close()


@pytest.mark.parametrize('error', [RuntimeError('No space left on device'), OSError(28, 'No space left on device')])
def test_writer_that_fails_is_opened_anew(tmp_path, graph_mode, monkeypatch, error):
    events = event_file.EventFile(str(tmp_path))
    calls = []

    def fail(*args):
        raise error

    monkeypatch.setattr(events._writer, 'flush', fail)
    events.add_summary(make_summary(1), 1)
    monkeypatch.undo()
    monkeypatch.setattr(events._writer, 'reopen', lambda: calls.append('reopen'))
    events.add_summary(make_summary(2), 2)
    events.add_summary(make_summary(3), 3)
    assert calls == ['reopen']
    events.close()

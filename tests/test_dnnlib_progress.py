# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of progress on the console."""

import io
import sys

import pytest

from dnnlib import progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):  # noqa: D102
        return True


def test_printed_progress_tells_the_remaining_time(monkeypatch, capsys):
    times = iter([100, 105, 110, 121, 122])
    monkeypatch.setattr(progress.time, 'monotonic', lambda: next(times))
    report = progress.PrintedProgress(interval_sec=10)
    for name, done in [('a', 1000), ('a', 2000), ('a', 3000), ('a', 5000), ('b', 1000)]:
        report(name, done, 10000)
    printed = capsys.readouterr().out.splitlines()
    assert printed == ['a: 3000 of 10000 pictures, ETA 35s', 'a: 5000 of 10000 pictures, ETA 26s']


def test_count_stays_on_one_line_until_the_end(capsys):
    for done in (0, 4, 6):
        progress.print_count(done, 6)
    assert capsys.readouterr().out == '\r0 / 6\r4 / 6\r6 / 6\n'


@pytest.mark.parametrize('is_terminal', [False, True])
def test_counter_draws_often_on_a_terminal_and_rarely_into_a_file(monkeypatch, is_terminal):
    stream = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, 'stderr', stream)
    times = iter([1000.5, 1001, 1010.6])
    monkeypatch.setattr(progress.time, 'time', lambda: next(times))
    counter = progress.Counter('Writing', 8, start_time=1000)
    for _ in range(3):
        counter.update(2)
    counter.close()
    lines = stream.getvalue().split('\r')
    assert lines[0] == 'Writing: 2 / 8, 2s left   ' and lines[-1] == 'Writing: 6 / 8\n'  # 0.25 s each, rounded to even.
    assert len(lines) == (4 if is_terminal else 3)


def test_silenced_progress_prints_nothing(capsys):
    with progress.Progress('Writing', is_shown=False) as report:
        report(1, 2)
    assert capsys.readouterr() == ('', '')


def test_steps_tell_the_measure_and_the_remaining_time_twice_a_second(monkeypatch, capsys):
    times = iter([100, 100.4, 101, 101.2])
    monkeypatch.setattr(progress.time, 'time', lambda: next(times))
    report = progress.PrintedSteps(10, 'distance')
    for step in (1, 2, 3):
        report.update(step, 0.5)
    assert capsys.readouterr().out == '\r2 / 10 steps   distance 0.5000   ETA 4s    '


def test_stage_is_told_once_and_without_a_clock_in_a_file(capsys):
    with progress.Stage('Making tea: ', verbose=True) as stage:
        stage.enter_stage('Boiling...')
        stage.enter_stage('Boiling...')
        stage.finish('Done.')
    assert capsys.readouterr().err == 'Making tea: Boiling...\nMaking tea: Done.\n'

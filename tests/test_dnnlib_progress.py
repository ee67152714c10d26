# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of progress on the console."""

import io
import re
import sys
import threading
import time

import pytest

from dnnlib import progress, util

CLEAR = '\r\x1b[K'


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):  # noqa: D102
        return True


class Clock:
    """Stands still until it is set."""

    now = 1000

    def monotonic(self):  # noqa: D102
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(progress, 'time', Clock())
    monkeypatch.setenv('COLUMNS', '120')
    return progress.time


def replace_stderr(monkeypatch, is_terminal):
    monkeypatch.setattr(sys, 'stderr', Terminal() if is_terminal else io.StringIO())
    return sys.stderr


def count(clock, report, seconds, num_each=10):
    for second in seconds:
        clock.now = 1000 + second
        report.update(num_each)


@pytest.mark.parametrize('is_terminal', [False, True])
def test_short_work_leaves_nothing(monkeypatch, clock, is_terminal):
    stream = replace_stderr(monkeypatch, is_terminal)
    with progress.Progress('Writing', 30) as report:
        count(clock, report, [0, 1, 2.9])
    assert stream.getvalue() == ''


def test_bar_appears_after_three_seconds_and_goes_away(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    with progress.Progress('Writing', 80) as report:
        count(clock, report, [1, 4, 4.1, 5])
    assert stream.getvalue() == (
        f'{CLEAR}Writing: [#####---------------] 20 / 80 images, 5 images/s, ETA 12s'
        f'{CLEAR}Writing: [##########----------] 40 / 80 images, 8 images/s, ETA 5s{CLEAR}'
    )


def test_bar_is_no_wider_than_the_terminal(monkeypatch, clock):
    monkeypatch.setenv('COLUMNS', '21')
    stream = replace_stderr(monkeypatch, True)
    count(clock, progress.Progress('Writing', 80), [4])
    assert stream.getvalue() == f'{CLEAR}Writing: [##--------'


def test_a_log_gets_a_line_a_minute(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, False)
    with progress.Progress('FID: fakes', 100) as report:
        count(clock, report, [10, 59, 60, 61, 119, 120])
    assert stream.getvalue() == (
        'FID: fakes: 30 / 100 images, 0.5 images/s, ETA 2m 20s\nFID: fakes: 60 / 100 images, 0.5 images/s, ETA 1m 20s\n'
    )


def test_a_live_bar_stays_out_of_the_file_of_a_logger(monkeypatch, clock, tmp_path):
    stream = replace_stderr(monkeypatch, True)
    with util.Logger(str(tmp_path / 'log.txt')), util.Logger(str(tmp_path / 'inner.txt')):
        with progress.Progress('Writing') as report:
            count(clock, report, [30, 60])
    line = '20 images, 0.333 images/s'
    assert stream.getvalue() == f'{CLEAR}Writing: 10 images, 0.333 images/s{CLEAR}Writing: {line}{CLEAR}'
    assert (tmp_path / 'log.txt').read_text() == (tmp_path / 'inner.txt').read_text() == f'Writing: {line}\n'


def test_a_logger_over_a_pipe_passes_the_line_on_once(monkeypatch, clock, tmp_path):
    stream = replace_stderr(monkeypatch, False)
    with util.Logger(str(tmp_path / 'log.txt')):
        count(clock, progress.Progress('Writing'), [60])
    assert stream.getvalue() == (tmp_path / 'log.txt').read_text() == 'Writing: 10 images, 0.167 images/s\n'


def test_further_numbers_stand_at_the_end(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    report = progress.Progress('Projecting', 1000, 'steps')
    clock.now += 4
    report.update(1000, distance=0.5)
    assert stream.getvalue().endswith('1000 / 1000 steps, 250 steps/s, ETA 0s, distance 0.5000')


def test_total_may_come_with_each_call(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    report = progress.Progress('Writing')
    clock.now += 4
    report(1, 4)
    assert '1 / 4 images, 0.25 images/s, ETA 12s' in stream.getvalue()


def test_silenced_progress_prints_nothing(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    with progress.Progress('Writing', is_shown=False) as report:
        count(clock, report, [4, 60])
    assert stream.getvalue() == ''


def test_threads_count_together():
    report = progress.Progress('Writing', is_shown=False)
    threads = [threading.Thread(target=lambda: [report.update() for _ in range(1000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert report.num_done == 8000


def test_each_name_has_a_bar_and_a_clock_of_its_own(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    calls = [(0, 'a', 10), (4, 'a', 30), (5, 'b', 10), (10, 'b', 60), (20, 'b', 5), (25, 'b', 10)]
    with progress.NamedProgress() as report:
        for second, name, done in calls:
            clock.now = 1000 + second
            report(name, done, 100)
    bars = [text for text in stream.getvalue().split(CLEAR) if text]
    assert [bar.split('] ')[1] for bar in bars] == [
        '30 / 100 images, 5 images/s, ETA 14s',
        '60 / 100 images, 10 images/s, ETA 4s',
        '10 / 100 images, 1 images/s, ETA 1m 30s',
    ]
    assert stream.getvalue().endswith(CLEAR)


def test_stage_is_told_once_and_without_a_clock_in_a_file(capsys):
    with progress.Stage('Making tea: ', verbose=True) as stage:
        stage.enter_stage('Boiling...')
        stage.enter_stage('Boiling...')
        stage.finish('Done.')
    assert capsys.readouterr().err == 'Making tea: Boiling...\nMaking tea: Done.\n'


def test_only_the_end_of_a_live_stage_gets_into_the_file_of_a_logger(monkeypatch, clock, tmp_path):
    stream = replace_stderr(monkeypatch, True)
    with util.Logger(str(tmp_path / 'log.txt')), progress.Stage('Making tea: ', verbose=True) as stage:
        stage.enter_stage('Boiling...')
        clock.now += 5
        stage.finish('Done.')
    assert stream.getvalue() == f'{CLEAR}Making tea: Boiling... (0s){CLEAR}Making tea: Done. (5s)\n'
    assert (tmp_path / 'log.txt').read_text() == 'Making tea: Done. (5s)\n'


def test_clock_appears_after_a_while_and_gives_way_to_one_within(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    monkeypatch.setattr(progress.Clock, '_delay_sec', 0.01)
    with progress.Clock('Building'):
        while not stream.getvalue():
            time.sleep(0.01)
        clock.now += 4
        with progress.Stage('Compiling: ', verbose=True) as stage:
            stage.enter_stage('ops')
            time.sleep(1.2)  # Both count by now.
            stage.finish('Done.')
        middle = stream.getvalue()
    assert re.match(r'(\r\x1b\[KBuilding \(0s\))+(\r\x1b\[KCompiling: ops \(0s\))+\r\x1b\[KCompiling: Done.\n$', middle)
    assert stream.getvalue() == middle + CLEAR


def test_clock_of_what_prepares_ends_with_the_first_bar(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    monkeypatch.setattr(progress.Clock, '_delay_sec', 0.01)
    with progress.NamedProgress(preparing='Preparing') as report:
        while not stream.getvalue():
            time.sleep(0.01)
        before = stream.getvalue()
        assert before.startswith(f'{CLEAR}Preparing (0s)')
        report('a', 1, 2)
        clock.now += 4
        report('a', 2, 2)
    assert (
        stream.getvalue()
        == f'{before}{CLEAR}{CLEAR}a: [####################] 2 / 2 images, 0.25 images/s, ETA 0s{CLEAR}'
    )


@pytest.mark.parametrize('is_terminal, delay_sec', [(False, 0.01), (True, 60)])
def test_clock_of_a_file_or_of_short_work_shows_nothing(monkeypatch, is_terminal, delay_sec):
    stream = replace_stderr(monkeypatch, is_terminal)
    monkeypatch.setattr(progress.Clock, '_delay_sec', delay_sec)
    with progress.Clock('Building'):
        time.sleep(0.05)
    assert stream.getvalue() == ''


def test_bar_behind_a_text_takes_a_line_of_its_own(monkeypatch, clock):
    stream = replace_stderr(monkeypatch, True)
    with progress.Progress('Downloading', 20, 'MB', new_line=True) as report:
        count(clock, report, [4, 5])
    assert stream.getvalue() == (
        f'\n{CLEAR}Downloading: [##########----------] 10 / 20 MB, 2.5 MB/s, ETA 4s'
        f'{CLEAR}Downloading: [####################] 20 / 20 MB, 4 MB/s, ETA 0s{CLEAR}'
    )

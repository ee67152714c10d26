# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a run directory tells besides numbers."""

import contextlib
import os
import platform
import shlex
import time

import pytest
from report_inputs import make_row, write_options, write_rows

from dnnlib.submission import run_lock
from training.report import run_files

ERROR = 'tick 1 kimg 4\nTraceback (most recent call last):\n  ...\nValueError: no\n'


@pytest.mark.parametrize('content', [None, '', '{', '[]', '{"run_func_kwargs": 1}'])
def test_options_that_are_missing_or_damaged_are_none(tmp_path, content):
    if content is not None:
        (tmp_path / 'training_options.json').write_text(content)
    options = run_files.read_options(str(tmp_path))
    assert options == {} and run_files.flatten_options(options) == {} and run_files.find_total_kimg(options) is None
    assert run_files.make_resume_command(options, str(tmp_path)) is None


def test_options_are_told_by_the_way_to_them(tmp_path):
    write_options(tmp_path, total_kimg=7, G_args={'func_name': 'a.b', 'more': {'x': [1, None]}}, empty={})
    options = run_files.read_options(str(tmp_path))
    flat = run_files.flatten_options(options)
    assert list(flat.items()) == [
        ('total_kimg', '7'),
        ('G_args.func_name', 'a.b'),
        ('G_args.more.x', '[1, null]'),
        ('empty', '{}'),
    ]
    assert run_files.find_total_kimg(options) == 7


@pytest.mark.parametrize(
    'command',
    [
        ['run_training.py', '--dataset=my faces', '--gamma', '10'],
        ['--dataset=my faces', '--gamma', '10'],
        ['run_training.py', '--dataset=my faces', '--resume-pkl', 'x.pkl', '--gamma', '10', '--resume-kimg=3'],
        ['run_training.py', '--resume=auto', '--resume_pkl=y.pkl', '--dataset=my faces', '--gamma', '10', '--resume=z'],
    ],
)
def test_command_to_resume_is_that_of_the_run_going_on_in_its_folder(tmp_path, command):
    run_dir = tmp_path / 'a run; rm -r'
    line = run_files.make_resume_command({'command': command}, str(run_dir))
    words = ['python', 'run_training.py', '--dataset=my faces', '--gamma', '10', f'--resume={run_dir}']
    assert shlex.split(line) == words


def test_start_is_read_from_the_records_of_the_run(tmp_path):
    assert run_files.find_start(str(tmp_path)) is None
    (tmp_path / 'run.txt').write_text("{'host_name': 'x',\n 'start_time': '2026-01-02 03:04:05'}\n")
    assert run_files.find_start(str(tmp_path)) == '2026-01-02 03:04:05'
    (tmp_path / 'run.txt').write_text('{')
    assert run_files.find_start(str(tmp_path)) is None


@pytest.mark.parametrize(
    'kimg, ending, log, age_sec, expected',
    [
        (10, 'stop_time', None, 0, run_files.FINISHED),
        (4, 'stop_time', 'tick 3\nStopped at 4.0 kimg\n', 0, run_files.STOPPED),
        (4, 'stop_time', 'tick 3\nTraceback (most recent call last):\nValueError: no\n', 0, run_files.FAILED),
        (4, 'stop_time', 'tick 3\nTraceback (most recent call last):\nKeyboardInterrupt\n', 0, run_files.STOPPED),
        (4, 'stop_time', 'Traceback (most recent call last):\n\ntick 3\n', 0, run_files.STOPPED),  # It went on since.
        (4, 'locked', None, 10000, run_files.TRAINING),
        (4, None, None, 100, run_files.TRAINING),  # On another machine, perhaps.
        (4, None, None, 10000, run_files.STOPPED),  # Killed.
        (
            4,
            f'process 1 on {platform.node()} since 2026-01-31',
            None,
            100,
            run_files.STOPPED,
        ),  # Killed on this machine.
        (4, 'process 1 on other since 2026-01-31', None, 100, run_files.TRAINING),
    ],
)
def test_state_is_seen_from_outside(tmp_path, kimg, ending, log, age_sec, expected):
    write_rows(tmp_path, [make_row(1)])
    now = time.time()
    os.utime(str(tmp_path / 'stats.jsonl'), (now - age_sec, now - age_sec))
    info = {'start_time': '2026-01-31 12:00:00'}
    if ending == 'stop_time':
        info['stop_time'] = '2026-01-31 13:00:00'
    (tmp_path / 'run.txt').write_text(repr(info))
    if str(ending).startswith('process'):
        (tmp_path / '.lock').write_text(ending)
    if log is not None:
        (tmp_path / 'log.txt').write_text(log)
    with contextlib.ExitStack() as stack:
        if ending == 'locked':
            stack.enter_context(run_lock.hold_run(str(tmp_path)))
        assert run_files.find_state(str(tmp_path), kimg, 10) == expected


def test_last_news_are_those_of_the_newest_tick(tmp_path):
    write_rows(tmp_path, [make_row(1)])
    os.utime(str(tmp_path / 'stats.jsonl'), (1000, 1000))
    assert run_files.find_last_news(str(tmp_path)) == 1000


def test_grids_are_found_whatever_the_recipe_calls_them(tmp_path):
    names = [
        'fakes000010.png',
        'fakes1000000.png',
        'fakes000009.png',
        'fakes_init.png',
        'reals.png',
        'a-2-b-000003.png',
    ]
    others = ['000001.png', 'fakes00001.png', 'fakes000001.jpg', '.fakes000001.png', 'reals.png']
    for name in names + others:
        (tmp_path / name).write_text('')
    rows = run_files.list_grids(str(tmp_path))
    assert list(rows) == ['a-2-b-', 'fakes']
    assert rows['a-2-b-'] == [(3, 'a-2-b-000003.png')] and run_files.get_title('a-2-b-') == 'a-2-b'
    assert [grid.kimg for grid in rows['fakes']] == [None, 9, 10, 1000000]
    assert [run_files.describe_grid(grid) for grid in rows['fakes']] == ['start', '9 kimg', '10 kimg', '1,000,000 kimg']

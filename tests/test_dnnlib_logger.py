# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the copy of what is printed."""

import os
import subprocess
import sys

import pytest

from dnnlib import util

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(util.__file__)))


def test_logger_copies_both_streams_into_the_file_and_restores_them(tmp_path, capsys):
    before = sys.stdout, sys.stderr
    with util.Logger(str(tmp_path / 'log.txt')):
        print('tick 0')
        print('careful', file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    print('afterwards')
    assert (tmp_path / 'log.txt').read_text() == 'tick 0\ncareful\n'
    assert capsys.readouterr() == ('tick 0\nafterwards\n', 'careful\n')


def test_logger_writes_through_at_once(tmp_path):
    with util.Logger(str(tmp_path / 'log.txt')) as logger:
        logger.write('tick 0')
        assert (tmp_path / 'log.txt').read_text() == 'tick 0'


def test_logger_can_append_and_stores_any_letter(tmp_path):
    path = tmp_path / 'log.txt'
    path.write_text('old\n')
    with util.Logger(str(path), file_mode='a') as logger:
        logger.write_to_file('Kerr\u00e4s \u6f22\n')
    assert path.read_bytes().decode('utf-8') == 'old\nKerr\u00e4s \u6f22\n'


def test_logger_without_file_only_prints(capsys):
    with util.Logger():
        print('tick 0')
    assert capsys.readouterr().out == 'tick 0\n'


def test_logged_streams_still_look_like_streams(tmp_path):
    script = (
        'import sys; from dnnlib import util\n'
        'with util.Logger(sys.argv[1]):\n'
        '    sys.stdout.flush(); print(sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.encoding is not None)\n'
    )
    command = [sys.executable, '-c', script, str(tmp_path / 'log.txt')]
    assert subprocess.check_output(command, cwd=ROOT).decode().strip() == 'False 1 True'


def test_loggers_closed_in_the_wrong_order_leave_a_working_stdout(tmp_path, capsys):
    before = sys.stdout
    outer = util.Logger(str(tmp_path / 'outer.txt'))
    inner = util.Logger(str(tmp_path / 'inner.txt'))
    outer.close()
    print('between')
    inner.close()
    print('after')
    sys.stdout, sys.stderr = before, outer.stderr
    assert (tmp_path / 'inner.txt').read_text() == 'between\n'
    assert (tmp_path / 'outer.txt').read_text() == ''
    assert capsys.readouterr().out == 'between\nafter\n'


def test_log_takes_names_that_are_no_text(tmp_path, capsys):
    with util.Logger(str(tmp_path / 'log.txt')) as logger:
        logger.write_to_file('\udce9lan\n')
    assert (tmp_path / 'log.txt').read_text() == '\\udce9lan\n'


LOG_LINES = """
import sys, time
from dnnlib import util
with util.Logger(sys.argv[1]):
    for index in range(3):
        print('tick', index, flush=True)
        time.sleep(0.2)
    print('careful', file=sys.stderr)
"""


def test_pipe_that_nobody_reads_any_more_silences_the_console_alone(tmp_path):
    command = [sys.executable, '-c', LOG_LINES, str(tmp_path / 'log.txt')]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b'tick 0\n'
    process.stdout.close()
    assert process.wait() == 0
    assert (tmp_path / 'log.txt').read_text() == 'tick 0\ntick 1\ntick 2\ncareful\n'


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='there is no /dev/full')
def test_full_disk_behind_the_console_ends_nothing(tmp_path):
    script = LOG_LINES + "print('done', file=sys.stderr, flush=True)"
    command = [sys.executable, '-c', script, str(tmp_path / 'log.txt')]
    with open('/dev/full', 'w') as full:
        process = subprocess.Popen(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT)
        errors = process.communicate()[1]
    assert errors.startswith(b'careful\ndone\n')
    assert (tmp_path / 'log.txt').read_text() == 'tick 0\ntick 1\ntick 2\ncareful\n'

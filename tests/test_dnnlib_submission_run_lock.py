# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the locks of run folders and of result directories."""

import errno
import os
import platform
import re
import subprocess
import sys
import threading

import pytest

from dnnlib import folder_lock, util
from dnnlib.submission import run_lock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(util.__file__)))


@pytest.fixture
def run_dir(tmp_path):
    result = tmp_path / '00003-faces-1gpu'
    result.mkdir()
    return str(result)


def test_a_run_folder_in_use_is_refused_and_tells_by_whom(run_dir):
    with run_lock.hold_run(run_dir):
        holder = run_lock.find_holder(run_dir)
        pattern = rf'process {os.getpid()} on {re.escape(platform.node())} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d'
        assert re.match(pattern + '$', holder)
        with pytest.raises(util.UserError) as caught, run_lock.hold_run(run_dir):
            pass
    assert str(caught.value) == f'{run_dir} is in use by {holder}; stop that run first'


def test_nobody_holds_a_folder_afterwards_and_nothing_is_left_there(run_dir):
    assert run_lock.find_holder(run_dir) is None
    with pytest.raises(ArithmeticError), run_lock.hold_run(run_dir):
        raise ArithmeticError
    assert run_lock.find_holder(run_dir) is None and os.listdir(run_dir) == []


def test_a_folder_that_is_not_there_is_held_by_nobody(tmp_path):
    assert run_lock.find_holder(str(tmp_path / 'missing')) is None


def test_a_killed_run_holds_nothing(run_dir):
    code = 'import sys, time; from dnnlib.submission import run_lock\n'
    code += "with run_lock.hold_run(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, '-c', code, run_dir], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b'held\n'
    assert f'process {process.pid} on ' in run_lock.find_holder(run_dir)
    process.kill()
    process.communicate()
    assert run_lock.find_holder(run_dir) is None
    with run_lock.hold_run(run_dir):
        assert f'process {os.getpid()} on ' in run_lock.find_holder(run_dir)


def test_a_result_directory_is_waited_for_and_made(tmp_path):
    result_dir, order = str(tmp_path / 'a' / 'results'), []
    is_held, may_end = threading.Event(), threading.Event()

    def hold_long():
        with run_lock.hold(result_dir):
            is_held.set()
            may_end.wait()
            order.append('first')

    thread = threading.Thread(target=hold_long)
    thread.start()
    is_held.wait()
    threading.Timer(0.2, may_end.set).start()
    with run_lock.hold(result_dir):
        order.append('second')
    thread.join()
    assert order == ['first', 'second'] and os.listdir(result_dir) == []


def test_a_result_directory_is_not_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, '_RESULT_DIR_TIMEOUT_SEC', 0.1)
    with run_lock.hold(str(tmp_path)):
        with pytest.raises(util.UserError, match=f'is in use by process {os.getpid()} on .*; stop that process first'):
            with run_lock.hold(str(tmp_path)):
                pass


def test_a_file_in_the_place_of_a_result_directory_is_named(tmp_path):
    (tmp_path / 'results').write_text('')
    with pytest.raises(util.UserError, match='results is a file'), run_lock.hold(str(tmp_path / 'results')):
        pass


def test_a_lock_that_cannot_be_opened_is_held(run_dir, monkeypatch):
    def fail(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    open(os.path.join(run_dir, '.lock'), 'w').close()
    monkeypatch.setattr(folder_lock, '_open', fail)
    assert run_lock.find_holder(run_dir) == 'another user'
    with pytest.raises(util.UserError, match='is in use by another'), run_lock.hold_run(run_dir):
        pass


def test_a_file_system_without_locks_is_warned_of(run_dir, monkeypatch):
    def fail(file, operation):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(folder_lock.fcntl, 'flock', fail)
    bodies = []
    with pytest.warns(UserWarning, match='cannot be locked .*, so start no second run there') as caught:
        with run_lock.hold_run(run_dir):
            bodies.append(run_lock.find_holder(run_dir))
    assert bodies == [None] and len(caught) == 1

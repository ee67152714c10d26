# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the locks of folders."""

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import pytest

from dnnlib import folder_lock, util
from dnnlib.folder_lock import FolderLock

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(util.__file__)))
HOLD = 'import sys, time; from dnnlib.folder_lock import FolderLock; lock = FolderLock(sys.argv[1]); '
HOLD += "lock.acquire('process of a test'); print('held', flush=True); time.sleep(60)"

START_OTHERS = 'import multiprocessing, subprocess; '
START_OTHERS += "p = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,)); p.start(); "
START_OTHERS += "q = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], close_fds=False); "
START_OTHERS += 'print(p.pid, q.pid, flush=True); '


@pytest.fixture
def lock(tmp_path):
    result = FolderLock(str(tmp_path))
    yield result
    result.release()


@pytest.fixture
def other(tmp_path):
    """A second lock of the same folder, which behaves like that of another process."""
    result = FolderLock(str(tmp_path))
    yield result
    result.release()


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock."""
    process = subprocess.Popen([sys.executable, '-c', HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b'held\n'
    yield process
    process.kill()
    process.communicate()


def test_one_at_a_time_holds_a_lock(lock, other):
    assert not lock.is_held() and lock.acquire('first')
    assert not other.acquire('second', timeout_sec=0)
    assert other.is_held() and other.read_holder() == 'first'
    lock.release()
    assert other.acquire('2nd', timeout_sec=0)
    assert lock.read_holder() == '2nd'


def test_looking_at_a_lock_makes_no_file(lock, tmp_path):
    assert not lock.is_held()
    assert os.listdir(str(tmp_path)) == []


def test_a_released_lock_leaves_its_file_unless_it_is_to_be_removed(lock, tmp_path):
    lock.acquire('first')
    lock.release()
    assert os.listdir(str(tmp_path)) == ['.lock']
    lock.acquire('first')
    lock.release(remove=True)
    assert os.listdir(str(tmp_path)) == []


def test_waiting_ends_with_the_release_and_tells_who_is_waited_for(lock, other):
    lock.acquire('first')
    told = []
    timer = threading.Timer(0.25, lock.release, kwargs={'remove': True})
    timer.start()
    assert other.acquire('second', on_wait=told.append)
    timer.join()
    assert set(told) == {'first'}


def test_a_file_that_its_holder_removes_is_not_taken_for_the_lock(lock, other, tmp_path, monkeypatch):
    lock.acquire('first')
    lock_file, opened = folder_lock._lock_file, []

    def lock_late(file):
        if not opened:
            lock.release(remove=True)  # Between the opening and the locking of the other.
        opened.append(file)
        return lock_file(file)

    monkeypatch.setattr(folder_lock, '_lock_file', lock_late)
    assert other.acquire('second') and len(opened) == 2
    assert (tmp_path / '.lock').read_text() == 'second'


def test_the_lock_that_somebody_made_after_removing_the_file_is_not_removed(lock, other, tmp_path):
    lock.acquire('first')
    (tmp_path / '.lock').unlink()
    other.acquire('second')
    lock.release(remove=True)
    assert lock.is_held() and lock.read_holder() == 'second'


def test_the_working_directory_may_change_meanwhile(tmp_path, monkeypatch):
    (tmp_path / 'run').mkdir()
    monkeypatch.chdir(tmp_path)
    relative = FolderLock('run')
    relative.acquire('first')
    monkeypatch.chdir('/')
    relative.release(remove=True)
    assert os.listdir(str(tmp_path / 'run')) == []


def test_a_killed_process_holds_nothing(lock, holder):
    assert lock.is_held() and lock.read_holder() == 'process of a test'
    holder.kill()
    holder.wait()
    assert not lock.is_held() and lock.acquire('next', timeout_sec=0)


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
def test_forked_and_started_processes_do_not_inherit_the_lock(other, tmp_path):
    code = HOLD.replace('print', START_OTHERS + 'print')
    process = subprocess.Popen([sys.executable, '-c', code, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    children = [int(word) for word in process.stdout.readline().split()]
    assert process.stdout.readline() == b'held\n' and other.is_held()
    process.kill()
    process.wait()
    is_free = other.acquire('next', timeout_sec=2)
    for child in children:
        os.kill(child, signal.SIGKILL)  # Raises ProcessLookupError if it ended before, and could not hold anything.
    process.communicate()
    assert is_free


def test_a_file_system_without_locks_raises(lock, monkeypatch):
    def fail(file, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(folder_lock.fcntl, 'flock', fail)
    with pytest.raises(OSError, match=os.strerror(errno.ENOLCK)):
        lock.acquire('first', timeout_sec=0)


def test_the_file_of_another_user_can_be_locked(lock, tmp_path, monkeypatch):
    (tmp_path / '.lock').write_text('stale')

    def open_to_read_only(path, mode, buffering):
        if mode != 'rb':
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return open(path, mode, buffering=buffering)

    monkeypatch.setattr(folder_lock, 'open', open_to_read_only, raising=False)
    assert lock.acquire('first', timeout_sec=0)


class FakeMsvcrt:
    """The locks of Windows, with which one handle at a time locks a byte."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self):
        self.holder = None

    def locking(self, number, mode, num_bytes):
        """Lock or unlock the bytes at the position of a file."""
        assert os.lseek(number, 0, os.SEEK_CUR) == 1 << 30 and num_bytes == 1
        if mode == self.LK_UNLCK:
            assert self.holder == number
            self.holder = None
        elif self.holder is not None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            self.holder = number


def test_windows_locks_a_byte_behind_the_text(lock, other, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_lock, 'fcntl', None)
    monkeypatch.setattr(folder_lock, 'msvcrt', FakeMsvcrt(), raising=False)
    assert lock.acquire('first') and not other.acquire('second', timeout_sec=0)
    assert other.is_held() and other.read_holder() == 'first'
    lock.release(remove=True)
    assert os.listdir(str(tmp_path)) == [] and other.acquire('second', timeout_sec=0)

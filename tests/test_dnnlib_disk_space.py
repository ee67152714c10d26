# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of full disks."""

import errno
import os
import shutil

import pytest
import small_disk

import dnnlib
from dnnlib import disk_space, files, util


@pytest.fixture
def disk(tmp_path):
    with small_disk.mount(str(tmp_path)) as result:
        yield result


@pytest.mark.parametrize(
    'error, expected',
    [
        (OSError(errno.ENOSPC, 'No space left on device'), True),
        (OSError(errno.EDQUOT, 'Disk quota exceeded'), True),
        (PermissionError(errno.EACCES, 'Permission denied'), False),
        (ValueError('No space left on device'), False),
    ],
)
def test_a_full_disk_is_told_from_other_errors(error, expected):
    assert disk_space.is_disk_full(error) is expected


@pytest.mark.parametrize(
    'free, text',
    [
        (12 * 10**6, '363.0 MB are needed, 12.0 MB are free'),
        (2 * 10**9, '363.0 MB are needed, 2.0 GB are free, but a quota or the number of files allows less'),
    ],
)
def test_a_shortage_is_told_in_numbers(tmp_path, monkeypatch, free, text):
    asked = []
    usage = util.EasyDict(free=free)
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: asked.append(path) or usage)
    assert disk_space.describe_shortage(str(tmp_path / 'new' / 'a.pkl'), 363 * 10**6) == text
    assert asked == [str(tmp_path)]


def test_a_disk_that_is_full_is_recognised_and_the_old_file_stays(disk):
    with files.atomic_write(disk.join('a.pkl'), durable=True) as file:
        file.write(b'old')
    disk.fill()
    with pytest.raises(OSError) as caught, files.atomic_write(disk.join('a.pkl'), durable=True) as file:
        file.write(bytes(10000))
    assert disk_space.is_disk_full(caught.value) and caught.value.filename == disk.join('a.pkl')
    assert sorted(os.listdir(disk.path)) == ['a.pkl', 'filler']
    assert disk_space.describe_shortage(disk.join('a.pkl'), 10000) == '10.0 kB are needed, 0 bytes are free'
    with open(disk.join('a.pkl'), 'rb') as file:
        assert file.read() == b'old'


def test_the_error_of_another_kind_is_no_warning():
    with pytest.raises(PermissionError), disk_space.warning_of_full_disk():
        raise PermissionError(errno.EACCES, 'Permission denied')


# ----------------------------------------------------------------------------
# Runs.

disks = []


def fill_and_make_room(num_lines):
    print('before')
    disks[0].fill()
    for line in range(num_lines):
        print('line', line)
    disks[0].make_room()
    print('after')


def fill():
    disks[0].fill()


def say(text):
    print(text)


@pytest.fixture
def config(disk):
    disks[:] = [disk]
    result = dnnlib.SubmitConfig()
    result.update(run_dir_root=disk.join('results'), run_desc='full')
    return result


def read(run_dir, name):
    with open(os.path.join(run_dir, name), encoding='latin-1') as file:
        return file.read()


def test_the_log_of_a_run_goes_on_when_there_is_room(config, capsys):
    run_dir = dnnlib.submit_run(config, fill_and_make_room, num_lines=1000).run_dir
    expected = ['before', *[f'line {line}' for line in range(1000)], 'after']
    assert read(run_dir, 'log.txt').splitlines()[1:-1] == expected
    out, error = capsys.readouterr()
    assert out.splitlines()[2:-1] == expected
    log = os.path.join(run_dir, 'log.txt')
    assert error == f'Warning: No space left on device: {log}; it goes on as soon as that is possible\n'


def test_a_run_whose_last_words_find_no_room_ends_all_the_same(config):
    with pytest.warns(UserWarning, match='No space left on device: .*run.txt'):
        run_dir = dnnlib.submit_run(config, fill).run_dir
    assert 'start_time' in read(run_dir, 'run.txt') and 'stop_time' not in read(run_dir, 'run.txt')


def test_a_run_cannot_begin_on_a_full_disk(config, disk):
    disk.fill()
    with pytest.raises(OSError) as caught:
        dnnlib.submit_run(config, say, text='never')
    assert disk_space.is_disk_full(caught.value) and disk.path in caught.value.filename


def test_a_run_that_cannot_go_on_for_want_of_room_stays_whole(config, disk):
    run_dir = dnnlib.submit_run(config, say, text='first').run_dir
    names = ['submit_config.pkl', 'submit_config.txt', 'training_options.json', 'log.txt', 'run.txt']
    before = [read(run_dir, name) for name in names]
    disk.fill()
    with pytest.raises(OSError) as caught:
        dnnlib.continue_run(config, run_dir, say, text='second' * 1000)
    assert disk_space.is_disk_full(caught.value)
    assert [read(run_dir, name) for name in names] == before
    disk.make_room()
    dnnlib.continue_run(config, run_dir, say, text='third')
    assert 'third' in read(run_dir, 'log.txt') and 'second' not in read(run_dir, 'log.txt')


def test_lines_are_appended_whole_or_not_at_all(disk):
    path = disk.join('log.jsonl')
    files.append_line(path, 'first \u00e9')
    disk.fill()
    with pytest.raises(OSError) as caught:
        files.append_line(path, 'x' * 10000)
    assert disk_space.is_disk_full(caught.value) and caught.value.filename == path
    disk.make_room()
    files.append_line(path, 'second')
    with open(path, encoding='utf-8') as file:
        assert file.read() == 'first \u00e9\nsecond\n'


def test_file_that_will_not_fit_is_refused_before_it_fills_the_disk(disk):
    disk_space.check_space(disk.join('a.pkl'), 1000)
    with pytest.raises(OSError, match='1.0 MB are needed, .* kB are free') as caught:
        disk_space.check_space(disk.join('a.pkl'), 10**6)
    assert disk_space.is_disk_full(caught.value) and caught.value.filename == disk.join('a.pkl')
    assert os.listdir(disk.path) == []

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of going on in a run directory."""

import ast
import errno
import json
import os
import pwd
import re
import subprocess
import sys

import pytest

import dnnlib
from dnnlib import util
from dnnlib.submission import run_lock, run_records

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(util.__file__)))
DATE = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d'


def say(text):
    print(text)


def list_folder(submit_config):
    print(sorted(os.listdir(submit_config.run_dir)))


def fail():
    raise ArithmeticError('overflow')


def stop(reason):
    open(dnnlib.make_run_dir_path('abort.txt'), 'w').close()
    assert dnnlib.RunContext.get().should_stop() and dnnlib.RunContext.get().stop_reason == reason


@pytest.fixture
def config(tmp_path):
    result = dnnlib.SubmitConfig()
    result.run_dir_root = str(tmp_path / 'results')
    result.run_desc = 'faces-1gpu'
    return result


@pytest.fixture
def run_dir(config):
    """The directory of a run that has ended."""
    return dnnlib.submit_run(config, say, text='tick 0').run_dir


def read(run_dir, name):
    with open(os.path.join(run_dir, name)) as file:
        return file.read()


def test_the_log_goes_on_after_a_blank_line(config, run_dir, capsys):
    before = read(run_dir, 'log.txt')
    capsys.readouterr()
    result = dnnlib.continue_run(config, run_dir, say, text='tick 1')
    assert result.run_dir == run_dir and os.listdir(config.run_dir_root) == ['00000-faces-1gpu']
    log = read(run_dir, 'log.txt')
    name = __name__ + '.say'
    lines = f'dnnlib: Running {name}() on localhost...\ntick 1\ndnnlib: Finished {name}() in 0s.\n'
    going_on = rf'Going on at {DATE} in {re.escape(run_dir)}\n'
    assert log.startswith(before) and re.match('\n' + going_on + re.escape(lines) + '$', log[len(before) :])
    printed = f'Local submit - run_dir: {run_dir}\n'
    assert re.match(re.escape(printed) + going_on + re.escape(lines) + '$', capsys.readouterr().out)


def test_the_number_and_the_description_of_the_folder_stay(config, run_dir):
    config.update(run_desc='other', run_dir_root='/nonexistent')
    result = dnnlib.continue_run(config, run_dir + '/', say, text='tick 1')
    assert (result.run_id, result.run_name, result.run_desc) == (0, '00000-faces-1gpu', 'faces-1gpu')
    assert result.task_name.endswith('-00000-faces-1gpu')
    assert dnnlib.load_training_options(run_dir).run_desc == 'faces-1gpu'


def test_a_folder_may_have_been_given_another_name(config, run_dir, tmp_path):
    os.rename(run_dir, str(tmp_path / 'faces'))
    result = dnnlib.continue_run(config, str(tmp_path / 'faces'), say, text='tick 1')
    assert (result.run_id, result.run_name) == (None, 'faces') and result.task_name.endswith('-faces')


def test_records_are_written_anew_only_where_they_differ(config, run_dir):
    names = ['submit_config.pkl', 'submit_config.txt', 'training_options.json']
    for name in names:
        os.utime(os.path.join(run_dir, name), (1, 1))

    def list_written():
        return [name for name in names if os.path.getmtime(os.path.join(run_dir, name)) != 1]

    dnnlib.continue_run(config, run_dir, say, text='tick 0')
    assert list_written() == []
    config.command = ['run_training.py', '--resume=auto']
    dnnlib.continue_run(config, run_dir, say, text='tick 1')
    assert list_written() == names
    options = json.loads(read(run_dir, 'training_options.json'))
    assert options['command'] == ['run_training.py', '--resume=auto']
    assert options['run_func_kwargs'] == {'text': 'tick 1'}
    assert dnnlib.load_training_options(run_dir).command == ['run_training.py', '--resume=auto']


def test_run_txt_keeps_the_first_start_and_lists_the_others(config, run_dir):
    first = ast.literal_eval(read(run_dir, 'run.txt'))
    for _ in range(2):
        dnnlib.continue_run(config, run_dir, say, text='tick 1')
    info = ast.literal_eval(read(run_dir, 'run.txt'))
    assert info['start_time'] == first['start_time'] and info['stop_time'] >= info['continue_times'][1]
    assert len(info['continue_times']) == 2 and all(re.match(DATE + '$', time) for time in info['continue_times'])


@pytest.mark.parametrize('text', ['', '{', '[1, 2]', 'open("x")'])
def test_a_damaged_run_txt_stops_nothing(config, run_dir, text):
    with open(os.path.join(run_dir, 'run.txt'), 'w') as file:
        file.write(text)
    dnnlib.continue_run(config, run_dir, say, text='tick 1')
    assert 'start_time' in ast.literal_eval(read(run_dir, 'run.txt'))


def test_what_killed_processes_left_is_removed(config, run_dir, capsys):
    for name in ('.network-snapshot-000000.pkl.0123abcd.tmp', 'a.tmp', '.hidden', '.lock'):
        open(os.path.join(run_dir, name), 'w').close()
    kept = sorted(set(os.listdir(run_dir)) - {'.network-snapshot-000000.pkl.0123abcd.tmp', '_finished.txt'})
    dnnlib.continue_run(config, run_dir, list_folder)
    assert repr(kept) in capsys.readouterr().out


@pytest.mark.parametrize('func, kwargs', [(fail, {}), (stop, {'reason': 'abort.txt'})])
def test_a_run_is_finished_only_if_it_came_to_its_end(config, run_dir, func, kwargs, capsys):
    assert '_finished.txt' in os.listdir(run_dir)
    try:
        dnnlib.continue_run(config, run_dir, func, **kwargs)
    except ArithmeticError:
        pass
    assert '_finished.txt' not in os.listdir(run_dir)
    is_stopped = 'abort.txt' in os.listdir(run_dir)
    capsys.readouterr()
    dnnlib.continue_run(config, run_dir, say, text='tick 1')
    line = 'Removed the file abort.txt, which had asked the run to stop.\n'
    assert (line in capsys.readouterr().out) == is_stopped
    assert '_finished.txt' in os.listdir(run_dir) and 'abort.txt' not in os.listdir(run_dir)


def test_a_run_can_be_made_now_and_run_later_and_is_locked_from_the_beginning(config, capsys):
    execute = dnnlib.create_run(config, say, text='tick 0')
    (name,) = os.listdir(config.run_dir_root)
    run_dir = os.path.join(config.run_dir_root, name)
    assert sorted(os.listdir(run_dir)) == ['.lock', 'submit_config.pkl', 'submit_config.txt', 'training_options.json']
    with pytest.raises(util.UserError, match='is in use by process'):
        dnnlib.continue_run(config, run_dir, say)
    assert execute().run_dir == run_dir
    assert not os.path.exists(os.path.join(run_dir, '.lock'))
    assert read(run_dir, 'log.txt').startswith(f'dnnlib: Running {__name__}.say() on localhost...\ntick 0\n')
    assert 'continue_times' not in ast.literal_eval(read(run_dir, 'run.txt'))


def test_a_new_run_that_has_no_room_leaves_no_folder(config, run_dir, monkeypatch):
    def fail(submit_config):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), submit_config.run_dir + '/submit_config.pkl')

    monkeypatch.setattr(run_records, 'write', fail)
    with pytest.raises(OSError, match='No space left on device'):
        dnnlib.submit_run(config, say, text='tick 0')
    assert os.listdir(config.run_dir_root) == [os.path.basename(run_dir)]


@pytest.mark.parametrize('content', ["{'start_time': 5, 'continue_times': 7}", '[1', '3'])
def test_damaged_times_of_a_run_are_written_anew(config, run_dir, content, capsys):
    with open(os.path.join(run_dir, 'run.txt'), 'w') as file:
        file.write(content)
    dnnlib.continue_run(config, run_dir, say, text='tick 1')
    assert isinstance(ast.literal_eval(read(run_dir, 'run.txt')), dict)


# ----------------------------------------------------------------------------
# Two at once.


def test_a_run_is_locked_whether_it_is_new_or_goes_on(config, capsys):
    run_dir = dnnlib.submit_run(config, list_folder).run_dir
    dnnlib.continue_run(config, run_dir, list_folder)
    assert capsys.readouterr().out.count("['.lock', 'log.txt', 'run.txt', 'submit_config.pkl'") == 2
    assert '.lock' not in os.listdir(run_dir)


def test_a_run_in_use_is_left_alone(config, run_dir):
    before = {name: read(run_dir, name) for name in ('log.txt', 'run.txt', 'training_options.json')}
    with run_lock.hold_run(run_dir), pytest.raises(util.UserError, match='is in use by process .*; stop that run'):
        dnnlib.continue_run(config, run_dir, say, text='tick 1')
    assert {name: read(run_dir, name) for name in before} == before
    assert '_finished.txt' in os.listdir(run_dir)


def test_of_two_processes_that_race_for_a_folder_one_runs(config):
    run_dir = dnnlib.submit_run(config, say, text='').run_dir
    code = (
        'import sys, dnnlib; from dnnlib import cmdline\n'
        "kwargs = {'args': ['sleep', '1.5']}; config = dnnlib.SubmitConfig()\n"
        "cmdline.run(lambda: dnnlib.continue_run(config, sys.argv[1], 'subprocess.check_output', **kwargs))"
    )
    command = [sys.executable, '-c', code, run_dir]
    pipes = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.PIPE}
    processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]
    results = [(process.communicate()[1].decode(), process.returncode) for process in processes]
    (winner,), (loser,) = [[result for result in results if result[1] == status] for status in (0, 1)]
    pid = processes[results.index(winner)].pid
    assert winner[0] == '' and loser[0].startswith(f'Error: {run_dir} is in use by process {pid} on ')
    assert read(run_dir, 'log.txt').count('Running') == 2


# ----------------------------------------------------------------------------
# Folders in which no run can go on.


def test_a_missing_folder_is_named_with_what_was_probably_meant(config, run_dir):
    with pytest.raises(util.UserFileNotFoundError, match='run directory .*-face-1gpu does not exist.*00000-faces-1gpu'):
        dnnlib.continue_run(config, run_dir.replace('faces', 'face'), say, text='tick 1')


def test_a_folder_that_is_none_of_a_run_is_refused(config, tmp_path):
    with pytest.raises(util.UserError, match='is no run that could go on: it holds no training_options.json'):
        dnnlib.continue_run(config, str(tmp_path), say, text='tick 1')
    assert os.listdir(str(tmp_path)) == []


def test_damaged_options_are_named(config, run_dir):
    with open(os.path.join(run_dir, 'training_options.json'), 'r+') as file:
        file.truncate(20)
    with pytest.raises(util.UserError, match=r'training_options\.json is damaged: '):
        dnnlib.continue_run(config, run_dir, say, text='tick 1')


@pytest.mark.parametrize('is_known', [True, False])
def test_the_owner_of_a_folder_that_cannot_be_written_to_is_named(config, run_dir, is_known, monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    owner = pwd.getpwuid(os.stat(run_dir).st_uid).pw_name
    if not is_known:
        owner = f'with the number {os.stat(run_dir).st_uid}'
        monkeypatch.setattr(pwd, 'getpwuid', {}.__getitem__)
    before = sorted(os.listdir(run_dir))
    with pytest.raises(util.UserError) as caught:
        dnnlib.continue_run(config, run_dir, say, text='tick 1')
    assert str(caught.value) == f'cannot write to {run_dir}: it belongs to the user {owner}'
    assert sorted(os.listdir(run_dir)) == before


def test_a_disk_that_can_only_be_read_is_told(config, run_dir, monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    monkeypatch.setattr(os, 'statvfs', lambda path: util.EasyDict(f_flag=os.ST_RDONLY))
    with pytest.raises(util.UserError, match='cannot write to .*: it is on a disk that can only be read'):
        dnnlib.continue_run(config, run_dir, say, text='tick 1')

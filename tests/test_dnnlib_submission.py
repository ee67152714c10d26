# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of run directories, their records and the context of a run."""

import json
import os
import pickle
import pickletools
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import dnnlib
from dnnlib import util
from dnnlib.submission import run_context, submit
from dnnlib.submission.internal import local

calls = []


def record_call(**kwargs):
    """Note what the run function gets and how its surroundings look."""
    context = dnnlib.RunContext.get()
    surroundings = util.EasyDict(config=dnnlib.submit_config, path=dnnlib.make_run_dir_path('a', 'b'), context=context)
    calls.append((kwargs, surroundings))
    print('inside the run')


def record_config(submit_config, total_kimg):
    calls.append((submit_config.run_dir, total_kimg))


def fail():
    raise ArithmeticError('overflow in tick 3')


def stop_when_told(run_steps):
    context = dnnlib.RunContext.get()
    for step in range(run_steps):
        if step == 3:
            open(dnnlib.make_run_dir_path('abort.txt'), 'w').close()
        context.update(loss=0.5, cur_epoch=step, max_epoch=run_steps)
        if context.should_stop():
            break
    calls.append(step)


@pytest.fixture(autouse=True)
def forget_calls():
    del calls[:]


@pytest.fixture
def config(tmp_path):
    result = dnnlib.SubmitConfig()
    result.run_dir_root = str(tmp_path / 'results')
    result.run_desc = 'faces-1gpu'
    return result


def run(config, func, **kwargs):
    return dnnlib.submit_run(config, __name__ + '.' + func.__name__, **kwargs)


# ----------------------------------------------------------------------------
# Run directory.


def test_importing_dnnlib_does_not_import_tensorflow():
    script = "import dnnlib, dnnlib.cmdline, sys; print(sorted({'tensorflow', 'requests', 'PIL'} & set(sys.modules)))"
    root = os.path.dirname(os.path.dirname(dnnlib.__file__))
    assert subprocess.check_output([sys.executable, '-c', script], cwd=root).strip() == b'[]'


def test_runs_are_numbered_from_zero(config):
    names = [run(config, record_call).run_name for _ in range(3)]
    assert names == ['00000-faces-1gpu', '00001-faces-1gpu', '00002-faces-1gpu']
    assert sorted(os.listdir(config.run_dir_root)) == names


def test_the_next_number_follows_the_largest_that_starts_a_directory_name(config):
    for name in ('00003-x', '7-y', 'abc', 'x-00050'):
        os.makedirs(os.path.join(config.run_dir_root, name))
    open(os.path.join(config.run_dir_root, '6600.png'), 'w').close()
    assert run(config, record_call).run_name == '00008-faces-1gpu'


def test_a_file_in_the_place_of_a_run_directory_is_stepped_over(config):
    os.makedirs(config.run_dir_root)
    open(os.path.join(config.run_dir_root, '00000-faces-1gpu'), 'w').close()
    assert run(config, record_call).run_name == '00001-faces-1gpu'


@pytest.mark.parametrize('descs', [['same'] * 8, [f'desc-{i}' for i in range(8)]])
def test_launches_at_the_same_moment_get_different_numbers(tmp_path, descs):
    barrier = threading.Barrier(len(descs))
    run_ids = []

    def launch(desc):
        barrier.wait()
        run_ids.append(submit._create_run_dir(str(tmp_path), desc)[0])

    threads = [threading.Thread(target=launch, args=(desc,)) for desc in descs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(run_ids)) == len(descs)
    assert sorted(int(name[:5]) for name in os.listdir(str(tmp_path))) == sorted(run_ids)


def test_a_rival_with_the_same_number_makes_the_launch_choose_another(tmp_path, monkeypatch):
    real_mkdir = os.mkdir
    monkeypatch.setattr(submit.time, 'sleep', lambda seconds: None)

    def mkdir_with_rival(path, *args):
        if path.endswith('00000-mine'):
            real_mkdir(str(tmp_path / '00000-rival'))
        real_mkdir(path, *args)

    monkeypatch.setattr(os, 'mkdir', mkdir_with_rival)
    run_id, run_dir = submit._create_run_dir(str(tmp_path), 'mine')
    assert (run_id, run_dir) == (1, str(tmp_path / '00001-mine'))
    assert sorted(os.listdir(str(tmp_path))) == ['00000-rival', '00001-mine']


def test_the_result_directory_may_contain_the_user_name_and_variables(config, tmp_path, monkeypatch):
    monkeypatch.setenv('RESULTS', str(tmp_path))
    submit.set_user_name_override('ada')
    try:
        config.run_dir_root = '$RESULTS\\<USERNAME>/'
        result = run(config, record_call)
    finally:
        submit.set_user_name_override(None)
    assert result.run_dir == str(tmp_path / 'ada' / '00000-faces-1gpu')


def test_a_user_id_without_name_is_unknown(monkeypatch):
    monkeypatch.setattr(os, 'geteuid', lambda: 987654321)
    assert submit.get_user_name() == 'unknown'


def test_an_odd_user_name_does_not_prevent_a_run(config):
    submit.set_user_name_override('DOMAIN\\ada l.')
    try:
        assert run(config, record_call).task_name == 'DOMAIN_ada_l.-00000-faces-1gpu'
    finally:
        submit.set_user_name_override(None)


@pytest.mark.parametrize('desc', ['stylegan2-my faces-1gpu', 'a/b', '../a', 'caf\u00e9', 'line\n'])
def test_a_description_that_is_no_directory_name_is_refused_before_anything_is_made(config, desc):
    config.run_desc = desc
    with pytest.raises(util.UserError, match='letters, digits.*rename what it is made of'):
        run(config, record_call)
    assert not os.path.exists(config.run_dir_root) and calls == []


@pytest.mark.parametrize('num_gpus', [None, 0, -1, '2'])
def test_a_number_of_devices_below_one_is_refused_before_anything_is_made(config, num_gpus):
    config.num_gpus = num_gpus
    with pytest.raises(util.UserError, match='num_gpus must be an integer of at least 1, got ' + repr(num_gpus)):
        run(config, record_call)
    assert not os.path.exists(config.run_dir_root)


def test_arguments_that_cannot_be_recorded_are_refused_before_anything_is_made(config):
    with pytest.raises(util.UserError, match='plain values.*is a function'):
        run(config, record_call, loss=fail)
    assert not os.path.exists(config.run_dir_root)


def test_a_file_in_the_place_of_the_result_directory_is_named(config):
    open(config.run_dir_root, 'w').close()
    with pytest.raises(util.UserError, match='results is a file'):
        run(config, record_call)


# ----------------------------------------------------------------------------
# Execution.


def test_the_function_gets_its_arguments_and_finds_its_run(config):
    result = run(config, record_call, total_kimg=25, G_args=util.EasyDict(fmap_base=512))
    ((kwargs, surroundings),) = calls
    assert kwargs == {'total_kimg': 25, 'G_args': {'fmap_base': 512}} and kwargs['G_args'].fmap_base == 512
    assert surroundings.config is result
    assert surroundings.path == os.path.join(result.run_dir, 'a', 'b')
    assert dnnlib.submit_config is None and config.run_dir is None


def test_a_parameter_named_submit_config_gets_it(config):
    result = run(config, record_config, total_kimg=25)
    assert calls == [(result.run_dir, 25)]


def test_a_function_can_be_given_itself(config):
    assert dnnlib.submit_run(config, record_call).run_func_name == __name__ + '.record_call'


def test_all_records_are_written(config):
    result = run(config, record_call, total_kimg=25)
    assert sorted(os.listdir(result.run_dir)) == [
        '_finished.txt',
        'log.txt',
        'run.txt',
        'submit_config.pkl',
        'submit_config.txt',
        'training_options.json',
    ]
    with open(os.path.join(result.run_dir, 'submit_config.txt')) as file:
        text = file.read()
    assert "'run_id': 0" in text and "'run_func_kwargs': {'total_kimg': 25}" in text and ' object at 0x' not in text
    with open(os.path.join(result.run_dir, 'run.txt')) as file:
        info = eval(file.read(), {})
    assert sorted(info) == ['host_name', 'start_time', 'stop_time', 'task_name']
    assert info['host_name'] == 'localhost' and info['task_name'].endswith('-00000-faces-1gpu')
    assert re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$', info['start_time'])


def test_console_and_log_have_the_usual_lines(config, capsys):
    result = run(config, record_call)
    name = __name__ + '.record_call'
    log = f'dnnlib: Running {name}() on localhost...\ninside the run\ndnnlib: Finished {name}() in 0s.\n'
    assert capsys.readouterr().out == f'Local submit - run_dir: {result.run_dir}\n' + log
    with open(os.path.join(result.run_dir, 'log.txt')) as file:
        assert file.read() == log


def test_an_error_passes_through_and_is_found_in_the_log(config):
    before = sys.stdout
    with pytest.raises(ArithmeticError):
        run(config, fail)
    run_dir = os.path.join(config.run_dir_root, '00000-faces-1gpu')
    with open(os.path.join(run_dir, 'log.txt')) as file:
        assert file.read().endswith('ArithmeticError: overflow in tick 3\n')
    with open(os.path.join(run_dir, 'run.txt')) as file:
        assert 'stop_time' in file.read()
    assert not os.path.exists(os.path.join(run_dir, '_finished.txt'))
    assert sys.stdout is before and dnnlib.submit_config is None


def test_an_unknown_function_is_named_in_the_error(config):
    with pytest.raises(ImportError, match='training.no_such_loop'):
        dnnlib.submit_run(config, 'training.no_such_loop')


# ----------------------------------------------------------------------------
# Records for machines.


def test_options_as_json_repeat_the_run_exactly(config):
    kwargs = {
        'G_args': {'func_name': 'training.networks_stylegan2.G_main', 'fmap_base': 512},
        'lrate_dict': {128: 0.0015, 256: 0.002},
        'metrics': [{'name': 'fid50k'}],
        'resume_pkl': None,
        'mirror_augment': True,
        'gamma': float('inf'),
    }
    first = run(config, record_call, **kwargs)
    options = dnnlib.load_training_options(first.run_dir)
    assert (options.run_desc, options.num_gpus) == ('faces-1gpu', 1)
    dnnlib.submit_run(config, options.run_func_name, **options.run_func_kwargs)
    assert calls[0][0] == calls[1][0] == kwargs
    assert options.run_func_kwargs.G_args.fmap_base == 512


def test_numpy_values_are_recorded_as_plain_numbers(config):
    result = run(config, record_call, kimg=np.int64(3), psis=np.float32([0.5, 1.0]))
    with open(os.path.join(result.run_dir, 'training_options.json')) as file:
        assert json.load(file)['run_func_kwargs'] == {'kimg': 3, 'psis': [0.5, 1.0]}


def test_loading_options_names_the_missing_file(tmp_path):
    with pytest.raises(util.UserFileNotFoundError, match='training_options.json'):
        dnnlib.load_training_options(str(tmp_path))


def test_the_pickle_opens_in_old_pythons_and_names_the_official_classes_only(config):
    result = run(config, record_call, G_args=util.EasyDict(fmap_base=512))
    with open(os.path.join(result.run_dir, 'submit_config.pkl'), 'rb') as file:
        data = file.read()
    opcodes = list(pickletools.genops(data))
    assert max(opcode.proto for opcode, _, _ in opcodes) <= 4
    names = [arg for _, arg, _ in opcodes if isinstance(arg, str) and arg.startswith('dnnlib')]
    assert set(names) == {'dnnlib.util', 'dnnlib.submission.submit', 'dnnlib.submission.internal.local'}
    loaded = pickle.loads(data)
    assert loaded.run_func_kwargs.G_args.fmap_base == 512 and loaded.submit_target is dnnlib.SubmitTarget.LOCAL


def test_an_official_pickle_loads():
    def text(value):
        return b'X' + len(value).to_bytes(4, 'little') + value.encode()

    def plain_object(module, name, key, value):
        return f'c{module}\n{name}\n'.encode() + b')\x81}' + text(key) + value + b'sb'

    true, one = b'\x88', b'K\x01'
    items = [
        (text('run_dir'), text('results/00006-stylegan2-ffhq-8gpu-config-f')),
        (text('num_gpus'), b'K\x08'),
        (text('submit_target'), b'cdnnlib.submission.submit\nSubmitTarget\n' + one + b'\x85R'),
        (
            text('local'),
            plain_object('dnnlib.submission.internal.local', 'TargetOptions', 'do_not_copy_source_files', true),
        ),
        (
            text('platform_extras'),
            plain_object('dnnlib.submission.submit', 'PlatformExtras', 'data_reader_process_count', one),
        ),
        (text('run_func_kwargs'), b'cdnnlib.util\nEasyDict\n)\x81(' + text('total_kimg') + b'M\xa8\x61u'),
    ]
    data = b'\x80\x03cdnnlib.submission.submit\nSubmitConfig\n)\x81(' + b''.join(key + value for key, value in items)
    config = pickle.loads(data + b'u.')
    assert type(config) is dnnlib.SubmitConfig and type(config.local) is local.TargetOptions
    assert config.local.do_not_copy_source_files is True and config.platform_extras.data_reader_process_count == 1
    assert config.submit_target is dnnlib.SubmitTarget.LOCAL
    assert (config.num_gpus, config.run_func_kwargs.total_kimg) == (8, 25000)


# ----------------------------------------------------------------------------
# RunContext.


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still; set `clock.now` to move it."""
    result = util.EasyDict(now=100.0)
    monkeypatch.setattr(run_context.time, 'monotonic', lambda: result.now)
    return result


def test_abort_file_stops_the_run(config):
    run(config, stop_when_told, run_steps=10)
    assert calls == [3]


def test_context_measures_the_time_since_start_and_between_updates(clock):
    with dnnlib.RunContext() as context:
        assert context.get_last_update_interval() == 0
        clock.now = 103.0
        context.update('loss 0.5', 1, 10)
        clock.now = 108.0
        context.update('loss 0.4', 2, 10)
        clock.now = 110.0
        assert context.get_last_update_interval() == 5
        assert context.get_time_since_last_update() == 2
        assert context.get_time_since_start() == 10


def test_context_outside_a_run_is_harmless(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'abort.txt').write_text('')
    context = dnnlib.RunContext.get()
    context.update()
    assert not context.should_stop()
    assert dnnlib.RunContext.get() is context
    context.close()
    assert os.listdir(str(tmp_path)) == ['abort.txt']
    assert dnnlib.make_run_dir_path('x') == str(tmp_path / 'x')


def test_each_run_has_a_context_of_its_own(config):
    outside = dnnlib.RunContext.get()
    for _ in range(2):
        run(config, record_call)
    first, second = calls[0][1].context, calls[1][1].context
    assert len({id(outside), id(first), id(second)}) == 3
    assert first.submit_config.run_id == 0 and second.submit_config.run_id == 1

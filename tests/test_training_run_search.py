# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which run is meant by `--resume`."""

import errno
import json
import os

import numpy as np
import pytest

from dnnlib.submission import run_lock
from dnnlib.util import UserError, UserFileNotFoundError
from training import run_search

LOOP = 'training.training_loop.training_loop'


def make_run(folder, number, dataset='faces', config='config-f', cond=False, nimg=4100):
    """Make a run directory, with a state unless `nimg` is None; return its path."""
    path = folder / f'{number:05d}-stylegan2-{dataset}-1gpu-{config}'
    path.mkdir(parents=True)
    kwargs = {'dataset_args': {'tfrecord_dir': dataset, 'max_label_size': 'full' if cond else 0}}
    run = {'run_desc': path.name[6:], 'run_func_name': LOOP, 'run_func_kwargs': kwargs, 'num_gpus': 1}
    (path / 'training_options.json').write_text(json.dumps(run))
    if nimg is not None:
        position = np.frombuffer(json.dumps({'cur_nimg': nimg, 'options': {}}).encode(), np.uint8)
        np.savez(str(path / 'training-state.npz'), position=position)
    return str(path)


def find(folder, which='latest', dataset='faces', config='config-f', cond=False):
    return run_search.find_run(which, str(folder), dataset, config, cond)


def test_latest_is_the_newest_that_fits_and_has_a_state(tmp_path):
    make_run(tmp_path, 1)
    expected = make_run(tmp_path, 2)
    make_run(tmp_path, 3, dataset='cats')
    make_run(tmp_path, 4, config='config-e')
    make_run(tmp_path, 5, cond=True)
    make_run(tmp_path, 6, nimg=None)
    (tmp_path / '00007-run-metrics').mkdir()
    assert find(tmp_path) == find(tmp_path, 'auto') == expected
    assert find(tmp_path, cond=True).endswith('00005-stylegan2-faces-1gpu-config-f')


def test_auto_begins_anew_where_latest_is_an_error(tmp_path):
    assert find(tmp_path / 'nothing', 'auto') is None
    run = make_run(tmp_path, 1, config='config-e')
    assert find(tmp_path, 'auto') is None
    with pytest.raises(UserError) as caught:
        find(tmp_path)
    assert str(caught.value) == (
        f'no run in {tmp_path} was about faces with config-f; {run} was about faces with config-e; '
        '--resume=auto begins a new one'
    )
    make_run(tmp_path, 2, nimg=None)
    with pytest.raises(
        UserError, match='was about faces with config-f, but holds no training-state.npz to go on from$'
    ):
        find(tmp_path)


@pytest.mark.parametrize('nimg', [None, 4100])
def test_run_that_is_being_trained_is_left_alone(tmp_path, nimg):
    run = make_run(tmp_path, 1, nimg=nimg)
    with run_lock.hold_run(run):
        for which in ('auto', 'latest'):
            with pytest.raises(UserError, match=r'config-f is in use by process \d+ .*; stop that run first'):
                find(tmp_path, which)


def test_run_directory_and_its_snapshot_stand_for_the_run(tmp_path):
    run = make_run(tmp_path, 1, dataset='cats')  # The folder counts, whatever it is about.
    assert find(tmp_path, run) == run
    for name in ('network-snapshot-000004.pkl', 'network-final.pkl'):
        (tmp_path / '00001-stylegan2-cats-1gpu-config-f' / name).write_text('')
        assert find(tmp_path, f'{run}/{name}') == run


def test_snapshot_at_another_position_than_the_state_is_refused_with_both_ways(tmp_path):
    run = make_run(tmp_path, 1)
    pkl = f'{run}/network-snapshot-000002.pkl'
    open(pkl, 'w').close()
    with pytest.raises(UserError) as caught:
        find(tmp_path, pkl)
    assert str(caught.value) == (
        f'the state of {run} is at 4.1 kimg, not {pkl}; --resume={run} goes on from there, --resume-pkl={pkl} begins '
        'anew with these weights'
    )


def test_what_cannot_go_on_is_refused_with_what_was_probably_meant(tmp_path):
    run = make_run(tmp_path, 1)
    with pytest.raises(UserFileNotFoundError, match='there is no .*configf to resume; did you mean .*config-f'):
        find(tmp_path, run.replace('config-f', 'configf'))
    with pytest.raises(UserFileNotFoundError, match='there is no lastest to resume; did you mean latest'):
        find(tmp_path, 'lastest')
    with pytest.raises(UserError, match='holds no training-state.npz, so it cannot go on$'):
        find(tmp_path, make_run(tmp_path, 2, nimg=None))


@pytest.mark.parametrize('which', ['ffhq256', 'gdrive:networks/a.pkl', 'https://example.com/a.pkl'])
def test_snapshot_from_elsewhere_has_no_state(which):
    assert run_search.is_snapshot_alone(which)


def test_snapshot_has_a_state_if_there_is_one_beside_it(tmp_path):
    run, other = make_run(tmp_path, 1), make_run(tmp_path, 2, nimg=None)
    for folder in (run, other):
        open(os.path.join(folder, 'a.pkl'), 'w').close()
        assert not run_search.is_snapshot_alone(folder)
        assert run_search.is_snapshot_alone(os.path.join(folder, 'a.pkl')) == (folder == other)
    assert not run_search.is_snapshot_alone('auto')


@pytest.mark.parametrize('content', [b'', b'PK', b'not a state'])
def test_damaged_state_is_told_with_the_way_out(tmp_path, content):
    run = make_run(tmp_path, 1)
    (tmp_path / '00001-stylegan2-faces-1gpu-config-f' / 'training-state.npz').write_bytes(content)
    with pytest.raises(UserError, match=f'training-state.npz is damaged.*; --resume-pkl={run} in place of'):
        run_search.read_position(run)


@pytest.mark.parametrize(
    'content',
    [
        '',
        '{',
        '[]',
        '[' * 100000,
        '{"run_desc": 3}',
        '{"run_desc": "a", "run_func_kwargs": []}',
        '{"run_desc": "a", "run_func_kwargs": {"dataset_args": [1]}, "run_func_name": "f"}',
    ],
)
def test_folder_with_damaged_options_is_no_run(tmp_path, content):
    make_run(tmp_path, 1)
    path = tmp_path / '00001-stylegan2-faces-1gpu-config-f' / 'training_options.json'
    path.write_text(content)
    assert run_search.describe_run(str(path.parent)) is None
    assert find(tmp_path, 'auto', dataset='cats') is None
    assert find(tmp_path, 'auto', config='config-e') is None


@pytest.mark.parametrize('content', [None, '{'])
@pytest.mark.parametrize('which', ['auto', 'latest'])
def test_run_that_cannot_be_told_is_not_passed_by(tmp_path, which, content):
    run = make_run(tmp_path, 1, dataset='my.faces')
    path = tmp_path / os.path.basename(run) / 'training_options.json'
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=f'^{run} seems to be the run to resume, but its .* is missing or damaged; put'):
        find(tmp_path, which, dataset='my.faces')
    newer = make_run(tmp_path, 2, dataset='my.faces')
    assert find(tmp_path, which, dataset='my.faces') == newer


def test_state_that_is_no_file_is_not_passed_by(tmp_path):
    run = make_run(tmp_path, 1, nimg=None)
    path = os.path.join(run, 'training-state.npz')
    os.symlink('gone.npz', path)
    assert find(tmp_path, 'auto') == run
    with pytest.raises(UserError, match=f'^{path} is not there; --resume-pkl={run} in place of --resume begins a new'):
        run_search.read_position(run)
    os.remove(path)
    os.mkdir(path)
    assert find(tmp_path, 'auto') == run
    with pytest.raises(UserError, match=f'^{path} is no file; --resume-pkl={run} in place of --resume begins a new'):
        run_search.read_position(run)


def test_run_that_may_not_be_looked_at_is_not_passed_by_unless_there_is_a_newer_one(tmp_path, monkeypatch):
    run = make_run(tmp_path, 1)
    lstat = os.lstat

    def fail(path, **kwargs):
        if str(path).startswith(run):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return lstat(path, **kwargs)

    os.remove(os.path.join(run, 'training_options.json'))
    monkeypatch.setattr(os, 'lstat', fail)
    with pytest.raises(UserError, match=f'^{run} seems to be the run to resume, but it belongs to the user'):
        find(tmp_path, 'auto')
    newer = make_run(tmp_path, 2)
    assert find(tmp_path, 'auto') == newer


def test_other_files_of_a_run_do_not_stand_for_it(tmp_path):
    path = os.path.join(make_run(tmp_path, 1), 'report.html')
    open(path, 'w').close()
    with pytest.raises(UserError, match=r'report.html is neither a run directory nor a snapshot \(\.pkl\); give the'):
        find(tmp_path, path)


def test_position_may_hold_numbers_and_shapes_of_numpy():
    position = {'nimg': np.int64(8), 'total_kimg': np.float32(0.5), 'shape': np.array([3, 8, 8]), 'range': (-1, 1)}
    position.update(cur_nimg=1, options={})
    read = run_search.parse_position(run_search.format_position(position), 'a.npz')
    del read.cur_nimg, read.options, position['cur_nimg'], position['options']
    assert read == run_search.to_plain(position) == {'nimg': 8, 'total_kimg': 0.5, 'shape': [3, 8, 8], 'range': [-1, 1]}


@pytest.mark.parametrize('content', [[1, 2, 3], b'{}', b'[1]', b'{"cur_nimg": 1}', b'{"cur', b'[' * 100000])
def test_state_of_something_else_is_told(tmp_path, content):
    run = make_run(tmp_path, 1)
    array = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else np.array(content)
    np.savez(os.path.join(run, 'training-state.npz'), position=array)
    with pytest.raises(UserError, match='training-state.npz holds no state of a training that this version knows'):
        run_search.read_position(run)

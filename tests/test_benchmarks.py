# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The speed benchmarks run, on tiny sizes, and their tables are complete; what they measure is nobody's promise."""

import csv
import os
import subprocess
import sys

import pytest
import source_tree

from benchmarks import common
from dnnlib.util import UserError

TINY_TRAINING = ['--sizes=4/16/4', '--minibatch-size=4', '--latent-size=8', '--mapping-layers=1', '--repeats=1']


def run(script, *arguments):
    """Run a benchmark; return exit status, the lines that it prints, and those on stderr."""
    process = subprocess.Popen(
        [sys.executable, os.path.join(source_tree.ROOT_DIR, 'benchmarks', script)] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    output, errors = process.communicate()
    return process.returncode, output.splitlines(), errors


def read_csv(path):
    with open(str(path), newline='') as file:
        return list(csv.DictReader(file))


# ----------------------------------------------------------------------------
# The scripts.


def test_training_speed_prints_times_and_profile_of_a_variant(tmp_path):
    path = tmp_path / 'train.csv'
    arguments = TINY_TRAINING + ['--variants=textbook', '--rounds=2', '--profile', f'--csv={path}']
    status, lines, errors = run('train_speed.py', *arguments)
    assert status == 0, errors
    (row,) = read_csv(path)
    assert (row['variant'], row['/before'], row['/textbook']) == ('textbook', '-', '1.00 (1.00-1.00)')
    assert all(float(row[name]) > 0 for name in ('G main ms', 'D reg ms', 'peak MB', 'graph ops'))
    profile = [line.split() for line in lines[lines.index('') + 2 :]]
    assert {line[3] for line in profile} == {'TrainG', 'RegG', 'TrainD', 'RegD', 'average', 'fetch'}
    assert all(float(line[5]) > 0 and int(line[6]) > 0 for line in profile if line[4] == '(all)')


def test_op_speed_measures_ops_forward_and_gradient(tmp_path):
    path = tmp_path / 'ops.csv'
    arguments = [
        '--ops=up,bias_act,scale,dense,conv_up',
        '--variants=ref,textbook',
        '--size=2/8/4',
        '--rounds=1',
        f'--csv={path}',
    ]
    status, _, errors = run('ops_speed.py', *arguments)
    assert status == 0, errors
    rows = read_csv(path)
    assert len(rows) == 12
    assert {row['part'] for row in rows if row['op'] == 'conv_up'} == {'forward', 'gradient'}
    assert all(float(row['ref ms']) > 0 and row['native ms'] == '-' for row in rows)


def test_snapshot_speed_measures_time_and_memory_of_both_ways(tmp_path):
    path = tmp_path / 'snapshot.csv'
    arguments = ['--size=8/16/4', '--variants=native', '--rounds=1', f'--csv={path}']
    status, _, errors = run('snapshot_speed.py', *arguments)
    assert status == 0, errors
    (row,) = read_csv(path)
    names = [f'{way} {unit}' for way in ('library', 'command') for unit in ('s', 'CPU s', 'MB')]
    assert row['variant'] == 'native' and all(float(row[name].split()[0]) > 0 for name in names)


def test_report_speed_measures_size_and_time_of_the_page(tmp_path):
    path = tmp_path / 'report.csv'
    status, _, errors = run('report_speed.py', '--ticks=20', '--grids=3', '--width=64', '--rounds=2', f'--csv={path}')
    assert status == 0, errors
    (row,) = read_csv(path)
    assert (row['ticks'], row['numbers'], row['grids']) == ('20', '30', '3')
    assert all(float(row[name].split()[0]) < 60 for name in ('page MB', 'write s', 'open s'))


def test_wrong_op_is_refused():
    status, _, errors = run('ops_speed.py', '--ops=upp')
    assert status == 2 and 'a list out of up,down' in errors


@pytest.mark.parametrize('script', ['train_speed.py', 'ops_speed.py', 'build_speed.py'])
def test_python_that_is_not_there_is_refused_in_one_line(script, tmp_path):
    status, _, errors = run(script, f'--python={tmp_path}')
    assert status == 1 and errors == f"Error: --python must name a Python that can be run, got '{tmp_path}'\n"


# ----------------------------------------------------------------------------
# What they share.


def test_commit_that_is_not_in_the_history_is_refused(tmp_path):
    with pytest.raises(UserError, match='leave `before` out of --variants'):
        common.check_out('0123456789abcdef', str(tmp_path))


def test_commit_is_checked_out(tmp_path):
    if not os.path.isdir(os.path.join(source_tree.ROOT_DIR, '.git')):
        pytest.skip('no history')
    common.check_out('HEAD', str(tmp_path))
    assert (tmp_path / 'dnnlib' / 'util.py').exists()


def test_calls_alternate():
    order = []
    results = common.alternate([lambda: order.append('a') or 1, lambda: order.append('b') or 2], rounds=2)
    assert order == ['a', 'b', 'a', 'b'] and results == [[1, 1], [2, 2]]


def test_ratios_are_those_of_the_same_rounds():
    assert common.compare([2.0, 6.0, 4.0], [1.0, 2.0, 1.0]) == '3.00 (2.00-4.00)'
    assert common.median([1, 2, 4, 9]) == 3


def test_second_table_goes_below_the_first_one(tmp_path):
    path = str(tmp_path / 'table.csv')
    common.append_csv(path, [{'a': 1}])
    common.append_csv(path, [{'a': 2}, {'a': 3}])
    assert [row['a'] for row in read_csv(path)] == ['1', '2', '3']


def test_numbers_of_a_table_are_aligned_on_the_right(capsys):
    common.print_table([{'name': 'x', 'ms': '9.5'}, {'name': 'long', 'ms': '10.5'}])
    assert capsys.readouterr().out == 'name    ms\nx      9.5\nlong  10.5\n'


def test_worker_returns_what_its_task_does():
    with common.Worker('collections.Counter') as worker:
        assert worker.call('update', apple=2) is None
        assert worker.call('most_common', n=1) == [['apple', 2]]


def test_worker_shows_where_an_error_comes_from(capsys):
    with common.Worker('collections.Counter') as worker:
        with pytest.raises(UserError, match='variant tree .*: AttributeError'):
            worker.call('no_such_method')
    assert 'Traceback' in capsys.readouterr().err


def test_worker_that_dies_is_noticed():
    with common.Worker('collections.Counter', python='/bin/false') as worker:
        with pytest.raises(UserError, match='the process ended with status 1'):
            worker.call('most_common')


@pytest.mark.slow
def test_build_speed_builds_and_loads_all_ops():
    status, lines, errors = run('build_speed.py', '--rounds=1')
    assert status == 0, errors
    assert lines[1].split()[:2] == ['tensorflow', 'ops'] and 'upfirdn_2d' in lines[2]


@pytest.mark.slow
def test_trainings_survive_being_killed():
    status, output, errors = run('kill_test.py', '--kills=3', '--kimg=0.5')
    assert status == 0, errors
    rows = output[1:]
    assert len(rows) == 2 and all(row.endswith('nothing') for row in rows)


def test_start_of_a_training_is_measured_for_new_and_resumed_ones(tmp_path):
    path = tmp_path / 'resume.csv'
    status, _, errors = run(
        'resume_speed.py', '--num-images=40', '--resolution=8', '--rounds=1', '--variants=native', f'--csv={path}'
    )
    assert status == 0, errors
    assert [(row['variant'], row['training']) for row in read_csv(path)] == [
        ('native', 'begins'),
        ('native', 'goes on'),
    ]

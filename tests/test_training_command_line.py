# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Options that several scripts share, and how a run is launched."""

import argparse
import json
import os

from training import command_line


def parse(argv):
    parser = argparse.ArgumentParser()
    for add in (command_line.add_network, command_line.add_result_dir, command_line.add_dry_run):
        add(parser)
    return parser.parse_args(argv)


def record(path, **kwargs):
    """What the runs of these tests do."""
    with open(path, 'w') as file:
        json.dump(kwargs, file)


def test_options_have_the_names_of_keywords():
    expected = {'network_pkl': 'a.pkl', 'result_dir': 'results', 'dry_run': False}
    assert vars(parse(['--network=a.pkl'])) == expected


def test_options_that_a_script_reads_itself_are_left_out():
    assert command_line.leave_out(parse(['--network=a.pkl']), 'result_dir', 'dry_run') == {'network_pkl': 'a.pkl'}


def test_run_gets_its_keywords_and_a_directory_of_its_own(tmp_path):
    args = parse(['--network=a.pkl', f'--result-dir={tmp_path}/results'])
    kwargs = {'path': str(tmp_path / 'told.json'), 'seeds': [1, 2]}
    command_line.launch(args, 'some-run', 'test_training_command_line.record', kwargs)
    assert os.listdir(str(tmp_path / 'results')) == ['00000-some-run']
    assert json.loads((tmp_path / 'told.json').read_text()) == {'seeds': [1, 2]}


def test_dry_run_prints_instead(tmp_path, capsys):
    args = parse(['--network=a.pkl', f'--result-dir={tmp_path}/results', '--dry-run'])
    command_line.launch(args, 'some-run', 'some.function', {'seeds': [1, 2]})
    expected = {'run_desc': 'some-run', 'run_func_name': 'some.function', 'run_func_kwargs': {'seeds': [1, 2]}}
    assert json.loads(capsys.readouterr().out) == expected
    assert not os.listdir(str(tmp_path))


def test_number_of_devices_is_that_of_the_run(tmp_path):
    kwargs = {'path': str(tmp_path / 'told.json')}
    command_line.submit(str(tmp_path), 'run', 'test_training_command_line.record', kwargs, num_gpus=2)
    options = json.loads((tmp_path / '00000-run' / 'training_options.json').read_text())
    assert options['num_gpus'] == 2

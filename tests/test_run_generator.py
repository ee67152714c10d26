# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Drawing by the command line."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import command_lines
import numpy as np
import PIL.Image
import pytest
import source_tree

import run_generator
from training import generator

SCRIPT = os.path.join(source_tree.ROOT_DIR, 'run_generator.py')
DATA_DIR = os.path.join(source_tree.ROOT_DIR, 'tests', 'data')
TINY_SNAPSHOT = os.path.join(DATA_DIR, 'tiny_snapshot.pkl')


def read_image(*path):
    with PIL.Image.open(os.path.join(*path)) as image:
        return np.asarray(image).astype(int)


def run_cli(argv, capsys):
    return command_lines.run(run_generator.main, argv, capsys)


def run_process(argv, **kwargs):
    command = [sys.executable, SCRIPT, *argv]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False, **kwargs
    )


# ----------------------------------------------------------------------------
# What it draws.


def test_generate_images_writes_the_pictures_of_the_seeds(tmp_path):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=3,7-8', f'--result-dir={tmp_path}']
    done = run_process(argv)
    assert done.returncode == 0, done.stderr
    run_dir = str(tmp_path / '00000-generate-images')
    lines = done.stdout.splitlines()
    assert lines[0] == f'Local submit - run_dir: {run_dir}'
    assert [line for line in lines if line.startswith('Generating')] == [
        'Generating image for seed 3 (0/3) ...',
        'Generating image for seed 7 (1/3) ...',
        'Generating image for seed 8 (2/3) ...',
    ]
    pictures = sorted(name for name in os.listdir(run_dir) if name.endswith('.png'))
    assert pictures == ['seed0003.png', 'seed0007.png', 'seed0008.png']
    expected = read_image(DATA_DIR, 'tiny_seed0003.png')  # Drawn with psi 0.5, the default, by TensorFlow 2.
    assert np.abs(read_image(run_dir, 'seed0003.png') - expected).max() <= 1


def test_style_mixing_writes_the_table_and_its_cells(tmp_path, capsys):
    argv = ['style-mixing-example', f'--network={TINY_SNAPSHOT}', '--row-seeds=3,4', '--col-seeds=5']
    status, out, error = run_cli([*argv, '--col-styles=0-2', f'--result-dir={tmp_path}'], capsys)
    assert (status, error) == (0, '')
    run_dir = str(tmp_path / '00000-style-mixing-example')
    pictures = {name for name in os.listdir(run_dir) if name.endswith('.png')}
    assert pictures == {'3-3.png', '4-4.png', '5-5.png', '3-5.png', '4-5.png', 'grid.png'}
    assert read_image(run_dir, 'grid.png').shape == (3 * 16, 2 * 16, 3)
    for message in ('Loading networks from', 'Generating W vectors...', 'Generating images...', 'Saving images...'):
        assert message in out


def test_truncation_sweep_writes_a_table_whose_first_column_has_the_mean_w(tmp_path, capsys):
    argv = ['truncation-sweep', f'--network={TINY_SNAPSHOT}', '--seeds=3,4', '--psis=0,0.5', f'--result-dir={tmp_path}']
    assert run_cli(argv, capsys)[0] == 0
    grid = read_image(str(tmp_path), '00000-truncation-sweep', 'truncation.png')
    assert grid.shape == (2 * 16, 2 * 16, 3)
    assert np.abs(grid[:16, 16:] - read_image(DATA_DIR, 'tiny_seed0003.png')).max() <= 1


# ----------------------------------------------------------------------------
# When it ends early.


def find_pictures(result_dir):
    """Return the names of the pictures of the only run, after making sure that all are complete."""
    (run_dir,) = os.listdir(str(result_dir))
    names = [name for name in os.listdir(os.path.join(str(result_dir), run_dir)) if 'png' in name]
    for name in names:
        assert read_image(str(result_dir), run_dir, name).shape == (16, 16, 3)
    return sorted(names)


def test_full_disk_ends_in_one_line_although_files_are_written_in_the_background(tmp_path, capsys, monkeypatch):
    def save(image, file, **kwargs):
        if 'seed0004' in file.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(image, file, **kwargs)

    original = PIL.Image.Image.save
    monkeypatch.setattr(PIL.Image.Image, 'save', save)
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=3-7', f'--result-dir={tmp_path}']
    status, _, error = run_cli(argv, capsys)
    assert status == 1
    assert re.match(r'Error: No space left on device: .*seed0004\.png$', error), error
    assert 'seed0004.png' not in find_pictures(tmp_path)


def test_ctrl_c_leaves_complete_pictures_only(tmp_path, capsys, monkeypatch):
    def draw(*args, **kwargs):
        drawn.append(args)
        if len(drawn) == 3:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        return original(*args, **kwargs)

    drawn, original = [], generator.Generator.draw
    monkeypatch.setattr(generator.Generator, 'draw', draw)
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=0-99', '--minibatch-size=2']
    begin = time.monotonic()
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # Shells let jobs in the background ignore it.
    try:
        status, _, error = run_cli([*argv, f'--result-dir={tmp_path}'], capsys)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert (status, error) == (130, 'Interrupted.')
    assert set(find_pictures(tmp_path)) <= {f'seed000{seed}.png' for seed in range(4)}
    assert len(drawn) == 3 and time.monotonic() - begin < 10


def test_minibatches_need_pictures(capsys):
    argv = ['generate-images', '--network=net.pkl', '--seeds=1', '--minibatch-size=0']
    status, _, error = run_cli(argv, capsys)
    assert status == 2 and '--minibatch-size' in error


# ----------------------------------------------------------------------------
# Without TensorFlow.


@pytest.fixture
def without_tensorflow(tmp_path):
    """The environment of a process that cannot import TensorFlow."""
    (tmp_path / 'tensorflow.py').write_text('raise ImportError("TensorFlow is out of reach")\n')
    return dict(os.environ, PYTHONPATH=str(tmp_path))


@pytest.mark.parametrize('command', [[], ['generate-images'], ['style-mixing-example'], ['truncation-sweep']])
def test_help_needs_no_tensorflow(without_tensorflow, command):
    done = run_process([*command, '--help'], env=without_tensorflow)
    assert done.returncode == 0, done.stderr
    assert ('--network' if command else 'python run_generator.py generate-images') in done.stdout


@pytest.mark.parametrize(
    'argv, func_name, kwargs',
    [
        (
            ['generate-images', '--seeds=1-3'],
            'editing.generation.generate_images',
            {'seeds': [1, 2, 3], 'truncation_psi': 0.5, 'truncation_cutoff': None, 'grid': False},
        ),
        (
            ['style-mixing-example', '--row-seeds=1', '--col-seeds=2', '--truncation-psi=1'],
            'editing.style_mixing.style_mixing_example',
            {'row_seeds': [1], 'col_seeds': [2], 'truncation_psi': 1.0, 'col_styles': None},
        ),
        (
            ['truncation-sweep', '--seeds=1'],
            'editing.generation.truncation_sweep',
            {'seeds': [1], 'truncation_psis': [0.0, 0.25, 0.5, 0.75, 1.0]},
        ),
    ],
)
def test_options_become_the_keywords_of_a_library_function(argv, func_name, kwargs):
    args = run_generator.parse_args([*argv, '--network=net.pkl'])
    expected = dict(kwargs, network_pkl='net.pkl', class_index=None, minibatch_size=None)
    assert run_generator.make_run(args) == (func_name, expected)


def test_dry_run_prints_the_options_as_json(tmp_path, capsys):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=1-3', f'--result-dir={tmp_path}/new']
    status, out, _ = run_cli([*argv, '--dry-run'], capsys)
    run = json.loads(out)
    assert (status, run['run_desc'], run['run_func_name']) == (0, argv[0], 'editing.generation.generate_images')
    assert run['run_func_kwargs']['network_pkl'] == TINY_SNAPSHOT and run['run_func_kwargs']['seeds'] == [1, 2, 3]
    assert not (tmp_path / 'new').exists()


def test_truncation_of_more_layers_than_there_are_is_refused(tmp_path, capsys):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=1']
    message = '^Error: --truncation-cutoff must be within 0-6 for this network, got 7$'
    check_refused([*argv, '--truncation-cutoff=7'], 1, message, tmp_path, capsys)
    assert run_cli([*argv, '--truncation-cutoff=6', '--dry-run'], capsys)[0] == 0


def test_dry_run_refuses_what_the_run_would_refuse(tmp_path, capsys):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=1', '--class=3', '--dry-run']
    check_refused(argv, 1, '^Error: .*class', tmp_path, capsys)


# ----------------------------------------------------------------------------
# Wrong input.


def check_refused(argv, status, message, tmp_path, capsys):
    """Make sure that a command line ends with a status and a line, and leaves nothing behind."""
    result_dir = tmp_path / 'new-results'
    actual_status, out, error = run_cli([*argv, f'--result-dir={result_dir}'], capsys)
    assert re.search(message, error), error
    assert (actual_status, out) == (status, '')
    assert not result_dir.exists()


def test_missing_sub_command_is_reported_as_the_official_script_does(capsys):
    status, _, error = run_cli([], capsys)
    assert (status, error) == (1, 'Error: missing subcommand.  Re-run with --help for usage.')


def test_wrong_sub_command_is_reported_with_the_right_one(capsys):
    status, _, error = run_cli(['generate-image'], capsys)
    assert status == 2
    assert error.endswith('did you mean generate-images?')


@pytest.mark.parametrize('missing', ['--network', '--seeds'])
def test_missing_option_is_named(missing, capsys):
    options = {'--network': '--network=a.pkl', '--seeds': '--seeds=1'}
    del options[missing]
    status, _, error = run_cli(['generate-images', *options.values()], capsys)
    assert status == 2
    assert error.endswith({'--network': 'required: --network', '--seeds': '--seeds --dlatents is required'}[missing])


@pytest.mark.parametrize(
    'option, message',
    [
        ('--seeds=', "argument --seeds: numbers or ranges such as 1,2,5-8 expected, got ''$"),
        ('--seeds=5-2', "argument --seeds: ranges must go upwards, got '5-2'"),
        ('--seeds=-1', "argument --seeds: numbers or ranges .*, got '-1'$"),
        ('--seeds=1.5', "argument --seeds: numbers or ranges .*, got '1.5'$"),
        ('--seeds=4294967296', "argument --seeds: integer from 0 to 4294967295 expected, got '4294967296'$"),
        ('--truncation-psi=x', "argument --truncation-psi: number expected, got 'x'$"),
        ('--truncation-psi=nan', "argument --truncation-psi: number expected, got 'nan'$"),
        ('--truncation-psi=', "argument --truncation-psi: number expected, got ''$"),
        ('--truncation=1', '--truncation is called --truncation-psi here$'),
        ('--class=-1', "argument --class: integer of at least 0 expected, got '-1'$"),
        ('--dlatents=a.npz', 'argument --dlatents: not allowed with argument --seeds$'),
        ('--grid=maybe', "argument --grid: Boolean value expected .*, got 'maybe'$"),
        ('--network=', 'argument --network: path expected, got an empty text$'),
    ],
)
def test_wrong_option_ends_with_one_clear_line(option, message, tmp_path, capsys):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=1', option]
    check_refused(argv, 2, message, tmp_path, capsys)


@pytest.mark.parametrize('psis', ['', '0,a', '0,,1'])
def test_psis_of_the_sweep_must_be_numbers(psis, tmp_path, capsys):
    argv = ['truncation-sweep', f'--network={TINY_SNAPSHOT}', '--seeds=1', f'--psis={psis}']
    check_refused(argv, 2, 'argument --psis: number expected', tmp_path, capsys)


def test_layers_that_the_network_lacks_are_refused(tmp_path, capsys):
    argv = ['style-mixing-example', f'--network={TINY_SNAPSHOT}', '--row-seeds=1', '--col-seeds=2']
    argv.append('--col-styles=0,6')
    message = '^Error: --col-styles must be within 0-5 for this network, got 6; try --col-styles=0-2$'
    check_refused(argv, 1, message, tmp_path, capsys)


def read_snapshot():
    with open(TINY_SNAPSHOT, 'rb') as file:
        return file.read()


@pytest.mark.parametrize(
    'content, message',
    [
        (b'<!DOCTYPE html><html></html>', 'is not a network snapshot: it is a web page'),
        (b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', 'it is a git-lfs pointer'),
        (b'PK\x03\x04' + bytes(100), 'is not a network snapshot: it is a zip archive'),
        (b'', 'is empty; copy or download it again'),
        (b'hello\n', 'is not a network snapshot, or is damaged'),
        (read_snapshot()[:3000], 'is not a network snapshot, or is damaged'),
        (read_snapshot().replace(b'G_main', b'G_else'), 'cannot be loaded: network G was built by G_else, known are'),
        (
            read_snapshot().replace(b'dnnlib.tflib.network', b'dnnlib.tflib.natwork'),
            'it asks for dnnlib.tflib.natwork.',
        ),
    ],
    ids=['web page', 'lfs pointer', 'zip', 'empty', 'text', 'cut off', 'other family', 'other class'],
)
def test_file_that_is_no_snapshot_is_refused_by_what_it_is(content, message, tmp_path, capsys):
    path = tmp_path / 'net.pkl'
    path.write_bytes(content)
    argv = ['generate-images', f'--network={path}', '--seeds=1']
    check_refused(argv, 1, f'^Error: {path} .*{message}', tmp_path, capsys)


def test_missing_snapshot_is_named(tmp_path, capsys):
    argv = ['generate-images', f'--network={tmp_path}/nowhere.pkl', '--seeds=1']
    check_refused(argv, 1, f'^Error: file not found: {tmp_path}/nowhere.pkl$', tmp_path, capsys)


def test_folder_of_a_run_stands_for_its_newest_snapshot(tmp_path, capsys):
    shutil.copy(TINY_SNAPSHOT, str(tmp_path / 'network-snapshot-000001.pkl'))
    argv = ['generate-images', f'--network={tmp_path}', '--seeds=1', f'--result-dir={tmp_path}/results']
    status, out, _ = run_cli(argv, capsys)
    assert status == 0 and f'Loading networks from "{tmp_path}/network-snapshot-000001.pkl"' in out


def test_directory_in_place_of_a_snapshot_is_named(tmp_path, capsys):
    argv = ['generate-images', f'--network={tmp_path}', '--seeds=1']
    check_refused(argv, 1, f'^Error: the folder {tmp_path} holds no network-final.pkl or', tmp_path, capsys)


# ----------------------------------------------------------------------------
# Classes and intermediate latents.


def test_class_of_a_network_without_labels_is_refused(tmp_path, capsys):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=1', '--class=0']
    check_refused(argv, 1, 'the network was trained without labels; leave the option out', tmp_path, capsys)


def save_dlatents(path, **arrays):
    np.savez(str(path), **arrays)
    return ['generate-images', f'--network={TINY_SNAPSHOT}', f'--dlatents={path}']


def test_dlatents_become_pictures_with_the_noise_of_the_file(tmp_path, capsys):
    rnd = np.random.RandomState(0)
    dlatents = rnd.randn(2, 6, 8).astype(np.float32)
    argv = save_dlatents(tmp_path / 'w.npz', dlatents=dlatents, noise0=rnd.randn(1, 1, 4, 4))
    status, _, error = run_cli([*argv, '--grid=yes', f'--result-dir={tmp_path}'], capsys)
    assert (status, error) == (0, '')
    run_dir = str(tmp_path / '00000-generate-images')
    images = [read_image(run_dir, f'dlatent{index:02d}.png') for index in range(2)]
    assert images[0].shape == (16, 16, 3)
    assert not np.array_equal(images[0], images[1])
    assert np.array_equal(read_image(run_dir, 'grid.png'), np.concatenate(images, axis=1))


@pytest.mark.parametrize(
    'arrays, message',
    [
        ({'w': np.zeros([1, 6, 8])}, r'expected an array "dlatents" of shape \[pictures, 6, size\] in .*, got none'),
        ({'dlatents': np.zeros([1, 5, 8])}, r'got \[1, 5, 8\]$'),
        ({'dlatents': np.zeros([6, 8])}, r'got \[6, 8\]$'),
    ],
)
def test_dlatents_of_another_shape_are_refused(arrays, message, tmp_path, capsys):
    check_refused(save_dlatents(tmp_path / 'w.npz', **arrays), 1, message, tmp_path, capsys)


@pytest.mark.parametrize('content', [b'', b'hello', b'\x93NUMPY'])
def test_file_that_holds_no_dlatents_is_refused(content, tmp_path, capsys):
    path = tmp_path / 'w.npz'
    path.write_bytes(content)
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', f'--dlatents={path}']
    check_refused(argv, 1, 'is damaged, or no .npz file of arrays', tmp_path, capsys)


def test_missing_file_of_dlatents_is_named(tmp_path, capsys):
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', '--dlatents=nowhere.npz']
    check_refused(argv, 1, '--dlatents: there is no file nowhere.npz', tmp_path, capsys)

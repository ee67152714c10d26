# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Projecting by the command line."""

import json
import os
import re
import subprocess
import sys

import command_lines
import numpy as np
import PIL.Image
import pytest
import source_tree

import run_generator
import run_projector
from editing import projection_runs
from image_data import exporter
from perception import distances

SCRIPT = os.path.join(source_tree.ROOT_DIR, 'run_projector.py')
DATA_DIR = os.path.join(source_tree.ROOT_DIR, 'tests', 'data')
TINY_SNAPSHOT = os.path.join(DATA_DIR, 'tiny_snapshot.pkl')
CAT = os.path.join(DATA_DIR, 'cat.png')
FAST = ['--steps=4', '--num-snapshots=2', '--distance=squeezenet', '--distance-weights=random']


def read_image(*path):
    with PIL.Image.open(os.path.join(*path)) as image:
        return np.asarray(image).astype(int)


def project(argv, tmp_path, capsys):
    """Run a projection; return its run directory, output and records."""
    argv = [argv[0], f'--network={TINY_SNAPSHOT}', f'--result-dir={tmp_path}', *FAST, *argv[1:]]
    status, out, error = command_lines.run(run_projector.main, argv, capsys)
    assert (status, error) == (0, '')
    run_dir = str(tmp_path / ('00000-' + argv[0]))
    with open(os.path.join(run_dir, 'projection.jsonl'), encoding='utf-8') as file:
        return run_dir, out, [json.loads(line) for line in file]


def list_results(run_dir):
    names = (name for name in os.listdir(run_dir) if name.startswith(('seed', 'image')))
    return sorted(names)


# ----------------------------------------------------------------------------
# What it writes.


def test_generated_pictures_are_projected_under_the_official_names(tmp_path, capsys):
    argv = ['project-generated-images', '--seeds=3,7', '--truncation-psi=0.5']
    run_dir, out, records = project(argv, tmp_path, capsys)
    expected = []
    for prefix in ('seed0003', 'seed0007'):
        expected += [prefix + ending for ending in ('-step0002.png', '-step0004.png', '-target.png', '.npz')]
    assert list_results(run_dir) == expected
    assert 'Projecting image for seed 3 (0/2) ...' in out
    assert re.search(r'seed0003: distance \d\.\d{4} at the mean of w, \d\.\d{4} after 4 steps \(squeezenet, not', out)
    assert [record['name'] for record in records] == ['seed0003', 'seed0007']
    assert [record['seed'] for record in records] == [3, 7]
    assert not records[0]['comparable_with_published']
    expected = read_image(DATA_DIR, 'tiny_seed0003.png')  # Drawn with psi 0.5 by TensorFlow 2.
    assert np.abs(read_image(run_dir, 'seed0003-target.png') - expected).max() <= 1


def test_what_was_found_can_be_drawn_again(tmp_path, capsys):
    run_dir, _, records = project(['project-generated-images', '--seeds=3', '--space=w+'], tmp_path, capsys)
    path = os.path.join(run_dir, 'seed0003.npz')
    with np.load(path) as file:
        assert {name: file[name].shape for name in file.files} == {
            'dlatents': (1, 6, 8),
            'noise0': (1, 1, 4, 4),
            'noise1': (1, 1, 8, 8),
            'noise2': (1, 1, 8, 8),
            'noise3': (1, 1, 16, 16),
            'noise4': (1, 1, 16, 16),
            'distances': (4,),
            'losses': (4,),
        }
    assert records[0]['space'] == 'w+'
    argv = ['generate-images', f'--network={TINY_SNAPSHOT}', f'--dlatents={path}', f'--result-dir={tmp_path}']
    assert command_lines.run(run_generator.main, argv, capsys)[::2] == (0, '')
    drawn = read_image(str(tmp_path), '00001-generate-images', 'dlatent00.png')
    assert np.abs(drawn - read_image(run_dir, 'seed0003-step0004.png')).max() <= 1


def test_picture_files_are_cut_and_resized(tmp_path, capsys):
    run_dir, _, records = project(['project-real-images', '--images', CAT, CAT, '--video=gif'], tmp_path, capsys)
    expected = []
    for prefix in ('image0000', 'image0001'):
        expected += [prefix + ending for ending in ('-step0002.png', '-step0004.png', '-target.png', '.gif', '.npz')]
    assert list_results(run_dir) == expected
    with PIL.Image.open(CAT) as image:
        resized = np.asarray(image.convert('RGB').resize((16, 16), PIL.Image.LANCZOS)).astype(int)
    np.testing.assert_array_equal(read_image(run_dir, 'image0001-target.png'), resized)
    with PIL.Image.open(os.path.join(run_dir, 'image0000.gif')) as image:
        assert (image.size, image.n_frames) == ((32, 16), 4)
    assert records[0]['source'] == CAT


def make_dataset(tmp_path, size=16, num_images=5):
    images = np.random.RandomState(0).randint(256, size=[num_images, 3, size, size]).astype(np.uint8)
    with exporter.TFRecordExporter(str(tmp_path / 'data' / 'noise'), num_images, print_progress=False) as tfr:
        for image in images:
            tfr.add_image(image)
    return images


def test_first_pictures_of_a_data_set_are_projected(tmp_path, capsys):
    images = make_dataset(tmp_path)
    argv = ['project-real-images', '--dataset=noise', f'--data-dir={tmp_path}/data', '--num-images=2']
    run_dir, out, records = project(argv, tmp_path, capsys)
    assert [record['name'] for record in records] == ['image0000', 'image0001']
    np.testing.assert_array_equal(read_image(run_dir, 'image0001-target.png'), images[1].transpose(1, 2, 0))
    assert 'Projecting image 1/2 ...' in out


def test_folder_of_pictures_is_projected_as_a_data_set(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    (tmp_path / 'photos').mkdir()
    PIL.Image.new('RGB', (16, 16), (10, 20, 30)).save(str(tmp_path / 'photos' / 'a.png'))
    argv = ['project-real-images', f'--network={TINY_SNAPSHOT}', f'--result-dir={tmp_path}/results', *FAST]
    status, _, note = command_lines.run(
        run_projector.main, argv + [f'--dataset={tmp_path}/photos', '--num-images=1'], capsys
    )
    assert status == 0 and note.startswith('Making records of the 1 images of ')
    run_dir = str(tmp_path / 'results' / '00000-project-real-images')
    assert (read_image(run_dir, 'image0000-target.png') == [10, 20, 30]).all()


@pytest.mark.parametrize(
    'num, expected', [(5, [1000, 800, 600, 400, 200]), (3, [1000, 667, 334]), (1, [1000]), (0, [])]
)
def test_snapshot_steps_are_the_official_ones(num, expected):
    assert projection_runs.list_snapshot_steps(1000, num) == expected


# ----------------------------------------------------------------------------
# Without TensorFlow.


@pytest.fixture
def without_tensorflow(tmp_path):
    """The environment of a process that cannot import TensorFlow."""
    (tmp_path / 'tensorflow.py').write_text('raise ImportError("TensorFlow is out of reach")\n')
    return dict(os.environ, PYTHONPATH=str(tmp_path))


def run_process(argv, **kwargs):
    command = [sys.executable, SCRIPT, *argv]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False, **kwargs
    )


@pytest.mark.parametrize('command', [[], ['project-generated-images'], ['project-real-images']])
def test_help_needs_no_tensorflow(without_tensorflow, command):
    done = run_process([*command, '--help'], env=without_tensorflow)
    assert done.returncode == 0, done.stderr
    assert ('--network' if command else 'python run_projector.py project-generated-images') in done.stdout


COMMON = {
    'network_pkl': 'net.pkl',
    'class_index': None,
    'num_snapshots': 5,
    'num_steps': 1000,
    'space': 'w',
    'distance': 'lpips',
    'distance_weights': None,
    'video_format': None,
    'seed': 0,
}


@pytest.mark.parametrize(
    'argv, func_name, kwargs',
    [
        (
            ['project-generated-images'],
            'editing.projection_runs.project_generated_images',
            {'seeds': [0, 1, 2], 'truncation_psi': 1.0},
        ),
        (
            ['project-real-images', '--dataset=car', '--data-dir=data', '--video'],
            'editing.projection_runs.project_real_images',
            {'dataset_name': 'car', 'data_dir': 'data', 'num_images': None, 'images': None, 'video_format': 'auto'},
        ),
        (
            ['project-real-images', '--images', 'a.png', 'b', '--class=2', '--num-images=1'],
            'editing.projection_runs.project_real_images',
            {'dataset_name': None, 'data_dir': None, 'num_images': 1, 'images': ['a.png', 'b'], 'class_index': 2},
        ),
    ],
)
def test_options_become_the_keywords_of_a_library_function(argv, func_name, kwargs):
    args = run_projector.parse_args([*argv, '--network=net.pkl'])
    assert run_projector.make_run(args) == (func_name, dict(COMMON, **kwargs))


DRY_RUN = ['project-generated-images', f'--network={TINY_SNAPSHOT}', '--distance=squeezenet', '--dry-run']


def test_dry_run_prints_the_options_as_json(tmp_path, capsys):
    status, out, _ = command_lines.run(run_projector.main, [*DRY_RUN, f'--result-dir={tmp_path}/new'], capsys)
    run = json.loads(out)
    assert (status, run['run_desc']) == (0, DRY_RUN[0])
    assert run['run_func_kwargs'] == dict(
        COMMON, network_pkl=TINY_SNAPSHOT, distance='squeezenet', seeds=[0, 1, 2], truncation_psi=1.0
    )
    assert not (tmp_path / 'new').exists()


def test_dry_run_refuses_what_the_run_would_refuse(tmp_path, capsys):
    check_refused([*DRY_RUN, '--class=3'], 1, '^Error: .*class', tmp_path, capsys)


# ----------------------------------------------------------------------------
# Wrong input.


def check_refused(argv, status, message, tmp_path, capsys):
    """Make sure that a command line ends with a status and a line, and leaves nothing behind."""
    result_dir = tmp_path / 'new-results'
    actual_status, out, error = command_lines.run(run_projector.main, [*argv, f'--result-dir={result_dir}'], capsys)
    assert re.search(message, error), error
    assert (actual_status, out) == (status, '')
    assert not result_dir.exists()


def test_missing_sub_command_is_reported_as_the_official_script_does(capsys):
    status, _, error = command_lines.run(run_projector.main, [], capsys)
    assert (status, error) == (1, 'Error: missing subcommand.  Re-run with --help for usage.')


@pytest.mark.parametrize(
    'option, message',
    [
        ('--steps=0', "argument --steps: integer of at least 1 expected, got '0'$"),
        ('--steps=x', "argument --steps: integer of at least 1 expected, got 'x'$"),
        ('--num-snapshots=-1', "argument --num-snapshots: integer of at least 0 expected, got '-1'$"),
        ('--space=z', "argument --space: invalid choice: 'z'"),
        ('--distance=lpip', 'did you mean lpips[?]$'),
        ('--video=avi', "argument --video: invalid choice: 'avi'"),
        ('--seeds=5-2', 'argument --seeds: ranges must go upwards'),
        ('--truncation-psi=nan', "argument --truncation-psi: number expected, got 'nan'$"),
        ('--class=-1', 'argument --class: integer of at least 0 expected'),
        ('--step=3', '--step is unknown; did you mean --steps[?]$'),
    ],
)
def test_wrong_option_ends_with_one_clear_line(option, message, tmp_path, capsys):
    argv = ['project-generated-images', f'--network={TINY_SNAPSHOT}', option]
    check_refused(argv, 2, message, tmp_path, capsys)


@pytest.mark.parametrize(
    'options, message',
    [
        ([], 'one of the arguments --dataset --images is required$'),
        (['--dataset=a', '--images', 'b'], 'not allowed with argument'),
        (['--dataset=a', '--num-images=0'], "argument --num-images: integer of at least 1 expected, got '0'$"),
    ],
)
def test_real_pictures_come_from_one_place(options, message, tmp_path, capsys):
    check_refused(['project-real-images', f'--network={TINY_SNAPSHOT}', *options], 2, message, tmp_path, capsys)


@pytest.mark.parametrize(
    'options, message',
    [
        (['--images', 'nowhere.png'], '^Error: picture not found: nowhere.png$'),
        (['--images', TINY_SNAPSHOT], '^Error: .*tiny_snapshot.pkl cannot be read as a picture'),
        (['--images', os.path.dirname(SCRIPT) + '/docs/no-such-folder'], '^Error: picture not found'),
        (['--images', os.path.join(DATA_DIR, '*.jpeg')], r'^Error: picture not found: .*, and no file matches this'),
        (['--dataset=nothing', '--data-dir=nowhere'], '^Error: .*nowhere/nothing'),
        (['--images', CAT, '--class=0'], 'trained without labels; leave the option out'),
        (['--images', CAT, '--distance-weights=nowhere.h5'], 'nowhere.h5'),
        (['--images', CAT, '--distance-weights=' + CAT], 'cat.png'),
    ],
)
def test_what_is_missing_is_named_before_anything_begins(options, message, tmp_path, capsys):
    argv = ['project-real-images', f'--network={TINY_SNAPSHOT}', '--distance=squeezenet', *options]
    check_refused(argv, 1, message, tmp_path, capsys)


def test_absence_of_lpips_weights_is_told_with_the_way_out(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv('DNNLIB_VGG16', str(tmp_path / 'gone.pth'))
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    argv = ['project-generated-images', f'--network={TINY_SNAPSHOT}']
    check_refused(argv, 1, '^Error: .*gone.pth; put vgg16-397923af.pth .*"squeezenet" needs none of', tmp_path, capsys)


def test_distance_for_larger_pictures_is_refused_before_anything_begins(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr('perception.distances.SqueezeNetDistance.min_size_px', 32)
    argv = ['project-generated-images', f'--network={TINY_SNAPSHOT}', *FAST]
    check_refused(
        argv, 1, 'squeezenet needs RGB pictures of 32 pixels or more a side, got 3 x 16 x 16', tmp_path, capsys
    )


def test_absence_of_imageio_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'imageio', None)
    argv = ['project-generated-images', f'--network={TINY_SNAPSHOT}', *FAST, '--video=mp4']
    check_refused(argv, 1, '^Error: MP4 needs two more packages .*: pip install imageio imageio-', tmp_path, capsys)


NOISE = ['project-real-images', f'--network={TINY_SNAPSHOT}', *FAST, '--dataset=noise']


def test_data_set_of_another_size_is_refused_with_the_way_out(tmp_path, capsys):
    make_dataset(tmp_path, size=8)
    argv = [*NOISE, f'--data-dir={tmp_path}/data']
    message = r'makes pictures of shape \[3, 16, 16\], the data set noise has \[3, 8, 8\]; .* --images'
    check_refused(argv, 1, message, tmp_path, capsys)


def test_data_set_with_too_few_pictures_is_refused(tmp_path, capsys):
    make_dataset(tmp_path, num_images=2)
    argv = [*NOISE, f'--data-dir={tmp_path}/data']
    check_refused([*argv, '--num-images=3'], 1, 'noise has 2 pictures, got --num-images=3$', tmp_path, capsys)


def test_distances_to_choose_from_are_those_that_there_are():
    assert set(run_projector.DISTANCES) == set(distances.DISTANCES)

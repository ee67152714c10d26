# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Training by the command line: from a data set to snapshots, on from there, and everything a user can get wrong."""

import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time

import command_lines
import numpy as np
import PIL.Image
import pytest
import source_tree

import dnnlib
import run_training
from dnnlib import cmdline
from dnnlib.tflib import compat
from dnnlib.tflib.snapshots import pickling
from image_data import records
from image_data.exporter import TFRecordExporter
from training import loop, misc, run_search

SCRIPT = os.path.join(source_tree.ROOT_DIR, 'run_training.py')
TINY_SNAPSHOT = os.path.join(source_tree.ROOT_DIR, 'tests', 'data', 'tiny_snapshot.pkl')
TINY_NETWORKS = [
    '--dataset=tiny',
    '--config=config-e',
    '--fmap-base=64',
    '--fmap-max=4',
    '--latent-size=8',
    '--mapping-layers=2',
    '--minibatch-size=4',
    '--gamma=1',
    '--metrics=none',
    '--grid-size=4x2',
    '--kimg-per-tick=0.016',
]
RUN_NAME = '00000-stylegan2-tiny-1gpu-config-e'
NUM_TICKS = 21  # Of 4 minibatches of 4 images.
TICK_LINE = re.compile(
    r'tick (\d+) +kimg (\S+) +lod (\S+) +minibatch (\d+) +time (\S.*?) +sec/tick (\S+) +sec/kimg (\S+) +'
    r'maintenance (\S+) +gpumem (\S+) +cpumem (\S+)$'
)


def make_dataset(path, size, num_images=64, num_labels=0):
    images = np.random.RandomState(1).randint(256, size=[num_images, 3, size, size]).astype(np.uint8)
    with TFRecordExporter(str(path), num_images, print_progress=False) as exporter:
        for image in images:
            exporter.add_image(image)
        if num_labels:
            exporter.add_labels(np.eye(num_labels, dtype=np.float32)[np.arange(num_images) % num_labels])


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp('datasets')
    make_dataset(folder / 'tiny', size=8)
    make_dataset(folder / 'large', size=32, num_images=4)
    make_dataset(folder / 'labelled', size=16, num_images=6, num_labels=3)
    (folder / 'empty').mkdir()
    (folder / 'pictures').mkdir()
    (folder / 'pictures' / 'a.png').write_bytes(b'')
    return str(folder)


@pytest.fixture(scope='module')
def trained(data_dir, tmp_path_factory):
    """Train by the command line; return the result directory, what was printed, and errors."""
    result_dir = str(tmp_path_factory.mktemp('results'))
    command = [sys.executable, SCRIPT, f'--data-dir={data_dir}', f'--result-dir={result_dir}', *TINY_NETWORKS]
    command += ['--total-kimg=0.336', '--snapshot-ticks=10', '--mirror-augment=yes']
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False)
    assert done.returncode == 0, done.stderr
    return result_dir, done.stdout, done.stderr


@pytest.fixture
def run_dir(trained):
    return os.path.join(trained[0], RUN_NAME)


def run_cli(argv, capsys):
    return command_lines.run(run_training.main, argv, capsys)


def read_stats(run_dir):
    with open(os.path.join(run_dir, 'stats.jsonl')) as file:
        return [json.loads(line) for line in file]


def read_image(run_dir, name):
    with PIL.Image.open(os.path.join(run_dir, name)) as image:
        return np.asarray(image).astype(float)


# ----------------------------------------------------------------------------
# A training from the start.


def test_sigterm_ends_a_training_with_its_state_and_no_half_written_file(data_dir, tmp_path):
    command = [sys.executable, SCRIPT, f'--data-dir={data_dir}', f'--result-dir={tmp_path}', *TINY_NETWORKS]
    errors = tmp_path / 'errors'
    with errors.open('w') as file:
        process = subprocess.Popen(command + ['--snapshot-ticks=1'], stdout=subprocess.DEVNULL, stderr=file)
    snapshot = tmp_path / RUN_NAME / 'network-snapshot-000000.pkl'
    while process.poll() is None and not snapshot.exists():
        time.sleep(0.05)
    process.terminate()
    assert process.wait() == 0
    assert 'Traceback' not in errors.read_text()
    assert not [name for name in os.listdir(str(snapshot.parent)) if 'tmp' in name or 'part' in name]


def test_training_writes_all_files(run_dir):
    names = os.listdir(run_dir)
    events = [name for name in names if name.startswith('events.out.tfevents.')]
    videos = [name for name in names if name in ('fakes.mp4', 'fakes-frames')]  # By whether imageio is installed.
    assert len(events) == len(videos) == 1
    assert sorted(set(names) - set(events) - set(videos)) == [
        '_finished.txt',
        'fakes000000.png',
        'fakes_init.png',
        'log.txt',
        'network-final.pkl',
        'network-snapshot-000000.pkl',
        'reals.png',
        'report.html',
        'run.txt',
        'stats.jsonl',
        'submit_config.pkl',
        'submit_config.txt',
        'thumbnails',
        'training-state.npz',
        'training_options.json',
    ]
    assert read_image(run_dir, 'reals.png').shape == (2 * 8, 4 * 8, 3)
    assert read_image(run_dir, 'fakes_init.png').shape == (2 * 8, 4 * 8, 3)


def test_errors_hold_nothing_but_that_ops_are_compiled(trained):
    assert [line for line in trained[2].splitlines() if not line.startswith('Setting up TensorFlow plugin')] == []


def test_console_shows_the_official_lines_in_order(trained, run_dir):
    expected = [
        f'Local submit - run_dir: {run_dir}',
        'dnnlib: Running training.training_loop.training_loop() on localhost...',
        'Streaming data using training.dataset.TFRecordDataset...',
        'Dataset shape = [3, 8, 8]',
        'Dynamic range = [0, 255]',
        'Label size    = 0',
        'Constructing networks...',
        'Building TensorFlow graph...',
        'Initializing logs...',
        'Training for 0.336 kimg...',
    ]
    lines = trained[1].splitlines()
    assert [line for line in lines if line in expected] == expected
    assert re.match(r'dnnlib: Finished training\.training_loop\.training_loop\(\) in .+\.$', lines[-1])
    assert [line for line in lines if line.startswith(('G  ', 'D  '))][0].split() == [
        'G',
        'Params',
        'OutputShape',
        'WeightShape',
    ]
    with open(os.path.join(run_dir, 'log.txt')) as file:
        assert file.read().splitlines() == lines[1:]


def test_log_has_a_status_line_per_tick(run_dir):
    with open(os.path.join(run_dir, 'log.txt')) as file:
        matches = [TICK_LINE.match(line.rstrip('\n')) for line in file if line.startswith('tick')]
    assert [int(match.group(1)) for match in matches] == list(range(NUM_TICKS))
    assert [match.group(2) for match in matches] == [f'{16 * (tick + 1) / 1000:.1f}' for tick in range(NUM_TICKS)]
    assert {match.group(3, 4) for match in matches} == {('0.00', '4')}


def test_stats_hold_progress_and_losses(run_dir):
    stats = read_stats(run_dir)
    assert [record['Progress/kimg'] for record in stats] == [16 * (tick + 1) / 1000 for tick in range(NUM_TICKS)]
    for name in ('scores/real', 'scores/fake', 'pl_lengths', 'pl_penalty'):
        assert all(np.isfinite(record[f'Loss/{name}']) for record in stats), name
    assert [tick for tick, record in enumerate(stats) if 'Loss/gradient_penalty' in record] == [0, 4, 8, 12, 16, 20]
    assert stats[0]['TrainG/learning_rate'] == pytest.approx(0.0016)
    assert stats[0]['RegD/learning_rate'] == pytest.approx(0.00188235294)
    assert all(record[f'{step}/overflow_frequency'] == 0 for record in stats for step in ('TrainG', 'RegG', 'TrainD'))


def test_twenty_ticks_add_less_than_50_mb_of_memory(run_dir):
    memory_gb = [record['Resources/cpu_mem_gb'] for record in read_stats(run_dir)]
    print('memory in MB:', [round(value * 1024) for value in memory_gb])
    assert (memory_gb[20] - memory_gb[0]) * 1024 < 50


def test_trained_networks_differ_from_their_average_and_load_again(session, run_dir):
    G, D, Gs = misc.load_networks(os.path.join(run_dir, 'network-final.pkl'))
    assert (G.name, D.name, Gs.name) == ('G', 'D', 'Gs')
    moved = [name for name in G.trainables if not np.array_equal(G.get_var(name), Gs.get_var(name))]
    assert len(moved) == len(G.trainables)
    np.testing.assert_allclose(G.get_var('dlatent_avg'), Gs.get_var('dlatent_avg'), atol=0.05)
    assert G.get_var('dlatent_avg').any()


def test_final_snapshot_is_the_last_one(run_dir):
    contents = []
    for name in ('network-snapshot-000000.pkl', 'network-final.pkl'):
        with open(os.path.join(run_dir, name), 'rb') as file:
            contents.append(file.read())
    assert contents[0] == contents[1]


def test_snapshot_holds_the_keywords_that_converters_know_and_need(run_dir):
    with open(os.path.join(run_dir, 'network-final.pkl'), 'rb') as file:
        G, D, _ = [net.state['static_kwargs'] for net in pickling.load(file)]
    assert D == {
        'num_channels': 3,
        'resolution': 8,
        'label_size': 0,
        'architecture': 'resnet',
        'fmap_base': 64,
        'fmap_max': 4,
        'mbstd_group_size': 4,
    }
    assert G == {
        'num_channels': 3,
        'resolution': 8,
        'label_size': 0,
        'architecture': 'skip',
        'fmap_base': 64,
        'fmap_max': 4,
        'latent_size': 8,
        'dlatent_size': 8,
        'mapping_fmaps': 8,
        'mapping_layers': 2,
    }


def test_moments_count_main_and_regularization_steps(run_dir):
    with np.load(os.path.join(run_dir, 'training-state.npz')) as state:
        assert count_steps(state, 'TrainG', 0.9919919678) == 84 + 21
        assert count_steps(state, 'TrainD', 0.9905854573) == 84 + 6


def count_steps(state, name, beta2):
    """Return how many steps an optimizer has made, according to its power of beta2."""
    (power,) = [state[key] for key in state.files if key.endswith(f'{name}/beta2_power')]
    return int(round(np.log(float(power)) / np.log(beta2))) - 1  # Adam begins with the first power.


# ----------------------------------------------------------------------------
# Going on.


@pytest.fixture
def copied_results(trained, tmp_path):
    """A copy of the results, to go on from without disturbing other tests."""
    path = str(tmp_path / 'results')
    shutil.copytree(trained[0], path)
    return path


def test_resuming_the_latest_run_goes_on_exactly_in_its_folder(copied_results, data_dir, capsys, monkeypatch):
    def ask_to_stop(graph, sched, position):
        run_minibatch(graph, sched, position)
        open(os.path.join(run_dir, 'abort.txt'), 'w').close()

    run_dir = os.path.join(copied_results, RUN_NAME)
    old_stats, run_minibatch = read_stats(run_dir), loop.run_minibatch
    monkeypatch.setattr(loop, 'run_minibatch', ask_to_stop)
    argv = [f'--data-dir={data_dir}', f'--result-dir={copied_results}', *TINY_NETWORKS]
    argv += ['--total-kimg=1000', '--mirror-augment=yes', '--resume=latest']
    status, out, error = run_cli(argv, capsys)
    assert (status, error) == (0, '')
    assert re.search(r'Resuming exactly at 0\.3 kimg, from ".*/training-state\.npz"', out)
    assert re.search(r'Stopped at 0\.3 kimg; to go on: cd .* && python .*run_training\.py .* --resume=', out)
    assert os.listdir(copied_results) == [RUN_NAME]
    stats = read_stats(run_dir)
    assert [record['Progress/kimg'] for record in stats] == [record['Progress/kimg'] for record in old_stats] + [0.34]
    with np.load(os.path.join(run_dir, 'training-state.npz')) as state:
        assert count_steps(state, 'TrainG', 0.9919919678) == 105 + 1 + 1  # Minibatch 84 regularizes, too.
        assert count_steps(state, 'TrainD', 0.9905854573) == 90 + 1
    assert '_finished.txt' not in os.listdir(run_dir)


def test_full_disk_leaves_the_previous_snapshot_and_no_temporary_file(copied_results, data_dir, capsys, monkeypatch):
    contents = []
    save_pkl = misc.save_pkl

    def save_with_little_room(networks, path):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        if contents:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, limits[1]))
        try:
            save_pkl(networks, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        with open(path, 'rb') as file:
            contents.append(file.read())

    monkeypatch.setattr(misc, 'save_pkl', save_with_little_room)
    pkl = os.path.join(copied_results, RUN_NAME, 'network-snapshot-000000.pkl')
    argv = [f'--data-dir={data_dir}', f'--result-dir={copied_results}', *TINY_NETWORKS, '--snapshot-ticks=1']
    status, out, error = run_cli([*argv, f'--resume-pkl={pkl}', '--resume-kimg=5', '--fmap-max=8'], capsys)

    new = os.path.join(copied_results, RUN_NAME.replace('00000', '00001'))
    assert (status, error) == (1, f'Error: File too large: {new}/network-snapshot-000005.pkl')
    assert re.search(r'Beginning with the weights alone of ".*network-snapshot-000000\.pkl", at 5\.0 kimg', out)
    assert re.search(r'^Gs +\d+ +0 +\d+ +\d+$', out, re.MULTILINE)  # Of another width, as was asked for.
    assert [record['Progress/kimg'] for record in read_stats(new)] == [5.016]
    with open(os.path.join(new, 'network-snapshot-000005.pkl'), 'rb') as file:
        assert [file.read()] == contents
    assert not [name for name in os.listdir(new) if 'tmp' in name]
    with open(os.path.join(new, 'log.txt')) as file:
        assert file.read().rstrip().endswith(f"OSError: [Errno 27] File too large: '{new}/network-snapshot-000005.pkl'")


def test_machine_without_a_gpu_is_told_on_the_console_and_in_the_log(trained, run_dir):
    if compat.list_gpus():
        pytest.skip('there is a GPU')
    with open(os.path.join(run_dir, 'log.txt')) as file:
        assert 'No GPU: computing on the CPU\n' in file.read().splitlines(keepends=True)
    assert 'No GPU: computing on the CPU' in trained[1].splitlines()


def test_latest_of_another_data_set_is_refused(copied_results, data_dir, tmp_path, capsys):
    make_dataset(tmp_path / 'other', size=8, num_images=4)
    argv = [f'--result-dir={copied_results}', *TINY_NETWORKS, f'--dataset={tmp_path}/other', '--resume-pkl=latest']
    status, _, error = run_cli(argv, capsys)
    assert status == 1 and 'was about other with config-e; the newest was about tiny with config-e: ' in error
    assert os.listdir(copied_results) == [RUN_NAME]


def test_data_dir_that_is_a_data_set_itself_is_told(data_dir, capsys):
    status, _, error = run_cli([f'--data-dir={data_dir}/tiny', '--dataset=tiny', '--metrics=none'], capsys)
    assert status == 1 and error.endswith(f'/tiny is one itself, which --dataset={data_dir}/tiny means')


def test_name_of_a_data_set_may_hold_any_characters(data_dir, tmp_path, capsys):
    make_dataset(tmp_path / 'my cats (2)', size=8, num_images=4)
    argv = [
        *TINY_NETWORKS,
        f'--dataset={tmp_path}/my cats (2)',
        f'--result-dir={tmp_path}/results',
        '--total-kimg=0.004',
    ]
    status, _, error = run_cli(argv, capsys)
    assert (status, error) == (0, '')
    assert os.listdir(str(tmp_path / 'results')) == ['00000-stylegan2-my_cats__2_-1gpu-config-e']


# ----------------------------------------------------------------------------
# Without TensorFlow.


@pytest.fixture
def without_tensorflow(tmp_path):
    """The environment of a process that cannot import TensorFlow."""
    (tmp_path / 'tensorflow.py').write_text('raise ImportError("TensorFlow is out of reach")\n')
    return dict(os.environ, PYTHONPATH=str(tmp_path))


def run_process(argv, environment):
    command = [sys.executable, SCRIPT, *argv]
    return subprocess.check_output(command, env=environment, universal_newlines=True, stderr=subprocess.STDOUT)


def test_help_needs_no_tensorflow(without_tensorflow):
    text = run_process(['--help'], without_tensorflow)
    for option in ('--data-dir', '--dataset', '--config', '--num-gpus', '--total-kimg', '--gamma', '--mirror-augment'):
        assert option in text
    assert 'python run_training.py --data-dir=~/datasets --dataset=ffhq --config=config-f' in text


def test_dry_run_prints_the_options_as_json_and_writes_nothing(data_dir, tmp_path, capsys):
    result_dir = tmp_path / 'results'
    argv = [f'--data-dir={data_dir}', f'--result-dir={result_dir}', *TINY_NETWORKS, '--dry-run']
    run = json.loads(run_cli(argv, capsys)[1])
    assert run['run_desc'] == 'stylegan2-tiny-1gpu-config-e'
    assert run['run_func_name'] == 'training.training_loop.training_loop'
    options = run['run_func_kwargs']
    assert options['G_args']['fmap_base'] == 64
    assert options['D_loss_args'] == {'func_name': 'training.loss.D_logistic_r1', 'gamma': 1.0}
    assert options['sched_args']['minibatch_gpu_base'] == 4
    assert options['dataset_args'] == {'tfrecord_dir': 'tiny', 'max_label_size': 0, 'seed': 1000}
    assert not result_dir.exists()


def test_dry_run_prints_what_the_run_records(trained, run_dir, data_dir, capsys):
    argv = [f'--data-dir={data_dir}', *TINY_NETWORKS, '--total-kimg=0.336', '--snapshot-ticks=10']
    _, out, _ = run_cli([*argv, '--mirror-augment=yes', '--dry-run'], capsys)
    expected = json.loads(out)
    expected['run_func_kwargs']['num_gpus'] = 1
    recorded = dnnlib.load_training_options(run_dir)
    assert recorded.pop('command')[0].endswith('run_training.py') and recorded.pop('command_dir') == os.getcwd()
    assert recorded == expected


# ----------------------------------------------------------------------------
# Where the data set is.


FORMS = [
    '--data-dir={}|--dataset=tiny',
    '--data-dir={}|--dataset=tiny/',
    '--dataset={}/tiny',
    '--dataset={}/tiny/tiny-r03.tfrecords',
]


@pytest.mark.parametrize('form', FORMS)
def test_data_set_can_be_given_by_name_or_path(data_dir, capsys, form):
    status, out, _ = run_cli([*form.format(data_dir).split('|'), '--metrics=none', '--dry-run'], capsys)
    options = json.loads(out)['run_func_kwargs']
    assert (status, options['data_dir'], options['dataset_args']['tfrecord_dir']) == (0, data_dir, 'tiny')


@pytest.mark.parametrize('cond, is_warned', [([], True), (['--cond=no'], False), (['--cond=yes'], False)])
def test_labels_that_are_not_used_are_told_unless_that_is_wanted(data_dir, capsys, cond, is_warned):
    argv = [f'--data-dir={data_dir}', '--dataset=labelled', '--metrics=none', '--dry-run']
    status, out, error = run_cli([*argv, *cond], capsys)
    options = json.loads(out)['run_func_kwargs']
    assert (status, options['dataset_args']['max_label_size']) == (0, 'full' if cond == ['--cond=yes'] else 0)
    warning = r'^Warning: .*/labelled/labelled-rxx\.labels has labels, which are not used; --cond=yes trains with them'
    assert bool(re.search(warning, error)) == is_warned


def test_home_and_variables_are_expanded(data_dir, capsys, monkeypatch):
    monkeypatch.setenv('HOME', data_dir)
    for path in ('~', '$HOME'):
        status, out, _ = run_cli([f'--data-dir={path}', '--dataset=tiny', '--metrics=none', '--dry-run'], capsys)
        assert (status, json.loads(out)['run_func_kwargs']['data_dir']) == (0, data_dir)


# ----------------------------------------------------------------------------
# StyleGAN2-ADA.


def test_command_of_the_ada_trainer_trains_here(data_dir, tmp_path, capsys):
    argv = f'--data={data_dir}/large --outdir={tmp_path} --cfg=auto --gpus=1 --res=16 --mirror=1 --kimg=0.064 --snap=1'
    argv += f' --aug=ada --target=0.5 --metrics=none --metricdata={data_dir}/large --dcap=0.5 --resume=noresume'
    sizes = '--fmap-base=64 --fmap-max=8 --latent-size=16 --grid-size=2x2 --kimg-per-tick=0.064'
    status, out, error = run_cli([*argv.split(), *sizes.split()], capsys)
    assert (status, error) == (0, '')
    assert re.search(r'tick 0 .* minibatch 32 .* augment \d\.\d+ r_t ', out)
    assert 'Mixed precision: float16 is slow on a CPU, so everything is computed in float32\n' in out
    run_dir = tmp_path / '00000-stylegan2-large-1gpu-auto'
    G, D, Gs = pickling.load(open(str(run_dir / 'network-final.pkl'), 'rb'))
    assert [G.state['static_kwargs'][name] for name in ('fmap_max', 'mapping_layers', 'resolution')] == [8, 2, 16]
    assert [D.state['static_kwargs'][name] for name in ('fmap_base', 'fmap_max', 'mbstd_group_size')] == [32, 4, 4]
    # The half-life of the average is 0.05 of the images so far, at most: it is near G.
    weights = [dict(net.state['components']['synthesis'].state['variables'])['4x4/Conv/weight'] for net in (G, Gs)]
    assert np.abs(weights[0] - weights[1]).max() < 0.03


@pytest.mark.parametrize(
    'options, message',
    [
        (['--res=48'], 'tiny has no images of resolution 48; there are 4, 8$'),
        (['--res=16'], 'tiny has no images of resolution 16; there are 4, 8$'),
        (['--config=config-a', '--mixed-precision=yes'], 'unlike those of config-a; try --config=config-f$'),
        (['--p=0.2', '--cfg=auto'], 'Error: --p goes with --aug=fixed, not with --aug=ada; leave one away$'),
        (['--dcap=0'], "--dcap: number above 0 expected, got '0'"),
    ],
)
def test_options_of_ada_that_cannot_be_are_refused(options, message, data_dir, tmp_path, capsys):
    status, _, error = run_cli(
        [f'--data-dir={data_dir}', '--dataset=tiny', f'--result-dir={tmp_path}', *options], capsys
    )
    assert status in (1, 2) and re.search(message, error.splitlines()[-1]), error


# ----------------------------------------------------------------------------
# With the weights of a snapshot.


def test_snapshot_of_other_images_and_labels_is_adapted_and_frozen_layers_keep_their_bits(data_dir, tmp_path, capsys):
    argv = [f'--data-dir={data_dir}', '--dataset=labelled', '--cond=yes', f'--result-dir={tmp_path}', '--metrics=none']
    argv += [f'--resume={TINY_SNAPSHOT}', '--freezed=3', '--train-g=mapping', '--lrate-mult=mapping:0.5', '--gamma=1']
    argv += ['--minibatch-size=4', '--grid-size=4x2', '--kimg-per-tick=0.016', '--total-kimg=0.016', '--aug=ada']
    status, out, error = run_cli(argv, capsys)
    assert (status, error) == (0, '')
    assert re.search(r'^weights of +copied +adapted +fresh +left out\nG +\d+ +\d+ +\d+ +0$', out, re.MULTILINE)
    assert 'adapted (labels begin without effect): G_mapping/Dense0\n' in out
    assert 'fresh: G_mapping/LabelConcat\n' in out
    assert 'Beginning with the weights alone of' in out
    with open(str(tmp_path / '00000-stylegan2-labelled-1gpu-config-f' / 'network-final.pkl'), 'rb') as file:
        after = pickling.load(file)
    with open(TINY_SNAPSHOT, 'rb') as file:
        before = pickling.load(file)
    for index, layers in [(0, ['G_synthesis/']), (1, ['16x16/FromRGB', '16x16/Conv0', '16x16/Conv1_down'])]:
        old, new = [dict(list_variables(net)) for net in (before[index], after[index])]
        for name in old:
            is_frozen = any(name.startswith(layer) for layer in layers)
            if name in new and old[name].shape == new[name].shape and 'noise' not in name:
                assert np.array_equal(old[name], new[name]) == is_frozen or np.all(old[name] == 0), name


def list_variables(net):
    """Yield name and value of each trained variable of a pickled network."""
    yield from net.state['variables']
    for part in net.state['components'].values():
        for name, value in part.state['variables']:
            yield f'{part.state["name"]}/{name}', value


# ----------------------------------------------------------------------------
# Wrong input.


def check_refused(argv, status, message, data_dir, tmp_path, capsys):
    """Make sure that a command line ends with a status and a line, and leaves nothing behind."""
    result_dir = tmp_path / 'new-results'
    defaults = [f'--result-dir={result_dir}', f'--data-dir={data_dir}', '--dataset=tiny', '--metrics=none']
    actual_status, out, error = run_cli(defaults + argv, capsys)
    assert re.search(message, error), error
    assert actual_status == status
    assert out == ''
    assert not result_dir.exists()


@pytest.mark.parametrize(
    'argv, status, message',
    [
        (
            ['--data-dir=/nowhere'],
            1,
            '^Error: dataset root directory does not exist: /nowhere; check --data-dir and --dataset$',
        ),
        (
            ['--dataset=/nowhere/tiny'],
            1,
            '^Error: dataset root directory does not exist: /nowhere; check --data-dir and',
        ),
        (['--dataset=tinny'], 1, '^Error: there is no data set tinny in .*; did you mean tiny[?]$'),
        (
            ['--dataset=xyz'],
            1,
            '^Error: there is no data set xyz in .*; make it with .* create_from_images, or name a folder of pictures$',
        ),
        (['--dataset=empty'], 1, '^Error: no .tfrecords files in .*/empty; make them with: python dataset_tool.py'),
        (
            ['--dataset=pictures'],
            1,
            '^Error: .*/pictures cannot be used as it is: 1 of 1 pictures .* a.png is empty .*: python dataset_tool.py',
        ),
        (['--dataset='], 2, 'argument --dataset: path expected, got an empty text$'),
        (['--config=config-g'], 2, "argument --config: invalid choice: 'config-g' .*did you mean config-"),
        (['--config=g'], 2, "argument --config: invalid choice: 'g' "),
        (['--metrics=fid50'], 1, "^Error: unknown metric 'fid50', known are .*; did you mean fid50k[?]$"),
        (['--gama=3'], 2, '--gama is unknown; did you mean --gamma[?]$'),
        (['--gamma=abc'], 2, "argument --gamma: number expected, got 'abc'$"),
        (['--gamma=nan'], 2, "argument --gamma: number expected, got 'nan'$"),
        (['--gamma=-1'], 2, "argument --gamma: number of at least 0 expected, got '-1'$"),
        (['--total-kimg=0'], 2, "argument --total-kimg: number above 0 expected, got '0'$"),
        (['--total-kimg=-3'], 2, "argument --total-kimg: number above 0 expected, got '-3'$"),
        (['--total-kimg=x'], 2, "argument --total-kimg: number expected, got 'x'$"),
        (['--kimg-per-tick=0'], 2, "argument --kimg-per-tick: number above 0 expected, got '0'$"),
        (['--snapshot-ticks=0'], 2, "argument --snapshot-ticks: integer of at least 1 expected, got '0'$"),
        (['--num-gpus=0'], 2, "argument --num-gpus: integer of at least 1 expected, got '0'$"),
        (
            ['--num-gpus=3'],
            1,
            '^Error: a minibatch of 32 pictures is no multiple of --num-gpus=3; try --minibatch-size=30$',
        ),
        (
            ['--minibatch-size=10', '--minibatch-gpu=4'],
            1,
            '^Error: a minibatch of 10 pictures is no multiple of --minibatch-gpu=4 .*; try --minibatch-size=8$',
        ),
        (['--minibatch-size=12', '--minibatch-gpu=6'], 1, '^Error: --minibatch-gpu=6 must be less than 4'),
        (['--mirror-augment=maybe'], 2, "argument --mirror-augment: Boolean value expected .*, got 'maybe'$"),
        (['--lrate=0'], 2, "argument --lrate: number above 0 expected, got '0'$"),
        (['--ema-kimg=-1'], 2, "argument --ema-kimg: number of at least 0 expected, got '-1'$"),
        (['--seed=-1'], 2, "argument --seed: integer from 0 to 4294967295 expected, got '-1'$"),
        (['--seed=4294967296'], 2, "argument --seed: integer from 0 to 4294967295 expected, got '4294967296'$"),
        (['--grid-size=2k'], 1, "^Error: grid size must be one of 1080p, 4k, 8k or .* 6x4, got '2k'$"),
        (['--cond=yes'], 1, '^Error: --cond=yes, but .*/tiny has no labels; make it anew with labels'),
        (['--resume-kimg=4'], 1, '^Error: --resume-kimg needs a snapshot to begin with; give --resume-pkl too$'),
        (['--resume-pkl=latest'], 1, '^Error: no network-snapshot-.*.pkl found below .*; give --resume-pkl=FILE$'),
        (['--resume-pkl=nowhere.pkl'], 1, '^Error: file not found: nowhere.pkl$'),
        (['--resume-pkl='], 2, 'argument --resume-pkl: path expected, got an empty text$'),
        (['extra'], 2, 'unrecognized arguments: extra$'),
        (['--resume-pkl=lastest'], 1, '^Error: file not found: lastest; did you mean latest[?]$'),
        (
            ['--grid-size=1920x1080'],
            1,
            '^Error: grid size is columns x rows, at most 10000 images, got 1920x1080',
        ),
        (['--fmap-max=100000'], 2, "argument --fmap-max: at most 8192 expected, got '100000'$"),
        (['--lrate=2'], 2, "argument --lrate: at most 1 expected, got '2'$"),
        (['--aug=adaa'], 2, "argument --aug: invalid choice: 'adaa' .*did you mean ada"),
        (['--aug=fixed'], 1, '^Error: --aug=fixed needs the strength; give --p, for instance --p=0.2$'),
        (['--p=0.5'], 1, '^Error: --p goes with --aug=fixed, not with --aug=noaug; leave one away$'),
        (['--aug=fixed', '--p=1.5'], 2, "argument --p: at most 1 expected, got '1.5'$"),
        (['--aug=fixed', '--p=-1'], 2, "argument --p: number of at least 0 expected, got '-1'$"),
        (['--aug=fixed', '--p=0.5', '--target=0.5'], 1, '^Error: --target goes with --aug=ada, not with --aug=fixed; '),
        (['--aug=fixed', '--p=0.5', '--p-max=0.5'], 1, '^Error: --p-max goes with --aug=ada, not with --aug=fixed; '),
        (['--augpipe=bgc'], 1, '^Error: --augpipe goes with --aug=ada or fixed, not with --aug=noaug; leave one away$'),
        (['--aug=ada', '--augpipe=bcg'], 2, "argument --augpipe: invalid choice: 'bcg' .*did you mean bg"),
        (
            ['--aug=ada', '--augpipe=bgcf'],
            1,
            '^Error: the image filter needs at least 22 pixels of width and height, got 8x8; choose a pipe without it',
        ),
    ],
)
def test_wrong_option_ends_with_one_clear_line(argv, status, message, data_dir, tmp_path, capsys):
    check_refused(argv, status, message, data_dir, tmp_path, capsys)


def test_missing_data_set_option_ends_with_its_name(capsys):
    status, _, error = run_cli(['--data-dir=.'], capsys)
    assert (status, error.split(': ')[-1]) == (2, '--dataset')


@pytest.mark.parametrize(
    'argv, message',
    [
        (
            ['--dataset=large'],
            r'^Error: .*tiny_snapshot\.pkl has images of 3x16x16 instead of 3x32x32; leave --strict away to adapt',
        ),
        (
            ['--dataset=labelled', '--cond=yes'],
            r'^Error: .*tiny_snapshot\.pkl has labels of size 0 instead of 3; leave --strict away to adapt what can be',
        ),
    ],
)
def test_snapshot_for_other_pictures_is_refused(argv, message, data_dir, tmp_path, capsys):
    check_refused([f'--resume-pkl={TINY_SNAPSHOT}', '--strict', *argv], 1, message, data_dir, tmp_path, capsys)


def test_growing_from_a_snapshot_of_unknown_position_is_refused(data_dir, tmp_path, capsys):
    make_dataset(tmp_path / 'fitting', size=16, num_images=4)
    argv = [f'--resume-pkl={TINY_SNAPSHOT}', f'--dataset={tmp_path}/fitting', '--config=config-d']
    message = r'^Error: the name of .*tiny_snapshot\.pkl does not tell how far .*; give --resume-kimg$'
    check_refused(argv, 1, message, data_dir, tmp_path, capsys)


def test_web_page_in_place_of_a_snapshot_is_refused(data_dir, tmp_path, capsys):
    (tmp_path / 'page.pkl').write_bytes(b'<html><body>Quota exceeded</body></html>')
    argv = [f'--resume-pkl={tmp_path}/page.pkl']
    check_refused(
        argv, 1, r'^Error: .*page\.pkl is not a network snapshot: it is a web page', data_dir, tmp_path, capsys
    )


def test_metric_without_its_feature_network_is_refused(data_dir, tmp_path, capsys, monkeypatch):
    without_weights = dict(run_training.metric_defaults['fid50k'], weights=str(tmp_path / 'inception.pkl'))
    monkeypatch.setitem(run_training.metric_defaults, 'fid50k', without_weights)
    check_refused(['--metrics=fid50k'], 1, r'^Error: .*inception\.pkl', data_dir, tmp_path, capsys)


@pytest.mark.parametrize(
    'num_labels, channels, message',
    [
        (40, 5, 'x-r04.tfrecords: record 0 has 5 channels; 1 to 4 are possible'),
        (10, 3, 'has 10 labels, but there are 40'),
    ],
)
def test_records_of_other_programs_are_looked_at_before_a_run_directory_is_made(
    tmp_path, monkeypatch, capsys, num_labels, channels, message
):
    (tmp_path / 'x').mkdir()
    content = records.encode_images(np.zeros([40, channels, 16, 16], np.uint8))
    (tmp_path / 'x' / 'x-r04.tfrecords').write_bytes(content)
    with open(str(tmp_path / 'x' / 'x-rxx.labels'), 'wb') as file:
        np.save(file, np.eye(num_labels))
    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(SystemExit) as info:
        cmdline.run(lambda: run_training.main(['--data-dir=.', '--dataset=x', '--cond=yes', '--metrics=none']))
    assert info.value.code == 1
    assert message in capsys.readouterr().err
    assert os.listdir('.') == ['x']


def save_pictures(folder, num_pictures=16):
    folder.mkdir()
    for index, pixels in enumerate(np.random.RandomState(2).randint(256, size=[num_pictures, 8, 8, 3])):
        PIL.Image.fromarray(pixels.astype(np.uint8)).save(str(folder / f'{index}.png'))


def test_folder_of_pictures_is_trained_on_under_its_name_and_gone_on_with(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    save_pictures(tmp_path / 'photos')
    argv = [*TINY_NETWORKS, f'--data-dir={tmp_path}', '--dataset=photos', f'--result-dir={tmp_path}/results']
    command = [sys.executable, SCRIPT, *argv, '--total-kimg=0.016']
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 'Making records of the 16 images of ' in done.stderr
    assert 'Dataset shape = [3, 8, 8]' in done.stdout
    assert os.listdir(str(tmp_path / 'results')) == ['00000-stylegan2-photos-1gpu-config-e']

    status, out, note = run_cli(argv + ['--resume-pkl=latest', '--dry-run'], capsys)
    assert status == 0 and 'are those made before' in note
    options = json.loads(out)['run_func_kwargs']
    assert options['dataset_args']['tfrecord_dir'] == 'photos'
    assert options['data_dir'].startswith(str(tmp_path / 'cache'))
    assert options['resume_pkl'].endswith('.pkl')


# ----------------------------------------------------------------------------
# A run that survives.


def start(argv, output):
    """Start the script; return the process."""
    with open(str(output), 'w') as file:
        return subprocess.Popen([sys.executable, SCRIPT, *argv], stdout=file, stderr=subprocess.STDOUT)


def wait_for(path, process):
    while process.poll() is None and not os.path.exists(str(path)):
        time.sleep(0.05)


def test_one_command_begins_a_run_goes_on_after_kill_9_and_tells_when_it_is_done(data_dir, tmp_path, capsys):
    results, output = tmp_path / 'results', tmp_path / 'output'
    argv = [f'--data-dir={data_dir}', f'--result-dir={results}', *TINY_NETWORKS, '--resume=auto', '--keep=1']
    argv += ['--minibatch-gpu=4', '--snapshot-kimg=1', '--state-minutes=0']
    process = start([*argv, '--total-kimg=1000'], output)
    wait_for(results / RUN_NAME / 'training-state.npz', process)
    status, _, error = run_cli([*argv, '--total-kimg=1000'], capsys)
    assert status == 1 and f'{RUN_NAME} is in use by process {process.pid} on ' in error
    process.kill()
    process.wait()
    nimg = run_search.read_position(str(results / RUN_NAME)).cur_nimg
    kimg = (nimg // 16 + 1) * 16 / 1000

    status, out, error = run_cli([*argv, f'--total-kimg={kimg}'], capsys)
    assert (status, error) == (0, '')
    assert f'Resuming exactly at {nimg / 1000:.1f} kimg' in out
    assert os.listdir(str(results)) == [RUN_NAME]
    snapshots = [name for name in os.listdir(str(results / RUN_NAME)) if name.startswith('network-snapshot-')]
    assert len(snapshots) == 1

    status, out, error = run_cli([*argv, f'--total-kimg={kimg}'], capsys)
    assert (status, error) == (0, '') and f'{RUN_NAME} is finished: it is at {kimg:g} kimg' in out


def test_of_several_that_begin_at_once_one_trains(data_dir, tmp_path):
    argv = [f'--data-dir={data_dir}', f'--result-dir={tmp_path}/results', *TINY_NETWORKS, '--resume=auto']
    processes = [start([*argv, '--total-kimg=1000'], tmp_path / f'output{index}') for index in range(3)]
    while sum(process.poll() is None for process in processes) > 1:
        time.sleep(0.05)
    wait_for(tmp_path / 'results' / RUN_NAME / 'training-state.npz', [p for p in processes if p.poll() is None][0])
    for process in processes:
        process.kill()
        process.wait()
    assert os.listdir(str(tmp_path / 'results')) == [RUN_NAME]
    assert sorted(process.returncode for process in processes) == [-9, 1, 1]


def test_closed_output_ends_no_training(data_dir, tmp_path):
    argv = [f'--data-dir={data_dir}', f'--result-dir={tmp_path}', *TINY_NETWORKS, '--total-kimg=0.016']
    command = ' '.join(shlex.quote(word) for word in [sys.executable, SCRIPT, *argv])
    assert subprocess.call(['sh', '-c', command + ' >&- 2>&-']) == 0
    assert 'tick 0' in (tmp_path / RUN_NAME / 'log.txt').read_text()


@pytest.mark.parametrize(
    'options, message',
    [
        (['--resume=latest'], 'Error: no run in .* was about tiny with config-e; --resume=auto begins a new one$'),
        (['--resume=nowhere'], 'Error: there is no nowhere to resume$'),
        (['--keep=best'], 'Error: --keep=best needs a metric that tells what is best; name one with --metrics'),
        (['--keep=0'], "--keep: all or best, or integer of at least 1 expected, got '0'$"),
        (['--minibatch-gpu=all'], "--minibatch-gpu: auto, or integer of at least 1 expected, got 'all'$"),
        (['--state-minutes=-1'], "--state-minutes: number of at least 0 expected, got '-1'$"),
    ],
)
def test_options_of_runs_that_cannot_be_are_refused(options, message, data_dir, tmp_path, capsys):
    argv = [f'--data-dir={data_dir}', f'--result-dir={tmp_path}', *TINY_NETWORKS]
    status, _, error = run_cli([*argv, *options], capsys)
    assert status in (1, 2) and re.search(message, error.splitlines()[-1]), error


def test_run_of_another_configuration_is_refused_with_the_option_to_give(copied_results, data_dir, capsys):
    argv = [f'--data-dir={data_dir}', f'--result-dir={copied_results}', *TINY_NETWORKS, '--config=config-f']
    status, _, error = run_cli([*argv, f'--resume={copied_results}/{RUN_NAME}'], capsys)
    assert status == 1 and error.endswith('trains config-e, not config-f; resume it with --config=config-e')


def test_run_of_other_pictures_is_refused(copied_results, tmp_path, capsys):
    make_dataset(tmp_path / 'tiny', size=16, num_images=4)
    argv = [f'--data-dir={tmp_path}', f'--result-dir={copied_results}', *TINY_NETWORKS, '--resume=latest']
    status, _, error = run_cli(argv, capsys)
    assert status == 1 and 'makes pictures of shape [3, 8, 8], the data set has [3, 16, 16]' in error


def test_chosen_minibatch_is_kept_when_a_run_goes_on_as_far_as_it_can_be(copied_results, data_dir, capsys, monkeypatch):
    argv = [f'--data-dir={data_dir}', f'--result-dir={copied_results}', *TINY_NETWORKS, '--minibatch-gpu=auto']
    argv += ['--resume=latest', '--dry-run']
    status, out, _ = run_cli(argv, capsys)
    assert status == 0 and json.loads(out)['run_func_kwargs']['sched_args']['minibatch_gpu_base'] == 4

    monkeypatch.setattr(run_training.minibatch_search, 'find_minibatch_gpu', lambda *_: 3)
    status, out, _ = run_cli([*argv, '--minibatch-size=6'], capsys)  # With it, 4 is impossible.
    assert status == 0 and json.loads(out)['run_func_kwargs']['sched_args']['minibatch_gpu_base'] == 3

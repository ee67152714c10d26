# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Every configuration trains for three ticks, with small networks on small pictures, and grows where it should."""

import copy
import json
import os
import re

import config_table
import numpy as np
import PIL.Image
import pytest
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib
from dnnlib.tflib.snapshots import pickling
from image_data.exporter import TFRecordExporter
from training import configs

GROWING = ['config-a', 'config-b', 'config-c', 'config-d']
WIDE = ['config-b', 'config-e']  # Trained on pictures that are wider than high.


def make_dataset(folder, height, width):
    images = np.random.RandomState(1).randint(256, size=[8, 3, height, width]).astype(np.uint8)
    with TFRecordExporter(str(folder), len(images), print_progress=False) as exporter:
        for image in images:
            exporter.add_image(image)


@pytest.fixture(scope='module')
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp('datasets')
    for name, height, width in [('8x8', 8, 8), ('6x8', 6, 8), ('16x16', 16, 16), ('12x16', 12, 16)]:
        make_dataset(folder / name, height, width)
    return str(folder)


def shrink(options, data_dir, config_id):
    """Return options for networks of a few weights, a minibatch of 4 pictures and ticks of 16."""
    options = copy.deepcopy(options)
    is_growing, is_wide = config_id in GROWING, config_id in WIDE
    options['G_args'].update(fmap_base=64, fmap_max=4, latent_size=8, dlatent_size=8, mapping_fmaps=8, mapping_layers=2)
    options['D_args'].update(fmap_base=64, fmap_max=4)
    options['sched_args'].update(minibatch_size_base=4, tick_kimg=0.016)
    options['dataset_args'].update(tfrecord_dir=[['8x8', '6x8'], ['16x16', '12x16']][is_growing][is_wide])
    options['grid_args'].update(size='2x2')
    options.update(data_dir=data_dir, total_kimg=0.048)
    if is_growing:
        # 4 minibatches make 32 pictures of 8x8, then one look at the fade, then one at 16x16.
        options['sched_args'].update(lod_training_kimg=0.016, lod_transition_kimg=0.032)
        options['sched_args'].update(minibatch_size_dict={8: 8, 16: 4}, minibatch_gpu_dict={8: 4, 16: 2})
        options.update(total_kimg=0.064)
    return options


def train(options, result_dir, config_id='test', run_dir=None):
    """Train as the script does, without the time that TensorFlow takes to optimize graphs; return the run directory.

    With a run directory, that training goes on.
    """
    submit_config = dnnlib.SubmitConfig()
    submit_config.run_dir_root, submit_config.run_desc = result_dir, config_id
    fast_start = {'graph_options.rewrite_options.disable_meta_optimizer': True}
    fast_start['graph_options.optimizer_options.opt_level'] = -1
    with tf.Graph().as_default(), tflib.create_session(fast_start) as session, session.as_default():
        func_name = 'training.training_loop.training_loop'
        if run_dir is not None:
            return dnnlib.continue_run(submit_config, run_dir, func_name, num_gpus=1, **options).run_dir
        return dnnlib.submit_run(submit_config, func_name, num_gpus=1, **options).run_dir


def read_lines(run_dir, name):
    with open(os.path.join(run_dir, name)) as file:
        return file.read().splitlines()


def read_ticks(run_dir):
    """Return the fields kimg, lod and minibatch of the status lines, as they are printed."""
    pattern = r'tick (\d+) +kimg (\S+) +lod (\S+) +minibatch (\d+) '
    matches = [re.match(pattern, line) for line in read_lines(run_dir, 'log.txt')]
    return [match.groups() for match in matches if match]


def read_stats(run_dir, name):
    return [json.loads(line)[name] for line in read_lines(run_dir, 'stats.jsonl')]


def read_picture(run_dir, name):
    """Return the pixels of a grid, float [H, W, 3]."""
    with PIL.Image.open(os.path.join(run_dir, name)) as image:
        return np.asarray(image).astype(float)


def is_made_of_blocks(pixels):
    """Tell whether all 2x2 blocks of an image [H, W, C] have one colour."""
    enlarged = pixels[::2, ::2].repeat(2, axis=0).repeat(2, axis=1)
    return np.array_equal(pixels, enlarged)


def read_snapshot(run_dir, name='network-final.pkl'):
    """Return the saved states of G, D and Gs."""
    with open(os.path.join(run_dir, name), 'rb') as file:
        return [net.state for net in pickling.load(file)]


def count_steps(run_dir, name, beta2):
    """Return how many steps an optimizer has made since it forgot its moments, according to its power of beta2."""
    with np.load(os.path.join(run_dir, 'training-state.npz')) as state:
        (power,) = [state[key] for key in state.files if key.endswith(f'{name}/beta2_power')]
    return int(round(np.log(float(power)) / np.log(beta2))) - 1  # Adam begins with the first power.


# ----------------------------------------------------------------------------
# All of them.


@pytest.fixture(scope='module')
def find_run_dir(data_dir, tmp_path_factory):
    """Return a function that returns the run directory of a configuration, which it trains when asked for the first."""
    run_dirs = {}

    def find(config_id):
        if config_id not in run_dirs:
            options = shrink(configs.make_training_options(config_id), data_dir, config_id)
            run_dirs[config_id] = train(options, str(tmp_path_factory.mktemp('results')), config_id)
        return run_dirs[config_id]

    return find


@pytest.fixture(params=sorted(config_table.CONFIGS))
def trained(request, find_run_dir):
    """Return the name of a configuration and its run directory."""
    return request.param, find_run_dir(request.param)


def test_three_ticks_are_trained_with_the_options_of_the_table(trained, data_dir):
    config_id, run_dir = trained
    expected = dict(shrink(config_table.CONFIGS[config_id], data_dir, config_id), num_gpus=1)
    assert dnnlib.load_training_options(run_dir).run_func_kwargs == expected
    assert [tick for tick, _, _, _ in read_ticks(run_dir)] == ['0', '1', '2']
    G, D, Gs = read_snapshot(run_dir)
    assert (G['build_func_name'], D['build_func_name']) == tuple(
        expected[args]['func_name'].split('.')[-1] for args in ('G_args', 'D_args')
    )
    for state in (G, D, Gs):
        assert all(np.isfinite(value).all() for _, value in state['variables'])
    assert not np.array_equal(read_picture(run_dir, 'fakes000000.png'), read_picture(run_dir, 'fakes_init.png'))


def test_growing_shows_in_status_lines_pictures_networks_and_moments(trained):
    config_id, run_dir = trained
    initial, final = read_picture(run_dir, 'fakes_init.png'), read_picture(run_dir, 'fakes000000.png')
    assert not is_made_of_blocks(final)
    assert is_made_of_blocks(initial) == (config_id in GROWING)
    for state in read_snapshot(run_dir):
        assert [float(value) for name, value in state['variables'] if name == 'lod'] in ([0.0], [])
    if config_id not in GROWING:
        assert [fields[1:] for fields in read_ticks(run_dir)] == [('0.0', '0.00', '4')] * 3
        return
    assert read_ticks(run_dir) == [('0', '0.0', '1.00', '8'), ('1', '0.0', '0.50', '4'), ('2', '0.1', '0.00', '4')]
    assert read_stats(run_dir, 'Progress/kimg') == [0.032, 0.048, 0.064]
    assert read_stats(run_dir, 'Progress/lod') == [1.0, 0.5, 0.0]
    is_lazy = config_id in ('config-c', 'config-d')  # Both regularize their steps 0, 4 and 8 if G has a regularizer.
    betas2 = [0.99**0.8, 0.99 ** (16 / 17)] if is_lazy else [0.99, 0.99]
    assert count_steps(run_dir, 'TrainG', betas2[0]) == 4 + (config_id == 'config-d')  # Since the fade has ended.
    assert count_steps(run_dir, 'TrainD', betas2[1]) == 4


def test_wide_pictures_make_wide_networks_and_grids(trained):
    config_id, run_dir = trained
    _, D, Gs = read_snapshot(run_dir)
    size = {key: Gs['static_kwargs'].get(key) for key in ('resolution', 'min_h', 'min_w')}
    resolution = 16 if config_id in GROWING else 8
    variables = dict(Gs['components']['synthesis'].state['variables'])
    if config_id in WIDE:
        assert size == {'resolution': resolution, 'min_h': 3, 'min_w': 4}
        assert variables['4x4/Const/const'].shape == (1, 4, 3, 4)
        assert D['static_kwargs']['min_h'] == 3
    else:
        assert size == {'resolution': resolution, 'min_h': None, 'min_w': None}
        assert variables['4x4/Const/const'].shape == (1, 4, 4, 4)
    height = resolution * 3 // 4 if config_id in WIDE else resolution
    for name in ('reals.png', 'fakes_init.png', 'fakes000000.png'):
        assert read_picture(run_dir, name).shape == (2 * height, 2 * resolution, 3)


# ----------------------------------------------------------------------------
# Going on in the middle of growing.


def test_exact_continuation_keeps_level_of_detail_and_moments(data_dir, tmp_path):
    options = shrink(configs.make_training_options('config-c'), data_dir, 'config-c')
    options['sched_args'].update(lod_training_kimg=0.016, lod_transition_kimg=0.064)
    first_dir = train(dict(options, total_kimg=0.048), str(tmp_path))
    assert read_stats(first_dir, 'Progress/lod') == [1.0, 0.75]
    run_dir = train(dict(options, total_kimg=0.064), str(tmp_path), run_dir=first_dir)
    assert read_stats(run_dir, 'Progress/lod') == [1.0, 0.75, 0.5]
    assert read_stats(run_dir, 'Progress/kimg') == [0.032, 0.048, 0.064]
    assert count_steps(run_dir, 'TrainG', 0.99**0.8) == 4 + 4  # Since the fade began, in the first training.
    (lod,) = [value for name, value in read_snapshot(run_dir)[2]['variables'] if name == 'lod']
    assert float(lod) == 0.5


def test_snapshot_alone_goes_on_growing_at_the_position_in_its_name(data_dir, find_run_dir, tmp_path, capsys):
    resume_pkl = tmp_path / 'network-snapshot-000002.pkl'
    with open(os.path.join(find_run_dir('config-b'), 'network-final.pkl'), 'rb') as file:
        resume_pkl.write_bytes(file.read())
    options = shrink(configs.make_training_options('config-b'), data_dir, 'config-b')
    options['sched_args'].update(lod_training_kimg=1.75, lod_transition_kimg=1)
    run_dir = train(dict(options, total_kimg=2.016, resume_pkl=str(resume_pkl)), str(tmp_path / 'results'))
    assert read_ticks(run_dir) == [('0', '2.0', '0.75', '4')]
    assert f'Beginning with the weights alone of "{resume_pkl}", at 2.0 kimg' in capsys.readouterr().out
    assert count_steps(run_dir, 'TrainG', 0.99) == 4
    assert read_picture(run_dir, 'fakes000002.png').shape == (24, 32, 3)

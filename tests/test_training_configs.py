# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the configurations of the paper mean, and which options fit each other."""

import json

import pytest
from config_table import CONFIGS

from dnnlib.util import EasyDict, UserError
from training import configs
from training.configs import make_training_options
from training.schedule import training_schedule

# The keywords that the converters of StyleGAN2-ADA for PyTorch and of StyleGAN3 know; any other makes them fail.
KNOWN_TO_CONVERTERS = {
    'G': """latent_size label_size dlatent_size resolution num_channels mapping_layers label_fmaps mapping_fmaps
        mapping_nonlinearity mapping_lrmul w_avg_beta fmap_base fmap_max num_fp16_res conv_clamp architecture
        resample_kernel use_noise nonlinearity truncation_psi truncation_cutoff style_mixing_prob structure""".split(),
    'D': """label_size resolution num_channels architecture fmap_base fmap_max num_fp16_res conv_clamp mapping_fmaps
        nonlinearity resample_kernel freeze_layers mapping_layers mapping_lrmul mbstd_group_size mbstd_num_features
        structure""".split(),
}


@pytest.mark.parametrize('config_id', sorted(CONFIGS))
def test_configuration_is_that_of_the_table(config_id):
    options = make_training_options(config_id, dataset='ffhq', data_dir='datasets')
    assert options == dict(CONFIGS[config_id], data_dir='datasets')


def test_all_configurations_are_in_the_table():
    assert sorted(configs.CONFIGS) == sorted(CONFIGS)
    assert len(CONFIGS) == 15


def test_making_options_does_not_change_the_table():
    before = json.dumps(configs.CONFIGS, sort_keys=True)
    make_training_options('config-e', gamma=3.0, fmap_base=64, fmap_max=8, latent_size=16).G_args.architecture = 'x'
    assert json.dumps(configs.CONFIGS, sort_keys=True) == before


def test_options_are_plain_values():
    options = make_training_options('config-e', dataset='a', data_dir='b', resume_pkl='c.pkl', resume_kimg=3.0)
    assert json.loads(json.dumps(options)) == options


def test_options_of_the_command_line_reach_their_places():
    options = make_training_options(
        gamma=0.5,
        fmap_base=512,
        fmap_max=32,
        latent_size=128,
        mapping_layers=4,
        lrate=0.003,
        ema_kimg=2.0,
        seed=7,
        minibatch_size=16,
        minibatch_gpu=8,
        kimg_per_tick=2.0,
        snapshot_ticks=3,
        grid_size='6x4',
        cond=True,
        mirror_augment=True,
    )
    assert options.D_loss_args.gamma == 0.5
    assert (options.G_args.fmap_base, options.D_args.fmap_base) == (512, 512)
    assert (options.G_args.fmap_max, options.D_args.fmap_max) == (32, 32)
    assert [options.G_args[key] for key in ('latent_size', 'dlatent_size', 'mapping_fmaps')] == [128, 128, 128]
    assert options.G_args.mapping_layers == 4
    assert 'mapping_layers' not in options.D_args
    assert options.sched_args == {
        'minibatch_size_base': 16,
        'minibatch_gpu_base': 8,
        'G_lrate_base': 0.003,
        'D_lrate_base': 0.003,
        'tick_kimg': 2.0,
    }
    assert options.G_smoothing_kimg == 2.0
    assert (options.dataset_args.seed, options.tf_config['rnd.np_random_seed']) == (7, 7)
    assert (options.image_snapshot_ticks, options.network_snapshot_ticks) == (3, 3)
    assert options.grid_args.size == '6x4'
    assert options.dataset_args.max_label_size == 'full'
    assert options.mirror_augment is True


def test_gamma_of_zero_is_not_mistaken_for_the_default():
    assert make_training_options(gamma=0.0).D_loss_args.gamma == 0.0


@pytest.mark.parametrize('config_id', [name for name in sorted(CONFIGS) if 'config-e' in name or 'config-f' in name])
def test_networks_get_only_keywords_that_converters_know(config_id):
    options = make_training_options(config_id, fmap_base=64, fmap_max=8, latent_size=16, mapping_layers=2)
    for player in 'GD':
        assert set(options[player + '_args']) - {'func_name'} <= set(KNOWN_TO_CONVERTERS[player])


def test_unknown_configuration_is_refused_with_those_that_are_known():
    with pytest.raises(UserError, match="unknown configuration 'config-x', known are config-a, .*config-f"):
        make_training_options('config-x')


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'minibatch_size': 10, 'minibatch_gpu': 4},
            '^a minibatch of 10 pictures is no multiple of --minibatch-gpu=4 times --num-gpus=1; try --.*-size=8$',
        ),
        ({'minibatch_size': 3, 'minibatch_gpu': 4}, 'minibatch of 3 .* try --minibatch-size=4'),
        ({'num_gpus': 3}, '^a minibatch of 32 pictures is no multiple of --num-gpus=3; try --minibatch-size=30$'),
        ({'config_id': 'config-d', 'minibatch_gpu': 64}, '^a minibatch of 32 .* try --minibatch-size=64$'),
        ({'config_id': 'config-d', 'minibatch_gpu': 12}, '^a minibatch of 32 .* try --minibatch-size=24$'),
        ({'minibatch_size': 12, 'minibatch_gpu': 6}, '--minibatch-gpu=6 must be less than 4'),
    ],
)
def test_minibatches_that_do_not_divide_are_refused_with_one_that_does(options, message):
    with pytest.raises(UserError, match=message):
        make_training_options(**options)


@pytest.mark.parametrize(
    'minibatch_size, num_gpus, expected',
    [(32, 1, 4), (32, 8, 4), (32, 16, 2), (6, 1, 3), (10, 1, 2), (2, 1, 2), (7, 1, 1)],
)
def test_default_share_of_a_gpu_divides_the_minibatch(minibatch_size, num_gpus, expected):
    options = make_training_options(minibatch_size=minibatch_size, num_gpus=num_gpus)
    assert options.sched_args.minibatch_gpu_base == expected


def find_minibatches(**kwargs):
    """Return the sizes and the parts of config-d at 8x8, 16x16, 32x32, 64x64 and beyond."""
    sched_args = make_training_options('config-d', **kwargs).sched_args
    schedules = [training_schedule(1 << 30, EasyDict(resolution_log2=log2), **sched_args) for log2 in range(3, 8)]
    return [(sched.minibatch_size, sched.minibatch_gpu) for sched in schedules]


@pytest.mark.parametrize(
    'kwargs, expected',
    [
        ({}, [(256, 32), (128, 16), (64, 8), (32, 4), (32, 4)]),
        ({'num_gpus': 8}, [(256, 32), (128, 16), (64, 8), (32, 4), (32, 4)]),
        ({'num_gpus': 16}, [(256, 16), (128, 8), (64, 4), (32, 2), (32, 2)]),
        ({'minibatch_gpu': 2}, [(256, 2), (128, 2), (64, 2), (32, 2), (32, 2)]),
        ({'minibatch_size': 8}, [(8, 4)] * 5),
        ({'minibatch_size': 8, 'minibatch_gpu': 8}, [(8, 8)] * 5),
    ],
)
def test_minibatches_that_are_given_hold_at_every_resolution(kwargs, expected):
    assert find_minibatches(**kwargs) == expected


def test_learning_rate_that_is_given_holds_at_every_resolution():
    sched_args = make_training_options('config-d', lrate=0.01).sched_args
    for resolution_log2 in (5, 10):
        sched = training_schedule(1 << 30, EasyDict(resolution_log2=resolution_log2), **sched_args)
        assert (sched.G_lrate, sched.D_lrate) == (0.01, 0.01)


def test_widths_that_are_given_reach_the_networks_of_config_a():
    options = make_training_options('config-a', fmap_base=64, fmap_max=8, latent_size=16, mapping_layers=2)
    assert options.G_args == {
        'func_name': 'training.networks_stylegan.G_style',
        'fmap_base': 64,
        'fmap_max': 8,
        'latent_size': 16,
        'dlatent_size': 16,
        'mapping_fmaps': 16,
        'mapping_layers': 2,
    }
    assert options.D_args == {
        'func_name': 'training.networks_stylegan.D_basic',
        'fmap_base': 64,
        'fmap_max': 8,
        'mbstd_group_size': 4,
    }


@pytest.mark.parametrize(
    'minibatch_size, num_gpus, limit, expected',
    [(32, 1, 31, 16), (32, 2, 15, 8), (24, 1, 11, 8), (24, 1, 7, 4), (9, 2, 4, None), (4, 1, 0, None)],
)
def test_largest_share_of_a_gpu_respects_the_groups_of_the_minibatch_standard_deviation(
    minibatch_size, num_gpus, limit, expected
):
    assert configs.find_minibatch_gpu(minibatch_size, num_gpus, limit) == expected

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


# Sheet of StyleGAN2-ADA: minibatch, mbstd group, fmap_base, learning rate, gamma, EMA, ramp-up, mapping layers, kimg.
ADA = {
    'stylegan2': (32, 4, 16384, 0.002, 10, 10, None, 8, 25000),
    'paper256': (64, 8, 8192, 0.0025, 1, 20, None, 8, 25000),
    'paper512': (64, 8, 16384, 0.0025, 0.5, 20, None, 8, 25000),
    'paper1024': (32, 4, 16384, 0.002, 2, 10, None, 8, 25000),
    'cifar': (64, 32, 8192, 0.0025, 0.01, 500, 0.05, 2, 100000),
    'cifarbaseline': (64, 32, 8192, 0.0025, 0.01, 500, 0.05, 8, 100000),
}
AUTO = {  # Resolution, number of GPUs -> minibatch, gamma, EMA.
    (32, 1): (32, 0.0064, 10),
    (32, 8): (64, 0.0032, 20),
    (128, 1): (32, 0.1024, 10),
    (256, 1): (16, 0.8192, 5),
    (256, 2): (32, 0.4096, 10),
    (512, 1): (8, 6.5536, 2.5),
    (512, 8): (64, 0.8192, 20),
    (1024, 1): (4, 52.4288, 1.25),
    (1024, 8): (32, 6.5536, 10),
}


def describe(options):
    G, D, sched = options.G_args, options.D_args, options.sched_args
    assert G.func_name.startswith('training.networks_ada.') and G.fmap_base == D.fmap_base
    assert (sched.G_lrate_base, sched.tick_kimg) == (sched.D_lrate_base, 4)
    minibatch = sched.minibatch_size_base, D.mbstd_group_size, G.fmap_base, sched.G_lrate_base
    ema = options.G_smoothing_kimg, options.G_smoothing_rampup
    return (*minibatch, options.D_loss_args.gamma, *ema, G.mapping_layers, options.total_kimg)


@pytest.mark.parametrize('name', sorted(ADA))
def test_configuration_of_ada_is_that_of_the_sheet(name):
    options = make_training_options(name, num_gpus=2)
    assert describe(options) == ADA[name]
    is_cifar = name == 'cifar'
    assert options.D_args.get('architecture') == ('orig' if is_cifar else None)
    assert options.G_args.get('style_mixing_prob', 0.9) == (None if is_cifar else 0.9)
    assert options.G_loss_args.func_name.endswith('pathreg') != is_cifar
    assert configs.find_default_kimg(name) == options.total_kimg


@pytest.mark.parametrize('resolution, num_gpus', sorted(AUTO))
def test_auto_goes_by_resolution_and_number_of_gpus(resolution, num_gpus):
    minibatch, gamma, ema_kimg = AUTO[resolution, num_gpus]
    options = make_training_options('auto', num_gpus, resolution=resolution)
    lrate, fmap_base = 0.002 if resolution >= 1024 else 0.0025, 16384 if resolution >= 512 else 8192
    expected = (minibatch, min(minibatch // num_gpus, 4), fmap_base, lrate, gamma, ema_kimg, 0.05, 2, 25000)
    assert describe(options) == pytest.approx(expected)
    assert options.sched_args.minibatch_gpu_base == minibatch // num_gpus


def test_fewer_gpus_than_a_configuration_is_for_take_its_parts_in_turns():
    assert make_training_options('paper256').sched_args.minibatch_gpu_base == 8
    assert make_training_options('cifar').sched_args.minibatch_gpu_base == 32


def test_training_that_begins_with_weights_has_the_whole_moving_average():
    assert 'G_smoothing_rampup' not in make_training_options('auto', resolution=64, resume_pkl='a.pkl')


@pytest.mark.parametrize(
    'config_id, wanted, is_mixed',
    [('auto', None, True), ('auto', False, False), ('config-f', None, False), ('config-e', True, True)],
)
def test_mixed_precision_is_that_of_the_configuration_unless_given(config_id, wanted, is_mixed):
    options = make_training_options(config_id, resolution=64, mixed_precision=wanted)
    precision = {'num_fp16_res': 4, 'conv_clamp': 256}
    for player in 'GD':
        args, opt_args = options[player + '_args'], options[player + '_opt_args']
        assert {name: args[name] for name in precision if name in args} == (precision if is_mixed else {})
        assert opt_args.get('use_loss_scaling', False) == is_mixed


def test_growing_networks_have_no_mixed_precision():
    with pytest.raises(UserError, match='--mixed-precision needs networks that do not grow, unlike those of config-d'):
        make_training_options('config-d', mixed_precision=True)


def test_capacity_of_the_discriminator_is_a_factor_of_its_width():
    options = make_training_options('paper256', dcap=0.5)
    assert (options.D_args.fmap_base, options.D_args.fmap_max) == (4096, 256)
    assert (options.G_args.fmap_base, options.G_args.fmap_max) == (8192, 512)
    assert make_training_options(dcap=1e-9).D_args.fmap_max == 1


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

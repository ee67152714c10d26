# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The options of every configuration, written out by hand from the paper and the official command line."""

import copy

# ----------------------------------------------------------------------------
# config-f, and how the others differ from it.

CONFIG_F = {
    'G_args': {'func_name': 'training.networks_stylegan2.G_main', 'fmap_base': 16384},
    'D_args': {'func_name': 'training.networks_stylegan2.D_stylegan2', 'fmap_base': 16384, 'mbstd_group_size': 4},
    'G_opt_args': {'beta1': 0.0, 'beta2': 0.99, 'epsilon': 1e-8},
    'D_opt_args': {'beta1': 0.0, 'beta2': 0.99, 'epsilon': 1e-8},
    'G_loss_args': {'func_name': 'training.loss.G_logistic_ns_pathreg'},
    'D_loss_args': {'func_name': 'training.loss.D_logistic_r1', 'gamma': 10.0},
    'sched_args': {
        'minibatch_size_base': 32,
        'minibatch_gpu_base': 4,
        'G_lrate_base': 0.002,
        'D_lrate_base': 0.002,
    },
    'grid_args': {'size': '8k', 'layout': 'random'},
    'metric_arg_list': [],
    'dataset_args': {'tfrecord_dir': 'ffhq', 'max_label_size': 0, 'seed': 1000},
    'data_dir': None,
    'total_kimg': 25000,
    'mirror_augment': False,
    'image_snapshot_ticks': 10,
    'network_snapshot_ticks': 10,
    'tf_config': {'rnd.np_random_seed': 1000},
}


def _change(base, **changes):
    """Return a copy with other values; a dict of changes is merged into that of the same name."""
    changed = copy.deepcopy(base)
    for key, value in changes.items():
        if isinstance(value, dict):
            changed[key].update(value)
        else:
            changed[key] = value
    return changed


def _config_e(G, D):
    return _change(
        CONFIG_F,
        G_args={'fmap_base': 8192, 'architecture': G},
        D_args={'fmap_base': 8192, 'architecture': D},
        D_loss_args={'gamma': 100.0},
    )


GROWING = {
    'lod_initial_resolution': 8,
    'G_lrate_base': 0.001,
    'D_lrate_base': 0.001,
    'G_lrate_dict': {128: 0.0015, 256: 0.002, 512: 0.003, 1024: 0.003},
    'D_lrate_dict': {128: 0.0015, 256: 0.002, 512: 0.003, 1024: 0.003},
    'minibatch_size_dict': {8: 256, 16: 128, 32: 64, 64: 32},
    'minibatch_gpu_dict': {8: 32, 16: 16, 32: 8, 64: 4},
}
CONFIG_D = _change(
    CONFIG_F,
    G_args={'fmap_base': 8192, 'synthesis_func': 'G_synthesis_stylegan_revised'},
    D_args={'fmap_base': 8192, 'func_name': 'training.networks_stylegan2.D_stylegan'},
    sched_args=GROWING,
)
CONFIG_C = _change(CONFIG_D, G_loss_args={'func_name': 'training.loss.G_logistic_ns'})
CONFIG_B = dict(CONFIG_C, lazy_regularization=False)
CONFIG_A = dict(
    CONFIG_B,
    G_args={'func_name': 'training.networks_stylegan.G_style'},
    D_args={'func_name': 'training.networks_stylegan.D_basic', 'mbstd_group_size': 4},
)

CONFIGS = {
    'config-a': CONFIG_A,
    'config-b': CONFIG_B,
    'config-c': CONFIG_C,
    'config-d': CONFIG_D,
    'config-e': _config_e('skip', 'resnet'),
    'config-f': CONFIG_F,
    'config-e-Gorig-Dorig': _config_e('orig', 'orig'),
    'config-e-Gorig-Dskip': _config_e('orig', 'skip'),
    'config-e-Gorig-Dresnet': _config_e('orig', 'resnet'),
    'config-e-Gskip-Dorig': _config_e('skip', 'orig'),
    'config-e-Gskip-Dskip': _config_e('skip', 'skip'),
    'config-e-Gskip-Dresnet': _config_e('skip', 'resnet'),
    'config-e-Gresnet-Dorig': _config_e('resnet', 'orig'),
    'config-e-Gresnet-Dskip': _config_e('resnet', 'skip'),
    'config-e-Gresnet-Dresnet': _config_e('resnet', 'resnet'),
}

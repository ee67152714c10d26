# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training configurations of the StyleGAN2 paper (tables 1 and 2), and what the command line makes of them."""

import copy
import functools
import itertools

from dnnlib.option_hints import did_you_mean
from dnnlib.util import EasyDict, UserError
from training import ada_configs

STYLEGAN = 'training.networks_stylegan.'
STYLEGAN2 = 'training.networks_stylegan2.'
ARCHITECTURES = ('orig', 'skip', 'resnet')
MBSTD_GROUP_SIZE = 4  # Always given to the networks: readers of their snapshots assume defaults that differ.

LOSS_SCALING_LOG2 = 10.0  # At first; it goes down with each overflow of a gradient, and slowly up.

# ----------------------------------------------------------------------------
# Configuration -> gamma (R1 weight), G and D (names and keywords of the networks), and, where they are not those of
# config-f, G_loss (name of its function), sched (keywords of the schedule), loop (other keywords of the training loop),
# mixed_precision.

_GROWING_LRATE = {128: 0.0015, 256: 0.002, 512: 0.003, 1024: 0.003}
_GROWING = {
    'lod_initial_resolution': 8,
    'G_lrate_base': 0.001,
    'D_lrate_base': 0.001,
    'G_lrate_dict': _GROWING_LRATE,
    'D_lrate_dict': _GROWING_LRATE,
    'minibatch_size_dict': {8: 256, 16: 128, 32: 64, 64: 32},
    'minibatch_gpu_dict': {8: 32, 16: 16, 32: 8, 64: 4},
}


def _config_e(G_architecture='skip', D_architecture='resnet'):
    return {
        'gamma': 100.0,
        'G': {'func_name': STYLEGAN2 + 'G_main', 'fmap_base': 8 << 10, 'architecture': G_architecture},
        'D': {'func_name': STYLEGAN2 + 'D_stylegan2', 'fmap_base': 8 << 10, 'architecture': D_architecture},
    }


def _make_configs():
    """Return the table; each of config-c to config-a is the one before it without one of the paper's changes."""
    table = {
        'config-f': {
            'gamma': 10.0,
            'G': {'func_name': STYLEGAN2 + 'G_main', 'fmap_base': 16 << 10},
            'D': {'func_name': STYLEGAN2 + 'D_stylegan2', 'fmap_base': 16 << 10},
        },
        'config-e': _config_e(),
        'config-d': {
            'gamma': 10.0,
            'G': {
                'func_name': STYLEGAN2 + 'G_main',
                'synthesis_func': 'G_synthesis_stylegan_revised',
                'fmap_base': 8 << 10,
            },
            'D': {'func_name': STYLEGAN2 + 'D_stylegan', 'fmap_base': 8 << 10},
            'sched': _GROWING,
        },
    }
    table['config-c'] = dict(table['config-d'], G_loss='G_logistic_ns')
    table['config-b'] = dict(table['config-c'], loop={'lazy_regularization': False})
    table['config-a'] = dict(
        table['config-b'], G={'func_name': STYLEGAN + 'G_style'}, D={'func_name': STYLEGAN + 'D_basic'}
    )
    for G, D in itertools.product(ARCHITECTURES, ARCHITECTURES):
        table[f'config-e-G{G}-D{D}'] = _config_e(G, D)
    return table


CONFIGS = _make_configs()
NAMES = (*sorted(CONFIGS), *ada_configs.NAMES)


def make_config(name, resolution=None, num_gpus=1):
    """Return the row of a configuration; arguments as those of `make_training_options`."""
    if name in ada_configs.NAMES:
        return ada_configs.make_config(name, resolution, num_gpus)
    if name not in CONFIGS:
        raise UserError(f'unknown configuration {name!r}, known are {", ".join(NAMES)}{did_you_mean(name, NAMES)}')
    return copy.deepcopy(CONFIGS[name])


def find_default_kimg(name):
    """Return the length of a training of a configuration, in thousands of images."""
    return make_config(name, 256).get('loop', {}).get('total_kimg', 25000)


def find_default_aug(name):
    """Return the value of `--aug` that a configuration is made for."""
    return 'ada' if name in ada_configs.NAMES else 'noaug'


# ----------------------------------------------------------------------------
# The options of the command line.

_PLACES = {  # Option of run_training.py -> keywords of the training loop that its value goes to, unless it is None.
    'data_dir': ['data_dir'],
    'dataset': ['dataset_args.tfrecord_dir'],
    'distill_d': ['source_args.distill_d'],
    'ema_kimg': ['G_smoothing_kimg'],
    'fmap_base': ['G_args.fmap_base', 'D_args.fmap_base'],
    'fmap_max': ['G_args.fmap_max', 'D_args.fmap_max'],
    'freezed': ['part_args.freezed'],
    'freezed_blocks': ['part_args.freezed_blocks'],
    'freezeg': ['part_args.freezeg'],
    'gamma': ['D_loss_args.gamma'],
    'grid_size': ['grid_args.size'],
    'keep': ['keep'],
    'kimg_per_tick': ['sched_args.tick_kimg'],
    'l2sp_d': ['source_args.l2sp_d'],
    'l2sp_g': ['source_args.l2sp_g'],
    'latent_size': ['G_args.latent_size', 'G_args.dlatent_size', 'G_args.mapping_fmaps'],
    'lrate_mult': ['part_args.lrate_mult'],
    'mapping_layers': ['G_args.mapping_layers'],
    'metric_arg_list': ['metric_arg_list'],
    'metricdata': ['metric_dataset'],
    'mirror_augment': ['mirror_augment'],
    'res': ['dataset_args.resolution'],
    'resume_kimg': ['resume_kimg'],
    'resume_pkl': ['resume_pkl'],
    'seed': ['dataset_args.seed', 'tf_config.rnd.np_random_seed'],
    'snapshot_kimg': ['snapshot_kimg'],
    'snapshot_ticks': ['image_snapshot_ticks', 'network_snapshot_ticks'],
    'state_minutes': ['state_minutes'],
    'total_kimg': ['total_kimg'],
    'train_g': ['part_args.train_g'],
}
_SCHEDULED = {  # The same for those that hold at every resolution, whatever the configuration says of some.
    'lrate': ['G_lrate', 'D_lrate'],
    'minibatch_size': ['minibatch_size'],
}


def name_option(place):
    """Return how the command line calls a dotted keyword of the training loop, such as `--gamma`; else the keyword."""
    for option, places in _PLACES.items():
        if place in places:
            return '--' + option.replace('_', '-')
    for option, keywords in _SCHEDULED.items():
        if place in [f'sched_args.{keyword}_{ending}' for keyword in keywords for ending in ('base', 'dict')]:
            return '--' + option.replace('_', '-')
    return place


def list_network_args(**options):
    """Return 'G' and 'D' -> keywords of the network that options of run_training.py choose, those that are not None."""
    found = {'G': {}, 'D': {}}
    for name, value in options.items():
        for place in _PLACES.get(name, ()) if value is not None else ():
            group, _, keyword = place.partition('_args.')
            if group in found:
                found[group][keyword] = value
    return found


def make_training_options(
    config_id='config-f',
    num_gpus=1,
    cond=False,
    minibatch_gpu=None,
    aug_args=None,
    resolution=None,
    dcap=None,
    mixed_precision=None,
    **options,
):
    """Return the keywords of `training.training_loop.training_loop` for a configuration.

    Args:
        config_id: One of `NAMES`.
        num_gpus: Number of devices.
        cond: Use the labels of the data set.
        minibatch_gpu: Images that a device handles at a time, at every resolution; None for those of the configuration
            (4, while growing up to 32), or fewer if only they divide the minibatch.
        aug_args: What `training.augmentation.pipes.make_aug_args` returned.
        resolution: Width or height of the images, the larger one; needed for 'auto' alone.
        dcap: Factor of the width of the discriminator.
        mixed_precision: Compute the highest resolutions in float16, on GPUs; None for what the configuration says.
        **options: Further options of run_training.py, whose help tells their meaning and what holds without them.

    Returns:
        EasyDict of plain values.

    Raises:
        UserError: If the configuration is unknown or sizes do not fit each other.
        TypeError: If there is no such option.
    """
    unknown = set(options) - set(_PLACES) - set(_SCHEDULED)
    if unknown:
        raise TypeError(f'make_training_options takes no option {sorted(unknown)[0]!r}')
    config = make_config(config_id, resolution, num_gpus)
    loop_args = _make_loop_args(config)
    if config.get('mixed_precision') if mixed_precision is None else mixed_precision:
        _set_mixed_precision(loop_args, config_id)
    loop_args.dataset_args.max_label_size = 'full' if cond else 0
    if aug_args is not None:
        loop_args.aug_args = EasyDict(aug_args)
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        for place in _PLACES.get(name, ()):
            group, _, keyword = place.partition('.')
            target, keyword = (loop_args.setdefault(group, EasyDict()), keyword) if keyword else (loop_args, group)
            target[keyword] = value
        for keyword in _SCHEDULED.get(name, ()):
            loop_args.sched_args[keyword + '_base'] = value
            loop_args.sched_args.pop(keyword + '_dict', None)
    if given.get('resume_pkl') is not None:
        loop_args.pop('G_smoothing_rampup', None)  # It is for the noise of the beginning.
    if dcap is not None:
        for keyword, default in [('fmap_base', 16 << 10), ('fmap_max', 512)]:
            loop_args.D_args[keyword] = max(int(loop_args.D_args.get(keyword, default) * dcap), 1)
    _set_minibatch_gpu(loop_args.sched_args, minibatch_gpu, num_gpus, loop_args.D_args.mbstd_group_size)
    return loop_args


def _make_loop_args(config):
    """Return the keywords of the training loop that a row of `CONFIGS` stands for."""
    adam = {'beta1': 0.0, 'beta2': 0.99, 'epsilon': 1e-8}
    schedule = EasyDict(minibatch_size_base=32, minibatch_gpu_base=4, G_lrate_base=0.002, D_lrate_base=0.002)
    loop_args = EasyDict(
        G_args=EasyDict(config['G']),
        D_args=EasyDict({'mbstd_group_size': MBSTD_GROUP_SIZE}, **config['D']),
        G_opt_args=EasyDict(adam),
        D_opt_args=EasyDict(adam),
        G_loss_args=EasyDict(func_name='training.loss.' + config.get('G_loss', 'G_logistic_ns_pathreg')),
        D_loss_args=EasyDict(func_name='training.loss.D_logistic_r1', gamma=config['gamma']),
        sched_args=EasyDict(dict(schedule, **config.get('sched', {}))),
        grid_args=EasyDict(size='8k', layout='random'),
        metric_arg_list=[],
        dataset_args=EasyDict(tfrecord_dir=None, seed=1000),
        data_dir=None,
        total_kimg=25000,
        mirror_augment=False,
        image_snapshot_ticks=10,
        network_snapshot_ticks=10,
        tf_config={'rnd.np_random_seed': 1000},
    )
    loop_args.update(config.get('loop', {}))
    return loop_args


def _set_mixed_precision(loop_args, config_id):
    """Let the four highest resolutions be computed in float16, with clamped activations and scaled losses."""
    if loop_args.sched_args.get('lod_initial_resolution') is not None:
        raise UserError(
            f'--mixed-precision needs networks that do not grow, unlike those of {config_id}; try --config=config-f'
        )
    for args in (loop_args.G_args, loop_args.D_args):
        args.update(num_fp16_res=4, conv_clamp=256)
    for args in (loop_args.G_opt_args, loop_args.D_opt_args):
        args.update(use_loss_scaling=True, loss_scaling_init=LOSS_SCALING_LOG2)


# ----------------------------------------------------------------------------
# Parts of a minibatch.


def _set_minibatch_gpu(sched_args, minibatch_gpu, num_gpus, mbstd_group_size):
    """Set how many images a device handles at a time: the given number, or one near that of the configuration."""
    parts = sched_args.pop('minibatch_gpu_dict', {})
    if minibatch_gpu is not None:
        sched_args.minibatch_gpu_base = minibatch_gpu
        for size, part in list_minibatches(sched_args):
            check_minibatch(size, part, num_gpus, mbstd_group_size)
        return
    choose = functools.partial(_choose_minibatch_gpu, num_gpus=num_gpus, mbstd_group_size=mbstd_group_size)
    sched_args.minibatch_gpu_base = choose(sched_args.minibatch_size_base, limit=sched_args.minibatch_gpu_base)
    if 'minibatch_size_dict' in sched_args:
        sched_args.minibatch_gpu_dict = {
            resolution: choose(size, limit=parts[resolution])
            for resolution, size in sched_args.minibatch_size_dict.items()
        }


def _choose_minibatch_gpu(minibatch_size, num_gpus, mbstd_group_size, limit):
    """Return the largest possible number of images per device up to a limit; raise UserError if there is none."""
    if minibatch_size % num_gpus != 0:
        raise UserError(_describe_multiple(minibatch_size, num_gpus, f'--num-gpus={num_gpus}'))
    return find_minibatch_gpu(minibatch_size, num_gpus, limit, mbstd_group_size)


def _describe_multiple(minibatch_size, step, what):
    """Return the message that a minibatch is no multiple of `step`, with one that is."""
    possible = max(minibatch_size // step, 1) * step
    return f'a minibatch of {minibatch_size} pictures is no multiple of {what}; try --minibatch-size={possible}'


def list_minibatches(sched_args):
    """Return the pairs of minibatch size and images per device that occur in a schedule.

    Args:
        sched_args: Keywords of `training.schedule.training_schedule`.
    """
    sizes, parts = [dict(sched_args.get(f'minibatch_{kind}_dict') or {}) for kind in ('size', 'gpu')]
    base_size, base_part = sched_args.get('minibatch_size_base', 32), sched_args.get('minibatch_gpu_base', 4)
    special = sorted(set(sizes) | set(parts))
    return [(base_size, base_part)] + [(sizes.get(key, base_size), parts.get(key, base_part)) for key in special]


def list_minibatch_gpus(sched_args, num_gpus, mbstd_group_size=MBSTD_GROUP_SIZE):
    """Return the numbers of images per device that suit all minibatches of a schedule, ascending."""
    sizes = [size for size, _ in list_minibatches(sched_args)]
    possible = [range(1, size // num_gpus + 1) for size in sizes]
    suiting = [
        {part for part in parts if find_minibatch_gpu(size, num_gpus, part, mbstd_group_size) == part}
        for size, parts in zip(sizes, possible)
    ]
    return sorted(set.intersection(*suiting))


def check_minibatch(minibatch_size, minibatch_gpu, num_gpus, mbstd_group_size):
    """Raise UserError unless the minibatch divides into equal parts and the parts into groups.

    Args:
        minibatch_size: Images per step, over all devices.
        minibatch_gpu: Images that a device handles at a time.
        num_gpus: Number of devices.
        mbstd_group_size: Group size of the minibatch standard deviation.
    """
    step = minibatch_gpu * num_gpus
    if minibatch_size % step != 0:
        what = f'--minibatch-gpu={minibatch_gpu} times --num-gpus={num_gpus}'
        raise UserError(_describe_multiple(minibatch_size, step, what))
    if minibatch_gpu > mbstd_group_size and minibatch_gpu % mbstd_group_size != 0:
        raise UserError(
            f'--minibatch-gpu={minibatch_gpu} must be less than {mbstd_group_size}, the group size of the minibatch '
            'standard deviation, or a multiple of it'
        )


def find_minibatch_gpu(minibatch_size, num_gpus, limit, mbstd_group_size=MBSTD_GROUP_SIZE):
    """Return the largest number of images per device that `check_minibatch` accepts.

    Args:
        minibatch_size: Images per step, over all devices.
        num_gpus: Number of devices.
        limit: Largest number to return.
        mbstd_group_size: Group size of the minibatch standard deviation.

    Returns:
        Number of images, or None if there is none.
    """
    for minibatch_gpu in range(limit, 0, -1):
        is_whole = minibatch_gpu <= mbstd_group_size or minibatch_gpu % mbstd_group_size == 0
        if is_whole and minibatch_size % (minibatch_gpu * num_gpus) == 0:
            return minibatch_gpu
    return None

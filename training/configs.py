# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training configurations of the StyleGAN2 paper (tables 1 and 2), and what the command line makes of them."""

import itertools

from dnnlib.util import EasyDict, UserError

NETWORKS = 'training.networks_stylegan2.'
ARCHITECTURES = ('orig', 'skip', 'resnet')


def _config_e(G_architecture='skip', D_architecture='resnet'):
    return {
        'gamma': 100.0,
        'G': {'fmap_base': 8 << 10, 'architecture': G_architecture},
        'D': {'fmap_base': 8 << 10, 'architecture': D_architecture},
    }


ANNOUNCED = ('config-a', 'config-b', 'config-c', 'config-d')  # Those that grow progressively are not there yet.

# Configuration -> R1 weight and keywords of the networks.
CONFIGS = {
    'config-e': _config_e(),
    'config-f': {'gamma': 10.0, 'G': {'fmap_base': 16 << 10}, 'D': {'fmap_base': 16 << 10}},
}
for _g, _d in itertools.product(ARCHITECTURES, ARCHITECTURES):
    CONFIGS[f'config-e-G{_g}-D{_d}'] = _config_e(_g, _d)


def make_training_options(
    config_id='config-f',
    dataset=None,
    data_dir=None,
    num_gpus=1,
    total_kimg=25000,
    gamma=None,
    mirror_augment=False,
    metric_arg_list=(),
    minibatch_size=None,
    minibatch_gpu=None,
    fmap_base=None,
    fmap_max=None,
    latent_size=None,
    mapping_layers=None,
    lrate=None,
    ema_kimg=None,
    seed=1000,
    snapshot_ticks=10,
    kimg_per_tick=None,
    grid_size='8k',
    cond=False,
    resume_pkl=None,
    resume_kimg=None,
):
    """Return the keywords of `training.training_loop.training_loop` for a configuration.

    Args:
        config_id: Key of `CONFIGS`.
        dataset: Name of the data set, a directory in `data_dir`.
        data_dir: Directory of data sets.
        num_gpus: Number of devices.
        total_kimg: Length of the training in thousands of real images.
        gamma: R1 weight; None for that of the configuration, as for all below.
        mirror_augment: Flip half of the real images.
        metric_arg_list: Names and keywords of the metrics to evaluate at snapshots.
        minibatch_size: Images per step, over all devices.
        minibatch_gpu: Images that a device handles at a time; None for 4, or fewer if only they divide the minibatch.
        fmap_base: Width of both networks.
        fmap_max: Largest number of feature maps of both networks.
        latent_size: Size of z and w and width of the mapping network.
        mapping_layers: Depth of the mapping network.
        lrate: Learning rate of both networks.
        ema_kimg: Half-life of the moving average of G.
        seed: Seed of all random numbers.
        snapshot_ticks: Ticks between snapshots.
        kimg_per_tick: Length of a tick.
        grid_size: See `training.misc.compute_grid_size`.
        cond: Use the labels of the data set.
        resume_pkl: Snapshot to go on from.
        resume_kimg: Position of that snapshot; None to read it from the file name.

    Returns:
        EasyDict of plain values.

    Raises:
        UserError: If the configuration is unknown or sizes do not fit each other.
    """
    if config_id not in CONFIGS:
        raise UserError(f'unknown configuration {config_id!r}, known are {", ".join(sorted(CONFIGS))}')
    config = CONFIGS[config_id]
    G_args = EasyDict(func_name=NETWORKS + 'G_main', **config['G'])
    D_args = EasyDict(func_name=NETWORKS + 'D_stylegan2', mbstd_group_size=4, **config['D'])
    sched_args = EasyDict(minibatch_size_base=32, minibatch_gpu_base=4, G_lrate_base=0.002, D_lrate_base=0.002)
    loop_args = EasyDict()

    _set(G_args, fmap_base=fmap_base, fmap_max=fmap_max, mapping_layers=mapping_layers)
    _set(G_args, latent_size=latent_size, dlatent_size=latent_size, mapping_fmaps=latent_size)
    _set(D_args, fmap_base=fmap_base, fmap_max=fmap_max)
    _set(
        sched_args, G_lrate_base=lrate, D_lrate_base=lrate, tick_kimg=kimg_per_tick, minibatch_size_base=minibatch_size
    )
    _set(loop_args, G_smoothing_kimg=ema_kimg, resume_pkl=resume_pkl, resume_kimg=resume_kimg)
    default_gpu = find_minibatch_gpu(sched_args.minibatch_size_base, num_gpus, sched_args.minibatch_gpu_base)
    sched_args.minibatch_gpu_base = minibatch_gpu or default_gpu or 1
    check_minibatch(sched_args.minibatch_size_base, sched_args.minibatch_gpu_base, num_gpus, D_args.mbstd_group_size)

    adam = {'beta1': 0.0, 'beta2': 0.99, 'epsilon': 1e-8}
    return EasyDict(
        loop_args,
        G_args=G_args,
        D_args=D_args,
        G_opt_args=EasyDict(adam),
        D_opt_args=EasyDict(adam),
        G_loss_args=EasyDict(func_name='training.loss.G_logistic_ns_pathreg'),
        D_loss_args=EasyDict(
            func_name='training.loss.D_logistic_r1', gamma=config['gamma'] if gamma is None else gamma
        ),
        sched_args=sched_args,
        grid_args=EasyDict(size=grid_size, layout='random'),
        metric_arg_list=list(metric_arg_list),
        dataset_args=EasyDict(tfrecord_dir=dataset, max_label_size='full' if cond else 0, seed=seed),
        data_dir=data_dir,
        total_kimg=total_kimg,
        mirror_augment=mirror_augment,
        image_snapshot_ticks=snapshot_ticks,
        network_snapshot_ticks=snapshot_ticks,
        tf_config={'rnd.np_random_seed': seed},
    )


def _set(target, **values):
    """Set those values that are not None."""
    target.update({key: value for key, value in values.items() if value is not None})


def check_minibatch(minibatch_size, minibatch_gpu, num_gpus, mbstd_group_size):
    """Raise UserError unless the minibatch divides into equal parts and the parts into groups.

    Args:
        minibatch_size: Images per step, over all devices.
        minibatch_gpu: Images that a device handles at a time.
        num_gpus: Number of devices.
        mbstd_group_size: Group size of the minibatch standard deviation.
    """
    if minibatch_size % (minibatch_gpu * num_gpus) != 0:
        step = minibatch_gpu * num_gpus
        raise UserError(
            f'--minibatch-size={minibatch_size} must be a multiple of --minibatch-gpu={minibatch_gpu} times '
            f'--num-gpus={num_gpus}; try --minibatch-size={max(minibatch_size // step, 1) * step}'
        )
    if minibatch_gpu > mbstd_group_size and minibatch_gpu % mbstd_group_size != 0:
        raise UserError(
            f'--minibatch-gpu={minibatch_gpu} must be less than {mbstd_group_size}, the group size of the minibatch '
            'standard deviation, or a multiple of it'
        )


def find_minibatch_gpu(minibatch_size, num_gpus, limit, mbstd_group_size=4):
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

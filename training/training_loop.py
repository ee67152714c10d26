# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The official entry to the training of StyleGAN2: its keywords become a recipe for the loop, `training.loop.train`."""

from dnnlib.util import EasyDict
from training.loop import train
from training.recipes.stylegan2 import StyleGAN2
from training.resuming import find_position


def training_loop(
    G_args=None,
    D_args=None,
    G_opt_args=None,
    D_opt_args=None,
    G_loss_args=None,
    D_loss_args=None,
    dataset_args=None,
    sched_args=None,
    grid_args=None,
    metric_arg_list=(),
    metric_dataset=None,
    tf_config=None,
    data_dir=None,
    num_gpus=1,
    G_smoothing_kimg=10.0,
    G_smoothing_rampup=None,
    minibatch_repeats=4,
    lazy_regularization=True,
    G_reg_interval=4,
    D_reg_interval=16,
    reset_opt_for_new_lod=True,
    total_kimg=25000,
    mirror_augment=False,
    drange_net=(-1, 1),
    image_snapshot_ticks=50,
    network_snapshot_ticks=50,
    snapshot_kimg=None,
    state_minutes=10.0,
    keep='all',
    save_tf_graph=False,
    save_weight_histograms=False,
    resume_pkl=None,
    resume_kimg=None,
    resume_time=0.0,
    resume_with_new_nets=False,
    aug_args=None,
    part_args=None,
    source_args=None,
):
    """Train G, D and the moving average Gs, and write images, snapshots, metrics and logs to the run directory.

    Args:
        G_args: Function name and keywords of G.
        D_args: Function name and keywords of D.
        G_opt_args: Keywords of G's optimizer.
        D_opt_args: Keywords of D's optimizer.
        G_loss_args: Function name and keywords of G's loss.
        D_loss_args: Function name and keywords of D's loss.
        dataset_args: Keywords of `load_dataset`.
        sched_args: Keywords of `training_schedule`.
        grid_args: Keywords of `misc.setup_snapshot_image_grid`.
        metric_arg_list: Class names and keywords of the metrics to evaluate at snapshots.
        metric_dataset: Directory of the data set that metrics compare with; None for that of the training.
        tf_config: Keywords of `tflib.init_tf`.
        data_dir: Directory of the data sets.
        num_gpus: Number of devices.
        G_smoothing_kimg: Half-life of the moving average, in thousands of images.
        G_smoothing_rampup: Largest half-life as part of the images so far; None for no such limit.
        minibatch_repeats: Minibatches between looks at the schedule.
        lazy_regularization: Evaluate regularization less often than the losses.
        G_reg_interval: Steps between regularization steps of G.
        D_reg_interval: Steps between regularization steps of D.
        reset_opt_for_new_lod: Forget the moments when progressive growing adds layers.
        total_kimg: Length of the training, in thousands of real images.
        mirror_augment: Flip half of the real images.
        drange_net: Value range of the networks' images.
        image_snapshot_ticks: Ticks between image grids; None for none.
        network_snapshot_ticks: Ticks between snapshots; None for only the last one.
        snapshot_kimg: Thousands of images between image grids and snapshots; None to go by ticks.
        state_minutes: Time between states, from which an interrupted run goes on.
        keep: Snapshots to keep: 'all', a number, or 'best' by the first metric; see `training.loop.train`.
        save_tf_graph: Write the graph for TensorBoard.
        save_weight_histograms: Write histograms of the weights for TensorBoard.
        resume_pkl: Snapshot whose weights to begin with, path or URL. A run that has a state goes on from that.
        resume_kimg: Position to begin at; None for that of the name of the snapshot.
        resume_time: Training time so far, in seconds.
        resume_with_new_nets: Build networks from the options and copy what fits from the snapshot, instead of taking
            its networks as they are.
        aug_args: Keywords of `training.adaptive.AdaptiveAugment`; None for no augmentation.
        part_args: Keywords of `training.parts.list_lrate_gains`: what is frozen, and factors of learning rates.
        source_args: Keywords of `training.source_penalty.SourcePenalty`, which keeps networks near the snapshot's.

    Raises:
        UserError: If the data set, the snapshot and the options do not fit each other.
    """
    options = EasyDict(locals())  # Of the keywords alone, so this line is the first.
    seed = (tf_config or {}).get('rnd.np_random_seed', (dataset_args or {}).get('seed'))
    position = find_position(options, seed, resume_pkl, resume_kimg, resume_time)
    recipe = make_recipe(options, position.grid_seed)
    train(
        recipe,
        position,
        total_kimg=total_kimg,
        num_gpus=num_gpus,
        minibatch_repeats=minibatch_repeats,
        tf_config=tf_config,
        resume_pkl=resume_pkl,
        metric_arg_list=metric_arg_list,
        image_snapshot_ticks=image_snapshot_ticks,
        network_snapshot_ticks=network_snapshot_ticks,
        snapshot_kimg=snapshot_kimg,
        state_minutes=state_minutes,
        keep=keep,
        save_tf_graph=save_tf_graph,
        save_weight_histograms=save_weight_histograms,
    )


def make_recipe(options, seed):
    """Return the recipe for the keywords of `training_loop`, an EasyDict, and the seed of its image grids."""
    data = EasyDict((name, options[name]) for name in ('data_dir', 'mirror_augment', 'drange_net', 'metric_dataset'))
    data.dataset_args = options.dataset_args or {}
    players = [
        EasyDict((name, options[f'{player}_{name}']) for name in ('args', 'opt_args', 'loss_args', 'reg_interval'))
        for player in ('G', 'D')
    ]
    names = 'sched_args grid_args lazy_regularization G_smoothing_kimg G_smoothing_rampup reset_opt_for_new_lod '
    names += 'resume_with_new_nets aug_args part_args source_args'
    return StyleGAN2(*players, data, seed=seed, **{name: options[name] for name in names.split()})

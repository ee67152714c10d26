# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Whether data set, snapshot, metrics and devices fit together; asked before a training begins to build anything."""

from dnnlib import util
from dnnlib.tflib import gpus
from dnnlib.util import UserError
from image_data.image_size import split_image_size
from training import configs, parts, run_search, snapshot_files, snapshots
from training.augmentation import pipes


def check_inputs(options, num_gpus, image_shape, label_size):
    """Raise UserError unless a training can begin; builds no graph.

    Args:
        options: Keywords of `training.training_loop.training_loop`.
        num_gpus: Number of devices.
        image_shape: Shape [C, H, W] of the images of the data set.
        label_size: Size of its labels, 0 if they are not used.
    """
    check_devices(num_gpus, configs.list_minibatches(options['sched_args']))
    if options.get('resume_pkl') is not None:
        opened = snapshots.open_snapshot(options['resume_pkl'])
        opened.require(*snapshots.NETWORK_NAMES)
        snapshot = opened.describe()
        if not options.get('resume_with_new_nets'):
            check_fit(options['resume_pkl'], snapshot.image_shape, snapshot.label_size, image_shape, label_size)
        check_position(options)
        snapshots.keep(opened)  # For the loop, which is told its name.
    if options.get('aug_args'):
        pipes.check_size(options['aug_args']['apply_args'], width=image_shape[2], height=image_shape[1])
    _check_parts(options, image_shape)
    for kwargs in options['metric_arg_list']:
        _check_metric(kwargs)


def _check_parts(options, image_shape):
    """Raise UserError if the discriminator has no features to compare, or fewer layers than are to be frozen."""
    if _is_growing(options) and options.get('source_args', {}).get('distill_d'):
        raise UserError('--distill-d needs networks that do not grow; try --config=config-f')
    number = 0 if _is_growing(options) else options.get('part_args', {}).get('freezed', 0)
    if not number:
        return
    resolution_log2 = int(split_image_size(*image_shape[1:])['resolution']).bit_length() - 1
    num_layers = parts.count_layers(resolution_log2, options['D_args'].get('architecture', 'resnet'))
    if number > num_layers:
        raise UserError(f'--freezed={number}, but the discriminator has {num_layers} layers to freeze')


def _check_metric(kwargs):
    """Raise UserError unless the feature network of a metric is there."""
    try:
        util.call_func_by_name(**kwargs)
    except UserError as error:
        raise UserError(f'{error}; or choose --metrics=devfid2k, which needs no download, or --metrics=none') from error


def check_devices(num_gpus, minibatches):
    """Raise UserError unless there are enough GPUs and every minibatch divides among them.

    Args:
        num_gpus: Number of devices.
        minibatches: Pairs (minibatch size, images per device).
    """
    gpus.check_number(num_gpus)
    for minibatch_size, minibatch_gpu in minibatches:
        step = minibatch_gpu * num_gpus
        if minibatch_size % step != 0:
            raise UserError(f'a minibatch of {minibatch_size} images does not divide into equal parts of {step}')


def check_run(run_dir, func_name, config, image_shape, label_size):
    """Raise UserError unless a run can go on as it is to be started now.

    Args:
        run_dir: Run directory with a state.
        func_name: Full name of the training loop.
        config: Name of the configuration.
        image_shape: Shape [C, H, W] of the images of the data set.
        label_size: Size of its labels, 0 if they are not used.
    """
    run, position = run_search.describe_run(run_dir), run_search.read_position(run_dir)
    if run is None:
        raise UserError(f'{run_dir} has no training_options.json that can be read, so it is no run to resume')
    if run.func_name != func_name:
        raise UserError(f'{run_dir} is a run of {run.func_name}; resume it with the script that began it')
    if run.config != config:
        raise UserError(f'{run_dir} trains {run.config}, not {config}; resume it with --config={run.config}')
    for trained in position.data.values():
        check_fit(run_dir, trained.shape, trained.label_size, image_shape, label_size)


def check_position(options):
    """Raise UserError unless it is known where to begin with the weights of a snapshot.

    Args:
        options: Keywords of `training.training_loop.training_loop`, with a `resume_pkl`.
    """
    snapshot, kimg = options['resume_pkl'], options.get('resume_kimg')
    run = snapshot_files.describe_run(snapshot)
    if kimg is None:
        kimg = snapshot_files.parse_snapshot_kimg(snapshot)
    is_growing = _is_growing(options)
    if run is not None and _is_growing(run.options) != is_growing:
        raise UserError(
            f'{snapshot} was trained {"without" if is_growing else "with"} progressive growing, in {run.config}; '
            f'go on with --config={run.config}'
        )
    if is_growing and kimg is None:
        raise UserError(
            f'the name of {snapshot} does not tell how far the growing of its networks was; give --resume-kimg'
        )
    if kimg is not None and kimg >= options['total_kimg']:
        raise UserError(
            f'{snapshot} is at {kimg:g} kimg, so nothing is left of --total-kimg={options["total_kimg"]:g}; give more, '
            'or --resume-kimg=0 to begin a training with its weights'
        )


def _is_growing(options):
    return options.get('sched_args', {}).get('lod_initial_resolution') is not None


def check_fit(snapshot, made_shape, made_label_size, image_shape, label_size):
    """Raise UserError unless the images and labels of a snapshot are those of the data set.

    Args:
        snapshot: Name of the snapshot.
        made_shape: Shape [C, H, W] of its images.
        made_label_size: Size of its labels.
        image_shape: Shape of the images of the data set.
        label_size: Size of its labels, 0 if they are not used.
    """
    if list(made_shape) != list(image_shape):
        raise UserError(
            f'{snapshot} makes pictures of shape {list(made_shape)}, the data set has {list(image_shape)}; '
            'use a data set of that size or train anew'
        )
    if made_label_size != label_size:
        raise UserError(
            f'{snapshot} takes labels of size {made_label_size}, the data set has {label_size}; '
            f'set --cond={"yes" if made_label_size else "no"}, or use another data set'
        )

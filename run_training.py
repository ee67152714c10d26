#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Train StyleGAN2 on a data set that dataset_tool.py made."""

import contextlib
import os
import sys

from dnnlib import cmdline
from dnnlib.option_hints import did_you_mean
from dnnlib.util import UserError, UserFileNotFoundError
from image_data import dataset_files, image_folders, label_files
from metrics.metric_defaults import metric_defaults
from training import command_line, configs, minibatch_search, misc, run_search, snapshot_files, training_options
from training.augmentation import pipes
from training.other_names import OTHER_NAMES

EXAMPLES = """examples:

  # Train config-f on the data set ~/datasets/ffhq with one GPU.
  python run_training.py --data-dir=~/datasets --dataset=ffhq --config=config-f --mirror-augment=true

  # The same on a machine that may be switched off: give this command again and again, until it is done.
  python run_training.py --data-dir=~/datasets --dataset=ffhq --mirror-augment=true --resume=auto

  # A small network for 32 x 32 pictures that a CPU can train.
  python run_training.py --data-dir=~/datasets --dataset=faces --fmap-base=512 --fmap-max=32 --latent-size=128 \\
      --mapping-layers=4 --minibatch-size=16 --minibatch-gpu=16 --gamma=1 --total-kimg=30 --metrics=none
"""


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    training_options.add_all(parser, metric_defaults)
    return parser.parse_args(argv)


def check_dataset(data_dir, dataset, cond=None, resolution=None):
    """Return image shape [C, H, W] and label size of a data set.

    Args:
        data_dir: Directory of data sets.
        dataset: Name of the data set.
        cond: Whether its labels are to be used; otherwise the label size is 0. None is no, with a warning if there are
            labels.
        resolution: Resolution to train at, None for that of the images.

    Raises:
        UserError: If the data set is not there, cannot be read, cannot be trained on, or lacks the labels.
    """
    if not os.path.isdir(data_dir):
        raise UserFileNotFoundError(
            f'dataset root directory does not exist: {data_dir}; check --data-dir and --dataset'
        )
    path = os.path.join(data_dir, dataset)
    if not os.path.isdir(path):
        there = sorted(name for name in os.listdir(data_dir) if os.path.isdir(os.path.join(data_dir, name)))
        hint = (
            did_you_mean(dataset, there)
            or '; make it with dataset_tool.py create_from_images, or name a folder of pictures'
        )
        if dataset_files.is_dataset(data_dir):
            hint = f'; {data_dir} is one itself, which --dataset={data_dir} means'
        raise UserFileNotFoundError(f'there is no data set {dataset} in {data_dir}{hint}')
    _, image_shape, _ = dataset_files.choose_levels(path, resolution)
    return image_shape, _find_label_size(path, cond)


def _find_label_size(path, cond):
    """Return the size of the labels to use of a data set; arguments as those of `check_dataset`."""
    label_file = label_files.find_label_file(path)
    if cond and label_file is None:
        raise UserError(f'--cond=yes, but {path} has no labels; make it anew with labels, or leave --cond away')
    if cond:
        return label_files.read_labels(label_file).shape[1]
    if cond is None and label_file is not None:
        print(f'Warning: {_describe_unused_labels(label_file)}; --cond=no silences this warning', file=sys.stderr)
    return 0


def _describe_unused_labels(label_file):
    try:
        label_files.read_labels(label_file)
    except UserError as error:
        return f'{error}; they are not used'
    return f'{label_file} has labels, which are not used; --cond=yes trains with them'


def _find_metrics(names, keep):
    """Return the keywords of the named metrics, of which the first decides what is best."""
    if keep == 'best' and not names:
        raise UserError('--keep=best needs a metric that tells what is best; name one with --metrics, or give --keep=N')
    for name in names:
        if name not in metric_defaults:
            known = ', '.join(sorted(metric_defaults))
            raise UserError(f'unknown metric {name!r}, known are {known}{did_you_mean(name, metric_defaults)}')
    return [metric_defaults[name] for name in names]


def _find_resume_pkl(args):
    """Return the snapshot to go on from, or None."""
    if args.resume_pkl is None:
        for name in ('resume_kimg', 'l2sp_g', 'l2sp_d', 'distill_d'):
            if getattr(args, name) is not None:
                raise UserError(f'--{name.replace("_", "-")} needs a snapshot to begin with; give --resume-pkl too')
        return None
    if args.resume_pkl == 'latest':
        return snapshot_files.find_latest_snapshot(args.result_dir, args.dataset, args.config)
    from conversion import cached  # Imports TensorFlow: only now.

    return cached.find_snapshot(snapshot_files.choose_snapshot(args.resume_pkl, other_words=['latest']))


def _read_resume(args):
    """Let `--resume` of a snapshot alone mean `--resume-pkl`, as in StyleGAN2-ADA, where `noresume` means neither."""
    if args.resume == 'noresume':
        args.resume = None
    elif args.resume is not None and args.resume_pkl is None and run_search.is_snapshot_alone(args.resume):
        args.resume, args.resume_pkl = None, args.resume


@contextlib.contextmanager
def _search_run(args):
    """Look for the run directory to go on in, None for a new run; nobody begins one while a `with` block lasts."""
    from dnnlib.submission import run_lock

    with contextlib.ExitStack() as stack:
        if args.resume == 'auto' and not args.dry_run:
            stack.enter_context(run_lock.hold(args.result_dir))
        where = args.result_dir, args.dataset, args.config, args.cond
        yield run_search.find_run(args.resume, *where) if args.resume is not None else None


def _is_finished(args, run_dir):
    """Tell whether nothing is left to do in a run directory, and print it."""
    kimg = run_search.read_position(run_dir).cur_nimg / 1000
    is_finished = kimg >= args.total_kimg and os.path.exists(os.path.join(run_dir, snapshot_files.FINAL_NAME))
    if is_finished:
        length = f'{kimg:g} kimg of --total-kimg={args.total_kimg:g}'
        print(f'{run_dir} is finished: it is at {length}; give a larger number to train longer')
    return is_finished


def _create_run(args, config, func_name, kwargs):
    """Make the directory of a new run; return the function that runs it."""
    import dnnlib

    with _search_run(args) as run_dir:
        if run_dir is not None:
            raise UserError(f'{run_dir} was begun meanwhile; give the same command again to go on with it')
        return dnnlib.create_run(config, func_name, **kwargs)


def make_options(args, image_shape, run_dir=None):
    """Return the keywords of the training loop for parsed options, for a new run or one to go on with.

    Args:
        args: The options.
        image_shape: Shape [C, H, W] of the images.
        run_dir: Run directory to go on in, or None.

    Raises:
        UserError: If files are missing or options do not fit each other.
    """
    passed = command_line.leave_out(
        args, 'result_dir', 'config', 'metrics', 'dry_run', 'resume', 'resume_pkl', 'strict'
    )
    aug, *strength = [passed.pop(name) for name in ('aug', 'p', 'target', 'augpipe', 'p_max')]
    aug_args = pipes.make_aug_args(
        aug or configs.find_default_aug(args.config), *strength, is_transfer=args.resume_pkl is not None
    )
    passed['minibatch_gpu'] = None if args.minibatch_gpu == 'auto' else args.minibatch_gpu  # It is found later.
    return configs.make_training_options(
        config_id=args.config,
        metric_arg_list=_find_metrics(args.metrics, args.keep),
        resume_pkl=_find_resume_pkl(args) if run_dir is None else None,
        aug_args=aug_args,
        resolution=max(image_shape[1:]),
        **passed,
    )


def _check_and_complete(options, args, run_dir, image_shape, label_size):
    """Check options against data set, snapshot and run, and find the number of images per device if that is wanted."""
    from training import checks  # Imports TensorFlow: only now.

    if run_dir is None:
        if options.get('resume_pkl') is not None:
            _choose_architecture(options, args, image_shape, label_size)
        checks.check_inputs(options, args.num_gpus, image_shape, label_size)
    else:
        checks.check_run(run_dir, snapshot_files.TRAINING_LOOP, args.config, image_shape, label_size)
        checks.check_inputs(dict(options, resume_pkl=None), args.num_gpus, image_shape, label_size)
    if args.minibatch_gpu == 'auto':
        options.sched_args.minibatch_gpu_base = _find_minibatch_gpu(options, args.num_gpus, run_dir)
        options.sched_args.pop('minibatch_gpu_dict', None)


def _choose_architecture(options, args, image_shape, label_size):
    """Let networks be those of the snapshot to begin with, but for what the options say."""
    from training import transfer  # Imports TensorFlow: only now.

    given = configs.list_network_args(**vars(args))
    if args.dcap is not None:
        given['D'].update((key, options.D_args[key]) for key in ('fmap_base', 'fmap_max'))
    if args.mixed_precision is not None:
        for name, keywords in given.items():
            keywords.update((key, options[name + '_args'].get(key)) for key in ('num_fp16_res', 'conv_clamp'))
    differences = transfer.choose_architecture(options, given, image_shape, label_size)
    if differences and args.strict:
        raise UserError(f'{options.resume_pkl} has {differences}; leave --strict away to adapt what can be adapted')


def _find_minibatch_gpu(options, num_gpus, run_dir):
    """Return the number of images per device for --minibatch-gpu=auto: that of the run, if it is possible still."""
    if run_dir is not None:
        number = run_search.read_position(run_dir).options.sched_args.minibatch_gpu_base
        if number in configs.list_minibatch_gpus(options.sched_args, num_gpus, options.D_args.mbstd_group_size):
            print(f'--minibatch-gpu=auto: {number}, as when the run began', file=sys.stderr)
            return number
    return minibatch_search.find_minibatch_gpu(options, num_gpus)


def main(argv=None):
    """Parse the command line and start the training."""
    args = parse_args(argv)
    args.data_dir, args.dataset = image_folders.find_dataset(args.data_dir, args.dataset)
    image_shape, label_size = check_dataset(args.data_dir, args.dataset, args.cond, args.res)
    args.total_kimg = args.total_kimg or configs.find_default_kimg(args.config)
    _read_resume(args)
    misc.compute_grid_size(args.grid_size, width=image_shape[2], height=image_shape[1])  # Is it a size?

    import dnnlib

    num_gpus, func_name = args.num_gpus, snapshot_files.TRAINING_LOOP
    with _search_run(args) as run_dir:
        pass
    if run_dir is not None and _is_finished(args, run_dir):
        return
    if run_dir is not None and args.resume_pkl is not None:
        print(f'--resume-pkl is not looked at: {run_dir} goes on', file=sys.stderr)
    options = make_options(args, image_shape, run_dir)
    _check_and_complete(options, args, run_dir, image_shape, label_size)
    run_desc = dnnlib.make_run_desc('stylegan2', args.dataset, f'{num_gpus}gpu', args.config)
    if args.dry_run:
        place = {} if run_dir is None else {'run_dir': run_dir}
        command_line.print_run(
            run_desc=run_desc, num_gpus=num_gpus, run_func_name=func_name, run_func_kwargs=options, **place
        )
        return
    kwargs = dict(options, num_gpus=num_gpus)
    command = [_name_script()] + list(sys.argv[1:] if argv is None else argv)
    config = command_line.make_submit_config(args.result_dir, run_desc, num_gpus, command)
    if run_dir is not None:
        dnnlib.continue_run(config, run_dir, func_name, **kwargs)
        return
    if args.resume:
        about = f'{args.dataset} with {args.config}'
        print(f'There is no run of {about} in {args.result_dir} to go on with: beginning a new one', file=sys.stderr)
    execute = _create_run(args, config, func_name, kwargs)
    execute()


def _name_script():
    """Return this script as it can be called from the working directory."""
    folder, name = os.path.split(os.path.abspath(__file__))
    return name if folder == os.getcwd() else os.path.join(folder, name)


if __name__ == '__main__':
    cmdline.run(main)

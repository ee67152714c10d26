#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Train StyleGAN2 on a data set that dataset_tool.py made."""

import json
import os

from dnnlib import cmdline
from dnnlib.util import UserError, UserFileNotFoundError
from metrics.metric_defaults import metric_defaults
from training import configs

EXAMPLES = """examples:

  # Train config-f on the data set ~/datasets/ffhq with one GPU.
  python run_training.py --data-dir=~/datasets --dataset=ffhq --config=config-f --mirror-augment=true

  # Go on from the newest snapshot below results/.
  python run_training.py --data-dir=~/datasets --dataset=ffhq --resume-pkl=latest

  # A small network for 32 x 32 pictures that a CPU can train.
  python run_training.py --data-dir=~/datasets --dataset=faces --fmap-base=512 --fmap-max=32 --latent-size=128 \\
      --mapping-layers=4 --minibatch-size=16 --minibatch-gpu=16 --gamma=1 --total-kimg=30 --metrics=none
"""


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    positive = cmdline.parse_positive_int
    add = parser.add_argument
    add('--result-dir', metavar='DIR', type=cmdline.parse_path, default='results', help='root of the run directories (default: %(default)s)')
    add('--data-dir', metavar='DIR', type=cmdline.parse_path, required=True, help='directory that holds data sets')
    add('--dataset', metavar='NAME', required=True, help='data set: sub-directory of data-dir with *.tfrecords')
    add('--config', metavar='CONFIG', choices=sorted(configs.CONFIGS), default='config-f', help='training configuration: %(choices)s (default: %(default)s)')
    add('--num-gpus', metavar='N', type=positive, default=1, help='number of GPUs (default: %(default)s)')
    add('--total-kimg', metavar='KIMG', type=cmdline.parse_positive_float, default=25000, help='length of the training in thousands of images (default: %(default)s)')
    add('--gamma', metavar='FLOAT', type=cmdline.parse_float, help='R1 regularization weight (default: depends on config)')
    add('--mirror-augment', metavar='BOOL', type=cmdline.parse_bool, default=False, help='flip half of the pictures (default: %(default)s)')
    add('--metrics', metavar='LIST', type=cmdline.parse_name_list, default=['fid50k'], help='metrics to evaluate at snapshots, or none, of: %s (default: fid50k)' % ', '.join(sorted(metric_defaults)))
    add('--minibatch-size', metavar='N', type=positive, help='pictures per training step (default: 32)')
    add('--minibatch-gpu', metavar='N', type=positive, help='pictures that a GPU handles at a time; less needs less memory (default: 4)')
    add('--fmap-base', metavar='N', type=positive, help='width of the networks (default: 16384 in config-f, else 8192)')
    add('--fmap-max', metavar='N', type=positive, help='largest number of feature maps (default: 512)')
    add('--latent-size', metavar='N', type=positive, help='size of latents and width of the mapping network (default: 512)')
    add('--mapping-layers', metavar='N', type=positive, help='depth of the mapping network (default: 8)')
    add('--lrate', metavar='FLOAT', type=cmdline.parse_float, help='learning rate (default: 0.002)')
    add('--ema-kimg', metavar='KIMG', type=cmdline.parse_float, help='half-life of the moving average of the generator (default: 10)')
    add('--cond', metavar='BOOL', type=cmdline.parse_bool, default=False, help='use the labels of the data set (default: %(default)s)')
    add('--seed', metavar='N', type=int, default=1000, help='random seed (default: %(default)s)')
    add('--kimg-per-tick', metavar='KIMG', type=cmdline.parse_positive_float, help='thousands of pictures between status lines (default: by resolution)')
    add('--snapshot-ticks', metavar='N', type=positive, default=10, help='status lines between snapshots (default: %(default)s)')
    add('--grid-size', metavar='SIZE', default='8k', help='size of the picture grids: 1080p, 4k, 8k or e.g. 6x4 (default: %(default)s)')
    add('--resume-pkl', metavar='PKL', help='snapshot to go on from: path, URL, or latest for the newest below result-dir')
    add('--resume-kimg', metavar='KIMG', type=cmdline.parse_float, help='position of that snapshot (default: from the file beside it, or its name)')
    add('--dry-run', action='store_true', help='print the options and stop')
    return parser.parse_args(argv)


def _check_dataset(data_dir, dataset):
    """Raise UserError unless the data set is there."""
    if not os.path.isdir(data_dir):
        raise UserFileNotFoundError('dataset root directory does not exist: %s; check --data-dir' % data_dir)
    path = os.path.join(data_dir, dataset)
    if not os.path.isdir(path):
        there = sorted(name for name in os.listdir(data_dir) if os.path.isdir(os.path.join(data_dir, name)))
        hint = cmdline.did_you_mean(dataset, there) or '; make it with dataset_tool.py create_from_images'
        raise UserFileNotFoundError('there is no data set %s in %s%s' % (dataset, data_dir, hint))
    if not any(name.endswith('.tfrecords') for name in os.listdir(path)):
        raise UserFileNotFoundError('%s holds no *.tfrecords; make them with dataset_tool.py create_from_images' % path)


def _find_metrics(names):
    """Return the keywords of the named metrics."""
    for name in names:
        if name not in metric_defaults:
            raise UserError('unknown metric %r, known are %s%s' % (name, ', '.join(sorted(metric_defaults)), cmdline.did_you_mean(name, metric_defaults)))
    return [metric_defaults[name] for name in names]


def make_options(args):
    """Return the keywords of the training loop for parsed options.

    Raises:
        UserError: If files are missing or options do not fit each other.
    """
    _check_dataset(args.data_dir, args.dataset)
    resume_pkl = args.resume_pkl
    if resume_pkl == 'latest':
        from training import misc

        resume_pkl = misc.find_latest_snapshot(args.result_dir)
    not_passed = ('result_dir', 'config', 'metrics', 'dry_run', 'resume_pkl')
    passed = {key: value for key, value in vars(args).items() if key not in not_passed}
    return configs.make_training_options(
        config_id=args.config, metric_arg_list=_find_metrics(args.metrics), resume_pkl=resume_pkl, **passed
    )


def main(argv=None):
    """Parse the command line and start the training."""
    args = parse_args(argv)
    options = make_options(args)
    if args.dry_run:
        print(json.dumps(options, indent=2, sort_keys=True))
        return

    import dnnlib

    submit_config = dnnlib.SubmitConfig()
    submit_config.run_dir_root = args.result_dir
    submit_config.run_desc = 'stylegan2-%s-%dgpu-%s' % (args.dataset, args.num_gpus, args.config)
    submit_config.num_gpus = args.num_gpus
    dnnlib.submit_run(submit_config, 'training.training_loop.training_loop', num_gpus=args.num_gpus, **options)


if __name__ == '__main__':
    cmdline.run(main)

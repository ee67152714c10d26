#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Compute quality metrics of a trained generator."""

import argparse
import functools
import os

import dnnlib
from dnnlib import cmdline, files
from dnnlib.option_hints import did_you_mean
from dnnlib.util import UserError
from image_data import dataset_files, image_folders, label_files
from metrics.metric_defaults import format_table, metric_defaults
from training import command_line, snapshot_files
from training.other_names import OTHER_NAMES

EXAMPLES = """examples:

  # Frechet Inception distance of a network that was trained on mirrored pictures.
  python run_metrics.py --data-dir=~/datasets --dataset=ffhq --mirror-augment=true \\
      --network=results/00000-stylegan2-ffhq-1gpu-config-f/network-snapshot-025000.pkl

  # Several metrics of a network of StyleGAN2-ADA, on four GPUs.
  python run_metrics.py --dataset=~/datasets/metfaces --metrics=fid50k_full,kid50k_full,pr50k3_full --num-gpus=4 \\
      --network=metfaces.pkl

  # Without the Inception weights, for development only.
  python run_metrics.py --data-dir=~/datasets --dataset=faces --metrics=devfid2k --network=network-snapshot-000030.pkl

  # What there is.
  python run_metrics.py --list
"""


class ListMetrics(argparse.Action):
    """Prints the table of the metrics and ends the program."""

    def __call__(self, parser, namespace, values, option_string=None):
        """React to the option."""
        print(format_table())
        parser.exit()


def parse_metrics(text):
    """Return the names of a list of metrics."""
    names = cmdline.parse_name_list(text)
    for name in names:
        if name not in metric_defaults:
            hint = did_you_mean(name, metric_defaults)
            raise argparse.ArgumentTypeError(
                f'unknown metric {name!r}, known are {", ".join(metric_defaults)} (see --list){hint}'
            )
    if not names:
        raise argparse.ArgumentTypeError('at least one metric expected')
    return names


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES, OTHER_NAMES)
    add = functools.partial(cmdline.add_option, parser)
    command_line.add_network(parser)
    command_line.add_dataset(parser)
    add('--metrics LIST', 'metrics to compute, e.g. fid50k,ppl2_wend; see --list', parse_metrics, default='fid50k')
    add(
        '--mirror-augment BOOL',
        'mirror pictures of the data set at random, as the training did',
        cmdline.parse_bool,
        default=False,
    )
    command_line.add_num_gpus(parser)
    add('--seed N', 'random seed', cmdline.parse_seed, default=0)
    command_line.add_result_dir(parser)
    cmdline.add_allow_pickled_code(parser)
    add('--offline', 'never download anything (environment variable: DNNLIB_OFFLINE=1)', action='store_true')
    add('--list', 'print all metrics and stop', nargs=0, action=ListMetrics, default=argparse.SUPPRESS)
    command_line.add_dry_run(parser)
    return parser.parse_args(argv)


def check_inputs(network, data_dir, dataset, metrics, num_gpus):
    """Make sure that snapshot, data set, GPUs and feature networks are there and fit; a URL is downloaded.

    Raises:
        UserError: If something is missing or does not fit.
    """
    files.check_directory(data_dir, 'data directory')
    path = os.path.join(data_dir, dataset)
    shape = dataset_files.find_main_file(path).shape

    from dnnlib.tflib import gpus  # Loads TensorFlow: only now.
    from metrics import metric_base
    from training import snapshots

    opened = snapshots.open_snapshot(network)
    snapshot = opened.describe()
    if list(shape) != list(snapshot.image_shape):
        raise UserError(
            f'{network} makes pictures of shape {list(snapshot.image_shape)}, the data set {dataset} has '
            f'{list(shape)}; use the one that it was trained with'
        )
    label_file = label_files.find_label_file(path) if snapshot.label_size else None
    label_size = 0 if label_file is None else label_files.read_labels(label_file).shape[1]
    if label_size != snapshot.label_size:
        raise UserError(
            f'{network} takes labels of size {snapshot.label_size}, those of the data set {dataset} have {label_size}; '
            'use the one that it was trained with'
        )
    gpus.check_number(num_gpus)
    metric_base.MetricGroup([metric_defaults[name] for name in metrics])  # Are the feature networks there?
    snapshots.keep(opened)  # For the run, which is told its name.


def run(network_pkl, metrics, dataset, data_dir, mirror_augment, num_gpus, seed):
    """Compute metrics and print them; with a run directory, write them there too.

    Args:
        network_pkl: Path or URL of the snapshot.
        metrics: Names in `metric_defaults`.
        dataset: Sub-directory of `data_dir`.
        data_dir: Directory that holds data sets.
        mirror_augment: Mirror pictures of the data set at random.
        num_gpus: Number of devices.
        seed: Random seed.
    """
    from dnnlib.tflib import gpus
    from metrics import metric_base

    gpus.print_fallback(num_gpus)
    print(f'Evaluating metrics "{",".join(metrics)}" for "{network_pkl}"...')
    group = metric_base.MetricGroup([metric_defaults[name] for name in metrics])
    group.run(
        network_pkl,
        run_dir=None if dnnlib.submit_config is None else dnnlib.submit_config.run_dir,
        data_dir=data_dir,
        dataset_args={'tfrecord_dir': dataset},
        mirror_augment=mirror_augment,
        num_gpus=num_gpus,
        seed=seed,
    )


def main(argv=None):
    """Parse the command line and compute the metrics in a new run directory."""
    args = parse_args(argv)
    if args.offline:
        os.environ['DNNLIB_OFFLINE'] = '1'
    args.network_pkl = snapshot_files.choose_snapshot(args.network_pkl)
    args.data_dir, args.dataset = image_folders.find_dataset(args.data_dir, args.dataset)
    check_inputs(args.network_pkl, args.data_dir, args.dataset, args.metrics, args.num_gpus)
    options = command_line.leave_out(args, 'result_dir', 'offline', 'dry_run')
    if args.dry_run:
        command_line.print_run(**options)
    else:
        command_line.submit(args.result_dir, 'run-metrics', 'run_metrics.run', options, args.num_gpus)


if __name__ == '__main__':
    cmdline.run(main)

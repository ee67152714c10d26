# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Options, and the steps behind them, that several scripts share; needs no TensorFlow."""

import json

import dnnlib
from dnnlib import cmdline

MAX_GPUS = 1024  # More than any machine has: a larger number is a slip.


def add_network(parser):
    """Add `--network`, which becomes `network_pkl`."""
    parser.add_argument(
        '--network',
        dest='network_pkl',
        metavar='PKL',
        type=cmdline.parse_path,
        required=True,
        help='network snapshot: path, URL or run directory',
    )


def add_dataset(parser):
    """Add `--data-dir` and `--dataset`."""
    parser.add_argument(
        '--data-dir',
        metavar='DIR',
        type=cmdline.parse_path,
        default='.',
        help='directory that holds data sets (default: %(default)s)',
    )
    parser.add_argument(
        '--dataset',
        metavar='NAME',
        type=cmdline.parse_path,
        required=True,
        help='data set: sub-directory of data-dir with *.tfrecords, or its path; or a folder or archive of pictures',
    )


def add_seeds(parser, option='--seeds', help='random seeds, e.g. 1,2,5-8', **kwargs):
    """Add an option of a list of seeds; other keywords are those of `add_argument`."""
    parser.add_argument(option, metavar='LIST', type=cmdline.parse_seeds, help=help, **kwargs)


def add_truncation_psi(parser, default, help):
    """Add `--truncation-psi`."""
    parser.add_argument('--truncation-psi', metavar='FLOAT', type=cmdline.parse_float, default=default, help=help)


def add_num_gpus(parser):
    """Add `--num-gpus`."""
    parser.add_argument(
        '--num-gpus',
        metavar='N',
        type=cmdline.up_to(MAX_GPUS),
        default=1,
        help='number of GPUs (default: %(default)s)',
    )


def add_result_dir(parser):
    """Add `--result-dir`."""
    parser.add_argument(
        '--result-dir',
        metavar='DIR',
        type=cmdline.parse_path,
        default='results',
        help='root of the run directories (default: %(default)s)',
    )


def add_dry_run(parser):
    """Add `--dry-run`."""
    parser.add_argument('--dry-run', action='store_true', help='check and print the options and stop')


def leave_out(args, *names):
    """Return parsed options as a dict, without those of these names."""
    return {name: value for name, value in vars(args).items() if name not in names}


def launch(args, run_desc, run_func_name, run_func_kwargs):
    """Run a function in a new run directory below `--result-dir`; with `--dry-run`, print what would be run.

    Args:
        args: Parsed options.
        run_desc: Second part of the name of the run directory.
        run_func_name: Full name of the function.
        run_func_kwargs: Dict of its keywords.
    """
    if args.dry_run:
        print_run(run_desc=run_desc, run_func_name=run_func_name, run_func_kwargs=run_func_kwargs)
    else:
        submit(args.result_dir, run_desc, run_func_name, run_func_kwargs)


def print_run(**run):
    """Print what would be run, as JSON."""
    print(json.dumps(run, indent=2, sort_keys=True))


def submit(result_dir, run_desc, run_func_name, run_func_kwargs, num_gpus=1):
    """Run a function in a new run directory; see `dnnlib.submit_run`.

    Args:
        result_dir: Root of the run directories.
        run_desc: See `launch`, as the next two.
        run_func_name: See there.
        run_func_kwargs: See there.
        num_gpus: Number of devices.
    """
    config = dnnlib.SubmitConfig()
    config.update(run_dir_root=result_dir, run_desc=run_desc, num_gpus=num_gpus)
    dnnlib.submit_run(config, run_func_name, **run_func_kwargs)

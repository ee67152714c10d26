# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Options, and the steps behind them, that several scripts share; needs no TensorFlow."""

import json

import dnnlib
from dnnlib import cmdline

MAX_GPUS = 1024  # More than any machine has: a larger number is a slip.


def add_network(parser):
    """Add `--network`, which becomes `network_pkl`."""
    cmdline.add_option(
        parser,
        '--network PKL',
        'network snapshot: path, URL or run directory',
        cmdline.parse_path,
        dest='network_pkl',
        required=True,
    )


def add_dataset(parser):
    """Add `--data-dir` and `--dataset`."""
    cmdline.add_option(parser, '--data-dir DIR', 'directory that holds data sets', cmdline.parse_path, default='.')
    cmdline.add_option(
        parser,
        '--dataset --data NAME',
        'data set: sub-directory of data-dir with *.tfrecords, or its path; or a folder or archive of pictures',
        cmdline.parse_path,
        required=True,
    )


def add_seeds(parser, option='--seeds', meaning='random seeds, e.g. 1,2,5-8', **kwargs):
    """Add an option of a list of seeds; other keywords are those of `cmdline.add_option`."""
    cmdline.add_option(parser, option + ' LIST', meaning, cmdline.parse_seeds, **kwargs)


def add_truncation_psi(parser, default, meaning):
    """Add `--truncation-psi`."""
    cmdline.add_option(parser, '--truncation-psi FLOAT', meaning, cmdline.parse_float, default=default)


def add_num_gpus(parser):
    """Add `--num-gpus`."""
    cmdline.add_option(parser, '--num-gpus --gpus N', 'number of GPUs', cmdline.up_to(MAX_GPUS), default=1)


def add_result_dir(parser):
    """Add `--result-dir`."""
    meaning = 'root of the run directories'
    cmdline.add_option(parser, '--result-dir --outdir DIR', meaning, cmdline.parse_path, default='results')


def add_dry_run(parser):
    """Add `--dry-run`."""
    cmdline.add_option(parser, '--dry-run -n', 'check and print the options and stop', action='store_true')


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
    dnnlib.submit_run(make_submit_config(result_dir, run_desc, num_gpus), run_func_name, **run_func_kwargs)


def make_submit_config(result_dir, run_desc, num_gpus=1, command=None):
    """Return the configuration of a run.

    Args:
        result_dir: Root of the run directories.
        run_desc: Second part of the name of the run directory.
        num_gpus: Number of devices.
        command: Words of the command line, which the run directory keeps, or None.
    """
    config = dnnlib.SubmitConfig()
    config.update(run_dir_root=result_dir, run_desc=run_desc, num_gpus=num_gpus, command=command)
    return config

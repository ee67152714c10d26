# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What a run directory tells about how its run was started."""

import json
import os
import pickle
import pprint

from dnnlib import util
from dnnlib.files import check_directory

OPTIONS_FILE = 'training_options.json'

_PICKLE_PROTOCOL = 4  # The highest that Python 3.6 and 3.7 read.


def format_options(submit_config):
    """Return the text of `training_options.json`; raise UserError if it cannot hold an argument."""
    names = ['run_desc', 'num_gpus', 'run_func_name', 'run_func_kwargs']
    if submit_config.command is not None:
        names += ['command', 'command_dir']
    try:
        return json.dumps({name: submit_config[name] for name in names}, indent=2, default=_to_plain_value) + '\n'
    except TypeError as error:
        raise util.UserError(f'the arguments of {submit_config.run_func_name} must be plain values: {error}') from error


def _to_plain_value(value):
    if hasattr(value, 'tolist'):  # NumPy scalars and arrays.
        return value.tolist()
    raise TypeError(f'{value!r} is a {type(value).__name__}; pass functions and classes by name')


def write(submit_config):
    """Write the records of a run into its directory, as far as they differ from what is there."""
    config_text = pprint.pformat(submit_config, indent=4, width=200) + '\n'
    records = {
        'submit_config.pkl': pickle.dumps(submit_config, protocol=_PICKLE_PROTOCOL),
        'submit_config.txt': config_text.encode('utf-8'),
        OPTIONS_FILE: format_options(submit_config).encode('utf-8'),
    }
    for name, content in records.items():
        path = os.path.join(submit_config.run_dir, name)
        if not _holds(path, content):
            with util.atomic_write(path, durable=True) as file:
                file.write(content)


def _holds(path, content):
    try:
        with open(path, 'rb') as file:
            return file.read() == content
    except FileNotFoundError:
        return False


def read_run_desc(run_dir):
    """Return the description of the run that a directory belongs to; raise UserError if it is none of a run."""
    check_directory(run_dir, 'run directory')
    if not os.path.exists(os.path.join(run_dir, OPTIONS_FILE)):
        raise util.UserError(f'{run_dir} is no run that could go on: it holds no {OPTIONS_FILE}')
    return load_training_options(run_dir).run_desc


def load_training_options(run_dir):
    """Read what a run was started with, so that it can be repeated.

    `submit_run(config, options.run_func_name, **options.run_func_kwargs)` does so, with `config.num_gpus` and
    `config.run_desc` taken from the options too.

    Args:
        run_dir: Run directory, or path of its `training_options.json`.

    Returns:
        EasyDict run_desc, num_gpus, run_func_name, run_func_kwargs, and command if the run has one; inner dictionaries
        are EasyDicts as well.

    Raises:
        UserError: If there is no such file, or if it is damaged.
    """
    path = util.expand_path(run_dir)
    if os.path.isdir(path):
        path = os.path.join(path, OPTIONS_FILE)
    with util.open_url(path) as file:
        text = file.read().decode('utf-8', 'replace')
    try:
        return json.loads(text, object_hook=_to_easy_dict)
    except (ValueError, RecursionError) as error:
        raise util.UserError(f'{path} is damaged: {error}') from error


def _to_easy_dict(items):
    """Undo what JSON does to a dictionary: its keys became texts, also the resolutions of a schedule."""
    return util.EasyDict((int(key) if key.isdecimal() else key, value) for key, value in items.items())

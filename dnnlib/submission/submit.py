# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Launches runs: completes their configuration, makes the run directory, or finds it again."""

import contextlib
import copy
import enum
import functools
import os
import random
import re
import shutil
import time

import dnnlib
from dnnlib import util
from dnnlib.files import check_writable, remove_leftovers
from dnnlib.submission import run_lock, run_records
from dnnlib.submission.internal import local

# ----------------------------------------------------------------------------
# Configuration.


class SubmitTarget(enum.Enum):
    """Where a run is executed."""

    LOCAL = 1


class PathType(enum.Enum):
    """Styles of path, kept for interface compatibility; they all yield paths of this machine."""

    WINDOWS = 1
    LINUX = 2
    AUTO = 3


class PlatformExtras:
    """Reader settings, kept for old pickles; nothing uses them."""

    def __init__(self):
        self.data_reader_buffer_size = 1 << 30
        self.data_reader_process_count = 0

    def __repr__(self):
        return f'PlatformExtras({vars(self)})'


class SubmitConfig(util.EasyDict):
    """Everything about a run.

    To set before `submit_run`:
        run_dir_root: Directory that holds the run directories; `~`, variables and the tag `<USERNAME>` are expanded.
        run_desc: Description, the second part of the name of the run directory.
        num_gpus: Number of devices, at least 1.
        command: Words of the command line that leads to the run, or None.
        command_dir: Directory in which it was given.
        submit_target, local, run_dir_ignore, run_dir_extra_files, print_info, nvprof, datasets: Accepted, no effect.

    Filled in by `submit_run`:
        run_id: Number of the run directory.
        run_name: Name of the run directory.
        run_dir: Path of the run directory.
        run_func_name, run_func_kwargs: The function and its keyword arguments.
        user_name, task_name, host_name: Texts for `run.txt`.
    """

    def __init__(self):
        super().__init__()
        self.run_dir_root = ''
        self.run_desc = ''
        self.run_dir_ignore = []
        self.run_dir_extra_files = []
        self.submit_target = SubmitTarget.LOCAL
        self.num_gpus = 1
        self.command = None
        self.command_dir = os.getcwd()
        self.print_info = False
        self.nvprof = False
        self.local = local.TargetOptions()
        self.datasets = []

        for name in ('run_id', 'run_name', 'run_dir', 'run_func_name', 'run_func_kwargs', 'user_name', 'task_name'):
            self[name] = None
        self.host_name = 'localhost'
        self.platform_extras = PlatformExtras()


# ----------------------------------------------------------------------------
# Paths.

_user_name_override = None


def set_user_name_override(name):
    """Set the user name that runs are recorded under; None returns to the one of the operating system."""
    global _user_name_override
    _user_name_override = name


def get_user_name():
    """Return the name of the current user, or `unknown` where none belongs to the user id, as in some containers."""
    if _user_name_override is not None:
        return _user_name_override
    try:
        import pwd  # Unix only.

        return pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):
        return 'unknown'


def convert_path(path, path_type=PathType.AUTO):
    """Return a path with forward slashes; the path type makes no difference."""
    return path.replace('\\', '/')


def get_path_from_template(path_template, path_type=PathType.AUTO):
    """Return a path with forward slashes and with the tag `<USERNAME>`, `~` and variables expanded."""
    return util.expand_path(convert_path(path_template, path_type).replace('<USERNAME>', get_user_name()))


def make_run_desc(*parts):
    """Join parts to the description of a run, which becomes a directory name: other characters become `_`."""
    return '-'.join(_replace_characters(part) for part in parts)


def _replace_characters(text):
    return re.sub(r'[^a-zA-Z0-9_.-]', '_', text)


def make_run_dir_path(*parts):
    """Join a path to the current run directory, or to the working directory outside a run."""
    root = os.getcwd() if dnnlib.submit_config is None else dnnlib.submit_config.run_dir
    return os.path.join(root, *parts)


def _list_run_ids(root):
    """Return the numbers that start the names of sub-directories."""
    matches = [re.match(r'[0-9]+', entry.name) for entry in os.scandir(root or '.') if entry.is_dir()]
    return [int(match.group()) for match in matches if match]


def _create_run_dir(root, desc):
    """Make `<root>/<id>-<desc>` with an id that no other run has; return (run_id, run_dir).

    Several launches may do so at once. Making a directory is atomic, yet two of unequal description may choose the
    same id: each looks for its rival after making its own and, if it sees one, withdraws and tries again later.
    """
    os.makedirs(root or '.', exist_ok=True)
    check_writable(root or '.')
    run_id = -1
    while True:
        run_id = max(_list_run_ids(root) + [run_id]) + 1
        run_dir = os.path.join(root, f'{run_id:05d}-{desc}')
        try:
            os.mkdir(run_dir)
        except FileExistsError:
            continue
        if _list_run_ids(root).count(run_id) == 1:
            return run_id, run_dir
        os.rmdir(run_dir)
        run_id -= 1
        time.sleep(random.uniform(0.0, 0.05))


# ----------------------------------------------------------------------------
# Launch.


def submit_run(submit_config, run_func_name, **run_func_kwargs):
    """Run a function in a new run directory, inside this process.

    Args:
        submit_config: SubmitConfig; a completed copy is used, the given one stays as it is.
        run_func_name: Full name of the function, or the function itself if it is a top-level one. It gets the keyword
            argument `submit_config` as well if it has such a parameter.
        **run_func_kwargs: Keyword arguments: numbers, texts, None, and lists or dictionaries of those.

    Returns:
        The completed SubmitConfig, after the function has returned.

    Raises:
        UserError: If the configuration or an argument is not usable; no directory is made then.
    """
    return create_run(submit_config, run_func_name, **run_func_kwargs)()


def create_run(submit_config, run_func_name, **run_func_kwargs):
    """Make a new run directory as `submit_run` does, and lock it, but leave the run itself to the caller.

    So a result directory needs to be locked only until the run directory is, not for the days of the run.

    Args:
        submit_config: See `submit_run`, as the next two.
        run_func_name: See there.
        **run_func_kwargs: See there.

    Returns:
        Function without arguments to call once, which runs the function and returns the completed SubmitConfig.
    """
    submit_config = _complete(submit_config, run_func_name, run_func_kwargs)
    _make_run_dir(submit_config)
    with contextlib.ExitStack() as stack:
        stack.enter_context(run_lock.hold_run(submit_config.run_dir))
        try:
            run_records.write(submit_config)
        except OSError:
            shutil.rmtree(submit_config.run_dir, ignore_errors=True)
            raise
        return functools.partial(_execute, submit_config, stack.pop_all())


def continue_run(submit_config, run_dir, run_func_name, **run_func_kwargs):
    """Run a function in an existing run directory, inside this process.

    The log goes on, and `run.txt` tells since when. The records of how the run was started are written anew where they
    differ; the description stays. What says that the run ended, or was to end, is removed: `_finished.txt` and
    `abort.txt`; so are the files that killed processes left half-written.

    Args:
        submit_config: SubmitConfig; a completed copy is used. Its `run_dir_root` and `run_desc` have no effect.
        run_dir: Run directory.
        run_func_name: See `submit_run`, as the next.
        **run_func_kwargs: See there.

    Returns:
        The completed SubmitConfig, after the function has returned.

    Raises:
        UserError: If the directory is not there, is none of a run, cannot be written to or is in use, or if the
            configuration or an argument is not usable.
    """
    run_dir = get_path_from_template(run_dir)
    run_desc = run_records.read_run_desc(run_dir)
    submit_config = _complete(submit_config, run_func_name, run_func_kwargs, run_desc=run_desc)
    _enter_run_dir(submit_config, run_dir)
    check_writable(run_dir)
    with contextlib.ExitStack() as stack:
        stack.enter_context(run_lock.hold_run(run_dir))
        remove_leftovers(run_dir)
        run_records.write(submit_config)
        return _execute(submit_config, stack.pop_all())


def _execute(submit_config, lock):
    with lock:
        print(f'Local submit - run_dir: {submit_config.run_dir}')
        local.execute(submit_config)
    return submit_config


def _complete(submit_config, run_func_name, run_func_kwargs, **fields):
    """Return a copy with all but the run directory filled in; raise UserError if it is not usable."""
    submit_config = copy.deepcopy(submit_config)
    if callable(run_func_name):
        run_func_name = util.get_top_level_function_name(run_func_name)
    kwargs = util.EasyDict(copy.deepcopy(run_func_kwargs))
    submit_config.update(user_name=get_user_name(), run_func_name=run_func_name, run_func_kwargs=kwargs, **fields)
    _validate(submit_config)
    run_records.format_options(submit_config)
    return submit_config


def _make_run_dir(submit_config):
    root = get_path_from_template(submit_config.run_dir_root)
    if os.path.exists(root) and not os.path.isdir(root):
        raise util.UserError(f'the result directory {root} is a file; choose another name')
    util.check_name(root)
    _enter_run_dir(submit_config, _create_run_dir(root, submit_config.run_desc)[1])


def _enter_run_dir(submit_config, run_dir):
    """Fill in what follows from the run directory."""
    name = os.path.basename(os.path.abspath(run_dir))
    number = re.match(r'[0-9]+', name)
    user_name = _replace_characters(submit_config.user_name).lstrip('_.-') or 'unknown'
    submit_config.update(run_dir=run_dir, run_name=name, task_name=f'{user_name}-{name}')
    submit_config.run_id = int(number.group()) if number else None


def _validate(submit_config):
    num_gpus, desc = submit_config.num_gpus, submit_config.run_desc
    if not isinstance(num_gpus, int) or num_gpus < 1:
        raise util.UserError(f'num_gpus must be an integer of at least 1, got {num_gpus!r}')
    if not re.match(r'[a-zA-Z0-9_.-]*\Z', desc):
        raise util.UserError(
            f'the run description {desc!r} becomes a directory name, so only letters, digits, "_", "." and "-" are '
            'possible; rename what it is made of, for example the dataset directory'
        )

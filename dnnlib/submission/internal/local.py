# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Executes a run inside this process."""

import datetime
import inspect
import os
import time
import traceback

import dnnlib
from dnnlib import util
from dnnlib.disk_space import warning_of_full_disk
from dnnlib.submission.run_context import RunContext


class TargetOptions:
    """Options of the local target, kept for old pickles; sources are never copied, whatever it says."""

    def __init__(self):
        self.do_not_copy_source_files = False

    def __repr__(self):
        return f'TargetOptions({vars(self)})'


def execute(submit_config):
    """Call the function of a run with its log, context and module variable in place.

    In a directory where it ran before, the log goes on. The log ends with the traceback if the function raises.
    `_finished.txt` appears if it returns without having been told to stop.

    Args:
        submit_config: Completed SubmitConfig, whose run directory exists.
    """
    finished_path = os.path.join(submit_config.run_dir, '_finished.txt')
    with _open_log(submit_config.run_dir) as logger:
        _remove(finished_path)
        if _remove(os.path.join(submit_config.run_dir, 'abort.txt')):
            print('Removed the file abort.txt, which had asked the run to stop.')
        dnnlib.submit_config = submit_config
        try:
            _call_function(submit_config)
            if not RunContext.get().is_stopping:
                with warning_of_full_disk():
                    open(finished_path, 'w').close()
        except BaseException:
            logger.write_to_file(traceback.format_exc())
            raise
        finally:
            try:
                RunContext.get().close()
            except OSError as error:  # The run directory is gone, for instance; that hides no other error.
                print(f'Warning: {error.filename}: {error.strerror}')
            finally:
                dnnlib.submit_config = None


def _open_log(run_dir):
    """Return the logger of a run; a log that is there already goes on with a line that says so."""
    path = os.path.join(run_dir, 'log.txt')
    logger = util.Logger(path, 'a')
    if os.path.getsize(path) > 0:
        logger.write_to_file('\n')
        now = datetime.datetime.now().isoformat(' ', 'seconds')
        print(f'Going on at {now} in {run_dir}')
    return logger


def _remove(path):
    """Remove a file and return whether there was one."""
    try:
        os.remove(path)
    except FileNotFoundError:
        return False
    return True


def _call_function(submit_config):
    name = submit_config.run_func_name
    print(f'dnnlib: Running {name}() on {submit_config.host_name}...')
    start_time = time.monotonic()
    RunContext.get()  # Writes run.txt.
    func = util.get_obj_by_name(name)
    kwargs = dict(submit_config.run_func_kwargs)
    if 'submit_config' in inspect.signature(func).parameters:
        kwargs['submit_config'] = submit_config
    func(**kwargs)
    word = 'Stopped' if RunContext.get().is_stopping else 'Finished'
    print(f'dnnlib: {word} {name}() in {util.format_time(time.monotonic() - start_time)}.')

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Executes a run inside this process."""

import inspect
import os
import time
import traceback

import dnnlib
from dnnlib import util
from dnnlib.submission.run_context import RunContext


class TargetOptions:
    """Options of the local target, kept for old pickles; sources are never copied, whatever it says."""

    def __init__(self):
        self.do_not_copy_source_files = False

    def __repr__(self):
        return f'TargetOptions({vars(self)})'


def execute(submit_config):
    """Call the function of a run with its log, context and module variable in place.

    The log ends with the traceback if the function raises. `_finished.txt` appears in either case.

    Args:
        submit_config: Completed SubmitConfig, whose run directory exists.
    """
    log_path = os.path.join(submit_config.run_dir, 'log.txt')
    with util.Logger(log_path) as logger:
        dnnlib.submit_config = submit_config
        try:
            _call_function(submit_config)
        except BaseException:
            logger.write_to_file(traceback.format_exc())
            raise
        finally:
            RunContext.get().close()
            dnnlib.submit_config = None
            open(os.path.join(submit_config.run_dir, '_finished.txt'), 'w').close()


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
    print(f'dnnlib: Finished {name}() in {util.format_time(time.monotonic() - start_time)}.')

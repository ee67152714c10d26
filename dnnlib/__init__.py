# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Generic tools of the project: helpers, command lines and run directories; `dnnlib.tflib` adds TensorFlow."""

from dnnlib import util
from dnnlib.submission.run_context import RunContext
from dnnlib.submission.run_records import load_training_options
from dnnlib.submission.stop_signals import StopRequested
from dnnlib.submission.submit import (
    PathType,
    SubmitConfig,
    SubmitTarget,
    continue_run,
    convert_path,
    create_run,
    get_path_from_template,
    make_run_desc,
    make_run_dir_path,
    submit_run,
)
from dnnlib.util import EasyDict

submit_config = None  # The SubmitConfig of the run that this process is in, or None outside a run.

__all__ = [
    'EasyDict',
    'PathType',
    'RunContext',
    'StopRequested',
    'SubmitConfig',
    'SubmitTarget',
    'continue_run',
    'convert_path',
    'create_run',
    'get_path_from_template',
    'load_training_options',
    'make_run_desc',
    'make_run_dir_path',
    'submit_config',
    'submit_run',
    'util',
]

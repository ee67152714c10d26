# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Loads TensorFlow without what its C++ code has to say about machines that have no GPU.

That code logs straight to file descriptor 2: some of it while it is loaded, whatever the level, the rest by the
environment variable TF_CPP_MIN_LOG_LEVEL (0 all, 1 no notices, 2 errors, 3 only what ends the process).
"""

import contextlib
import glob
import os
import subprocess
import sys

LEVEL_VARIABLE = 'TF_CPP_MIN_LOG_LEVEL'
_PCI_DEVICES = '/sys/bus/pci/devices'
# Of the driver, of WSL, of Jetson boards.
_TRACES_OF_NVIDIA = ('/dev/nvidia*', '/proc/driver/nvidia', '/usr/lib/wsl/lib/libcuda.so*', '/dev/nvmap')

_FILTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'log_filter.py')
_MAX_WAIT_SEC = 2  # For the filter to end: another process may have inherited what it listens to.


def may_have_gpu():
    """Tell whether something of this machine points to an NVIDIA GPU that is not hidden, whether it works or not."""
    if os.environ.get('CUDA_VISIBLE_DEVICES', '0').strip() in ('', '-1'):
        return False
    if not sys.platform.startswith('linux'):
        return True
    return any(glob.glob(pattern) for pattern in _TRACES_OF_NVIDIA) or _has_nvidia_card()


def _has_nvidia_card():
    for device in glob.glob(os.path.join(_PCI_DEVICES, '*')):
        with contextlib.suppress(OSError):
            if (_read(device, 'vendor'), _read(device, 'class')[:4]) == ('0x10de', '0x03'):  # A display.
                return True
    return False


def _read(device, name):
    with open(os.path.join(device, name)) as file:
        return file.read().strip()


def load_tensorflow():
    """Load TensorFlow, unless it is; choose its log level, unless the user has.

    Without a GPU nothing is logged but what ends the process: failures come as exceptions. With one, or traces of one,
    warnings and errors stay, since they tell why it cannot be used.
    """
    level = os.environ.setdefault(LEVEL_VARIABLE, '1' if may_have_gpu() else '3')
    if 'tensorflow' in sys.modules:
        return
    with _filtered_stderr(int(level) if level.isdecimal() else 0):
        import tensorflow.compat.v1  # noqa: F401


@contextlib.contextmanager
def _filtered_stderr(level):
    """Leave out log lines below a level of what is written to file descriptor 2 meanwhile."""
    try:
        original = os.dup(2)
    except OSError:  # It is closed, so there is nothing to filter.
        yield
        return
    process = _start_filter(level, original)
    try:
        if process is not None:
            os.dup2(process.stdin.fileno(), 2)
        yield
    finally:
        os.dup2(original, 2)
        os.close(original)
        if process is not None:
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_MAX_WAIT_SEC)


def _start_filter(level, output):
    """Return a process that copies its input to a file descriptor, or None where none can be started."""
    try:
        command = [sys.executable, '-S', _FILTER, str(level)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output)
    except (OSError, TypeError):  # There is no interpreter, or no process is allowed.
        return None

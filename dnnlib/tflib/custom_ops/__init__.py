# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Compiled ops: found or else compiled, and loaded; and the choice between them and plain TensorFlow ops.

`python -m dnnlib.tflib.custom_ops doctor` tells what works on this machine, `... build` compiles beforehand.
"""

import contextlib
import os
import threading
import warnings

from dnnlib.tflib.custom_ops import building, plugins
from dnnlib.tflib.custom_ops.plugins import PluginError
from dnnlib.util import UserError

__all__ = ['IMPLEMENTATIONS', 'PluginError', 'get_plugin', 'resolve_impl', 'use_impl']

IMPLEMENTATIONS = ('native', 'cuda', 'ref')

cuda_cache_path = None  # Folder to keep compiled ops in, or None for $DNNLIB_CACHE_DIR/ops.
verbose = True  # Tell on stderr when something is compiled.

_plugin_cache = {}  # Path of an op without extension -> its module, or the PluginError why there is none.
_plugin_lock = threading.RLock()
_context = threading.local()  # Its attribute `impl`: what `use_impl` says in this thread.
_warned_cache = set()


def get_plugin(source, extra_nvcc_options=()):
    """Return the module with the ops of a compiled library, which is compiled if it was not yet.

    Args:
        source: Name of an op of this project, such as 'upfirdn_2d', or the path of its `.cc` or `.cu`.
        extra_nvcc_options: Further options for nvcc.

    Raises:
        PluginError: If there is no compiler, it fails, or the library cannot be loaded. Later calls raise the same.
    """
    op = building.Op(source)
    key = (op.base,) + tuple(extra_nvcc_options)
    with _plugin_lock:
        if key not in _plugin_cache:
            settings = plugins.Settings(cuda_cache_path, verbose, tuple(extra_nvcc_options))
            for name, result in plugins.provide(_list_together(op), settings).items():
                _plugin_cache[(name,) + tuple(extra_nvcc_options)] = result
        result = _plugin_cache[key]
    if isinstance(result, PluginError):
        raise result.with_traceback(None)  # It may be raised many times.
    return result


def _list_together(op):
    """Return the ops to provide along with one: all of this project, as whoever needs one needs the others soon."""
    together = [building.Op(name) for name in building.list_op_names()]
    return together if op.base in [other.base for other in together] else [op]


def resolve_impl(impl, op_name):
    """Return the implementation to use: 'native' if there is a compiled library, else 'ref'.

    Args:
        impl: None for what `use_impl` or the environment variable DNNLIB_OPS says, by default the best that is there;
            'native' (also by its official name 'cuda'), which snapshots carry to machines that cannot follow it; or
            'ref'. Where there is no compiled library, one warning per process says why.
        op_name: Name of the op.

    Raises:
        UserError: If `impl` is none of these.
    """
    _check_impl(impl, 'impl')
    if impl is None:
        impl = getattr(_context, 'impl', None)
    if impl is None:
        impl = os.environ.get('DNNLIB_OPS') or None
        _check_impl(impl, 'the environment variable DNNLIB_OPS')
    if impl == 'ref':
        return 'ref'
    try:
        get_plugin(op_name)
    except PluginError as error:
        _warn_once(error)
        return 'ref'
    return 'native'


def _check_impl(impl, name):
    if impl is not None and impl not in IMPLEMENTATIONS:
        raise UserError('{} must be None or one of {}, got {!r}'.format(name, ', '.join(IMPLEMENTATIONS), impl))


def _warn_once(error):
    """Say once per process what it costs to go without compiled ops, and why that is."""
    if not _warned_cache:
        _warned_cache.add(str(error))
        warnings.warn(
            'compiled ops are not available, so everything is slower (training on a CPU takes 2 to 3 times as long): '
            f'{error}',
            stacklevel=4,
        )


@contextlib.contextmanager
def use_impl(impl):
    """Let None mean this implementation for what this thread makes meanwhile: 'native', 'cuda', 'ref' or None."""
    _check_impl(impl, 'impl')
    previous = getattr(_context, 'impl', None)
    _context.impl = impl
    try:
        yield
    finally:
        _context.impl = previous

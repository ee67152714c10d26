# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""From the names of ops to their loaded libraries: look through the folders, compile what is missing, load."""

import atexit
import collections
import functools
import os
import re
import shutil
import tempfile
import warnings

from dnnlib.progress import Stage
from dnnlib.tflib.custom_ops import building, compilers, hardware, library_cache
from dnnlib.util import UserError

LOCK_TIMEOUT_SEC = 300
SEE_DOCTOR = 'run `python -m dnnlib.tflib.custom_ops doctor` to see more'
USE_WSL = 'use WSL2, where they are compiled as on Linux, or set DNNLIB_OPS=ref to go without them silently'
INSTALL_COMPILER = (
    'install g++ (Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; conda: conda install gxx), '
    'or name a compiler with the environment variable CXX'
)
INSTALL_NVCC = (
    'install one (requirements/tf2-gpu.txt has it as wheels), or name one with the environment variable DNNLIB_NVCC; '
    'if nvcc refuses g++, install an older g++ beside it; if it compiles for the other GPUs, hide this one with '
    'CUDA_VISIBLE_DEVICES'
)
SET_CACHE_DIR = 'set DNNLIB_CACHE_DIR to a folder that can be written'
CHANGE_COMPILER = 'try another compiler with the environment variable CXX, or set DNNLIB_OPS=ref to go without silently'

# `cache_dir`: folder of the user's own libraries, or None for the usual one.
Settings = collections.namedtuple('Settings', 'cache_dir verbose extra_nvcc_options')


class PluginError(UserError):
    """A compiled op is not available.

    Args:
        message: What is wrong, in one line.
        advice: What to do about it.
        command: The command that failed, a list of words, or None.
        log: What it printed.
    """

    def __init__(self, message, advice='', command=None, log=''):
        super().__init__(f'{message}; {SEE_DOCTOR}')
        self.reason = message
        self.advice = advice
        self.command = command
        self.log = log


def provide(ops, settings):
    """Find or compile the libraries of several ops for this machine, and load them.

    Args:
        ops: List of `building.Op`.
        settings: `Settings`.

    Returns:
        Dict: path of the op without extension -> module or PluginError.
    """
    try:
        return Provider(make_target(settings.extra_nvcc_options), settings).provide(ops)
    except PluginError as error:
        reason = error
    except OSError as error:
        reason = PluginError(f'files of compiled ops cannot be used ({error})', SET_CACHE_DIR)
    return {op.base: reason for op in ops}


def make_target(extra_nvcc_options=()):
    """Return what this machine needs: code for its CPU, and for the GPUs that TensorFlow can use."""
    if hardware.is_windows():
        raise PluginError('ops are not compiled on Windows', USE_WSL)
    from dnnlib.tflib import gpus  # Imports TensorFlow.

    capabilities = gpus.list_capabilities()
    driver = hardware.read_driver_version() if capabilities else None
    return building.Target(hardware.detect_cpu_level(), capabilities, driver, tuple(extra_nvcc_options))


def list_shared_dirs():
    """Return the folders of the environment variable DNNLIB_OPS_DIR, which are looked through before the user's."""
    folders = os.environ.get('DNNLIB_OPS_DIR', '').split(os.pathsep)
    return [os.path.abspath(os.path.expanduser(folder)) for folder in folders if folder]


def find_tools(capabilities, cache_dir, driver=None):
    """Choose the compilers.

    Args:
        capabilities: Compute capabilities to compile for; without any, no nvcc is looked for.
        cache_dir: Folder in which to remember which nvcc works.
        driver: Release of CUDA that the driver of these GPUs knows, or None if they are elsewhere.

    Returns:
        Tuple (`building.Tools`, list of refusals).
    """
    found = compilers.list_host_compilers()
    refusals = [other for other in found if isinstance(other, compilers.HostRefusal)]
    host = next((other for other in found if isinstance(other, compilers.HostCompiler)), None)
    if not capabilities or host is None:
        return building.Tools(host, None), refusals
    hosts = [host] + compilers.list_other_compilers()
    trial = compilers.remember_trials(os.path.join(cache_dir, 'nvcc-trials.json'))
    for path in compilers.list_nvccs():
        candidate = compilers.examine_nvcc(path, capabilities, hosts, trial, driver)
        if isinstance(candidate, compilers.Nvcc):
            return building.Tools(host, candidate), refusals
        refusals.append(candidate)
    return building.Tools(host, None), refusals


def check_tools(tools, refusals, needs_nvcc):
    """Raise PluginError, with the reasons of `find_tools`, if a compiler is missing."""
    if tools.host is None:
        reasons = _join_reasons(refusals, compilers.HostRefusal)
        raise PluginError(f'no C++ compiler is there ({reasons})', INSTALL_COMPILER)
    if needs_nvcc and tools.nvcc is None:
        reasons = _join_reasons(refusals, compilers.NvccRefusal)
        raise PluginError(f'no nvcc is there that will do ({reasons})', INSTALL_NVCC)


def _join_reasons(refusals, kind):
    """Return why the compilers of one kind were refused, in one line."""
    reasons = [f'{refusal[0]}: {refusal.reason}' for refusal in refusals if isinstance(refusal, kind)]
    return '; '.join(reasons) or 'none was found'


class Provider:
    """Provides libraries for one target.

    Args:
        target: `building.Target`.
        settings: `Settings`.
    """

    def __init__(self, target, settings):
        self._target = target
        self._verbose = settings.verbose
        self._own_dir = settings.cache_dir or building.get_default_cache_dir()
        self._shared_dirs = list_shared_dirs()
        self._tools, self._refusals = find_tools(target.capabilities, self._own_dir, target.driver)
        self._rejected = set()

    def provide(self, ops):
        """Return a dict: path of an op without extension -> module or PluginError."""
        results, remaining = {}, ops
        while remaining:
            loaded = _load_all(self._find_all(remaining))
            results.update(loaded)
            errors = self._reject([result for result in loaded.values() if isinstance(result, LoadError)])
            remaining = [op for op in remaining if loaded[op.base] in errors]
        library_cache.remove_unused(self._own_dir)
        return {base: _as_plugin_error(result) for base, result in results.items()}

    def _reject(self, errors):
        """Pass over libraries that do not load; return the errors of those that had not been passed over yet.

        Nothing is deleted, as these may be the only ones; what is compiled takes their place.
        """
        errors = [error for error in errors if error.path not in self._rejected]
        if errors:
            others = f'and {len(errors) - 1} more are' if len(errors) > 1 else 'is'
            warnings.warn(f'{errors[0]}; this library {others} passed over', stacklevel=2)
        self._rejected.update(error.path for error in errors)
        return errors

    # Finding.

    def _find_all(self, ops):
        """Return a dict: path of an op without extension -> path of its library or PluginError."""
        results = {op.base: self._find(op) for op in ops}
        missing = [op for op in ops if results[op.base] is None]
        if missing:
            results.update(self._build(missing))
        return results

    def _find(self, op):
        """Return the path of a library for an op, None if one can be compiled, or the PluginError why there is none."""
        if not op.exists():
            return PluginError(f'there is no {op.host_file}')
        wanted = building.make_recipe(op, self._target, self._tools)
        candidates = [path for path, recipe in self._list_fitting(op, wanted) if recipe['cpu'] == wanted['cpu']]
        exact = os.path.join(self._own_dir, library_cache.make_file_name(wanted))
        if os.path.exists(exact):
            candidates.append(exact)
        reason = self._why_nothing_compiles(op)
        if reason:
            candidates += [path for path, _ in self._list_fitting(op, wanted, [self._own_dir])]
        return next((path for path in candidates if path not in self._rejected), reason)

    def _list_fitting(self, op, wanted, more_dirs=()):
        """Return pairs (path, recipe) of the libraries that will do, those for the highest CPU level first."""
        found = [
            (path, recipe)
            for folder in self._shared_dirs + list(more_dirs)
            for path, recipe in library_cache.list_libraries(folder, op.name)
            if recipe and building.fits(recipe, wanted, self._target)
        ]
        return sorted(found, key=lambda pair: pair[1]['cpu'], reverse=True)

    def _why_nothing_compiles(self, op):
        """Return a PluginError if a compiler is missing, else None."""
        needs_nvcc = bool(self._target.capabilities and op.cuda_file)
        try:
            check_tools(self._tools, self._refusals, needs_nvcc)
        except PluginError as error:
            return error
        return None

    # Compiling.

    def _build(self, ops):
        """Compile ops into the first folder that can be written; return a dict as `_find_all` does."""
        problems = []
        for folder in self._shared_dirs + [self._own_dir, None]:
            try:
                results = self._build_in(folder or _make_temporary_dir(), ops)
            except OSError as error:
                problems.append(f'{folder or "temporary folder"}: {error.strerror or error}')
                continue
            if folder is None:
                _warn_of_repetition(problems)
            return results
        reason = PluginError(f'no folder can take compiled ops ({"; ".join(problems)})', SET_CACHE_DIR)
        return {op.base: reason for op in ops}

    def _build_in(self, folder, ops):
        """Compile what no other process has compiled meanwhile."""
        library_cache.check_writable(folder)
        with Progress([op.title for op in ops], self._verbose) as progress:
            with library_cache.lock(folder, LOCK_TIMEOUT_SEC, progress.report_waiting):
                results = {op.base: self._find(op) for op in ops}
                missing = [op for op in ops if results[op.base] is None]
                progress.enter_stage('Compiling...')
                recipes = [(op, building.make_recipe(op, self._target, self._tools)) for op in missing]
                for op, outcome in zip(missing, building.build(recipes, self._tools, folder)):
                    results[op.base] = outcome.result
            is_failed = any(isinstance(result, Exception) for result in results.values())
            progress.finish('Compiling... Failed!' if is_failed else 'Compiling... Done.')
        return {base: _as_plugin_error(result) for base, result in results.items()}


@functools.lru_cache(maxsize=None)
def _make_temporary_dir():
    """Return a folder of this process, which is removed at its end."""
    folder = tempfile.mkdtemp(prefix='dnnlib-ops-')
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _warn_of_repetition(problems):
    """Say that a temporary folder took the compiled ops."""
    reasons = '; '.join(problems)
    warnings.warn(
        f'compiled ops cannot be kept ({reasons}), so every process will compile them again; {SET_CACHE_DIR}',
        stacklevel=2,
    )


def _load_all(paths):
    """Replace the paths in a dict by the modules of these libraries or LoadErrors."""
    return {base: path if isinstance(path, PluginError) else try_to_load(path) for base, path in paths.items()}


def _as_plugin_error(result):
    """Turn the error of a compiler or of the loader into a PluginError; return anything else as it is."""
    if isinstance(result, building.BuildError):
        return PluginError(str(result), CHANGE_COMPILER, result.command, result.log)
    return PluginError(str(result), CHANGE_COMPILER) if isinstance(result, LoadError) else result


# ----------------------------------------------------------------------------
# Loading a library into TensorFlow, and telling in plain words why it does not load.


class LoadError(Exception):
    """A library cannot be loaded.

    Args:
        path: Path of the library.
        reason: What is wrong with it.
    """

    def __init__(self, path, reason):
        super().__init__(reason)
        self.path = path


def try_to_load(path):
    """Return the module of a library, or a LoadError."""
    try:
        return load(path)
    except LoadError as error:
        return error


def load(path):
    """Load a library into TensorFlow and return the module with its ops.

    Raises:
        LoadError: If the file is damaged, or was compiled for something else than what is running.
    """
    import tensorflow.compat.v1 as tf

    try:
        recipe = library_cache.read_recipe(path, check=True)
    except (library_cache.DamagedLibraryError, OSError) as error:
        raise LoadError(path, str(error)) from error
    try:
        module = tf.load_op_library(path)
    except (tf.errors.OpError, OSError, RuntimeError) as error:
        raise LoadError(path, explain_load_failure(path, recipe, str(error))) from error
    library_cache.mark_used(path)
    return module


def explain_load_failure(path, recipe, message):
    """Return why a library does not load, in one line: the missing symbol in words, and who was meant to have it."""
    symbol = re.search(r'undefined symbol: (\w+)', message)
    reason = ' '.join(message.split())
    if symbol:
        status, name = compilers.run_tool(['c++filt', symbol.group(1)])
        reason = f'undefined symbol {name.strip() if status == 0 else symbol.group(1)}'
    tensorflow = building.describe_tensorflow()
    return (
        f'{path} does not load: {reason} (compiled for TensorFlow {recipe["tensorflow"]}, ABI {recipe["abi"]}; '
        f'this is TensorFlow {tensorflow.version}, ABI {tensorflow.abi})'
    )


# ----------------------------------------------------------------------------
# The line on the console that tells what is being compiled.


class Progress(Stage):
    """Tells on stderr what is being compiled.

    Args:
        names: Names of the sources.
        verbose: Whether to tell anything.
    """

    def __init__(self, names, verbose):
        super().__init__('Setting up TensorFlow plugin {}: '.format(', '.join(f'"{name}"' for name in names)), verbose)

    def report_waiting(self, holder):
        """Show that another process compiles, which this one waits for."""
        self.enter_stage(f'Waiting for {holder}, which compiles...')

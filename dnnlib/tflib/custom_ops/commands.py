# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What `python -m dnnlib.tflib.custom_ops` does: report on what ops need, or compile them beforehand."""

import collections
import os
import platform
import shlex
import sys

from dnnlib.tflib.custom_ops import building, compilers, hardware, library_cache, plugins
from dnnlib.util import UserError

_NUM_LOG_LINES = 12
_NUM_LIBRARIES = 12


def print_report():
    """Print the report, compiling what is not compiled yet; tell whether all ops can be used."""
    _print_section('Python', [f'{platform.python_version()}, {sys.executable}, {platform.platform()}'])
    try:
        tensorflow = describe_tensorflow()
    except Exception as error:  # Whatever a broken installation raises.
        _print_section('TensorFlow', [f'cannot be imported: {error}', f'To do: {_advise_on_import(error)}'])
        return False
    from dnnlib.tflib import gpus

    capabilities = gpus.list_capabilities()
    driver = hardware.read_driver_version() if capabilities else None
    _print_section('TensorFlow', tensorflow)
    _print_section('GPU', describe_gpus(capabilities, driver))
    _print_section('CPU', [f'{hardware.get_machine()}, level {hardware.detect_cpu_level()}'])
    _print_section('C++', describe_host_compilers())
    _print_section('nvcc', describe_nvccs(capabilities, driver))
    _print_section('Libraries', describe_folders())
    problem = _check_generation()
    problems = [('TensorFlow', problem)] if problem else check_ops()
    for line in describe_problems(problems):
        print(line)
    return not problems


def _advise_on_import(error):
    if 'No usable temporary directory' in str(error):
        return 'set TMPDIR to a folder that can be written; docker run --read-only wants --tmpfs /tmp'
    return 'pip install -r requirements/tf2.txt'


def _print_section(title, lines):
    for number, line in enumerate(lines):
        print(f'{title if number == 0 else "":12}{line}', flush=True)


# ----------------------------------------------------------------------------
# What is there. Each function returns lines.


def describe_tensorflow():
    """Describe the running TensorFlow and the flags with which it wants ops to be compiled."""
    facts = building.describe_tensorflow()  # Loads TensorFlow.

    from dnnlib.tflib import gpus

    cuda_version = gpus.get_cuda_version()
    built_with = f'built with CUDA {cuda_version}' if cuda_version else 'built without CUDA'
    return [f'{facts.version}, ABI {facts.abi}, {built_with}', 'flags ' + ' '.join(facts.flags)]


def describe_gpus(capabilities, driver):
    """Describe the GPUs that TensorFlow can use."""
    if not capabilities:
        return ['none that TensorFlow can use, so ops are compiled for the CPU alone']
    names = ', '.join(f'{capability / 10:.1f}' for capability in capabilities)
    return [f'compute capability {names}, driver for CUDA {driver}']


def describe_host_compilers():
    """Describe the C++ compilers, the one that is used first."""
    found = compilers.list_host_compilers()
    usable = [f'{" ".join(item.command)}: {item.version}' for item in found if hasattr(item, 'version')]
    refused = [f'{item.command}: {item.reason}' for item in found if not hasattr(item, 'version')]
    return [line + (' (is used)' if number == 0 else '') for number, line in enumerate(usable)] + refused


def describe_nvccs(capabilities, driver):
    """Describe each nvcc, with the verdict on it."""
    hosts = [item for item in compilers.list_host_compilers() if hasattr(item, 'version')]
    lines = []
    for path in compilers.list_nvccs():
        found = compilers.examine_nvcc(path, capabilities, hosts + compilers.list_other_compilers(), driver=driver)
        verdict = found.reason if isinstance(found, compilers.NvccRefusal) else _describe_archs(found)
        lines.append(f'{path}{" " + found.release if found.release else ""}: {verdict}')
    return lines or ['none was found']


def _describe_archs(found):
    return f'works with {found.host.version}, for {found.archs[0] / 10:.1f} to {found.archs[-1] / 10:.1f}'


def describe_folders():
    """Describe the folders of compiled libraries and what lies in them."""
    lines = []
    for folder in plugins.list_shared_dirs() + [building.get_default_cache_dir()]:
        libraries = library_cache.list_libraries(folder)
        size_kb = sum(os.path.getsize(path) for path, _ in libraries) / 1024
        can = 'can be written' if _is_writable(folder) else 'cannot be written'
        lines.append(f'{folder}: {len(libraries)} files, {size_kb:.0f} KB, {can}')
        newest = sorted(libraries, key=lambda pair: os.path.getmtime(pair[0]), reverse=True)[:_NUM_LIBRARIES]
        lines += [f'  {os.path.basename(path)}: {describe_recipe(recipe)}' for path, recipe in newest]
        lines += [f'  ... and {len(libraries) - len(newest)} older ones'] if len(newest) < len(libraries) else []
    return lines


def _is_writable(folder):
    try:
        library_cache.check_writable(folder)
    except OSError:
        return False
    return True


def describe_recipe(recipe):
    """Describe for what a library was compiled, in a few words; None means it is damaged."""
    if recipe is None:
        return 'damaged, is not used'
    archs = (recipe['cuda'] or {}).get('archs')
    gpu = 'GPU ' + ', '.join(f'{arch / 10:.1f}' for arch in archs) if archs else 'no GPU'
    return f'CPU {recipe["cpu"]}, {gpu}, TensorFlow {recipe["tensorflow"].split()[0]}'


# ----------------------------------------------------------------------------
# What works.


def _check_generation():
    from dnnlib.tflib import gpus

    try:
        gpus.check_generation()
    except UserError as error:
        return error
    return None


def check_ops():
    """Get all ops as a program would, and print which can be used; return pairs (name, PluginError) of the others."""
    from dnnlib.tflib import custom_ops

    problems, lines = [], []
    for name in building.list_op_names():
        try:
            custom_ops.get_plugin(name)
        except plugins.PluginError as error:
            problems.append((name, error))
        lines.append(f'{name}: {"cannot be used, see below" if name in dict(problems) else "can be used"}')
    _print_section('Ops', lines)
    return problems


def describe_problems(problems):
    """Describe what is wrong with ops, those with the same problem together.

    Args:
        problems: List of pairs (name, error).
    """
    names_by_text = collections.OrderedDict()
    for name, error in problems:
        text = '\n'.join([getattr(error, 'reason', str(error))] + ['  ' + line for line in describe_failure(error)])
        names_by_text.setdefault(text, []).append(name)
    return [line for text, names in names_by_text.items() for line in ['', f'{", ".join(names)}: {text}']]


def describe_failure(error):
    """Describe the error of an op: the command that failed, what it printed first, and what to do."""
    lines = []
    if getattr(error, 'command', None):
        lines += ['Command that failed:', '  ' + ' '.join(shlex.quote(word) for word in error.command)]
        log = [line for line in error.log.splitlines() if line.strip()]
        lines += ['It printed:'] + ['  ' + line for line in log[:_NUM_LOG_LINES]]
        lines += [f'  ... and {len(log) - _NUM_LOG_LINES} more lines'] if len(log) > _NUM_LOG_LINES else []
    return lines + ([f'To do: {error.advice}'] if getattr(error, 'advice', '') else [])


# ----------------------------------------------------------------------------
# Compiling beforehand, also for CPUs and GPUs of other machines.


def print_build(archs=None, cpu_levels=None, out_dir=None):
    """Compile all ops and print a table of the libraries; tell whether all commands worked.

    Args:
        archs: Compute capabilities of GPUs as integers, or None for those of this machine.
        cpu_levels: Levels of x86-64 such as 'v3', or None for that of this machine.
        out_dir: Folder for the libraries, or None for that where this machine looks for them first.

    Raises:
        UserError: If a level is unknown or there is no compiler that will do.
        OSError: If the folder cannot be written.
    """
    here = plugins.make_target()
    capabilities = here.capabilities if archs is None else archs
    levels = check_cpu_levels(cpu_levels) or [here.cpu_level]
    folder = out_dir or (plugins.list_shared_dirs() + [building.get_default_cache_dir()])[0]
    library_cache.check_writable(folder)
    driver = here.driver if archs is None else None
    tools = require_tools(capabilities, folder, driver)
    targets = [building.Target(level, capabilities, driver, ()) for level in levels]
    ops = [building.Op(name) for name in building.list_op_names()]
    recipes = [(op, building.make_recipe(op, target, tools)) for target in targets for op in ops]
    return _print_table(recipes, _build_missing(recipes, tools, folder))


def check_cpu_levels(levels):
    """Return the levels of x86-64; raise UserError if one is unknown."""
    unknown = [level for level in levels or [] if level not in hardware.CPU_LEVELS]
    if unknown or (levels and hardware.get_machine() != 'x86_64'):
        known = ', '.join(hardware.CPU_LEVELS)
        raise UserError(f'--cpu takes levels of x86-64 ({known}), got {",".join(levels)} on {hardware.get_machine()}')
    return levels


def require_tools(capabilities, folder, driver):
    """Return the compilers for these compute capabilities; raise PluginError, with the reason, if one is missing."""
    tools, refusals = plugins.find_tools(capabilities, folder, driver)
    plugins.check_tools(tools, refusals, needs_nvcc=bool(capabilities))
    return tools


def _build_missing(recipes, tools, folder):
    """Compile what the folder does not hold yet; return one `building.Outcome` per recipe."""
    outcomes = [_find_finished(recipe, folder) for _, recipe in recipes]
    missing = [pair for pair, outcome in zip(recipes, outcomes) if outcome is None]
    if not missing:
        return outcomes
    with plugins.Progress(sorted({op.title for op, _ in missing}), verbose=True) as progress:
        with library_cache.lock(folder, plugins.LOCK_TIMEOUT_SEC, progress.report_waiting):
            progress.enter_stage('Compiling...')
            built = building.build(missing, tools, folder)
        is_failed = any(isinstance(outcome.result, building.BuildError) for outcome in built)
        progress.finish('Compiling... Failed!' if is_failed else 'Compiling... Done.')
    built = iter(built)
    return [outcome or next(built) for outcome in outcomes]


def _find_finished(recipe, folder):
    path = os.path.join(folder, library_cache.make_file_name(recipe))
    try:
        library_cache.read_recipe(path, check=True)
    except (library_cache.DamagedLibraryError, OSError):
        return None
    return building.Outcome(path, None)


def _print_table(recipes, outcomes):
    print(f'{"op":16} {"CPU":8} {"GPU":24} {"seconds":>8} {"KB":>6}  file')
    for (op, recipe), outcome in zip(recipes, outcomes):
        archs = ','.join(str(arch) for arch in (recipe['cuda'] or {}).get('archs', [])) or '-'
        if isinstance(outcome.result, building.BuildError):
            print(f'{op.name:16} {recipe["cpu"]:8} {archs:24} {"-":>8} {"-":>6}  {outcome.result}')
            continue
        seconds = 'there' if outcome.seconds is None else f'{outcome.seconds:.1f}'
        size_kb = os.path.getsize(outcome.result) / 1024
        print(f'{op.name:16} {recipe["cpu"]:8} {archs:24} {seconds:>8} {size_kb:6.0f}  {outcome.result}')
    return not any(isinstance(outcome.result, building.BuildError) for outcome in outcomes)

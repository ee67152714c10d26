# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Compiling all ops beforehand, also for CPUs and GPUs of other machines."""

import os

from dnnlib.tflib.custom_ops import building, host_compiler, library_cache, plugins
from dnnlib.tflib.custom_ops.progress import Progress
from dnnlib.util import UserError


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
    unknown = [level for level in levels or [] if level not in host_compiler.CPU_LEVELS]
    if unknown or (levels and host_compiler.get_machine() != 'x86_64'):
        known = ', '.join(host_compiler.CPU_LEVELS)
        raise UserError(
            f'--cpu takes levels of x86-64 ({known}), got {",".join(levels)} on {host_compiler.get_machine()}'
        )
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
    with Progress(sorted({op.title for op, _ in missing}), verbose=True) as progress:
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

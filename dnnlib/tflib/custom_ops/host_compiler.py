# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The C++ compiler of this machine, and the flags with which it uses what the CPU can do."""

import collections
import functools
import os
import platform
import shlex
import subprocess
import sys

HostCompiler = collections.namedtuple('HostCompiler', 'command version')  # List of words; first line of --version.
Refusal = collections.namedtuple('Refusal', 'command reason')

_COMPILERS = ('g++', 'clang++', 'c++')
_OTHER_GXX = tuple(f'g++-{version}' for version in range(15, 5, -1))  # For an nvcc that refuses the first choice.

# Levels of x86-64 in rising order: what /proc/cpuinfo calls the instructions that a level adds, and their flags,
# spelled out because g++ 7 does not know the levels by name.
_CPU_LEVELS = collections.OrderedDict(
    [
        ('v1', ('', '')),
        ('v2', ('pni ssse3 sse4_1 sse4_2 popcnt cx16', '-msse3 -mssse3 -msse4.1 -msse4.2 -mpopcnt -mcx16')),
        (
            'v3',
            ('avx avx2 fma f16c bmi1 bmi2 abm movbe', '-mavx -mavx2 -mfma -mf16c -mbmi -mbmi2 -mlzcnt -mmovbe'),
        ),
        (
            'v4',
            (
                'avx512f avx512bw avx512dq avx512vl avx512cd',
                '-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd',
            ),
        ),
    ]
)
CPU_LEVELS = tuple(_CPU_LEVELS)
_WIDE_VECTORS = '-mprefer-vector-width=512'  # g++ 8 and later would use half the width of v4 by themselves.


def run_tool(command, note_process=None, **kwargs):
    """Run a program; return its exit status (127 if it cannot be started) and all its output.

    Args:
        command: List of words.
        note_process: Function that is told of the `subprocess.Popen` as soon as it runs, or None.
        **kwargs: Further arguments of `subprocess.Popen`.
    """
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs
        )
    except OSError as error:
        return 127, f'{command[0]}: {error.strerror}'
    if note_process is not None:
        note_process(process)
    output = process.communicate()[0].decode('utf-8', 'replace')
    return process.returncode, output


def list_host_compilers():
    """Return a `HostCompiler` or `Refusal` for each candidate, best first; with $CXX set, that is the only one."""
    chosen = os.environ.get('CXX', '').strip()
    return [_examine(command) for command in ([shlex.split(chosen)] if chosen else [[name] for name in _COMPILERS])]


def list_other_compilers():
    """Return the further g++ of this machine, newest first, for an nvcc that does not take the first choice."""
    return [found for found in (_examine([name]) for name in _OTHER_GXX) if isinstance(found, HostCompiler)]


def _examine(command):
    status, output = run_tool(command + ['--version'])
    if status != 0:
        return Refusal(' '.join(command), 'not found' if status == 127 else f'ends with status {status} at --version')
    return HostCompiler(command, output.splitlines()[0].strip() if output.strip() else 'unknown version')


# ----------------------------------------------------------------------------
# CPU.


def get_machine():
    """Return the architecture of this machine, such as x86_64 or aarch64."""
    return 'x86_64' if platform.machine().lower() in ('x86_64', 'amd64') else platform.machine().lower()


@functools.lru_cache(maxsize=None)
def detect_cpu_level():
    """Return the level of this CPU: 'v1' ... 'v4' for x86-64 as far as the system tells, else 'generic'."""
    if get_machine() != 'x86_64':
        return 'generic'
    try:
        with open('/proc/cpuinfo', encoding='utf-8', errors='replace') as file:
            return find_cpu_level(file.read())
    except OSError:
        return 'v1'


def find_cpu_level(cpuinfo):
    """Return the highest level of which, and of all below, the first CPU in this text has all instructions."""
    flags = next((line.split(':')[1].split() for line in cpuinfo.splitlines() if line.startswith('flags')), [])
    level = CPU_LEVELS[0]
    for name, (needed, _) in _CPU_LEVELS.items():
        if not set(needed.split()) <= set(flags):
            break
        level = name
    return level


def list_levels_up_to(level):
    """Return the levels whose code runs on a CPU of this level, best first."""
    if level not in CPU_LEVELS:
        return [level]
    return list(reversed(CPU_LEVELS[: CPU_LEVELS.index(level) + 1]))


def list_cpu_flags(level, compiler):
    """Return the compiler flags for a level; none for 'generic'."""
    flags = [
        flag
        for name in reversed(list_levels_up_to(level))
        if name in _CPU_LEVELS
        for flag in _CPU_LEVELS[name][1].split()
    ]
    if level == 'v4' and accepts_flag(compiler, _WIDE_VECTORS):
        flags.append(_WIDE_VECTORS)
    return flags


def accepts_flag(compiler, flag):
    """Tell whether a compiler knows a flag."""
    return run_tool(compiler.command + [flag, '-Werror', '-E', '-x', 'c++', os.devnull])[0] == 0


def is_windows():
    """Tell whether this is Windows, where nothing is compiled."""
    return sys.platform == 'win32'

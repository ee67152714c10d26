# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What this machine has, without TensorFlow: its CPU, its GPUs, and room for programs side by side."""

import collections
import contextlib
import ctypes
import functools
import math
import os
import platform
import re
import sys

# Levels of x86-64 in rising order, with what /proc/cpuinfo calls the instructions that a level adds.
_CPU_LEVELS = collections.OrderedDict(
    [
        ('v1', ''),
        ('v2', 'pni ssse3 sse4_1 sse4_2 popcnt cx16'),
        ('v3', 'avx avx2 fma f16c bmi1 bmi2 abm movbe'),
        ('v4', 'avx512f avx512bw avx512dq avx512vl avx512cd'),
    ]
)
CPU_LEVELS = tuple(_CPU_LEVELS)
_MAJOR_ATTRIBUTE, _MINOR_ATTRIBUTE = 75, 76  # Of cuDeviceGetAttribute.


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
    for name, needed in _CPU_LEVELS.items():
        if not set(needed.split()) <= set(flags):
            break
        level = name
    return level


def list_levels_up_to(level):
    """Return the levels whose code runs on a CPU of this level, best first."""
    if level not in CPU_LEVELS:
        return [level]
    return list(reversed(CPU_LEVELS[: CPU_LEVELS.index(level) + 1]))


def is_windows():
    """Tell whether this is Windows, where nothing is compiled."""
    return sys.platform == 'win32'


# ----------------------------------------------------------------------------
# GPUs, as far as their driver tells.


def read_capabilities(library='libcuda.so.1'):
    """Return the sorted compute capabilities, such as 86 for 8.6, of all GPUs that the driver shows; none without one.

    No context is made on the GPU, and none of its memory is taken.

    Args:
        library: Name or path of the driver's library.
    """
    driver = _open_driver(library)
    count = ctypes.c_int()
    if driver is None or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    return sorted({_read_capability(driver, index) for index in range(count.value)})


def read_driver_version(library='libcuda.so.1'):
    """Return the release of CUDA that the driver knows, such as '12.2', or None without a driver.

    Args:
        library: Name or path of the driver's library.
    """
    driver = _open_driver(library)
    version = ctypes.c_int()
    if driver is None or driver.cuDriverGetVersion(ctypes.byref(version)) != 0:
        return None
    return f'{version.value // 1000}.{version.value % 1000 // 10}'


def _open_driver(library):
    """Return the driver's library, or None if it is missing or finds no GPU."""
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return None
    return driver if driver.cuInit(0) == 0 else None


def _read_capability(driver, index):
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    driver.cuDeviceGet(ctypes.byref(device), index)
    driver.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR_ATTRIBUTE, device)
    driver.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR_ATTRIBUTE, device)
    return major.value * 10 + minor.value


# ----------------------------------------------------------------------------
# How many programs may run side by side: as many as cores and free memory allow, also within a container.


def count_jobs(bytes_per_job, root='/'):
    """Return how many programs of this size may run at a time, at least 1.

    Args:
        bytes_per_job: Memory that one of them takes at most.
        root: Folder that holds `proc` and `sys`, for tests.
    """
    limits = [_count_own_cores()] + [math.ceil(limit) for limit in _list_core_limits(root)]
    limits += [free_bytes // bytes_per_job for free_bytes in _list_free_memory(root)]
    return max(1, min(limits))


def find_free_memory(root='/'):
    """Return how many bytes of memory are free for this process, or None if the system does not tell."""
    return min(_list_free_memory(root), default=None)


def _count_own_cores():
    """Return the number of cores that this process may use, as far as the system tells."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _list_core_limits(root):
    """Return the limits on the cores' time, such as 1.5 for `docker run --cpus=1.5`."""
    limits = []
    for folder in _list_group_folders(root, 'cpu'):
        quota, period = (_read(folder, 'cpu.max') + ' ').split(' ')[:2]  # Such as `150000 100000` or `max 100000`.
        quota, period = _read(folder, 'cpu.cfs_quota_us') or quota, _read(folder, 'cpu.cfs_period_us') or period
        if quota.isdecimal() and period.isdecimal():
            limits.append(int(quota) / int(period))
    return limits


def _list_free_memory(root):
    """Return how many bytes are free by each account: that of the system and those of the groups of this process."""
    free = [int(value) * 1024 for value in re.findall(r'^MemAvailable: *(\d+) kB', _read(root, 'proc/meminfo'), re.M)]
    for folder in _list_group_folders(root, 'memory'):
        for limit_name, usage_name in (
            ('memory.max', 'memory.current'),
            ('memory.limit_in_bytes', 'memory.usage_in_bytes'),
        ):
            limit, usage = _read(folder, limit_name), _read(folder, usage_name)
            if limit.isdecimal() and usage.isdecimal():
                cached = re.findall(r'^(?:total_)?inactive_file (\d+)', _read(folder, 'memory.stat'), re.MULTILINE)
                free.append(int(limit) - int(usage) + max(map(int, cached), default=0))
    return free


def _list_group_folders(root, controller):
    """Return the folders of the control groups of this process and of those around them, of either version."""
    folders = []
    for line in _read(root, 'proc/self/cgroup').splitlines():  # Such as `0::/a/b` or `4:cpu,cpuacct:/a/b`.
        _, controllers, path = line.split(':', 2)
        if controllers and controller not in controllers.split(','):
            continue
        mount = os.path.join(root, 'sys/fs/cgroup', controller if controllers else '')
        parts = [part for part in path.split('/') if part and part != '..']
        folders += [os.path.join(mount, *parts[:depth]) for depth in range(len(parts) + 1)]
    return folders


def _read(folder, name):
    with contextlib.suppress(OSError):
        with open(os.path.join(folder, name), encoding='utf-8', errors='replace') as file:
            return file.read().strip()
    return ''

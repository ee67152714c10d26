# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""How many programs may run side by side: as many as cores and free memory allow, also within a container."""

import contextlib
import math
import os
import re


def count_jobs(bytes_per_job, root='/'):
    """Return how many programs of this size may run at a time, at least 1.

    Args:
        bytes_per_job: Memory that one of them takes at most.
        root: Folder that holds `proc` and `sys`, for tests.
    """
    limits = [_count_own_cores()] + [math.ceil(limit) for limit in _list_core_limits(root)]
    limits += [free_bytes // bytes_per_job for free_bytes in _list_free_memory(root)]
    return max(1, min(limits))


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

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""How many compilers run side by side, on machines that are described by files."""

import pytest

from dnnlib.tflib.custom_ops import hardware

GB = 1 << 30
OTHER_GROUPS = '5:devices:/\n1:name=systemd:/x\n'


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function that describes a machine by its cores and files, and returns the number of jobs of 1 GB."""

    def count(cores, available_gb, files=()):
        monkeypatch.setattr(hardware, '_count_own_cores', lambda: cores)
        texts = {'proc/meminfo': f'MemTotal: 99999999 kB\nMemAvailable:   {available_gb * 1024 * 1024} kB\n'}
        texts.update(files)
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text + '\n')
        return hardware.count_jobs(GB, str(tmp_path))

    return count


@pytest.mark.parametrize('cores, available_gb, jobs', [(2, 23, 2), (96, 23, 23), (1, 23, 1), (8, 0, 1), (4, 4, 4)])
def test_there_is_a_job_for_each_core_that_has_its_memory_and_at_least_one(machine, cores, available_gb, jobs):
    assert machine(cores, available_gb) == jobs


def test_a_system_that_tells_nothing_gets_a_job_for_each_core(tmp_path, monkeypatch):
    monkeypatch.setattr(hardware, '_count_own_cores', lambda: 3)
    assert hardware.count_jobs(GB, str(tmp_path)) == 3


def test_limits_of_a_container_count(machine):
    files = {
        'proc/self/cgroup': '0::/',
        'sys/fs/cgroup/memory.max': str(6 * GB),
        'sys/fs/cgroup/memory.current': str(4 * GB),
        'sys/fs/cgroup/memory.stat': f'anon 1\ninactive_file {GB}\nactive_file 5',
    }
    assert machine(16, 100, files) == 3
    assert machine(16, 100, dict(files, **{'sys/fs/cgroup/cpu.max': '150000 100000'})) == 2
    assert machine(16, 100, dict(files, **{'sys/fs/cgroup/cpu.max': '50000 100000'})) == 1


def test_the_narrowest_limit_around_a_process_counts(machine):
    files = {
        'proc/self/cgroup': '0::/user.slice/build.service',
        'sys/fs/cgroup/user.slice/memory.max': str(5 * GB),
        'sys/fs/cgroup/user.slice/memory.current': '0',
        'sys/fs/cgroup/user.slice/build.service/memory.max': 'max',
        'sys/fs/cgroup/user.slice/build.service/memory.current': '0',
        'sys/fs/cgroup/user.slice/cpu.max': 'max 100000',
    }
    assert machine(16, 100, files) == 5


def test_limits_of_the_first_version_of_control_groups_count(machine):
    """Its path is that of the host, while the container sees its own group at the top."""
    files = {
        'proc/self/cgroup': OTHER_GROUPS + '8:memory:/docker/1234\n2:cpu,cpuacct:/docker/1234',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': str(8 * GB),
        'sys/fs/cgroup/memory/memory.usage_in_bytes': str(2 * GB),
        'sys/fs/cgroup/memory/memory.stat': 'inactive_file 0\ntotal_inactive_file 0',
    }
    assert machine(16, 100, files) == 6
    cpu = {'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000', 'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000'}
    assert machine(16, 100, dict(files, **cpu)) == 4
    assert machine(16, 100, {'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1'}) == 6


def test_this_machine_has_room_for_a_job():
    assert hardware.count_jobs(GB) >= 1

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Which compiler is taken, for which CPU and GPU it compiles, and why another one is refused."""

import hashlib
import json
import os
import subprocess
import tempfile

import pytest

from dnnlib.tflib.custom_ops import compilers, hardware

V2 = 'fpu sse2 pni ssse3 sse4_1 sse4_2 popcnt cx16'
V3 = V2 + ' avx avx2 fma f16c bmi1 bmi2 abm movbe'
V4 = V3 + ' avx512f avx512bw avx512dq avx512vl avx512cd'
CUDA_10 = [30, 32, 35, 37, 50, 52, 53, 60, 61, 62, 70, 72, 75]
CUDA_11 = [35, 37, 50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87]
CUDA_13 = [75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121]
HOST = compilers.HostCompiler(['true'], 'g++ 12')
NEW_HOST = compilers.HostCompiler(['/bin/true'], 'g++ 15')


def make_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('#!/bin/sh\n' + text)
    path.chmod(0o755)
    return str(path)


# ----------------------------------------------------------------------------
# CPU.


@pytest.mark.parametrize(
    'flags, level',
    [
        ('fpu sse2', 'v1'),
        (V2, 'v2'),
        (V2 + ' avx avx2 fma', 'v2'),
        (V3, 'v3'),
        (V4.replace(' abm', ''), 'v2'),
        (V4.replace(' avx512vl', ''), 'v3'),
        (V4, 'v4'),
    ],
)
def test_level_is_the_highest_of_which_nothing_is_missing(flags, level):
    cpuinfo = f'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: {flags}\nbugs\t\t: none\n\nprocessor\t: 1\n'
    assert hardware.find_cpu_level(cpuinfo) == level


def test_a_system_that_tells_nothing_gets_the_lowest_level():
    assert hardware.find_cpu_level('') == 'v1'


def test_levels_become_flags_one_by_one(monkeypatch):
    monkeypatch.setattr(compilers, 'accepts_flag', lambda compiler, flag: True)
    v2 = ['-msse3', '-mssse3', '-msse4.1', '-msse4.2', '-mpopcnt', '-mcx16']
    v3 = v2 + ['-mavx', '-mavx2', '-mfma', '-mf16c', '-mbmi', '-mbmi2', '-mlzcnt', '-mmovbe']
    v4 = v3 + ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mavx512cd', '-mprefer-vector-width=512']
    for level, flags in [('generic', []), ('v1', []), ('v2', v2), ('v3', v3), ('v4', v4)]:
        assert compilers.list_cpu_flags(level, HOST) == flags


def test_the_width_of_vectors_is_left_to_compilers_that_do_not_know_the_flag(tmp_path):
    compiler = make_program(tmp_path / 'g++', 'case "$*" in *prefer-vector*) exit 1;; esac')
    flags = compilers.list_cpu_flags('v4', compilers.HostCompiler([compiler], 'g++ 7'))
    assert flags[-1] == '-mavx512cd'


@pytest.mark.parametrize('machine, level', [('aarch64', 'generic'), ('ppc64le', 'generic')])
def test_other_machines_than_x86_have_no_levels(monkeypatch, machine, level):
    monkeypatch.setattr(hardware.platform, 'machine', lambda: machine)
    hardware.detect_cpu_level.cache_clear()
    assert hardware.detect_cpu_level() == level
    hardware.detect_cpu_level.cache_clear()


def test_code_for_a_level_runs_on_all_above():
    assert hardware.list_levels_up_to('v3') == ['v3', 'v2', 'v1']
    assert hardware.list_levels_up_to('generic') == ['generic']


# ----------------------------------------------------------------------------
# C++ compiler.


def test_the_compiler_that_the_environment_names_is_the_only_one(tmp_path, monkeypatch):
    path = make_program(tmp_path / 'my compiler', 'echo "mine 1.2 $*"')
    monkeypatch.setenv('CXX', f"'{path}' -m64")
    assert compilers.list_host_compilers() == [([path, '-m64'], 'mine 1.2 -m64 --version')]


def test_the_first_usual_name_that_runs_is_taken_and_others_say_why_not(tmp_path, monkeypatch):
    monkeypatch.delenv('CXX', raising=False)
    make_program(tmp_path / 'g++', 'exit 3')
    make_program(tmp_path / 'clang++', 'echo clang 18')
    monkeypatch.setenv('PATH', str(tmp_path))
    refused, usable, missing = compilers.list_host_compilers()
    assert refused == ('g++', 'ends with status 3 at --version')
    assert usable == (['clang++'], 'clang 18')
    assert missing == ('c++', 'not found')


# ----------------------------------------------------------------------------
# Architectures of GPUs.


@pytest.mark.parametrize(
    'wanted, known, chosen',
    [
        ([86], CUDA_10, [75]),
        ([89], CUDA_11, [86]),  # 87 is a board whose code does not run on cards.
        ([87], CUDA_11, [87]),
        ([90], CUDA_13, [90]),
        ([86, 75, 86], CUDA_13, [75, 86]),
        ([60, 61, 70], CUDA_10, [60, 61, 70]),
        ([70], CUDA_13, []),
        ([], CUDA_13, []),
        ([90], [], []),
    ],
)
def test_for_each_gpu_the_highest_architecture_is_chosen_that_is_not_above_it(wanted, known, chosen):
    assert compilers.select_archs(wanted, known) == chosen


@pytest.mark.parametrize(
    'archs, capability, runs',
    [
        ([70], 70, True),
        ([70], 75, True),
        ([75], 70, False),
        ([70], 90, True),  # From PTX.
        ([70, 90], 80, False),  # PTX is kept for 9.0 alone, and machine code of 7.0 is of another kind.
        ([80, 90], 86, True),
        ([86, 90], 80, False),
        ([], 70, False),
        (None, 70, False),
    ],
)
def test_code_runs_on_later_gpus_of_its_kind_and_from_ptx_on_all_later_ones(archs, capability, runs):
    assert compilers.runs_on(archs, capability) == runs


def test_machine_code_for_all_architectures_and_ptx_for_the_last_are_asked_for():
    assert compilers.list_arch_flags([70, 86]) == [
        '-gencode=arch=compute_70,code=sm_70',
        '-gencode=arch=compute_86,code=sm_86',
        '-gencode=arch=compute_86,code=compute_86',
    ]
    assert compilers.list_arch_flags([]) == []


# ----------------------------------------------------------------------------
# nvcc.


@pytest.mark.parametrize('command', [['/opt/g++'], ['ccache', '/opt/g++'], ['/opt/g++', '-m64']])
def test_nvcc_is_told_the_program_of_the_host_compiler_alone(command):
    assert compilers.make_host_flag(compilers.HostCompiler(command, '')) == '-ccbin=/opt/g++'


VERSION = 'case "$1" in\n--version) echo "Cuda compilation tools, release 10.0, V10.0.130"; exit;;\n'
HELP = '--list-gpu-arch) exit 1;;\n--help) echo "Allowed: compute_60,compute_70,compute_75,sm_75"; exit;;\n'
DRYRUN = """--dryrun)
here=$(dirname "$0")
echo "#\\$ INCLUDES=\\"-I$here/../include\\""
echo "#\\$ SYSTEM_INCLUDES=\\"-isystem\\" \\"$here/../include/cccl\\""
echo "#\\$ LIBRARIES= \\"-L$here/../lib64/stubs\\" \\"-L$here/../lib64\\""; exit;;
esac
"""
COMPILE = (
    'for word; do test "$previous" = -o && echo "int x;" | g++ -fPIC -c -x c++ -o "$word" -; previous=$word; done\n'
)
REAL_HOST = compilers.HostCompiler(['g++'], 'g++ 12')


def make_host(folder):
    """Return a g++ whose linker finds no library of CUDA by itself, as it does with that of Debian."""
    refuse = 'echo "/usr/bin/ld: cannot find -lcudart_static" >&2; exit 1'
    script = f'case "$*" in *-L*) ;; *-shared*) {refuse};; esac\nexec g++ "$@"'
    return compilers.HostCompiler([make_program(folder / 'compilers' / 'g++', script)], 'g++ 12')


@pytest.fixture
def cuda(tmp_path):
    """Return a function that makes an installation of CUDA with its static library in some folders."""

    def make(*library_folders):
        (tmp_path / 'include').mkdir()
        for folder in library_folders:
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            subprocess.check_call(['ar', 'rcs', str(tmp_path / folder / 'libcudart_static.a')])
        return make_program(tmp_path / 'bin' / 'nvcc', VERSION + HELP + DRYRUN + COMPILE)

    return make


def test_an_old_nvcc_is_asked_for_its_help_and_leads_to_headers_and_static_library(cuda, tmp_path):
    path = cuda('lib64', 'lib64/stubs')
    found = compilers.examine_nvcc(path, [75], [REAL_HOST])
    assert (found.path, found.release, found.archs, found.host) == (path, '10.0', [60, 70, 75], REAL_HOST)
    assert found.include_flags == ['-isystem', f'{tmp_path}/include']
    assert found.link_flags == [f'-L{tmp_path}/lib64', '-lcudart_static', '-ldl', '-lrt', '-lpthread']


@pytest.mark.parametrize('folder', ['lib', 'targets/x86_64-linux/lib', 'targets/sbsa-linux/lib'])
def test_an_nvcc_that_names_a_folder_without_the_static_library_leads_to_the_one_beside_it(
    cuda, folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(hardware, 'get_machine', lambda: 'x86_64')
    path = cuda(folder)
    (tmp_path / 'lib64').mkdir()
    found = compilers.examine_nvcc(path, [75], [REAL_HOST])
    assert found.link_flags[:2] == [f'-L{tmp_path}/{folder}', '-lcudart_static']


def test_the_static_library_is_looked_for_where_nvcc_lives_and_not_where_a_link_or_a_script_calls_it(
    cuda, tmp_path, tmp_path_factory
):
    path = cuda('lib')
    link = tmp_path_factory.mktemp('links') / 'nvcc'
    link.symlink_to(path)
    assert compilers.examine_nvcc(str(link), [75], [REAL_HOST]).link_flags[0] == f'-L{tmp_path}/lib'
    home = tmp_path_factory.mktemp('home')
    (home / 'lib').mkdir()
    (home / 'lib' / 'libcudart_static.a').write_bytes((tmp_path / 'lib' / 'libcudart_static.a').read_bytes())
    script = make_program(home / 'script' / 'nvcc', f'echo "#\\$ TOP={home}/bin/.."\nexec {path} "$@"')
    assert f'-L{home}/lib' in compilers.examine_nvcc(script, [75], [REAL_HOST]).link_flags


def test_one_folder_under_two_names_is_named_once(cuda, tmp_path):
    path = cuda('lib')
    (tmp_path / 'lib64').symlink_to('lib')
    assert compilers.examine_nvcc(path, [75], [REAL_HOST]).link_flags[:2] == [f'-L{tmp_path}/lib64', '-lcudart_static']


def test_an_nvcc_without_static_library_is_refused_although_it_compiles(cuda, tmp_path):
    host = make_host(tmp_path)
    path = cuda()
    (tmp_path / 'lib').mkdir()
    reason = compilers.examine_nvcc(path, [75], [host]).reason
    assert reason.startswith('what it compiles cannot be linked with g++ 12: ')
    assert 'cannot find -lcudart_static' in reason


def test_a_success_that_was_remembered_before_linking_was_tried_does_not_count(cuda, tmp_path):
    host = make_host(tmp_path)
    path, trials = cuda(), tmp_path / 'trials.json'
    versions = [compilers.run_tool([path, '--version'])[1], host.version]
    trials.write_text(json.dumps([f'{path} 75 {hashlib.md5(repr(versions).encode()).hexdigest()}']))
    found = compilers.examine_nvcc(path, [75], [host], compilers.remember_trials(str(trials)))
    assert isinstance(found, compilers.NvccRefusal)


def test_a_success_is_forgotten_when_the_static_library_is_gone(cuda, tmp_path):
    host = make_host(tmp_path)
    path, trial = cuda('lib'), compilers.remember_trials(str(tmp_path / 'trials.json'))
    assert isinstance(compilers.examine_nvcc(path, [75], [host], trial), compilers.Nvcc)
    (tmp_path / 'lib' / 'libcudart_static.a').unlink()
    assert isinstance(compilers.examine_nvcc(path, [75], [host], trial), compilers.NvccRefusal)


def test_an_nvcc_that_does_not_run_is_refused(tmp_path):
    path = make_program(tmp_path / 'nvcc', 'echo "libfoo.so: cannot open shared object file" >&2; exit 127')
    reason = compilers.examine_nvcc(path, [75], [HOST]).reason
    assert reason == 'does not run: libfoo.so: cannot open shared object file'
    assert compilers.examine_nvcc(str(tmp_path / 'none'), [75], [HOST]).reason.startswith('does not run: ')


def test_an_nvcc_that_is_too_new_for_a_gpu_is_refused(tmp_path):
    path = make_program(tmp_path / 'nvcc', VERSION + HELP + DRYRUN)
    assert compilers.examine_nvcc(path, [52, 70], [HOST]) == (path, '10.0', 'compiles for 6.0 to 7.5, not for 5.2')


@pytest.mark.parametrize(
    'release, driver, suits',
    [
        ('10.0', '12.2', True),
        ('12.8', '12.2', True),
        ('13.0', '12.8', False),
        ('13.0', '13.0', True),
        ('10.2', '10.0', False),
        ('13.0', None, True),
    ],
)
def test_a_driver_runs_code_of_its_release_of_cuda_and_before(release, driver, suits):
    assert compilers.suits_driver(release, driver) == suits


def test_an_nvcc_that_is_too_new_for_the_driver_is_refused(tmp_path):
    path = make_program(tmp_path / 'nvcc', VERSION + HELP + DRYRUN)
    reason = 'needs a driver for CUDA 10.0, that of this machine knows 9.2'
    assert compilers.examine_nvcc(path, [70], [HOST], driver='9.2') == (path, '10.0', reason)


def test_a_host_compiler_that_nvcc_refuses_is_replaced_by_another_or_quoted(tmp_path):
    refusal = (
        'case "$*" in *ccbin=/bin/true*) echo "host_config.h(1): error: unsupported GNU version" >&2; exit 1;; esac\n'
    )
    path = make_program(tmp_path / 'nvcc', VERSION + HELP + DRYRUN + refusal)
    assert compilers.examine_nvcc(path, [75], [NEW_HOST, HOST]).host == HOST
    reason = compilers.examine_nvcc(path, [75], [NEW_HOST]).reason
    assert reason == 'refuses g++ 15: host_config.h(1): error: unsupported GNU version'


def test_a_verdict_is_remembered_until_a_version_changes(tmp_path):
    count = tmp_path / 'count'
    path = make_program(tmp_path / 'nvcc', VERSION + HELP + DRYRUN + f'echo x >> {count}; exit 0')
    for host, trials in [(HOST, 1), (HOST, 1), (NEW_HOST, 2)]:
        trial = compilers.remember_trials(str(tmp_path / 'cache' / 'trials.json'))
        compilers.examine_nvcc(path, [75], [host], trial)
        assert len(count.read_text().split()) == trials
    (tmp_path / 'cache' / 'trials.json').write_text('{"half')
    assert compilers.examine_nvcc(path, [75], [HOST], trial).host == HOST


def test_an_nvcc_that_was_repaired_after_a_failure_is_used(tmp_path):
    path = make_program(tmp_path / 'nvcc', VERSION + HELP + DRYRUN + f'test -e {tmp_path}/cuda_runtime.h')
    trials = tmp_path / 'trials.json'
    found = compilers.examine_nvcc(path, [75], [HOST], compilers.remember_trials(str(trials)))
    assert isinstance(found, compilers.NvccRefusal)
    (tmp_path / 'cuda_runtime.h').write_text('')
    assert compilers.examine_nvcc(path, [75], [HOST], compilers.remember_trials(str(trials))).host == HOST
    trials.write_text(json.dumps(dict.fromkeys(json.loads(trials.read_text()), 'refuses g++ 12: no cuda_runtime.h')))
    assert compilers.examine_nvcc(path, [75], [HOST], compilers.remember_trials(str(trials))).host == HOST


def test_an_nvcc_that_cannot_be_tried_for_want_of_a_temporary_folder_is_refused(tmp_path, monkeypatch):
    path = make_program(tmp_path / 'nvcc', VERSION + HELP + DRYRUN)
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path / 'nothing'))
    assert compilers.examine_nvcc(path, [75], [HOST]).reason == 'cannot be tried: No such file or directory'


def test_what_the_user_names_is_the_only_nvcc_looked_at(monkeypatch):
    monkeypatch.setenv('NVCC', '/opt/b/nvcc')
    assert compilers.list_nvccs() == ['/opt/b/nvcc']
    monkeypatch.setenv('DNNLIB_NVCC', '/opt/a/nvcc')
    assert compilers.list_nvccs() == ['/opt/a/nvcc']


def test_python_packages_come_before_cuda_home_and_that_before_the_path(tmp_path, monkeypatch):
    for name in ('DNNLIB_NVCC', 'NVCC'):
        monkeypatch.delenv(name, raising=False)
    in_packages = make_program(tmp_path / 'packages' / 'nvidia' / 'cu13' / 'bin' / 'nvcc', '')
    in_homes = [make_program(tmp_path / f'cuda {n}' / 'bin' / 'nvcc', '') for n in (1, 2)]
    in_path = make_program(tmp_path / 'bin' / 'nvcc', '')
    (tmp_path / 'link').symlink_to(tmp_path / 'bin')
    monkeypatch.syspath_prepend(str(tmp_path / 'packages'))
    homes = [str(tmp_path / f'cuda {n}') for n in (1, 2)]
    monkeypatch.setenv('CUDA_HOME', os.pathsep.join(homes))
    monkeypatch.setenv('PATH', os.pathsep.join([str(tmp_path / 'bin'), str(tmp_path / 'link'), '', '/usr/bin']))
    places = [path for path in compilers.list_nvccs() if path.startswith(str(tmp_path))]
    assert places == [in_packages] + in_homes + [in_path]

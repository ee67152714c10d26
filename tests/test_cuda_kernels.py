# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The CUDA kernels of the custom ops where there is no GPU: compiled by nvcc, and run by g++ on an emulator."""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

import pytest
import source_tree

from dnnlib import util
from dnnlib.tflib.custom_ops import compilers, hardware

CUDA_DIR = os.path.join(source_tree.ROOT_DIR, 'tests', 'cuda')
OPS_DIR = os.path.join(source_tree.ROOT_DIR, 'dnnlib', 'tflib', 'ops')
WARNINGS = ['-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas']
SANITIZERS = ['-fsanitize=address,alignment,bounds,signed-integer-overflow', '-fno-sanitize-recover=all']
ARCHS = (70, 75, 80, 86, 89, 90)
MAX_SPILL_BYTES = 32  # Per thread of a kernel: stays in the first cache.
needs_gxx = pytest.mark.skipif(shutil.which('g++') is None, reason='g++ is not there')


TOOL = source_tree.load_tool('gpu_check')


def run(command, folder=None):
    """Run a program; fail with what it printed unless it ends well; return its output."""
    status, output = compilers.run_tool(command, cwd=None if folder is None else str(folder))
    assert status == 0, ' '.join(command) + '\n' + output
    return output


def run_all(commands, folder=None):
    """Run programs, two at a time; return their outputs."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda command: run(command, folder), commands))


# ----------------------------------------------------------------------------
# The arithmetic that CPU and GPU share.


@needs_gxx
def test_shared_arithmetic_agrees_with_worked_numbers_and_finite_differences(tmp_path):
    program = str(tmp_path / 'host_arithmetic')
    source = os.path.join(CUDA_DIR, 'host_arithmetic.cc')
    run(['g++', '-std=c++14', '-O1', *WARNINGS, f'-I{OPS_DIR}', source, '-o', program])
    assert run([program]) == '0 failures\n'


# ----------------------------------------------------------------------------
# The emulated GPU.


def make_emulated_commands(folder):
    """Return the commands that compile the check for the emulator, the longest first, and the one that links it."""
    emulator_dir = os.path.join(CUDA_DIR, 'emulator')
    options = ['-std=c++14', '-g1', *WARNINGS, f'-I{emulator_dir}', f'-I{CUDA_DIR}', f'-I{OPS_DIR}', '-x', 'c++', '-c']
    kernels = [['g++', '-O0', *SANITIZERS, *options, path] for path in TOOL.list_kernel_files()]
    names = TOOL.PROGRAM_SOURCES + (os.path.join('emulator', 'emulator.cc'),)
    others = [['g++', '-O1', *options, os.path.join(CUDA_DIR, name)] for name in names]
    objects = [os.path.join(folder, os.path.basename(command[-1]) + '.o') for command in kernels + others]
    compiling = [command + ['-o', target] for command, target in zip(kernels + others, objects)]
    return compiling, ['g++', '-no-pie', *SANITIZERS, *objects, '-o', os.path.join(folder, 'gpu_check')]


@pytest.fixture(scope='module')
def emulated(tmp_path_factory):
    """The path of the check program with an emulated GPU in it."""
    folder = str(tmp_path_factory.mktemp('emulated'))
    compiling, linking = make_emulated_commands(folder)
    run_all(compiling)
    run(linking)
    return linking[-1]


def list_kernels(program):
    """Return a dict: address -> name of all kernels in a program."""
    lines = [line.split(None, 2) for line in run(['nm', '-C', program]).splitlines()]
    functions = {int(line[0], 16): line[2] for line in lines if len(line) == 3 and line[1] in 'tTwW'}
    return {
        address: name
        for address, name in functions.items()
        if re.match(r'(void )?dnnlib::\S*(\(anonymous namespace\)::)?\w+_kernel[<(]', name) and '{lambda' not in name
    }


@needs_gxx
def test_every_kernel_computes_on_an_emulated_gpu_what_the_host_does(emulated):
    output = run([emulated, '--quick'])
    launched = {int(address, 16) for address in re.findall(r'^launched (\w+)$', output, re.MULTILINE)}
    kernels = list_kernels(emulated)
    assert re.search(r'^\d{3,} cases, 0 failures$', output, re.MULTILINE)
    assert launched <= set(kernels)
    assert [name for address, name in kernels.items() if address not in launched] == []


@needs_gxx
@pytest.mark.slow
def test_all_cases_compute_on_an_emulated_gpu_what_the_host_does(emulated):
    assert re.search(r'^\d{4} cases, 0 failures$', run([emulated, '--no-large']), re.MULTILINE)


# ----------------------------------------------------------------------------
# nvcc.


@pytest.fixture(scope='module')
def compiler():
    """The nvcc of this machine."""
    try:
        return TOOL.find_compiler([75])
    except util.UserError as error:
        pytest.skip(str(error))


def make_strict_command(compiler, archs, sources, *options):
    """Return a command like the tool's that takes warnings for errors."""
    strict = ['-Werror=all-warnings'] * (float(compiler.release) >= 11) + ['-Xcompiler=-Wall,-Wextra,-Werror']
    return TOOL.make_command(compiler, archs, sources, *strict, *options)


def test_all_passes_the_compiler_without_warnings(compiler, tmp_path):
    archs = [arch for arch in ARCHS if arch in compiler.archs]
    commands = [
        make_strict_command(compiler, [arch], [path], '-ptx', '-Xcicc=-O0', '-o', str(tmp_path / f'{i}-{arch}.ptx'))
        for i, path in enumerate(TOOL.list_kernel_files())
        for arch in (archs[0], archs[-1])
    ]
    commands.append(make_strict_command(compiler, archs[-1:], TOOL.list_program_files(), '-c', '-Xcompiler=-O0'))
    run_all(commands, tmp_path)
    assert len(list(tmp_path.glob('*.ptx'))) == 2 * len(TOOL.list_kernel_files()) > 0


@pytest.mark.slow
def test_kernels_keep_to_registers_on_every_architecture_that_nvcc_knows(compiler, tmp_path):
    archs = [arch for arch in ARCHS if arch in compiler.archs]
    # The sources differ from 8.0 on, see set_number(): compiling them twice, to PTX, does for all.
    codes = [f'-gencode=arch=compute_{80 if arch >= 80 else archs[0]},code=sm_{arch}' for arch in archs]
    commands = [
        make_strict_command(compiler, [], [path], *codes, '-c', '-Xptxas=-v', '-o', str(tmp_path / f'{i}.o'))
        for i, path in enumerate(TOOL.list_kernel_files())
    ]
    messages = '\n'.join(run_all(commands))
    assert {int(arch) for arch in re.findall(r"for 'sm_(\d+)'", messages)} == set(archs)
    assert max(int(number) for number in re.findall(r'(\d+) bytes spill stores', messages)) <= MAX_SPILL_BYTES


# ----------------------------------------------------------------------------
# The command.


def call_tool(*arguments, **environment):
    """Run the command; return its exit status and output."""
    command = [sys.executable, TOOL.__file__] + list(arguments)
    return compilers.run_tool(command, env=dict(os.environ, **environment))


def test_without_a_gpu_the_command_says_so_and_what_works():
    if hardware.read_capabilities():
        pytest.skip('there is a GPU')
    status, output = call_tool()
    assert status == 1
    assert output == (
        'Error: expected a CUDA GPU, but the driver shows none; with --build-only --arch=LIST none is needed\n'
    )
    status, output = call_tool('--build-only')
    assert status == 1 and output.startswith('Error: expected --arch=LIST'), output


def test_nvcc_is_told_where_the_library_is_that_it_links(monkeypatch):
    host = compilers.HostCompiler(['g++'], 'g++ 12')
    compiler = compilers.Nvcc('/opt/bin/nvcc', '13.0', [75], [], ['-L/opt/lib', '-lcudart_static'], host)
    monkeypatch.setattr(TOOL, 'find_compiler', lambda capabilities, driver: compiler)
    commands = []
    monkeypatch.setattr(TOOL.subprocess, 'call', lambda command: commands.append(command) or 0)
    TOOL.build('/tmp/check', [75])
    assert [word for word in commands[0] if word.startswith(('-L', '-l'))] == ['-L/opt/lib']


def test_without_nvcc_the_command_says_why(tmp_path):
    status, output = call_tool('--build-only', '--arch=75', f'--nvcc={tmp_path}/no-nvcc')
    assert status == 1 and len(output.splitlines()) == 1
    assert 'no nvcc is there that will do' in output and 'no-nvcc' in output, output


def test_architecture_that_is_none_is_refused():
    status, output = call_tool('--arch=new')
    assert status == 2 and 'compute capabilities such as 70,86' in output, output


@pytest.mark.gpu
def test_kernels_compute_on_the_gpu_what_the_host_does():
    assert subprocess.call([sys.executable, TOOL.__file__]) == 0

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""`build` compiles for this and other machines, `doctor` says what works, what does not and what to do."""

import os
import subprocess
import sys
import time

import pytest
import small_ops
import source_tree

from dnnlib import cmdline
from dnnlib.tflib import custom_ops, gpus
from dnnlib.tflib.custom_ops import __main__ as command_line
from dnnlib.tflib.custom_ops import commands, hardware, library_cache

pytestmark = pytest.mark.skipif(small_ops.GXX is None, reason='needs g++')
has_levels = pytest.mark.skipif(hardware.get_machine() != 'x86_64', reason='levels are those of x86-64')


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Two small ops, an empty cache, a compiler that counts its calls, and no nvcc."""
    for name in ('DNNLIB_NVCC', 'NVCC'):
        monkeypatch.setenv(name, '/nonexistent/nvcc')
    return small_ops.make_workplace(tmp_path, monkeypatch)


def run(*args):
    """Run a command line; return its exit status."""
    with pytest.raises(SystemExit) as caught:
        cmdline.run(lambda: command_line.main(list(args)))
    return caught.value.code


# ----------------------------------------------------------------------------
# Command line.


@pytest.mark.parametrize('args', [['--help'], ['build', '--help'], ['doctor', '--help']])
def test_help_of_the_module_needs_no_tensorflow(tmp_path, args):
    (tmp_path / 'tensorflow.py').write_text('raise ImportError("TensorFlow was imported")')
    environment = dict(os.environ, PYTHONPATH=str(tmp_path))
    command = [sys.executable, '-m', 'dnnlib.tflib.custom_ops'] + args
    output = subprocess.check_output(command, cwd=source_tree.ROOT_DIR, env=environment)
    assert output.startswith(b'usage: python -m dnnlib.tflib.custom_ops')


@pytest.mark.parametrize(
    'error, reason, advice',
    [
        ('ImportError("libfoo.so is missing")', 'libfoo.so is missing', 'pip install -r requirements/tf2.txt'),
        (
            'FileNotFoundError(2, "No usable temporary directory found in [\'/tmp\']")',
            "[Errno 2] No usable temporary directory found in ['/tmp']",
            'set TMPDIR to a folder that can be written; docker run --read-only wants --tmpfs /tmp',
        ),
    ],
)
def test_doctor_says_that_tensorflow_cannot_be_imported(tmp_path, error, reason, advice):
    (tmp_path / 'tensorflow.py').write_text(f'raise {error}')
    process = subprocess.Popen(
        [sys.executable, '-m', 'dnnlib.tflib.custom_ops', 'doctor'],
        cwd=source_tree.ROOT_DIR,
        env=dict(os.environ, PYTHONPATH=str(tmp_path)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    output, errors = process.communicate()
    assert process.returncode == 1 and errors == ''
    assert f'TensorFlow  cannot be imported: {reason}\n            To do: {advice}\n' in output


@pytest.mark.parametrize(
    'text, archs',
    [
        ('70,86', [70, 86]),
        ('8.6,7.0', [70, 86]),
        ('sm_90', [90]),
        ('12.0', [120]),
        ('none', []),
        ('120,90,120', [90, 120]),
    ],
)
def test_architectures_are_read_in_all_usual_spellings(text, archs):
    assert command_line.parse_args(['build', f'--arch={text}']).arch == archs


@pytest.mark.parametrize(
    'args', [[], ['build', '--arch=x'], ['build', '--arch=8'], ['build', '--arch=70-90'], ['biuld']]
)
def test_wrong_command_lines_end_with_status_2(args, capsys):
    assert run(*args) == 2
    assert 'usage: python -m dnnlib.tflib.custom_ops' in capsys.readouterr().err


@pytest.mark.parametrize(
    'args, text',
    [
        (['--cpu=v5'], r'--cpu takes levels of x86-64 (v1, v2, v3, v4), got v5'),
        (['--arch=80'], 'no nvcc is there that will do (/nonexistent/nvcc: does not run'),
        (['--out=FILE/ops'], 'Not a directory: FILE/ops'),
    ],
)
def test_what_cannot_be_built_ends_in_one_line(workplace, capsys, args, text):
    (workplace / 'file').write_text('')
    assert run('build', *[arg.replace('FILE', str(workplace / 'file')) for arg in args]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith('Error: ' + text.replace('FILE', str(workplace / 'file'))) and errors.count('\n') == 1


# ----------------------------------------------------------------------------
# build.


def test_build_fills_the_cache_and_says_what_is_there_already(workplace, capsys):
    assert run('build') == 0
    first = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in first] == ['op', 'one', 'two']
    assert all(os.path.exists(line.split()[-1]) for line in first[1:])
    assert run('build') == 0
    assert [line.split()[3] for line in capsys.readouterr().out.splitlines()] == ['seconds', 'there', 'there']
    assert custom_ops.get_plugin('one').one() == 1
    assert small_ops.count_compilations(workplace) == 2


@has_levels
def test_build_for_other_machines_leaves_what_they_take(workplace, monkeypatch, capsys):
    out = workplace / 'image'
    assert run('build', '--cpu=v2,v1', f'--out={out}') == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ['one', 'v2'],
        ['two', 'v2'],
        ['one', 'v1'],
        ['two', 'v1'],
    ]
    assert all(os.stat(str(path)).st_mode & 0o444 == 0o444 for path in out.glob('*.so'))
    monkeypatch.setenv('DNNLIB_OPS_DIR', str(out))
    for level in ('v1', 'v2'):
        monkeypatch.setattr(hardware, 'detect_cpu_level', lambda level=level: level)
        small_ops.forget_plugins()
        assert custom_ops.get_plugin('one').one() == 1
    assert small_ops.count_compilations(workplace) == 4


NVCC = """#!/bin/sh
case "$1" in
--version) echo "Cuda compilation tools, release 12.0"; exit;;
--list-gpu-arch) echo compute_75; exit;;
--dryrun) exit;;
esac
for word; do test "$previous" = -o && object=$word; previous=$word; done
echo "$@" >> "$(dirname "$0")/nvcc-calls"
echo "int x;" | g++ -fPIC -c -x c++ -o "$object" -
"""


@has_levels
def test_code_for_gpus_is_compiled_once_for_all_cpus(workplace, monkeypatch, capsys):
    (workplace / 'cuda' / 'bin').mkdir(parents=True)
    (workplace / 'cuda' / 'lib').mkdir()
    subprocess.check_call(['ar', 'rcs', str(workplace / 'cuda' / 'lib' / 'libcudart_static.a')])
    (workplace / 'cuda' / 'bin' / 'nvcc').write_text(NVCC)
    (workplace / 'cuda' / 'bin' / 'nvcc').chmod(0o755)
    monkeypatch.setenv('DNNLIB_NVCC', str(workplace / 'cuda' / 'bin' / 'nvcc'))
    (workplace / 'ops' / 'two' / 'two.cu').write_text('')
    assert run('build', '--arch=75', '--cpu=v1,v2', f'--out={workplace}/image') == 0
    lines = [line.split()[:3] for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [['one', 'v1', '-'], ['two', 'v1', '75'], ['one', 'v2', '-'], ['two', 'v2', '75']]
    calls = (workplace / 'cuda' / 'bin' / 'nvcc-calls').read_text().splitlines()
    assert len([call for call in calls if 'two.cu' in call]) == 1
    assert small_ops.count_compilations(workplace) == 4


def is_running(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] not in 'ZX'
    except FileNotFoundError:
        return False


def test_sigterm_ends_the_compilers_and_what_they_run_and_leaves_nothing(workplace):
    code = [
        'import sys',
        'import small_ops',
        'from dnnlib import cmdline',
        'from dnnlib.tflib.custom_ops import __main__, building',
        'building.OPS_DIR = sys.argv[1]',
        'building.describe_tensorflow = lambda: small_ops.TENSORFLOW',
        'cmdline.run(lambda: __main__.main(["build", "--arch=none"]))',
    ]
    started = workplace / 'started'
    compiler = (workplace / 'compiler').read_text()
    wait = f'case "$*" in *-c*) sleep 60 & echo $$ $! > {started}; wait;; esac\nexec'
    (workplace / 'compiler').write_text(compiler.replace('exec', wait))
    process = subprocess.Popen(
        [sys.executable, '-c', '\n'.join(code), str(workplace / 'ops')],
        cwd=source_tree.ROOT_DIR,
        env=dict(os.environ, PYTHONPATH=os.path.join(source_tree.ROOT_DIR, 'tests')),
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    while process.poll() is None and not started.exists():
        time.sleep(0.05)
    process.terminate()
    errors = process.communicate()[1]
    assert process.returncode == 143
    assert errors.splitlines()[-1] == 'Interrupted by SIGTERM.' and 'Traceback' not in errors
    assert not [pid for pid in started.read_text().split() if is_running(pid)]
    assert not [name for name in os.listdir(str(workplace / 'cache' / 'ops')) if name.startswith('.build')]


def test_build_compiles_a_damaged_library_again(workplace, capsys):
    run('build')
    path = small_ops.list_cached(workplace)[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert run('build') == 0
    assert library_cache.read_recipe(str(path), check=True)['op'] == 'one'


def test_build_goes_on_after_an_op_that_fails_and_ends_with_status_1(workplace, capsys):
    (workplace / 'ops' / 'one' / 'one.cc').write_text('#error this is no op\n')
    assert run('build') == 1
    captured = capsys.readouterr()
    assert 'compiler ended with status 1: one.cc:1:2: error: #error this is no op' in captured.out
    assert 'Compiling... Failed!' in captured.err
    assert custom_ops.get_plugin('two').two() == 2


# ----------------------------------------------------------------------------
# doctor.


def test_doctor_reports_what_is_there(workplace, capsys):
    assert run('doctor') == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line[:12].strip() for line in lines if line[0] != ' ']
    assert titles == ['Python', 'TensorFlow', 'GPU', 'CPU', 'C++', 'nvcc', 'Libraries', 'Ops']
    assert any(line.startswith('TensorFlow  1.0 (v1.0), ABI 1, built with') for line in lines)
    assert f'C++         {workplace}/compiler: compiler 1.0 (is used)' in lines
    assert any(line.startswith('nvcc        /nonexistent/nvcc: does not run') for line in lines)
    assert f'Libraries   {workplace}/cache/ops: 0 files, 0 KB, can be written' in lines
    assert lines[-2:] == ['Ops         one: can be used', '            two: can be used']


def test_doctor_lists_what_is_compiled_and_what_is_damaged(workplace, capsys):
    run('build')
    path = small_ops.list_cached(workplace)[1]
    path.write_bytes(b'')
    capsys.readouterr()
    with pytest.warns(UserWarning, match='cut off'):
        assert run('doctor') == 0
    output = capsys.readouterr().out
    level = hardware.detect_cpu_level()
    assert f'{small_ops.list_cached(workplace)[0].name}: CPU {level}, no GPU, TensorFlow 1.0\n' in output
    assert f'{path.name}: damaged, is not used\n' in output


def test_doctor_prints_the_command_that_failed_what_it_said_and_what_to_do(workplace, capsys):
    (workplace / 'ops' / 'one' / 'one.cc').write_text('int one() { return nothing; }\n')
    assert run('doctor') == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index('Ops         one: cannot be used, see below') + 1].strip() == 'two: can be used'
    report = lines[-(lines[::-1].index('')) :]
    assert report[0].startswith('one: compiler ended with status 1: one.cc:1:20: error:')
    assert report[1] == '  Command that failed:' and report[2].startswith(f'    {workplace}/compiler -c ')
    assert report[3] == '  It printed:' and any('return nothing' in line for line in report)
    assert report[-1].startswith('  To do: try another compiler with the environment variable CXX')


def test_doctor_without_compiler_says_how_to_install_one(workplace, monkeypatch, capsys):
    monkeypatch.setenv('CXX', '/nonexistent/g++')
    assert run('doctor') == 1
    output = capsys.readouterr().out
    assert 'C++         /nonexistent/g++: not found\n' in output
    assert '\none, two: no C++ compiler is there (/nonexistent/g++: not found)\n' in output
    assert 'apt-get install g++' in output


def test_doctor_stops_where_tensorflow_is_too_old_for_the_gpu(monkeypatch, capsys):
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: [86])
    monkeypatch.setattr(gpus, 'get_cuda_version', lambda: '10')
    assert run('doctor') == 1
    output = capsys.readouterr().out
    assert 'GPU         compute capability 8.6, driver for CUDA ' in output
    assert '\nTensorFlow: expected a GPU of compute capability up to 7.5' in output


def test_long_logs_are_cut(workplace):
    error = custom_ops.PluginError('failed', 'do it', ['g++', 'a file'], '\n'.join(f'line {i}' for i in range(20)))
    lines = commands.describe_failure(error)
    assert lines[:4] == ['Command that failed:', "  g++ 'a file'", 'It printed:', '  line 0']
    assert lines[-3:] == ['  line 11', '  ... and 8 more lines', 'To do: do it']

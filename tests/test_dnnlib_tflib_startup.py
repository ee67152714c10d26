# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What TensorFlow's C++ code may write on the screen."""

import os
import signal
import subprocess
import sys

import pytest
import source_tree

from dnnlib.tflib import startup

ABSL_HEADING = 'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR'
NOTICE = 'I0000 00:00:1796076995.456511    4535 cudart_stub.cc:31] Could not find cuda drivers on your machine'
ERROR = 'E0000 00:00:1796076998.045802    4535 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error'
OLD_WARNING = "2026-11-30 22:17:17.755456: W tensorflow/stream_executor/x.cc:55] Could not load 'libcuda.so.1'"
OLD_FATAL = '2026-11-30 22:17:17.755456: F tensorflow/core/platform/cpu_feature_guard.cc:37] compiled to use AVX'
OURS = 'Warning: compiled ops are not available'
ALL = [ABSL_HEADING, NOTICE, OURS, ERROR, OLD_WARNING, OLD_FATAL]

WRITE = """
import os, sys
from dnnlib.tflib import startup
with startup._filtered_stderr(int(sys.argv[1])):
    os.write(2, sys.argv[2].encode())
    if len(sys.argv) > 3:
        os.abort()
sys.stderr.write('behind')
"""


def run_python(code, *words, **environment):
    """Run code in a process that sees no GPU and chooses the log level itself; return status and errors."""
    env = dict(os.environ, CUDA_VISIBLE_DEVICES='', **environment)
    env.pop(startup.LEVEL_VARIABLE, None)
    command = [sys.executable, *(['-c', code] if code else []), *words]
    process = subprocess.Popen(
        command,
        cwd=source_tree.ROOT_DIR,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    return process.communicate()[1], process.returncode


@pytest.mark.parametrize(
    'level, shown',
    [
        ('0', ALL),
        ('1', [OURS, ERROR, OLD_WARNING, OLD_FATAL]),
        ('2', [OURS, ERROR, OLD_FATAL]),
        ('3', [OURS, OLD_FATAL]),
    ],
)
def test_lines_below_the_level_are_left_out_and_all_others_stay(level, shown):
    errors, status = run_python(WRITE, level, '\n'.join(ALL) + '\n')
    assert (status, errors.splitlines()) == (0, shown + ['behind'])


def test_the_last_words_of_a_process_that_aborts_are_shown():
    errors, status = run_python(WRITE, '3', ERROR + '\n' + OLD_FATAL + '\n', 'abort')
    assert status == -signal.SIGABRT
    assert errors.startswith(OLD_FATAL)


def test_a_closed_stderr_does_not_matter():
    code = 'import os; os.close(2)\nfrom dnnlib.tflib import startup\nwith startup._filtered_stderr(1): os._exit(7)'
    assert run_python(code)[1] == 7


@pytest.mark.parametrize('executable', ['', None, '/nowhere/python'])
def test_everything_is_shown_where_the_filter_cannot_be_started(executable, monkeypatch, capfd):
    monkeypatch.setattr(sys, 'executable', executable)
    with startup._filtered_stderr(3):
        os.write(2, NOTICE.encode())
    assert capfd.readouterr().err == NOTICE


def test_a_process_that_inherits_stderr_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(startup, '_MAX_WAIT_SEC', 0.1)
    with startup._filtered_stderr(1):
        sleeper = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])
    assert sleeper.poll() is None  # It outlives the filter's time.
    sleeper.kill()
    sleeper.wait()


# ----------------------------------------------------------------------------
# The level.


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine without traces of a GPU; returns the folder of its PCI devices."""
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    monkeypatch.setattr(sys, 'platform', 'linux')
    monkeypatch.setattr(startup, '_TRACES_OF_NVIDIA', (str(tmp_path / 'nvidia*'),))
    monkeypatch.setattr(startup, '_PCI_DEVICES', str(tmp_path / 'pci'))
    return tmp_path


@pytest.mark.parametrize(
    'vendor, kind, expected',
    [
        ('0x10de', '0x030000', True),
        ('0x10de', '0x030200', True),
        ('0x10de', '0x0c0330', False),
        ('0x1002', '0x030000', False),
    ],
)
def test_a_graphics_card_of_nvidia_may_be_a_gpu_even_without_a_driver(machine, vendor, kind, expected):
    device = machine / 'pci' / '0000:01:00.0'
    device.mkdir(parents=True)
    (device / 'vendor').write_text(vendor + '\n')
    (device / 'class').write_text(kind + '\n')
    assert startup.may_have_gpu() is expected


def test_a_driver_may_have_a_gpu_and_a_user_may_hide_it(machine, monkeypatch):
    assert startup.may_have_gpu() is False
    (machine / 'nvidia0').write_text('')
    assert startup.may_have_gpu() is True
    for hidden in ('', '-1'):
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', hidden)
        assert startup.may_have_gpu() is False


def test_other_systems_may_have_a_gpu(machine, monkeypatch):
    monkeypatch.setattr(sys, 'platform', 'win32')
    assert startup.may_have_gpu() is True


@pytest.mark.parametrize('has_gpu, chosen, level', [(False, None, '3'), (True, None, '1'), (False, '0', '0')])
def test_errors_are_shown_where_there_may_be_a_gpu_and_a_chosen_level_counts(monkeypatch, has_gpu, chosen, level):
    monkeypatch.setattr(startup, 'may_have_gpu', lambda: has_gpu)
    monkeypatch.setenv(startup.LEVEL_VARIABLE, chosen or '')
    if chosen is None:
        monkeypatch.delenv(startup.LEVEL_VARIABLE)
    monkeypatch.delitem(sys.modules, 'tensorflow')
    monkeypatch.setitem(sys.modules, 'tensorflow.compat.v1', sys)  # Loads nothing.
    monkeypatch.setattr('builtins.__import__', make_import_without_tensorflow())
    startup.load_tensorflow()
    assert os.environ[startup.LEVEL_VARIABLE] == level


def make_import_without_tensorflow():
    import builtins

    original = builtins.__import__
    return lambda name, *args: sys if name.startswith('tensorflow') else original(name, *args)


# ----------------------------------------------------------------------------
# Scripts.

TINY_SNAPSHOT = os.path.join('tests', 'data', 'tiny_snapshot.pkl')


@pytest.mark.parametrize(
    'words',
    [
        ['run_generator.py', 'generate-images', f'--network={TINY_SNAPSHOT}', '--seeds=1', '--result-dir={}'],
        [
            'run_projector.py',
            'project-generated-images',
            f'--network={TINY_SNAPSHOT}',
            '--distance=squeezenet',
            '--dry-run',
        ],
        ['convert.py', 'to-npz', TINY_SNAPSHOT, '{}/x.npz'],
        ['-m', 'dnnlib.tflib.custom_ops', 'doctor'],
        ['-m', 'dnnlib.tflib.custom_ops', 'build', '--arch=none'],
        [
            '-c',
            'import projector, pretrained_networks; pretrained_networks.load_networks("tests/data/tiny_snapshot.pkl")',
        ],
        ['-c', 'import sys; sys.path.insert(0, "benchmarks"); import generation_task, op_runs, op_start, train_step'],
    ],
    ids=lambda words: words[0].strip('-'),
)
def test_somebody_who_starts_a_script_reads_nothing_of_tensorflow(words, tmp_path):
    errors, status = run_python(None, *[word.format(tmp_path) for word in words])
    assert [line for line in errors.splitlines() if not line.startswith('Setting up TensorFlow plugin')] == []
    assert status == 0

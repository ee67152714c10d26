# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What somebody reads who starts the project with a Python that lacks its packages."""

import importlib.util
import os
import subprocess
import sys

import pytest
import source_tree

from dnnlib import cmdline, environment

# Without the packages, as the system's Python would be: -S leaves out site-packages, -E what the environment adds.
BARE_PYTHON = [sys.executable, '-S', '-E']
ADVICE = ('`make setup`, then `. .venv/bin/activate`', 'bin/activate`')


def run_bare(*words, folder=source_tree.ROOT_DIR):
    done = subprocess.run(
        BARE_PYTHON + list(words), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    'words',
    [[script, '--help'] for script in source_tree.list_scripts() if os.sep not in script and script != 'projector.py']
    + [['-m', 'dnnlib.tflib.custom_ops', 'doctor'], [os.path.join('examples', 'demo.py')]],
    ids=lambda words: words[0] if words[0] != '-m' else words[1],
)
def test_script_outside_the_environment_ends_with_one_line_that_tells_how_to_make_and_enter_it(words):
    status, out, error = run_bare(*words)
    assert (status, out) == (1, '')
    assert error.startswith('Error: Python ') and error.count('\n') == 1, error
    assert ' lacks numpy, pillow, requests, scipy; ' in error and error.rstrip().endswith(ADVICE), error


def test_library_outside_the_environment_raises_an_import_error_where_it_needs_the_packages():
    assert run_bare('-c', 'import dnnlib') == (0, '', '')
    status, _, error = run_bare('-c', 'import dnnlib.cmdline')
    assert status == 1 and error.splitlines()[-1].startswith('ImportError: Python ')


def test_environments_that_are_there_are_the_advice(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, 'ROOT_DIR', str(tmp_path))
    assert environment.describe_missing(['numpy']).endswith(ADVICE[0])
    (tmp_path / '.venv-tf1').mkdir()
    assert environment.describe_missing(['numpy']).endswith(f'of its own: `. {tmp_path}/.venv-tf1/bin/activate`')


def test_only_what_is_missing_is_named(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None if name == 'PIL' else find_spec(name))
    with pytest.raises(ImportError, match=r'^Python .* lacks pillow; the project runs'):
        environment.check()


def raise_module_not_found(name):
    raise ModuleNotFoundError(f'No module named {name!r}', name=name)


def test_missing_tensorflow_is_one_line(capsys):
    with pytest.raises(SystemExit, match='lacks tensorflow; the project runs in an environment of its own'):
        cmdline.run(lambda: raise_module_not_found('tensorflow'))


def test_other_missing_modules_are_faults_of_the_project():
    with pytest.raises(ModuleNotFoundError):
        cmdline.run(lambda: raise_module_not_found('training.nothing'))

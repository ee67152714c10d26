# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Which package may import which, what importing does, and what scripts can do without TensorFlow."""

import os
import re
import resource
import subprocess
import sys
import textwrap

import pytest
import source_tree

# For each package, the parts of the project that it may import besides itself.
MAY_IMPORT = {
    'dnnlib': (),
    'image_data': ('dnnlib',),
    'training': ('dnnlib', 'image_data'),
    'perception': ('dnnlib',),
    'metrics': ('dnnlib', 'image_data', 'training.dataset', 'training.generator', 'training.snapshots', 'perception'),
    'conversion': ('dnnlib', 'image_data', 'training'),
    'editing': ('dnnlib', 'image_data', 'training', 'perception'),
    'translation': ('dnnlib', 'image_data', 'training'),
    'explorer': ('dnnlib', 'image_data', 'training', 'perception', 'editing'),
}
MODULES = [path for package in MAY_IMPORT for path in source_tree.list_modules(package)]
NETWORK_MODULES = [path for path in MODULES if path.startswith(os.path.join('training', 'networks_'))]
# Snapshots of all families of networks carry these along.
SHARED_BY_NETWORKS = [
    'training.' + name
    for name in ('layers', 'progressive_growing', 'style_generator', 'stylegan2_blocks', 'truncation')
]
SCRIPTS = source_tree.list_scripts()
# One is for reading, the other for another program: neither has options.
WITHOUT_OPTIONS = ('example.py', os.path.join('dnnlib', 'tflib', 'log_filter.py'))
COMMAND_LINES = [path for path in SCRIPTS if path not in WITHOUT_OPTIONS]
MAX_HELP_CPU_SEC = 3


def is_part_of(name, prefixes):
    return any(name == prefix or name.startswith(prefix + '.') for prefix in prefixes)


def list_project_imports(path):
    return [name for name in source_tree.list_imports(path) if name.split('.')[0] in source_tree.PACKAGES]


def test_every_package_has_a_place_in_the_table():
    assert set(MAY_IMPORT) == set(source_tree.PACKAGES)


@pytest.mark.parametrize('path', MODULES)
def test_package_imports_only_what_lies_below_it(path):
    package = path.split(os.sep)[0]
    allowed = (package,) + MAY_IMPORT[package]
    assert not [name for name in list_project_imports(path) if not is_part_of(name, allowed)]


@pytest.mark.parametrize('path', source_tree.list_modules('dnnlib'))
def test_dnnlib_names_no_module_above_it_in_texts_or_comments(path):
    packages = '|'.join(set(source_tree.PACKAGES) - {'dnnlib'})
    assert not re.findall(rf'\b(?:{packages})\.[a-z_]+', source_tree.read(path))


@pytest.mark.parametrize('path', source_tree.list_modules('dnnlib'))
def test_only_tflib_knows_tensorflow_inside_dnnlib(path):
    if not path.startswith(os.path.join('dnnlib', 'tflib')):
        assert not is_part_of('tensorflow', [name.split('.')[0] for name in source_tree.list_imports(path)])


@pytest.mark.parametrize('path', NETWORK_MODULES)
def test_network_module_imports_no_module_of_training_but_those_that_networks_share(path):
    names = [name for name in list_project_imports(path) if name.startswith('training.')]
    assert not [name for name in names if not is_part_of(name, SHARED_BY_NETWORKS)]


@pytest.mark.parametrize('path', SCRIPTS)
def test_script_imports_no_other_script(path):
    scripts = [os.path.splitext(name)[0].replace(os.sep, '.') for name in SCRIPTS]
    assert not [name for name in source_tree.list_imports(path) if is_part_of(name, scripts)]


def test_importing_any_module_adds_nothing_to_the_graph_and_writes_no_file(tmp_path):
    code = """
        import importlib, os, sys
        import tensorflow.compat.v1 as tf
        files_before = os.listdir('.')
        for name in sys.argv[1].split(','):
            importlib.import_module(name)
            assert not tf.get_default_graph().get_operations(), name
            assert os.listdir('.') == files_before, name
    """
    names = [path[: -len('.py')].replace(os.sep, '.').replace('.__init__', '') for path in MODULES]
    optional = ('explorer.app',)  # Needs gradio.
    names = ','.join(name for name in names if name not in optional)
    environment = dict(os.environ, PYTHONPATH=source_tree.ROOT_DIR, HOME=str(tmp_path), PYTHONDONTWRITEBYTECODE='1')
    environment['DNNLIB_CACHE_DIR'] = str(tmp_path / 'cache')
    command = [sys.executable, '-c', textwrap.dedent(code), names, '--no-such-option']
    assert subprocess.call(command, cwd=str(tmp_path), env=environment) == 0


def run_without_tensorflow(path, arguments, tmp_path):
    """Run a script where TensorFlow cannot be imported; return exit status, output and CPU seconds."""
    (tmp_path / 'tensorflow.py').write_text('raise ImportError("TensorFlow was imported")')
    environment = dict(os.environ, PYTHONPATH=str(tmp_path))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [sys.executable, os.path.join(source_tree.ROOT_DIR, path)] + arguments,
        cwd=str(tmp_path),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    output = process.communicate()[0]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process.returncode, output, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize('path', COMMAND_LINES)
def test_help_comes_at_once_and_without_tensorflow(path, tmp_path):
    status, output, cpu_sec = run_without_tensorflow(path, ['--help'], tmp_path)
    assert status == 0 and output.startswith('usage:'), output
    assert cpu_sec < MAX_HELP_CPU_SEC


@pytest.mark.parametrize('path', COMMAND_LINES)
def test_wrong_option_ends_with_status_2_and_is_named(path, tmp_path):
    status, output, _ = run_without_tensorflow(path, ['--no-such-option'], tmp_path)
    assert status == 2 and 'Traceback' not in output, output
    assert 'no-such-option' in output or 'required' in output

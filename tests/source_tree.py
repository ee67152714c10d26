# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The files of the project, for tests that read source text."""

import ast
import importlib.util
import os
import sys

ROOT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = (
    'dnnlib',
    'image_data',
    'training',
    'perception',
    'metrics',
    'conversion',
    'editing',
    'translation',
    'explorer',
)
_SKIPPED_DIRS = ('results', 'datasets', 'cache', '__pycache__')


def list_files(*extensions):
    """Return the sorted paths, relative to the root, of all files with one of the extensions; of all files if none."""
    found = []
    for folder, sub_folders, names in os.walk(ROOT_DIR):
        sub_folders[:] = [
            name for name in sub_folders if name not in _SKIPPED_DIRS and (name == '.ci' or not name.startswith('.'))
        ]
        paths = [os.path.relpath(os.path.join(folder, name), ROOT_DIR) for name in names]
        found += [path for path in paths if not extensions or path.endswith(extensions)]
    return sorted(found)


def list_modules(package):
    """Return the paths of the modules of a package; none if the package is not there."""
    return [path for path in list_files('.py') if path.startswith(package + os.sep)]


def list_scripts():
    """Return the paths of the Python files outside the tests that can be run."""
    paths = [path for path in list_files('.py') if not path.startswith('tests' + os.sep)]
    return [path for path in paths if "__name__ == '__main__'" in read(path)]


def read(path):
    """Return the text of a file given relative to the root."""
    with open(os.path.join(ROOT_DIR, path), encoding='utf-8') as file:
        return file.read()


def load_tool(name):
    """Return a program of the folder `tools` as a module."""
    spec = importlib.util.spec_from_file_location(name, os.path.join(ROOT_DIR, 'tools', name + '.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parse(path):
    """Return the syntax tree of a file, as Python 3.6 reads it where this Python can tell."""
    options = {'feature_version': (3, 6)} if sys.version_info >= (3, 8) else {}
    return ast.parse(read(path), path, **options)


def list_imports(path):
    """Return the dotted names that a file imports anywhere; `from a import b` counts as a.b."""
    names = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f'{"." * node.level}{node.module or ""}.{alias.name}' for alias in node.names]
    return names

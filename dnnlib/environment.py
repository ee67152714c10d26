# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tells whether the packages that the project needs are installed; imports none of them."""

import importlib.util
import os
import platform
import sys

ROOT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_ENVIRONMENTS = ('.venv', '.venv-tf1')
# Module -> package. Without TensorFlow, which is not asked for here, there are still help texts and dataset_tool.py.
_REQUIRED = {'numpy': 'numpy', 'PIL': 'pillow', 'requests': 'requests', 'scipy': 'scipy'}


def check():
    """End a script of the project with one line, or else raise ImportError, if a required package is missing."""
    missing = [package for module, package in _REQUIRED.items() if importlib.util.find_spec(module) is None]
    if not missing:
        return
    if _is_script_of_project():
        sys.exit('Error: ' + describe_missing(missing))
    raise ImportError(describe_missing(missing))


def _is_script_of_project():
    path = getattr(sys.modules['__main__'], '__file__', None)
    if path is None or not os.path.isfile(path):  # Such as a notebook, or `python -c`.
        return False
    path = os.path.abspath(path)
    return path.startswith(ROOT_DIR + os.sep) and not path.startswith(tuple(_list_environments()))


def _list_environments():
    return [os.path.join(ROOT_DIR, name) for name in _ENVIRONMENTS if os.path.isdir(os.path.join(ROOT_DIR, name))]


def describe_missing(packages):
    """Return a sentence on packages that this Python lacks, with the way out.

    Args:
        packages: List of their names.
    """
    found = [_describe_activation(path) for path in _list_environments()]
    advice = ' or '.join(found) or '`make setup`, then ' + _describe_activation('.venv')
    return (
        f'Python {platform.python_version()} ({sys.executable}) lacks {", ".join(packages)}; the project runs in an '
        f'environment of its own: {advice}'
    )


def _describe_activation(path):
    return f'`{path}\\Scripts\\activate`' if os.name == 'nt' else f'`. {path}/bin/activate`'

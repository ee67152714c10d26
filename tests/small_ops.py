# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Ops that are small functions without TensorFlow, compile at once and are loaded with ctypes."""

import ctypes
import shutil

import tensorflow.compat.v1 as tf

from dnnlib.tflib import custom_ops
from dnnlib.tflib.custom_ops import building

GXX = shutil.which('g++')
ANSWER = 'extern "C" int {name}() {{ return {value}; }}\n'
TENSORFLOW = building.TensorFlow('1.0 (v1.0)', abi=1, include_flags=[], flags=['-std=c++14'], link_flags=[])


def make_workplace(tmp_path, monkeypatch):
    """Write ops `one` and `two`, which return 1 and 2, and let them take the place of the real ones for a test.

    The cache is empty, the compiler counts its calls, and there is no TensorFlow to compile for.
    """
    for value, name in enumerate(['one', 'two'], start=1):
        (tmp_path / 'ops' / name).mkdir(parents=True)
        (tmp_path / 'ops' / name / f'{name}.cc').write_text(ANSWER.format(name=name, value=value))
    monkeypatch.setattr(building, 'OPS_DIR', str(tmp_path / 'ops'))
    monkeypatch.setattr(custom_ops, '_plugin_cache', {})
    monkeypatch.setattr(custom_ops, '_warned_cache', set())
    monkeypatch.setattr(tf, 'load_op_library', ctypes.CDLL)
    monkeypatch.setattr(building, 'describe_tensorflow', lambda: TENSORFLOW)
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    for name in ('DNNLIB_OPS', 'DNNLIB_OPS_DIR'):
        monkeypatch.delenv(name, raising=False)
    make_compiler(tmp_path, monkeypatch, '')
    return tmp_path


def make_compiler(folder, monkeypatch, script):
    """Name a shell script as the compiler: it counts its calls, does what `script` says, then calls g++."""
    path = folder / 'compiler'
    log = folder / 'calls'
    path.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo compiler 1.0; exit; fi\n'
        f'case "$*" in *" -c "*|"-c "*) echo call >> {log};; esac\n{script}\nexec {GXX} "$@"\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv('CXX', str(path))


def count_compilations(folder):
    return len((folder / 'calls').read_text().split()) if (folder / 'calls').exists() else 0


def forget_plugins():
    """Do as a new process."""
    custom_ops._plugin_cache.clear()
    custom_ops._warned_cache.clear()


def list_cached(folder):
    return sorted((folder / 'cache' / 'ops').glob('*.so'))

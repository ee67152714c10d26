# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Test of the work that the threads of several ops share, by a program of its own."""

import os
import shutil
import subprocess

import pytest
import source_tree


@pytest.mark.skipif(not shutil.which('g++'), reason='needs g++')
def test_every_unit_of_work_is_done_once_by_whoever_is_free(tmp_path):
    program = str(tmp_path / 'work_sharing')
    ops_dir = os.path.join(source_tree.ROOT_DIR, 'dnnlib', 'tflib', 'ops')
    source = os.path.join(source_tree.ROOT_DIR, 'tests', 'cpp', 'work_sharing.cc')
    options = ['-std=c++14', '-O1', '-pthread', '-Wall', '-Wextra', '-Werror']
    subprocess.check_call(['g++', *options, f'-I{ops_dir}', source, '-o', program])
    assert subprocess.check_output([program]) == b'0 failures\n'

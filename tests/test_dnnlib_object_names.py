# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the way from names to objects and back."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dnnlib import util

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(util.__file__)))


def test_the_longest_module_name_wins():
    module, name = util.get_module_from_obj_name('os.path.join')
    assert (module, name) == (os.path, 'join')
    assert util.get_module_from_obj_name('os.path') == (os.path, '')


def test_methods_and_abbreviations_are_found_by_name():
    assert util.get_obj_by_name('dnnlib.util.Logger.close') is util.Logger.close
    assert util.get_obj_by_name('np.linalg.norm') is np.linalg.norm


def test_the_abbreviation_tf_means_the_graph_mode_interface():
    tf = pytest.importorskip('tensorflow.compat.v1')
    assert util.get_obj_by_name('tf.train.AdamOptimizer') is tf.train.AdamOptimizer


def test_functions_and_classes_are_called_by_name():
    assert util.call_func_by_name(3661, func_name='dnnlib.util.format_time') == '1h 01m 01s'
    assert util.construct_class_by_name(class_name='dnnlib.util.EasyDict', a=1).a == 1


@pytest.mark.parametrize('name', ['no_such_module.f', 'os.path.no_such_function', 'os.no.such', 'no_such_module'])
def test_an_unknown_name_is_an_import_error_that_quotes_it(name):
    with pytest.raises(ImportError, match=name):
        util.get_obj_by_name(name)


def test_an_error_inside_a_module_is_not_hidden_by_the_search(tmp_path, monkeypatch):
    (tmp_path / 'broken_module.py').write_text('import library_that_is_not_installed\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match='library_that_is_not_installed'):
        util.get_obj_by_name('broken_module.function')


def test_modules_made_at_run_time_are_found(monkeypatch):
    module = type(sys)('_made_at_run_time')
    module.answer = 42
    monkeypatch.setitem(sys.modules, '_made_at_run_time', module)
    assert util.get_obj_by_name('_made_at_run_time.answer') == 42


def test_only_functions_that_can_be_found_again_are_top_level():
    assert util.is_top_level_function(util.format_time)
    assert not util.is_top_level_function(lambda: None)
    assert not util.is_top_level_function(util.Logger.close)
    assert not util.is_top_level_function('dnnlib.util.format_time')
    assert util.get_top_level_function_name(util.format_time) == 'dnnlib.texts.format_time'
    with pytest.raises(ValueError, match='top level'):
        util.get_top_level_function_name(lambda: None)


def test_functions_of_the_running_script_get_its_name(tmp_path):
    script = tmp_path / 'my_script.py'
    script.write_text('from dnnlib import util\ndef f(): pass\nprint(util.get_top_level_function_name(f))\n')
    environment = dict(os.environ, PYTHONPATH=ROOT)
    assert subprocess.check_output([sys.executable, str(script)], env=environment) == b'my_script.f\n'


def test_module_directory_is_found_by_object_name():
    assert util.get_module_dir_by_obj_name('dnnlib.util.EasyDict') == os.path.dirname(util.__file__)

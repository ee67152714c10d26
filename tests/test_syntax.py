# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What holds for the text of every Python file: one source for Python 3.6 to 3.13 and for both TensorFlows."""

import ast
import sys

import pytest
import source_tree

HEADER = '# SPDX-License-Identifier: Apache-2.0\n# Copyright 2026 The StyleGAN2-TF authors\n'

# Names of the TensorFlow namespace that one of the two generations lacks.
GONE_FROM_TENSORFLOW = ('contrib', 'layers', 'estimator', 'keras')

every_file = pytest.mark.parametrize('path', source_tree.list_files('.py'))


@every_file
def test_file_parses_as_python_3_6(path):
    source_tree.parse(path)


@pytest.mark.skipif(sys.version_info < (3, 8), reason='parsing as an older Python came with 3.8')
def test_newer_syntax_would_be_noticed():
    with pytest.raises(SyntaxError):
        ast.parse('(x := 1)', feature_version=(3, 6))


@every_file
def test_file_starts_with_licence_and_copyright(path):
    text = source_tree.read(path)
    if text.startswith('#!'):
        text = text.split('\n', 1)[1]
    assert text.startswith(HEADER)


@every_file
def test_tensorflow_is_imported_in_its_version_1_form(path):
    names = [name for name in source_tree.list_imports(path) if name.split('.')[0] == 'tensorflow']
    public = [name for name in names if not name.startswith('tensorflow.python.')]
    assert set(public) <= {'tensorflow.compat.v1'}


@every_file
def test_no_part_of_tensorflow_is_used_that_one_generation_lacks(path):
    used = [
        node.attr
        for node in ast.walk(source_tree.parse(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == 'tf'
    ]
    assert not set(GONE_FROM_TENSORFLOW).intersection(used)


@every_file
def test_imports_name_what_they_import(path):
    assert not [name for name in source_tree.list_imports(path) if name.endswith('.*')]


@every_file
def test_exceptions_are_caught_by_type(path):
    handlers = [node for node in ast.walk(source_tree.parse(path)) if isinstance(node, ast.ExceptHandler)]
    assert all(handler.type is not None for handler in handlers)


@every_file
def test_default_arguments_cannot_be_changed_by_a_call(path):
    for node in ast.walk(source_tree.parse(path)):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            defaults = node.args.defaults + [value for value in node.args.kw_defaults if value is not None]
            assert not [value for value in defaults if isinstance(value, (ast.List, ast.Dict, ast.Set))]

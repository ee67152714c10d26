# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The source text that a snapshot carries: a network module with the project modules it imports, as one module."""

import ast
import importlib
import inspect
import io
import tokenize

_OUTSIDE_PACKAGES = ('dnnlib', 'numpy', 'tensorflow')  # Every reader of snapshots has these.


def bundle_source(module):
    """Return the source of `module` with each project module that it imports from inlined in front.

    Import lines of inlined modules are removed, so the text stands alone beside numpy, tensorflow and dnnlib.

    Args:
        module: Python module whose project imports all read `from package.module import name, ...`.

    Raises:
        ImportError: If a project module is imported in another form.
    """
    return '\n\n'.join(_sources(module, set()))


def _sources(module, done):
    """Return the texts that make up the bundle of `module`, dependencies first."""
    source = inspect.getsource(module)
    texts, drop = [], set()
    logical_lines = _logical_lines(source)
    for node in ast.walk(ast.parse(source)):
        name = _project_import(node)
        if name is None:
            continue
        drop.update(logical_lines[node.lineno])
        if name not in done:
            done.add(name)
            texts.extend(_sources(importlib.import_module(name), done))
    lines = source.splitlines()
    texts.append('\n'.join(line for number, line in enumerate(lines, 1) if number not in drop) + '\n')
    return texts


def _project_import(node):
    """Return the project module that an import statement takes names from, or None."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        if any(name.split('.')[0] not in _OUTSIDE_PACKAGES for name in names):
            raise ImportError('networks may import numpy, tensorflow and dnnlib, got `import %s`' % ', '.join(names))
    if not isinstance(node, ast.ImportFrom) or (node.module or '').split('.')[0] in _OUTSIDE_PACKAGES:
        return None
    if node.level or any(alias.asname or alias.name == '*' for alias in node.names):
        raise ImportError('networks must import project names as `from package.module import name`')
    return node.module


def _logical_lines(source):
    """Return first line -> range of lines of every statement, which may go on over several lines."""
    ranges, first = {}, None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
            continue
        first = first or token.start[0]
        if token.type == tokenize.NEWLINE:
            ranges[first] = range(first, token.end[0] + 1)
            first = None
    return ranges

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The source text that a snapshot carries: a network module with the project modules it imports, as one module."""

import ast
import functools
import importlib
import inspect
import io
import textwrap
import tokenize

_OUTSIDE_PACKAGES = ('dnnlib', 'numpy', 'tensorflow')  # Every reader of snapshots has these.
_OPS = 'dnnlib.tflib.ops.'
_OFFICIAL_OPS = (_OPS + 'fused_bias_act', _OPS + 'upfirdn_2d')  # Every dnnlib has these of its ops.


@functools.lru_cache(maxsize=None)
def bundle_source(module):
    """Return the source of `module` with each project module that it imports from inlined in front.

    Import lines of inlined modules are removed, so the text stands alone beside numpy, tensorflow and dnnlib. Where it
    imports an op that StyleGAN2's own dnnlib lacks, it falls back to the plain twin of the op, the module `ref` in its
    folder. The text is read once per process, as a long training may see its files edited.

    Args:
        module: Python module that imports, besides those three packages, from its own package only, all in the form
            `from package.module import name, ...` at the top level.

    Raises:
        ImportError: If something is imported in another form or from elsewhere, or two modules define one name.
    """
    if hasattr(module, 'embedded_source'):  # Came from a snapshot itself, see `pickled_code`.
        return module.embedded_source
    text = '\n\n'.join(_sources(module, {module.__name__}))
    names = [node.name for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImportError(f'{module.__name__} and the modules it imports from both define {twice[0]}')
    return text


def _sources(module, done):
    """Return the texts that make up the bundle of `module`, dependencies first."""
    source = inspect.getsource(module)
    tree = ast.parse(source)
    texts, drop = [], set()
    logical_lines = _logical_lines(source)
    for node in ast.walk(tree):
        name = _project_import(node, module.__name__.split('.')[0])
        if name is None:
            continue
        if [other for other in tree.body if other.lineno == node.lineno] != [node]:
            raise ImportError(f'networks must import from {name} at the top level, on a line of its own')
        imported = importlib.import_module(name)
        if any(inspect.ismodule(getattr(imported, alias.name)) for alias in node.names):
            raise ImportError(f'networks must import functions from {name}, not modules')
        drop.update(logical_lines[node.lineno])
        if name not in done:
            done.add(name)
            texts.extend(_op_sources(name, done) if _is_optional(name) else _sources(imported, done))
    lines = source.splitlines()
    texts.append('\n'.join(line for number, line in enumerate(lines, 1) if number not in drop) + '\n')
    return texts


def _op_sources(name, done):
    """Return the texts that stand for importing from an op's folder, or from a module of what ops share."""
    plain = importlib.import_module(name)
    if hasattr(plain, '__path__'):  # A folder.
        plain = importlib.import_module(name + '.ref')
    *needed, text = _sources(plain, done)
    names = ', '.join(node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    plain_text = textwrap.indent(text, '    ')
    return needed + [f'try:\n    from {name} import {names}\nexcept ImportError:  # Another dnnlib.\n{plain_text}']


def _is_optional(name):
    """Tell whether a module has an op that other readers of snapshots lack."""
    return name.startswith(_OPS) and name not in _OFFICIAL_OPS


def _project_import(node, package):
    """Return the module of `package`, or of our own ops, that an import statement takes names from, or None."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        if any(name.split('.')[0] not in _OUTSIDE_PACKAGES for name in names):
            raise ImportError(
                'networks may import numpy, tensorflow and dnnlib, got `import {}`'.format(', '.join(names))
            )
    if not isinstance(node, ast.ImportFrom):
        return None
    source_package = '' if node.level else node.module.split('.')[0]
    is_optional = not node.level and _is_optional(node.module)
    if source_package in _OUTSIDE_PACKAGES and not is_optional:
        return None
    is_elsewhere = source_package != package and not is_optional
    if is_elsewhere or any(alias.asname or alias.name == '*' for alias in node.names):
        raise ImportError(
            f'networks may import numpy, tensorflow and dnnlib, and `from {package}.module import name`; '
            f'line {node.lineno} has another form'
        )
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

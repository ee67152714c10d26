# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What can be learnt from the source text in a snapshot by reading it, without executing anything."""

import ast
import re

MAX_SOURCE_CHARS = 1 << 20
_MAX_HEADER_CHARS = 4000  # Python's parser can crash on long texts that were made for that.


def list_functions(source):
    """Return the set of names of the functions at the top level of a module."""
    return set(re.findall(r'^def (\w+)\(', source, re.MULTILINE)) if len(source) <= MAX_SOURCE_CHARS else set()


def read_defaults(source, func_name):
    """Return name -> value for the arguments of a function whose default is a literal, or a shift as in `16 << 10`."""
    header = _find_header(source, func_name)
    try:
        arguments = ast.parse(header + ' pass').body[0].args
    except (SyntaxError, ValueError, IndexError, AttributeError, RecursionError, MemoryError):
        return {}
    pairs = list(zip(arguments.args[::-1], arguments.defaults[::-1]))
    pairs += [(arg, node) for arg, node in zip(arguments.kwonlyargs, arguments.kw_defaults) if node is not None]
    values = ((arg.arg, _read_literal(node)) for arg, node in pairs)
    return {name: value[0] for name, value in values if value}


def _find_header(source, func_name):
    """Return the first statement of a function up to its colon, without comments; an empty text if there is none."""
    if len(source) > MAX_SOURCE_CHARS:
        return ''
    match = re.search(rf'^def {re.escape(func_name)}\(', source, re.MULTILINE)
    if not match:
        return ''
    header = ''
    for line in source[match.start() :][: 4 * _MAX_HEADER_CHARS].splitlines():
        header += line.partition('#')[0].rstrip() + '\n'
        if header.endswith(':\n') or len(header) > _MAX_HEADER_CHARS:
            break
    return header.rstrip() if len(header) <= _MAX_HEADER_CHARS else ''


def _read_literal(node):
    """Return the value of a syntax tree in a tuple, or an empty tuple if it is no literal."""
    try:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.LShift):
            left, right = ast.literal_eval(node.left), ast.literal_eval(node.right)
            return (left << right,) if 0 <= right < 64 and abs(left) < 1 << 64 else ()
        return (ast.literal_eval(node),)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ()

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The source text inside a snapshot: executed only for those who ask for it, as the official code always does.

Other files need no such permission: their networks are built by functions of ours, see `families`.
"""

import builtins
import hashlib
import os
import re
import sys
import types
import uuid
import warnings

from dnnlib.tflib import compat
from dnnlib.util import UserError

ALLOW_VARIABLE = 'DNNLIB_ALLOW_PICKLE_CODE'  # 1: execute what any file contains.
TRUSTED_VARIABLE = 'DNNLIB_TRUSTED_PICKLES'  # SHA-256 sums of files to trust, or a file with them, as of sha256sum.
ADVICE = f'--allow-pickled-code (or {ALLOW_VARIABLE}=1) lets the code in the file run, if you trust whoever made it'

_SHA256 = re.compile(r'\b[0-9a-fA-F]{64}\b')


def is_everything_trusted():
    """Tell whether the code in any file may run."""
    return os.environ.get(ALLOW_VARIABLE, '').lower() in ('1', 'yes', 'true')


def are_sums_needed():
    """Tell whether it depends on the content of a file if its code may run."""
    return bool(os.environ.get(TRUSTED_VARIABLE)) and not is_everything_trusted()


def is_trusted(file):
    """Tell whether the code in a file may run.

    Args:
        file: Binary file object; if `are_sums_needed`, `io.BytesIO`.
    """
    if not are_sums_needed():
        return is_everything_trusted()
    return hashlib.sha256(file.getbuffer()).hexdigest() in _read_sums(os.environ[TRUSTED_VARIABLE])


def _read_sums(text_or_path):
    """Return the checksums in a text, or in the file of that name."""
    if not _SHA256.search(text_or_path):
        try:
            with open(os.path.expanduser(text_or_path), encoding='utf-8') as file:
                text_or_path = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f'{TRUSTED_VARIABLE} must hold SHA-256 sums or name a file of them: {text_or_path} ({error})'
            ) from None
    return {match.lower() for match in _SHA256.findall(text_or_path)}


def load_func(state):
    """Execute the source in the state of a pickled network, and return its build function.

    Args:
        state: Checked state, see `network_state.check_state`.

    Raises:
        UserError: If the source raises an error, or lacks the function.
    """
    warnings.warn(f'executing the Python code that the file contains for network {state["name"]}', stacklevel=2)
    module = types.ModuleType('_tflib_network_import_' + uuid.uuid4().hex)
    vars(module)['__builtins__'] = dict(vars(builtins), __import__=_import)
    module.embedded_source = state['build_module_src'].lstrip('\ufeff')  # What `bundle` saves the network with again.
    sys.modules[module.__name__] = module
    try:
        exec(compile(module.embedded_source, module.__name__, 'exec'), vars(module))
        return vars(module)[state['build_func_name']]
    except Exception as error:  # Anybody's code can raise anything.
        del sys.modules[module.__name__]
        reason = f'{type(error).__name__}: {error}'
        raise UserError(f'the code of network {state["name"]} does not work here ({reason})') from error


def _import(name, *args, **kwargs):
    """Import for code that was written for TensorFlow 1: `tensorflow` is its compatible interface."""
    if name.startswith('tensorflow.contrib') and not compat.IS_TF1:
        raise ImportError(f'it needs {name}, which TensorFlow 2 lacks; use TensorFlow 1.15')
    module = builtins.__import__(name, *args, **kwargs)
    return module.compat.v1 if name == 'tensorflow' and not compat.IS_TF1 else module

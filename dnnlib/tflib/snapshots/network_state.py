# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a pickled network consists of: its checks, and its parts as plain data."""

import numpy as np

from dnnlib.guarded_unpickler import brief
from dnnlib.util import UserError

_STATE_TYPES = {
    'version': int,
    'name': str,
    'static_kwargs': dict,
    'components': dict,
    'build_module_src': str,
    'build_func_name': str,
    'variables': list,
}


def check_state(state):
    """Return the state of a pickled network with plain keywords and arrays, after checking its form.

    Args:
        state: What `Network.__getstate__` gave, of version 2 to 5.

    Raises:
        UserError: If a key is missing or of the wrong type.
    """
    if not isinstance(state, dict):
        raise UserError(f'a pickled network must hold a dict, got {type(state).__name__}')
    state = dict(state)
    state.setdefault('components', {})  # Version 2 has none.
    for key, kind in _STATE_TYPES.items():
        if not isinstance(state.get(key), kind):
            raise UserError(f'pickled network lacks {key!r} of type {kind.__name__}')
    if state['version'] not in (2, 3, 4, 5):
        raise UserError(f'pickled network has version {brief(state["version"])}, known are 2 to 5')
    state['variables'] = list_variables(state)
    names = [name for name, _ in state['variables']]
    if len(set(names)) < len(names):
        raise UserError('a pickled network has two variables of one name')
    state['static_kwargs'] = plain_kwargs(state['static_kwargs'])
    return state


def list_variables(state):
    """Return the saved variables of a state as pairs of name and array."""
    variables = state.get('variables')
    if not isinstance(variables, list):
        raise UserError("pickled network lacks 'variables' of type list")
    return [_check_variable(item) for item in variables]


def _check_variable(item):
    """Return the name and the array of a saved variable."""
    if not isinstance(item, (tuple, list)) or len(item) != 2 or not isinstance(item[0], str):
        raise UserError('variables of a pickled network must be pairs of name and value')
    value = np.asarray(item[1] if isinstance(item[1], (np.ndarray, np.generic, int, float)) else None)
    if value.dtype.kind not in 'biuf':
        raise UserError(f'variable {brief(item[0])!r} of a pickled network is no numeric array')
    return item[0], value


def plain_kwargs(kwargs):
    """Return keyword values as plain data: None, bool, int, float, str, and lists, tuples and dicts of them.

    Raises:
        UserError: If a value is something else than that or NumPy numbers, which no reader of snapshots would take.
    """
    return {str(key): _plain(value, key) for key, value in kwargs.items()}


def _plain(value, key):
    """Return the value of keyword `key` as plain data."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, dict):
        return {name: _plain(item, key) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item, key) for item in value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise UserError(
        f'keyword {brief(key)} of a network has a value of type {type(value).__name__}; plain data can be saved'
    )

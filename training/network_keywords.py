# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Keywords of networks that were found in a snapshot: which make sense, and which belong there."""

import inspect
import math

from dnnlib.tflib import pickling
from dnnlib.util import UserError

# They tell how something is computed, not what, and other readers of snapshots do not know them.
RUN_TIME_KEYWORDS = frozenset(
    [
        'components',
        'force_clean_graph',
        'fused_modconv',
        'impl',
        'is_template_graph',
        'is_training',
        'is_validation',
        'return_dlatents',
    ]
)

MAX_NUMBER = 1 << 30
MAX_LIST_LENGTH = 64
_MAXIMA = {  # What decides how much there is to build.
    'resolution': 1 << 16,
    'mapping_layers': 100,
    'min_h': 1 << 10,
    'min_w': 1 << 10,
    'dlatent_broadcast': 1 << 10,
    'freeze_layers': 1 << 10,
    'pagan_num': 1 << 10,
    'score_max': 1 << 10,
}


def check_keywords(network_name, func, kwargs):
    """Raise UserError unless keywords are of the kinds and sizes that a build function can use.

    Args:
        network_name: Name of the network in the message.
        func: Build function.
        kwargs: Plain data.
    """
    parameters = inspect.signature(func).parameters
    for name, value in kwargs.items():
        default = parameters[name].default if name in parameters else None
        expected = _find_fault(name, value, default)
        if expected:
            raise UserError(
                f'network {pickling.brief(network_name)} cannot be built with its saved keywords: '
                f'{pickling.brief(name)} must be {expected}, got {pickling.brief(repr(value))}'
            )


def _find_fault(name, value, default):
    """Return what a value should have been, or None if it may be what it is."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        maximum = _MAXIMA.get(name, MAX_NUMBER)
        is_fit = not isinstance(default, (str, list, tuple)) and _is_finite(value) and abs(value) <= maximum
        kind = 'a text' if isinstance(default, str) else f'a number up to {maximum}'
        return None if is_fit else kind
    if isinstance(value, str):
        is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
        return 'a number' if is_number or isinstance(default, (list, tuple)) or name in _MAXIMA else None
    items = value if isinstance(value, (list, tuple)) else [value]
    is_short = len(items) <= MAX_LIST_LENGTH
    return None if is_short and all(_is_number(item) for item in items) else f'up to {MAX_LIST_LENGTH} numbers'


def _is_number(value):
    return isinstance(value, (int, float)) and _is_finite(value) and abs(value) <= MAX_NUMBER


def _is_finite(value):
    return isinstance(value, int) or math.isfinite(value)

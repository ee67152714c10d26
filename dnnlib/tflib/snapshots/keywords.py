# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Keywords of networks that were found in a snapshot: which make sense, and which are never saved."""

import inspect
import math

from dnnlib.guarded_unpickler import brief
from dnnlib.util import UserError

# They tell how something is computed, not what, and other readers of snapshots do not know them.
RUN_TIME_KEYWORDS = frozenset(
    [
        'components',
        'force_clean_graph',
        'impl',
        'is_template_graph',
        'is_training',
        'is_validation',
    ]
)

MAX_NUMBER = 1 << 30
MAX_LIST_LENGTH = 64


def check_keywords(network_name, func, kwargs, maxima):
    """Raise UserError unless keywords are of the kinds and sizes that a build function can use.

    Args:
        network_name: Name of the network in the message.
        func: Build function.
        kwargs: Plain data.
        maxima: Dict keyword -> largest number, of those that decide how much there is to build.
    """
    parameters = inspect.signature(func).parameters
    for name, value in kwargs.items():
        default = parameters[name].default if name in parameters else None
        expected = _find_fault(value, default, maxima.get(name))
        if expected:
            raise UserError(
                f'network {brief(network_name)} cannot be built with its saved keywords: '
                f'{brief(name)} must be {expected}, got {brief(repr(value))}'
            )


def _find_fault(value, default, maximum):
    """Return what a value should have been, or None if it may be what it is."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        limit = maximum or MAX_NUMBER
        is_fit = not isinstance(default, (str, list, tuple)) and _is_finite(value) and abs(value) <= limit
        kind = 'a text' if isinstance(default, str) else f'a number up to {limit}'
        return None if is_fit else kind
    if isinstance(value, str):
        is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
        return 'a number' if is_number or isinstance(default, (list, tuple)) or maximum else None
    items = value if isinstance(value, (list, tuple)) else [value]
    is_short = len(items) <= MAX_LIST_LENGTH
    return None if is_short and all(_is_number(item) for item in items) else f'up to {MAX_LIST_LENGTH} numbers'


def _is_number(value):
    return isinstance(value, (int, float)) and _is_finite(value) and abs(value) <= MAX_NUMBER


def _is_finite(value):
    return isinstance(value, int) or math.isfinite(value)

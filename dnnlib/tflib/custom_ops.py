# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Choice between the implementations of the custom ops."""

import warnings

IMPLEMENTATIONS = ('native', 'cuda', 'ref')
_warned_cache = set()


def resolve_impl(impl, op_name):
    """Return the implementation to use: 'native' if a compiled library is there, else 'ref'.

    Args:
        impl: None for the best that is there, 'native' (also by its official name 'cuda') or 'ref'. Snapshots carry
            this choice to machines that cannot follow it, so 'native' without a library warns once and takes 'ref'.
        op_name: Name of the op, for the message.

    Raises:
        ValueError: If `impl` is none of these.
    """
    if impl is not None and impl not in IMPLEMENTATIONS:
        raise ValueError('impl must be None or one of {}, got {!r}'.format(', '.join(IMPLEMENTATIONS), impl))
    if impl in ('native', 'cuda') and op_name not in _warned_cache:
        _warned_cache.add(op_name)
        warnings.warn(f'{op_name}: no compiled library is available, using the TensorFlow implementation', stacklevel=3)
    return 'ref'

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The functions that `Network.run` applies to inputs and outputs, and the keywords that older code gives instead."""

import hashlib
import warnings

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import tfutil

_warned_cache = set()


def apply_transform(transform, tensors):
    """Call the function of an `input_transform` or `output_transform`; None leaves the tensors alone."""
    if transform is None:
        return list(tensors)
    kwargs = dict(transform)
    func = kwargs.pop('func')
    result = func(*tensors, **kwargs)
    return [result] if tfutil.is_tf_expression(result) else list(result)


def describe(value):
    """Return a text that differs for different option values; arrays count with all their elements."""
    if isinstance(value, dict):
        return '{{{}}}'.format(', '.join(f'{key}: {describe(value[key])}' for key in sorted(value)))
    if isinstance(value, (list, tuple)):
        return '[{}]'.format(', '.join(describe(item) for item in value))
    if isinstance(value, np.ndarray):
        return f'array {value.dtype} {value.shape} {hashlib.md5(value.tobytes()).hexdigest()}'
    return value.name if tfutil.is_tf_expression(value) else repr(value)


def from_legacy_keywords(output_transform, kwargs):
    """Turn the keywords out_mul, out_add, out_shrink and out_dtype of older code into an output transform.

    Args:
        output_transform: What `Network.run` got as such.
        kwargs: Its other keywords.

    Returns:
        Tuple of output transform and remaining keywords.
    """
    legacy = {key: kwargs[key] for key in ('out_mul', 'out_add', 'out_shrink', 'out_dtype') if key in kwargs}
    if not legacy:
        return output_transform, kwargs
    if output_transform is not None:
        raise ValueError('give either output_transform or {}'.format(', '.join(sorted(legacy))))
    if 'legacy' not in _warned_cache:
        _warned_cache.add('legacy')
        warnings.warn('out_mul, out_add, out_shrink and out_dtype are deprecated; use output_transform', stacklevel=3)
    kwargs = {key: value for key, value in kwargs.items() if key not in legacy}
    return dict(legacy, func=_scale_outputs), kwargs


def _scale_outputs(*outputs, out_mul=1.0, out_add=0.0, out_shrink=1, out_dtype=None):
    """Apply the legacy output keywords of `Network.run`."""
    results = []
    for x in outputs:
        x = x * out_mul + out_add
        if out_shrink > 1:
            x = tf.transpose(x, [0, 2, 3, 1])  # [NHWC]; the CPU has no other pooling.
            window = [1, out_shrink, out_shrink, 1]
            x = tf.transpose(tf.nn.avg_pool(x, window, window, 'VALID'), [0, 3, 1, 2])  # [NCHW]
        if out_dtype is not None:
            if tf.as_dtype(out_dtype).is_integer:
                x = tf.round(x)
            x = tf.saturate_cast(x, out_dtype)
        results.append(x)
    return results

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""How variables of this project are called and laid out in PyTorch: tables of pairs that work in both directions."""

import collections

import numpy as np

from dnnlib.util import UserError

Layout = collections.namedtuple('Layout', 'to_torch from_torch')
Pair = collections.namedtuple('Pair', 'ours theirs layout')

PLAIN = Layout(lambda w: w, lambda w: w)
DENSE = Layout(lambda w: w.transpose(), lambda w: w.transpose())  # [IO] and [OI]
CONV = Layout(lambda w: w.transpose(3, 2, 0, 1), lambda w: w.transpose(2, 3, 1, 0))  # [kkIO] and [OIkk]
# A transposed convolution of PyTorch applies the kernel mirrored.
CONV_UP = Layout(
    lambda w: w[::-1, ::-1].transpose(3, 2, 0, 1),
    lambda w: w.transpose(2, 3, 1, 0)[::-1, ::-1],
)
STYLE_BIAS = Layout(lambda b: b + np.float32(1), lambda b: b - np.float32(1))  # PyTorch stores the one that we add.
CONST = Layout(lambda x: x[0], lambda x: x[np.newaxis])  # [1CHW] and [CHW]
NOISE = Layout(lambda x: x[0, 0], lambda x: x[np.newaxis, np.newaxis])  # [11HW] and [HW]


def rename_to_torch(pairs, variables):
    """Return the PyTorch tensors for a dict of variables of this project.

    Args:
        pairs: List of `Pair`.
        variables: Dict name -> array.
    """
    return collections.OrderedDict(
        (pair.theirs, pair.layout.to_torch(np.asarray(variables[pair.ours], np.float32))) for pair in pairs
    )


def rename_from_torch(pairs, tensors, what):
    """Return the variables of this project for a dict of PyTorch tensors.

    Args:
        pairs: List of `Pair`.
        tensors: Dict name -> array.
        what: What the tensors are, for messages.

    Raises:
        UserError: If a tensor is missing or of the wrong rank.
    """
    missing = [pair.theirs for pair in pairs if pair.theirs not in tensors]
    if missing:
        raise UserError(f'{what} lacks {len(missing)} of {len(pairs)} tensors: {", ".join(missing[:5])}')
    variables = collections.OrderedDict()
    for pair in pairs:
        value = np.asarray(tensors[pair.theirs], np.float32)
        try:
            variables[pair.ours] = pair.layout.from_torch(value)
        except (ValueError, IndexError):
            raise UserError(f'{what}: tensor {pair.theirs} has the unexpected shape {value.shape}') from None
    return variables


def guess_fmap_rule(fmaps):
    """Return the keywords fmap_base and fmap_max that lead to given numbers of feature maps.

    Args:
        fmaps: Dict resolution -> number of feature maps.

    Raises:
        UserError: If no such keywords exist.
    """
    fmap_max = max(fmaps.values())
    last = max(fmaps)
    for fmap_base in (16384, 8192, fmaps[last] * last // 2):
        if all(num == min(fmap_base * 2 // res, fmap_max) for res, num in fmaps.items()):
            return {'fmap_base': fmap_base, 'fmap_max': fmap_max}
    raise UserError(
        f'feature maps {fmaps} follow no rule 2 * fmap_base / size, at most fmap_max; this cannot be converted'
    )


def make_resample_filter(kernel, gain=1):
    """Return the filter that PyTorch implementations keep beside the weights [kk]."""
    kernel = np.asarray(kernel, np.float32)
    kernel = np.outer(kernel, kernel) if kernel.ndim == 1 else kernel
    return (kernel / kernel.sum() * gain).astype(np.float32)


def guess_resample_kernel(resample_filter):
    """Return the list of integers or numbers whose outer product is a given filter [kk]."""
    row = np.asarray(resample_filter, np.float64)
    row = row.sum(axis=0) if row.ndim == 2 else row
    row = row / row.min() if row.min() > 0 else row
    rounded = np.rint(row)
    return [int(tap) for tap in rounded] if np.allclose(row, rounded, atol=1e-3) else [float(tap) for tap in row]

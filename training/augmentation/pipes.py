# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The pipes: augmentations that are chosen together, and what options make of them; needs no TensorFlow."""

import collections

from dnnlib.util import UserError

_GROUPS = collections.OrderedDict(
    [
        ('blit', ['xflip', 'rotate90', 'xint']),
        ('geom', ['scale', 'rotate', 'aniso', 'xfrac']),
        ('color', ['brightness', 'contrast', 'lumaflip', 'hue', 'saturation']),
        ('filter', ['imgfilter']),
        ('noise', ['noise']),
        ('cutout', ['cutout']),
        ('diffaug', ['diff_color', 'diff_translation', 'diff_cutout']),
    ]
)
_COMBINED = {
    'bg': ['blit', 'geom'],
    'bgc': ['blit', 'geom', 'color'],
    'bgcf': ['blit', 'geom', 'color', 'filter'],
    'bgcfn': ['blit', 'geom', 'color', 'filter', 'noise'],
    'bgcfnc': ['blit', 'geom', 'color', 'filter', 'noise', 'cutout'],
}


def _list_pipes():
    pipes = collections.OrderedDict((name, [name]) for name in _GROUPS)
    pipes.update(_COMBINED)
    return collections.OrderedDict(
        (name, collections.OrderedDict((multiplier, 1) for group in groups for multiplier in _GROUPS[group]))
        for name, groups in pipes.items()
    )


PIPES = _list_pipes()
"""Name of a pipe -> keywords of `training.augment.augment_pipeline`."""

FILTER_MIN_SIZE = 22
"""Least width and height for the image filter, whose 43 taps read the mirror image beyond the edges."""

TRANSFER_TUNE_KIMG, TUNE_KIMG = 100, 500


def check_size(settings, width, height):
    """Raise UserError if images of a size in pixels are too small for the settings of a pipe."""
    if settings.get('imgfilter', 0) > 0 and min(width, height) < FILTER_MIN_SIZE:
        raise UserError(
            f'the image filter needs at least {FILTER_MIN_SIZE} pixels of width and height, got {width}x{height}; '
            'choose a pipe without it, such as --augpipe=bgc'
        )


def make_aug_args(aug='noaug', p=None, target=None, augpipe=None, p_max=None, is_transfer=False):
    """Return the keywords of `training.adaptive.AdaptiveAugment` for options of run_training.py, or None for noaug.

    Args:
        aug: 'noaug', 'ada' or 'fixed'.
        p: Strength, with 'fixed' alone.
        target: Value of r_t to keep to, with 'ada' alone.
        augpipe: Key of `PIPES`, or None for bgc.
        p_max: Largest strength, with 'ada' alone.
        is_transfer: Whether the training begins with trained weights; then the strength moves faster.

    Raises:
        UserError: If an option is missing, or has no meaning.
    """
    _check_meaning('p', p, aug, ['fixed'])
    _check_meaning('target', target, aug, ['ada'])
    _check_meaning('p-max', p_max, aug, ['ada'])
    _check_meaning('augpipe', augpipe, aug, ['ada', 'fixed'])
    if aug == 'noaug':
        return None
    if aug == 'fixed' and p is None:
        raise UserError('--aug=fixed needs the strength; give --p, for instance --p=0.2')
    aug_args = {'apply_args': dict(PIPES[augpipe or 'bgc'])}
    if aug == 'fixed':
        return dict(aug_args, initial_strength=p)
    tune_kimg = TRANSFER_TUNE_KIMG if is_transfer else TUNE_KIMG
    aug_args.update(tune_heuristic='rt', tune_target=target, tune_kimg=tune_kimg)
    return dict(aug_args, max_strength=1.0 if p_max is None else p_max)


def _check_meaning(name, value, aug, meaningful):
    """Raise UserError if an option is given that goes with other values of --aug only."""
    if value is not None and aug not in meaningful:
        raise UserError(f'--{name} goes with --aug={" or ".join(meaningful)}, not with --aug={aug}; leave one away')

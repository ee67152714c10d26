# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The formats that can be written, as a table for the command line, and checks of the names of files."""

import collections
import os

from dnnlib.option_hints import did_you_mean
from dnnlib.util import UserError, UserFileNotFoundError, check_name, is_url

Format = collections.namedtuple('Format', 'endings text')

FORMATS = collections.OrderedDict(
    [
        ('pkl', Format(('.pkl',), 'TensorFlow snapshot (G, D, Gs) for this project and the official tools')),
        ('npz', Format(('.npz',), 'arrays and a JSON text, readable everywhere without unpickling')),
        ('rosinality', Format(('.pt', '.pth'), 'checkpoint of rosinality/stylegan2-pytorch')),
        ('ada-pytorch', Format(('.pt', '.pth'), 'state dicts for the modules of StyleGAN2-ADA for PyTorch')),
        ('frozen-graph', Format(('.pb',), 'the generator as one graph of standard TensorFlow ops')),
        ('saved-model', Format(('',), 'the same as a SavedModel folder')),
    ]
)
GRAPHS = ('frozen-graph', 'saved-model')


def check_target(source, target, target_format, overwrite=False):
    """Raise UserError unless a conversion may write to `target`.

    Args:
        source: File to be converted, or URL.
        target: File or folder to be written.
        target_format: Key of `FORMATS`.
        overwrite: Whether an older one may be replaced.
    """
    endings = FORMATS[target_format].endings
    if not target.endswith(endings):
        raise UserError(f'to-{target_format} writes {" or ".join(endings)}, got {target}{_suggest_command(target)}')
    folder = os.path.dirname(os.path.abspath(target))
    if not os.path.isdir(folder):
        raise UserFileNotFoundError(f'folder not found: {folder}')
    if not is_url(source) and os.path.exists(target) and os.path.realpath(source) == os.path.realpath(target):
        raise UserError(f'source and target are the same file: {target}')
    if os.path.exists(target) and not overwrite:
        raise UserError(f'{target} exists; give another name, or --overwrite')
    _check_replaceable(target, target_format)


def _check_replaceable(target, target_format):
    """Raise UserError if a folder is in the place of the file, or a folder would be lost that is no SavedModel."""
    if target_format == 'saved-model':
        check_name(target)
        if os.path.exists(target) and not os.path.isfile(os.path.join(target, 'saved_model.pb')):
            raise UserError(f'{target} is there and is no SavedModel, so it is not replaced; give another name')
    elif os.path.isdir(target):
        raise UserError(f'expected the name of a file to write, got the directory {target}')


def _suggest_command(target):
    """Return a hint on the sub-commands that write files with the ending of `target`."""
    ending = os.path.splitext(target)[1]
    names = [f'to-{name}' for name, entry in FORMATS.items() if ending and ending in entry.endings]
    return f'; for {ending} there is {" and ".join(names)}' if names else did_you_mean(ending, ['.pkl', '.npz', '.pb'])

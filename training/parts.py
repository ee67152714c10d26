# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which parts of networks are trained, and how fast: FreezeD and its relatives.

Sources: Mo et al., "Freeze the Discriminator", 2020 (arXiv:2002.10964); counting of layers: StyleGAN2-ADA
(arXiv:2006.06676). Needs no TensorFlow.
"""

import re

from dnnlib.util import UserError

TRAINED_PARTS = {'all': r'', 'mapping': r'G_mapping/', 'styles': r'G_synthesis/.*/mod_(weight|bias)$'}
"""What of a generator is trained -> beginning of the names of its variables."""

PARTS = {  # What can have a learning rate of its own -> network, beginning of the names of variables. Later ones win.
    'G': ('G', r''),
    'D': ('D', r''),
    'mapping': ('G', TRAINED_PARTS['mapping']),
    'synthesis': ('G', r'G_synthesis/'),
    'styles': ('G', TRAINED_PARTS['styles']),
}
_NEVER_FROZEN = r'(LabelEmbed|Mapping\d+|Output)(/|$)'  # What follows the features, or reads labels.


def list_layers(names):
    """Return the layers of a discriminator in the order from images to scores, as a list of lists of variables.

    Args:
        names: Local names of its trained variables, in the order in which they are made.
    """
    layers = {}
    for name in names:
        layer = re.sub('/PAGAN/.*', '/', name).rpartition('/')[0]
        if not re.match(_NEVER_FROZEN, layer):
            layers.setdefault(layer, []).append(name)
    return list(layers.items())


def count_layers(resolution_log2, architecture):
    """Return how many layers of a discriminator of StyleGAN2 can be frozen."""
    blocks = resolution_log2 - 2
    return {'resnet': 1 + 3 * blocks, 'skip': 1 + 3 * blocks, 'orig': 1 + 2 * blocks}[architecture] + 2


def list_lrate_gains(network, names, freezed=0, freezed_blocks=0, freezeg=0, train_g='all', lrate_mult=None):
    """Return name -> factor of the learning rate for the variables of a network; 0 for those that keep their values.

    Args:
        network: 'G' or 'D'.
        names: Local names of its trained variables, in the order in which they are made.
        freezed: Number of layers of D to freeze, from the images on.
        freezed_blocks: Number of blocks of D to freeze, from the images on, with all layers from RGB.
        freezeg: Number of blocks of G to freeze, from 4x4 on.
        train_g: What of G to train, a key of `TRAINED_PARTS`.
        lrate_mult: Key of `PARTS` -> factor of the learning rate.

    Raises:
        UserError: If there are fewer layers or blocks than are to be frozen.
    """
    gains = dict.fromkeys(names, 1.0)
    for part, gain in sorted((lrate_mult or {}).items(), key=lambda item: list(PARTS).index(item[0])):
        owner, pattern = PARTS[part]
        if owner == network:
            gains.update((name, gain) for name in names if re.match(pattern, name))
    if network == 'D':
        frozen = _list_frozen_in_D(list_layers(names), freezed, freezed_blocks)
    else:
        frozen = [name for name in names if not re.match(TRAINED_PARTS[train_g], name)]
        frozen += _list_frozen_in_G(names, freezeg)
    gains.update((name, 0.0) for name in frozen)
    return gains


def _list_frozen_in_D(layers, num_layers, num_blocks):
    """Return the variables of the first layers, and those of the first blocks."""
    if num_layers > len(layers):
        raise UserError(f'--freezed={num_layers}, but the discriminator has {len(layers)} layers to freeze')
    sizes = _list_sizes(layer for layer, _ in layers)
    frozen = [name for _, names in layers[:num_layers] for name in names]
    if num_blocks:
        _check_blocks('freezed-blocks', num_blocks, 'discriminator', sizes)
        first = tuple(f'{size}/' for size in sizes[:num_blocks])
        frozen += [name for layer, names in layers for name in names if layer.startswith(first) or 'FromRGB' in layer]
    return frozen


def _list_frozen_in_G(names, num_blocks):
    """Return the variables of the first blocks of the synthesis network."""
    parts = [name[len('G_synthesis/') :] for name in names if name.startswith('G_synthesis/')]
    sizes = _list_sizes(parts)
    if num_blocks:
        _check_blocks('freezeg', num_blocks, 'generator', sizes)
    first = tuple(f'G_synthesis/{size}/' for size in sizes[:num_blocks])
    return [name for name in names if first and name.startswith(first)]


def _list_sizes(names):
    """Return the sizes of blocks, such as `8x8`, in the order of the names of layers."""
    sizes = {}
    for name in names:
        match = re.match(r'\d+x\d+(?=/)', name)
        if match:
            sizes[match.group()] = None
    return list(sizes)


def _check_blocks(option, number, network, sizes):
    if number >= len(sizes):
        raise UserError(f'--{option}={number}, but the {network} has {len(sizes)} blocks, and one has to be trained')

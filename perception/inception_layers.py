# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The layers of the Inception-v3 of 2015-12-05, see `perception.inception`.

A stage is a layer or a block, a block a list of branches, a branch a list of layers, and a tuple inside a branch holds
layers that work side by side. Convolutions carry two names: the scope of the TensorFlow graph and the module of
pytorch-fid.
"""

import collections

Conv = collections.namedtuple('Conv', 'scope module kernel fmaps stride padding')
Pool = collections.namedtuple('Pool', 'type stride padding')
Block = collections.namedtuple('Block', 'scope module branches')

AVG_POOL, MAX_POOL = Pool('AVG', 1, 'SAME'), Pool('MAX', 1, 'SAME')
SHRINKING_POOL = Pool('MAX', 2, 'VALID')


def _conv(scope, module, kernel, fmaps, stride=1, padding='SAME'):
    return Conv(scope, module, kernel, fmaps, stride, padding)


def _tower(scope, module, sizes, shrink_to=None):
    """Return convolutions in a row, given their (height, width, fmaps), and perhaps one that halves the image."""
    convs = [((height, width), fmaps, 1, 'SAME') for height, width, fmaps in sizes]
    convs += [((3, 3), shrink_to, 2, 'VALID')] if shrink_to else []
    scopes = [scope] + [f'{scope}_{number}' for number in range(1, len(convs))]
    return [Conv(name, f'{module}_{number}', *conv) for number, (name, conv) in enumerate(zip(scopes, convs), start=1)]


def _fork(scope, module):
    """Return a flat and an upright convolution side by side."""
    return _conv(scope, module + 'a', (1, 3), 384), _conv(scope + '_1', module + 'b', (3, 1), 384)


def _block_a(scope, module, pool_fmaps):
    branches = [
        [_conv('conv', 'branch1x1', (1, 1), 64)],
        _tower('tower/conv', 'branch5x5', [(1, 1, 48), (5, 5, 64)]),
        _tower('tower_1/conv', 'branch3x3dbl', [(1, 1, 64), (3, 3, 96), (3, 3, 96)]),
        [AVG_POOL, _conv('tower_2/conv', 'branch_pool', (1, 1), pool_fmaps)],
    ]
    return Block(scope, module, branches)


def _block_b(scope, module):
    branches = [
        [_conv('conv', 'branch3x3', (3, 3), 384, 2, 'VALID')],
        _tower('tower/conv', 'branch3x3dbl', [(1, 1, 64), (3, 3, 96)], shrink_to=96),
        [SHRINKING_POOL],
    ]
    return Block(scope, module, branches)


def _block_c(scope, module, fmaps):
    long_tower = [(1, 1, fmaps), (7, 1, fmaps), (1, 7, fmaps), (7, 1, fmaps), (1, 7, 192)]
    branches = [
        [_conv('conv', 'branch1x1', (1, 1), 192)],
        _tower('tower/conv', 'branch7x7', [(1, 1, fmaps), (1, 7, fmaps), (7, 1, 192)]),
        _tower('tower_1/conv', 'branch7x7dbl', long_tower),
        [AVG_POOL, _conv('tower_2/conv', 'branch_pool', (1, 1), 192)],
    ]
    return Block(scope, module, branches)


def _block_d(scope, module):
    branches = [
        _tower('tower/conv', 'branch3x3', [(1, 1, 192)], shrink_to=320),
        _tower('tower_1/conv', 'branch7x7x3', [(1, 1, 192), (1, 7, 192), (7, 1, 192)], shrink_to=192),
        [SHRINKING_POOL],
    ]
    return Block(scope, module, branches)


def _block_e(scope, module, pool):
    short_tower = _tower('tower/conv', 'branch3x3', [(1, 1, 384)])
    long_tower = _tower('tower_1/conv', 'branch3x3dbl', [(1, 1, 448), (3, 3, 384)])
    branches = [
        [_conv('conv', 'branch1x1', (1, 1), 320)],
        short_tower + [_fork('tower/mixed/conv', 'branch3x3_2')],
        long_tower + [_fork('tower_1/mixed/conv', 'branch3x3dbl_3')],
        [pool, _conv('tower_2/conv', 'branch_pool', (1, 1), 192)],
    ]
    return Block(scope, module, branches)


STAGES = [
    _conv('conv', 'Conv2d_1a_3x3', (3, 3), 32, stride=2, padding='VALID'),
    _conv('conv_1', 'Conv2d_2a_3x3', (3, 3), 32, padding='VALID'),
    _conv('conv_2', 'Conv2d_2b_3x3', (3, 3), 64),
    SHRINKING_POOL,
    _conv('conv_3', 'Conv2d_3b_1x1', (1, 1), 80, padding='VALID'),
    _conv('conv_4', 'Conv2d_4a_3x3', (3, 3), 192, padding='VALID'),
    SHRINKING_POOL,
    _block_a('mixed', 'Mixed_5b', 32),
    _block_a('mixed_1', 'Mixed_5c', 64),
    _block_a('mixed_2', 'Mixed_5d', 64),
    _block_b('mixed_3', 'Mixed_6a'),
    _block_c('mixed_4', 'Mixed_6b', 128),
    _block_c('mixed_5', 'Mixed_6c', 160),
    _block_c('mixed_6', 'Mixed_6d', 160),
    _block_c('mixed_7', 'Mixed_6e', 192),
    _block_d('mixed_8', 'Mixed_7a'),
    _block_e('mixed_9', 'Mixed_7b', AVG_POOL),
    _block_e('mixed_10', 'Mixed_7c', MAX_POOL),
]


def walk_stages(x, ops, stages=None):
    """Send something through the network.

    Args:
        x: What goes in.
        ops: Object with `conv(x, scope, module, layer)`, `pool(x, layer)` and `concat(xs)`, each returning what comes
            out; with tensors this builds the graph, with numbers of channels it lists the convolutions.
        stages: Part of `STAGES`, or None for all.

    Returns:
        List of what comes out of each stage.
    """
    outputs = []
    for stage in STAGES if stages is None else stages:
        if isinstance(stage, Block):
            prefix = stage.scope + '/', stage.module + '.'
            x = ops.concat([_walk_branch(x, branch, ops, prefix) for branch in stage.branches])
        else:
            x = _walk_layer(x, stage, ops, ('', ''))
        outputs.append(x)
    return outputs


def _walk_branch(x, branch, ops, prefix):
    for layer in branch:
        x = _walk_layer(x, layer, ops, prefix)
    return x


def _walk_layer(x, layer, ops, prefix):
    if isinstance(layer, Conv):
        return ops.conv(x, prefix[0] + layer.scope, prefix[1] + layer.module, layer)
    if isinstance(layer, Pool):
        return ops.pool(x, layer)
    return ops.concat([_walk_layer(x, part, ops, prefix) for part in layer])


class _ConvList:
    """Ops on numbers of channels that note each convolution: (scope, module, kernel shape)."""

    def __init__(self):
        self.convs = []

    def conv(self, x, scope, module, layer):
        self.convs.append((scope, module, layer.kernel + (x, layer.fmaps)))  # [kkIO]
        return layer.fmaps

    def pool(self, x, layer):
        return x

    def concat(self, xs):
        return sum(xs)


def list_convs():
    """Return (TensorFlow scope, pytorch-fid module, kernel shape [kkIO]) of the 94 convolutions in order."""
    ops = _ConvList()
    walk_stages(3, ops)
    return ops.convs

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which parts of networks are trained, and how fast."""

import numpy as np
import pytest

from dnnlib import tflib
from dnnlib.util import UserError
from training import parts

NETWORKS = {
    'ada': ('training.networks_ada.D_main', {'mbstd_group_size': 2}),
    'stylegan2': ('training.networks_stylegan2.D_stylegan2', {}),
    'growing': ('training.networks_stylegan2.D_stylegan', {}),
}


def make_D(kind, resolution=64, **kwargs):
    func_name, more = NETWORKS[kind]
    return tflib.Network(
        'D', func_name, resolution=resolution, num_channels=3, fmap_base=8, fmap_max=2, **dict(more, **kwargs)
    )


def list_trained(net, **settings):
    gains = parts.list_lrate_gains('D', list(net.trainables), **settings)
    return {name.rpartition('/')[0] for name, gain in gains.items() if gain}


@pytest.mark.parametrize('kind', ['ada', 'stylegan2'])
def test_thirteen_layers_are_the_four_blocks_of_the_paper(session, kind):
    D = make_D(kind, resolution=256)
    last = {'4x4/Conv', '4x4/Dense0', 'Output'}
    expected = {f'{size}x{size}/{layer}' for size in (16, 8) for layer in ('Conv0', 'Conv1_down', 'Skip')} | last
    assert list_trained(D, freezed=13) == list_trained(D, freezed_blocks=4) == expected
    assert list_trained(D, freezed=10) - expected == {'32x32/Conv0', '32x32/Conv1_down', '32x32/Skip'}
    assert list_trained(D) == {name.rpartition('/')[0] for name in D.trainables}
    assert list_trained(D, freezed=1) == list_trained(D) - {'256x256/FromRGB'}


@pytest.mark.parametrize('architecture', ['resnet', 'skip', 'orig'])
@pytest.mark.parametrize('resolution_log2', [2, 5])
def test_layers_are_counted_without_a_network(session, architecture, resolution_log2):
    D = make_D('ada', 2**resolution_log2, architecture=architecture)
    count = parts.count_layers(resolution_log2, architecture)
    assert len(parts.list_layers(list(D.trainables))) == count
    assert list_trained(D, freezed=count) == {'Output'}
    with pytest.raises(UserError, match=f'--freezed={count + 1}, but the discriminator has {count} layers to freeze$'):
        list_trained(D, freezed=count + 1)


def test_layers_from_images_of_all_sizes_are_frozen_with_blocks(session):
    trained = list_trained(make_D('growing', 16), freezed_blocks=1)
    assert trained == {'8x8/Conv0', '8x8/Conv1_down', '4x4/Conv', '4x4/Dense0', 'Output'}
    trained = list_trained(make_D('ada', 16, architecture='skip'), freezed_blocks=1)
    assert trained == {'8x8/Conv0', '8x8/Conv1_down', '4x4/Conv', '4x4/Dense0', 'Output'}


def test_what_reads_labels_is_always_trained(session):
    D = make_D('ada', 8, label_size=3, mapping_layers=1)
    assert list_trained(D, freezed=6) == {'LabelEmbed', 'Mapping0', 'Output'}


NAMES = [
    'G_synthesis/4x4/Const/const',
    'G_synthesis/4x4/Conv/weight',
    'G_synthesis/4x4/Conv/mod_weight',
    'G_synthesis/8x8/Conv0_up/weight',
    'G_synthesis/8x8/ToRGB/mod_bias',
    'G_mapping/Dense0/weight',
]


@pytest.mark.parametrize(
    'settings, expected',
    [
        ({}, [1, 1, 1, 1, 1, 1]),
        ({'freezeg': 1}, [0, 0, 0, 1, 1, 1]),
        ({'train_g': 'mapping'}, [0, 0, 0, 0, 0, 1]),
        ({'train_g': 'styles'}, [0, 0, 1, 0, 1, 0]),
        ({'train_g': 'styles', 'freezeg': 1}, [0, 0, 0, 0, 1, 0]),
        ({'lrate_mult': {'styles': 3, 'G': 0.5, 'D': 9}}, [0.5, 0.5, 3, 0.5, 3, 0.5]),
        ({'lrate_mult': {'synthesis': 0, 'mapping': 0.1}}, [0, 0, 0, 0, 0, 0.1]),
    ],
)
def test_parts_of_the_generator_have_their_factors(settings, expected):
    gains = parts.list_lrate_gains('G', NAMES, **settings)
    assert np.array_equal([gains[name] for name in NAMES], expected)


@pytest.mark.parametrize(
    'network, settings, message',
    [
        ('G', {'freezeg': 2}, '--freezeg=2, but the generator has 2 blocks, and one has to be trained$'),
        (
            'D',
            {'freezed_blocks': 3},
            '--freezed-blocks=3, but the discriminator has 2 blocks, and one has to be',
        ),
    ],
)
def test_one_block_has_to_be_trained(network, settings, message):
    names = NAMES if network == 'G' else ['8x8/FromRGB/weight', '8x8/Conv0/weight', '4x4/Conv/weight', 'Output/weight']
    with pytest.raises(UserError, match=message):
        parts.list_lrate_gains(network, names, **settings)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The table of metrics against those of the official code."""

import inspect

import pytest

from dnnlib import util
from metrics.metric_defaults import format_table, metric_defaults

PPL = {'func_name': 'metrics.perceptual_path_length.PPL', 'epsilon': 1e-4, 'minibatch_per_gpu': 4}
PR = {'nhood_size': 3, 'minibatch_per_gpu': 8, 'row_batch_size': 10000, 'col_batch_size': 10000}

OFFICIAL = {
    'fid50k': {'func_name': 'metrics.frechet_inception_distance.FID', 'num_images': 50000, 'minibatch_per_gpu': 8},
    'is50k': {
        'func_name': 'metrics.inception_score.IS',
        'num_images': 50000,
        'num_splits': 10,
        'minibatch_per_gpu': 8,
    },
    'ppl_zfull': dict(PPL, num_samples=50000, space='z', sampling='full', crop=True),
    'ppl_wfull': dict(PPL, num_samples=50000, space='w', sampling='full', crop=True),
    'ppl_zend': dict(PPL, num_samples=50000, space='z', sampling='end', crop=True),
    'ppl_wend': dict(PPL, num_samples=50000, space='w', sampling='end', crop=True),
    'ppl2_wend': dict(PPL, num_samples=50000, space='w', sampling='end', crop=False),
    'ls': {
        'func_name': 'metrics.linear_separability.LS',
        'num_samples': 200000,
        'num_keep': 100000,
        'attrib_indices': list(range(40)),
        'minibatch_per_gpu': 4,
    },
    'pr50k3': dict(PR, func_name='metrics.precision_recall.PR', num_images=50000),
}


@pytest.mark.parametrize('name', sorted(OFFICIAL))
def test_metrics_of_stylegan2_are_the_official_ones(name):
    assert metric_defaults[name] == dict(OFFICIAL[name], name=name)


@pytest.mark.parametrize('name, max_reals', [('fid50k', None), ('kid50k', 1000000), ('pr50k3', 200000)])
def test_full_variants_take_all_real_pictures_up_to_a_limit(name, max_reals):
    full = dict(metric_defaults[name + '_full'])
    assert full.pop('all_reals') is True and full.pop('max_reals', None) == max_reals
    assert dict(full, name=name) == metric_defaults[name]


def test_every_other_metric_says_that_it_is_not_comparable():
    published = set(OFFICIAL) | {'kid50k', 'fid50k_full', 'kid50k_full', 'pr50k3_full'}
    for name, kwargs in metric_defaults.items():
        assert kwargs.name == name
        assert ('remark' in kwargs) == (name not in published)
    assert metric_defaults.fid2k.remark == 'not comparable with fid50k' and metric_defaults.fid2k.num_images == 2000
    assert metric_defaults.devfid2k.features == 'squeezenet' and metric_defaults.devfid2k.num_images == 2000


def test_arguments_are_those_of_the_classes():
    for kwargs in metric_defaults.values():
        known = set()
        for cls in inspect.getmro(util.get_obj_by_name(kwargs.func_name))[:-1]:
            known |= set(inspect.signature(cls.__init__).parameters)
        assert set(kwargs) - {'func_name'} <= known


def test_printed_table_has_a_line_for_each():
    lines = format_table().splitlines()
    assert [line.split()[0] for line in lines] == list(metric_defaults)
    (line,) = [line for line in lines if line.startswith('fid5k ')]
    assert line.endswith('like fid50k, 5000 samples; not comparable with fid50k')

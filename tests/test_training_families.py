# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots of the official programs: which family they are of, and with which keywords their networks are built."""

import io
import time

import numpy as np
import pickled_networks
import pytest
from pickled_networks import FAMILIES, POISON, SIZE

from dnnlib import tflib, util
from dnnlib.tflib import network
from dnnlib.tflib.snapshots import families, keywords, pickling
from dnnlib.util import UserError
from training import families as training_families
from training import misc, snapshots

STYLEGAN, STYLEGAN2, ADA = ('training.networks_' + name for name in ('stylegan', 'stylegan2', 'ada'))

# Made-up sources with the functions and some of the default values of the official ones. None is ever executed.
SOURCES = {
    STYLEGAN: POISON
    + 'def G_style(latents_in, labels_in, truncation_psi=0.7, truncation_cutoff=8, **kwargs): pass\n'
    + 'def G_mapping(latents_in, labels_in): pass\ndef G_synthesis(dlatents_in): pass\ndef D_basic(images_in): pass\n',
    STYLEGAN2: POISON
    + 'def G_main(latents_in, labels_in): pass\ndef G_mapping(latents_in): pass\n'
    + 'def G_synthesis_stylegan2(dlatents_in): pass\ndef D_stylegan2(images_in, labels_in): pass\n',
    ADA: POISON
    + 'def G_main(latents_in, labels_in): pass\ndef G_mapping(latents_in): pass\n'
    + 'def G_synthesis(dlatents_in): pass\ndef D_main(images_in, labels_in): pass\n',
}


def read(data):
    return network.build_networks(pickling.load(io.BytesIO(data), name='some.pkl'))


@pytest.mark.parametrize('name', sorted(FAMILIES))
def test_official_snapshots_of_every_family_open_with_the_functions_of_that_family(session, name):
    networks = pickled_networks.make_networks(name)
    module = FAMILIES[name].module
    copies = read(pickled_networks.dump_official(networks, FAMILIES[name].version, SOURCES[module]))
    pickled_networks.assert_same_networks(networks, copies)
    for net in [*copies, *copies[0].components.values()]:
        assert net._build_func.__module__ == module
        assert not {'min_h', 'min_w'} & set(net.static_kwargs)


def test_config_a_of_stylegan2_has_networks_of_stylegan_with_the_version_of_stylegan2(session):
    networks = pickling.load(io.BytesIO(pickled_networks.dump_family('stylegan', SOURCES[STYLEGAN])))
    networks[1].state['version'] = 4
    assert network.build_networks(networks[1])._build_func.__module__ == STYLEGAN


def make_state(name, version, variables=(), source=''):
    variables = [(key, 0.0) for key in variables]
    return {'build_func_name': name, 'version': version, 'variables': variables, 'build_module_src': source}


@pytest.mark.parametrize(
    'func_name, version, variables, source, expected',
    [
        ('G_style', 3, [], '', STYLEGAN),
        ('D_basic', 4, [], '', STYLEGAN),
        ('G_main', 4, ['lod', 'dlatent_avg'], '', STYLEGAN2),
        ('G_main', 4, ['dlatent_avg'], '', ADA),
        ('G_main', 5, ['lod'], '', ADA),
        ('G_main', 4, ['lod'], 'def D_main(images_in):\n', ADA),
        ('D_stylegan2', 4, [], '', STYLEGAN2),
        ('D_stylegan', 2, [], '', STYLEGAN2),
        ('D_main', 5, [], '', ADA),
        ('G_synthesis', 3, ['4x4/Const/StyleMod/weight'], '', STYLEGAN),
        ('G_synthesis', 5, ['4x4/Conv/StyleMod/weight'], '', STYLEGAN),
        ('G_synthesis', 4, ['4x4/Const/const'], '', ADA),
        ('G_synthesis_stylegan2', 4, [], '', STYLEGAN2),
        ('G_synthesis_stylegan_revised', 4, [], '', STYLEGAN2),
        ('G_mapping', 4, ['LabelEmbed/weight'], '', ADA),
        ('G_mapping', 4, [], SOURCES[ADA], ADA),
        ('G_mapping', 4, [], SOURCES[STYLEGAN], STYLEGAN),
        ('G_mapping', 3, [], SOURCES[STYLEGAN2], STYLEGAN2),
        ('G_mapping', 4, [], '', STYLEGAN2),
        ('G_mapping', 5, [], '', ADA),
        ('G_mapping', 3, [], '', STYLEGAN),
        ('G_mapping', 2, [], '', STYLEGAN),
        ('something', 4, [], '', None),
    ],
)
def test_family_follows_from_function_version_variables_and_source(func_name, version, variables, source, expected):
    family = families.find_family(make_state(func_name, version, variables, source))
    assert (family and family.module) == expected


# ---------------------------------------------------------------------------- default values


TINY_DEFAULTS = """
def G_main(
    latents_in,                                         # First input: Latents [minibatch, latent_size]; ignore ( and ,
    labels_in,
    truncation_psi          = 0.25,                     # 0.5 in ours.
    mapping_func            = 'G_mapping',
    synthesis_func          = 'G_synthesis_stylegan2',
    **kwargs):
    return None

def G_mapping(latents_in, labels_in, latent_size=4, dlatent_size=4, mapping_layers=2, mapping_fmaps=1 << 2, **_kwargs):
    pass

def G_synthesis_stylegan2(dlatents_in, dlatent_size=4, resolution=1 << 3, fmap_base=16, fmap_max=4,
    resample_kernel=[1, 3, 3, 1], dtype='float32', spread=open('executed', 'w'), **_kwargs):
    pass

def D_stylegan2(images_in, labels_in, resolution=8, fmap_base=16, fmap_max=4, mbstd_group_size=2, **_kwargs):
    pass
"""


def test_keywords_that_a_file_lacks_come_from_the_defaults_of_its_source(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    networks = pickled_networks.make_networks()
    saved = {'num_channels', 'label_size', 'dlatent_broadcast'}
    drop = set(SIZE) | set(pickled_networks.LATENT) | {'mbstd_group_size'}
    data = pickled_networks.dump_official(networks, 4, POISON + TINY_DEFAULTS, drop - saved)
    copies = read(data)
    expected = dict(SIZE, **pickled_networks.LATENT, truncation_psi=0.25)
    assert copies[0].static_kwargs == expected
    assert copies[1].static_kwargs == dict(SIZE, mbstd_group_size=2)
    images = networks[0].run(pickled_networks.LATENTS, None, randomize_noise=False, truncation_psi=0.25)
    np.testing.assert_array_equal(copies[0].run(pickled_networks.LATENTS, None, randomize_noise=False), images)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    'family, func_name, expected',
    [
        (STYLEGAN, 'G_style', {'truncation_psi': 0.7, 'truncation_cutoff': 8, 'style_mixing_prob': 0.9}),
        (STYLEGAN, 'G_mapping', {'mapping_fmaps': 512, 'mapping_lrmul': 0.01, 'latent_size': 512}),
        (STYLEGAN, 'G_synthesis', {'fmap_base': 8192, 'use_instance_norm': True, 'fused_scale': 'auto'}),
        (STYLEGAN, 'D_basic', {'num_channels': 1, 'resolution': 32, 'fmap_base': 8192, 'mbstd_group_size': 4}),
        (STYLEGAN2, 'G_main', {'truncation_psi': 0.5, 'truncation_cutoff': None}),
        (STYLEGAN2, 'G_mapping', {'mapping_fmaps': 512}),
        (STYLEGAN2, 'G_synthesis_stylegan2', {'fmap_base': 16384, 'architecture': 'skip', 'fused_modconv': True}),
        (STYLEGAN2, 'G_synthesis_stylegan_revised', {'fmap_base': 16384, 'structure': 'auto'}),
        (STYLEGAN2, 'D_stylegan2', {'architecture': 'resnet', 'mbstd_group_size': 4, 'resolution': 1024}),
        (STYLEGAN2, 'D_stylegan', {'mbstd_group_size': 4, 'structure': 'auto'}),
        (ADA, 'G_main', {'truncation_psi': 0.5, 'synthesis_func': 'G_synthesis'}),
        (ADA, 'G_mapping', {'mapping_fmaps': None, 'label_fmaps': None}),
        (ADA, 'G_synthesis', {'fmap_base': 16384, 'num_fp16_res': 0, 'conv_clamp': None, 'fused_modconv': False}),
        (ADA, 'D_main', {'mbstd_group_size': None, 'mapping_layers': 0, 'mapping_lrmul': 0.1, 'num_channels': 3}),
    ],
)
def test_families_have_the_official_defaults_where_they_differ(family, func_name, expected):
    state = dict(make_state(func_name, 4), name='net', static_kwargs={})
    state['components'] = {'mapping': None} if func_name in ('G_main', 'G_style') else {}
    func, kwargs = families.find_build_func(state, family)
    defaults = families.get_defaults(func)
    assert kwargs == {}
    assert {name: defaults[name] for name in expected} == expected


# ---------------------------------------------------------------------------- image sizes


@pytest.mark.parametrize('name', ['stylegan2', 'ada'])
def test_size_of_the_constant_tells_pictures_that_are_no_squares(session, tmp_path, name):
    networks = pickled_networks.make_networks(name, min_h=3, min_w=5)
    source = SOURCES[FAMILIES[name].module]
    data = pickled_networks.dump_official(networks[::2], FAMILIES[name].version, source, drop=['min_h', 'min_w'])
    for net, copy in zip(networks[::2], read(data)):
        assert copy.output_shape == [None, 3, 6, 10]
        options = {'randomize_noise': False}
        images = [some.run(pickled_networks.LATENTS, None, **options) for some in (net, copy)]
        np.testing.assert_array_equal(*images)
    path = str(tmp_path / 'net.pkl')
    misc.save_pkl(networks, path)
    assert snapshots.open_snapshot(path).describe().image_shape == [3, 6, 10]


# ---------------------------------------------------------------------------- what is saved


def test_what_other_readers_have_other_defaults_for_is_saved_in_any_case(session):
    G = tflib.Network(
        'G', 'training.networks_stylegan2.G_main', latent_size=4, dlatent_size=8, mapping_layers=1, **SIZE
    )
    D = tflib.Network('D', 'training.networks_stylegan2.D_stylegan2', **SIZE)
    G.static_kwargs.fused_modconv = True  # Other readers refuse it.
    assert 'fused_modconv' not in G.__getstate__()['static_kwargs']
    assert G.__getstate__()['static_kwargs']['mapping_fmaps'] == 512
    saved = D.__getstate__()['static_kwargs']
    assert saved == dict(SIZE, mbstd_group_size=4)


def test_networks_of_others_are_saved_with_the_keywords_that_they_have():
    assert families.make_saved_kwargs(make_state, {'impl': 1}) == {'impl': 1}


# ---------------------------------------------------------------------------- keywords that make no sense


G_MAIN = util.get_obj_by_name(STYLEGAN2 + '.G_main')
D_MAIN = util.get_obj_by_name(STYLEGAN2 + '.D_stylegan2')
MAPPING = util.get_obj_by_name(STYLEGAN2 + '.G_mapping')


@pytest.mark.parametrize(
    'func, kwargs, message',
    [
        (D_MAIN, {'resolution': 1 << 20}, 'resolution must be a number up to 65536, got 1048576'),
        (D_MAIN, {'resolution': '1024'}, "resolution must be a number, got '1024'"),
        (D_MAIN, {'fmap_base': 1e12}, 'fmap_base must be a number up to 1073741824, got 1000000000000.0'),
        (D_MAIN, {'fmap_base': float('nan')}, 'fmap_base must be a number up to 1073741824, got nan'),
        (D_MAIN, {'fmap_max': -(10**300)}, r'fmap_max must be a number up to 1073741824, got -1000.*\.\.\.$'),
        (D_MAIN, {'architecture': 3}, 'architecture must be a text, got 3'),
        (D_MAIN, {'resample_kernel': [1] * 65}, 'resample_kernel must be up to 64 numbers'),
        (D_MAIN, {'resample_kernel': [[1, 2], [3, 4]]}, 'resample_kernel must be up to 64 numbers'),
        (D_MAIN, {'resample_kernel': 'xyz'}, 'resample_kernel must be a number'),
        (D_MAIN, {'unknown': {'a': 1}}, 'unknown must be up to 64 numbers'),
        (MAPPING, {'mapping_layers': 10**9}, 'mapping_layers must be a number up to 100'),
        (G_MAIN, {'mapping_layers': 10**9}, 'mapping_layers must be a number up to 100'),
        (G_MAIN, {'truncation_psi': float('inf')}, 'truncation_psi must be a number'),
    ],
)
def test_keywords_of_a_wrong_kind_or_size_are_named(func, kwargs, message):
    with pytest.raises(UserError, match='network net cannot be built with its saved keywords: ' + message):
        keywords.check_keywords('net', func, kwargs, training_families.STYLEGAN2.maxima)


def test_keywords_of_official_networks_are_accepted():
    kwargs = {'resolution': 1024, 'fmap_base': 16 << 10, 'resample_kernel': [1, 3, 3, 1], 'mbstd_group_size': None}
    kwargs.update(architecture='skip', use_wscale=True, dtype='float16')
    keywords.check_keywords('D', D_MAIN, kwargs, training_families.STYLEGAN2.maxima)


@pytest.mark.parametrize(
    'name, kwargs',
    [
        ('stylegan2', {'resolution': 65536}),
        ('stylegan2', {'fmap_base': 1 << 30, 'fmap_max': 1 << 30}),
        ('stylegan2', {'fmap_max': -5}),
        ('stylegan2', {'mapping_func': 'tflib'}),
        ('stylegan2', {'dtype': 'no such type'}),
        ('stylegan2', {'nonlinearity': 'no such function'}),
        ('stylegan2', {'architecture': 'no such architecture'}),
        ('stylegan2', {'label_size': 1 << 30}),
        ('stylegan2', {'num_channels': 0}),
        ('stylegan', {'resolution': 65536, 'fused_scale': True}),
        ('stylegan', {'structure': 'no such structure'}),
        ('ada', {'resolution': 65536, 'num_fp16_res': 100, 'mapping_layers': 100}),
        ('ada', {'pagan_num': 1000, 'use_pagan': True}),
        ('ada', {'mbstd_num_features': 0.5}),
    ],
)
def test_networks_that_their_file_does_not_contain_end_in_one_error_at_once(session, name, kwargs):
    data = pickled_networks.dump_family(name, SOURCES[FAMILIES[name].module])
    networks = pickling.load(io.BytesIO(data))
    for net in networks:
        for part in [net, *net.state['components'].values()]:
            part.state['static_kwargs'].update(kwargs)
    begin = time.process_time()
    with pytest.raises(UserError, match='do not fit|cannot be built|components of') as caught:
        network.build_networks(networks)
    assert '\n' not in str(caught.value) and len(str(caught.value)) < 1000
    assert time.process_time() - begin < 10


@pytest.mark.parametrize('func_name', ['networks_stylegan.G_style', 'networks_stylegan2.G_main', 'networks_ada.G_main'])
def test_generators_of_every_family_are_described(func_name):
    module, name = func_name.split('.')
    family = families.get_family('training.' + module)
    described = family.describe(family.get_func(name), {'resolution': 64, 'label_size': 3})
    assert (described.image_shape, described.label_size, described.num_layers) == ([3, 64, 64], 3, 10)
    described = family.describe(family.get_func(name), {'resolution': 64})
    assert (described.image_shape, described.label_size) == ([3, 64, 64], 0)

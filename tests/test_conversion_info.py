# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What is told about files: kinds, configurations, sizes, and what is odd."""

import io
import os
import zipfile

import numpy as np
import pytest
from reference import random_networks

from conversion import configuration, info, network_remarks, reading, states
from dnnlib.tflib.snapshots import network_state
from dnnlib.util import EasyDict, UserError, UserFileNotFoundError

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')


def make_zip(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w') as archive:
        for name in names:
            archive.writestr(name, b'x')
    return file.getvalue()


@pytest.mark.parametrize(
    'content, kind',
    [
        (b'', 'empty file'),
        (b'\n<!DOCTYPE html><html><title>Quota exceeded</title>', 'web page'),
        (b'version https://git-lfs.github.com/spec/v1\noid sha256:1', 'git-lfs pointer'),
        (b'\x1f\x8b\x08', 'gzip archive'),
        (b'\x89PNG\r\n', 'PNG picture'),
        (b'\x93NUMPY\x01', 'single NumPy array'),
        (b'PK\x03\x04cut', 'damaged zip archive'),
        (make_zip('archive/data.pkl', 'archive/data/0'), reading.TORCH),
        (make_zip('a.npy', 'b/c.npy'), reading.NPZ),
        (make_zip('00000/img.png', 'dataset.json'), 'zip archive of pictures'),
        (make_zip('readme.txt'), 'zip archive; unpack'),
        (b'\x80\x04K\x01.', reading.SNAPSHOT),
        (b'\x80\x04 torch_utils.persistence _reconstruct_persistent_obj', reading.ADA_PICKLE),
        (b'something', 'file of an unknown kind'),
    ],
)
def test_kind_is_told_by_content(content, kind):
    assert reading.detect_kind(content).startswith(kind)


def test_legacy_pytorch_file_is_told_by_content():
    with open(os.path.join(DATA_DIR, 'torch_legacy.pth'), 'rb') as file:
        assert reading.detect_kind(file.read()) == reading.TORCH


def test_file_that_holds_no_networks_is_described_nonetheless(tmp_path):
    (tmp_path / 'network.pkl').write_bytes(b'<html><body>Not Found</body></html>')
    lines = info.describe_file(str(tmp_path / 'network.pkl'))
    assert lines[1].split(None, 1)[1].startswith('web page, as servers send') and lines[2].endswith('none')


def test_missing_and_damaged_files_are_refused(tmp_path):
    with pytest.raises(UserFileNotFoundError, match='file not found'):
        info.describe_file(str(tmp_path / 'none.pkl'))
    (tmp_path / 'cut.pkl').write_bytes(b'\x80\x04K')
    with pytest.raises(UserError, match='cut.pkl is not a network snapshot, or is damaged'):
        info.describe_file(str(tmp_path / 'cut.pkl'))


def describe(path):
    """Return the description as dict title -> list of texts."""
    rows = {}
    for line in info.describe_file(path):
        rows.setdefault(line[:15].strip(' :'), []).append(line[15:])
    return rows


def test_sizes_of_a_snapshot_are_told():
    rows = describe(random_networks.SNAPSHOT)
    assert rows['kind'] == ['TensorFlow snapshot, version 4'] and rows['family'] == ['StyleGAN2']
    assert rows['resolution'] == ['8 x 8 pixels, 3 channels'] and rows['labels'] == ['none']
    assert rows['latents'] == ['z 8, w 8 for 4 layers'] and rows['mapping'] == ['2 layers, 8 features']
    assert rows['feature maps'] == ['32 / size, at most 6'] and rows['odd'] == ['nothing']
    # Mapping 2(8*8+8); constant 6*16; convolutions with modulation, noise and bias; two ToRGB.
    layers = (9 * 36 + 9 * 6 + 1 + 6) + (9 * 24 + 9 * 6 + 1 + 4) + (9 * 16 + 9 * 4 + 1 + 4)
    trainable = 144 + 96 + layers + (6 * 3 + 9 * 6 + 3) + (4 * 3 + 9 * 4 + 3)
    assert f'{trainable:,} trainable parameters, {trainable + 16 + 64 + 64 + 1 + 8:,} numbers' in rows['Gs'][0]


def test_pickle_of_pytorch_is_described_like_a_snapshot():
    rows = describe(os.path.join(DATA_DIR, 'ada_pytorch.pkl'))
    assert rows['kind'] == ['snapshot of StyleGAN2-ADA for PyTorch'] and rows['family'] == ['StyleGAN2-ADA']
    assert rows['labels'] == ['3'] and rows['dlatent_avg'][0].startswith('present')


def read_random(name='Gs'):
    net = reading.read_networks(random_networks.SNAPSHOT).networks[name]
    net.state = network_state.check_state(net.state)
    return net


def list_remarks(**networks):
    resolved = {name: states.ResolvedNetwork(net) for name, net in networks.items()}
    return network_remarks.list_remarks(networks, resolved)


def test_missing_networks_are_odd():
    assert list_remarks(Gs=read_random()) == ['it lacks G and D']


def test_values_that_are_odd_are_told():
    net = read_random()
    net.state['variables'] = [('lod', np.float32(0)), ('dlatent_avg', np.zeros(8, np.float64))]
    synthesis = net.state['components']['synthesis']
    values = dict(network_state.check_state(synthesis.state)['variables'])
    values['8x8/Conv1/bias'] = np.array([1, np.nan, np.inf, 2], np.float32)
    synthesis.state = dict(synthesis.state, variables=list(values.items()))
    remarks = '\n'.join(list_remarks(Gs=net))
    assert 'Gs: 1 variables have values that are no finite numbers: synthesis/8x8/Conv1/bias' in remarks
    assert 'dlatent_avg is all zeros' in remarks and 'values of type float64 instead of float32' in remarks


def test_keywords_sources_and_sizes_that_are_odd_are_told():
    net, D = read_random(), read_random('D')
    net.state['static_kwargs'] = dict(net.state['static_kwargs'], secret=1, fmap_decay=1.0)
    net.state['build_module_src'] = '# Copyright (c) 2019, NVIDIA Corporation.\ndef f():\n    pass\n'
    D.state['static_kwargs'] = dict(D.state['static_kwargs'], resolution=16)
    D.state['build_module_src'] = 'import os\n'
    remarks = '\n'.join(list_remarks(Gs=net, D=D))
    assert 'Gs: unusual keywords secret, which have no effect' in remarks
    assert 'Gs: legacy.py of StyleGAN2-ADA for PyTorch refuses the keywords' in remarks and 'fmap_decay' in remarks
    assert 'Gs: it carries the official source text of 3 lines, which is not executed' in remarks
    assert 'D: it carries a foreign source text of 1 lines' in remarks
    assert 'resolution differs: Gs 8, D 16' in remarks


def test_constant_of_another_shape_is_odd():
    net = read_random()
    synthesis = net.state['components']['synthesis']
    values = dict(network_state.check_state(synthesis.state)['variables'])
    values['4x4/Const/const'] = np.ones([1, 6, 3, 5], np.float32)
    synthesis.state = dict(synthesis.state, variables=list(values.items()))
    assert 'Gs: its constant has 5 x 3 pixels instead of 4 x 4' in list_remarks(Gs=net)


def test_network_of_an_unknown_family_is_listed_with_the_reason(tmp_path):
    net = read_random()
    net.state['build_func_name'] = 'G_paper'
    resolved, remarks = info._resolve({'Gs': net})
    assert not resolved and 'Progressive GAN, which is not supported' in remarks[0]
    assert info._describe_unknown('Gs', net)[0].startswith('Gs:            G_paper; ')


def guess(version=4, D=None, **G):
    G = dict({'fmap_base': 16384, 'fmap_max': 512, 'mapping_layers': 8, 'architecture': 'skip'}, **G)
    synthesis = EasyDict(func=EasyDict(__name__=G.pop('synthesis_func', 'G_synthesis_stylegan2')))
    generator = EasyDict(version=version, kwargs=dict({'resolution': 256}, **G), components={'synthesis': synthesis})
    networks = {'Gs': generator}
    if D is not None:
        networks['D'] = EasyDict(kwargs=D)
    return configuration.guess_configuration(networks)


@pytest.mark.parametrize(
    'expected, arguments',
    [
        ('config-f', {}),
        ('config-e', {'fmap_base': 8192}),
        ('config-e-Gorig-Dskip', {'fmap_base': 8192, 'architecture': 'orig', 'D': {'architecture': 'skip'}}),
        ('config-b, config-c or config-d', {'fmap_base': 8192, 'synthesis_func': 'G_synthesis_stylegan_revised'}),
        ('config-a', {'version': 3, 'fmap_base': 8192}),
        ('none', {'fmap_base': 4096}),
        ('none', {'latent_size': 64}),
        ('auto', {'version': 5, 'fmap_base': 8192, 'mapping_layers': 2, 'D': {'mbstd_group_size': 4}}),
        ('auto or cifar', {'version': 5, 'fmap_base': 8192, 'mapping_layers': 2}),
        ('paper256', {'version': 5, 'fmap_base': 8192, 'D': {'mbstd_group_size': 8, 'architecture': 'resnet'}}),
        ('stylegan2', {'version': 5, 'D': {'mbstd_group_size': 4, 'architecture': 'resnet'}}),
        ('stylegan2 or paper1024', {'version': 5, 'resolution': 1024, 'D': {'mbstd_group_size': 4}}),
    ],
)
def test_configuration_is_guessed_from_the_published_tables(expected, arguments):
    assert guess(**arguments).startswith(expected)

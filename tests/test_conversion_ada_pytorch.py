# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""A pickle that PyTorch wrote in the form of StyleGAN2-ADA, files that try something else, and state dicts.

`tests/reference/make_ada_pickle.py` made the pickle, and computed what its networks give.
"""

import os
import pickle

import numpy as np
import pickled_calls
import pytest
from reference import random_networks, torch_networks

from conversion import ada_pickle, ada_pytorch, converter, reading, states
from dnnlib import torch_file
from dnnlib.util import UserError
from training import snapshots

DATA_DIR = os.path.join(os.path.dirname(__file__), 'data')
PICKLE = os.path.join(DATA_DIR, 'ada_pytorch.pkl')


def read_bytes(path):
    with open(str(path), 'rb') as file:
        return file.read()


@pytest.fixture(scope='module')
def state_dicts(tmp_path_factory):
    path = str(tmp_path_factory.mktemp('ada') / 'network.pt')
    converter.convert(PICKLE, path, 'ada-pytorch', names=['D', 'Gs'], report=lambda line: None)
    return path


def check_outputs(path):
    """Compare what the networks of a file give with what PyTorch would give."""
    with np.load(os.path.join(DATA_DIR, 'ada_pytorch.npz')) as expected:
        expected = dict(expected)
    images, scores = random_networks.run_file(path, expected['z'], expected['c'], expected['images'])
    np.testing.assert_allclose(images, expected['images'], atol=1e-5)
    np.testing.assert_allclose(scores, expected['scores'], atol=1e-5)


# ----------------------------------------------------------------------------
# Pickles.


def test_networks_of_a_pickle_draw_and_score_as_in_pytorch():
    check_outputs(PICKLE)


def test_settings_are_carried_over():
    networks = reading.read_networks(PICKLE).networks
    assert list(networks) == ['G', 'D', 'Gs']
    kwargs = networks['Gs'].state['static_kwargs']
    assert (kwargs['num_fp16_res'], kwargs['conv_clamp'], kwargs['label_size']) == (1, 2.0, 3)
    assert (kwargs['latent_size'], kwargs['dlatent_size'], kwargs['mapping_layers']) == (5, 6, 2)
    kwargs = networks['D'].state['static_kwargs']
    assert (kwargs['mbstd_group_size'], kwargs['mapping_lrmul'], kwargs['architecture']) == (2, 0.01, 'resnet')


def test_tensors_are_found_under_their_names_in_pytorch():
    snapshot = ada_pickle.load_ada_pickle(read_bytes(PICKLE), 'file')
    tensors = snapshot['G_ema'].tensors()
    assert tensors['synthesis.b8.conv0.weight'].shape == (4, 6, 3, 3)
    assert tensors['synthesis.b8.conv0.noise_strength'] == np.float32(0.5)
    assert snapshot['training_set_kwargs'] == {'path': 'pictures.zip', 'use_labels': True}
    assert snapshot['G'].class_name == 'Generator' and snapshot['G'].get('synthesis.b8.use_fp16') is True
    assert snapshot['G'].get('synthesis.b8.nothing') is None and snapshot['G'].get('a.b', 3) == 3


def write_hostile(path, obj):
    """Write a pickle that looks like one of StyleGAN2-ADA."""
    path.write_bytes(pickle.dumps({'note': '_reconstruct_persistent_obj', 'G': obj}, protocol=2))


@pytest.mark.parametrize('func, args', [(os.system, ('touch {}',)), (eval, ('open("{}", "w")',)), (os.mkdir, ('{}',))])
def test_nothing_in_a_file_is_executed(func, args, tmp_path):
    victim = tmp_path / 'victim'
    write_hostile(tmp_path / 'hostile.pkl', pickled_calls.Call(func, *[arg.format(victim) for arg in args]))
    with pytest.raises(UserError, match='which no such snapshot needs, so it is not opened'):
        reading.read_networks(str(tmp_path / 'hostile.pkl'))
    assert not victim.exists()


def make_pickle(*lines):
    """Return a pickle of protocol 0 given as its opcodes."""
    return b'\x80\x02' + b''.join(lines)


RECONSTRUCT = b'ctorch_utils.persistence\n_reconstruct_persistent_obj\n'
LAUGHS = b')' + b'2\x86' * 60  # A tuple of the same tuple twice, of the same tuple twice ...: 2**60 items.
ENCODE = b'c_codecs\nencode\n(h\x01U\x06latin1tR'


@pytest.mark.parametrize(
    'content, message',
    [
        (make_pickle(RECONSTRUCT, b'}b.'), 'sets attributes of function'),
        (make_pickle(RECONSTRUCT, b'}\x85R.'), 'has no state'),
        (make_pickle(RECONSTRUCT, b'0]q\x01h\x01a.'), 'holds a list where a dict'),
        (make_pickle(RECONSTRUCT, b'0ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x01K\x01K\x01tR.'), 'no data'),
        (make_pickle(RECONSTRUCT, b'0ctorch.storage\n_load_from_bytes\n(U\x03abctR.'), 'damaged'),
        (make_pickle(RECONSTRUCT, b'0}.'), 'holds none of the networks'),
        (make_pickle(RECONSTRUCT, b'0' + b'(' * 5000 + b'.'), 'damaged'),
        (make_pickle(RECONSTRUCT, b'0})' + b'\x85' * 1000000 + b'K\x01s.'), 'keys are no texts or numbers'),
        (make_pickle(RECONSTRUCT, b'0cdnnlib\nEasyDict\n](', LAUGHS, b'K\x01\x86e\x85R.'), 'damaged'),
        (make_pickle(RECONSTRUCT, b'}(U\x05state}U\nclass_name', LAUGHS, b'u\x85R.'), 'holds a Module'),
        (make_pickle(b'X\x00\x00\x10\x00', b'x' * (1 << 20), b'q\x010', RECONSTRUCT, b'0', ENCODE * 9, b'.'), 'larger'),
    ],
)
def test_hand_made_pickle_is_refused(content, message, tmp_path):
    (tmp_path / 'hostile.pkl').write_bytes(content)
    with pytest.raises(UserError, match=message):
        reading.read_networks(str(tmp_path / 'hostile.pkl'))


def test_modules_that_contain_each_other_are_refused():
    module = ada_pickle.Module('Generator', {})
    module.attributes['_modules'] = {'a': module, 'b': module}
    with pytest.raises(UserError, match='contain each other'):
        module.tensors()


def test_names_that_grow_with_every_module_are_refused():
    module = ada_pickle.Module('Generator', {})
    for _ in range(20):
        module = ada_pickle.Module('Generator', {'_modules': {'x' * 100: module}})
    with pytest.raises(UserError, match='more than any network has'):
        module.tensors()


def test_setting_that_is_no_number_or_text_is_refused(state_dicts):
    content = torch_file.read_torch_object(state_dicts)
    content.update(init_kwargs={'G_ema': {'synthesis_kwargs': {'conv_clamp': [256]}}})
    with pytest.raises(UserError, match='conv_clamp is neither a number nor a text'):
        ada_pytorch.read_state_dicts(content, 'some.pt')


def test_small_file_cannot_become_large_arrays(tmp_path):
    content = read_bytes(PICKLE)
    start = content.index(b'\x80\x02\x8a\nl\xfc')  # The first storage, inside.
    storage = content[start : start + 700]
    many = b''.join(b'h\x01h\x02\x85R0' for _ in range(2000))
    head = b'ctorch.storage\n_load_from_bytes\nq\x010B' + len(storage).to_bytes(4, 'little') + storage + b'q\x020'
    (tmp_path / 'hostile.pkl').write_bytes(make_pickle(RECONSTRUCT, b'0', head, many, b'}.'))
    with pytest.raises(UserError, match='its tensors are much larger than the file'):
        reading.read_networks(str(tmp_path / 'hostile.pkl'))


@pytest.mark.parametrize('share', [0.1, 0.5, 0.9, 0.999])
def test_pickle_that_was_cut_off_is_refused(share, tmp_path):
    content = read_bytes(PICKLE)
    (tmp_path / 'cut.pkl').write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match='cut.pkl is no snapshot of StyleGAN2-ADA for PyTorch, or is damaged'):
        reading.read_networks(str(tmp_path / 'cut.pkl'))


def test_changed_bytes_give_networks_or_one_clear_error():
    content = read_bytes(PICKLE)
    rnd = np.random.RandomState(0)
    outcomes = {'read': 0, 'refused': 0}
    for _ in range(60):
        changed = bytearray(content)
        for index in rnd.randint(len(content), size=30):
            changed[index] = rnd.randint(256)
        try:
            networks, _ = ada_pytorch.read_pickle(bytes(changed), 'mutant')
            assert set(networks) <= set(snapshots.NETWORK_NAMES)
            outcomes['read'] += 1
        except UserError:
            outcomes['refused'] += 1
    assert outcomes['refused'] > 20


def test_stylegan3_is_told_apart():
    tensors = {'synthesis.input.freqs': np.zeros([4, 2], np.float32), 'synthesis.b4.const': np.zeros([4, 4, 4])}
    with pytest.raises(UserError, match='is a network of StyleGAN3, which has no counterpart here'):
        ada_pytorch.read_state_dicts({'G_ema': tensors}, 'file')


# ----------------------------------------------------------------------------
# State dicts.


def test_state_dicts_have_the_names_and_shapes_that_pytorch_pickled(state_dicts):
    written = torch_file.read_torch_object(state_dicts)
    snapshot = ada_pickle.load_ada_pickle(read_bytes(PICKLE), 'file')
    for key in ('D', 'G_ema'):
        theirs = snapshot[key].tensors()
        assert {name: value.shape for name, value in written[key].items()} == {k: v.shape for k, v in theirs.items()}
        for name, value in written[key].items():
            np.testing.assert_allclose(value, theirs[name], atol=3e-7, err_msg=name)


def test_state_dicts_carry_the_arguments_of_the_constructors(state_dicts):
    init_kwargs = torch_file.read_torch_object(state_dicts)['init_kwargs']
    G = init_kwargs['G_ema']
    assert (G['z_dim'], G['c_dim'], G['w_dim'], G['img_resolution'], G['img_channels']) == (5, 3, 6, 8, 3)
    assert G['mapping_kwargs']['num_layers'] == 2
    assert (G['synthesis_kwargs']['channel_base'], G['synthesis_kwargs']['channel_max']) == (32, 6)
    assert G['synthesis_kwargs']['conv_clamp'] == 2 and G['synthesis_kwargs']['num_fp16_res'] == 1
    assert init_kwargs['D']['epilogue_kwargs'] == {'mbstd_group_size': 2, 'mbstd_num_channels': 1}


def test_state_dicts_are_read_back(state_dicts):
    check_outputs(state_dicts)


def test_networks_of_stylegan2_become_state_dicts_that_draw_the_same(tmp_path):
    path = str(tmp_path / 'network.pt')
    converter.convert(random_networks.SNAPSHOT, path, 'ada-pytorch', names=['D', 'Gs'], report=lambda line: None)
    content = torch_file.read_torch_object(path)
    tensors, D_tensors = [{k: v.astype(np.float64) for k, v in content[key].items()} for key in ('G_ema', 'D')]
    z = np.random.RandomState(0).randn(4, 8)
    images = torch_networks.ada_generator(tensors, z, None, truncation=0.7)
    scores = torch_networks.ada_discriminator(D_tensors, images, None, group_size=4)
    our_images, our_scores = random_networks.run_file(random_networks.SNAPSHOT, z, images=images)
    np.testing.assert_allclose(our_images, images, atol=1e-5)
    np.testing.assert_allclose(our_scores, scores, atol=1e-5)


@pytest.mark.parametrize(
    'kwargs, message',
    [({'label_size': 3}, 'takes labels in the way of StyleGAN2'), ({'normalize_latents': False}, 'normalize_latents')],
)
def test_what_their_classes_lack_is_refused(kwargs, message, tmp_path):
    snapshot = os.path.join(DATA_DIR, 'tiny_snapshot.pkl')
    net = states.ResolvedNetwork(reading.read_networks(snapshot).networks['Gs'])
    net.kwargs.update(kwargs)
    with pytest.raises(UserError, match=message):
        ada_pytorch.write_state_dicts({'Gs': net}, str(tmp_path / 'out.pt'))
    assert not list(tmp_path.iterdir())


def test_missing_tensor_is_named(state_dicts):
    content = torch_file.read_torch_object(state_dicts)
    del content['G_ema']['synthesis.b8.conv1.affine.bias']
    with pytest.raises(UserError, match=r"file, 'G_ema' lacks 1 of \d+ tensors: synthesis.b8.conv1.affine.bias"):
        ada_pytorch.read_state_dicts(content, 'file')


def test_blocks_of_other_sizes_are_refused(state_dicts):
    content = torch_file.read_torch_object(state_dicts)
    content['D'] = {name.replace('b4.', 'b16.'): value for name, value in content['D'].items()}
    with pytest.raises(UserError, match=r'blocks of the sizes \[8, 16\], expected 4, 8, 16'):
        ada_pytorch.read_state_dicts(content, 'file')

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Checkpoints of rosinality/stylegan2-pytorch: what PyTorch would draw from them, and what is read from them."""

import numpy as np
import pytest
from reference import random_networks, torch_networks

from conversion import converter, reading, rosinality
from conversion.torch_layout import guess_fmap_rule, guess_resample_kernel
from dnnlib import torch_file
from dnnlib.util import UserError

SNAPSHOT = random_networks.SNAPSHOT
Z = np.random.RandomState(0).randn(4, 8)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    path = str(tmp_path_factory.mktemp('rosinality') / 'network.pt')
    converter.convert(SNAPSHOT, path, 'rosinality', names=['D', 'Gs'], report=lambda line: None)
    return path


def to_float64(tensors):
    return {name: value.astype(np.float64) for name, value in tensors.items()}


def test_pytorch_would_draw_and_score_the_same(checkpoint):
    content = torch_file.read_torch_object(checkpoint)
    latent_avg = content['latent_avg'].astype(np.float64)
    images = torch_networks.rosinality_generator(to_float64(content['g_ema']), latent_avg, Z, truncation=0.7)
    scores = torch_networks.rosinality_discriminator(to_float64(content['d']), images)
    our_images, our_scores = random_networks.run_file(SNAPSHOT, Z, images=images)
    assert np.max(np.abs(images)) > 0.5
    np.testing.assert_allclose(our_images, images, atol=2e-5)
    np.testing.assert_allclose(our_scores, scores, atol=2e-5)


def test_reading_a_checkpoint_gives_back_every_variable(checkpoint):
    before, after = [reading.read_networks(path).networks for path in (SNAPSHOT, checkpoint)]
    assert list(after) == ['D', 'Gs']
    for name in after:
        ours, theirs = [rosinality.states.ResolvedNetwork(nets[name]).variables for nets in (before, after)]
        assert set(ours) == set(theirs)
        for key, value in ours.items():
            np.testing.assert_allclose(theirs[key], value, atol=2e-7 if 'mod_bias' in key else 0, err_msg=key)


def test_names_and_shapes_are_those_of_their_modules(checkpoint):
    content = torch_file.read_torch_object(checkpoint)
    shapes = {name: value.shape for name, value in content['g_ema'].items()}
    assert shapes['style.2.weight'] == (8, 8) and 'style.0.weight' not in shapes and 'style.3.weight' not in shapes
    assert shapes['input.input'] == (1, 6, 4, 4)
    assert shapes['convs.0.conv.weight'] == (1, 4, 6, 3, 3)  # From 4x4 to 8x8.
    assert shapes['convs.0.conv.modulation.weight'] == (6, 8) and shapes['convs.0.conv.modulation.bias'] == (6,)
    assert shapes['convs.0.conv.blur.kernel'] == (4, 4) and 'convs.1.conv.blur.kernel' not in shapes
    assert shapes['convs.1.noise.weight'] == (1,) and shapes['convs.1.activate.bias'] == (4,)
    assert shapes['to_rgbs.0.bias'] == (1, 3, 1, 1) and shapes['to_rgbs.0.upsample.kernel'] == (4, 4)
    assert shapes['noises.noise_2'] == (1, 1, 8, 8) and 'noises.noise_3' not in shapes
    assert len(shapes) == 1 + 2 * 2 + 3 * 5 + 2 * 4 + 3 + 2  # Constant, mapping, layers, ToRGB, noises, filters.
    np.testing.assert_allclose(content['g_ema']['convs.0.conv.blur.kernel'].sum(), 4)
    np.testing.assert_allclose(content['d']['convs.1.conv2.0.kernel'].sum(), 1)
    assert content['d']['convs.0.0.weight'].shape == (4, 3, 1, 1) and content['d']['final_conv.0.weight'].shape[1] == 7


def test_average_of_w_is_computed_where_a_checkpoint_lacks_it(checkpoint, tmp_path):
    content = torch_file.read_torch_object(checkpoint)
    del content['latent_avg'], content['d']
    path = str(tmp_path / 'trained.pt')
    torch_file.write_torch_file(path, content)
    found = reading.read_networks(path)
    average = dict(found.networks['Gs'].state['variables'])['dlatent_avg']
    w = torch_networks.normalize(np.random.RandomState(7).randn(20000, 8))
    for i in (1, 2):
        w = torch_networks.lrelu(torch_networks.linear(w, content['g_ema'], f'style.{i}', lrmul=0.01))
    np.testing.assert_allclose(average, w.mean(axis=0), atol=0.05 * w.std())
    assert "it lacks 'latent_avg'" in found.remarks[0]


@pytest.mark.parametrize(
    'name, kwargs, message',
    [
        ('G', {'architecture': 'resnet'}, "architecture='resnet'; rosinality checkpoints can only have 'skip'"),
        ('Gs', {'label_size': 3}, 'label_size=3'),
        ('Gs', {'num_channels': 1}, 'num_channels=1'),
        ('D', {'mbstd_group_size': 8}, 'mbstd_group_size=8'),
    ],
)
def test_what_the_format_lacks_is_refused_by_name(name, kwargs, message, tmp_path):
    net = rosinality.states.ResolvedNetwork(reading.read_networks(SNAPSHOT).networks[name])
    net.kwargs.update(kwargs)
    with pytest.raises(UserError, match=message):
        rosinality.write_checkpoint({name: net}, str(tmp_path / 'out.pt'))
    assert not list(tmp_path.iterdir())


def test_lost_settings_and_arguments_of_their_classes_are_told(tmp_path):
    net = rosinality.states.ResolvedNetwork(reading.read_networks(SNAPSHOT).networks['Gs'])
    net.kwargs.update(conv_clamp=256)
    remarks = rosinality.write_checkpoint({'Gs': net}, str(tmp_path / 'out.pt'))
    assert remarks[0].startswith('dropped conv_clamp=256') and 'change its table `channels`' in remarks[1]
    net.kwargs.update(
        fmap_base=16384, fmap_max=512, resolution=256, latent_size=512, dlatent_size=512, mapping_fmaps=512
    )
    assert 'Generator(256, 512, 2, channel_multiplier=2)' in rosinality._list_remarks(net.kwargs)[-1]


def test_missing_and_misshapen_tensors_are_named(checkpoint, tmp_path):
    content = torch_file.read_torch_object(checkpoint)
    path = str(tmp_path / 'changed.pt')
    content['g_ema']['conv1.conv.weight'] = content['g_ema']['conv1.conv.weight'][0]
    torch_file.write_torch_file(path, content)
    with pytest.raises(UserError, match=r"'g_ema': tensor conv1.conv.weight has the unexpected shape \(6, 6, 3, 3\)"):
        reading.read_networks(path)
    del content['g_ema']['conv1.conv.weight']
    torch_file.write_torch_file(path, content)
    with pytest.raises(UserError, match="'g_ema' lacks 1 of .* tensors: conv1.conv.weight"):
        reading.read_networks(path)


def test_other_pytorch_files_are_told_apart(tmp_path):
    path = str(tmp_path / 'vgg.pt')
    torch_file.write_torch_file(path, {'features.0.weight': np.zeros([2, 3]), 'features.0.bias': np.zeros(2)})
    with pytest.raises(UserError, match='PyTorch file with the keys features.0.weight, features.0.bias'):
        reading.read_networks(path)


@pytest.mark.parametrize(
    'fmaps, expected',
    [
        ({4: 512, 8: 512, 16: 512, 32: 512, 64: 512, 128: 256, 256: 128}, (16384, 512)),
        ({4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64}, (8192, 512)),
        ({4: 12, 8: 12, 16: 8}, (64, 12)),
    ],
)
def test_rule_of_feature_maps_is_found(fmaps, expected):
    assert guess_fmap_rule(fmaps) == {'fmap_base': expected[0], 'fmap_max': expected[1]}


def test_feature_maps_without_rule_are_refused():
    with pytest.raises(UserError, match='follow no rule'):
        guess_fmap_rule({4: 8, 8: 16, 16: 3})


def test_filter_is_recognised_from_its_outer_product():
    assert guess_resample_kernel(np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16) == [1, 3, 3, 1]
    assert guess_resample_kernel(np.outer([1, 2, 1], [1, 2, 1]) / 16) == [1, 2, 1]

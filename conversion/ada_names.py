# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the variables and keywords of our networks are called in StyleGAN2-ADA for PyTorch."""

import numpy as np

from conversion.torch_layout import CONST, CONV, CONV_UP, DENSE, NOISE, PLAIN, STYLE_BIAS, Pair

G_SETTINGS = {  # Our keyword -> argument of their constructor, its default; those that shapes do not tell.
    'num_fp16_res': ('synthesis_kwargs.num_fp16_res', 0),
    'conv_clamp': ('synthesis_kwargs.conv_clamp', None),
    'nonlinearity': ('synthesis_kwargs.activation', 'lrelu'),
    'mapping_nonlinearity': ('mapping_kwargs.activation', 'lrelu'),
    'mapping_lrmul': ('mapping_kwargs.lr_multiplier', 0.01),
}
D_SETTINGS = {
    'num_fp16_res': ('num_fp16_res', 0),
    'conv_clamp': ('conv_clamp', None),
    'nonlinearity': ('block_kwargs.activation', 'lrelu'),
    'mbstd_group_size': ('epilogue_kwargs.mbstd_group_size', 4),
    'mapping_lrmul': ('mapping_kwargs.lr_multiplier', 0.01),
}
G_SHAPES = {  # Our keyword -> argument of their constructor; those that shapes tell.
    'latent_size': 'z_dim',
    'label_size': 'c_dim',
    'dlatent_size': 'w_dim',
    'resolution': 'img_resolution',
    'num_channels': 'img_channels',
    'mapping_layers': 'mapping_kwargs.num_layers',
    'mapping_fmaps': 'mapping_kwargs.layer_features',
    'label_fmaps': 'mapping_kwargs.embed_features',
    'channel_base': 'synthesis_kwargs.channel_base',
    'fmap_max': 'synthesis_kwargs.channel_max',
    'architecture': 'synthesis_kwargs.architecture',
    'resample_kernel': 'synthesis_kwargs.resample_filter',
    'use_noise': 'synthesis_kwargs.use_noise',
}
D_SHAPES = {
    'label_size': 'c_dim',
    'resolution': 'img_resolution',
    'num_channels': 'img_channels',
    'architecture': 'architecture',
    'channel_base': 'channel_base',
    'fmap_max': 'channel_max',
    'mapping_fmaps': 'cmap_dim',
    'mapping_layers': 'mapping_kwargs.num_layers',
    'mbstd_num_features': 'epilogue_kwargs.mbstd_num_channels',
    'resample_kernel': 'block_kwargs.resample_filter',
}


def _weight_and_bias(ours, theirs, layout):
    return [Pair(f'{ours}/weight', f'{theirs}.weight', layout), Pair(f'{ours}/bias', f'{theirs}.bias', PLAIN)]


def _modulated(ours, theirs, layout):
    return _weight_and_bias(ours, theirs, layout) + [
        Pair(f'{ours}/mod_weight', f'{theirs}.affine.weight', DENSE),
        Pair(f'{ours}/mod_bias', f'{theirs}.affine.bias', STYLE_BIAS),
    ]


def _synthesis_layer(ours, theirs, layer_idx, use_noise, layout=CONV):
    pairs = _modulated(f'synthesis/{ours}', f'synthesis.{theirs}', layout)
    if use_noise:
        pairs.append(Pair(f'synthesis/noise{layer_idx}', f'synthesis.{theirs}.noise_const', NOISE))
        pairs.append(Pair(f'synthesis/{ours}/noise_strength', f'synthesis.{theirs}.noise_strength', PLAIN))
    return pairs


def list_generator_pairs(kwargs):
    """Return the `Pair`s of a generator with the given keywords."""
    pairs = [Pair('dlatent_avg', 'mapping.w_avg', PLAIN)]
    if kwargs['label_size']:
        pairs += _weight_and_bias('mapping/LabelEmbed', 'mapping.embed', DENSE)
    for i in range(kwargs['mapping_layers']):
        pairs += _weight_and_bias(f'mapping/Dense{i}', f'mapping.fc{i}', DENSE)
    pairs.append(Pair('synthesis/4x4/Const/const', 'synthesis.b4.const', CONST))
    pairs += _synthesis_layer('4x4/Conv', 'b4.conv1', 0, kwargs['use_noise'])
    resolution_log2 = int(np.log2(kwargs['resolution']))
    for r in range(2, resolution_log2 + 1):
        ours, theirs = '{0}x{0}'.format(1 << r), f'b{1 << r}'
        if r > 2:
            pairs += _synthesis_layer(f'{ours}/Conv0_up', f'{theirs}.conv0', r * 2 - 5, kwargs['use_noise'], CONV_UP)
            pairs += _synthesis_layer(f'{ours}/Conv1', f'{theirs}.conv1', r * 2 - 4, kwargs['use_noise'])
        if r > 2 and kwargs['architecture'] == 'resnet':
            pairs.append(Pair(f'synthesis/{ours}/Skip/weight', f'synthesis.{theirs}.skip.weight', CONV_UP))
        if r == resolution_log2 or kwargs['architecture'] == 'skip':
            pairs += _modulated(f'synthesis/{ours}/ToRGB', f'synthesis.{theirs}.torgb', CONV)
    return pairs


def list_discriminator_pairs(kwargs):
    """Return the `Pair`s of a discriminator with the given keywords."""
    pairs = []
    if kwargs['label_size']:
        pairs += _weight_and_bias('LabelEmbed', 'mapping.embed', DENSE)
        for i in range(kwargs['mapping_layers']):
            pairs += _weight_and_bias(f'Mapping{i}', f'mapping.fc{i}', DENSE)
    resolution_log2 = int(np.log2(kwargs['resolution']))
    for r in range(resolution_log2, 1, -1):
        ours, theirs = '{0}x{0}'.format(1 << r), f'b{1 << r}'
        if r == resolution_log2 or kwargs['architecture'] == 'skip':
            pairs += _weight_and_bias(f'{ours}/FromRGB', f'{theirs}.fromrgb', CONV)
        if r > 2:
            pairs += _weight_and_bias(f'{ours}/Conv0', f'{theirs}.conv0', CONV)
            pairs += _weight_and_bias(f'{ours}/Conv1_down', f'{theirs}.conv1', CONV)
        if r > 2 and kwargs['architecture'] == 'resnet':
            pairs.append(Pair(f'{ours}/Skip/weight', f'{theirs}.skip.weight', CONV))
    pairs += _weight_and_bias('4x4/Conv', 'b4.conv', CONV)
    pairs += _weight_and_bias('4x4/Dense0', 'b4.fc', DENSE)
    pairs += _weight_and_bias('Output', 'b4.out', DENSE)
    return pairs


def list_filters(tensors):
    """Return the names of the filters that PyTorch keeps beside the weights: per block and per convolution."""
    names = []
    for name in tensors:
        layer, _, kind = name.rpartition('.')
        is_conv = layer.split('.')[-1] in ('conv', 'conv0', 'conv1', 'skip', 'fromrgb')
        if kind == 'weight' and is_conv:
            names.append(f'{layer}.resample_filter')
            block = layer.rpartition('.')[0]
            if layer.split('.')[-1] != 'conv' and (block != 'b4' or 'synthesis' in layer):  # `b4` of D is no block.
                names.append(f'{block}.resample_filter')
    return names

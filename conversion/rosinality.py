# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Checkpoints of rosinality/stylegan2-pytorch (`.pt`): the skip generator and the residual discriminator, no labels.

A checkpoint is a dict: `g_ema` (Gs), `g` (G), `d` (D), each a dict of tensors, and `latent_avg`.
"""

import collections

import numpy as np

from conversion import states
from conversion.torch_layout import (
    CONV,
    CONV_UP,
    DENSE,
    PLAIN,
    STYLE_BIAS,
    Layout,
    Pair,
    guess_fmap_rule,
    guess_resample_kernel,
    make_resample_filter,
    rename_from_torch,
    rename_to_torch,
)
from dnnlib import torch_file
from dnnlib.util import UserError
from training import snapshots

KEYS = {'G': 'g', 'D': 'd', 'Gs': 'g_ema'}
MAPPING_LRMUL = 0.01
NUM_LATENTS = 10000  # For the mean of w where a checkpoint lacks it.
_PUBLISHED_FMAPS = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32, 1024: 16}  # Times 1 or 2.

SCALAR = Layout(lambda x: x.reshape(1), lambda x: x.reshape(()))
MODULATED = Layout(lambda w: CONV.to_torch(w)[np.newaxis], lambda w: CONV.from_torch(w[0]))  # [1OIkk]
MODULATED_UP = Layout(lambda w: CONV_UP.to_torch(w)[np.newaxis], lambda w: CONV_UP.from_torch(w[0]))
RGB_BIAS = Layout(lambda b: b.reshape(1, -1, 1, 1), lambda b: b.reshape(-1))

# ----------------------------------------------------------------------------
# Names.


def _list_modulated(ours, theirs, layout, bias, bias_layout=PLAIN):
    yield Pair(f'{ours}/weight', f'{theirs}.conv.weight', layout)
    yield Pair(f'{ours}/mod_weight', f'{theirs}.conv.modulation.weight', DENSE)
    yield Pair(f'{ours}/mod_bias', f'{theirs}.conv.modulation.bias', STYLE_BIAS)
    yield Pair(f'{ours}/bias', f'{theirs}.{bias}', bias_layout)


def _list_layer(ours, theirs, layout=MODULATED):
    yield from _list_modulated(ours, theirs, layout, 'activate.bias')
    yield Pair(f'{ours}/noise_strength', f'{theirs}.noise.weight', SCALAR)


def list_generator_pairs(resolution, mapping_layers):
    """Return the `Pair`s of a generator without its average of w, which is kept apart."""
    pairs = [Pair('synthesis/4x4/Const/const', 'input.input', PLAIN)]
    for i in range(mapping_layers):
        pairs.append(Pair(f'mapping/Dense{i}/weight', f'style.{i + 1}.weight', DENSE))
        pairs.append(Pair(f'mapping/Dense{i}/bias', f'style.{i + 1}.bias', PLAIN))
    pairs += _list_layer('synthesis/4x4/Conv', 'conv1')
    pairs += _list_modulated('synthesis/4x4/ToRGB', 'to_rgb1', MODULATED, 'bias', RGB_BIAS)
    resolution_log2 = int(np.log2(resolution))
    for i in range(resolution_log2 - 2):
        block = 'synthesis/{0}x{0}'.format(8 << i)
        pairs += _list_layer(f'{block}/Conv0_up', f'convs.{2 * i}', MODULATED_UP)
        pairs += _list_layer(f'{block}/Conv1', f'convs.{2 * i + 1}')
        pairs += _list_modulated(f'{block}/ToRGB', f'to_rgbs.{i}', MODULATED, 'bias', RGB_BIAS)
    for i in range(resolution_log2 * 2 - 3):
        pairs.append(Pair(f'synthesis/noise{i}', f'noises.noise_{i}', PLAIN))
    return pairs


def list_discriminator_pairs(resolution):
    """Return the `Pair`s of a discriminator."""

    def conv(ours, theirs, index=0):
        yield Pair(f'{ours}/weight', f'{theirs}.{index}.weight', CONV)
        yield Pair(f'{ours}/bias', f'{theirs}.{index + 1}.bias', PLAIN)

    pairs = list(conv(f'{resolution}x{resolution}/FromRGB', 'convs.0'))
    for i in range(int(np.log2(resolution)) - 2):
        ours, theirs = '{0}x{0}'.format(resolution >> i), f'convs.{i + 1}'
        pairs += conv(f'{ours}/Conv0', f'{theirs}.conv1')
        pairs += conv(f'{ours}/Conv1_down', f'{theirs}.conv2', index=1)
        pairs.append(Pair(f'{ours}/Skip/weight', f'{theirs}.skip.1.weight', CONV))
    pairs += conv('4x4/Conv', 'final_conv')
    for i, layer in enumerate(['4x4/Dense0', 'Output']):
        pairs.append(Pair(f'{layer}/weight', f'final_linear.{i}.weight', DENSE))
        pairs.append(Pair(f'{layer}/bias', f'final_linear.{i}.bias', PLAIN))
    return pairs


def _list_generator_filters(resolution):
    """Return name -> gain of the filters that a generator keeps beside its weights."""
    names = {}
    for i in range(int(np.log2(resolution)) - 2):
        names[f'convs.{2 * i}.conv.blur.kernel'] = names[f'to_rgbs.{i}.upsample.kernel'] = 4
    return names


def _list_discriminator_filters(resolution):
    blocks = range(1, int(np.log2(resolution)) - 1)
    return {f'convs.{i}.{part}.0.kernel': 1 for i in blocks for part in ('conv2', 'skip')}


# ----------------------------------------------------------------------------
# Writing.


def write_checkpoint(networks, path):
    """Write networks as a checkpoint.

    Args:
        networks: Dict name -> `ResolvedNetwork`.
        path: File to write.

    Returns:
        List of remarks for the user.

    Raises:
        UserError: If a network has something that the format lacks.
    """
    for net in networks.values():
        _check_convertible(net)
    checkpoint = {KEYS[name]: _to_tensors(net) for name, net in networks.items()}
    generators = [networks[name] for name in ('Gs', 'G') if name in networks]
    if generators:
        checkpoint['latent_avg'] = np.asarray(generators[0].variables['dlatent_avg'], np.float32)
    torch_file.write_torch_file(path, checkpoint)
    averages = [net.variables['dlatent_avg'] for net in generators]
    remarks = ['the format keeps one average of w, that of Gs; G had another'] if _differ(averages) else []
    return remarks + (_list_remarks(generators[0].kwargs) if generators else [])


def _differ(arrays):
    return any(not np.array_equal(array, arrays[0]) for array in arrays)


def _to_tensors(net):
    resolution = net.kwargs['resolution']
    if net.func.__name__ == 'G_main':
        pairs = list_generator_pairs(resolution, net.kwargs['mapping_layers'])
        filters = _list_generator_filters(resolution)
    else:
        pairs, filters = list_discriminator_pairs(resolution), _list_discriminator_filters(resolution)
    tensors = rename_to_torch(pairs, net.variables)
    kernel = net.kwargs['resample_kernel']
    tensors.update((name, make_resample_filter(kernel, gain)) for name, gain in filters.items())
    return tensors


_DEMANDS = {  # What the two classes of the format have built in.
    'label_size': 0,
    'num_channels': 3,
    'nonlinearity': 'lrelu',
    'mapping_nonlinearity': 'lrelu',
    'mapping_lrmul': MAPPING_LRMUL,
    'normalize_latents': True,
    'use_noise': True,
    'mbstd_group_size': 4,
    'mbstd_num_features': 1,
    'min_h': 4,
    'min_w': 4,
}


def _check_convertible(net):
    """Raise UserError naming the first property of a network that the format cannot express."""
    demands = dict(_DEMANDS, architecture='skip' if net.func.__name__ == 'G_main' else 'resnet')
    if net.func.__name__ not in ('G_main', 'D_stylegan2', 'D_main'):
        raise UserError(f'network {net.name} was built by {net.func.__name__}, which rosinality has no counterpart of')
    for key, wanted in demands.items():
        if net.kwargs.get(key, wanted) != wanted:
            raise UserError(
                f'network {net.name} has {key}={net.kwargs[key]!r}; rosinality checkpoints can only have {wanted!r}; '
                'leave it out with --networks'
            )
    if net.func.__name__ == 'G_main' and 'synthesis/4x4/ToRGB/weight' not in net.variables:
        raise UserError(f'network {net.name} grows progressively, which rosinality has no counterpart of')


def _list_remarks(kwargs):
    """Tell what is lost, and with which arguments their `Generator` opens the checkpoint."""
    lost = [f'{key}={kwargs[key]}' for key in ('num_fp16_res', 'conv_clamp') if kwargs.get(key)]
    lost = ['dropped {}, which the format does not know'.format(' and '.join(lost))] if lost else []
    fmaps = {res: min(kwargs['fmap_base'] * 2 // res, kwargs['fmap_max']) for res in _list_sizes(kwargs['resolution'])}
    sizes = {kwargs['latent_size'], kwargs['dlatent_size'], kwargs.get('mapping_fmaps') or kwargs['dlatent_size']}
    multipliers = [m for m in (1, 2) if all(_published_fmaps(res, m) == num for res, num in fmaps.items())]
    if not multipliers or len(sizes) > 1:
        return lost + ['their Generator has other feature maps; change its table `channels` to open the file']
    return lost + [
        f'open it with Generator({kwargs["resolution"]}, {kwargs["dlatent_size"]}, {kwargs["mapping_layers"]}, '
        f'channel_multiplier={multipliers[-1]}) and Discriminator({kwargs["resolution"]}, {multipliers[-1]})'
    ]


def _published_fmaps(res, multiplier):
    return _PUBLISHED_FMAPS.get(res, 0) * (multiplier if res >= 64 else 1)


def _list_sizes(resolution):
    return [1 << i for i in range(2, int(resolution).bit_length())]


# ----------------------------------------------------------------------------
# Reading.


def is_checkpoint(content):
    """Tell whether what a `.pt` file holds is such a checkpoint."""
    states_found = [content[key] for key in KEYS.values() if isinstance(content.get(key), dict)]
    return any('input.input' in state or 'final_linear.0.weight' in state for state in states_found)


def read_checkpoint(content, what):
    """Return the networks of a checkpoint.

    Args:
        content: What `torch_file.read_torch_object` gave.
        what: Name of the file, for messages.

    Returns:
        Tuple of dict name -> network that is not built yet, and list of remarks.
    """
    networks, remarks = collections.OrderedDict(), []
    latent_avg = content.get('latent_avg')
    for name in snapshots.NETWORK_NAMES:
        tensors = content.get(KEYS[name])
        if not isinstance(tensors, dict):
            continue
        tensors = {key: value for key, value in tensors.items() if isinstance(value, np.ndarray)}
        title = f'{what}, {KEYS[name]!r}'
        if name == 'D':
            networks[name] = _make_discriminator(tensors, title)
        else:
            networks[name] = _make_generator(name, tensors, latent_avg, title)
    if latent_avg is None:
        remarks.append(f"it lacks 'latent_avg', so the mean of w was computed from {NUM_LATENTS} latents")
    return networks, remarks


def _make_generator(name, tensors, latent_avg, title):
    mapping_layers = len([key for key in tensors if key.startswith('style.') and key.endswith('.weight')])
    resolution = 4 << len([key for key in tensors if key.startswith('to_rgbs.') and key.endswith('.conv.weight')])
    pairs = list_generator_pairs(resolution, mapping_layers)
    variables = rename_from_torch(pairs, tensors, title)
    fmaps = {res: variables[f'synthesis/{res}x{res}/ToRGB/weight'].shape[2] for res in _list_sizes(resolution)}
    kwargs = collections.OrderedDict(
        num_channels=variables['synthesis/4x4/ToRGB/weight'].shape[3],
        resolution=resolution,
        label_size=0,
        latent_size=variables['mapping/Dense0/weight'].shape[0],
        dlatent_size=variables['synthesis/4x4/Conv/mod_weight'].shape[0],
        mapping_fmaps=variables['mapping/Dense0/weight'].shape[1],
        mapping_layers=mapping_layers,
    )
    kwargs.update(guess_fmap_rule(fmaps))
    kwargs.update(_read_kernel(tensors, 'to_rgbs.0.upsample.kernel'))
    if latent_avg is None:
        latent_avg = _compute_latent_avg(variables, kwargs)
    variables['dlatent_avg'] = np.asarray(latent_avg, np.float32).reshape(-1)
    variables['lod'] = np.float32(0)
    return states.make_generator(4, name, kwargs, variables)


def _make_discriminator(tensors, title):
    num_blocks = len([key for key in tensors if key.startswith('convs.') and key.endswith('.skip.1.weight')])
    resolution = 4 << num_blocks
    variables = rename_from_torch(list_discriminator_pairs(resolution), tensors, title)
    fmaps = {res: variables[f'{res}x{res}/Conv0/weight'].shape[3] for res in _list_sizes(resolution)[1:]}
    fmaps[4] = variables['4x4/Conv/weight'].shape[3]
    kwargs = collections.OrderedDict(
        num_channels=variables[f'{resolution}x{resolution}/FromRGB/weight'].shape[2],
        resolution=resolution,
        label_size=0,
        mbstd_group_size=4,
    )
    kwargs.update(guess_fmap_rule(fmaps))
    kwargs.update(_read_kernel(tensors, 'convs.1.conv2.0.kernel'))
    return states.make_network(4, 'D', 'D_stylegan2', kwargs, variables)


def _read_kernel(tensors, name):
    """Return the keyword for the filter, if it is not the usual one."""
    kernel = guess_resample_kernel(tensors[name]) if name in tensors else [1, 3, 3, 1]
    return {} if kernel == [1, 3, 3, 1] else {'resample_kernel': kernel}


def _compute_latent_avg(variables, kwargs):
    """Return the mean of w over random latents; same formulas as the mapping network."""
    x = np.random.RandomState(0).randn(NUM_LATENTS, kwargs['latent_size']).astype(np.float32)
    x /= np.sqrt(np.mean(np.square(x), axis=1, keepdims=True) + 1e-8)
    for i in range(kwargs['mapping_layers']):
        w, b = variables[f'mapping/Dense{i}/weight'], variables[f'mapping/Dense{i}/bias']
        x = np.matmul(x, w * (MAPPING_LRMUL / np.sqrt(w.shape[0]))) + b * MAPPING_LRMUL
        x = np.maximum(x, x * 0.2) * np.sqrt(2)
    return x.mean(axis=0)

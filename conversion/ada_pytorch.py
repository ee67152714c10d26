# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks of StyleGAN2-ADA for PyTorch: their names of variables, their pickles, and plain state dicts.

The pickles contain the source text of their modules, so they can be read here but not written. What is written is a
`.pt` file with the keys `G`, `D`, `G_ema` for `load_state_dict`, and `init_kwargs` for the constructors.
"""

import collections

import numpy as np

from conversion import ada_names, ada_pickle, states
from conversion.torch_layout import (
    guess_fmap_rule,
    guess_resample_kernel,
    make_resample_filter,
    rename_from_torch,
    rename_to_torch,
)
from dnnlib import torch_file
from dnnlib.util import UserError
from training import snapshots

KEYS = {'G': 'G', 'D': 'D', 'Gs': 'G_ema'}

# ----------------------------------------------------------------------------
# Reading.


def read_pickle(content, what):
    """Return the networks of a pickle of StyleGAN2-ADA for PyTorch.

    Args:
        content: Bytes of the file.
        what: Name of the file, for messages.

    Returns:
        Tuple of dict name -> network that is not built yet, and list of remarks.
    """
    snapshot = ada_pickle.load_ada_pickle(content, what)
    networks = collections.OrderedDict()
    for name in snapshots.NETWORK_NAMES:
        module = snapshot.get(KEYS[name])
        if isinstance(module, ada_pickle.Module):
            settings = _read_D_settings(module) if name == 'D' else _read_G_settings(module)
            networks[name] = _make_network(name, module.tensors(), settings, f'{what}, {KEYS[name]!r}')
    if not networks:
        raise UserError(f'{what} holds none of the networks G, D and G_ema')
    return networks, []


def is_state_dicts(content):
    """Tell whether what a `.pt` file holds are state dicts as `write_state_dicts` saves them."""
    found = [content[key] for key in KEYS.values() if isinstance(content.get(key), dict)]
    return any('synthesis.b4.const' in tensors or 'b4.out.weight' in tensors for tensors in found)


def read_state_dicts(content, what):
    """Return the networks of a file of `write_state_dicts`; arguments and result as `read_pickle`."""
    networks = collections.OrderedDict()
    init_kwargs = content.get('init_kwargs') if isinstance(content.get('init_kwargs'), dict) else {}
    for name in snapshots.NETWORK_NAMES:
        tensors = content.get(KEYS[name])
        if isinstance(tensors, dict):
            title = f'{what}, {KEYS[name]!r}'
            tensors = {key: value for key, value in tensors.items() if isinstance(value, np.ndarray)}
            table = ada_names.D_SETTINGS if name == 'D' else ada_names.G_SETTINGS
            settings = _read_init_kwargs(init_kwargs.get(KEYS[name]), table)
            networks[name] = _make_network(name, tensors, settings, title)
    remarks = [] if init_kwargs else ['it lacks init_kwargs, so conv_clamp and half precision are taken to be off']
    return networks, remarks


_DEFAULTS = {'num_fp16_res': 0, 'conv_clamp': None, 'nonlinearity': 'lrelu', 'mapping_nonlinearity': 'lrelu'}
_SETTING_TYPES = (type(None), bool, int, float, str)


def _make_network(name, tensors, settings, title):
    """Return a network that is not built yet.

    Args:
        name: 'G', 'D' or 'Gs'.
        tensors: Dict name -> array.
        settings: Keywords that the tensors do not tell.
        title: What the tensors are, for messages.
    """
    unfit = [key for key, value in settings.items() if not isinstance(value, _SETTING_TYPES)]
    if unfit:
        raise UserError(f'{title}: {unfit[0]} is neither a number nor a text')
    settings = {key: value for key, value in settings.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}
    if any(key.startswith('synthesis.input') for key in tensors):
        raise UserError(f'{title} is a network of StyleGAN3, which has no counterpart here; use one of StyleGAN2')
    if name == 'D':
        kwargs = _guess_D_kwargs(tensors, title)
        kwargs.update((key, value) for key, value in settings.items() if kwargs['label_size'] or 'mapping' not in key)
        variables = rename_from_torch(ada_names.list_discriminator_pairs(kwargs), tensors, title)
        return states.make_network(5, name, 'D_main', kwargs, variables)
    kwargs = _guess_G_kwargs(tensors, title)
    kwargs.update(settings)
    variables = rename_from_torch(ada_names.list_generator_pairs(_with_defaults(kwargs)), tensors, title)
    return states.make_generator(5, name, kwargs, variables)


def _with_defaults(kwargs):
    """Fill in what not every function knows as a keyword."""
    return dict({'use_noise': True, 'architecture': 'skip', 'mapping_layers': 0}, **kwargs)


def _find(tensors, name, rank, title):
    """Return the shape of a tensor that every network has."""
    shape = np.shape(tensors.get(name))
    if len(shape) != rank:
        raise UserError(f'{title} lacks the tensor {name} of rank {rank}; it is no network of StyleGAN2-ADA')
    return shape


def _list_blocks(tensors, prefix):
    """Return the sorted resolutions of the blocks `b4`, `b8` ... whose names begin with `prefix`."""
    names = {name[len(prefix) :].split('.')[0] for name in tensors if name.startswith(prefix)}
    sizes = sorted(int(name[1:]) for name in names if name[:1] == 'b' and name[1:].isdigit())
    return sizes


def _check_blocks(sizes, title):
    if sizes != [4 << i for i in range(len(sizes))] or not sizes:
        raise UserError(f'{title} has blocks of the sizes {sizes}, expected 4, 8, 16 ...')


def _guess_G_kwargs(tensors, title):
    """Return the keywords of a generator that follow from names and shapes."""
    sizes = _list_blocks(tensors, 'synthesis.')
    _check_blocks(sizes, title)
    kwargs = collections.OrderedDict(resolution=sizes[-1])
    kwargs['num_channels'] = _find(tensors, f'synthesis.b{sizes[-1]}.torgb.weight', 4, title)[0]
    kwargs['label_size'] = np.shape(tensors['mapping.embed.weight'])[1] if 'mapping.embed.weight' in tensors else 0
    mapping_fmaps, num_inputs = _find(tensors, 'mapping.fc0.weight', 2, title)
    label_fmaps = np.shape(tensors['mapping.embed.weight'])[0] if kwargs['label_size'] else 0
    kwargs['latent_size'] = num_inputs - label_fmaps
    kwargs['dlatent_size'] = _find(tensors, 'synthesis.b4.conv1.affine.weight', 2, title)[1]
    kwargs['mapping_layers'] = len([key for key in tensors if _is_mapping_layer(key)])
    kwargs['mapping_fmaps'] = mapping_fmaps
    if label_fmaps:
        kwargs['label_fmaps'] = label_fmaps
    fmaps = {size: _find(tensors, f'synthesis.b{size}.conv1.weight', 4, title)[0] for size in sizes}
    kwargs.update(guess_fmap_rule(fmaps))
    if 'synthesis.b4.torgb.weight' not in tensors:
        kwargs['architecture'] = 'resnet' if 'synthesis.b8.skip.weight' in tensors else 'orig'
    if 'synthesis.b4.conv1.noise_strength' not in tensors:
        kwargs['use_noise'] = False
    kwargs.update(_guess_kernel(tensors, 'synthesis.b4.conv1.resample_filter'))
    return kwargs


def _is_mapping_layer(key):
    return key.startswith('mapping.fc') and key.endswith('.weight')


def _guess_D_kwargs(tensors, title):
    """Return the keywords of a discriminator that follow from names and shapes."""
    sizes = _list_blocks(tensors, '')
    _check_blocks(sizes, title)
    kwargs = collections.OrderedDict(resolution=sizes[-1])
    fmaps = {size: _find(tensors, f'b{size}.conv0.weight', 4, title)[1] for size in sizes[1:]}
    fmaps[4], num_inputs = _find(tensors, 'b4.conv.weight', 4, title)[:2]
    kwargs['num_channels'] = _find(tensors, f'b{sizes[-1]}.fromrgb.weight', 4, title)[1]
    kwargs['label_size'] = np.shape(tensors['mapping.embed.weight'])[1] if 'mapping.embed.weight' in tensors else 0
    if kwargs['label_size']:
        kwargs['mapping_fmaps'] = np.shape(tensors['mapping.embed.weight'])[0]
        kwargs['mapping_layers'] = len([key for key in tensors if _is_mapping_layer(key)])
    kwargs.update(guess_fmap_rule(fmaps))
    kwargs['mbstd_num_features'] = num_inputs - fmaps[4]
    kwargs['mbstd_group_size'] = 4 if kwargs['mbstd_num_features'] else 1
    if 'b8.skip.weight' not in tensors:
        kwargs['architecture'] = 'skip' if 'b4.fromrgb.weight' in tensors else 'orig'
    else:
        kwargs['architecture'] = 'resnet'
    kwargs.update(_guess_kernel(tensors, f'b{sizes[-1]}.conv1.resample_filter'))
    return kwargs


def _guess_kernel(tensors, name):
    kernel = guess_resample_kernel(tensors[name]) if name in tensors else [1, 3, 3, 1]
    return {} if kernel == [1, 3, 3, 1] else {'resample_kernel': kernel}


def _read_G_settings(module):
    """Return the keywords of a generator that its tensors do not tell."""
    settings = _read_precision(module, 'synthesis.', 'conv1')
    settings['mapping_lrmul'] = module.get('mapping.fc0.bias_gain', 0.01)
    settings['mapping_nonlinearity'] = module.get('mapping.fc0.activation', 'lrelu')
    settings['nonlinearity'] = module.get('synthesis.b4.conv1.activation', 'lrelu')
    return settings


def _read_D_settings(module):
    settings = _read_precision(module, '', 'conv0')
    settings['mbstd_group_size'] = module.get('b4.mbstd.group_size') if module.get('b4.mbstd') else 1
    settings['nonlinearity'] = module.get('b4.conv.activation', 'lrelu')
    settings['mapping_lrmul'] = module.get('mapping.fc0.bias_gain', 0.01)
    return settings


def _read_precision(module, prefix, layer):
    """Return the keywords for half precision, read from the blocks above 4x4."""
    blocks = [module.get(f'{prefix}b{8 << i}') for i in range(8)]
    blocks = [block for block in blocks if isinstance(block, ada_pickle.Module)]
    clamps = [block.get(f'{layer}.conv_clamp') for block in blocks]
    return {
        'num_fp16_res': sum(bool(block.get('use_fp16')) for block in blocks),
        'conv_clamp': clamps[0] if clamps else None,
    }


def _read_init_kwargs(init_kwargs, table):
    """Return the same keywords from the arguments of a constructor."""
    return {name: _get_nested(init_kwargs, path, default) for name, (path, default) in table.items()}


def _get_nested(tree, path, default):
    for part in path.split('.'):
        if not isinstance(tree, dict) or part not in tree:
            return default
        tree = tree[part]
    return tree


def _set_nested(tree, path, value):
    *folders, name = path.split('.')
    for folder in folders:
        tree = tree.setdefault(folder, {})
    tree[name] = value


# ----------------------------------------------------------------------------
# Writing.


def write_state_dicts(networks, path):
    """Write networks as state dicts for `load_state_dict` of StyleGAN2-ADA for PyTorch.

    Arguments, result and errors as those of `rosinality.write_checkpoint`.
    """
    content = {'init_kwargs': {}}
    for name, net in networks.items():
        _check_convertible(net)
        kwargs = _with_defaults(net.kwargs)
        is_generator = net.func.__name__ == 'G_main'
        if is_generator:
            pairs, table = ada_names.list_generator_pairs(kwargs), dict(ada_names.G_SHAPES)
        else:
            pairs, table = ada_names.list_discriminator_pairs(kwargs), dict(ada_names.D_SHAPES)
        settings = ada_names.G_SETTINGS if is_generator else ada_names.D_SETTINGS
        table.update((key, path) for key, (path, _) in settings.items())
        tensors = rename_to_torch(pairs, net.variables)
        resample_filter = make_resample_filter(kwargs['resample_kernel'])
        tensors.update((key, resample_filter) for key in ada_names.list_filters(tensors))
        content[KEYS[name]] = tensors
        content['init_kwargs'][KEYS[name]] = _make_init_kwargs(kwargs, table)
    torch_file.write_torch_file(path, content)
    return ['open it with Generator(**content["init_kwargs"]["G_ema"]) and load_state_dict(content["G_ema"])']


def _make_init_kwargs(kwargs, table):
    """Return the arguments of a constructor, nested as the names in `table` say."""
    kwargs = dict(kwargs, channel_base=kwargs['fmap_base'] * 2, resample_kernel=list(kwargs['resample_kernel']))
    init_kwargs = {}
    for name, path in table.items():
        if name in kwargs:
            _set_nested(init_kwargs, path, kwargs[name])
    return init_kwargs


_DEMANDS = {  # What those classes have built in.
    'normalize_latents': True,
    'fmap_const': None,
    'min_h': 4,
    'min_w': 4,
    'use_pagan': False,
    'use_spectral_norm': False,
    'score_size': 1,
    'score_max': 1,
}


def _check_convertible(net):
    """Raise UserError naming the first property of a network that the classes cannot express."""
    if net.func.__name__ not in ('G_main', 'D_stylegan2', 'D_main'):
        raise UserError(f'network {net.name} was built by {net.func.__name__}, which ADA has no counterpart of')
    if net.func.__name__ == 'G_main' and not [key for key in net.variables if key.endswith('/ToRGB/weight')]:
        raise UserError(f'network {net.name} grows progressively, which ADA has no counterpart of')
    if net.version == 4 and net.kwargs['label_size']:
        raise UserError(
            f'network {net.name} takes labels in the way of StyleGAN2, which ADA cannot; '
            'train with the networks of ADA to exchange labelled ones'
        )
    for key, wanted in _DEMANDS.items():
        if net.kwargs.get(key, wanted) != wanted:
            raise UserError(f'network {net.name} has {key}={net.kwargs[key]!r}; ADA can only have {wanted!r}')

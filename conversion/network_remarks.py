# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What is unusual about the networks in a file, in words for their owner."""

import inspect

import numpy as np

from dnnlib.tflib.snapshots import network_state
from training import snapshots

_OUR_MARK = 'The StyleGAN2-TF authors'
_LEGACY_G = (  # Keywords that `legacy.py` of StyleGAN2-ADA for PyTorch knows; any other makes it fail.
    'latent_size label_size dlatent_size resolution num_channels mapping_layers label_fmaps mapping_fmaps '
    'mapping_nonlinearity mapping_lrmul w_avg_beta fmap_base fmap_max num_fp16_res conv_clamp architecture '
    'resample_kernel use_noise nonlinearity truncation_psi truncation_cutoff style_mixing_prob structure'
).split()
_LEGACY_D = (
    'label_size resolution num_channels architecture fmap_base fmap_max num_fp16_res conv_clamp mapping_fmaps '
    'nonlinearity resample_kernel freeze_layers mapping_layers mapping_lrmul mbstd_group_size mbstd_num_features '
    'structure'
).split()


def list_remarks(networks, resolved):
    """Return remarks on networks.

    Args:
        networks: Dict name -> `PickledNetwork`.
        resolved: Dict name -> `ResolvedNetwork`, of those whose family is known.
    """
    missing = [name for name in snapshots.NETWORK_NAMES if name not in networks]
    remarks = [f'it lacks {" and ".join(missing)}'] if missing else []
    remarks += _list_mismatches(resolved)
    for name, net in networks.items():
        state = network_state.check_state(net.state)
        found = _list_source_remarks(state)
        if name in resolved:
            net = resolved[name]
            found += _list_keyword_remarks(net, state) + _list_value_remarks(net.variables)
        remarks += [f'{name}: {text}' for text in found]
    return remarks


def _list_mismatches(resolved):
    """Return remarks on networks that do not belong together."""
    remarks = []
    for key in ('resolution', 'num_channels', 'label_size'):
        values = {name: net.kwargs[key] for name, net in resolved.items()}
        if len(set(values.values())) > 1:
            remarks.append(f'{key} differs: {", ".join(f"{name} {value}" for name, value in values.items())}')
    return remarks


def _list_source_remarks(state):
    """Return remarks on the source text in a snapshot, which is never executed."""
    source = state['build_module_src']
    if not source or _OUR_MARK in source:
        return []
    author = 'the official' if 'NVIDIA' in source else 'a foreign'
    return [f'it carries {author} source text of {len(source.splitlines())} lines, which is not executed']


def _list_keyword_remarks(net, state):
    """Return remarks on keywords, and on the size of the constant."""
    remarks = []
    unknown = [key for key in state['static_kwargs'] if key not in _known_keywords(net)]
    if unknown:
        remarks.append(f'unusual keywords {", ".join(unknown)}, which have no effect')
    legacy = _LEGACY_G if net.is_generator else _LEGACY_D
    refused = [key for key in state['static_kwargs'] if key not in legacy]
    if refused:
        remarks.append(f'legacy.py of StyleGAN2-ADA for PyTorch refuses the keywords {", ".join(refused)}')
    if net.version == 4 and net.kwargs['label_size']:
        remarks.append('it takes labels in the way of StyleGAN2, which legacy.py cannot convert')
    for path, value in net.variables.items():
        if path.endswith('4x4/Const/const') and value.shape[-2:] != (4, 4):
            remarks.append('its constant has {} x {} pixels instead of 4 x 4'.format(*value.shape[:1:-1]))
    return remarks


def _known_keywords(net):
    """Return the names of all arguments of the functions of a network."""
    known = set(inspect.signature(net.func).parameters)
    return known.union(*[_known_keywords(part) for part in net.components.values()])


def _list_value_remarks(variables):
    """Return remarks on the values of variables."""
    remarks = []
    broken = [name for name, value in variables.items() if not np.all(np.isfinite(value))]
    if broken:
        remarks.append(f'{len(broken)} variables have values that are no finite numbers: {", ".join(broken[:3])}')
    kinds = sorted({str(np.asarray(value).dtype) for value in variables.values()} - {'float32'})
    if kinds:
        remarks.append(f'it has values of type {", ".join(kinds)} instead of float32')
    average = variables.get('dlatent_avg')
    if average is not None and not np.any(average):
        remarks.append('dlatent_avg is all zeros, as before training; truncation pulls towards nothing in particular')
    grows = 'synthesis/lod' in variables or 'dlatent_avg' not in variables
    if grows and np.max(variables.get('lod', 0)) > 0:
        remarks.append(f'lod is {float(variables["lod"]):g}: training had not reached the full resolution')
    return remarks

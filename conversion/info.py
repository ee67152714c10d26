# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a file holds, read without a session: networks, configuration, sizes, and what is odd about it."""

import collections
import re

import numpy as np

from conversion import configuration, network_remarks, reading, states
from dnnlib.tflib.snapshots import network_state
from dnnlib.util import UserError

_NOT_TRAINED = re.compile(r'(.*/)?(noise\d+|lod|dlatent_avg)$')
_MAX_VALUE_CHARS = 60


def describe_file(path_or_url):
    """Return the lines of text that describe a file.

    Args:
        path_or_url: File of any kind.

    Raises:
        UserError: If the file is missing, or should hold networks but cannot be read.
    """
    file = reading.fetch(path_or_url)
    lines = [_row('file', f'{path_or_url} ({len(file.data):,} bytes)')]
    if file.kind not in reading.NETWORKS:
        return lines + [_row('kind', file.kind), _row('networks', 'none')]
    content = reading.parse(file)
    resolved, unknown = _resolve(content.networks)
    lines.append(_row('kind', _describe_kind(content)))
    lines += _describe_generator(resolved)
    for name, net in content.networks.items():
        lines += _describe_network(name, resolved[name]) if name in resolved else _describe_unknown(name, net)
    remarks = content.remarks + unknown + network_remarks.list_remarks(content.networks, resolved)
    return lines + [_row('odd', remark) for remark in remarks or ['nothing']]


def _row(title, text):
    return f'{title + ":" if title else "":<15}{text}'


def _resolve(networks):
    """Return the networks of known families, resolved, and remarks on the others."""
    resolved, remarks = collections.OrderedDict(), []
    for name, net in networks.items():
        try:
            resolved[name] = states.ResolvedNetwork(net)
        except UserError as error:
            remarks.append(f'{name} cannot be built here: {error}')
    return resolved, remarks


def _describe_kind(content):
    """Return the kind of file, with versions and families where it is a snapshot."""
    versions = sorted({network_state.check_state(net.state)['version'] for net in content.networks.values()})
    if content.kind.startswith(reading.SNAPSHOT):
        return f'{content.kind}, version {", ".join(str(version) for version in versions)}'
    return content.kind


def _describe_generator(resolved):
    """Return the lines on what the best generator in the file is for; on the discriminator if there is none."""
    net = next((resolved[name] for name in ('Gs', 'G', 'D') if name in resolved), None)
    if net is None:
        return []
    kwargs = net.kwargs
    lines = [
        _row('family', net.family.name),
        _row('configuration', configuration.guess_configuration(resolved)),
        _row('resolution', _describe_image(kwargs)),
        _row('labels', kwargs['label_size'] or 'none'),
    ]
    if not net.is_generator:
        return lines
    num_layers = int(kwargs['resolution']).bit_length() * 2 - 4
    mapping_fmaps = kwargs.get('mapping_fmaps') or kwargs['dlatent_size']
    return lines + [
        _row('latents', f'z {kwargs["latent_size"]}, w {kwargs["dlatent_size"]} for {num_layers} layers'),
        _row('mapping', f'{kwargs["mapping_layers"]} layers, {mapping_fmaps} features'),
        _row('feature maps', f'{2 * kwargs["fmap_base"]} / size, at most {kwargs["fmap_max"]}'),
        _row('dlatent_avg', _describe_average(net.variables.get('dlatent_avg'))),
    ]


def _describe_image(kwargs):
    height, width = (kwargs.get(key, 4) * kwargs['resolution'] // 4 for key in ('min_h', 'min_w'))
    return f'{width} x {height} pixels, {kwargs["num_channels"]} channels'


def _describe_average(average):
    if average is None:
        return 'missing'
    return f'present, root mean square {np.sqrt(np.mean(np.square(average, dtype=np.float64))):.3g}'


def _describe_network(name, net):
    """Return the line on one network, and one on its keywords."""
    functions = [net.func.__name__] + [part.func.__name__ for part in net.components.values()]
    keywords = ', '.join(f'{key}={_brief(value)}' for key, value in net.static_kwargs.items())
    return [_row(name, f'{", ".join(functions)}; {_count(net.variables)}'), _row('', keywords)]


def _describe_unknown(name, net):
    state = network_state.check_state(net.state)
    return [_row(name, f'{state["build_func_name"]}; {_count(dict(state["variables"]))}')]


def _count(variables):
    """Return the numbers of parameters in words."""
    sizes = {name: np.size(value) for name, value in variables.items()}
    trained = sum(size for name, size in sizes.items() if not _NOT_TRAINED.match(name))
    return f'{trained:,} trainable parameters, {sum(sizes.values()):,} numbers in {len(sizes)} variables'


def _brief(value):
    text = repr(value)
    return text if len(text) <= _MAX_VALUE_CHARS else text[:_MAX_VALUE_CHARS] + ' ...'

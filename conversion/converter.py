# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Conversion of a file: read, build, draw, write, read again, draw again, compare."""

import collections

import numpy as np

from conversion import ada_pytorch, drawing, formats, frozen_graph, npz, reading, rosinality, states
from dnnlib import tflib
from dnnlib.progress import Clock
from dnnlib.util import UserError
from training import snapshots

MAX_DIFFERENCE = 1e-3  # Relative to the values. Rounding stays far below, a weight in a wrong place is far above.


def convert(source, target, target_format, overwrite=False, names=None, truncation_psi=0.5, report=print):
    """Convert the networks of a file and compare what they make of fixed inputs before and after.

    Args:
        source: File of any kind that `reading.read_networks` knows, or URL.
        target: File to write; for 'saved-model' a folder.
        target_format: Key of `formats.FORMATS`.
        overwrite: Replace an older file.
        names: Names of the networks to convert, of 'G', 'D' and 'Gs'; None for all, or for graphs the best one.
        truncation_psi: Default of that input of graphs.
        report: Function that is given one line of text at a time.

    Returns:
        Dict name -> largest difference between the outputs before and after.

    Raises:
        UserError: If the source cannot be read, the target cannot be written or cannot express the networks, or the
            converted networks give other results.
    """
    formats.check_target(source, target, target_format, overwrite)
    content = reading.read_networks(source)
    networks = _select(content.networks, names, target_format, source)
    report(f'Read {", ".join(content.networks)} from {source}: {content.kind}')
    resolved = collections.OrderedDict((name, states.ResolvedNetwork(net)) for name, net in networks.items())
    with drawing.open_session():
        with Clock('Drawing before the conversion'):
            built = drawing.build(networks)
            before = drawing.draw(built)
        remarks = list(content.remarks)
        if target_format == 'pkl':
            remarks += _write_snapshot(built, resolved, target)
        elif target_format in formats.GRAPHS:
            (net,) = built.values()
            remarks += _write_graph(net, target, target_format, truncation_psi)
        else:
            remarks += _WRITERS[target_format](resolved, target) or []
        inputs = {name: drawing.make_inputs(net) for name, net in built.items() if net.components}
    for remark in remarks:
        report(f'Note: {remark}')
    report(f'Wrote {", ".join(networks)} to {target}')
    with Clock('Drawing after the conversion'):
        after = _draw_graph(target, inputs) if target_format in formats.GRAPHS else _draw_file(target)
    return _check_differences(before, after, target, report)


_WRITERS = {
    'npz': npz.write_npz,
    'rosinality': rosinality.write_checkpoint,
    'ada-pytorch': ada_pytorch.write_state_dicts,
}


def _select(networks, names, target_format, source):
    """Return the networks that are to be converted."""
    missing = [name for name in names or [] if name not in networks]
    if missing:
        raise UserError(f'{source} holds {", ".join(networks)}, but no {", ".join(missing)}')
    if target_format in formats.GRAPHS:
        generators = [name for name in names or ('Gs', 'G') if name in networks and name != 'D']
        if not generators or len(names or [None]) > 1:
            raise UserError('a graph is made of one generator; choose it with --networks=Gs or --networks=G')
        names = generators[:1]
    return collections.OrderedDict((name, net) for name, net in networks.items() if name in (names or networks))


def _write_snapshot(built, resolved, target):
    """Write a snapshot of all three networks, as every reader wants them, and tell what had to be made for that."""
    networks, remarks = dict(built), []
    generators = [name for name in ('Gs', 'G') if name in networks]
    if not generators:
        raise UserError('a snapshot needs a generator, and the source holds none')
    for name in ('G', 'Gs'):
        if name not in networks:
            networks[name] = networks[generators[0]].clone(name)
            remarks.append(f'the source holds no {name}, so {name} is a copy of {generators[0]}')
    if 'D' not in networks:
        networks['D'] = _make_discriminator(resolved[generators[0]])
        remarks.append('the source holds no D, so D is a new one: good for drawing pictures, not for going on training')
    snapshots.save_snapshot(tuple(networks[name] for name in snapshots.NETWORK_NAMES), target)
    return remarks


def _make_discriminator(generator):
    """Return a discriminator that was not trained and fits a generator."""
    names = ('num_channels', 'resolution', 'label_size', 'fmap_base', 'fmap_max', 'min_h', 'min_w')
    kwargs = {name: generator.kwargs[name] for name in names if generator.kwargs.get(name) is not None}
    return tflib.Network('D', generator.family.discriminator, mbstd_group_size=4, **kwargs)


def _write_graph(net, target, target_format, truncation_psi):
    graph_def = frozen_graph.make_graph_def(net, truncation_psi)
    write = frozen_graph.write_frozen_graph if target_format == 'frozen-graph' else frozen_graph.write_saved_model
    write(graph_def, target)
    inputs = [node.name for node in graph_def.node if node.op.startswith('Placeholder')]
    return [
        f'inputs {", ".join(inputs)}; outputs {", ".join(frozen_graph.OUTPUTS)}; noise is fixed',
        f'{len(graph_def.node)} nodes of the standard ops {", ".join(frozen_graph.list_ops(graph_def))}',
    ]


def _draw_graph(target, inputs):
    """Return what the graph in a file draws, as the only item of a dict."""
    ((name, (latents, labels)),) = inputs.items()
    graph_def = frozen_graph.read_graph(target)
    return {name: frozen_graph.draw(graph_def, latents, labels, drawing.TRUNCATION_PSI)}


def _draw_file(target):
    """Return what the networks in a file that was written make of fixed inputs."""
    networks = reading.read_networks(target).networks
    with drawing.open_session():
        return drawing.draw(drawing.build(networks))


def _check_differences(before, after, target, report):
    """Report the largest differences and raise UserError if one is more than rounding."""
    differences = drawing.compare(before, after)
    for name, difference in differences.items():
        outputs = 'scores' if before[name].ndim == 2 else 'pictures'
        report(f'Largest difference between the {outputs} of {name} before and after: {difference:.3g}')
        if not difference <= MAX_DIFFERENCE * max(1, np.max(np.abs(before[name]))):
            raise UserError(f'{name} in {target} gives other results than the source; do not use this file')
    return differences

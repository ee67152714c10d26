# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The networks of a training: built anew, taken from a snapshot, or made of what fits or can be adapted of one."""

import collections

from dnnlib import tflib
from dnnlib.util import EasyDict, UserError
from image_data.image_size import split_image_size
from training import adaptation, checks, snapshots

# Keywords of networks that follow from the data set.
_SIZES = ('resolution', 'num_channels', 'label_size', 'min_h', 'min_w')


def choose_architecture(options, given, image_shape, label_size):
    """Let networks that begin with the weights of a snapshot be as those of the snapshot, but for what is given.

    If nothing differs, they are taken as they are. Otherwise they are built anew, with the architecture of the
    snapshot where it can be trained so, as weights of another width or depth are of no use.

    Args:
        options: Keywords of `training.training_loop.training_loop` with a `resume_pkl`; changed here.
        given: Name of a network, 'G' or 'D' -> keywords that the user has chosen.
        image_shape: Shape [C, H, W] of the images of the data set.
        label_size: Size of its labels, 0 if they are not used.

    Returns:
        Text on what differs, or None if nothing does.
    """
    opened = snapshots.open_snapshot(options['resume_pkl'])
    opened.require(*snapshots.NETWORK_NAMES)
    snapshots.keep(opened)
    differences = _list_size_differences(opened.describe(), image_shape, label_size)
    try:
        sources = {name: opened.resolve(name) for name in ('G', 'D')}
    except UserError:  # They are made by code in the file.
        if differences:
            raise
        return None
    if not _can_train(sources['G'], options):
        differences.append(f'{sources["G"].func_name} instead of {options["G_args"]["func_name"]}')
    else:
        for name, source in sources.items():
            differences += _list_differences(name, source.kwargs, given[name])
            kept = {key: value for key, value in source.static_kwargs.items() if key not in _SIZES}
            options[name + '_args'] = EasyDict(kept, func_name=source.func_name, **given[name])
    options['resume_with_new_nets'] = bool(differences)
    return ', '.join(differences) or None


def _list_size_differences(described, image_shape, label_size):
    """Return texts on how images and labels of a snapshot differ from those of a data set."""
    differences = []
    if list(described.image_shape) != list(image_shape):
        sizes = ['x'.join(map(str, shape)) for shape in (described.image_shape, image_shape)]
        differences.append('images of {} instead of {}'.format(*sizes))
    if described.label_size != label_size:
        differences.append(f'labels of size {described.label_size} instead of {label_size}')
    return differences


def _list_differences(name, kwargs, given):
    """Return texts on how keywords of a network of a snapshot differ from those that are given."""
    return [
        f'{key} of {name} {kwargs[key]} instead of {value}'
        for key, value in sorted(given.items())
        if kwargs.get(key) not in (None, value)
    ]


def _can_train(G, options):
    """Tell whether a generator of a snapshot can be trained with the losses and the schedule of some options."""
    is_stylegan = G.func_name.startswith('training.networks_stylegan.')
    grows = is_stylegan or G.kwargs.get('synthesis_func') == 'G_synthesis_stylegan_revised'
    needs_paths = options['G_loss_args']['func_name'].endswith('pathreg')
    has_to_grow = options['sched_args'].get('lod_initial_resolution') is not None
    return not (is_stylegan and needs_paths) and (grows or not has_to_grow)


def make_networks(training_set, G_args, D_args, resume_pkl=None, resume_with_new_nets=False):
    """Make the networks of a training.

    Args:
        training_set: Data set; its image shape and label size count.
        G_args: Function name and keywords of G.
        D_args: Function name and keywords of D.
        resume_pkl: Snapshot to take them from, path or URL; None to build them.
        resume_with_new_nets: Build them from the keywords and take over what fits, or can be adapted, of the snapshot.

    Returns:
        G, D and Gs.

    Raises:
        UserError: If the snapshot makes other images than those of the data set, and is to be taken as it is.
    """
    if resume_pkl is None:
        return _build_networks(training_set, G_args, D_args)
    print(f'Loading networks from "{resume_pkl}"...')
    loaded = snapshots.open_snapshot(resume_pkl).build(*snapshots.NETWORK_NAMES)
    if not resume_with_new_nets:
        image_shape, label_size = loaded[2].output_shape[1:], loaded[2].input_shapes[1][1]
        checks.check_fit(resume_pkl, image_shape, label_size, training_set.shape, training_set.label_size)
        _print_ignored(zip(loaded, [G_args, D_args]))
        print('All weights are taken over')
        return loaded
    networks = _build_networks(training_set, G_args, D_args)
    print('\n'.join(take_over(networks, loaded)))
    return networks


def _build_networks(training_set, G_args, D_args):
    """Return G, D and Gs for the images of a data set."""
    print('Constructing networks...')
    channels, height, width = training_set.shape
    common = dict(split_image_size(height, width), num_channels=channels, label_size=training_set.label_size)
    G = tflib.Network('G', **dict(common, **G_args))
    D = tflib.Network('D', **dict(common, **D_args))
    return G, D, G.clone('Gs')


def _print_ignored(networks):
    """Tell which keywords differ from those that networks of a snapshot were built with.

    Args:
        networks: Pairs of network and keywords.
    """
    for net, kwargs in networks:
        items = sorted((key, value) for key, value in kwargs.items() if key != 'func_name')
        ignored = [f'{key}={value}' for key, value in items if net.static_kwargs.get(key) != value]
        if ignored:
            print(f'{net.name} is taken from the snapshot as it is, without {", ".join(ignored)}')


def take_over(networks, sources):
    """Copy and adapt weights of networks.

    Args:
        networks: Networks, which are changed.
        sources: As many that they take the weights of.

    Returns:
        List of lines: a table of how many weights were copied, adapted, left fresh and left out, and which.
    """
    lines = ['weights of   copied  adapted  fresh  left out']
    details = collections.OrderedDict()
    for net, old in zip(networks, sources):
        shapes = collections.OrderedDict((name, var.shape.as_list()) for name, var in net.vars.items())
        arrays = tflib.run(dict(old.vars))
        result = adaptation.adapt(shapes, arrays)
        tflib.set_vars({net.vars[name]: value for name, value in result.values.items()})
        counts = [len(names) for names in (result.copied, result.adapted, result.fresh, result.left_out)]
        lines.append('{:<10s}  {:7d}  {:7d}  {:5d}  {:8d}'.format(net.name, *counts))
        _note_details(details, result)
    return lines + [f'{kind}: {", ".join(layers)}' for kind, layers in details.items()] + _warn_of_depth(details)


def _note_details(details, result):
    """Add the layers that were not copied to lists by what happened to them."""
    for name, way in result.adapted.items():
        _add_layer(details, f'adapted ({way})', name)
    for kind, names in [('fresh', result.fresh), ('left out', result.left_out)]:
        for name in names:
            _add_layer(details, kind, name)


def _add_layer(details, kind, name):
    layers = details.setdefault(kind, [])
    layer = name.rpartition('/')[0] or name
    if layer not in layers:
        layers.append(layer)


def _warn_of_depth(details):
    layers = [layer for kind in ('fresh', 'left out') for layer in details.get(kind, [])]
    if not any(layer.startswith('G_mapping/Dense') for layer in layers):
        return []
    return ['Warning: the mapping network has another depth or width, so what latents mean is learned anew']

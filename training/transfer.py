# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The networks of a training: built anew, taken from a snapshot, or with what fits of one."""

from dnnlib import tflib
from image_data.image_size import split_image_size
from training import checks, snapshots


def make_networks(training_set, G_args, D_args, resume_pkl=None, resume_with_new_nets=False):
    """Make the networks of a training.

    Args:
        training_set: Data set; its image shape and label size count.
        G_args: Function name and keywords of G.
        D_args: Function name and keywords of D.
        resume_pkl: Snapshot to take them from, path or URL; None to build them.
        resume_with_new_nets: Build them from the keywords and copy what fits from the snapshot.

    Returns:
        G, D and Gs.

    Raises:
        UserError: If the snapshot makes other images than those of the data set.
    """
    loaded = None
    if resume_pkl is not None:
        print(f'Loading networks from "{resume_pkl}"...')
        loaded = snapshots.open_snapshot(resume_pkl).build(*snapshots.NETWORK_NAMES)
        if not resume_with_new_nets:
            image_shape, label_size = loaded[2].output_shape[1:], loaded[2].input_shapes[1][1]
            checks.check_fit(resume_pkl, image_shape, label_size, training_set.shape, training_set.label_size)
            _print_ignored(zip(loaded, [G_args, D_args]))
            return loaded
    networks = _build_networks(training_set, G_args, D_args)
    for net, old in zip(networks, loaded or []):
        report = net.copy_vars_from(old, skip_mismatched=True)
        num_new = len(report.missing + report.mismatched)
        print(f'{net.name}: {len(report.copied)} variables copied, {num_new} new')
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

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Where a training begins: anew, exactly where another one stopped, or with the weights of a snapshot alone."""

from dnnlib import tflib
from dnnlib.util import EasyDict
from training import checks, misc, training_state
from training.image_size import split_image_size


def find_position(resume_pkl=None, resume_kimg=None, resume_time=0.0):
    """Tell from where a training goes on, and print it.

    Args:
        resume_pkl: Snapshot to go on from, path or URL; None to begin anew.
        resume_kimg: Position of that snapshot; None for that of the state beside it, else of its file name.
        resume_time: Training time so far in seconds, unless the state tells.

    Returns:
        EasyDict of `cur_nimg` (real images shown), `total_sec` (training time), `counter` (number of minibatches),
        `lod` (level of detail, -1 if there was none) and `is_exact` (the whole state can be restored).
    """
    saved = _read_position(resume_pkl) if resume_kimg is None else None
    if saved is not None:
        print(f'Resuming exactly from "{resume_pkl}", {saved.cur_nimg / 1000:.1f} kimg: weights and optimizer state')
        return EasyDict(saved, is_exact=True)
    if resume_kimg is None:
        resume_kimg = misc.parse_snapshot_kimg(resume_pkl) or 0
    if resume_pkl is not None:
        print(f'Resuming from the weights alone of "{resume_pkl}", at {resume_kimg:.1f} kimg')
    return EasyDict(cur_nimg=int(resume_kimg * 1000), total_sec=resume_time, counter=0, lod=-1.0, is_exact=False)


def _read_position(resume_pkl):
    return None if resume_pkl is None else training_state.read_position(resume_pkl)


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
        UserError: If the snapshot makes other pictures than those of the data set.
    """
    loaded = None
    if resume_pkl is not None:
        print(f'Loading networks from "{resume_pkl}"...')
        loaded = misc.load_networks(resume_pkl)
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

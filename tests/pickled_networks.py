# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Tiny networks of every family, and snapshots of them in the forms that the official programs write."""

import collections
import functools
import io
import pickle

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib

POISON = 'raise SystemExit("the source inside a snapshot was executed")\n'
SIZE = {'num_channels': 3, 'resolution': 8, 'label_size': 0, 'fmap_base': 16, 'fmap_max': 4}
LATENT = {'latent_size': 4, 'dlatent_size': 4, 'mapping_fmaps': 4, 'mapping_layers': 2}
LATENTS = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
IMAGES = np.linspace(-1, 1, 384, dtype=np.float32).reshape(2, 3, 8, 8)

Family = collections.namedtuple('Family', ['module', 'G', 'D', 'G_kwargs', 'version'])
FAMILIES = {
    'stylegan': Family('training.networks_stylegan', 'G_style', 'D_basic', {}, 3),
    'stylegan2': Family('training.networks_stylegan2', 'G_main', 'D_stylegan2', {}, 4),
    'revised': Family(
        'training.networks_stylegan2',
        'G_main',
        'D_stylegan',
        {'synthesis_func': 'G_synthesis_stylegan_revised'},
        4,
    ),
    'ada': Family('training.networks_ada', 'G_main', 'D_main', {}, 5),
}


def make_networks(family='stylegan2', **kwargs):
    """Return (G, D, Gs) with values that every version of everything computes alike."""
    family = FAMILIES[family]
    G = tflib.Network('G', f'{family.module}.{family.G}', **dict(SIZE, **LATENT, **family.G_kwargs, **kwargs))
    D = tflib.Network('D', f'{family.module}.{family.D}', mbstd_group_size=4, **dict(SIZE, **kwargs))
    networks = G, D, G.clone('Gs')
    for offset, net in enumerate(networks):
        set_ramps(net, offset)
    return networks


def set_ramps(net, offset=0):
    """Give the variables of a network values from -1 to 1 that are exact in float32, and 0 to `lod`."""
    values = collections.OrderedDict()
    for step, (name, var) in enumerate(net.vars.items()):
        ramp = np.arange(np.prod(var.shape.as_list(), dtype=int)).reshape(var.shape.as_list())
        values[var] = ramp * 0 if name.split('/')[-1] == 'lod' else (ramp * 37 + step * 11 + offset * 5) % 64 / 32.0 - 1
    tflib.set_vars(values)


def evaluate(networks):
    """Return pictures of G and scores of D."""
    G, D, _ = networks
    return [G.run(LATENTS, None, randomize_noise=False, truncation_psi=0.7), D.run(IMAGES, None)]


def assert_same_networks(networks, others):
    """Compare all values, and the results of the networks."""
    assert [net.name for net in networks] == [net.name for net in others] == ['G', 'D', 'Gs']
    values, twins = tflib.run([[net.vars for net in some] for some in (networks, others)])
    for value, twin in zip(values, twins):
        assert list(value) == list(twin)
        for name in value:
            np.testing.assert_array_equal(value[name], twin[name])
    for result, twin in zip(evaluate(networks), evaluate(others)):
        assert np.std(result) > 0
        np.testing.assert_array_equal(result, twin)


class Saved:
    """Pickles as a network with the state that was given."""

    def __init__(self, state):
        self.state = state

    def __getstate__(self):
        return self.state


class _SavedPickler(pickle._Pickler):
    """Writes the official class path in place of that of `Saved`."""

    def save_global(self, obj, name=None):  # noqa: D102
        if obj is Saved:
            self.write(pickle.GLOBAL + b'dnnlib.tflib.network\nNetwork\n')
            self.memoize(obj)
        else:
            super().save_global(obj, name)


def dump_saved(obj, protocol=4):
    """Return a pickle of objects with `Saved` in place of networks."""
    file = io.BytesIO()
    _SavedPickler(file, protocol).dump(obj)
    return file.getvalue()


def get_state(net, version, source, drop=(), rename=None):
    """Return the state of a network as an official program would give it.

    Args:
        net: `Network`.
        version: That of the state.
        source: Embedded source.
        drop: Static keywords that are not saved, as they are the defaults of that source.
        rename: Function name -> that in the state.
    """
    state = net.__getstate__()
    state.update(version=version, build_module_src=source)
    state['build_func_name'] = (rename or {}).get(state['build_func_name'], state['build_func_name'])
    state['static_kwargs'] = {key: value for key, value in state['static_kwargs'].items() if key not in drop}
    state['components'] = {
        key: Saved(get_state(part, version, source, drop, rename)) for key, part in net.components.items()
    }
    if version == 5:
        state.update((key, getattr(net, key)) for key in ('input_shapes', 'output_shapes', 'input_names'))
        state['output_names'] = net.output_names
    return state


def dump_official(networks, version, source=POISON, drop=(), rename=None):
    """Return a snapshot as official programs write it; arguments as `get_state`."""
    return dump_saved(tuple(Saved(get_state(net, version, source, drop, rename)) for net in networks))


@functools.lru_cache(maxsize=None)
def dump_family(name, source=POISON):
    """Return a snapshot of a family as its official program writes it, made once."""
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        return dump_official(make_networks(name), FAMILIES[name].version, source)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Small networks whose variables are all random, so that every one of them matters for what is drawn.

Run as a script, this makes tests/data/random_snapshot.pkl; the variables do not depend on the version of TensorFlow.
"""

import os
import sys

import numpy as np

TESTS_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SNAPSHOT = os.path.join(TESTS_DIR, 'data', 'random_snapshot.pkl')
COMMON = {'num_channels': 3, 'resolution': 8, 'label_size': 0, 'fmap_base': 16, 'fmap_max': 6}
MAPPING = {'latent_size': 8, 'dlatent_size': 8, 'mapping_layers': 2, 'mapping_fmaps': 8}
STYLEGAN2 = ('training.networks_stylegan2.G_main', 'training.networks_stylegan2.D_stylegan2')


def make_networks(funcs=STYLEGAN2, G_kwargs=None, D_kwargs=None, **common):
    """Return (G, D, Gs) in the default session.

    Args:
        funcs: Names of the two build functions.
        G_kwargs: Further keywords of the generator.
        D_kwargs: Further keywords of the discriminator.
        **common: Keywords of both, over `COMMON`.
    """
    from dnnlib import tflib

    common = dict(COMMON, **common)
    G = tflib.Network('G', funcs[0], **dict(common, **dict(MAPPING, **(G_kwargs or {}))))
    D = tflib.Network('D', funcs[1], mbstd_group_size=4, **dict(common, **(D_kwargs or {})))
    Gs = G.clone('Gs')
    rnd = np.random.RandomState(1)
    for net in (G, D, Gs):
        values = {var: rnd.randn(*var.shape.as_list()) * _choose_scale(name) for name, var in net.vars.items()}
        tflib.set_vars(values)
    return G, D, Gs


def _choose_scale(name):
    if name.endswith('lod'):
        return 0
    return 100 if 'G_mapping/Dense' in name else 0.5  # Their learning rate multiplier is 0.01.


def save_networks(path, *args, **kwargs):
    """Write a snapshot of `make_networks`, made in a session of its own."""
    from conversion import drawing
    from training import misc

    with drawing.open_session():
        misc.save_pkl(make_networks(*args, **kwargs), str(path))


def run_file(path, z, labels=None, images=None, truncation_psi=0.7):
    """Return what the networks of a file of any format give: images of Gs, and scores of D for them or for `images`."""
    from conversion import drawing, reading

    with drawing.open_session():
        networks = drawing.build(reading.read_networks(str(path)).networks)
        drawn = networks['Gs'].run(z, labels, truncation_psi=truncation_psi, randomize_noise=False)
        images = drawn if images is None else images
        return drawn, networks['D'].run(images, labels) if 'D' in networks else None


if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(TESTS_DIR))
    save_networks(SNAPSHOT)

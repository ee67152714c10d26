# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Make tests/data/tiny_snapshot.pkl, a snapshot whose variables are all random, and pictures that it draws.

The tests compare what any TensorFlow draws with these pictures. They were made with TensorFlow 2.21; run this again
only if the drawing is meant to change.
"""

import os
import sys

TESTS_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(TESTS_DIR))

import numpy as np  # noqa: E402 - the project runs from its checkout

SEEDS_AND_PSIS = [(3, 0.5), (4, 1.0)]


def make_networks(num_channels=3):
    """Return (G, D, Gs) of 16x16 pixels with random variables; noise and truncation both show in the pictures."""
    from dnnlib import tflib

    common = {'num_channels': num_channels, 'resolution': 16, 'label_size': 0, 'fmap_base': 64, 'fmap_max': 4}
    mapping = {'latent_size': 8, 'dlatent_size': 8, 'mapping_fmaps': 8, 'mapping_layers': 2}
    G = tflib.Network('G', 'training.networks_stylegan2.G_main', **common, **mapping)
    D = tflib.Network('D', 'training.networks_stylegan2.D_stylegan2', mbstd_group_size=4, **common)
    Gs = G.clone('Gs')
    rnd = np.random.RandomState(1)
    for net in (G, D, Gs):
        shapes = {name: var.shape.as_list() for name, var in net.vars.items()}
        tflib.set_vars({net.vars[name]: rnd.randn(*shape) * choose_scale(name) for name, shape in shapes.items()})
        if net is not D:
            net.set_var('lod', 0)
    return G, D, Gs


def choose_scale(name):
    """Return the standard deviation of a variable that keeps pictures within their range."""
    if 'Dense' in name and 'mapping' in name:
        return 100.0  # Their learning rate multiplier is 0.01.
    return {'noise_strength': 0.5, 'weight': 0.3}.get(name.split('/')[-1], 1.0) if 'ToRGB' not in name else 0.2


def main():
    """Write the files."""
    from dnnlib import image_files, tflib
    from training import misc
    from training.generator import Generator

    tflib.init_tf()
    path = os.path.join(TESTS_DIR, 'data', 'tiny_snapshot.pkl')
    misc.save_pkl(make_networks(), path)
    with Generator(path) as generator:
        for seed, psi in SEEDS_AND_PSIS:
            image = image_files.to_pil_image(generator.draw_seed(seed, truncation_psi=psi))
            misc.save_image(image, os.path.join(TESTS_DIR, 'data', f'tiny_seed{seed:04d}.png'))


if __name__ == '__main__':
    main()

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Pictures from seeds."""

import numpy as np
import PIL.Image

import dnnlib
from dnnlib import tflib
from training import misc


def get_noise_vars(Gs):
    """Return the noise variables of the synthesis network, in order."""
    return [var for name, var in Gs.components.synthesis.vars.items() if name.startswith('noise')]


def make_image_kwargs(truncation_psi=None):
    """Return the keywords of `Network.run` for pictures: fixed noise, uint8 [NHWC].

    Args:
        truncation_psi: Distance from the mean of w that is kept; None leaves the choice to the network.
    """
    kwargs = {'randomize_noise': False}
    kwargs['output_transform'] = {'func': tflib.convert_images_to_uint8, 'nchw_to_nhwc': True}
    if truncation_psi is not None:
        kwargs['truncation_psi'] = truncation_psi
    return kwargs


def to_pil_image(image):
    """Return a uint8 picture [HWC] as Pillow image; one channel becomes grayscale."""
    return PIL.Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


def generate_image(Gs, seed, truncation_psi=0.5):
    """Return the picture of a seed, uint8 [HWC]; the seed decides latents and noise, in the official order.

    Args:
        Gs: Generator.
        seed: Seed of NumPy's RandomState.
        truncation_psi: Distance from the mean of w that is kept.
    """
    rnd = np.random.RandomState(seed)
    z = rnd.randn(1, *Gs.input_shape[1:])  # [ND]
    tflib.set_vars({var: rnd.randn(*var.shape.as_list()) for var in get_noise_vars(Gs)})
    return Gs.run(z, None, **make_image_kwargs(truncation_psi))[0]


def generate_images(network_pkl, seeds, truncation_psi=0.5, grid=False):
    """Write one picture per seed, `seed0000.png`, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds.
        truncation_psi: Distance from the mean of w that is kept.
        grid: Also write all of them as `grid.png`.
    """
    Gs = load_generator(network_pkl)
    images = []
    for index, seed in enumerate(seeds):
        print(f'Generating image for seed {seed} ({index}/{len(seeds)}) ...')
        image = generate_image(Gs, seed, truncation_psi)
        misc.save_image(to_pil_image(image), dnnlib.make_run_dir_path(f'seed{seed:04d}.png'))
        images.append(image)
    if grid:
        save_grid(np.stack(images), 'grid.png')


def truncation_sweep(network_pkl, seeds, truncation_psis):
    """Write `truncation.png`: a row per seed, a column per psi.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds.
        truncation_psis: List of distances from the mean of w.
    """
    Gs = load_generator(network_pkl)
    images = []
    for index, seed in enumerate(seeds):
        print(f'Generating images for seed {seed} ({index}/{len(seeds)}) ...')
        images += [generate_image(Gs, seed, psi) for psi in truncation_psis]
    save_grid(np.stack(images), 'truncation.png', (len(truncation_psis), len(seeds)))


def load_generator(network_pkl):
    """Start TensorFlow and return Gs of a snapshot."""
    tflib.init_tf()
    print(f'Loading networks from "{network_pkl}"...')
    return misc.load_networks(network_pkl)[2]


def save_grid(images, name, grid_size=None):
    """Write pictures uint8 [NHWC] as one picture in the run directory; see `misc.create_image_grid`."""
    grid = misc.create_image_grid(images.transpose(0, 3, 1, 2), grid_size)  # [CHW]
    misc.save_image(to_pil_image(grid.transpose(1, 2, 0)), dnnlib.make_run_dir_path(name))

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Images from seeds and from intermediate latents."""

import os

import numpy as np

import dnnlib
from dnnlib import background, image_files, tflib
from dnnlib.array_files import load_arrays
from dnnlib.tflib import gpus
from dnnlib.util import UserError, UserFileNotFoundError
from training import misc
from training.generator import Generator, choose_minibatch_size


def load_generator(network_pkl):
    """Start TensorFlow and return the `training.generator.Generator` of a snapshot, given by path or URL or opened."""
    tflib.tfutil.prepare_process()
    gpus.print_fallback()
    print(f'Loading networks from "{getattr(network_pkl, "name", network_pkl)}"...')
    return Generator(network_pkl)


# ----------------------------------------------------------------------------
# Images of seeds.


def generate_images(
    network_pkl,
    seeds,
    truncation_psi=0.5,
    truncation_cutoff=None,
    class_index=None,
    grid=False,
    minibatch_size=None,
):
    """Write one image per seed, `seed0000.png`, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds.
        truncation_psi: Distance from the mean of w that is kept.
        truncation_cutoff: Number of first layers that are truncated; None leaves the choice to the network.
        class_index: Class to draw, or None.
        grid: Also write all of them as `grid.png`.
        minibatch_size: Images to draw at a time; None for what suits their size.
    """
    with load_generator(network_pkl) as generator:
        label = generator.make_label(class_index)
        how = {'truncation_psi': truncation_psi, 'truncation_cutoff': truncation_cutoff}
        save_images(_draw_seeds(generator, seeds, minibatch_size, labels=label, **how), grid)


def _draw_seeds(generator, seeds, minibatch_size, **how):
    """Yield names of files and images, minibatch by minibatch; `how` are keywords of `Generator.draw`."""
    for begin, latents, noise in iterate_inputs(generator, seeds, minibatch_size):
        some_seeds = seeds[begin : begin + len(latents)]
        for index, seed in enumerate(some_seeds, begin):
            print(f'Generating image for seed {seed} ({index}/{len(seeds)}) ...', flush=True)
        images = generator.draw(latents, noise=noise, minibatch_size=minibatch_size, **how)
        yield [f'seed{seed:04d}.png' for seed in some_seeds], images


def iterate_inputs(generator, seeds, minibatch_size=None):
    """Yield (index of its first seed, latents [ND], noise) for each minibatch, drawn ahead in a thread.

    Args:
        generator: `Generator`.
        seeds: List of seeds.
        minibatch_size: Images to draw at a time; None for what suits their size.
    """
    step = minibatch_size or choose_minibatch_size(generator.image_shape)
    begins = range(0, len(seeds), step)
    parts = [seeds[begin : begin + step] for begin in begins]
    for begin, (latents, noise) in zip(begins, background.map_ahead(generator.sample, parts)):
        yield begin, latents, noise


def truncation_sweep(network_pkl, seeds, truncation_psis, class_index=None, minibatch_size=None):
    """Write `truncation.png`: a row per seed, a column per psi.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds.
        truncation_psis: List of distances from the mean of w.
        class_index: Class to draw, or None.
        minibatch_size: Images to draw at a time; None for what suits their size.
    """
    images = []
    with load_generator(network_pkl) as generator:
        label = generator.make_label(class_index)
        for begin, latents, noise in iterate_inputs(generator, seeds, minibatch_size):
            for index, seed in enumerate(seeds[begin : begin + len(latents)], begin):
                print(f'Generating images for seed {seed} ({index}/{len(seeds)}) ...', flush=True)
            how = {'labels': label, 'noise': noise, 'minibatch_size': minibatch_size}
            columns = [generator.draw(latents, truncation_psi=psi, **how) for psi in truncation_psis]
            images += [column[row] for row in range(len(latents)) for column in columns]
    save_grid(np.stack(images), 'truncation.png', (len(truncation_psis), len(seeds)))


# ----------------------------------------------------------------------------
# Images of intermediate latents.


def read_dlatents(path, num_layers):
    """Return the content of a file of intermediate latents as dict, `dlatents` with the shape [NLD].

    Args:
        path: `.npz` file with an array `dlatents` [NLD] or [N1D], and maybe `noise0`, `noise1` ... of one image.
        num_layers: Number of layers of w that the network has.

    Raises:
        UserError: If the file is something else.
    """
    if not os.path.isfile(path):
        raise UserFileNotFoundError(f'`dlatents_npz`: there is no file {path}')
    arrays = load_arrays(path)
    dlatents = arrays.get('dlatents')
    if dlatents is None or dlatents.ndim != 3 or dlatents.shape[1] not in (1, num_layers):
        shape = 'none' if dlatents is None else list(dlatents.shape)
        raise UserError(
            f'`dlatents_npz`: expected an array "dlatents" of shape [pictures, {num_layers}, size] in {path}, got '
            f'{shape}'
        )
    arrays['dlatents'] = np.tile(dlatents, [1, num_layers // dlatents.shape[1], 1])  # [NLD]
    return arrays


def generate_from_dlatents(network_pkl, dlatents_npz, grid=False, minibatch_size=None):
    """Write one image per row of intermediate latents, `dlatent00.png`, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        dlatents_npz: See `read_dlatents`; noise in it is used, where absent that of the network.
        grid: Also write all of them as `grid.png`.
        minibatch_size: Images to draw at a time; None for what suits their size.
    """
    with load_generator(network_pkl) as generator:
        arrays = read_dlatents(dlatents_npz, generator.num_layers)
        dlatents = arrays['dlatents']  # [NLD]
        if dlatents.shape[2] != generator.dlatent_size:
            raise UserError(
                f'`dlatents_npz`: expected vectors of {generator.dlatent_size} numbers, got {dlatents.shape[2]} in '
                f'{dlatents_npz}'
            )
        noise = {name: arrays[name] for name in generator.noise_shapes if name in arrays}
        save_images(_draw_dlatents(generator, dlatents, noise, minibatch_size), grid)


def _draw_dlatents(generator, dlatents, noise, minibatch_size):
    """Yield names of files and images, minibatch by minibatch."""
    step = minibatch_size or choose_minibatch_size(generator.image_shape)
    for begin in range(0, len(dlatents), step):
        indices = range(begin, min(begin + step, len(dlatents)))
        for index in indices:
            print(f'Generating image for row {index} ({index}/{len(dlatents)}) ...', flush=True)
        images = generator.render(dlatents[begin : begin + step], noise, minibatch_size)
        yield [f'dlatent{index:02d}.png' for index in indices], images


# ----------------------------------------------------------------------------
# Files.


def save_images(minibatches, grid=False):
    """Write images to the run directory while the next ones are drawn.

    Args:
        minibatches: Iterable of (names of files, images uint8 [NHWC]).
        grid: Also write all of them as `grid.png`.
    """
    images = []
    with background.BackgroundCalls() as calls:
        for names, drawn in minibatches:
            for name, image in zip(names, drawn):
                calls.submit(image_files.save_image, image_files.to_pil_image(image), dnnlib.make_run_dir_path(name))
            images += list(drawn) if grid else []
    if grid:
        save_grid(np.stack(images), 'grid.png')


def save_grid(images, name, grid_size=None):
    """Write images uint8 [NHWC] as one grid in the run directory; see `misc.create_image_grid`."""
    grid = misc.create_image_grid(images.transpose(0, 3, 1, 2), grid_size)  # [CHW]
    image_files.save_image(image_files.to_pil_image(grid.transpose(1, 2, 0)), dnnlib.make_run_dir_path(name))

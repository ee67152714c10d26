# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Pictures from seeds and from intermediate latents."""

import os

import numpy as np

import dnnlib
from dnnlib import background, image_files, tflib
from dnnlib.array_files import load_arrays
from dnnlib.tflib import gpus
from dnnlib.util import UserError, UserFileNotFoundError
from training import misc, snapshots

MINIBATCH_PIXELS = 1 << 21  # Of the pictures that are drawn at a time, unless the user decides.
MAX_MINIBATCH_SIZE = 32


def get_noise_vars(Gs):
    """Return the noise variables of the synthesis network, in order."""
    return [var for name, var in Gs.components.synthesis.vars.items() if name.startswith('noise')]


def make_image_kwargs(truncation_psi=None, truncation_cutoff=None):
    """Return the keywords of `Network.run` for pictures: fixed noise, uint8 [NHWC].

    Args:
        truncation_psi: Distance from the mean of w that is kept; None leaves the choice to the network.
        truncation_cutoff: Number of first layers that are truncated; None leaves the choice to the network.
    """
    kwargs = {'randomize_noise': False}
    kwargs['output_transform'] = {'func': tflib.convert_images_to_uint8, 'nchw_to_nhwc': True}
    if truncation_psi is not None:
        kwargs['truncation_psi'] = truncation_psi
    if truncation_cutoff is not None:
        kwargs['truncation_cutoff'] = truncation_cutoff
    return kwargs


def make_label(class_index, label_size):
    """Return the label of a class, float32 [label_size], or None for no class.

    Args:
        class_index: Index of the class, or None.
        label_size: Size of the labels of the network.

    Raises:
        UserError: If the network has no such class.
    """
    if class_index is None:
        return None
    if label_size == 0:
        raise UserError('--class was given, but the network was trained without labels; leave the option out')
    if class_index >= label_size:
        raise UserError(f'--class must be within 0-{label_size - 1} for this network, got {class_index}')
    return np.eye(label_size, dtype=np.float32)[class_index]


def choose_minibatch_size(image_shape):
    """Return the number of pictures [CHW] to draw at a time: many small ones, few large ones."""
    return int(np.clip(MINIBATCH_PIXELS // np.prod(image_shape[1:]), 1, MAX_MINIBATCH_SIZE))


def draw_inputs(Gs, seeds):
    """Return what seeds decide, in the official order of random numbers: latents first, then the noise of all layers.

    Args:
        Gs: Generator.
        seeds: Seeds of NumPy's RandomState.

    Returns:
        Tuple (latents [ND], dict of noise: local name of the variable in Gs -> [N1HW]).
    """
    synthesis = Gs.components.synthesis
    shapes = {synthesis.name + '/' + synthesis.get_var_local_name(var): var.shape for var in get_noise_vars(Gs)}
    latents, noise = [], {name: [] for name in shapes}
    for seed in seeds:
        rnd = np.random.RandomState(seed)
        latents.append(rnd.randn(*Gs.input_shape[1:]))
        for name, shape in shapes.items():
            noise[name].append(rnd.randn(*shape.as_list()).astype(np.float32))
    return np.stack(latents), {name: np.concatenate(parts) for name, parts in noise.items()}


def draw_images(Gs, inputs, truncation_psi=0.5, truncation_cutoff=None, label=None):
    """Return the pictures of several seeds, uint8 [NHWC].

    Args:
        Gs: Generator.
        inputs: What `draw_inputs` returned.
        truncation_psi: Distance from the mean of w that is kept.
        truncation_cutoff: Number of first layers that are truncated; None leaves the choice to the network.
        label: Label [label_size] of all of them, or None for zeros.
    """
    latents, noise = inputs
    labels = None if label is None else np.tile(label, [len(latents), 1])  # [N label_size]
    return Gs.run(latents, labels, sample_vars=noise, **make_image_kwargs(truncation_psi, truncation_cutoff))


def generate_image(Gs, seed, truncation_psi=0.5, truncation_cutoff=None, label=None):
    """Return the picture of a seed, uint8 [HWC]; arguments as `draw_images`."""
    return draw_images(Gs, draw_inputs(Gs, [seed]), truncation_psi, truncation_cutoff, label)[0]


def generate_images(
    network_pkl,
    seeds,
    truncation_psi=0.5,
    truncation_cutoff=None,
    class_index=None,
    grid=False,
    minibatch_size=None,
):
    """Write one picture per seed, `seed0000.png`, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds.
        truncation_psi: Distance from the mean of w that is kept.
        truncation_cutoff: Number of first layers that are truncated; None leaves the choice to the network.
        class_index: Class to draw, or None.
        grid: Also write all of them as `grid.png`.
        minibatch_size: Pictures to draw at a time; None for what suits their size.
    """
    Gs = load_generator(network_pkl)
    label = make_label(class_index, Gs.input_shapes[1][1])
    images = []
    with background.BackgroundCalls() as calls:
        for begin, inputs in iterate_inputs(Gs, seeds, minibatch_size):
            some_seeds = seeds[begin : begin + len(inputs[0])]
            for index, seed in enumerate(some_seeds, begin):
                print(f'Generating image for seed {seed} ({index}/{len(seeds)}) ...', flush=True)
            drawn = draw_images(Gs, inputs, truncation_psi, truncation_cutoff, label)
            for seed, image in zip(some_seeds, drawn):
                save_image(calls, image, f'seed{seed:04d}.png')
            images += list(drawn) if grid else []
    if grid:
        save_grid(np.stack(images), 'grid.png')


def iterate_inputs(Gs, seeds, minibatch_size=None):
    """Yield (index of its first seed, what `draw_inputs` returns) for each minibatch, drawn ahead in a thread.

    Args:
        Gs: Generator.
        seeds: List of seeds.
        minibatch_size: Pictures to draw at a time; None for what suits their size.
    """
    step = minibatch_size or choose_minibatch_size(Gs.output_shape[1:])
    begins = range(0, len(seeds), step)
    parts = [seeds[begin : begin + step] for begin in begins]
    return zip(begins, background.map_ahead(lambda part: draw_inputs(Gs, part), parts))


def save_image(calls, image, name):
    """Write a picture, uint8 [HWC], to a file of the run directory.

    Args:
        calls: `dnnlib.background.BackgroundCalls` that does the work.
        image: Picture.
        name: Name of the file.
    """
    calls.submit(misc.save_image, image_files.to_pil_image(image), dnnlib.make_run_dir_path(name))


def read_dlatents(path, num_layers):
    """Return the content of a file of intermediate latents as dict, `dlatents` with the shape [NLD].

    Args:
        path: `.npz` file with an array `dlatents` [NLD] or [N1D], and maybe `noise0`, `noise1` ... of one picture.
        num_layers: Number of layers of w that the network has.

    Raises:
        UserError: If the file is something else.
    """
    if not os.path.isfile(path):
        raise UserFileNotFoundError(f'--dlatents: there is no file {path}')
    arrays = load_arrays(path)
    dlatents = arrays.get('dlatents')
    if dlatents is None or dlatents.ndim != 3 or dlatents.shape[1] not in (1, num_layers):
        shape = 'none' if dlatents is None else list(dlatents.shape)
        raise UserError(
            f'--dlatents: expected an array "dlatents" of shape [pictures, {num_layers}, size] in {path}, got {shape}'
        )
    arrays['dlatents'] = np.tile(dlatents, [1, num_layers // dlatents.shape[1], 1])  # [NLD]
    return arrays


def generate_from_dlatents(network_pkl, dlatents_npz, grid=False, minibatch_size=None):
    """Write one picture per row of intermediate latents, `dlatent00.png`, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        dlatents_npz: See `read_dlatents`; noise in it is used, where absent that of the network.
        grid: Also write all of them as `grid.png`.
        minibatch_size: Pictures to draw at a time; None for what suits their size.
    """
    Gs = load_generator(network_pkl)
    synthesis = Gs.components.synthesis
    num_layers, dlatent_size = synthesis.input_shape[1:]
    arrays = read_dlatents(dlatents_npz, num_layers)
    dlatents = arrays['dlatents']  # [NLD]
    if dlatents.shape[2] != dlatent_size:
        raise UserError(
            f'--dlatents: expected vectors of {dlatent_size} numbers, got {dlatents.shape[2]} in {dlatents_npz}'
        )
    noise = {name: arrays[name] for name in synthesis.own_vars if name in arrays and name.startswith('noise')}
    tflib.set_vars({synthesis.own_vars[name]: value for name, value in noise.items()})
    step = minibatch_size or choose_minibatch_size(Gs.output_shape[1:])
    images = []
    with background.BackgroundCalls() as calls:
        for begin in range(0, len(dlatents), step):
            rows = dlatents[begin : begin + step]
            for index in range(begin, begin + len(rows)):
                print(f'Generating image for row {index} ({index}/{len(dlatents)}) ...', flush=True)
            drawn = synthesis.run(rows, **make_image_kwargs())
            for index, image in enumerate(drawn, begin):
                save_image(calls, image, f'dlatent{index:02d}.png')
            images += list(drawn) if grid else []
    if grid:
        save_grid(np.stack(images), 'grid.png')


def truncation_sweep(network_pkl, seeds, truncation_psis, class_index=None, minibatch_size=None):
    """Write `truncation.png`: a row per seed, a column per psi.

    Args:
        network_pkl: Snapshot, path or URL.
        seeds: List of seeds.
        truncation_psis: List of distances from the mean of w.
        class_index: Class to draw, or None.
        minibatch_size: Pictures to draw at a time; None for what suits their size.
    """
    Gs = load_generator(network_pkl)
    label = make_label(class_index, Gs.input_shapes[1][1])
    images = []
    for begin, inputs in iterate_inputs(Gs, seeds, minibatch_size):
        for index, seed in enumerate(seeds[begin : begin + len(inputs[0])], begin):
            print(f'Generating images for seed {seed} ({index}/{len(seeds)}) ...', flush=True)
        columns = [draw_images(Gs, inputs, psi, label=label) for psi in truncation_psis]
        images += [column[row] for row in range(len(inputs[0])) for column in columns]
    save_grid(np.stack(images), 'truncation.png', (len(truncation_psis), len(seeds)))


def load_generator(network_pkl):
    """Start TensorFlow and return Gs of a snapshot, given by path or URL or opened already."""
    tflib.init_tf()
    gpus.print_fallback()
    print(f'Loading networks from "{getattr(network_pkl, "name", network_pkl)}"...')
    return snapshots.open_snapshot(network_pkl).build('Gs')


def save_grid(images, name, grid_size=None):
    """Write pictures uint8 [NHWC] as one picture in the run directory; see `misc.create_image_grid`."""
    grid = misc.create_image_grid(images.transpose(0, 3, 1, 2), grid_size)  # [CHW]
    misc.save_image(image_files.to_pil_image(grid.transpose(1, 2, 0)), dnnlib.make_run_dir_path(name))

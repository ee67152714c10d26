# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Style mixing: coarse layers of one picture with fine layers of another (StyleGAN, arXiv:1812.04948, section 3.1)."""

import numpy as np

from dnnlib import background
from dnnlib.util import UserError
from editing import generation


def style_mixing_example(
    network_pkl,
    row_seeds,
    col_seeds,
    truncation_psi=0.5,
    col_styles=None,
    class_index=None,
    minibatch_size=None,
):
    """Write the pictures of all seeds, of all pairs, and a table of them, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        row_seeds: Seeds of the rows.
        col_seeds: Seeds of the columns.
        truncation_psi: Distance from the mean of w that is kept, on all layers.
        col_styles: Layers that come from the column; None for those of `choose_col_styles`.
        class_index: Class to draw, or None.
        minibatch_size: Pictures to draw at a time; None for what suits their size.

    Raises:
        UserError: If the network has fewer layers than `col_styles` names.
    """
    Gs = generation.load_generator(network_pkl)
    num_layers = Gs.components.synthesis.input_shape[1]
    col_styles = choose_col_styles(num_layers) if col_styles is None else col_styles
    check_col_styles(col_styles, num_layers)

    print(f'Taking layers {", ".join(map(str, col_styles))} of {num_layers} from the columns')
    print('Generating W vectors...')
    all_seeds = sorted(set(row_seeds) | set(col_seeds))
    label = generation.make_label(class_index, Gs.input_shapes[1][1])
    w = compute_dlatents(Gs, all_seeds, truncation_psi, label)  # Seed -> [LD]
    print('Generating images...')
    pairs = [(row, col) for row in row_seeds for col in col_seeds]
    mixed = [mix_styles(w[row], w[col], col_styles) for row, col in pairs]
    dlatents = np.stack([w[seed] for seed in all_seeds] + mixed)  # [NLD]
    images = Gs.components.synthesis.run(
        dlatents,
        minibatch_size=minibatch_size or generation.choose_minibatch_size(Gs.output_shape[1:]),
        **generation.make_image_kwargs(),
    )  # [NHWC]

    print('Saving images...')
    named = dict(zip([(seed, seed) for seed in all_seeds] + pairs, images))
    own = dict(zip(all_seeds, images))
    with background.BackgroundCalls() as calls:
        for (row, col), image in named.items():
            generation.save_image(calls, image, f'{row}-{col}.png')
    cells = [np.zeros_like(images[0])] + [own[col] for col in col_seeds]
    for row in row_seeds:
        cells += [own[row]] + [named[row, col] for col in col_seeds]
    generation.save_grid(np.stack(cells), 'grid.png', (len(col_seeds) + 1, len(row_seeds) + 1))


def choose_col_styles(num_layers):
    """Return the coarse layers of a network, the first 40 %: the official 0 to 6 of the 18 at 1024x1024 pixels."""
    return list(range(max(round(0.4 * num_layers), 1)))


def check_col_styles(col_styles, num_layers):
    """Raise UserError unless a network has the layers to mix.

    Args:
        col_styles: Layers that come from the column.
        num_layers: Number of layers of w that the network has.
    """
    if max(col_styles) >= num_layers:
        raise UserError(
            f'--col-styles must be within 0-{num_layers - 1} for this network, got {max(col_styles)}; '
            f'try --col-styles=0-{num_layers // 2 - 1}'
        )


def compute_dlatents(Gs, seeds, truncation_psi, label=None):
    """Return seed -> truncated intermediate latents [LD], all with one label [label_size] or zeros."""
    z = np.stack([np.random.RandomState(seed).randn(*Gs.input_shape[1:]) for seed in seeds])  # [ND]
    labels = None if label is None else np.stack([label] * len(seeds))  # [N label_size]
    w = Gs.components.mapping.run(z, labels)  # [NLD]
    w_avg = Gs.get_var('dlatent_avg')  # [D]
    return dict(zip(seeds, w_avg + (w - w_avg) * truncation_psi))


def mix_styles(row, col, col_styles):
    """Return `row` [LD] with the layers `col_styles` taken from `col`."""
    mixed = row.copy()
    mixed[list(col_styles)] = col[list(col_styles)]
    return mixed

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Style mixing: coarse layers of one image with fine layers of another (StyleGAN, arXiv:1812.04948, section 3.1)."""

import numpy as np

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
    """Write the images of all seeds, of all pairs, and a table of them, to the run directory.

    Args:
        network_pkl: Snapshot, path or URL.
        row_seeds: Seeds of the rows.
        col_seeds: Seeds of the columns.
        truncation_psi: Distance from the mean of w that is kept, on all layers.
        col_styles: Layers that come from the column; None for those of `choose_col_styles`.
        class_index: Class to draw, or None.
        minibatch_size: Images to draw at a time; None for what suits their size.

    Raises:
        UserError: If the network has fewer layers than `col_styles` names.
    """
    with generation.load_generator(network_pkl) as generator:
        col_styles = choose_col_styles(generator.num_layers) if col_styles is None else col_styles
        check_col_styles(col_styles, generator.num_layers)
        print(f'Taking layers {", ".join(map(str, col_styles))} of {generator.num_layers} from the columns')
        print('Generating W vectors...')
        all_seeds = sorted(set(row_seeds) | set(col_seeds))
        latents, label = generator.sample_latents(all_seeds), generator.make_label(class_index)
        w = dict(zip(all_seeds, generator.map(latents, label, truncation_psi)))  # Seed -> [LD]
        print('Generating images...')
        pairs = [(row, col) for row in row_seeds for col in col_seeds]
        mixed = [mix_styles(w[row], w[col], col_styles) for row, col in pairs]
        dlatents = np.stack([w[seed] for seed in all_seeds] + mixed)  # [NLD]
        images = generator.render(dlatents, minibatch_size=minibatch_size, print_progress=True)  # [NHWC]
    print('Saving images...')
    own, named = dict(zip(all_seeds, images)), dict(zip([(seed, seed) for seed in all_seeds] + pairs, images))
    generation.save_images([([f'{row}-{col}.png' for row, col in named], named.values())])
    _save_table(row_seeds, col_seeds, own, named)


def _save_table(row_seeds, col_seeds, own, mixed):
    """Write `grid.png`; `own` has the images [HWC] of seeds, `mixed` those of pairs (row, col)."""
    cells = [np.zeros_like(own[row_seeds[0]])] + [own[col] for col in col_seeds]
    for row in row_seeds:
        cells += [own[row]] + [mixed[row, col] for col in col_seeds]
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
            f'`col_styles` must be within 0-{num_layers - 1} for this network, got {max(col_styles)}; '
            f'try `col_styles`=0-{num_layers // 2 - 1}'
        )


def mix_styles(row, col, col_styles):
    """Return `row` [LD] with the layers `col_styles` taken from `col`."""
    mixed = row.copy()
    mixed[list(col_styles)] = col[list(col_styles)]
    return mixed

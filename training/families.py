# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The families of networks that are trained here, as snapshots know them; needs no TensorFlow model to be built."""

import numpy as np

from dnnlib.tflib.snapshots import families, keywords, network_state
from dnnlib.util import EasyDict
from image_data.image_size import join_image_size


class ImageFamily(families.Family):
    """Generators of images from latents, and discriminators, of one module.

    Args:
        discriminator: Name of the usual discriminator.
        **kwargs: As `dnnlib.tflib.snapshots.families.Family`.
    """

    def __init__(self, discriminator, **kwargs):
        super().__init__(
            components={'mapping': 'G_mapping', 'synthesis': 'G_synthesis'},
            run_time_keywords=keywords.RUN_TIME_KEYWORDS | {'fused_modconv', 'return_dlatents'},
            number_keywords=('truncation_psi', 'truncation_psi_val'),
            maxima={
                'resolution': 1 << 16,
                'mapping_layers': 100,
                'min_h': 1 << 10,
                'min_w': 1 << 10,
                'dlatent_broadcast': 1 << 10,
                'freeze_layers': 1 << 10,
                'pagan_num': 1 << 10,
                'score_max': 1 << 10,
            },
            **kwargs,
        )
        self.discriminator = f'{self.module}.{discriminator}'

    def infer_kwargs(self, state):
        """Return `min_h` and `min_w` of a network with a constant that is not 4x4, as some others make."""
        components = [getattr(component, 'state', None) for component in state['components'].values()]
        for part in [state] + [item for item in components if isinstance(item, dict)]:
            for name, value in network_state.list_variables(part):
                if name == '4x4/Const/const' and value.ndim == 4 and value.shape[2:] != (4, 4):
                    return {'min_h': value.shape[2], 'min_w': value.shape[3]}
        return {}

    def make_saved_kwargs(self, func, static_kwargs):
        """Add what other readers have other defaults for, so that it is written in any case."""
        kwargs = super().make_saved_kwargs(func, static_kwargs)
        defaults = self.get_all_defaults(func, static_kwargs)
        if 'mbstd_group_size' in defaults:
            kwargs.setdefault('mbstd_group_size', defaults['mbstd_group_size'])
        if 'dlatent_size' in defaults and kwargs.get('dlatent_size', 512) != 512 and defaults.get('mapping_fmaps'):
            kwargs.setdefault('mapping_fmaps', defaults['mapping_fmaps'])
        return kwargs

    def describe(self, func, static_kwargs):
        """Return `image_shape` [C, H, W], `label_size` and `num_layers`, the number of layers of w."""
        kwargs = dict(self.get_all_defaults(func, static_kwargs), **static_kwargs)
        height, width = join_image_size(**kwargs)
        return EasyDict(
            image_shape=[kwargs['num_channels'], height, width],
            label_size=kwargs['label_size'],
            num_layers=int(np.log2(kwargs['resolution'])) * 2 - 2,
        )


def _is_stylegan(func_name, clues):
    if func_name == 'G_synthesis':
        return bool(clues.variables & {'4x4/Const/StyleMod/weight', '4x4/Conv/StyleMod/weight'})
    return bool(clues.functions & {'D_basic', 'G_style'})


def _is_stylegan2(func_name, clues):
    return func_name == 'G_mapping' and bool(clues.functions & {'D_stylegan2', 'G_synthesis_stylegan2'})


def _is_ada(func_name, clues):
    if func_name == 'G_synthesis':
        return not _is_stylegan(func_name, clues)
    if func_name == 'G_main':
        return clues.version == 5 or 'lod' not in clues.variables or 'D_main' in clues.functions
    return 'LabelEmbed/weight' in clues.variables or 'D_main' in clues.functions


STYLEGAN = families.register(
    ImageFamily(
        name='StyleGAN',
        module='training.networks_stylegan',
        funcs=('G_style', 'G_mapping', 'G_synthesis', 'D_basic'),
        main_funcs=('G_style',),
        discriminator='D_basic',
        state_version=3,
        is_sure=_is_stylegan,
    )
)
STYLEGAN2 = families.register(
    ImageFamily(
        name='StyleGAN2',
        module='training.networks_stylegan2',
        funcs=(
            'G_main',
            'G_mapping',
            'G_synthesis_stylegan2',
            'G_synthesis_stylegan_revised',
            'D_stylegan2',
            'D_stylegan',
        ),
        main_funcs=('G_main',),
        discriminator='D_stylegan2',
        state_version=4,
        is_sure=_is_stylegan2,
    )
)
ADA = families.register(
    ImageFamily(
        name='StyleGAN2-ADA',
        module='training.networks_ada',
        funcs=('G_main', 'G_mapping', 'G_synthesis', 'D_main'),
        main_funcs=('G_main',),
        discriminator='D_main',
        state_version=5,
        is_sure=_is_ada,
    )
)
families.register_stranger(
    '^[GD]_paper$', 'Progressive GAN, which is not supported; use a snapshot of StyleGAN or later'
)
families.register_stranger(
    '(?i)inception|vgg|lpips|perceptual|classifier',
    'a network of the metrics, not a generator; give it to run_metrics.py as described in docs/metrics.md',
)

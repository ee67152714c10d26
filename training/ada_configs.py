# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training configurations of StyleGAN2-ADA, in rows as in `configs`; made for mixed precision and augmentation.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", 2020, appendix C
(arXiv:2006.06676).
"""

from dnnlib.util import EasyDict

NETWORKS_ADA = 'training.networks_ada.'

# minibatch: images per step. num_gpus: GPUs among which it is divided; with fewer, each handles its part in turns.
# fmaps: width, as part of 16384. gamma: weight of R1. ema: half-life of Gs in kimg, and of it at first as part of the
# images so far, if it rises. layers: depth of the mapping network.
_COLUMNS = 'num_gpus kimg minibatch mbstd fmaps lrate gamma ema_kimg ema_rampup layers'.split()
_ROWS = {
    'stylegan2': (8, 25000, 32, 4, 1, 0.002, 10, 10, None, 8),
    'paper256': (8, 25000, 64, 8, 0.5, 0.0025, 1, 20, None, 8),
    'paper512': (8, 25000, 64, 8, 1, 0.0025, 0.5, 20, None, 8),
    'paper1024': (8, 25000, 32, 4, 1, 0.002, 2, 10, None, 8),
    'cifar': (2, 100000, 64, 32, 0.5, 0.0025, 0.01, 500, 0.05, 2),
    'cifarbaseline': (2, 100000, 64, 32, 0.5, 0.0025, 0.01, 500, 0.05, 8),
}
NAMES = ('auto', *_ROWS)


def make_config(name, resolution, num_gpus):
    """Return a row as those of `configs.CONFIGS`.

    Args:
        name: One of `NAMES`.
        resolution: Width or height of the images, the larger one.
        num_gpus: Number of devices; for 'auto', the minibatch goes by it.
    """
    row = _make_auto(resolution, num_gpus) if name == 'auto' else EasyDict(zip(_COLUMNS, _ROWS[name]))
    common = {'fmap_base': int(row.fmaps * (16 << 10)), 'fmap_max': 512}
    config = {
        'gamma': row.gamma,
        'G': dict(common, func_name=NETWORKS_ADA + 'G_main', mapping_layers=row.layers),
        'D': dict(common, func_name=NETWORKS_ADA + 'D_main', mbstd_group_size=row.mbstd),
        'sched': {
            'minibatch_size_base': row.minibatch,
            'minibatch_gpu_base': row.minibatch // row.num_gpus,
            'G_lrate_base': row.lrate,
            'D_lrate_base': row.lrate,
            'tick_kimg': 4,
        },
        'mixed_precision': True,
        'loop': {'total_kimg': row.kimg, 'G_smoothing_kimg': row.ema_kimg, 'G_smoothing_rampup': row.ema_rampup},
    }
    if name == 'cifar':  # It learns better without what is made for large images.
        config['G_loss'] = 'G_logistic_ns'
        config['G']['style_mixing_prob'] = None
        config['D']['architecture'] = 'orig'
    return config


def _make_auto(resolution, num_gpus):
    """Return the row that suits images of a resolution on so many devices."""
    minibatch = max(min(num_gpus * min(4096 // resolution, 32), 64), num_gpus)
    return EasyDict(
        num_gpus=num_gpus,
        kimg=25000,
        minibatch=minibatch,
        mbstd=min(minibatch // num_gpus, 4),
        fmaps=1 if resolution >= 512 else 0.5,
        lrate=0.002 if resolution >= 1024 else 0.0025,
        gamma=0.0002 * resolution**2 / minibatch,
        ema_kimg=minibatch * 10 / 32,
        ema_rampup=0.05,
        layers=2,
    )

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What options of other programs for StyleGAN are called here: of StyleGAN2-ADA, rosinality's code and others."""

_NETWORK = ('network', 'resume-pkl')
_RESOLUTION = 'is not needed: networks have the size of the pictures, and dataset_tool.py changes that'

# Name there -> names here, of which the first that a command has is told; or why there is none.
OTHER_NAMES = {
    'batch': ('minibatch-size',),
    'batch-gpu': ('minibatch-gpu',),
    'batch-size': ('minibatch-size',),
    'cfg': ('config',),
    'checkpoint': _NETWORK,
    'ckpt': _NETWORK,
    'cols': ('col-seeds',),
    'data': ('dataset',),
    'data-path': ('dataset',),
    'dlatents-npz': ('dlatents',),
    'epochs': 'is unknown; the length of a training is --total-kimg, in thousands of pictures',
    'gpus': ('num-gpus',),
    'initial-learning-rate': ('lrate',),
    'kimg': ('total-kimg',),
    'learning-rate': ('lrate',),
    'lr': ('lrate',),
    'map-depth': ('mapping-layers',),
    'mirror': ('mirror-augment',),
    'model': _NETWORK,
    'network-pkl': _NETWORK,
    'num-steps': ('steps',),
    'out': ('result-dir',),
    'outdir': ('result-dir',),
    'output': ('result-dir',),
    'pkl': _NETWORK,
    'projected-w': ('dlatents',),
    'res': _RESOLUTION,
    'resolution': ('res',),
    'rows': ('row-seeds',),
    'save-video': ('video',),
    'seed': ('seeds',),
    'size': ('resize', 'resolution'),
    'snap': ('snapshot-ticks',),
    'styles': ('col-styles',),
    'subset': ('max-images',),
    'target': ('images',),
    'transform': ('crop',),
    'trunc': ('truncation-psi',),
    'truncation': ('truncation-psi',),
}

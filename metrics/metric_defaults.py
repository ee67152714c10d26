# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Table of the metrics by name: constructor arguments of each. Imports no TensorFlow, so that parsers can read it."""

from dnnlib.util import EasyDict

_FID = 'metrics.frechet_inception_distance.FID'

metric_defaults = EasyDict(
    (args['name'], EasyDict(args))
    for args in [
        # Frechet Inception distance as published for StyleGAN2.
        {'name': 'fid50k', 'func_name': _FID, 'num_images': 50000, 'minibatch_per_gpu': 8},
        # For development where the Inception weights are out of reach: another network, another scale, fewer pictures.
        {
            'name': 'devfid2k',
            'func_name': _FID,
            'num_images': 2000,
            'minibatch_per_gpu': 20,
            'features': 'squeezenet',
            'report_floor': True,
        },
    ]
)

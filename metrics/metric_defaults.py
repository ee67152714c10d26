# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Table of the metrics by name: constructor arguments of each. Imports no TensorFlow, so that parsers can read it."""

from dnnlib.util import EasyDict

_FID = {'func_name': 'metrics.frechet_inception_distance.FID', 'minibatch_per_gpu': 8}
_KID = {'func_name': 'metrics.kernel_inception_distance.KID', 'minibatch_per_gpu': 8}
_IS = {'func_name': 'metrics.inception_score.IS', 'minibatch_per_gpu': 8, 'num_splits': 10}
_LS = {
    'func_name': 'metrics.linear_separability.LS',
    'minibatch_per_gpu': 4,
    'attrib_indices': list(range(40)),
}
_PPL = {'func_name': 'metrics.perceptual_path_length.PPL', 'minibatch_per_gpu': 4, 'epsilon': 1e-4}
_PR = {
    'func_name': 'metrics.precision_recall.PR',
    'minibatch_per_gpu': 8,
    'nhood_size': 3,
    'row_batch_size': 10000,
    'col_batch_size': 10000,
}

_Z_FULL = dict(_PPL, space='z', sampling='full', crop=True)
_W_FULL = dict(_PPL, space='w', sampling='full', crop=True)
_Z_END = dict(_PPL, space='z', sampling='end', crop=True)
_W_END = dict(_PPL, space='w', sampling='end', crop=True)
_W_END_WHOLE = dict(_PPL, space='w', sampling='end', crop=False)

# Name, description, arguments.
_PUBLISHED = [
    # StyleGAN2.
    ('fid50k', 'Frechet Inception distance to 50k pictures', dict(_FID, num_images=50000)),
    ('is50k', 'Inception score', dict(_IS, num_images=50000)),
    ('ppl_zfull', 'perceptual path length in Z, whole paths', dict(_Z_FULL, num_samples=50000)),
    ('ppl_wfull', 'perceptual path length in W, whole paths', dict(_W_FULL, num_samples=50000)),
    ('ppl_zend', 'perceptual path length in Z, ends of paths', dict(_Z_END, num_samples=50000)),
    ('ppl_wend', 'perceptual path length in W, ends of paths', dict(_W_END, num_samples=50000)),
    ('ppl2_wend', 'the same of whole pictures, as in the tables of StyleGAN2', dict(_W_END_WHOLE, num_samples=50000)),
    ('ls', 'linear separability of 40 attributes of faces in Z and W', dict(_LS, num_samples=200000, num_keep=100000)),
    ('pr50k3', 'precision and recall with regard to 50k pictures', dict(_PR, num_images=50000)),
    # StyleGAN2-ADA.
    ('fid50k_full', 'Frechet Inception distance to all pictures', dict(_FID, num_images=50000, all_reals=True)),
    (
        'kid50k_full',
        'kernel Inception distance to all pictures',
        dict(_KID, num_images=50000, all_reals=True, max_reals=1000000),
    ),
    (
        'pr50k3_full',
        'precision and recall with regard to all pictures',
        dict(_PR, num_images=50000, all_reals=True, max_reals=200000),
    ),
    ('kid50k', 'kernel Inception distance to 50k pictures', dict(_KID, num_images=50000)),
]

# Name, that of the published metric, what differs. Most metrics depend on the number of images.
_SMALL = [
    ('fid2k', 'fid50k', {'num_images': 2000}),
    ('fid5k', 'fid50k', {'num_images': 5000}),
    ('kid2k', 'kid50k', {'num_images': 2000}),
    ('is2k', 'is50k', {'num_images': 2000}),
    ('ppl2k_zfull', 'ppl_zfull', {'num_samples': 2000}),
    ('ppl2k_wend', 'ppl_wend', {'num_samples': 2000}),
    ('ppl2_2k_wend', 'ppl2_wend', {'num_samples': 2000}),
    ('pr2k3', 'pr50k3', {'num_images': 2000}),
    ('ls2k', 'ls', {'num_samples': 2000, 'num_keep': 1000}),
]

# For development where the weights of the published metrics are out of reach: another network, another scale.
_DEVELOPMENT = [
    (
        'devfid2k',
        'Frechet distance through SqueezeNet',
        dict(_FID, minibatch_per_gpu=20, num_images=2000, features='squeezenet', report_floor=True),
    ),
    (
        'devppl2k_wend',
        'path length through SqueezeNet, of whole pictures',
        dict(_W_END_WHOLE, num_samples=2000, distance='squeezenet'),
    ),
]

_PUBLISHED_ARGS = {name: kwargs for name, _, kwargs in _PUBLISHED}
_ROWS = (
    [(name, description, None, kwargs) for name, description, kwargs in _PUBLISHED]
    + [
        (name, f'like {original}', f'not comparable with {original}', dict(_PUBLISHED_ARGS[original], **changes))
        for name, original, changes in _SMALL
    ]
    + [
        (name, description, 'not comparable with any other metric', kwargs)
        for name, description, kwargs in _DEVELOPMENT
    ]
)

metric_defaults = EasyDict(
    (name, EasyDict(kwargs, name=name, **({'remark': remark} if remark else {}))) for name, _, remark, kwargs in _ROWS
)


def format_table():
    """Return names and descriptions of all metrics, a line for each."""
    width = max(len(name) for name in metric_defaults)
    lines = []
    for name, description, remark, kwargs in _ROWS:
        num = kwargs.get('num_images') or kwargs.get('num_samples')
        text = description + (f', {num} samples; {remark}' if remark else '')
        lines.append(f'{name:<{width}}  {text}')
    return '\n'.join(lines)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the weights of one network become in another of the same kind, for other images, labels or sizes.

Weights of the same name and shape are copied. Some others have an obvious meaning, so that the new network begins with
doing what the old one did: fewer or more colour channels, labels, images enlarged, rectangles. The rest is left as it
was initialized. Needs no TensorFlow.
"""

import collections
import re

import numpy as np

Adaptation = collections.namedtuple('Adaptation', 'values copied adapted fresh left_out')
Adaptation.__doc__ = """New values, name -> array; names of what is copied; how others are adapted, by name; names of
fresh ones; and those of the source that nothing is made of."""


def adapt(variables, source):
    """Return what the variables of a network become when it takes over those of another.

    Args:
        variables: Ordered dict name -> shape of the variables of a network, by their local names.
        source: Dict name -> array of those of the network to take over.

    Returns:
        Adaptation.
    """
    source = _rename_levels(source, variables)
    values, adapted, used = collections.OrderedDict(), collections.OrderedDict(), set()
    for name, shape in variables.items():
        shape = tuple(shape)
        old = source.get(name)
        if old is not None and old.shape == shape:
            values[name] = old
            used.add(name)
            continue
        for rule in _RULES:
            result = rule(name, shape, source, variables)
            if result is not None:
                values[name], adapted[name] = result
                used.add(name)
                break
    copied = [name for name in values if name not in adapted]
    fresh = [name for name in variables if name not in values]
    return Adaptation(values, copied, adapted, fresh, [name for name in source if name not in used])


def _rename_levels(source, variables):
    """Return the source with levels of detail counted from the resolution of the new network.

    Growing networks of StyleGAN name what is next to the images by the distance to their full resolution.
    """
    shift = _find_resolution_log2(variables) - _find_resolution_log2(source)
    if not shift:
        return source

    def rename(match):
        return f'RGB_lod{int(match.group(1)) + shift}/'

    return collections.OrderedDict((re.sub(r'RGB_lod(-?\d+)/', rename, name), array) for name, array in source.items())


def _find_resolution_log2(names):
    """Return the logarithm of the largest size in the names of layers, such as `64x64/Conv0`; 0 if there is none."""
    sizes = [max(map(int, match.groups())) for match in (re.search(r'(\d+)x(\d+)/', name) for name in names) if match]
    return int(np.log2(max(sizes))) if sizes else 0


# ----------------------------------------------------------------------------
# Rules: functions of name, new shape, source and all variables, which return an array and how it was made, or None.


def _convert_colors(name, shape, source, variables):
    """Make a layer to or from images for another number of channels."""
    match = re.search(r'(To|From)RGB(_lod\d+)?/(weight|bias)$', name)
    old = source.get(name)
    if match is None or old is None or len(old.shape) != len(shape):
        return None
    kind, _, part = match.groups()
    if kind == 'From' and part == 'weight' and old.shape[3] == shape[3]:
        # Old images are a linear function of the new ones; weights are scaled by the root of the number of inputs.
        weight = np.einsum('on,hwof->hwnf', make_color_matrix(shape[2], old.shape[2]), old)
        return _as_float(weight * np.sqrt(shape[2] / old.shape[2])), _describe_colors(old.shape[2], shape[2])
    if kind == 'To' and part == 'weight' and old.shape[2] == shape[2]:
        matrix = make_color_matrix(old.shape[3], shape[3])
        return _as_float(np.einsum('no,hwfo->hwfn', matrix, old)), _describe_colors(old.shape[3], shape[3])
    if kind == 'To' and part == 'bias':
        bias = make_color_matrix(old.shape[0], shape[0]) @ old
        # Layers of all sizes are added up; what is constant comes in at full size, where nothing blurs its edges.
        is_last = '_lod' in name or _find_resolution_log2([name]) == _find_resolution_log2(variables)
        if shape[0] in (2, 4) and old.shape[0] in (1, 3) and is_last:
            bias[-1] = 1.0
        return _as_float(bias), _describe_colors(old.shape[0], shape[0])
    return None


def make_color_matrix(num_old, num_new):
    """Return the matrix [num_new, num_old] that turns pixels of 1 to 4 channels into such of another number.

    Channels are grey or RGB, and opacity behind them if their number is even. Without one, opacity becomes 0 here.
    """
    colors_old, colors_new = [3 if num > 2 else 1 for num in (num_old, num_new)]
    matrix = np.zeros([num_new, num_old])
    if colors_old == colors_new:
        matrix[:colors_new, :colors_old] = np.eye(colors_new)
    else:
        matrix[:colors_new, :colors_old] = 1.0 / colors_old
    if num_old % 2 == num_new % 2 == 0:
        matrix[-1, -1] = 1.0
    return matrix


def _describe_colors(num_old, num_new):
    names = {1: 'grey', 2: 'grey with opacity', 3: 'RGB', 4: 'RGB with opacity'}
    return f'{names.get(num_old, num_old)} to {names.get(num_new, num_new)}'


def _convert_label_inputs(name, shape, source, _variables):
    """Make the first layer of a mapping network for latents with labels behind them, or without."""
    old = source.get(name)
    if not name.endswith('G_mapping/Dense0/weight') or old is None or old.shape[1:] != shape[1:]:
        return None
    weight = np.zeros(shape)
    num = min(shape[0], old.shape[0])
    weight[:num] = old[:num] * np.sqrt(shape[0] / old.shape[0])  # Weights are scaled by the root of the inputs.
    return _as_float(weight), 'labels begin without effect' if num < shape[0] else 'without labels'


def _convert_label_scores(name, shape, source, variables):
    """Make one score per label of a single one, or the other way round."""
    old = source.get(name)
    has_embedding = any('LabelEmbed' in other for other in [*source, *variables])
    if re.match(r'Output/(weight|bias)$', name) is None or old is None or has_embedding:
        return None
    if old.shape[:-1] != shape[:-1]:
        return None
    mean = np.mean(old, axis=-1, keepdims=True)
    return _as_float(np.repeat(mean, shape[-1], axis=-1)), 'the same score for all labels'


def _convert_const(name, shape, source, _variables):
    """Make the constant of another height and width: cut off or repeat its edges."""
    old = source.get(name)
    if not name.endswith('4x4/Const/const') or old is None or old.shape[:2] != shape[:2]:
        return None
    rows, columns = [
        np.clip(np.arange(new) + (before - new) // 2, 0, before - 1) for new, before in zip(shape[2:], old.shape[2:])
    ]
    return _as_float(old[:, :, rows][:, :, :, columns]), 'cut off' if np.prod(shape) < old.size else 'edges repeated'


def _silence_new_sizes(name, shape, source, variables):
    """Let layers to RGB of further sizes begin with nothing, so that images begin as the old ones, enlarged."""
    match = re.match(r'(.*?)(\d+)x\d+/ToRGB/(weight|bias)$', name)
    if match is None or name in source or f'{match.group(1)}4x4/ToRGB/weight' not in variables:
        return None
    is_larger = 2 ** _find_resolution_log2(source) < 2 ** _find_resolution_log2([name])
    has_skips = f'{match.group(1)}4x4/ToRGB/weight' in source
    return (np.zeros(shape, np.float32), 'begins with nothing') if is_larger and has_skips else None


def _move_from_images(name, shape, source, _variables):
    """Take the layer from images of a discriminator for images of another size, if it has as many feature maps."""
    match = re.match(r'\d+x\d+(/FromRGB/\w+)$', name)
    if match is None or name in source:
        return None
    others = [other for other in source if other.endswith(match.group(1))]
    top = max(others, key=lambda other: _find_resolution_log2([other]), default=None)
    return (source[top], f'that of {top.split("/")[0]}') if top and source[top].shape == shape else None


def _as_float(array):
    return np.asarray(array, np.float32)


_RULES = (
    _convert_colors,
    _convert_label_inputs,
    _convert_label_scores,
    _convert_const,
    _silence_new_sizes,
    _move_from_images,
)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which of this project's functions builds a network that was found in a snapshot, and with which keywords.

A family is one module of networks. Official snapshots save only the keywords that differ from the defaults of the
source text that they contain, so these are read from that text where they are not the ones of the family.
"""

import inspect
import re

import numpy as np

from dnnlib import util
from dnnlib.tflib import pickled_code, pickling, source_text
from dnnlib.util import UserError
from training import network_keywords

STYLEGAN = 'training.networks_stylegan'
STYLEGAN2 = 'training.networks_stylegan2'
ADA = 'training.networks_ada'

FAMILY_NAMES = {STYLEGAN: 'StyleGAN', STYLEGAN2: 'StyleGAN2', ADA: 'StyleGAN2-ADA'}
_FUNCS = {
    STYLEGAN: ('G_style', 'G_mapping', 'G_synthesis', 'D_basic'),
    STYLEGAN2: (
        'G_main',
        'G_mapping',
        'G_synthesis_stylegan2',
        'G_synthesis_stylegan_revised',
        'D_stylegan2',
        'D_stylegan',
    ),
    ADA: ('G_main', 'G_mapping', 'G_synthesis', 'D_main'),
}
_MAIN_FUNCS = ('G_main', 'G_style')  # These have components.
_STRANGERS = (  # Pattern of build functions -> what they are.
    ('^[GD]_paper$', 'Progressive GAN, which is not supported; use a snapshot of StyleGAN or later'),
    (
        '(?i)inception|vgg|lpips|perceptual|classifier',
        'a network of the metrics, not a generator; give it to run_metrics.py as described in docs/metrics.md',
    ),
)


def find_build_func(build_func_name, state, family=None):
    """Return the build function and static keywords for a pickled network.

    Args:
        build_func_name: Name of the function inside the module that the snapshot embeds.
        state: Checked state of the network, see `dnnlib.tflib.pickling.check_state`.
        family: Module of the build function of the network that this one is a component of; None if it is none.

    Returns:
        Tuple of function and dict.

    Raises:
        UserError: If the network belongs to a family that is not known here, or its keywords make no sense.
    """
    family = family or find_family(build_func_name, state)
    if build_func_name not in _FUNCS.get(family, ()):
        raise UserError(_explain_unknown(build_func_name, state, family))
    if (build_func_name in _MAIN_FUNCS) != bool(state['components']):
        raise UserError(f'components of network {pickling.brief(state["name"])} do not fit {build_func_name}')
    func = util.get_obj_by_name(f'{family}.{build_func_name}')
    kwargs = dict(state['static_kwargs'])
    for name, value in _read_foreign_defaults(func, state).items():
        kwargs.setdefault(name, value)
    for name, value in _find_image_size(state).items():
        kwargs.setdefault(name, value)
    network_keywords.check_keywords(state['name'], func, kwargs)
    return func, kwargs


def find_family(build_func_name, state):
    """Return the module with the build function of a pickled network that is no component, or None if unknown.

    Args:
        build_func_name: Name of the function inside the module that the snapshot embeds.
        state: Checked state of the network.
    """
    names = {name for name, _ in state['variables']}
    source_funcs = source_text.list_functions(state['build_module_src'])
    if build_func_name == 'G_main':
        is_ada = state['version'] == 5 or 'lod' not in names or 'D_main' in source_funcs
        return ADA if is_ada else STYLEGAN2
    if build_func_name == 'G_synthesis':
        has_styles = names & {'4x4/Const/StyleMod/weight', '4x4/Conv/StyleMod/weight'}
        return STYLEGAN if has_styles else ADA
    if build_func_name == 'G_mapping':
        return _find_family_of_mapping(names, source_funcs, state['version'])
    return next((family for family, funcs in _FUNCS.items() if build_func_name in funcs), None)


def _find_family_of_mapping(variable_names, source_funcs, version):
    """Return the family of a mapping network on its own, which differ little."""
    if 'LabelEmbed/weight' in variable_names or 'D_main' in source_funcs:
        return ADA
    if source_funcs & {'D_stylegan2', 'G_synthesis_stylegan2'}:
        return STYLEGAN2
    if source_funcs & {'D_basic', 'G_style'}:
        return STYLEGAN
    return {4: STYLEGAN2, 5: ADA}.get(version, STYLEGAN)


def _explain_unknown(build_func_name, state, family):
    """Return the message about a function that is not in the table."""
    network = f'network {pickling.brief(state["name"])} was built by {pickling.brief(build_func_name)}'
    for pattern, kind in _STRANGERS:
        if re.search(pattern, build_func_name):
            return f'{network}: it is {kind}'
    if family in _FUNCS:
        return f'{network}, which {FAMILY_NAMES[family]} does not have; {pickled_code.ADVICE}'
    known = ', '.join(sorted({name for funcs in _FUNCS.values() for name in funcs}))
    return f'{network}, known are {known} of {", ".join(FAMILY_NAMES.values())}; {pickled_code.ADVICE}'


def get_defaults(func):
    """Return name -> value for the arguments of a build function that have a default."""
    parameters = inspect.signature(func).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def get_component_funcs(func, static_kwargs):
    """Return key -> build function of the components that a main build function makes."""
    defaults = get_defaults(func)
    names = {
        'mapping': static_kwargs.get('mapping_func', defaults.get('mapping_func', 'G_mapping')),
        'synthesis': static_kwargs.get('synthesis_func', defaults.get('synthesis_func', 'G_synthesis')),
    }
    if func.__name__ not in _MAIN_FUNCS:
        return {}
    known = _FUNCS[func.__module__]
    return {key: util.get_obj_by_name(f'{func.__module__}.{name}') for key, name in names.items() if name in known}


def _read_foreign_defaults(func, state):
    """Return the default keywords of the embedded source that differ from ours, those of the components included."""
    found = {}
    for part in [func, *get_component_funcs(func, state['static_kwargs']).values()]:
        ours = get_defaults(part)
        theirs = source_text.read_defaults(state['build_module_src'], part.__name__)
        found.update(
            (name, value)
            for name, value in theirs.items()
            if name in ours and name not in network_keywords.RUN_TIME_KEYWORDS and not _is_same(value, ours[name])
        )
    return found


def _is_same(value, other):
    is_list = isinstance(value, (list, tuple)) and isinstance(other, (list, tuple))
    return list(value) == list(other) if is_list else value == other


def _find_image_size(state):
    """Return the keywords `min_h` and `min_w` of a network with a constant that is not 4x4, as some others make."""
    components = [getattr(component, 'state', None) for component in state['components'].values()]
    for part in [state] + [item for item in components if isinstance(item, dict)]:
        for name, value in pickling.list_variables(part):
            if name == '4x4/Const/const' and value.ndim == 4 and value.shape[2:] != (4, 4):
                return {'min_h': value.shape[2], 'min_w': value.shape[3]}
    return {}


def find_tensor_kwargs(func, kwargs):
    """Return those keywords of a call whose numbers a build function may as well get as tensors.

    Args:
        func: Build function.
        kwargs: Dict of keywords, which is not changed.
    """
    if func.__module__ not in _FUNCS or func.__name__ not in _MAIN_FUNCS:
        return {}
    numbers = {name: kwargs[name] for name in ('truncation_psi', 'truncation_psi_val') if name in kwargs}
    return {
        name: value
        for name, value in numbers.items()
        if isinstance(value, (int, float, np.number)) and value != 1  # With 1 there is no truncation to build.
    }


def make_saved_kwargs(func, static_kwargs):
    """Return the static keywords of a network in the form in which they are saved.

    Other readers have other defaults for the two that are written in any case, and refuse those that only tell how
    something is computed.

    Args:
        func: Build function.
        static_kwargs: Dict of keywords, which is not changed.
    """
    if func.__module__ not in _FUNCS:
        return static_kwargs
    kwargs = {key: value for key, value in static_kwargs.items() if key not in network_keywords.RUN_TIME_KEYWORDS}
    defaults = get_defaults(func)
    for part in get_component_funcs(func, static_kwargs).values():
        defaults.update(get_defaults(part))
    if 'mbstd_group_size' in defaults:
        kwargs.setdefault('mbstd_group_size', defaults['mbstd_group_size'])
    if 'dlatent_size' in defaults and kwargs.get('dlatent_size', 512) != 512 and defaults.get('mapping_fmaps'):
        kwargs.setdefault('mapping_fmaps', defaults['mapping_fmaps'])
    return kwargs

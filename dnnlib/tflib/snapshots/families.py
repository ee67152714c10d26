# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The families of networks: which function builds a network that was found in a snapshot, and with which keywords.

Whoever has networks keeps a record of them in the module `families.py` of its package. These modules are found by
their name, so that a snapshot opens for somebody who has imported nothing but `dnnlib`.
"""

import collections
import importlib
import inspect
import os
import re

import numpy as np

from dnnlib import util
from dnnlib.guarded_unpickler import brief
from dnnlib.tflib.snapshots import keywords, pickled_code, source_text
from dnnlib.util import UserError

MODULE_NAME = 'families'  # Of the modules that `register` their families.

# What may tell the family of a network: names of its variables, functions of the source in the snapshot, and version.
Clues = collections.namedtuple('Clues', 'variables functions version')

_families_cache = collections.OrderedDict()  # Registry: module -> Family.
_strangers_cache = []  # Registry of `register_stranger`.
_discovered_cache = []  # Directories whose packages were imported.


class Family:
    """The networks of one module, and what must be known to open and save them.

    Derived classes know more about their networks.

    Args:
        name: Name in words.
        module: Dotted name of the module.
        funcs: Names of its build functions.
        main_funcs: Those whose networks have components.
        components: Dict of their keys -> name of the usual build function. Another one is named by the keyword
            `<key>_func` of a main function, if it has that.
        state_version: Version of the state in which its official program writes networks, or None.
        is_sure: Function (name of a build function, `Clues`) -> whether a network is certainly of this family; asked
            where several families have a function of that name.
        run_time_keywords: Names of the keywords that only tell how something is computed; they are not saved.
        number_keywords: Names of those keywords of the main functions whose numbers may as well be tensors.
        maxima: Dict keyword -> largest number, of those that decide how much there is to build.
    """

    def __init__(
        self,
        name,
        module,
        funcs,
        main_funcs=(),
        components=None,
        state_version=None,
        is_sure=None,
        run_time_keywords=keywords.RUN_TIME_KEYWORDS,
        number_keywords=(),
        maxima=None,
    ):
        self.name = name
        self.module = module
        self.funcs = tuple(funcs)
        self.main_funcs = tuple(main_funcs)
        self.components = dict(components or {})
        self.state_version = state_version
        self.is_sure = is_sure or (lambda func_name, clues: False)
        self.run_time_keywords = frozenset(run_time_keywords)
        self.number_keywords = tuple(number_keywords)
        self.maxima = dict(maxima or {})

    def get_func(self, name):
        """Return the build function of a name."""
        return util.get_obj_by_name(f'{self.module}.{name}')

    def get_component_funcs(self, func, static_kwargs):
        """Return key -> build function of the components that a build function makes."""
        if func.__name__ not in self.main_funcs:
            return {}
        kwargs = dict(get_defaults(func), **static_kwargs)
        names = {key: kwargs.get(f'{key}_func', name) for key, name in self.components.items()}
        return {key: self.get_func(name) for key, name in names.items() if name in self.funcs}

    def get_all_defaults(self, func, static_kwargs):
        """Return name -> value for the arguments with a default of a build function and those of its components."""
        defaults = get_defaults(func)
        for part in self.get_component_funcs(func, static_kwargs).values():
            defaults.update(get_defaults(part))
        return defaults

    def find_kwargs(self, func, state):
        """Return the static keywords for a pickled network.

        Official snapshots save only the keywords that differ from the defaults of the source text that they contain,
        so these are read from that text where they are not the ones of the family.

        Args:
            func: Build function.
            state: Checked state of the network.

        Raises:
            UserError: If they make no sense.
        """
        kwargs = dict(state['static_kwargs'])
        for more in (self._read_foreign_defaults(func, state), self.infer_kwargs(state)):
            kwargs.update((name, value) for name, value in more.items() if name not in kwargs)
        keywords.check_keywords(state['name'], func, kwargs, self.maxima)
        return kwargs

    def _read_foreign_defaults(self, func, state):
        """Return the default keywords of the embedded source that differ from ours, those of components included."""
        found = {}
        for part in [func, *self.get_component_funcs(func, state['static_kwargs']).values()]:
            ours = get_defaults(part)
            theirs = source_text.read_defaults(state['build_module_src'], part.__name__)
            found.update(
                (name, value)
                for name, value in theirs.items()
                if name in ours and name not in self.run_time_keywords and not _is_same(value, ours[name])
            )
        return found

    # ------------------------------------------------------------------ for derived classes

    def infer_kwargs(self, state):
        """Return the keywords that follow from the variables of a pickled network; none."""
        del state
        return {}

    def make_saved_kwargs(self, func, static_kwargs):
        """Return the static keywords of a network in the form in which they are saved: what is computed, not how."""
        del func
        return {key: value for key, value in static_kwargs.items() if key not in self.run_time_keywords}

    def describe(self, func, static_kwargs):
        """Tell what a network is for, as a dict whose fields the family decides; an empty one here."""
        del func, static_kwargs
        return {}


def get_defaults(func):
    """Return name -> value for the arguments of a build function that have a default."""
    parameters = inspect.signature(func).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _is_same(value, other):
    is_list = isinstance(value, (list, tuple)) and isinstance(other, (list, tuple))
    return list(value) == list(other) if is_list else value == other


# ----------------------------------------------------------------------------
# Registry.


def register(family):
    """Make a family known; return it. Families of later methods are asked first."""
    _families_cache[family.module] = family
    return family


def register_stranger(pattern, words):
    """Tell in words what networks are whose build function matches a pattern and which nobody here can build."""
    _strangers_cache.append((pattern, words))


def list_families():
    """Return all families, the first registered first."""
    _discover(os.path.dirname(os.path.dirname(os.path.abspath(util.__file__))))
    return list(_families_cache.values())


def _discover(directory):
    """Import the module `families` of every package beside `dnnlib` that has one."""
    if directory in _discovered_cache:
        return
    for package in sorted(os.listdir(directory)):
        if package.isidentifier() and os.path.isfile(os.path.join(directory, package, MODULE_NAME + '.py')):
            importlib.import_module(f'{package}.{MODULE_NAME}')
    _discovered_cache.append(directory)


def get_family(module):
    """Return the family of a module, or None."""
    return next((family for family in list_families() if family.module == module), None)


# ----------------------------------------------------------------------------
# What networks ask.


def find_build_func(state, module=None):
    """Return the build function and static keywords for a pickled network.

    Args:
        state: Checked state of the network, see `network_state.check_state`.
        module: Module of the build function of the network that this one is a component of; None if it is none.

    Returns:
        Tuple of function and dict.

    Raises:
        UserError: If the network belongs to a family that is not known here, or its keywords make no sense.
    """
    name = state['build_func_name']
    family = get_family(module) if module else find_family(state)
    if family is None or name not in family.funcs:
        raise UserError(_explain_unknown(state, family))
    if (name in family.main_funcs) != bool(state['components']):
        raise UserError(f'components of network {brief(state["name"])} do not fit {name}')
    func = family.get_func(name)
    return func, family.find_kwargs(func, state)


def find_family(state):
    """Return the family of a pickled network that is no component, or None if it is unknown.

    Args:
        state: Checked state of the network.
    """
    name, version = state['build_func_name'], state['version']
    found = [family for family in list_families()[::-1] if name in family.funcs]  # The latest first.
    if len(found) < 2:
        return found[0] if found else None
    variables = {variable for variable, _ in state['variables']}
    clues = Clues(variables, source_text.list_functions(state['build_module_src']), version)
    sure = [family for family in found if family.is_sure(name, clues)]
    fitting = [family for family in found if family.state_version == version]
    return (sure + fitting + found[-1:])[0]


def _explain_unknown(state, family):
    """Return the message about a function that is not in the table."""
    name = state['build_func_name']
    network = f'network {brief(state["name"])} was built by {brief(name)}'
    for pattern, kind in _strangers_cache:
        if re.search(pattern, name):
            return f'{network}: it is {kind}'
    if family:
        return f'{network}, which {family.name} does not have; {pickled_code.ADVICE}'
    known = ', '.join(sorted({func for family in list_families() for func in family.funcs}))
    names = ', '.join(family.name for family in list_families())
    return f'{network}, known are {known} of {names}; {pickled_code.ADVICE}'


def make_saved_kwargs(func, static_kwargs):
    """Return the static keywords of a network in the form in which they are saved.

    Args:
        func: Build function.
        static_kwargs: Dict of keywords, which is not changed.
    """
    family = get_family(func.__module__)
    return family.make_saved_kwargs(func, static_kwargs) if family else static_kwargs


def find_tensor_kwargs(func, kwargs):
    """Return those keywords of a call whose numbers a build function may as well get as tensors.

    Args:
        func: Build function.
        kwargs: Dict of keywords, which is not changed.
    """
    family = get_family(func.__module__)
    if family is None or func.__name__ not in family.main_funcs:
        return {}
    numbers = {name: kwargs[name] for name in family.number_keywords if name in kwargs}
    return {
        name: value
        for name, value in numbers.items()
        if isinstance(value, (int, float, np.number)) and value != 1  # With 1 there is nothing to build.
    }

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks between two formats: states as they lie in snapshots, and their variables as one flat dict."""

import collections

from dnnlib.tflib.snapshots import families, network_state, pickling
from training.families import ADA, STYLEGAN, STYLEGAN2

FAMILIES = {family.state_version: family for family in (STYLEGAN, STYLEGAN2, ADA)}


def make_network(version, name, build_func_name, static_kwargs, variables, components=None):
    """Return a network that is not built yet.

    Args:
        version: Key of `FAMILIES`.
        name: Name of the network.
        build_func_name: Name of the build function inside the module of the family.
        static_kwargs: Dict of its keywords.
        variables: Dict local name -> array, without those of the components.
        components: Dict key -> network that is not built yet.
    """
    net = pickling.PickledNetwork()
    net.state = {
        'version': version,
        'name': name,
        'static_kwargs': dict(static_kwargs),
        'components': dict(components or {}),
        'build_module_src': '',
        'build_func_name': build_func_name,
        'variables': list(variables.items()),
    }
    return net


def make_generator(version, name, static_kwargs, variables):
    """Return a generator that is not built yet.

    Args:
        version: 4 for StyleGAN2, 5 for StyleGAN2-ADA.
        name: 'G' or 'Gs'.
        static_kwargs: Keywords of G_main and its components; must have `resolution`.
        variables: Dict name -> array; names of components begin with `mapping/` and `synthesis/`.
    """
    own, parts = {}, {'synthesis': {}, 'mapping': {}}
    for path, value in variables.items():
        key, _, rest = path.partition('/')
        if key in parts:
            parts[key][rest] = value
        else:
            own[path] = value
    num_layers = int(static_kwargs['resolution']).bit_length() * 2 - 4
    mapping_kwargs = dict(static_kwargs, dlatent_broadcast=num_layers)
    components = collections.OrderedDict()
    family = FAMILIES[version]
    funcs = family.get_component_funcs(family.get_func('G_main'), {})
    components['synthesis'] = make_network(
        version, 'G_synthesis', funcs['synthesis'].__name__, static_kwargs, parts['synthesis']
    )
    components['mapping'] = make_network(version, 'G_mapping', 'G_mapping', mapping_kwargs, parts['mapping'])
    return make_network(version, name, 'G_main', static_kwargs, own, components)


class ResolvedNetwork:
    """A network that is not built yet, with the function that will build it and all keywords.

    Args:
        net: `PickledNetwork` as a reader gave it.
        module: Module of the build function of the network that this one is a component of; None if it is none.

    Attributes:
        name: 'G', 'D', 'Gs', or for components 'G_mapping' ...
        func: Build function of this project.
        family: Record of the family, see `training.families`.
        version: Key of `FAMILIES`.
        static_kwargs: Keywords that were saved, with the defaults of the file where those differ from ours.
        kwargs: Those of all functions involved, defaults included.
        components: Dict key -> ResolvedNetwork.
        own_variables: Dict local name -> array, without those of the components.
        variables: The same with those of the components as `<key>/<name>`.

    Raises:
        UserError: If the network belongs to no family that is known here.
    """

    def __init__(self, net, module=None):
        state = network_state.check_state(net.state)
        self.name = state['name']
        self.func, self.static_kwargs = families.find_build_func(state, module)
        self.family = families.get_family(self.func.__module__)
        self.version = self.family.state_version
        self.components = collections.OrderedDict(
            (key, ResolvedNetwork(part, self.family.module)) for key, part in state['components'].items()
        )
        self.own_variables = collections.OrderedDict(state['variables'])
        self.variables = collections.OrderedDict(self.own_variables)
        self.kwargs = families.get_defaults(self.func)
        for key, part in self.components.items():
            self.variables.update((f'{key}/{name}', value) for name, value in part.variables.items())
            self.kwargs.update(part.kwargs)
        self.kwargs.update(self.static_kwargs)

    @property
    def is_generator(self):
        """Whether it makes images from latents."""
        return bool(self.components)

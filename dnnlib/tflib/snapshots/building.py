# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""From what lies in a file to a network in the graph: function, components, variables, and their saved values."""

from dnnlib.guarded_unpickler import brief
from dnnlib.tflib import tfutil
from dnnlib.tflib.snapshots import families, network_state, pickled_code, pickling
from dnnlib.tflib.snapshots.variable_check import VariableCheck
from dnnlib.util import UserError

import_handlers = []  # Registry of `dnnlib.tflib.network.import_handler`.


def build_networks(obj, network_class, module=None, is_trusted=False):
    """Return what `pickling.load` gave with every `PickledNetwork` built, in the default graph and session.

    Args:
        obj: A network that is not built yet, or a tuple, list or dict of such and others.
        network_class: Class of the built ones, `dnnlib.tflib.Network`.
        module: Module of the build function of the network that this one is a component of; None if it is none.
        is_trusted: Execute the embedded source if no function of this project fits, whatever the network says.

    Raises:
        UserError: If a network is of an unknown family, or its parts do not fit together.
    """
    if isinstance(obj, (tuple, list)):
        return type(obj)(build_networks(item, network_class) for item in obj)
    if isinstance(obj, dict):
        return type(obj)((key, build_networks(item, network_class)) for key, item in obj.items())
    if not isinstance(obj, pickling.PickledNetwork):
        return obj
    net = network_class.__new__(network_class)
    restore(net, obj.state, module, is_trusted or obj.is_trusted)
    return net


def restore(net, state, module=None, is_trusted=False):
    """Build a network, an object without attributes so far, from a state.

    Args:
        net: `dnnlib.tflib.Network`.
        state: What its `__getstate__` gave.
        module: See `build_networks`.
        is_trusted: See there.
    """
    tfutil.assert_tf_initialized()
    for handler in import_handlers:
        state = handler(state)
    state = network_state.check_state(state)
    try:
        func, static_kwargs = families.find_build_func(state, module)
        _restore_with(net, state, func, static_kwargs, is_trusted)
    except UserError:
        if not is_trusted:
            raise
        _restore_with(net, state, pickled_code.load_func(state), state['static_kwargs'], is_trusted)


def _restore_with(net, state, func, static_kwargs, is_trusted):
    """Build a network with a function, and give its variables the saved values."""
    components = {
        key: _build_component(key, component, type(net), func.__module__, is_trusted)
        for key, component in state['components'].items()
    }
    net._init_fields(state['name'], func, static_kwargs, components)
    values = dict(state['variables'])
    check = VariableCheck(net.name, func.__name__, values)
    try:
        net._build_template(check)
    except UserError:
        raise
    except Exception as error:  # Foreign keywords can upset the build function in any way.
        reason = f'{type(error).__name__}: {brief(error)}'
        raise UserError(f'network {net.name} cannot be built with its saved keywords ({reason})') from error
    check.finish()
    if set(net.components) != set(state['components']):
        raise UserError(
            f'components of network {net.name} do not fit {func.__name__}: '
            f'expected {sorted(net.components)}, got {sorted(state["components"])}'
        )
    tfutil.set_vars({net.own_vars[name]: value for name, value in values.items()})


def _build_component(key, obj, network_class, module, is_trusted):
    """Return the built component of a network; plain unpicklers have built it already."""
    is_pickled = isinstance(obj, pickling.PickledNetwork)
    net = build_networks(obj, network_class, module, is_trusted) if is_pickled else obj
    if not isinstance(net, network_class):
        raise UserError(f'component {brief(key)} of a pickled network is of type {type(obj).__name__}')
    return net

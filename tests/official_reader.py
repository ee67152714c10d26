# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Reads snapshots in the way of the official programs: executes the source in them, beside the official dnnlib alone.

Only what official readers offer is here, so a snapshot that needs more fails.
"""

import collections
import inspect
import io
import pickle
import sys
import types
import uuid

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib.ops import fused_bias_act as our_fused_bias_act
from dnnlib.tflib.ops import upfirdn_2d as our_upfirdn_2d
from dnnlib.util import EasyDict

STATE_KEYS = ('version', 'name', 'static_kwargs', 'components', 'build_module_src', 'build_func_name', 'variables')


class OfficialNetwork:
    """As much of the official class as networks that are loaded and evaluated need."""

    def __init__(self, *args, **kwargs):
        raise AssertionError('components come with the file')

    def __setstate__(self, state):
        assert tuple(state) == STATE_KEYS and state['version'] in (2, 3, 4)
        self.name = state['name']
        self.static_kwargs = EasyDict(state['static_kwargs'])
        self.components = EasyDict(state['components'])
        self._build_func = vars(execute(state['build_module_src']))[state['build_func_name']]
        parameters = inspect.signature(self._build_func).parameters.values()
        self.input_names = [p.name for p in parameters if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD]
        self._build_template()
        for name, value in state['variables']:
            self.own_vars[name].load(value, tf.get_default_session())

    def _build_template(self):
        self.scope = tf.get_default_graph().unique_name(self.name)
        inputs = [tf.placeholder(tf.float32, name=name) for name in self.input_names]
        self._build(inputs, reuse=False, is_template_graph=True)
        self.input_shapes = [tensor.shape.as_list() for tensor in inputs]
        self.input_shape = self.input_shapes[0]
        prefix = self.scope + '/'
        own = [var for var in tf.global_variables() if var.name.startswith(prefix)]
        self.own_vars = collections.OrderedDict((var.name[len(prefix) : -2], var) for var in own)
        self.vars = collections.OrderedDict(self.own_vars)
        for component in self.components.values():
            self.vars.update((f'{component.name}/{name}', var) for name, var in component.vars.items())

    def _build(self, inputs, reuse, **kwargs):
        scope = tf.VariableScope(name=self.scope, reuse=reuse)
        with tf.variable_scope(scope, auxiliary_name_scope=False):
            return self._build_func(*inputs, **dict(self.static_kwargs, components=self.components, **kwargs))

    def get_output_for(self, *inputs, **kwargs):
        """Build the network for inputs."""
        return self._build(inputs, reuse=True, is_template_graph=False, **kwargs)

    def run(self, *arrays, **kwargs):
        """Evaluate the network."""
        shapes = [[len(arrays[0])] + shape[1:] for shape in self.input_shapes]
        arrays = [np.zeros(shape) if array is None else array for array, shape in zip(arrays, shapes)]
        return self.get_output_for(*[tf.constant(np.float32(array)) for array in arrays], **kwargs).eval()


def execute(source):
    """Execute the source of a snapshot in a module of its own beside the official dnnlib, without this project."""
    module = _make_module('_tflib_network_import_' + uuid.uuid4().hex)
    stubs = dict(_official_modules(), **{module.__name__: module})
    hidden = {name: sys.modules[name] for name in sys.modules if name.partition('.')[0] in ('dnnlib', 'training')}
    for name in hidden:
        del sys.modules[name]
    sys.modules.update(stubs)
    try:
        exec(source, vars(module))
    finally:
        for name in stubs:
            del sys.modules[name]
        sys.modules.update(hidden)
    return module


def _make_module(name, **attributes):
    module = types.ModuleType(name)
    vars(module).update(attributes)
    return module


def _lerp(a, b, t):
    return a + (b - a) * t


def _lerp_clip(a, b, t):
    return a + (b - a) * tf.clip_by_value(t, 0.0, 1.0)


def _is_tf_expression(x):
    return isinstance(x, (tf.Tensor, tf.Variable, tf.Operation))


# The argument lists of the ops of StyleGAN2; anything else is a TypeError.
def _fused_bias_act(x, b=None, axis=1, act='linear', alpha=None, gain=None, impl='cuda'):
    return our_fused_bias_act.fused_bias_act(x, b, axis, act, alpha, gain, impl='ref')


def _make_resampler(func, num_tensors):
    def resample(*args, k=None, factor=2, gain=1, data_format='NCHW', impl='cuda'):
        tensors, rest = args[:num_tensors], args[num_tensors:]
        options = dict(zip(('k', 'factor', 'gain', 'data_format', 'impl'), (k, factor, gain, data_format, impl)))
        options.update(zip(('k', 'factor', 'gain', 'data_format', 'impl'), rest))
        return func(*tensors, **dict(options, impl='ref'))

    return resample


def _official_modules():
    tflib = _make_module(
        'dnnlib.tflib',
        Network=OfficialNetwork,
        lerp=_lerp,
        lerp_clip=_lerp_clip,
        is_tf_expression=_is_tf_expression,
    )
    resamplers = {'upsample_2d': 1, 'downsample_2d': 1, 'upsample_conv_2d': 2, 'conv_downsample_2d': 2}
    resamplers = {name: _make_resampler(getattr(our_upfirdn_2d, name), num) for name, num in resamplers.items()}
    return {
        'dnnlib': _make_module('dnnlib', tflib=tflib, EasyDict=EasyDict),
        'dnnlib.tflib': tflib,
        'dnnlib.tflib.ops': _make_module('dnnlib.tflib.ops'),
        'dnnlib.tflib.ops.fused_bias_act': _make_module(
            'fused_bias_act', fused_bias_act=_fused_bias_act, activation_funcs=our_fused_bias_act.activation_funcs
        ),
        'dnnlib.tflib.ops.upfirdn_2d': _make_module('upfirdn_2d', **resamplers),
        'training': None,  # Importing it raises ImportError.
    }


class _Unpickler(pickle.Unpickler):
    """Finds the official class, and whatever else there is."""

    def find_class(self, module, name):  # noqa: D102
        if (module, name) == ('dnnlib.tflib.network', 'Network'):
            return OfficialNetwork
        return super().find_class(module, name)


def load(data):
    """Return the networks in a snapshot."""
    return _Unpickler(io.BytesIO(data), encoding='latin1').load()

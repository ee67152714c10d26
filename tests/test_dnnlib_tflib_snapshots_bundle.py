# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The source text in snapshots: it must run beside the official dnnlib alone."""

import ast
import importlib
import sys
import types

import numpy as np
import pytest

from dnnlib import tflib
from dnnlib.tflib import custom_ops
from dnnlib.tflib.ops import dense as our_dense
from dnnlib.tflib.ops import fused_bias_act as our_fused_bias_act
from dnnlib.tflib.ops import upfirdn_2d as our_upfirdn_2d
from dnnlib.tflib.snapshots import bundle
from training import networks_ada, networks_stylegan, networks_stylegan2

SIZE = {'num_channels': 3, 'resolution': 8, 'label_size': 2, 'fmap_base': 64, 'fmap_max': 8}
LATENT = {'latent_size': 8, 'dlatent_size': 8, 'mapping_fmaps': 8, 'mapping_layers': 2}
RND = np.random.RandomState(1)
LATENTS, LABELS = RND.randn(4, 8), np.eye(2)[[0, 1, 1, 0]]


MODULES = [networks_stylegan2, networks_stylegan, networks_ada]


# The argument lists of the official ops of StyleGAN2; anything else is a TypeError.
def fused_bias_act(x, b=None, axis=1, act='linear', alpha=None, gain=None, impl='cuda'):
    return our_fused_bias_act.fused_bias_act(x, b, axis, act, alpha, gain, impl='ref')


def upsample_2d(x, k=None, factor=2, gain=1, data_format='NCHW', impl='cuda'):
    return our_upfirdn_2d.upsample_2d(x, k, factor, gain, data_format=data_format, impl='ref')


def downsample_2d(x, k=None, factor=2, gain=1, data_format='NCHW', impl='cuda'):
    return our_upfirdn_2d.downsample_2d(x, k, factor, gain, data_format=data_format, impl='ref')


def upsample_conv_2d(x, w, k=None, factor=2, gain=1, data_format='NCHW', impl='cuda'):
    return our_upfirdn_2d.upsample_conv_2d(x, w, k, factor, gain, data_format=data_format, impl='ref')


def conv_downsample_2d(x, w, k=None, factor=2, gain=1, data_format='NCHW', impl='cuda'):
    return our_upfirdn_2d.conv_downsample_2d(x, w, k, factor, gain, data_format=data_format, impl='ref')


def make_module(name, **attributes):
    module = types.ModuleType(name)
    vars(module).update(attributes)
    return module


def official_modules():
    """Return stand-ins for the modules of the official dnnlib, with the names that snapshots may use only."""
    names = ['Network', 'lerp', 'lerp_clip', 'is_tf_expression']
    official_tflib = make_module('dnnlib.tflib', **{name: getattr(tflib, name) for name in names})
    firs = [upsample_2d, downsample_2d, upsample_conv_2d, conv_downsample_2d]
    return {
        'dnnlib': make_module('dnnlib', tflib=official_tflib),
        'dnnlib.tflib': official_tflib,
        'dnnlib.tflib.ops': make_module('dnnlib.tflib.ops'),
        'dnnlib.tflib.ops.fused_bias_act': make_module(
            'fused_bias_act', fused_bias_act=fused_bias_act, activation_funcs=our_fused_bias_act.activation_funcs
        ),
        'dnnlib.tflib.ops.upfirdn_2d': make_module('upfirdn_2d', **{func.__name__: func for func in firs}),
        'training': None,  # Importing it raises ImportError.
    }


@pytest.fixture(autouse=True)
def equal_ops():
    """Plain TensorFlow ops on both sides, so that equal graphs compute equal bits."""
    with custom_ops.use_impl('ref'):
        yield


@pytest.fixture
def execute_officially(session, monkeypatch):
    """Return a function that executes the bundle of a module as the official code does, beside its own dnnlib."""

    def execute(module):
        text = bundle.bundle_source(module)
        executed = make_module('_tflib_network_import')
        with monkeypatch.context() as patch:
            for name in [name for name in sys.modules if name.partition('.')[0] in ('dnnlib', 'training')]:
                patch.delitem(sys.modules, name)
            for name, stub in dict(official_modules(), _tflib_network_import=executed).items():
                patch.setitem(sys.modules, name, stub)
            exec(text, vars(executed))
        return executed

    return execute


@pytest.fixture
def official_module(execute_officially):
    return execute_officially(networks_stylegan2)


REVISED = {'synthesis_func': 'G_synthesis_stylegan_revised', 'min_h': 3}
NETWORKS = [
    (networks_stylegan2, 'G_main', 'D_stylegan2', {'architecture': 'skip'}),
    (networks_stylegan2, 'G_main', 'D_stylegan2', {'architecture': 'resnet'}),
    (networks_stylegan2, 'G_main', 'D_stylegan', REVISED),
    (networks_stylegan, 'G_style', 'D_basic', {}),
    (networks_ada, 'G_main', 'D_main', {'num_fp16_res': 1}),
]


@pytest.mark.parametrize('module, G_func, D_func, kwargs', NETWORKS)
def test_the_bundle_builds_the_same_networks_beside_the_official_dnnlib(
    session, execute_officially, module, G_func, D_func, kwargs
):
    D_kwargs = {key: value for key, value in kwargs.items() if key != 'synthesis_func'}
    official_module = execute_officially(module)
    options = {'truncation_psi': 0.5, 'randomize_noise': False}
    G = tflib.Network('G', getattr(module, G_func), **dict(SIZE, **dict(LATENT, **kwargs)))
    D = tflib.Network('D', getattr(module, D_func), **dict(SIZE, **D_kwargs))
    official_G = tflib.Network('G', getattr(official_module, G_func), **G.static_kwargs)
    official_D = tflib.Network('D', getattr(official_module, D_func), **D.static_kwargs)
    assert list(official_G.vars) == list(G.vars) and list(official_D.vars) == list(D.vars)
    official_G.copy_vars_from(G)
    official_D.copy_vars_from(D)
    images = G.run(LATENTS, LABELS, **options)
    scores = D.run(images, LABELS)
    assert np.std(images) > 0.01 and np.std(scores) > 0.0001
    np.testing.assert_array_equal(official_G.run(LATENTS, LABELS, **options), images)
    np.testing.assert_array_equal(official_D.run(images, LABELS), scores)


def test_training_options_of_the_bundle_work_beside_the_official_dnnlib(session, official_module):
    G = tflib.Network('G', official_module.G_main, **dict(SIZE, **LATENT))
    assert G.run(LATENTS, LABELS, is_training=True).shape == (4, 3, 8, 8)
    assert np.any(G.get_var('dlatent_avg') != 0)


def test_sub_functions_come_from_the_bundle_itself(official_module):
    for name in ('G_mapping', 'G_synthesis_stylegan2', 'D_stylegan2', 'modulated_conv2d_layer'):
        assert getattr(official_module, name).__globals__ is vars(official_module)


def test_ops_that_the_official_dnnlib_lacks_are_replaced_by_their_plain_twins(official_module):
    for name in ('conv_2d', 'dense', 'channel_scale', 'sum_squared_taps', 'runs_on_cpu'):
        assert getattr(official_module, name).__globals__ is vars(official_module)
    namespace = {}
    exec(bundle.bundle_source(networks_stylegan2), namespace)
    assert namespace['dense'] is our_dense.dense


@pytest.mark.parametrize('module', MODULES)
def test_the_bundle_is_one_module_for_every_python_from_3_6_on(module):
    text = bundle.bundle_source(module)
    if sys.version_info >= (3, 8):
        ast.parse(text, feature_version=(3, 6))
    compile(text, 'bundle', 'exec')
    assert not text.startswith('\ufeff')
    text.encode('utf-8')


@pytest.mark.parametrize('module', MODULES)
def test_the_bundle_imports_only_what_the_official_dnnlib_offers(module):
    tree = ast.parse(bundle.bundle_source(module))
    optional = [child for node in ast.walk(tree) if is_optional_import(node) for child in node.body]
    assert list_imports(optional) == {
        'dnnlib.tflib.ops.channel_scale.channel_scale',
        'dnnlib.tflib.ops.channel_scale.sum_squared_taps',
        'dnnlib.tflib.ops.conv_2d.conv_2d',
        'dnnlib.tflib.ops.dense.dense',
        'dnnlib.tflib.ops.shared.layouts.change_layout',
        'dnnlib.tflib.ops.shared.layouts.find_axis',
        'dnnlib.tflib.ops.shared.layouts.get_device_layout',
        'dnnlib.tflib.ops.shared.layouts.runs_on_cpu',
    }
    assert list_imports(set(ast.walk(tree)) - set(optional)) <= {
        'numpy',
        'tensorflow.compat.v1',
        'dnnlib.tflib',
        'dnnlib.tflib.ops.fused_bias_act.activation_funcs',
        'dnnlib.tflib.ops.fused_bias_act.fused_bias_act',
        'dnnlib.tflib.ops.upfirdn_2d.conv_downsample_2d',
        'dnnlib.tflib.ops.upfirdn_2d.downsample_2d',
        'dnnlib.tflib.ops.upfirdn_2d.upsample_2d',
        'dnnlib.tflib.ops.upfirdn_2d.upsample_conv_2d',
    }


def is_optional_import(node):
    return isinstance(node, ast.Try) and [handler.type.id for handler in node.handlers] == ['ImportError']


def list_imports(nodes):
    imports = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imports |= {f'{node.module}.{alias.name}' for alias in node.names}
    return imports


@pytest.mark.parametrize('module', MODULES)
def test_executing_the_bundle_has_no_effect(session, execute_officially, module):
    execute_officially(module)
    assert session.graph.get_operations() == []


# ---------------------------------------------------------------------------- bundles of made-up packages


@pytest.fixture
def make_package(tmp_path, monkeypatch):
    """Return a function that writes a package `made_up` and returns the bundle of its module `networks`."""

    def make(**sources):
        for name, source in dict({'__init__': ''}, **sources).items():
            (tmp_path / 'made_up').mkdir(exist_ok=True)
            (tmp_path / 'made_up' / (name + '.py')).write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        return bundle.bundle_source(importlib.import_module('made_up.networks'))

    yield make
    for name in [name for name in sys.modules if name.partition('.')[0] == 'made_up']:
        del sys.modules[name]


def test_modules_are_inlined_once_and_before_their_users(make_package):
    text = make_package(
        base='import numpy as np\n\n\ndef two():\n    return np.float32(2)\n',
        layers='from made_up.base import (\n    two,\n)\n\n\ndef four():\n    return two() * 2\n',
        networks='from made_up.base import two\nfrom made_up.layers import four  # Comment.\n\nsix = two() + four()\n',
    )
    assert text.count('def two') == text.count('def four') == 1
    assert 'made_up' not in text
    namespace = {}
    exec(text, namespace)
    assert namespace['six'] == 6


def test_the_text_is_read_once_though_the_file_changes(make_package, tmp_path):
    text = make_package(networks='x = 1\n')
    (tmp_path / 'made_up' / 'networks.py').write_text('x = 2\n')
    assert bundle.bundle_source(sys.modules['made_up.networks']) == text == 'x = 1\n'


@pytest.mark.parametrize(
    'line, message',
    [
        ('import made_up.layers', 'got `import made_up.layers`'),
        ('import os', 'got `import os`'),
        ('import numpy, json', 'got `import numpy, json`'),
        ('from os import path', 'line 1 has another form'),
        ('from made_up.layers import *', 'line 1 has another form'),
        ('from made_up.layers import layer as other', 'line 1 has another form'),
        ('from .layers import layer', 'line 1 has another form'),
        ('from . import layers', 'line 1 has another form'),
        ('from made_up import layers', 'not modules'),
        ('x = 1; from made_up.layers import layer', 'on a line of its own'),
        ('if True:\n    from made_up.layers import layer', 'at the top level'),
        ('def build():\n    from made_up.layers import layer', 'at the top level'),
        ('from made_up.layers import layer\n\n\ndef layer():\n    return 2', 'both define layer'),
    ],
)
def test_imports_that_cannot_be_inlined_are_refused(make_package, line, message):
    with pytest.raises(ImportError, match=message):
        make_package(layers='def layer():\n    return 1\n', networks=line + '\n')

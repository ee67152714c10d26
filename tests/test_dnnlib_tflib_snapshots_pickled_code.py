# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Code inside a snapshot runs for those who ask for it, and for nobody else."""

import hashlib
import io

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from pickled_networks import Saved, dump_saved

from dnnlib import tflib
from dnnlib.tflib import compat, network
from dnnlib.tflib.snapshots import pickling
from dnnlib.util import UserError

SOURCE = """
import numpy as np
import tensorflow as tf
import dnnlib.tflib as tflib
from dnnlib.tflib.ops.fused_bias_act import fused_bias_act

def build(x, y, size=2, **kwargs):
    import tensorflow
    x.set_shape([None, size])
    y.set_shape([None, size])
    with tf.variable_scope('Layer'):
        w = tensorflow.get_variable('weight', shape=[size], initializer=tf.initializers.ones())
    return tf.identity(tflib.lerp(x, y, w), name='out')
"""
WEIGHT = np.float32([0, 0.5, 1])
X, Y = np.float32([[1, 2, 3]]), np.float32([[11, 12, 13]])


def make_state(source=SOURCE, name='build', variables=(('Layer/weight', WEIGHT),), **kwargs):
    state = {'version': 4, 'name': 'net', 'static_kwargs': dict(size=3, **kwargs), 'components': {}}
    return dict(state, build_module_src=source, build_func_name=name, variables=list(variables))


def read(state):
    return network.build_networks(pickling.load(io.BytesIO(dump_saved(Saved(state))), name='some.pkl'))


@pytest.fixture
def allow(monkeypatch):
    monkeypatch.setenv('DNNLIB_ALLOW_PICKLE_CODE', '1')


@pytest.fixture(autouse=True)
def forbid(monkeypatch):
    monkeypatch.delenv('DNNLIB_ALLOW_PICKLE_CODE', raising=False)
    monkeypatch.delenv('DNNLIB_TRUSTED_PICKLES', raising=False)


@pytest.mark.parametrize('value', [None, '', '0', 'no'])
def test_code_does_not_run_unless_asked_for(session, monkeypatch, value):
    if value is not None:
        monkeypatch.setenv('DNNLIB_ALLOW_PICKLE_CODE', value)
    with pytest.raises(UserError, match=r'built by build, known are .*; --allow-pickled-code .* if you trust whoever'):
        read(make_state('raise SystemExit("executed")\n'))


def test_code_runs_with_a_warning_and_sees_the_interface_of_tensorflow_1(session, allow):
    with pytest.warns(UserWarning, match='executing the Python code that the file contains for network net'):
        net = read(make_state())
    np.testing.assert_allclose(net.run(X, Y), [[1, 7, 13]])
    np.testing.assert_allclose(net.clone('copy').run(X, Y), [[1, 7, 13]])
    np.testing.assert_allclose(session.run(net.get_output_for(tf.constant(X), tf.constant(Y))), [[1, 7, 13]])


@pytest.mark.filterwarnings('ignore:executing')
def test_a_network_made_by_its_own_code_is_saved_with_that_code(session, allow):
    file = io.BytesIO()
    pickling.dump(read(make_state()).clone('again'), file)
    state = pickling.load(io.BytesIO(file.getvalue())).state
    assert state['build_module_src'] == SOURCE and state['build_func_name'] == 'build'
    assert state['static_kwargs'] == {'size': 3}
    np.testing.assert_allclose(
        network.build_networks(pickling.load(io.BytesIO(file.getvalue()))).run(X, Y), [[1, 7, 13]]
    )


def test_code_of_networks_that_this_project_knows_does_not_run(session, allow):
    D = tflib.Network('D', 'training.networks_stylegan2.D_stylegan2', resolution=4, fmap_max=2)
    state = dict(D.__getstate__(), build_module_src='raise SystemExit("executed")\n')
    assert read(state)._build_func is D._build_func


@pytest.mark.filterwarnings('ignore:executing')
def test_code_takes_over_where_the_network_of_that_name_has_other_variables(session, allow):
    source = SOURCE.replace('def build', 'def D_stylegan2')
    np.testing.assert_allclose(read(make_state(source, 'D_stylegan2')).run(X, Y), [[1, 7, 13]])


@pytest.mark.filterwarnings('ignore:executing')
def test_components_may_be_made_by_their_own_code(session, allow):
    source = SOURCE + (
        '\ndef outer(x, y, components=None, **kwargs):\n'
        '    return tf.identity(components.part.get_output_for(x, y, **kwargs) * 2, name="out")\n'
    )
    part = make_state(source)
    outer = dict(make_state(source, 'outer', variables=()), components={'part': Saved(dict(part, name='part'))})
    net = read(outer)
    np.testing.assert_allclose(net.run(X, Y), [[2, 14, 26]])
    assert list(net.vars) == ['part/Layer/weight']


@pytest.mark.parametrize('form', ['sum', 'list', 'file'])
@pytest.mark.filterwarnings('ignore:executing')
def test_files_of_a_known_checksum_are_trusted(session, monkeypatch, tmp_path, form):
    data = dump_saved(Saved(make_state()))
    sums = hashlib.sha256(data).hexdigest()
    if form == 'list':
        sums = '0' * 64 + ',' + sums.upper()
    if form == 'file':
        (tmp_path / 'sums').write_text('0' * 64 + '  other.pkl\n' + sums + '  some.pkl\n')
        sums = str(tmp_path / 'sums')
    monkeypatch.setenv('DNNLIB_TRUSTED_PICKLES', sums)
    assert network.build_networks(pickling.load(io.BytesIO(data))).name == 'net'
    with pytest.raises(UserError, match='--allow-pickled-code'):
        read(make_state(SOURCE + '\n'))


def test_a_list_of_checksums_that_is_missing_is_named(session, monkeypatch):
    monkeypatch.setenv('DNNLIB_TRUSTED_PICKLES', '/no/such/file')
    with pytest.raises(
        UserError, match='DNNLIB_TRUSTED_PICKLES must hold SHA-256 sums or name a file of them: /no/such'
    ):
        read(make_state())


@pytest.mark.parametrize(
    'source, message',
    [
        ('raise ValueError("no luck")', r'the code of network net does not work here \(ValueError: no luck\)'),
        ('def other(x): pass', "KeyError: 'build'"),
        ('this is no Python', 'SyntaxError'),
        ('def build(x, **kwargs): return tf', r"cannot be built with its saved keywords \(NameError: name 'tf'"),
    ],
)
@pytest.mark.filterwarnings('ignore:executing')
def test_code_that_fails_is_reported(session, allow, source, message):
    with pytest.raises(UserError, match=message):
        read(make_state(source))


@pytest.mark.skipif(compat.IS_TF1, reason='TensorFlow 1.15 has tf.contrib')
@pytest.mark.parametrize('line', ['import tensorflow.contrib as c', 'from tensorflow.contrib import nccl_ops'])
@pytest.mark.filterwarnings('ignore:executing')
def test_code_that_needs_tf_contrib_is_refused_with_the_way_out(session, allow, line):
    with pytest.raises(UserError, match='needs tensorflow.contrib, which TensorFlow 2 lacks; use TensorFlow 1.15'):
        read(make_state(line + '\n' + SOURCE))

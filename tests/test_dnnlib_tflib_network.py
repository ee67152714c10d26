# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks as objects: variables, copies, evaluation, listing."""

import json

import numpy as np
import pytest
import tensorflow.compat.v1 as tf

from dnnlib import progress, tflib
from dnnlib.tflib import compat, network
from dnnlib.util import UserError

FUNCS = 'training.networks_stylegan2.'
SMALL = {'fmap_base': 32, 'fmap_max': 8, 'latent_size': 8, 'dlatent_size': 8, 'mapping_fmaps': 8, 'mapping_layers': 2}
LATENTS = np.random.RandomState(1).randn(5, 8).astype(np.float32)
X = np.arange(12, dtype=np.float32).reshape(6, 2)


def make_g(name='G', resolution=8, **kwargs):
    return tflib.Network(name, FUNCS + 'G_main', resolution=resolution, **dict(SMALL, **kwargs))


def assert_same_values(session, net, other, names):
    values, others = session.run([[some.vars[name] for name in names] for some in (net, other)])
    assert len(values) > 0
    for value, twin in zip(values, others):
        np.testing.assert_array_equal(value, twin)


def affine(x_in, y_in, scale=1.0, table=0.0, is_template_graph=False, components=None, is_training=False):
    """Two inputs, one weight outside all scopes, one in a scope and a counter that is not trained."""
    x_in.set_shape([None, 2])
    y_in.set_shape([None, 3])
    w = tf.get_variable('w', shape=[2, 2], initializer=tf.initializers.ones())
    with tf.variable_scope('Shift'):
        b = tf.get_variable('bias', shape=[2], initializer=tf.initializers.zeros())
        with tf.variable_scope('Inner'):
            c = tf.get_variable('weight', shape=[3, 1], initializer=tf.initializers.ones())
    tf.get_variable('steps', shape=[], initializer=tf.initializers.zeros(), trainable=False)
    y = tf.matmul(x_in, w) * scale + b + tf.matmul(y_in, c) + tf.reduce_sum(table)
    return tf.identity(y, name='out')


def stack(x_in, width=2, depth=1, **_kwargs):
    """A few matrices, each with a value that is not trained."""
    x_in.set_shape([None, 2])
    x = x_in
    for layer in range(depth):
        with tf.variable_scope(f'Layer{layer}'):
            x = tf.matmul(x, tf.get_variable('weight', shape=[int(x.shape[1]), width]))
            tf.get_variable('noise', shape=[3], initializer=tf.initializers.random_normal(), trainable=False)
    return tf.identity(x, name='out')


def nested(x_in, components=None, is_template_graph=False, **kwargs):
    """A network with `stack` as its component and one variable of its own."""
    x_in.set_shape([None, 2])
    if 'inner' not in components:
        components.inner = tflib.Network('Inner', stack, **kwargs)
    tf.get_variable('count', shape=[], initializer=tf.initializers.zeros(), trainable=False)
    return tf.identity(components.inner.get_output_for(x_in, **kwargs), name='out')


def twin(x_in, factor=1.0, **_kwargs):
    """The second matrix of `stack`, and another one."""
    x_in.set_shape([None, 2])
    for scope in ('Layer1', 'Extra'):
        with tf.variable_scope(scope):
            x_in = tf.matmul(x_in, tf.get_variable('weight', shape=[2, 2])) * factor
    return tf.identity(x_in, name='out')


def two_outputs(x_in, **_kwargs):
    x_in.set_shape([None, 2])
    return tf.identity(x_in + 1, name='first'), tf.identity(x_in * 2, name='second')


def double(*tensors, factor=2.0):
    return [x * factor for x in tensors]


def rows_to_columns(x, y):
    return tf.transpose(tf.reshape(x, [2, -1])), y


# ---------------------------------------------------------------------------- construction


def test_networks_of_one_name_have_scopes_and_variables_of_their_own(session):
    first, second = [tflib.Network('N', nested) for _ in range(2)]
    assert (first.name, first.scope, second.name, second.scope) == ('N', 'N', 'N', 'N_1')
    assert list(first.vars) == list(second.vars)
    assert not {var.name for var in first.vars.values()} & {var.name for var in second.vars.values()}


def test_setting_a_variable_of_a_clone_leaves_the_original_alone(session):
    net = tflib.Network('N', nested)
    before = session.run(net.vars)
    clone = net.clone('Ns')
    assert_same_values(session, net, clone, net.vars)
    tflib.set_vars({var: np.full(var.shape.as_list(), 7.0) for var in clone.vars.values()})
    for name, value in session.run(net.vars).items():
        np.testing.assert_array_equal(value, before[name])


def test_surrounding_scopes_and_dependencies_do_not_reach_the_network(session):
    with tf.name_scope('outer'), tf.variable_scope('around'), tf.control_dependencies([tf.no_op()]):
        net = tflib.Network('net', affine)
        image = net.get_output_for(tf.constant(X), None)
    assert [var.name for var in net.vars.values()] == [
        'net/w:0',
        'net/Shift/bias:0',
        'net/Shift/Inner/weight:0',
        'net/steps:0',
    ]
    assert net.input_templates[0].name == 'net/x_in:0'
    np.testing.assert_array_equal(session.run(image), net.run(X, None))


@pytest.mark.parametrize('name', ['a b', 'a/b', 'net\n', '_net', 'nét'])
def test_names_with_odd_characters_are_refused(session, name):
    with pytest.raises(UserError, match='network names consist of'):
        tflib.Network(name, affine)


def test_the_name_defaults_to_that_of_the_function(session):
    assert tflib.Network(func_name=affine).name == 'affine'


def test_networks_need_a_session():
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match=r'call dnnlib\.tflib\.init_tf\(\)'):
        tflib.Network('net', affine)


@pytest.mark.parametrize(
    'func, message', [(None, 'dotted name or a function'), (lambda x=1: x, 'no positional argument')]
)
def test_build_functions_must_be_functions_of_inputs(session, func, message):
    with pytest.raises(ValueError, match=message):
        tflib.Network('net', func)


def test_build_functions_must_return_tensors(session):
    with pytest.raises(TypeError, match='must return a tensor'):
        tflib.Network('net', lambda x, **_: 1.0)


def test_static_keywords_that_could_not_be_saved_are_refused_at_once(session):
    with pytest.raises(UserError, match='keyword scale of a network has a value of type function'):
        tflib.Network('net', affine, scale=affine)
    assert tflib.Network('net', affine, scale=np.float32(2)).static_kwargs == {'scale': 2.0}


def test_keywords_that_nobody_knows_are_named_once(session):
    network._warned_cache.clear()
    with pytest.warns(UserWarning, match="network G ignores the unknown keyword 'fmap_bsae'") as caught:
        G = make_g(fmap_bsae=3)
        G.get_output_for(tf.constant(LATENTS), None, fmap_bsae=4)
    assert len([item for item in caught if 'unknown keyword' in str(item.message)]) == 1


def test_shapes_names_and_templates_describe_inputs_and_outputs(session):
    G = make_g(label_size=3)
    assert (G.num_inputs, G.num_outputs) == (2, 1)
    assert G.input_shapes == [[None, 8], [None, 3]]
    assert G.output_shapes == [[None, 3, 8, 8]]
    assert (G.input_shape, G.output_shape) == ([None, 8], [None, 3, 8, 8])
    assert (G.input_names, G.output_names) == (['latents_in', 'labels_in'], ['images_out'])
    assert [tensor.name for tensor in G.output_templates] == ['G/images_out:0']
    assert list(G.components) == ['synthesis', 'mapping']
    assert G.components.synthesis.name == 'G_synthesis' and G.components.mapping.name == 'G_mapping'


# ---------------------------------------------------------------------------- variables


def test_variables_are_found_by_local_name_and_local_names_by_variable(session):
    G = make_g('Gs')
    var = G.find_var('G_mapping/Dense0/weight')
    assert G.find_var(var) is var
    assert G.get_var_local_name(var) == 'G_mapping/Dense0/weight'
    assert G.get_var_local_name('Gs/dlatent_avg') == 'dlatent_avg'
    assert G.var_global_to_local['G_mapping/Dense0/bias'] == 'G_mapping/Dense0/bias'
    assert list(G.own_vars) == ['lod', 'dlatent_avg']
    assert set(G.vars) - set(G.trainables) == {'lod', 'dlatent_avg'} | {f'G_synthesis/noise{i}' for i in range(3)}


def test_values_can_be_set_and_read(session):
    net = tflib.Network('net', affine)
    net.set_var('Shift/bias', [1, 2])
    net.set_var(net.vars['steps'], 5)
    np.testing.assert_array_equal(net.get_var('Shift/bias'), [1, 2])
    assert net.get_var(net.vars['steps']) == 5


@pytest.mark.parametrize(
    'method, kept',
    [
        ('reset_own_vars', {'Inner/Layer0/weight', 'Inner/Layer0/noise'}),
        ('reset_vars', set()),
        ('reset_trainables', {'count', 'Inner/Layer0/noise'}),
    ],
)
def test_resets_reach_own_all_or_trainable_variables(session, method, kept):
    net = tflib.Network('N', nested)
    tflib.set_vars({var: np.full(var.shape.as_list(), 9.0) for var in net.vars.values()})
    getattr(net, method)()
    assert {name for name, value in session.run(net.vars).items() if np.all(value == 9)} == kept


def test_copying_goes_by_name_and_reports(session):
    shallow, deep = tflib.Network('N', nested), tflib.Network('N', nested, depth=2)
    report = deep.copy_vars_from(shallow)
    assert report.copied == list(shallow.vars) == ['count', 'Inner/Layer0/weight', 'Inner/Layer0/noise']
    assert report.missing == ['Inner/Layer1/weight', 'Inner/Layer1/noise']
    assert report.mismatched == []
    assert_same_values(session, shallow, deep, report.copied)
    assert shallow.copy_vars_from(deep).missing == []


def test_copying_unlike_shapes_is_refused_before_anything_changes(session):
    net, wide = tflib.Network('N', nested), tflib.Network('N', nested, width=3)
    before = session.run(net.vars)
    with pytest.raises(UserError, match=r'cannot copy Inner/Layer0/weight of shape \(2, 3\) .* the same options'):
        net.copy_vars_from(wide)
    for name, value in session.run(net.vars).items():
        np.testing.assert_array_equal(value, before[name])
    report = net.copy_vars_from(wide, skip_mismatched=True)
    assert report == (['count', 'Inner/Layer0/noise'], [], ['Inner/Layer0/weight'])
    assert_same_values(session, net, wide, report.copied)


def test_own_and_trainable_variables_can_be_copied_alone(session):
    source, own, trainables = [tflib.Network(name, nested) for name in 'ABC']
    source.set_var('count', 3)
    assert own.copy_own_vars_from(source).copied == ['count']
    assert trainables.copy_trainables_from(source).copied == ['Inner/Layer0/weight']
    assert (own.get_var('count'), trainables.get_var('count')) == (3, 0)
    assert_same_values(session, source, trainables, source.trainables)
    assert not np.any(own.get_var('Inner/Layer0/weight') == source.get_var('Inner/Layer0/weight'))


def test_clones_can_change_name_and_keywords(session):
    G = make_g()
    clone = G.clone('other', resolution=16)
    assert (clone.name, clone.output_shape) == ('other', [None, 3, 16, 16])
    assert clone.static_kwargs == dict(G.static_kwargs, resolution=16)
    assert [net.name for net in clone.components.values()] == ['G_synthesis', 'G_mapping']
    assert_same_values(session, G, clone, G.vars)


def test_conversion_keeps_what_both_functions_have(session):
    network._warned_cache.clear()
    net = tflib.Network('N', stack, depth=2)
    with pytest.warns(UserWarning, match="ignores the unknown keyword 'depth'"):
        other = net.convert('test_dnnlib_tflib_network.twin', 'other', factor=3.0)
    assert (other.name, other.static_kwargs) == ('other', {'depth': 2, 'factor': 3.0})
    assert list(other.vars) == ['Layer1/weight', 'Extra/weight']
    assert_same_values(session, net, other, ['Layer1/weight'])


def test_moving_average_blends_trainables_and_copies_the_rest(session):
    source, average = tflib.Network('N', nested), tflib.Network('Ns', nested)
    tflib.set_vars({var: np.full(var.shape.as_list(), 1.0) for var in source.vars.values()})
    tflib.set_vars({var: np.full(var.shape.as_list(), 3.0) for var in average.vars.values()})
    session.run(average.setup_as_moving_average_of(source, beta=0.75))
    assert [np.unique(value).tolist() for value in session.run(list(average.vars.values()))] == [[1], [2.5], [1]]
    session.run(average.setup_as_moving_average_of(source, beta=tf.constant(0.0)))
    assert_same_values(session, source, average, source.vars)


# ---------------------------------------------------------------------------- evaluation


def test_values_of_a_hand_made_network(session):
    net = tflib.Network('net', affine, scale=2.0)
    tflib.set_vars({net.vars['w']: [[1, 2], [3, 4]], net.vars['Shift/bias']: [10, 20]})
    np.testing.assert_array_equal(net.run([[1, 1]], [[1, 1, 1]]), [[2 * 4 + 13, 2 * 6 + 23]])
    np.testing.assert_array_equal(net.run([[1, 1]], None, scale=1.0), [[14, 26]])


def test_none_inputs_are_zeros(session):
    net = tflib.Network('net', affine)
    np.testing.assert_array_equal(net.run(X, None), net.run(X, np.zeros([6, 3])))
    np.testing.assert_array_equal(net.run(None, np.ones([4, 3])), net.run(np.zeros([4, 2]), np.ones([4, 3])))
    x, labels = tf.constant(X), tf.zeros([6, 3])
    actual, expected = session.run([net.get_output_for(x, None), net.get_output_for(x, labels)])
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize('inputs', [(None, None), (X,), (X, None, None)])
def test_wrong_numbers_of_inputs_are_refused(session, inputs):
    net = tflib.Network('net', affine)
    for call in (net.run, net.get_output_for):
        with pytest.raises(ValueError, match='network net takes the inputs x_in, y_in, not all None'):
            call(*inputs)


def test_inputs_of_unlike_length_are_refused(session):
    with pytest.raises(ValueError, match=r'inputs of network net differ in length: \[6, 5\]'):
        tflib.Network('net', affine).run(X, np.zeros([5, 3]))


@pytest.mark.parametrize('minibatch_size', [1, 2, 4, 5, 6, 100, None])
def test_minibatches_of_any_size_give_the_same_result(session, minibatch_size):
    net = tflib.Network('net', affine)
    expected = X.sum(axis=1, keepdims=True) * [1, 1] + 3
    np.testing.assert_array_equal(net.run(X, np.ones([6, 3]), minibatch_size=minibatch_size), expected)


def test_no_samples_give_no_results(session):
    assert tflib.Network('net', affine).run(np.zeros([0, 2]), None).shape == (0, 2)


def test_several_outputs_come_as_tuple_or_list(session):
    net = tflib.Network('net', two_outputs)
    assert (net.num_outputs, net.output_names) == (2, ['first', 'second'])
    results = net.run(X, minibatch_size=4)
    assert isinstance(results, tuple)
    np.testing.assert_array_equal(results[0], X + 1)
    np.testing.assert_array_equal(results[1], X * 2)
    assert isinstance(net.run(X, return_as_list=True), list)
    assert isinstance(net.get_output_for(tf.constant(X)), tuple)
    assert isinstance(net.get_output_for(tf.constant(X), return_as_list=True), list)
    assert isinstance(make_g().run(LATENTS, None, return_as_list=True), list)


def test_run_can_return_dlatents_although_the_template_does_not(session):
    G = make_g()
    images, dlatents = G.run(LATENTS, None, return_dlatents=True, randomize_noise=False, minibatch_size=2)
    assert (images.shape, dlatents.shape) == ((5, 3, 8, 8), (5, 4, 8))
    again = G.components.synthesis.run(dlatents, randomize_noise=False)
    np.testing.assert_allclose(again, images, rtol=0, atol=1e-5)


def test_transforms_apply_to_inputs_and_outputs(session):
    net = tflib.Network('net', affine)
    plain = net.run(X[:2], None)
    np.testing.assert_array_equal(net.run(X[:2], None, output_transform={'func': double, 'factor': 3.0}), plain * 3)
    flat = np.array([[1.0, 2.0], [3.0, 4.0]])
    columns = net.run(flat, None, input_transform={'func': rows_to_columns})
    np.testing.assert_array_equal(columns, net.run(flat.T, None))
    images = make_g().run(LATENTS, None, output_transform={'func': tflib.convert_images_to_uint8, 'nchw_to_nhwc': True})
    assert (images.dtype, images.shape) == (np.uint8, (5, 8, 8, 3))


def test_big_arrays_that_print_alike_do_not_share_a_graph(session):
    net = tflib.Network('net', affine)
    tables = [np.zeros(5000, np.float32) for _ in range(2)]
    tables[1][2500] = 1.0
    assert repr(tables[0]) == repr(tables[1])
    first, second = [net.run(X, None, table=table) for table in tables]
    np.testing.assert_array_equal(second, first + 1)


def test_functions_that_look_alike_do_not_share_a_graph(session):
    net = tflib.Network('net', affine)
    results = [net.run([[1, 1]], None, output_transform={'func': lambda x, i=i: x * i}) for i in range(5)]
    np.testing.assert_array_equal(np.concatenate(results)[:, 0], [0, 2, 4, 6, 8])


def test_static_shapes_reach_the_tensors_that_were_given(session):
    x = tf.placeholder(tf.float32, [4, None])
    tflib.Network('net', affine).get_output_for(x, None)
    assert x.shape.as_list() == [4, 2]


def test_progress_counts_samples(session, capsys, monkeypatch):
    monkeypatch.setattr(progress, 'LOG_INTERVAL_SEC', 0)
    tflib.Network('net', affine).run(X, None, minibatch_size=4, print_progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(',')[0] for line in lines] == ['net: 4 / 6 samples', 'net: 6 / 6 samples']


def test_legacy_output_keywords_scale_shrink_and_round_with_one_warning(session):
    network._warned_cache.clear()
    G = make_g()
    plain = G.run(LATENTS, None, randomize_noise=False)
    with pytest.warns(UserWarning, match='deprecated; use output_transform') as caught:
        kwargs = {'randomize_noise': False, 'out_mul': 100.0, 'out_add': 128.0, 'out_dtype': np.uint8}
        scaled = G.run(LATENTS, None, **kwargs)
        small = G.run(LATENTS, None, randomize_noise=False, out_shrink=2)
    assert len([item for item in caught if 'deprecated' in str(item.message)]) == 1
    np.testing.assert_allclose(scaled, np.clip(plain * 100 + 128, 0, 255).round(), atol=1)
    np.testing.assert_allclose(small, plain.reshape(5, 3, 4, 2, 4, 2).mean(axis=(3, 5)), atol=1e-5)
    with pytest.raises(ValueError, match='give either output_transform or out_mul'):
        G.run(LATENTS, None, out_mul=2, output_transform={'func': double})


def test_the_graph_does_not_grow_once_everything_was_used(session):
    net = tflib.Network('N', nested)

    def use_everything(value):
        net.set_var('count', value)
        tflib.init_uninitialized_vars()
        tflib.init_uninitialized_vars(list(net.trainables.values()))
        tflib.set_vars({net.vars['Inner/Layer0/noise']: np.full([3], value)})
        net.run(X, minibatch_size=4, output_transform={'func': double})
        net.reset_vars()
        return net.get_var('count')

    use_everything(1.0)
    session.graph.finalize()
    for value in (2.0, 3.0):
        use_everything(value)


# ---------------------------------------------------------------------------- several devices


@pytest.fixture
def two_devices():
    """A session with two devices: the machine's GPUs if it has two, else two virtual CPU devices."""
    with tf.Graph().as_default(), tflib.create_session({'device_count.CPU': 2}).as_default() as session:
        if len(compat.list_gpus()) == 1:
            pytest.skip('needs two GPUs or none')
        yield session


def test_without_gpus_towers_go_to_cpu_devices(monkeypatch):
    monkeypatch.setattr(compat, 'list_gpus', lambda: [])
    assert [compat.tower_device(index) for index in (0, 1)] == ['/cpu:0', '/cpu:1']
    monkeypatch.setattr(compat, 'list_gpus', lambda: ['GPU:0', 'GPU:1'])
    assert [compat.tower_device(index) for index in (0, 1)] == ['/gpu:0', '/gpu:1']


def test_two_devices_share_each_minibatch(two_devices):
    assert len([d for d in two_devices.list_devices() if d.device_type in compat.tower_device(1).upper()]) == 2
    net = tflib.Network('net', affine)
    single = net.run(X, np.ones([6, 3]))
    np.testing.assert_array_equal(net.run(X, np.ones([6, 3]), num_gpus=2), single)
    np.testing.assert_array_equal(net.run(X, np.ones([6, 3]), num_gpus=2, minibatch_size=4), single)
    products = [op for op in two_devices.graph.get_operations() if '_Run' in op.name and op.type == 'MatMul']
    assert {op.device.rpartition(':')[2] for op in products if op.device} == {'0', '1'}


def test_towers_fall_together_where_there_is_one_device():
    with tf.Graph().as_default(), tflib.create_session().as_default():
        if compat.list_gpus():
            pytest.skip('soft placement is for machines without GPUs')
        net = tflib.Network('net', affine)
        np.testing.assert_array_equal(net.run(X, None, num_gpus=2), net.run(X, None))


@pytest.mark.parametrize('num_items, minibatch_size', [(5, None), (5, 4), (6, 3)])
def test_samples_that_do_not_divide_by_the_devices_are_refused(session, num_items, minibatch_size):
    with pytest.raises(ValueError, match='do not divide by num_gpus=2'):
        tflib.Network('net', affine).run(X[:num_items], None, num_gpus=2, minibatch_size=minibatch_size)


def test_frozen_copies_on_two_devices_keep_their_weights(two_devices):
    net = tflib.Network('net', affine)
    before = net.run(X, None, num_gpus=2, assume_frozen=True)
    net.set_var('Shift/bias', [100, 100])
    np.testing.assert_array_equal(net.run(X, None, num_gpus=2, assume_frozen=True), before)
    np.testing.assert_array_equal(net.run(X, None, num_gpus=2), before + 100)


# ---------------------------------------------------------------------------- listing


def num_values(variables):
    return sum(int(np.prod(var.shape.as_list())) for var in variables)


def test_ops_of_evaluation_and_averaging_are_not_listed(session):
    net, other = tflib.Network('N', nested), tflib.Network('Ns', nested)
    names = [op.name for op in net.list_ops()]
    assert 'N/out' in names and 'N/Inner/Layer0/MatMul' in names
    net.run(X)
    net.get_output_for(tf.constant(X))
    net.setup_as_moving_average_of(other)
    net.clone()
    assert [op.name for op in net.list_ops()] == names


def test_layers_hold_every_trainable_variable_once(session):
    for net in (make_g(), make_g(architecture='resnet'), tflib.Network('net', affine)):
        layers = net.list_layers()
        assert num_values(var for _, _, weights in layers for var in weights) == num_values(net.trainables.values())
        names = [name for name, _, _ in layers]
        assert len(set(names)) == len(names)
        assert names[: net.num_inputs] == net.input_names and names[-1] == net.output_names[0]


def test_layers_are_named_by_scope_and_variable(session):
    G = make_g()
    layers = {
        name: (output.shape.as_list(), [var.op.name for var in weights]) for name, output, weights in G.list_layers()
    }
    assert layers['G_mapping/Dense0'] == ([None, 8], ['G_mapping/Dense0/weight', 'G_mapping/Dense0/bias'])
    assert layers['G_synthesis/8x8/Upsample'] == ([None, 3, 8, 8], [])
    assert [name for name, _, _ in G.components.mapping.list_layers()][2:5] == ['Normalize', 'Dense0', 'Dense1']
    assert {'w', 'Shift', 'Shift/Inner'} <= {name for name, _, _ in tflib.Network('net', affine).list_layers()}


def test_the_layer_table_has_aligned_columns_and_a_total(session, capsys):
    D = tflib.Network('D', FUNCS + 'D_stylegan2', resolution=8, fmap_base=32, fmap_max=8)
    D.print_layers()
    lines = capsys.readouterr().out.split('\n')
    assert lines[0] == '' and lines[-2:] == ['', '']
    assert lines[1].split() == ['D', 'Params', 'OutputShape', 'WeightShape']
    assert lines[2].split() == lines[-4].split() == ['---'] * 4
    assert lines[-3].split() == ['Total', str(num_values(D.trainables.values()))]
    assert '8x8/FromRGB          32      (?, 8, 8, 8)  (1, 1, 3, 8)' in lines
    assert '4x4/MinibatchStddev  -       (?, 9, 4, 4)  -' in lines
    D.print_layers(title='Critic', hide_layers_with_no_params=True)
    text = capsys.readouterr().out
    assert text.startswith('\nCritic  ') and 'MinibatchStddev' not in text and 'scores_out' not in text


def test_weight_histograms_are_grouped_by_kind(session):
    tflib.Network('net', affine).setup_weight_histograms(title='Net')
    summary = tf.Summary.FromString(session.run(tf.summary.merge_all()))
    assert [item.tag for item in summary.value] == ['Net_toplevel/w', 'Net_bias/Shift', 'Net_weight/Shift_Inner']


# ---------------------------------------------------------------------------- sizes of the paper's networks

F, E = {'fmap_base': 16384}, {'fmap_base': 8192}
COUNTS = [  # Function, keywords, elements of trainable and of all variables, number of all and of trainable variables.
    ('G_main', dict(F, resolution=1024), (30370060, 33166749, 157, 138)),
    ('G_main', dict(F, resolution=512), (30276583, 30976120, 141, 124)),
    ('G_main', dict(F, resolution=256), (30034338, 30209587, 125, 110)),
    ('G_main', dict(E, resolution=1024), (24900764, 27697453, 157, 138)),
    ('G_main', dict(E, resolution=512), (24860935, 25560472, 141, 124)),
    ('G_main', dict(E, resolution=256), (24767458, 24942707, 125, 110)),
    ('G_main', dict(E, resolution=32), (21523475, 21526692, 77, 68)),
    ('G_main', dict(F, resolution=32), (21523475, 21526692, 77, 68)),
    ('G_main', dict(E, resolution=1024, architecture='orig'), (23596292, 26392981, 125, 106)),
    ('G_main', dict(E, resolution=1024, architecture='resnet'), (24557316, 27354005, 133, 114)),
    ('G_main', dict(F, resolution=256, label_size=10), (30301602, 30476851, 126, 111)),
    ('G_mapping', {}, (2101248, 2101248, 16, 16)),
    ('D_stylegan2', dict(F, resolution=1024), (29012513, 29012513, 48, 48)),
    ('D_stylegan2', dict(F, resolution=512), (28982849, 28982849, 43, 43)),
    ('D_stylegan2', dict(F, resolution=256), (28864129, 28864129, 38, 38)),
    ('D_stylegan2', dict(E, resolution=1024), (24038161, 24038161, 48, 48)),
    ('D_stylegan2', dict(E, resolution=512), (24030753, 24030753, 43, 43)),
    ('D_stylegan2', dict(E, resolution=256), (24001089, 24001089, 38, 38)),
    ('D_stylegan2', dict(F, resolution=32), (21507073, 21507073, 23, 23)),
    ('D_stylegan2', dict(E, resolution=1024, architecture='orig'), (23077137, 23077137, 40, 40)),
    ('D_stylegan2', dict(E, resolution=1024, architecture='skip'), (23087249, 23087249, 56, 56)),
    ('D_stylegan2', dict(F, resolution=256, label_size=10), (28868746, 28868746, 38, 38)),
]


def reuse_template(net, *inputs, **_kwargs):
    for tensor, shape in zip(inputs, net.input_shapes):
        tensor.set_shape(shape)
    return net.output_templates[0]


@pytest.mark.parametrize(
    'func, kwargs, expected', COUNTS, ids=[f'{func}-{json.dumps(kwargs)}' for func, kwargs, _ in COUNTS]
)
def test_networks_of_the_paper_have_the_official_numbers_of_parameters(session, monkeypatch, func, kwargs, expected):
    monkeypatch.setattr(tflib.Network, 'reset_own_vars', lambda self: None)  # Shapes suffice: no values,
    monkeypatch.setattr(tflib.Network, 'get_output_for', reuse_template)  # and the graph of each component but once.
    net = tflib.Network('net', FUNCS + func, **kwargs)
    sizes = num_values(net.trainables.values()), num_values(net.vars.values())
    assert sizes + (len(net.vars), len(net.trainables)) == expected

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The Inception network of 2015: its size, its arithmetic, and the places that its weights come from."""

import missing_weights
import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import inception as twin
from reference.pickled_network import write_pickled_network

from dnnlib.util import UserError, UserFileNotFoundError
from perception import features, inception, inception_layers, weights


def make_state(seed=0):
    """Return made-up weights as a state dict of pytorch-fid, with normalisation that matters."""
    rnd = np.random.RandomState(seed)
    state = {}
    for _scope, module, shape in inception.list_convs():
        kernel = rnd.randn(*shape) * np.sqrt(2 / np.prod(shape[:3]))
        state[module + '.conv.weight'] = kernel.transpose(3, 2, 0, 1).astype(np.float32)  # [OIkk]
        for name, low in [('weight', 0.8), ('bias', -0.2), ('running_mean', -0.1), ('running_var', 0.7)]:
            state[f'{module}.bn.{name}'] = (low + 0.4 * rnd.rand(shape[3])).astype(np.float32)
        state[module + '.bn.num_batches_tracked'] = np.array(0)
    return state


@pytest.fixture(scope='module')
def weights_npz(tmp_path_factory):
    path = str(tmp_path_factory.mktemp('weights') / 'inception.npz')
    inception.save_weights(path, inception.make_random_weights(), marker='-made-up')
    return path


def test_it_has_the_convolutions_and_parameters_of_the_published_graph():
    convs = inception.list_convs()
    num_kernel = sum(int(np.prod(shape)) for _, _, shape in convs)
    num_channels = sum(shape[3] for _, _, shape in convs)
    assert len(convs) == 94
    assert (num_kernel, num_channels) == (21751136, 17216)
    assert num_kernel + 2 * num_channels == 21785568


def test_both_kinds_of_name_lead_to_the_same_convolution():
    shapes = {scope: (module, shape) for scope, module, shape in inception.list_convs()}
    assert shapes['mixed_4/tower_1/conv_2'] == ('Mixed_6b.branch7x7dbl_3', (1, 7, 128, 128))
    assert shapes['mixed_10/tower_1/mixed/conv_1'] == ('Mixed_7c.branch3x3dbl_3b', (3, 1, 384, 384))


def test_stages_have_the_sizes_of_the_published_graph():
    sizes = [149, 147, 147, 73, 73, 71, 35, 35, 35, 35, 17, 17, 17, 17, 17, 8, 8, 8]
    channels = [32, 32, 64, 64, 80, 192, 192, 256, 288, 288, 768, 768, 768, 768, 768, 1280, 2048, 2048]
    with tf.Graph().as_default():
        images = tf.zeros([1, 299, 299, 3])
        outputs = inception.build_stages(images, inception.fold_batch_norm(inception.make_random_weights()))
    assert [output.shape.as_list()[1:] for output in outputs] == [[s, s, c] for s, c in zip(sizes, channels)]


def test_it_agrees_with_the_twin_in_numpy(session):
    state = make_state()
    images = np.random.RandomState(1).uniform(-1, 1, [2, 75, 75, 3])
    kernels = inception.fold_batch_norm(inception.rename_torch_weights(state))
    output = inception.build_stages(tf.constant(images, tf.float32), kernels)[-1]
    features.initialize_weights()
    expected = twin.Inception(state).run(images)
    assert expected.shape == (2, 1, 1, 2048)
    np.testing.assert_allclose(session.run(output), expected, rtol=0, atol=1e-4 * expected.max())


def pool(session, array, layer):
    x = tf.constant(np.reshape(array, [1, len(array), -1, 1]), tf.float32)
    return session.run(inception._GraphOps({}).pool(x, layer))[0, :, :, 0]


def test_average_pool_counts_only_cells_inside_the_image(session):
    assert (pool(session, np.ones([5, 5]), inception_layers.AVG_POOL) == 1).all()
    averaged = pool(session, np.arange(9).reshape(3, 3), inception_layers.AVG_POOL)
    np.testing.assert_allclose(averaged[[0, 0, 1, 2, 2], [0, 2, 1, 0, 2]], [2, 3, 4, 5, 6])


def test_last_block_takes_the_maximum(session):
    assert inception_layers.STAGES[-1].branches[-1][0] == inception_layers.MAX_POOL
    pooled = pool(session, np.arange(9).reshape(3, 3), inception_layers.MAX_POOL)
    np.testing.assert_array_equal(pooled, [[4, 5, 5], [7, 8, 8], [7, 8, 8]])


@pytest.mark.parametrize('size_px', [8, 299, 512])
def test_images_are_resized_like_the_published_graph_does(session, size_px):
    images = np.random.RandomState(0).randint(256, size=[1, 3, size_px, size_px]).astype(np.uint8)
    expected = (twin.resize_legacy_bilinear(images.transpose(0, 2, 3, 1).astype(np.float64), 299) - 128) / 128
    resized = session.run(inception.resize_images(tf.constant(images)))
    np.testing.assert_allclose(resized, expected, atol=1e-4)


def test_pixels_are_mapped_to_almost_plus_one(session):
    images = np.zeros([1, 3, 1, 3], np.uint8) + np.array([0, 128, 255], np.uint8)
    images = np.repeat(np.repeat(images, 299, axis=2), 100, axis=3)[..., :299]
    resized = session.run(inception.resize_images(tf.constant(images)))
    assert resized[0, 0, [0, 150, 298], 0].tolist() == [-1, 0, 0.9921875]


def test_made_up_weights_are_marked_and_give_2048_features(session):
    network = features.get_feature_network('inception', 'random')
    images = np.zeros([2, 3, 16, 16], np.uint8) + np.array([0, 200], np.uint8)[:, np.newaxis, np.newaxis, np.newaxis]
    output = network.get_output_for(tf.constant(images))
    features.initialize_weights()
    values = session.run(output)
    assert network.marker == '-random' and values.shape == (2, 2048)
    assert np.isfinite(values).all() and np.abs(values[0] - values[1]).max() > 1e-3


def test_weights_survive_the_way_through_a_file_and_keep_their_marker(weights_npz):
    loaded = inception.load_weights(weights_npz)
    for name, array in inception.make_random_weights().items():
        np.testing.assert_array_equal(loaded[name], array)
    assert inception.InceptionFeatures(weights_npz).marker == '-made-up'


def test_frozen_graph_is_read_by_node_name(tmp_path):
    arrays = inception.make_random_weights(seed=3)
    graph_def = tf.GraphDef()
    for name, array in arrays.items():
        node = graph_def.node.add(name=name, op='Const')
        node.attr['dtype'].type = tf.float32.as_datatype_enum
        node.attr['value'].tensor.CopyFrom(tf.make_tensor_proto(array))
    path = tmp_path / weights.FROZEN_GRAPH_NAME
    path.write_bytes(graph_def.SerializeToString())
    loaded = inception.load_weights(str(path))
    np.testing.assert_array_equal(
        loaded['mixed_8/tower_1/conv_3/conv2d_params'], arrays['mixed_8/tower_1/conv_3/conv2d_params']
    )
    assert inception.InceptionFeatures(str(path)).marker == ''


def test_weights_of_another_network_are_refused(tmp_path):
    path = str(tmp_path / 'other.npz')
    np.savez(path, something=np.zeros(3, np.float32))
    with pytest.raises(UserError, match='other.npz is not the Inception network of 2015: it has no conv/conv2d_params'):
        inception.load_weights(path)


def test_weights_of_another_shape_are_refused(tmp_path):
    arrays = inception.make_random_weights()
    arrays['conv_4/conv2d_params'] = arrays['conv_4/conv2d_params'][:, :, :, :100]
    inception.save_weights(str(tmp_path / 'narrow.npz'), arrays)
    with pytest.raises(UserError, match=r'conv_4/conv2d_params is \(3, 3, 80, 100\), not \(3, 3, 80, 192\)'):
        inception.load_weights(str(tmp_path / 'narrow.npz'))


def test_environment_variable_names_the_weights(weights_npz, monkeypatch):
    monkeypatch.setenv('DNNLIB_INCEPTION', weights_npz)
    assert inception.InceptionFeatures().marker == '-made-up'
    monkeypatch.setenv('DNNLIB_INCEPTION', 'random')
    assert inception.InceptionFeatures().marker == '-random'


def test_missing_weights_are_asked_for_by_name_address_checksum_and_place(tmp_path, monkeypatch):
    missing_weights.check(inception.InceptionFeatures, inception, 'DNNLIB_INCEPTION', '6726825d', tmp_path, monkeypatch)


def test_failed_download_is_told_in_one_sentence(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise UserError('no connection')

    monkeypatch.delenv('DNNLIB_INCEPTION', raising=False)
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path))
    monkeypatch.setattr('dnnlib.util.open_url', fail)
    with pytest.raises(UserFileNotFoundError, match='^cannot download the Inception weights; put pt_inception'):
        inception.InceptionFeatures()


def test_file_that_bears_the_name_but_not_the_checksum_is_refused(weights_npz, tmp_path):
    path = tmp_path / inception.FILE_NAME
    path.write_bytes(b'not what it says')
    with pytest.raises(UserError, match='is damaged: its SHA-256 begins [0-9a-f]{8}, not 6726825d; fetch it again'):
        inception.InceptionFeatures(str(path))


def test_pickled_network_with_the_names_of_the_graph_is_read_without_running_its_code(tmp_path):
    arrays = inception.make_random_weights(seed=3)
    path = write_pickled_network(tmp_path / 'inception_v3_features.pkl', {'net/' + k: v for k, v in arrays.items()})
    loaded = inception.load_weights(path)
    for name in ['mixed_8/tower_1/conv_3/conv2d_params', 'conv/conv2d_params', 'mixed/conv/batchnorm/beta']:
        np.testing.assert_array_equal(loaded[name], arrays[name])
    assert inception.InceptionFeatures(path).marker == '-pickle'


@pytest.mark.parametrize(
    'names, message',
    [
        (
            ['Conv1/w'],
            'has a variable Conv1/w that the graph of 2015 lacks; use pt_inception.* DNNLIB_ALLOW_PICKLE_CODE',
        ),
        (['a/conv/conv2d_params', 'b/conv/conv2d_params'], 'has several variables for one place'),
        (['conv/conv2d_params'], 'is not the Inception network of 2015: it has no conv/batchnorm/beta'),
    ],
)
def test_pickled_network_with_other_names_is_refused(names, message, tmp_path):
    path = write_pickled_network(tmp_path / 'net.pkl', {name: np.zeros([3, 3, 3, 32], np.float32) for name in names})
    with pytest.raises(UserError, match=message):
        inception.load_weights(path)


def test_probabilities_are_a_softmax_of_the_features_without_bias(session, weights_npz):
    network = features.get_feature_network('inception_softmax', weights_npz)
    images = np.random.RandomState(0).randint(256, size=[2, 3, 16, 16]).astype(np.uint8)
    outputs = [network.get_output_for(tf.constant(images))]
    outputs.append(inception.InceptionFeatures(weights_npz).get_output_for(tf.constant(images)))
    features.initialize_weights()
    probabilities, pooled = session.run(outputs)
    logits = pooled.astype(np.float64) @ inception.make_random_weights()['softmax/weights']
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities, expected / expected.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-6)
    assert probabilities.shape == (2, 1008)


def test_weights_without_classes_do_not_serve_for_probabilities(tmp_path):
    arrays = inception.make_random_weights()
    del arrays['softmax/weights']
    path = str(tmp_path / 'pool.npz')
    inception.save_weights(path, arrays)
    with tf.Graph().as_default(), pytest.raises(UserError, match='pool.npz has no class weights; use pt_inception'):
        inception.InceptionSoftmax(path).get_output_for(tf.zeros([1, 3, 8, 8], tf.uint8))

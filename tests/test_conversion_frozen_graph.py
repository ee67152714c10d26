# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Graphs of standard ops: programs that know nothing of this project draw the same with them."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow.compat.v1 as tf
from reference import random_networks

from conversion import drawing, frozen_graph, reading
from dnnlib.util import UserError

Z = np.random.RandomState(0).randn(3, 8).astype(np.float32)
PROGRAM = """
    import sys
    import numpy as np
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()
    z = np.load('latents.npy')
    with tf.Graph().as_default() as graph, tf.Session() as session:
        if sys.argv[1].endswith('.pb'):
            graph_def = tf.GraphDef()
            with open(sys.argv[1], 'rb') as file:
                graph_def.ParseFromString(file.read())
            tf.import_graph_def(graph_def, name='')
        else:
            model = tf.saved_model.loader.load(session, ['serve'], sys.argv[1])
            signature = model.signature_def['serving_default']
            assert sorted(signature.inputs) == ['latents', 'truncation_psi']
            assert sorted(signature.outputs) == ['images', 'pictures']
        default = session.run('images:0', {'latents:0': z})
        images, pictures = session.run(['images:0', 'pictures:0'], {'latents:0': z, 'truncation_psi:0': 0.9})
    np.savez('out.npz', default=default, images=images, pictures=pictures)
    assert not [name for name in sys.modules if name.split('.')[0] in ('dnnlib', 'training', 'conversion')]
"""


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A folder with both forms of a graph, and what the network draws with psi 0.5 and 0.9."""
    folder = tmp_path_factory.mktemp('graph')
    np.save(str(folder / 'latents.npy'), Z)
    with drawing.open_session():
        networks = reading.read_networks(random_networks.SNAPSHOT).networks
        Gs = drawing.build({'Gs': networks['Gs']})['Gs']
        expected = [Gs.run(Z, None, truncation_psi=psi, randomize_noise=False) for psi in (0.5, 0.9)]
        graph_def = frozen_graph.make_graph_def(Gs)
    frozen_graph.write_frozen_graph(graph_def, str(folder / 'network.pb'))
    frozen_graph.write_saved_model(graph_def, str(folder / 'saved_model'))
    return folder, expected


@pytest.mark.parametrize('name', ['network.pb', 'saved_model'])
def test_program_without_this_project_draws_the_same(files, name):
    folder, (default, images) = files
    environment = {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    command = [sys.executable, '-c', textwrap.dedent(PROGRAM), name]
    assert subprocess.call(command, cwd=str(folder), env=environment, stderr=subprocess.DEVNULL) == 0
    with np.load(str(folder / 'out.npz')) as found:
        np.testing.assert_allclose(found['default'], default, atol=1e-5)
        np.testing.assert_allclose(found['images'], images, atol=1e-5)
        pictures = np.clip(np.floor(images.transpose(0, 2, 3, 1) * 127.5 + 128), 0, 255)
        assert found['pictures'].dtype == np.uint8 and np.max(np.abs(found['pictures'] - pictures)) <= 1


def test_graph_has_no_variables_no_devices_and_known_ops_only(files):
    graph_def = frozen_graph.read_graph(str(files[0] / 'network.pb'))
    ops = frozen_graph.list_ops(graph_def)
    assert 'Conv2D' in ops and 'Const' in ops
    assert not [op for op in ops if 'Variable' in op or 'Random' in op or op.startswith('Assign')]
    assert not [node.name for node in graph_def.node if node.device or '_class' in node.attr]


def test_op_of_a_compiled_library_is_refused():
    graph_def = tf.GraphDef()
    graph_def.node.add(name='x', op='FusedBiasAct')
    graph_def.node.add(name='y', op='MatMul')
    with pytest.raises(UserError, match='ops that TensorFlow does not have by itself: FusedBiasAct'):
        frozen_graph._check_standard_ops(graph_def)


def test_labels_are_an_input_of_networks_that_take_them(tmp_path):
    snapshot = os.path.join(random_networks.TESTS_DIR, 'data', 'ada_pytorch.pkl')
    z, labels = Z[:, :5], np.eye(3, dtype=np.float32)
    with drawing.open_session():
        Gs = drawing.build({'Gs': reading.read_networks(snapshot).networks['Gs']})['Gs']
        expected = Gs.run(z, labels, truncation_psi=0.7, randomize_noise=False)
        graph_def = frozen_graph.make_graph_def(Gs)
    np.testing.assert_allclose(frozen_graph.draw(graph_def, z, labels, 0.7), expected, atol=1e-5)
    assert np.max(np.abs(frozen_graph.draw(graph_def, z, labels[::-1], 0.7) - expected)) > 0.01


def test_network_that_grew_freezes_at_its_lod():
    kwargs = {'synthesis_func': 'G_synthesis_stylegan_revised'}
    funcs = (random_networks.STYLEGAN2[0], 'training.networks_stylegan2.D_stylegan')
    with drawing.open_session():
        Gs = random_networks.make_networks(funcs, G_kwargs=kwargs)[2]
        Gs.set_var('lod', 0.5)
        expected = Gs.run(Z, None, truncation_psi=0.5, randomize_noise=False)
        graph_def = frozen_graph.make_graph_def(Gs)
    np.testing.assert_allclose(frozen_graph.draw(graph_def, Z, None, 0.5), expected, atol=1e-5)

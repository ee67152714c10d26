# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Generators as graphs of standard TensorFlow ops with constant weights, for programs without this project's code.

Inputs are `latents` [N, latent_size], with labels also `labels` [N, label_size], and `truncation_psi` (one number,
with a default). Outputs are `images`, float32 [NCHW] in -1..1, and `pictures`, uint8 [NHWC].
"""

import os
import shutil
import uuid

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.tflib import custom_ops
from dnnlib.util import UserError, atomic_write

OUTPUTS = ('images', 'pictures')


def make_graph_def(net, truncation_psi=0.5):
    """Return the graph of a generator, its weights being constants and its noise fixed.

    Args:
        net: Built generator, in the default session.
        truncation_psi: Value of that input where it is not fed.

    Raises:
        UserError: If the graph needs ops that TensorFlow does not have by itself.
    """
    # The layout of the CPU, and convolutions that are not grouped, run on every device.
    with tf.device('/cpu:0'), tf.name_scope(None), custom_ops.use_impl('ref'):
        latents = tf.placeholder(tf.float32, [None] + net.input_shapes[0][1:], name='latents')
        labels = None
        if net.input_shapes[1][1]:
            labels = tf.placeholder(tf.float32, [None] + net.input_shapes[1][1:], name='labels')
        psi = tf.placeholder_with_default(np.float32(truncation_psi), [], name='truncation_psi')
        images = net.get_output_for(latents, labels, truncation_psi=psi, randomize_noise=False, is_validation=False)
        pictures = tflib.convert_images_to_uint8(images, nchw_to_nhwc=True)
        for name, tensor in zip(OUTPUTS, (images, pictures)):
            tf.identity(tensor, name=name)
    return _freeze(tf.get_default_session())


def _freeze(session):
    """Return the part of the graph that the outputs need, with constants in place of variables."""
    graph_def = session.graph.as_graph_def()
    assignments = {node.name for node in graph_def.node if node.op.startswith('Assign')}
    for node in graph_def.node:
        kept = [name for name in node.input if name.lstrip('^') not in assignments]  # Progressive networks set `lod`.
        del node.input[:]
        node.input.extend(kept)
    graph_def = tf.graph_util.convert_variables_to_constants(session, graph_def, list(OUTPUTS))
    for node in graph_def.node:
        node.device = ''
        if '_class' in node.attr:
            del node.attr['_class']  # Wishes to be placed beside variables that are gone.
    _check_standard_ops(graph_def)
    return graph_def


def list_ops(graph_def):
    """Return the sorted types of the ops of a graph."""
    return sorted({node.op for node in graph_def.node})


def _check_standard_ops(graph_def):
    """Raise UserError for ops that come from a compiled library of this project; `tf.raw_ops` lists TensorFlow's."""
    foreign = [op for op in list_ops(graph_def) if not hasattr(tf.raw_ops, op)]
    if foreign:
        raise UserError(f'the graph needs ops that TensorFlow does not have by itself: {", ".join(foreign)}')


def write_frozen_graph(graph_def, path):
    """Write a graph as one file (`.pb`)."""
    with atomic_write(path) as file:
        file.write(graph_def.SerializeToString())


def write_saved_model(graph_def, path):
    """Write a graph as a SavedModel: a folder that TensorFlow Serving and `tf.saved_model.load` open.

    Args:
        graph_def: Graph of `make_graph_def`.
        path: Folder to make; an older one is replaced.
    """
    temporary = f'{path}.{uuid.uuid4().hex[:8]}.tmp'
    try:
        with tf.Graph().as_default(), tf.Session() as session:
            inputs, outputs = import_graph(graph_def)
            tf.saved_model.simple_save(session, temporary, inputs, outputs)
        if os.path.isdir(path):
            shutil.rmtree(path)
        os.rename(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def import_graph(graph_def):
    """Put a graph into the default graph; return the dicts name -> tensor of its inputs and outputs."""
    tf.import_graph_def(graph_def, name='')
    names = [node.name for node in graph_def.node if node.op in ('Placeholder', 'PlaceholderWithDefault')]
    graph = tf.get_default_graph()
    inputs = {name: graph.get_tensor_by_name(name + ':0') for name in names}
    return inputs, {name: graph.get_tensor_by_name(name + ':0') for name in OUTPUTS}


def read_graph(path):
    """Return the graph of a file or SavedModel that was written here."""
    if os.path.isdir(path):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            tf.saved_model.loader.load(session, [tf.saved_model.tag_constants.SERVING], path)
            return graph.as_graph_def()
    graph_def = tf.GraphDef()
    with open(path, 'rb') as file:
        graph_def.ParseFromString(file.read())
    return graph_def


def draw(graph_def, latents, labels, truncation_psi):
    """Return the float32 images [NCHW] that a graph draws.

    Args:
        graph_def: Graph of `read_graph`.
        latents: Array [N, latent_size].
        labels: Array [N, label_size], ignored by graphs without that input.
        truncation_psi: Value to feed.
    """
    values = {'latents': latents, 'labels': labels, 'truncation_psi': truncation_psi}
    with tf.Graph().as_default(), tf.Session() as session:
        inputs, outputs = import_graph(graph_def)
        return session.run(outputs['images'], {tensor: values[name] for name, tensor in inputs.items()})

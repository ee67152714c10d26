# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What `Network.run` does: a graph for each set of options, fed with one minibatch after the other."""

import collections
import hashlib

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import background
from dnnlib.tflib import compat, gpus, output_transforms, tfutil
from dnnlib.tflib.snapshots import families

# Ops on small images leave processors idle, so a CPU works on two minibatches at a time. Larger ones gain nothing.
_NUM_PARALLEL = 2
_MAX_PARALLEL_ELEMENTS = 1 << 20
_VARIABLE_OPS = ('VariableV2', 'VarHandleOp', 'ReadVariableOp')

RunGraph = collections.namedtuple('RunGraph', ['placeholders', 'numbers', 'outputs', 'is_pure', 'options'])


def make_arrays(net, inputs, sample_vars):
    """Return the arrays to feed a network with, all of one length: its inputs, then variables in order of their names.

    Args:
        net: Network.
        inputs: One array per input, or None for zeros; not all None.
        sample_vars: See `Network.run`.

    Raises:
        ValueError: If they do not fit together.
    """
    lengths = [len(item) for item in inputs if item is not None]
    if len(set(lengths)) > 1:
        raise ValueError(f'inputs of network {net.name} differ in length: {lengths}')
    for name, array in sample_vars.items():
        if name not in net.vars or net.vars[name].shape.as_list()[:1] != [1]:
            raise ValueError(f'sample_vars: network {net.name} has no variable {name!r} with a first axis of size 1')
        expected = lengths[:1] + net.vars[name].shape.as_list()[1:]
        if list(np.shape(array)) != expected:
            raise ValueError(f'sample_vars: {name} must have the shape {expected}, got {list(np.shape(array))}')
    arrays = [
        np.zeros(lengths[:1] + shape[1:], np.float32) if item is None else np.asarray(item)
        for item, shape in zip(inputs, net.input_shapes)
    ]
    return arrays + [np.asarray(sample_vars[name]) for name in sorted(sample_vars)]


def get_run_graph(net, input_transform, output_transform, num_gpus, assume_frozen, sample_vars, dynamic_kwargs):
    """Return the graph for a set of options, built at the first call in a graph.

    Args:
        net: Network.
        input_transform: See `Network.run`, as the next three.
        output_transform: See there.
        num_gpus: See there.
        assume_frozen: See there.
        sample_vars: Names of the variables that are fed.
        dynamic_kwargs: Keywords of the build function.

    Returns:
        Tuple of RunGraph and the dict to feed its `numbers` with.
    """
    kwargs = dict(dynamic_kwargs)
    numbers = families.find_tensor_kwargs(net._build_func, kwargs)
    kwargs.update((name, None) for name in numbers)
    options = (input_transform, output_transform, num_gpus, assume_frozen, sorted(sample_vars), sorted(numbers), kwargs)
    cache = tfutil.graph_cache('run/' + net.scope)
    key = hashlib.md5(output_transforms.describe(options).encode('utf-8')).hexdigest()
    if key not in cache:
        with tf.name_scope(None), tfutil.absolute_name_scope(net.scope + '/_Run'), tf.control_dependencies(None):
            cache[key] = _build(net, options)
    graph = cache[key]
    return graph, {graph.numbers[name]: value for name, value in numbers.items()}


def _build(net, options):
    """Build a RunGraph, which keeps the options alive because its key knows some of them by id."""
    input_transform, output_transform, num_gpus, assume_frozen, sample_vars, numbers, kwargs = options
    numbers = {name: tf.placeholder(tf.float32, [], name=name) for name in numbers}
    placeholders = [tf.placeholder(tf.float32, name=name) for name in net.input_names]
    for placeholder, shape in zip(placeholders, net.input_shapes):
        if input_transform is None:
            placeholder.set_shape([None] + shape[1:])
    for name in sample_vars:
        shape = tfutil.shape_to_list(net.vars[name].shape)
        placeholders.append(tf.placeholder(tf.float32, [None] + shape[1:], name=name.split('/')[-1]))
    towers = []
    devices = gpus.list_devices(num_gpus) if num_gpus > 1 else [None]
    shares = zip(*[tf.split(p, num_gpus) if num_gpus > 1 else [p] for p in placeholders])
    for index, (device, parts) in enumerate(zip(devices, shares)):
        with tf.device(device):
            tower_net = net.clone(f'{net.name}_run{index}') if assume_frozen and num_gpus > 1 else net
            inputs = output_transforms.apply_transform(input_transform, parts[: net.num_inputs])
            with tower_net.replaced_vars(dict(zip(sample_vars, parts[net.num_inputs :]))):
                outputs = tower_net.get_output_for(*inputs, return_as_list=True, **dict(kwargs, **numbers))
            towers.append(output_transforms.apply_transform(output_transform, outputs))
    outputs = [tf.concat(parts, axis=0) if num_gpus > 1 else parts[0] for parts in zip(*towers)]
    return RunGraph(placeholders, numbers, outputs, is_pure(outputs), options)


def is_pure(tensors):
    """Tell whether tensors follow from what is fed and from variables alone, which evaluating them does not change."""
    seen, waiting = set(), [tensor.op for tensor in tensors]
    while waiting:
        op = waiting.pop()
        if op in seen:
            continue
        seen.add(op)
        definition = op.op_def
        is_writing = any(arg.is_ref for arg in definition.input_arg)
        if is_writing or (definition.is_stateful and op.type not in _VARIABLE_OPS):
            return False
        waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return True


def evaluate(graph, numbers, arrays, step, progress):
    """Feed a RunGraph with arrays, minibatch by minibatch.

    Args:
        graph: RunGraph.
        numbers: What `get_run_graph` returned beside it.
        arrays: Arrays for its placeholders, of one length.
        step: Samples per minibatch.
        progress: Function that is called with the number of samples just finished.

    Returns:
        List of one array per output.

    Raises:
        ValueError: If an output has not one row per sample.
    """
    num_items = len(arrays[0])
    parts = [slice(begin, min(begin + step, num_items)) for begin in range(0, max(num_items, 1), step)]
    feeds = (_make_feed(graph.placeholders, arrays, part, numbers) for part in parts)
    results = []
    for part, values in zip(parts, _run_all(graph, feeds, min(_count_parallel(graph, step), len(parts)))):
        results = results or [np.empty((num_items,) + value.shape[1:], value.dtype) for value in values]
        for result, value, tensor in zip(results, values, graph.outputs):
            num_rows = part.stop - part.start
            if value.shape[:1] != (num_rows,):
                raise ValueError(
                    f'{tensor.name} must have one row per sample, got {value.shape} for {num_rows} samples'
                )
            result[part] = value
        progress(part.stop - part.start)
    return results


def _make_feed(placeholders, arrays, part, numbers):
    feed = {placeholder: array[part] for placeholder, array in zip(placeholders, arrays)}
    feed.update(numbers)
    return feed


def _count_parallel(graph, step):
    """Return the number of minibatches to work on at a time."""
    sizes = [tensor.shape[1:].num_elements() if tensor.shape.rank else None for tensor in graph.outputs]
    is_small = all(size is not None and size * step <= _MAX_PARALLEL_ELEMENTS for size in sizes)
    return _NUM_PARALLEL if graph.is_pure and is_small and not compat.list_gpus() else 1


def _run_all(graph, feeds, num_parallel):
    """Return an iterator over the values of the outputs for each feed, in order."""
    tfutil.assert_tf_initialized()
    session = tf.get_default_session()  # Threads have none of their own.
    if num_parallel == 1:
        return (session.run(graph.outputs, feed) for feed in feeds)
    return background.map_ahead(lambda feed: session.run(graph.outputs, feed), feeds, num_parallel)

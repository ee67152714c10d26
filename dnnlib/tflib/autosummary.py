# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Averages of named values since the last report, for TensorBoard."""

import collections

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat, tfutil

enable_custom_scalars = False  # Also show the standard deviation as a band around the mean.


class _Registry:
    """Accumulators of one graph."""

    def __init__(self):
        self.vars = collections.OrderedDict()  # Name -> list of accumulators [count, sum, sum of squares].
        self.immediate = {}  # Name -> (update op, placeholder) for values from Python.
        self.merged = None
        self.layout = None


def _registry():
    cache = tfutil.graph_cache('autosummary')
    if 'registry' not in cache:
        cache['registry'] = _Registry()
    return cache['registry']


def _create_accumulator(name, value):
    """Return the op that adds all elements of a tensor to a new accumulator of that name."""
    registry = _registry()
    if registry.merged is not None:
        raise RuntimeError(f'autosummary {name!r} comes after finalize_autosummaries')
    value = tf.cast(value, tf.float64)
    moments = [tf.cast(tf.size(value), tf.float64), tf.reduce_sum(value), tf.reduce_sum(tf.square(value))]
    moments = tf.where(tf.is_finite(moments[1]), tf.stack(moments), tf.zeros([3], tf.float64))
    with tf.control_dependencies(None):
        var = tf.Variable(np.zeros(3), trainable=False, name='accumulator')
    registry.vars.setdefault(name, []).append(var)
    return tf.assign_add(var, moments)


def autosummary(name, value, passthru=None, condition=True):
    """Add a value to the average that is reported under `name`.

    Args:
        name: Name in TensorBoard; several places may use the same one.
        value: Tensor, number or array; every element counts. Values that do not sum to a finite number are dropped.
        passthru: Tensor to return in place of `value`.
        condition: Boolean tensor; when false, the value is not counted.

    Returns:
        For a tensor, an identity that must be used downstream for the update to happen; otherwise the value itself.
    """
    scope = 'Autosummary/' + name.replace('/', '_')
    if not tfutil.is_tf_expression(value):
        _update_immediately(scope, name, value)
        return value if passthru is None else passthru
    with tfutil.absolute_name_scope(scope), tf.device(None):
        if condition is True:
            update = _create_accumulator(name, value)
        else:
            kept = tf.cond(
                condition, lambda: tf.reshape(tf.cast(value, tf.float64), [-1]), lambda: tf.zeros([0], tf.float64)
            )
            update = _create_accumulator(name, kept)
    with tf.control_dependencies([update]):
        return tf.identity(value if passthru is None else passthru)


def _update_immediately(scope, name, value):
    registry = _registry()
    if name not in registry.immediate:
        with tfutil.absolute_name_scope(scope), tf.device(None), tf.control_dependencies(None):
            placeholder = tf.placeholder(tf.float64)
            update = _create_accumulator(name, placeholder)
        tfutil.init_uninitialized_vars(registry.vars[name])
        registry.immediate[name] = update, placeholder
    update, placeholder = registry.immediate[name]
    tfutil.run(update, {placeholder: value})


def list_accumulators():
    """Return the variables that hold what was averaged since the last report."""
    return [var for accumulators in _registry().vars.values() for var in accumulators]


def finalize_autosummaries():
    """Build the reports; no new name can be added afterwards.

    Returns:
        Summary with the layout of TensorBoard's custom scalars, if those are enabled and it is installed, else None.
    """
    registry = _registry()
    if registry.merged is not None:
        return None
    tfutil.init_uninitialized_vars(list_accumulators())
    summaries = []
    with tf.device(None), tf.control_dependencies(None):
        for name, accumulators in registry.vars.items():
            with tfutil.absolute_name_scope('Autosummary/' + name.replace('/', '_')):
                moments = tf.add_n(accumulators)
                moments = moments / moments[0]  # New memory: a mere read may be a view of the accumulator.
                with tf.control_dependencies([moments]):  # Read, then start over.
                    resets = [tf.assign(var, np.zeros(3)) for var in accumulators]
                with tf.control_dependencies(resets):
                    mean = tf.identity(moments[1])
                    std = tf.sqrt(tf.maximum(moments[2] - tf.square(mean), 0.0))
                values = {name: mean}
                if enable_custom_scalars:
                    values['xCustomScalars/' + name + '/margin_lo'] = mean - std
                    values['xCustomScalars/' + name + '/margin_hi'] = mean + std
                # Not tf.summary.scalar: it numbers a tag if another op of the graph has that name.
                summaries += [tf.raw_ops.ScalarSummary(tags=tag, values=value) for tag, value in values.items()]
        registry.merged = tf.summary.merge(summaries) if summaries else tf.constant(b'')
    registry.layout = _custom_layout(registry.vars) if enable_custom_scalars else None
    return registry.layout


def _custom_layout(names):
    """Return a summary of a layout with one chart per name in a category per leading part of the names, or None."""
    plugin = compat.custom_scalar_plugin()
    if plugin is None:
        return None
    layout_pb2, summary = plugin
    groups = collections.OrderedDict()
    for name in names:
        groups.setdefault(name.split('/')[0], []).append(name)
    categories = []
    for title, members in groups.items():
        charts = []
        for name in members:
            base = 'xCustomScalars/' + name
            series = layout_pb2.MarginChartContent.Series(
                value=name, lower=base + '/margin_lo', upper=base + '/margin_hi'
            )
            charts.append(layout_pb2.Chart(title=name, margin=layout_pb2.MarginChartContent(series=[series])))
        categories.append(layout_pb2.Category(title=title, chart=charts))
    return summary.pb(layout_pb2.Layout(category=categories))


def save_summaries(file_writer, global_step=None):
    """Write all averages since the last call, and start over.

    Args:
        file_writer: `tf.summary.FileWriter`.
        global_step: Step to write them under.

    Returns:
        Name -> mean, for those that got a value.
    """
    finalize_autosummaries()
    registry = _registry()
    if registry.layout is not None:
        file_writer.add_summary(registry.layout)
        registry.layout = None
    text = tfutil.run(registry.merged)
    file_writer.add_summary(text, global_step)
    values = tf.Summary.FromString(text).value
    return {item.tag: item.simple_value for item in values if np.isfinite(item.simple_value)}

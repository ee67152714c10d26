# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The table of a network's layers that is printed when training starts."""

import collections

import numpy as np

from dnnlib.tflib import tfutil


def list_layers(net):
    """Return a list of (layer name, output tensor, list of trainable variables) of a `Network`.

    A layer is a scope that holds trainable variables, or the outermost scope without any below it. A variable outside
    all scopes is a layer of its own. Inputs and outputs are listed too.
    """
    weights = collections.OrderedDict()  # Layer name -> trainable variables.
    for name, var in net.trainables.items():
        weights.setdefault(name.rpartition('/')[0] or name, []).append(var)
    outputs = collections.OrderedDict()
    for op in net.list_ops():
        layer = _layer_of_op(op.name[len(net.scope) + 1 :], weights)
        if layer and layer not in net.vars and op.outputs:
            outputs[layer] = op.outputs[0]
    for layer, variables in weights.items():
        outputs.setdefault(layer, variables[-1])  # No op is in its scope.
    layers = [(name, template, []) for name, template in zip(net.input_names, net.input_templates)]
    layers += [(layer, output, weights.get(layer, [])) for layer, output in outputs.items()]
    return layers + [(name, template, []) for name, template in zip(net.output_names, net.output_templates)]


def _layer_of_op(local_name, weights):
    """Return the layer that an op belongs to, or None if it lies between layers."""
    parts = local_name.split('/')[:-1]
    scopes = ['/'.join(parts[:length]) for length in range(1, len(parts) + 1)]
    for scope in reversed(scopes):
        if scope in weights:
            return scope
    for scope in scopes:
        if not any(layer.startswith(scope + '/') for layer in weights):
            return scope
    return None


def format_layers(net, title, hide_layers_with_no_params=False):
    """Return the layers of a `Network` as a table with title, Params, OutputShape and WeightShape."""
    rows = [[title, 'Params', 'OutputShape', 'WeightShape'], ['---'] * 4]
    total = 0
    for name, output, weights in list_layers(net):
        num_params = sum(int(np.prod(tfutil.shape_to_list(var.shape))) for var in weights)
        total += num_params
        if hide_layers_with_no_params and num_params == 0:
            continue
        kernel = next((var for var in weights if 'weight' in var.name.split('/')[-1]), weights[0] if weights else None)
        rows.append([name, str(num_params or '-'), _shape_text(output), _shape_text(kernel)])
    rows += [['---'] * 4, ['Total', str(total), '', '']]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return '\n' + '\n'.join(lines) + '\n'


def _shape_text(x):
    if x is None or x.shape.rank is None:
        return '-'
    return '({})'.format(', '.join('?' if size is None else str(size) for size in tfutil.shape_to_list(x.shape)))

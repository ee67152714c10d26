# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training step of commits before the recipes, in the form of those after: for the variant `before`."""

from dnnlib.util import EasyDict
from training import train_graph, training_loop


def build(networks, training_set, minibatch_size, options):
    """Return the graph of `training.train_graph`, with `ops`, `fetch`, `averages` and `get_feeds` as it has now."""
    graph = train_graph.build_train_graph(
        *networks.values(),
        training_set,
        minibatch_size=minibatch_size,
        minibatch_gpu=minibatch_size,
        G_opt_args=options.G_opt_args,
        D_opt_args=options.D_opt_args,
        G_loss_args=options.G_loss_args,
        D_loss_args=options.D_loss_args,
    )
    ops = {'TrainG': graph.G_train, 'RegG': graph.G_reg, 'TrainD': graph.D_train, 'RegD': graph.D_reg}
    return EasyDict(
        early=graph,
        ops=ops,
        fetch=graph.fetch,
        averages=[('G', graph.Gs_update)],
        get_feeds=lambda sched: {graph.G_lrate_in: sched.G_lrate, graph.D_lrate_in: sched.D_lrate},
    )


def run_minibatch(graph, sched, counter):
    """Do as `training.train_graph.run_minibatch`."""
    training_loop.run_minibatch(graph.early, sched, num_gpus=1, counter=counter)

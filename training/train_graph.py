# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The graph of one training step, made of the phases of a recipe, and how a minibatch goes through it."""

import collections
import functools

import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.util import EasyDict
from training.reals import buffer_reals
from training.recipes.recipe import FRESH, SAME, check_plan

_TICKS = ('counter', 'round', 'repeat', 'num_fetched')


class TrainGraph:
    """The ops of a training step.

    Attributes:
        inputs: Name of a number of the schedule -> placeholder.
        ticks: Name of a tick of the random numbers -> placeholder: `counter` of minibatches, `round` of images that the
            devices handle at a time within it, `repeat` of an op within the round, `num_fetched` images before.
        phases: The phases that have a loss, in the order of a step.
        ops: Name of a phase -> op that runs it on the images at hand.
        fetch: Op that takes the next real images.
        averages: List of (name of the network that an average follows, op that moves what is not trained, which must
            be alone as other phases move it too, op that moves what is trained).
        optimizers: All optimizers.
        controllers: The controllers of the recipe.
        shadows: The networks of all devices but the first.
        schedule_op: Op that tells the networks the schedule.
        num_skipped: Tensor, number of steps without effect so far, as their gradients were not finite.
        num_devices: Number of devices of all workers.
    """

    def get_feeds(self, sched, **ticks):
        """Return what the placeholders get at a point of the schedule, and of the random numbers."""
        feeds = {placeholder: sched[name] for name, placeholder in self.inputs.items()}
        feeds.update((self.ticks[name], value) for name, value in ticks.items())
        return feeds

    def list_due(self, counter):
        """Return the phases that minibatch number `counter` goes through, as often as they are repeated."""
        return [phase for phase in self.phases if counter % phase.interval == 0 for _ in range(phase.repeats)]


# ----------------------------------------------------------------------------
# Building it.


def build_train_graph(recipe, networks, data, minibatch_size, minibatch_gpu, workers, seed=0):
    """Build the graph of one training step.

    Args:
        recipe: The `training.recipes.recipe.Recipe`.
        networks: Name -> network.
        data: Name -> data set.
        minibatch_size: Images per step over all devices; None to feed it.
        minibatch_gpu: Images that a device handles at a time; None to feed it.
        workers: The `tflib.Workers`.
        seed: Seed of the random numbers, an integer of 32 bits.

    Returns:
        TrainGraph.
    """
    graph = TrainGraph()
    phases, averages = recipe.list_phases(), recipe.list_averages()
    check_plan(phases, averages, networks)
    with tf.name_scope('Inputs'):
        clock, graph.inputs = _make_clock(recipe, phases, minibatch_size, minibatch_gpu)
        graph.ticks = {name: tf.placeholder(tf.int64, name=name + '_in', shape=[]) for name in _TICKS}
        random, fetch_random, clock.unrepeated = _make_random_clocks(graph.ticks, seed, workers.rank)
        gains = _find_gains(recipe, networks, averages)
        optimizers = _make_optimizers(phases, clock, workers)

    towers = _make_towers(networks, [average.name for average in averages], workers.devices)
    losses, fetches = {phase.name: [] for phase in phases}, []
    for index, (device, tower) in enumerate(zip(workers.devices, towers)):
        with tf.name_scope(f'GPU{index}'), tf.device(device):
            images = {}
            for name, training_set in data.items():
                process = functools.partial(recipe.process_images, training_set, clock=clock)
                # One device after the other, so that each gets the same images in every run.
                with fetch_random:
                    fetch, *images[name] = buffer_reals(training_set, process, after=fetches[-1:])
                fetches.append(fetch)
            first = {name: owned[0][0] for name, owned in optimizers.items() if owned}
            with random:
                found = recipe.build_tower(tower, data, images, clock, first)
            _check_names(found, losses)
            # Those that share moments come first: the first of them names the moments, in states of all versions.
            for phase in sorted(phases, key=lambda phase: not phase.shares):
                if phase.name in found:
                    losses[phase.name].append(found[phase.name])
                    _register(found[phase.name], optimizers[phase.name], tower, gains)

    graph.phases = [phase for phase in phases if losses[phase.name]]
    graph.ops = {phase.name: _make_op(optimizers[phase.name], losses[phase.name]) for phase in graph.phases}
    graph.fetch = tf.group(*fetches)
    graph.optimizers = [opt for owned in optimizers.values() for opt, _ in owned]
    graph.num_skipped = tf.add_n([opt.get_num_skipped() for opt in graph.optimizers])
    graph.averages = [(average.source, *_build_average(average, networks, clock)) for average in averages]
    every_network = [networks[average.name] for average in averages] + [
        net for tower in towers for net in tower.values()
    ]
    graph.schedule_op = recipe.build_schedule_op(every_network, clock)
    graph.controllers = recipe.list_controllers()
    graph.shadows = [net for tower in towers[1:] for net in tower.values()]
    graph.num_devices = workers.num_devices
    return graph


def _check_names(found, known):
    """Raise ValueError if there is a loss of a phase that is not there: it would be left out without a word."""
    strange = sorted(set(found) - set(known))
    if strange:
        raise ValueError(f'build_tower returned a loss of {strange[0]!r}, the phases are {", ".join(known)}')


def _make_clock(recipe, phases, minibatch_size, minibatch_gpu):
    """Return the numbers of the schedule as tensors or constants, and those of them that are placeholders."""
    clock = EasyDict(minibatch_size=minibatch_size, minibatch_gpu=minibatch_gpu)
    names = [(name, tf.int32) for name, value in clock.items() if value is None]
    names += [(name, tf.float32) for name in recipe.inputs]
    lrates = collections.OrderedDict.fromkeys(phase.lrate for phase in phases if phase.networks)
    names += [(name, tf.float32) for name in lrates]
    inputs = {name: tf.placeholder(dtype, name=name + '_in', shape=[]) for name, dtype in names}
    clock.update(inputs)
    return clock, inputs


def _make_random_clocks(ticks, seed, rank):
    """Return the clocks of random numbers in phases, in the fetch, and of those that each repetition draws again."""
    return [
        tflib.RandomClock(seed, ticks['counter'], (ticks['round'], ticks['repeat'] * 4), rank),
        tflib.RandomClock(seed, ticks['num_fetched'], (0, 1), rank),
        tflib.RandomClock(seed, ticks['counter'], (ticks['round'], 2), rank),
    ]


def _find_gains(recipe, networks, averages):
    """Return name of each network that is trained -> local name -> factor of the learning rate."""
    followers = [average.name for average in averages]
    trained = {name: net for name, net in networks.items() if name not in followers}
    return {name: recipe.list_lrate_gains(name, list(net.trainables)) for name, net in trained.items()}


def _make_optimizers(phases, clock, workers):
    """Return name of a phase -> list of (optimizer, names of the networks that it moves), empty if it moves none."""
    num_rounds = clock.minibatch_size // (clock.minibatch_gpu * workers.num_devices)
    multiplier = None if isinstance(num_rounds, int) and num_rounds == 1 else num_rounds  # Nothing to accumulate.
    made = collections.OrderedDict()
    for phase in phases:
        common = dict(phase.opt_args, minibatch_multiplier=multiplier, workers=workers)
        made[phase.name] = []
        for owner in phase.shares:
            for opt, networks in made[owner]:
                shared = tflib.Optimizer(phase.name, learning_rate=opt.learning_rate, share=opt, **common)
                made[phase.name].append((shared, [name for name in networks if name in phase.networks]))
        if phase.networks and not phase.shares:
            lrate = clock[phase.lrate] if phase.lrate_gain == 1 else clock[phase.lrate] * phase.lrate_gain
            made[phase.name].append((tflib.Optimizer(phase.name, learning_rate=lrate, **common), phase.networks))
        moved = [name for _, networks in made[phase.name] for name in networks]
        if sorted(moved) != sorted(phase.networks):
            owners = ', '.join(phase.shares)
            raise ValueError(f'each network of phase {phase.name} must be moved by one of {owners}; they move {moved}')
    return made


def _make_towers(networks, averages, devices):
    """Return name -> network for each device: the given ones for the first, shadows of them for the others."""
    trained = collections.OrderedDict((name, net) for name, net in networks.items() if name not in averages)
    towers = [trained]
    for device in devices[1:]:
        with tf.device(device):
            shadows = [(name, net.clone(net.name + '_shadow')) for name, net in trained.items()]
            towers.append(collections.OrderedDict(shadows))
    return towers


def _register(loss, optimizers, tower, gains):
    """Hand the gradients of a loss to the optimizers of its phase, but for variables whose factor is 0."""
    for opt, names in optimizers:
        moved = [(name, local) for name in names for local in tower[name].trainables if gains[name][local]]
        if moved:
            variables = [tower[name].trainables[local] for name, local in moved]
            opt.register_gradients(loss, variables, [gains[name][local] for name, local in moved])


def _make_op(optimizers, losses):
    """Return the op that runs a phase.

    It evaluates the losses as well: gradients alone do not always need the values that autosummary averages. No weight
    moves before all gradients are there.
    """
    grads = [grad for opt, _ in optimizers for grad in opt.list_gradients()] if len(optimizers) > 1 else []
    return tf.group(*[opt.apply_updates(allow_no_op=True, after=grads) for opt, _ in optimizers], *losses)


def _build_average(average, networks, clock):
    """Return the ops that move what is not trained and what is trained of an average."""
    kimg = clock[average.kimg] if isinstance(average.kimg, str) else average.kimg
    half_life = tf.maximum(kimg * 1000.0, 1e-8) if tflib.is_tf_expression(kimg) else max(kimg * 1000.0, 1e-8)
    size = clock.minibatch_size
    beta = 0.5 ** ((tf.cast(size, tf.float32) if tflib.is_tf_expression(size) else size) / half_life)
    source = networks[average.source]
    trained = set(source.trainables)
    return [
        networks[average.name].setup_as_moving_average_of(source, beta if average.kimg != 0 else 0.0, names=names)
        for names in (set(source.vars) - trained, trained)
    ]


# ----------------------------------------------------------------------------
# Running it.


def run_minibatch(graph, sched, position):
    """Train on one minibatch.

    Args:
        graph: What `build_train_graph` returned.
        sched: What `Recipe.compute_schedule` returned.
        position: EasyDict of `counter` (number of minibatches so far, which decides what phases are due), `cur_nimg`
            and `num_fetched` (images that each data set gave), which go on.
    """
    num_images = sched.minibatch_gpu * graph.num_devices
    num_rounds = sched.minibatch_size // num_images
    due = graph.list_due(position.counter)
    num_runs = collections.Counter()
    for round_index, ops in _order_whole(graph, due) if num_rounds == 1 else _order_rounds(graph, due, num_rounds):
        repeat = num_runs[ops[0], round_index]
        num_runs[ops[0], round_index] += 1
        ticks = {'counter': position.counter, 'num_fetched': position.num_fetched}
        tflib.run(ops, graph.get_feeds(sched, round=round_index, repeat=repeat, **ticks))
        if graph.fetch in ops:
            position.num_fetched += num_images
    position.counter += 1
    position.cur_nimg += sched.minibatch_size


def _order_whole(graph, due):
    """Return pairs (0, ops to run at once), one after the other, of a minibatch that the devices handle at once.

    New images are fetched during the first of the phases before that read none. An average moves during the phase after
    the last one that moves its source, but for what is not trained, which that phase may move.
    """
    runs = []  # Of a phase, or None for a fetch alone, and ops.
    for phase in due:
        if phase.images == FRESH:
            index = len(runs)
            while index and runs[index - 1][0] is not None and runs[index - 1][0].images is None:
                index -= 1
            if index == len(runs):
                runs.append((None, []))
            runs[index][1].append(graph.fetch)
        runs.append((phase, [graph.ops[phase.name]]))
    for source, first_op, op in graph.averages:
        index = max((i for i, (phase, _) in enumerate(runs) if phase and source in phase.networks), default=None)
        if index is not None:
            runs.insert(index + 1, (None, [first_op]))
            if index + 2 == len(runs):
                runs.append((None, []))
            runs[index + 2][1].append(op)
    return [(0, ops) for _, ops in runs]


def _order_rounds(graph, due, num_rounds):
    """Yield pairs (round, ops to run at once), one after the other, of a minibatch that takes several rounds.

    Phases that read the same images go through the rounds together. One that comes after others which read none is too
    late for that, as only the images of the last round are there; it takes new ones.
    """
    turns = []
    for phase in due:
        if phase.images == SAME and turns and turns[-1][0].images == FRESH:
            turns[-1].append(phase)
        else:
            turns.append([phase])
    for index, turn in enumerate(turns):
        for round_index in range(num_rounds):
            if turn[0].images is not None:
                yield round_index, [graph.fetch]
            for phase in turn:
                yield round_index, [graph.ops[phase.name]]
        later = {name for other in turns[index + 1 :] for phase in other for name in phase.networks}
        moved = {name for phase in turn for name in phase.networks} - later
        for source, *ops in graph.averages:
            if source in moved:
                yield 0, ops

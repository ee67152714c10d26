# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training loop, the same for every method; what differs from method to method is in `training.recipes`."""

import contextlib

import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib, util
from dnnlib.tflib import autosummary, gpus
from dnnlib.util import UserError
from training import checks, configs, misc, snapshots, training_state
from training.reporting import TickReporter
from training.train_graph import build_train_graph, run_minibatch


def train(
    recipe,
    position,
    total_kimg=25000,
    num_gpus=1,
    minibatch_repeats=4,
    tf_config=None,
    resume_pkl=None,
    metric_arg_list=(),
    image_snapshot_ticks=50,
    network_snapshot_ticks=50,
    save_tf_graph=False,
    save_weight_histograms=False,
):
    """Train the networks of a recipe, and write images, snapshots, metrics and logs to the run directory.

    Args:
        recipe: The `training.recipes.recipe.Recipe`.
        position: What `training.resuming.find_position` returned.
        total_kimg: Length of the training, in thousands of real images.
        num_gpus: Number of devices.
        minibatch_repeats: Minibatches between looks at the schedule.
        tf_config: Keywords of `tflib.init_tf`.
        resume_pkl: Snapshot to go on from, path or URL.
        metric_arg_list: Class names and keywords of the metrics to evaluate at snapshots.
        image_snapshot_ticks: Ticks between image grids; None for none.
        network_snapshot_ticks: Ticks between snapshots; None for only the last one.
        save_tf_graph: Write the graph for TensorBoard.
        save_weight_histograms: Write histograms of the weights for TensorBoard.

    Raises:
        UserError: If the data sets, the snapshot and the options do not fit each other.
    """
    # Open data sets, make networks.
    checks.check_devices(num_gpus, recipe.list_minibatches())
    workers = tflib.Workers(num_gpus)
    tflib.init_tf(_seed_config(tf_config, workers, position.cur_nimg))
    gpus.print_fallback(num_gpus)
    data = recipe.open_data(lambda seed: workers.shift_seed(seed, position.cur_nimg))
    with tf.device(workers.devices[0]):
        networks = recipe.make_networks(data, resume_pkl)
    averages = [average.name for average in recipe.list_averages()]
    trained = [net for name, net in networks.items() if name not in averages]
    for net in trained:
        net.print_layers()
    save_samples = recipe.build_samples(networks, data)

    # Build the graph.
    print('Building TensorFlow graph...')
    graph = build_train_graph(recipe, networks, data, *_find_constant_sizes(recipe), workers)
    tflib.init_uninitialized_vars()
    if position.has_state:
        training_state.load_training_state(resume_pkl, graph.optimizers)
    sched = recipe.compute_schedule(position.cur_nimg, data)
    tflib.run(graph.schedule_op, graph.get_feeds(sched))
    save_samples('_init', sched.minibatch_gpu)

    # Begin to report.
    print('Initializing logs...')
    reporter = TickReporter(total_kimg, position.total_sec)
    reporter.add_graph(trained, save_tf_graph, save_weight_histograms)
    metrics = [util.call_func_by_name(**kwargs) for kwargs in metric_arg_list]
    autosummary.finalize_autosummaries()
    tf.get_default_graph().finalize()  # From here on, nothing may grow.

    # Train.
    done = position.cur_nimg >= total_kimg * 1000
    print(f'Nothing is left of {total_kimg} kimg.' if done else f'Training for {total_kimg} kimg...\n')
    reporter.start(position.cur_nimg)
    while not done:
        sched = recipe.compute_schedule(position.cur_nimg, data)
        follow_schedule(recipe, graph, data, sched, position)
        with _explain_errors(sched, num_gpus, recipe):
            run_minibatches(graph, sched, position, minibatch_repeats)
        should_stop = workers.agree(dnnlib.RunContext.get().should_stop())
        done = position.cur_nimg >= total_kimg * 1000 or should_stop
        if not reporter.is_tick_due(position.cur_nimg, sched.tick_kimg) and not done:
            continue
        status = list_status(recipe, graph, sched)
        tick = reporter.report_tick(position.cur_nimg, sched, tflib.run(graph.num_skipped), status)
        if workers.is_chief and _is_due(image_snapshot_ticks, tick, done):
            save_samples(f'{position.cur_nimg // 1000:06d}', sched.minibatch_gpu)
        if workers.is_chief and _is_due(network_snapshot_ticks, tick, done):
            num_images = sum(training_set.num_images for training_set in data.values())
            position.update(total_sec=reporter.total_sec, num_gpus=num_gpus, num_images=num_images)
            pkl = save_snapshot(recipe.pack_networks(networks), graph.optimizers, position)
            _run_metrics(metrics, pkl, reporter, num_gpus=num_gpus, tf_config=tf_config, **recipe.get_metric_data())
        reporter.finish_tick(position.cur_nimg)

    # Finish.
    if workers.is_chief:
        misc.save_pkl(recipe.pack_networks(networks), dnnlib.make_run_dir_path('network-final.pkl'))
    reporter.close()
    for training_set in data.values():
        training_set.close()


def _seed_config(tf_config, workers, nimg):
    """Return the session options with a TensorFlow seed that differs for every position in the training."""
    config = dict(tf_config or {})
    seed = config.get('rnd.np_random_seed')
    if seed is not None:
        config.setdefault('rnd.tf_random_seed', workers.shift_seed(seed, nimg))
    return config


def _find_constant_sizes(recipe):
    """Return minibatch size and images per device if they never change, else (None, None)."""
    sizes = set(recipe.list_minibatches())
    return sizes.pop() if len(sizes) == 1 else (None, None)


def _is_due(interval, tick, done):
    """Tell whether it is time for what happens every `interval` ticks and at the end; None for never."""
    return interval is not None and (done or tick % interval == 0)


def follow_schedule(recipe, graph, data, sched, position):
    """Prepare data sets, networks and optimizers for the minibatches to come.

    Args:
        recipe: The recipe.
        graph: What `build_train_graph` returned.
        data: Name -> data set.
        sched: What `Recipe.compute_schedule` returned.
        position: EasyDict whose `lod` is that of the last look at the schedule, -1 before the first; it is set anew.
    """
    for training_set in data.values():
        training_set.configure(sched.minibatch_gpu, sched.lod)
    tflib.run(graph.schedule_op, graph.get_feeds(sched))
    if recipe.forgets_moments(position.lod, sched.lod):
        for optimizer in graph.optimizers:
            optimizer.reset_optimizer_state()
    position.lod = sched.lod


def run_minibatches(graph, sched, position, num_minibatches):
    """Train on some minibatches, then let the controllers look at them.

    Args:
        graph: What `build_train_graph` returned.
        sched: What `Recipe.compute_schedule` returned.
        position: EasyDict of `cur_nimg` and `counter`, which go on.
        num_minibatches: Number of minibatches.
    """
    for _ in range(num_minibatches):
        run_minibatch(graph, sched, position.counter)
        position.counter += 1
        position.cur_nimg += sched.minibatch_size
    for controller in graph.controllers:
        controller.update(num_minibatches * sched.minibatch_size)


def list_status(recipe, graph, sched):
    """Return name -> number of what recipe and controllers add to the status line."""
    status = dict(recipe.get_status(sched))
    for controller in graph.controllers:
        status.update(controller.get_status())
    return status


def save_snapshot(networks, optimizers, position):
    """Write networks, and beside them what an exact continuation needs.

    Args:
        networks: What the snapshot holds.
        optimizers: Optimizers whose moments belong to the state.
        position: Fields of `training_state.save_training_state`.

    Returns:
        Path of the snapshot.
    """
    pkl = dnnlib.make_run_dir_path(f'network-snapshot-{position.cur_nimg // 1000:06d}.pkl')
    misc.save_pkl(networks, pkl)
    training_state.save_training_state(pkl, optimizers, **position)
    return pkl


@contextlib.contextmanager
def _explain_errors(sched, num_gpus, recipe):
    """Turn the errors that the user can do something about into a UserError."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        size = sched.minibatch_gpu
        smaller = configs.find_minibatch_gpu(sched.minibatch_size, num_gpus, size - 1)
        way_out = f'--minibatch-gpu={smaller}' if smaller else 'a smaller --fmap-base or smaller pictures'
        raise UserError(f'out of memory with --minibatch-gpu={size}; try {way_out}') from error
    except tf.errors.DataLossError as error:
        reason = error.message.splitlines()[0]
        name = ' or '.join(recipe.list_datasets())
        raise UserError(f'cannot read the data set {name}: {reason}; copy or make it again') from error


def _run_metrics(metrics, pkl, reporter, **kwargs):
    """Evaluate metrics on a snapshot, which is read once for all, and report the numbers."""
    opened = snapshots.open_snapshot(pkl) if len(metrics) > 1 else None
    for metric in metrics:
        if opened is not None:
            snapshots.keep(opened)
        metric.run(pkl, run_dir=dnnlib.make_run_dir_path(), **kwargs)
        for name, value in metric.get_results()['results'].items():
            reporter.add_scalar('Metrics/' + name, value)

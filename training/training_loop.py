# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training loop of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958)."""

import contextlib

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib, util
from dnnlib.tflib import autosummary, compat, gpus
from dnnlib.util import EasyDict, UserError
from training import checks, configs, misc, training_state
from training.dataset import load_dataset
from training.reporting import ImageGrids, TickReporter
from training.resuming import find_position
from training.schedule import training_schedule
from training.train_graph import build_train_graph
from training.transfer import make_networks


def training_loop(
    G_args=None,
    D_args=None,
    G_opt_args=None,
    D_opt_args=None,
    G_loss_args=None,
    D_loss_args=None,
    dataset_args=None,
    sched_args=None,
    grid_args=None,
    metric_arg_list=(),
    tf_config=None,
    data_dir=None,
    num_gpus=1,
    G_smoothing_kimg=10.0,
    minibatch_repeats=4,
    lazy_regularization=True,
    G_reg_interval=4,
    D_reg_interval=16,
    reset_opt_for_new_lod=True,
    total_kimg=25000,
    mirror_augment=False,
    drange_net=(-1, 1),
    image_snapshot_ticks=50,
    network_snapshot_ticks=50,
    save_tf_graph=False,
    save_weight_histograms=False,
    resume_pkl=None,
    resume_kimg=None,
    resume_time=0.0,
    resume_with_new_nets=False,
):
    """Train G, D and the moving average Gs, and write pictures, snapshots, metrics and logs to the run directory.

    Args:
        G_args: Function name and keywords of G.
        D_args: Function name and keywords of D.
        G_opt_args: Keywords of G's optimizer.
        D_opt_args: Keywords of D's optimizer.
        G_loss_args: Function name and keywords of G's loss.
        D_loss_args: Function name and keywords of D's loss.
        dataset_args: Keywords of `load_dataset`.
        sched_args: Keywords of `training_schedule`.
        grid_args: Keywords of `misc.setup_snapshot_image_grid`.
        metric_arg_list: Class names and keywords of the metrics to evaluate at snapshots.
        tf_config: Keywords of `tflib.init_tf`.
        data_dir: Directory of the data sets.
        num_gpus: Number of devices.
        G_smoothing_kimg: Half-life of the moving average, in thousands of images.
        minibatch_repeats: Minibatches between looks at the schedule.
        lazy_regularization: Evaluate regularization less often than the losses.
        G_reg_interval: Steps between regularization steps of G.
        D_reg_interval: Steps between regularization steps of D.
        reset_opt_for_new_lod: Forget the moments when progressive growing adds layers.
        total_kimg: Length of the training, in thousands of real images.
        mirror_augment: Flip half of the real images.
        drange_net: Value range of the networks' images.
        image_snapshot_ticks: Ticks between image grids; None for none.
        network_snapshot_ticks: Ticks between snapshots; None for only the last one.
        save_tf_graph: Write the graph for TensorBoard.
        save_weight_histograms: Write histograms of the weights for TensorBoard.
        resume_pkl: Snapshot to go on from, path or URL.
        resume_kimg: Position to go on from; None for that of the state beside the snapshot, else of its file name.
        resume_time: Training time so far, in seconds.
        resume_with_new_nets: Build networks from the options and copy what fits from the snapshot, instead of taking
            its networks as they are.

    Raises:
        UserError: If the data set, the snapshot and the options do not fit each other.
    """
    options = dict(locals())  # Of the keywords alone, so this line is the first.
    position = find_position(resume_pkl, resume_kimg, resume_time, options)
    tflib.init_tf(_seed_config(tf_config, position.cur_nimg))
    gpus.print_fallback(num_gpus)
    dataset_args = _shift_dataset_seed(dataset_args, position.cur_nimg)
    sched_args = EasyDict(sched_args or {})
    checks.check_devices(num_gpus, sched_args)
    training_set = load_dataset(data_dir=data_dir, verbose=True, **dataset_args)
    with tf.device(compat.tower_device(0)):
        networks = make_networks(training_set, G_args, D_args, resume_pkl, resume_with_new_nets)
    G, D, Gs = networks
    G.print_layers()
    D.print_layers()
    grid_seed = (tf_config or {}).get('rnd.np_random_seed')
    grids = ImageGrids(training_set, Gs, drange_net, grid_seed, **(grid_args or {}))
    grids.save_reals('reals.png')

    print('Building TensorFlow graph...')
    reg_args = {
        'lazy_regularization': lazy_regularization,
        'G_reg_interval': G_reg_interval,
        'D_reg_interval': D_reg_interval,
    }
    graph = build_train_graph(
        *networks,
        training_set,
        *_find_constant_sizes(sched_args),
        num_gpus=num_gpus,
        G_opt_args=G_opt_args,
        D_opt_args=D_opt_args,
        G_loss_args=G_loss_args,
        D_loss_args=D_loss_args,
        G_smoothing_kimg=G_smoothing_kimg,
        mirror_augment=mirror_augment,
        drange_net=drange_net,
        use_lod=sched_args.get('lod_initial_resolution') is not None,
        **reg_args,
    )
    tflib.init_uninitialized_vars()
    if position.has_state:
        training_state.load_training_state(resume_pkl, [graph.G_opt, graph.D_opt])
    sched = training_schedule(position.cur_nimg, training_set, **sched_args)
    tflib.run(graph.set_lod, {graph.lod_in: sched.lod})
    grids.save_fakes('fakes_init.png', sched.minibatch_gpu)

    print('Initializing logs...')
    reporter = TickReporter(total_kimg, position.total_sec)
    reporter.add_graph(networks, save_tf_graph, save_weight_histograms)
    metrics = [util.call_func_by_name(**kwargs) for kwargs in metric_arg_list]
    autosummary.finalize_autosummaries()
    tf.get_default_graph().finalize()  # From here on, nothing may grow.

    done = position.cur_nimg >= total_kimg * 1000
    print(f'Nothing is left of {total_kimg} kimg.' if done else f'Training for {total_kimg} kimg...\n')
    reporter.start(position.cur_nimg)
    while not done:
        sched = training_schedule(position.cur_nimg, training_set, **sched_args)
        follow_schedule(graph, training_set, sched, position, reset_opt_for_new_lod)
        with _explain_errors(sched, num_gpus, dataset_args):
            run_minibatches(graph, sched, position, num_gpus, minibatch_repeats, **reg_args)
        done = position.cur_nimg >= total_kimg * 1000 or dnnlib.RunContext.get().should_stop()
        if not reporter.is_tick_due(position.cur_nimg, sched.tick_kimg) and not done:
            continue
        tick = reporter.report_tick(position.cur_nimg, sched, tflib.run(graph.num_skipped))
        if _is_due(image_snapshot_ticks, tick, done):
            grids.save_fakes(f'fakes{position.cur_nimg // 1000:06d}.png', sched.minibatch_gpu)
        if _is_due(network_snapshot_ticks, tick, done):
            position.update(total_sec=reporter.total_sec, num_gpus=num_gpus, num_images=training_set.num_images)
            pkl = save_snapshot(networks, graph, position)
            _run_metrics(metrics, pkl, reporter, data_dir, dataset_args, mirror_augment, num_gpus, tf_config)
        reporter.finish_tick(position.cur_nimg)

    misc.save_pkl(networks, dnnlib.make_run_dir_path('network-final.pkl'))
    reporter.close()
    training_set.close()


def _find_constant_sizes(sched_args):
    """Return minibatch size and images per device if they never change, else (None, None)."""
    sizes = set(configs.list_minibatches(sched_args))
    return sizes.pop() if len(sizes) == 1 else (None, None)


def _is_due(interval, tick, done):
    """Tell whether it is time for what happens every `interval` ticks and at the end; None for never."""
    return interval is not None and (done or tick % interval == 0)


def follow_schedule(graph, training_set, sched, position, reset_opt_for_new_lod=True):
    """Prepare data set, networks and optimizers for the minibatches to come.

    Args:
        graph: What `build_train_graph` returned.
        training_set: Data set.
        sched: What `training_schedule` returned.
        position: EasyDict whose `lod` is that of the last look at the schedule, -1 before the first; it is set anew.
        reset_opt_for_new_lod: Forget the moments when layers begin or end to fade in.
    """
    training_set.configure(sched.minibatch_gpu, sched.lod)
    tflib.run(graph.set_lod, {graph.lod_in: sched.lod})
    is_new = np.floor(sched.lod) != np.floor(position.lod) or np.ceil(sched.lod) != np.ceil(position.lod)
    if reset_opt_for_new_lod and is_new:
        graph.G_opt.reset_optimizer_state()
        graph.D_opt.reset_optimizer_state()
    position.lod = sched.lod


def run_minibatches(graph, sched, position, num_gpus, num_minibatches, **kwargs):
    """Train both networks on some minibatches.

    Args:
        graph: What `build_train_graph` returned.
        sched: What `training_schedule` returned.
        position: EasyDict of `cur_nimg` and `counter`, which go on.
        num_gpus: Number of devices.
        num_minibatches: Number of minibatches.
        **kwargs: Keywords of `run_minibatch`.
    """
    for _ in range(num_minibatches):
        run_minibatch(graph, sched, num_gpus, position.counter, **kwargs)
        position.counter += 1
        position.cur_nimg += sched.minibatch_size


def run_minibatch(graph, sched, num_gpus, counter, lazy_regularization=True, G_reg_interval=4, D_reg_interval=16):
    """Train both networks on one minibatch.

    Args:
        graph: What `build_train_graph` returned.
        sched: What `training_schedule` returned.
        num_gpus: Number of devices.
        counter: Number of minibatches so far, which decides when regularization is due.
        lazy_regularization: Run regularization steps of their own.
        G_reg_interval: Steps between those of G; None for never.
        D_reg_interval: The same for D.
    """
    feeds = {
        graph.lod_in: sched.lod,
        graph.minibatch_size_in: sched.minibatch_size,
        graph.minibatch_gpu_in: sched.minibatch_gpu,
        graph.G_lrate_in: sched.G_lrate,
        graph.D_lrate_in: sched.D_lrate,
    }
    feeds.pop(None, None)  # Sizes that are constants of the graph.
    rounds = range(sched.minibatch_size // (sched.minibatch_gpu * num_gpus))
    G_reg_due = lazy_regularization and G_reg_interval is not None and counter % G_reg_interval == 0
    D_reg_due = lazy_regularization and D_reg_interval is not None and counter % D_reg_interval == 0

    if len(rounds) == 1:  # The next images load while G trains; Gs moves while D trains.
        tflib.run([graph.G_train, graph.fetch], feeds)
        if G_reg_due:
            tflib.run(graph.G_reg, feeds)
        tflib.run([graph.D_train, graph.Gs_update], feeds)
        if D_reg_due:
            tflib.run(graph.D_reg, feeds)
        return
    for _ in rounds:
        tflib.run(graph.G_train, feeds)
    for _ in rounds if G_reg_due else ():
        tflib.run(graph.G_reg, feeds)
    tflib.run(graph.Gs_update, feeds)
    for _ in rounds:
        tflib.run(graph.fetch, feeds)
        tflib.run(graph.D_train, feeds)
        if D_reg_due:
            tflib.run(graph.D_reg, feeds)


def save_snapshot(networks, graph, position):
    """Write networks, and beside them what an exact continuation needs.

    Args:
        networks: G, D and Gs.
        graph: What `build_train_graph` returned.
        position: Fields of `training_state.save_training_state`.

    Returns:
        Path of the snapshot.
    """
    pkl = dnnlib.make_run_dir_path(f'network-snapshot-{position.cur_nimg // 1000:06d}.pkl')
    misc.save_pkl(tuple(networks), pkl)
    training_state.save_training_state(pkl, [graph.G_opt, graph.D_opt], **position)
    return pkl


def _seed_config(tf_config, nimg):
    """Return the session options with a TensorFlow seed that differs for every position in the training."""
    config = dict(tf_config or {})
    seed = config.get('rnd.np_random_seed')
    if seed is not None:
        config.setdefault('rnd.tf_random_seed', _shift_seed(seed, nimg))
    return config


def _shift_dataset_seed(dataset_args, nimg):
    """Return the keywords of the data set with a seed that differs for every position in the training."""
    args = EasyDict(dataset_args or {})
    if args.get('seed') is not None:
        args.seed = _shift_seed(args.seed, nimg)
    return args


def _shift_seed(seed, nimg):
    """Return a seed for a position in the training: a resumed run shall not see the same random numbers again."""
    return (seed + nimg) % (1 << 31)


@contextlib.contextmanager
def _explain_errors(sched, num_gpus, dataset_args):
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
        name = dataset_args.get('tfrecord_dir')
        raise UserError(f'cannot read the data set {name}: {reason}; copy or make it again') from error


def _run_metrics(metrics, pkl, reporter, data_dir, dataset_args, mirror_augment, num_gpus, tf_config):
    """Evaluate metrics on a snapshot and report the numbers."""
    dataset_args = EasyDict(dataset_args, shuffle_mb=0)
    for metric in metrics:
        metric.run(
            pkl,
            run_dir=dnnlib.make_run_dir_path(),
            data_dir=data_dir,
            dataset_args=dataset_args,
            mirror_augment=mirror_augment,
            num_gpus=num_gpus,
            tf_config=tf_config,
        )
        for name, value in metric.get_results()['results'].items():
            reporter.add_scalar('Metrics/' + name, value)

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training loop of StyleGAN2 (Karras et al. 2019, arXiv:1912.04958)."""

import contextlib

import numpy as np
import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib, util
from dnnlib.tflib import autosummary, compat
from dnnlib.util import EasyDict, UserError
from training import checks, configs, misc, training_state
from training.dataset import load_dataset
from training.reporting import TickReporter
from training.schedule import training_schedule
from training.train_graph import build_train_graph


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
    position = _find_position(resume_pkl, resume_kimg, resume_time)
    tflib.init_tf(_seed_config(tf_config, position.nimg))
    dataset_args = _shift_dataset_seed(dataset_args, position.nimg)
    training_set = load_dataset(data_dir=data_dir, verbose=True, **dataset_args)
    sched_args = EasyDict(sched_args or {})
    checks.check_devices(num_gpus, sched_args)

    grid_size, grid_reals, grid_labels = misc.setup_snapshot_image_grid(training_set, **(grid_args or {}))
    misc.save_image_grid(grid_reals, _path('reals.png'), training_set.dynamic_range, grid_size)

    with tf.device(compat.tower_device(0)):
        G, D, Gs = _make_networks(training_set, G_args, D_args, resume_pkl, resume_with_new_nets)
    G.print_layers()
    D.print_layers()
    sched = training_schedule(position.nimg, training_set, **sched_args)
    grid_rnd = np.random.RandomState((tf_config or {}).get('rnd.np_random_seed'))
    grid_latents = grid_rnd.randn(int(np.prod(grid_size)), *G.input_shape[1:])

    def save_grid(name):
        grid_fakes = Gs.run(grid_latents, grid_labels, is_validation=True, minibatch_size=sched.minibatch_gpu)
        misc.save_image_grid(grid_fakes, _path(name), drange_net, grid_size)

    save_grid('fakes_init.png')

    print('Building TensorFlow graph...')
    is_constant = not any(key.endswith('_dict') and value for key, value in sched_args.items())
    graph = build_train_graph(
        G,
        D,
        Gs,
        training_set,
        minibatch_size=sched.minibatch_size if is_constant else None,
        minibatch_gpu=sched.minibatch_gpu if is_constant else None,
        num_gpus=num_gpus,
        G_opt_args=G_opt_args,
        D_opt_args=D_opt_args,
        G_loss_args=G_loss_args,
        D_loss_args=D_loss_args,
        lazy_regularization=lazy_regularization,
        G_reg_interval=G_reg_interval,
        D_reg_interval=D_reg_interval,
        G_smoothing_kimg=G_smoothing_kimg,
        mirror_augment=mirror_augment,
        drange_net=drange_net,
        use_lod=sched_args.get('lod_initial_resolution') is not None,
    )
    tflib.init_uninitialized_vars()
    optimizers = [graph.G_opt, graph.D_opt]
    if position.is_exact:
        training_state.load_training_state(resume_pkl, optimizers)

    print('Initializing logs...')
    reporter = TickReporter(total_kimg, position.total_sec)
    if save_tf_graph:
        reporter.writer.add_graph(tf.get_default_graph())
    if save_weight_histograms:
        G.setup_weight_histograms()
        D.setup_weight_histograms()
    reporter.histograms = tf.summary.merge_all()
    autosummary.finalize_autosummaries()
    metrics = [util.call_func_by_name(**kwargs) for kwargs in metric_arg_list]
    training_set.configure(sched.minibatch_gpu, int(sched.lod))
    tf.get_default_graph().finalize()  # From here on, nothing may grow.

    state = EasyDict(nimg=position.nimg, prev_lod=None, counter=0)
    done = state.nimg >= total_kimg * 1000
    print(f'Nothing is left of {total_kimg} kimg.' if done else f'Training for {total_kimg} kimg...\n')
    reporter.start(state.nimg)
    while not done:
        sched = training_schedule(state.nimg, training_set, **sched_args)
        training_set.configure(sched.minibatch_gpu, int(sched.lod))
        if reset_opt_for_new_lod and _crosses_lod(state.prev_lod, sched.lod):
            for optimizer in optimizers:
                optimizer.reset_optimizer_state()
        state.prev_lod = sched.lod
        for _ in range(minibatch_repeats):
            with _explain_errors(sched, num_gpus, dataset_args):
                run_minibatch(
                    graph, sched, num_gpus, state.counter, lazy_regularization, G_reg_interval, D_reg_interval
                )
            state.counter += 1
            state.nimg += sched.minibatch_size

        done = state.nimg >= total_kimg * 1000 or dnnlib.RunContext.get().should_stop()
        if not reporter.is_tick_due(state.nimg, sched.tick_kimg) and not done:
            continue
        tick = reporter.report_tick(state.nimg, sched)
        if image_snapshot_ticks is not None and (tick % image_snapshot_ticks == 0 or done):
            save_grid(f'fakes{state.nimg // 1000:06d}.png')
        if network_snapshot_ticks is not None and (tick % network_snapshot_ticks == 0 or done):
            pkl = _path(f'network-snapshot-{state.nimg // 1000:06d}.pkl')
            misc.save_pkl((G, D, Gs), pkl)
            training_state.save_training_state(pkl, optimizers, state.nimg, reporter.total_sec)
            _run_metrics(metrics, pkl, reporter, data_dir, dataset_args, mirror_augment, num_gpus, tf_config)
        reporter.finish_tick(state.nimg)

    misc.save_pkl((G, D, Gs), _path('network-final.pkl'))
    reporter.close()
    training_set.close()


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
    feeds.pop(None, None)
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


def _path(name):
    """Return the name of a file in the run directory."""
    return dnnlib.make_run_dir_path(name)


def _find_position(resume_pkl, resume_kimg, resume_time):
    """Return where to go on: number of images, training time, and whether the whole state can be restored."""
    if resume_pkl is None:
        return EasyDict(nimg=int((resume_kimg or 0) * 1000), total_sec=resume_time, is_exact=False)
    saved = training_state.read_position(resume_pkl)
    if saved is not None and resume_kimg is None:
        print(f'Resuming exactly from "{resume_pkl}", {saved[0] / 1000:.1f} kimg: weights and optimizer state')
        return EasyDict(nimg=saved[0], total_sec=saved[1], is_exact=True)
    if resume_kimg is None:
        resume_kimg = misc.parse_snapshot_kimg(resume_pkl) or 0
    print(f'Resuming from the weights alone of "{resume_pkl}", at {resume_kimg:.1f} kimg')
    return EasyDict(nimg=int(resume_kimg * 1000), total_sec=resume_time, is_exact=False)


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


def _make_networks(training_set, G_args, D_args, resume_pkl, resume_with_new_nets):
    """Return G, D and Gs, built from the options or taken from a snapshot."""
    common = EasyDict(
        num_channels=training_set.shape[0], resolution=training_set.shape[1], label_size=training_set.label_size
    )
    if resume_pkl is not None:
        print(f'Loading networks from "{resume_pkl}"...')
        loaded = misc.load_networks(resume_pkl)
        Gs = loaded[2]
        image_shape, label_size = Gs.output_shape[1:], Gs.input_shapes[1][1]
        checks.check_fit(resume_pkl, image_shape, label_size, training_set.shape, training_set.label_size)
        if not resume_with_new_nets:
            _print_ignored(zip(loaded, [G_args, D_args]))
            return loaded
    print('Constructing networks...')
    G = tflib.Network('G', **EasyDict(common, **G_args))
    D = tflib.Network('D', **EasyDict(common, **D_args))
    Gs = G.clone('Gs')
    if resume_pkl is not None:
        for net, old in zip((G, D, Gs), loaded):
            report = net.copy_vars_from(old, skip_mismatched=True)
            num_new = len(report.missing + report.mismatched)
            print(f'{net.name}: {len(report.copied)} variables copied, {num_new} new')
    return G, D, Gs


def _print_ignored(networks):
    """Tell which keywords differ from those that networks of a snapshot were built with.

    Args:
        networks: Pairs of network and keywords.
    """
    for net, kwargs in networks:
        items = sorted((key, value) for key, value in kwargs.items() if key != 'func_name')
        ignored = [f'{key}={value}' for key, value in items if net.static_kwargs.get(key) != value]
        if ignored:
            print(f'{net.name} is taken from the snapshot as it is, without {", ".join(ignored)}')


def _crosses_lod(prev_lod, lod):
    """Tell whether progressive growing adds or completes a layer between two points of the schedule."""
    if prev_lod is None:
        return False
    return np.floor(lod) != np.floor(prev_lod) or np.ceil(lod) != np.ceil(prev_lod)


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

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The training loop, the same for every method; what differs from method to method is in `training.recipes`."""

import contextlib
import functools

import tensorflow.compat.v1 as tf

import dnnlib
from dnnlib import tflib, util
from dnnlib.progress import Clock
from dnnlib.tflib import autosummary, gpus
from dnnlib.util import EasyDict, UserError
from training import checks, configs, keeping, resuming, snapshots
from training.dataset import configure_from
from training.reporting import TickReporter
from training.saving import Saver
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
    snapshot_kimg=None,
    state_minutes=10.0,
    keep='all',
    save_tf_graph=False,
    save_weight_histograms=False,
):
    """Train the networks of a recipe, and write images, snapshots, metrics and logs to the run directory.

    Args:
        recipe: The `training.recipes.recipe.Recipe`.
        position: What `training.resuming.find_position` returned.
        total_kimg: Length of the training, in thousands of real images.
        num_gpus: Number of devices.
        minibatch_repeats: Minibatches of a round between looks at the schedule.
        tf_config: Keywords of `tflib.init_tf`; seeds in it are those of `position`.
        resume_pkl: Snapshot to begin with, path or URL.
        metric_arg_list: Class names and keywords of the metrics to evaluate at snapshots.
        image_snapshot_ticks: Ticks between image grids; None for none.
        network_snapshot_ticks: Ticks between snapshots; None for only the last one.
        snapshot_kimg: Thousands of images between image grids and snapshots; None to go by ticks.
        state_minutes: Time between states, of which the run directory holds the last one.
        keep: Snapshots to keep: 'all', a number (the newest ones), or 'best' (the newest, and a copy of the best by the
            first metric).
        save_tf_graph: Write the graph for TensorBoard.
        save_weight_histograms: Write histograms of the weights for TensorBoard.

    Raises:
        UserError: If the data sets, the snapshot and the options do not fit each other.
    """
    intervals = EasyDict(
        image_snapshot_ticks=image_snapshot_ticks,
        network_snapshot_ticks=network_snapshot_ticks,
        snapshot_kimg=snapshot_kimg,
        state_minutes=state_minutes,
    )
    with contextlib.ExitStack() as stack:
        # Open data sets, make networks.
        workers = _start_tensorflow(recipe, position.seed, num_gpus, tf_config)
        data = _open_data(recipe, position.seed, stack)
        state = position.pop('state')
        with tf.device(workers.devices[0]):
            networks = recipe.make_networks(data, resume_pkl) if state is None else state.build_networks()
        averages = {average.name for average in recipe.list_averages()}
        trained = [net for name, net in networks.items() if name not in averages]
        _print_precision(trained, num_gpus)
        for net in trained:
            net.print_layers()
        with Clock('Preparing images'):
            save_images = recipe.build_samples(networks, data)

        # Build the graph.
        print('Building TensorFlow graph...')
        with Clock('Building TensorFlow graph'):
            graph = build_train_graph(recipe, networks, data, *_find_constant_sizes(recipe), workers, position.seed)
            tflib.init_uninitialized_vars()
        surroundings = resuming.describe_surroundings(workers.num_devices, data, graph)
        if state is not None:
            state.restore(graph)
            resuming.print_resuming(position, state, surroundings)
        sched = recipe.compute_schedule(position.sched_nimg, data)
        tflib.run(graph.schedule_op, graph.get_feeds(sched))
        if state is None:
            with Clock('Drawing images'):
                save_images('_init', sched.minibatch_gpu)

        # Begin to report.
        print('Initializing logs...')
        stack.enter_context(dnnlib.RunContext.get().stopping_gracefully())
        reporter = TickReporter(total_kimg, position)
        stack.push(reporter.end)
        reporter.add_graph(trained, save_tf_graph, save_weight_histograms)
        pack = functools.partial(recipe.pack_networks, networks)
        saver = Saver(pack, save_images, graph, surroundings, intervals, position, has_state=state is not None)
        metrics = [util.call_func_by_name(**kwargs) for kwargs in metric_arg_list]
        metric_args = dict(recipe.get_metric_data(), num_gpus=num_gpus, tf_config=tf_config)
        chief = Chief(recipe, graph, reporter, saver, metrics, metric_args, keep)
        autosummary.finalize_autosummaries()
        tf.get_default_graph().finalize()  # From here on, nothing may grow.

        # Train.
        is_left = position.cur_nimg < total_kimg * 1000
        word = 'up to' if position.counter else 'for'
        print(f'Training {word} {total_kimg} kimg...\n' if is_left else f'Nothing is left of {total_kimg} kimg.')
        reporter.start()
        is_done = _run_minibatches(Rounds(recipe, data, graph, position, minibatch_repeats), chief, workers, total_kimg)

        # Finish.
        if not is_done and not position.counter:
            raise dnnlib.StopRequested  # Nothing is there that could be saved.
        if is_done and workers.is_chief:
            saver.save_final_networks()
        saver.check_complete()
        if is_done and workers.is_chief:
            reporter.finish()


def _start_tensorflow(recipe, seed, num_gpus, tf_config):
    """Begin a session with the seeds of a training; return the Workers."""
    checks.check_devices(num_gpus, recipe.list_minibatches())
    workers = tflib.Workers(num_gpus)
    seeds = {'rnd.np_random_seed': seed, 'rnd.tf_random_seed': seed % (1 << 31)}
    tflib.init_tf(dict(tf_config or {}, **seeds))
    gpus.print_fallback(num_gpus)
    return workers


def _print_precision(networks, num_gpus):
    """Tell that networks made for float16 compute in float32, if there is no GPU."""
    is_mixed = any(net.static_kwargs.get('num_fp16_res') for net in networks)
    if is_mixed and gpus.describe_fallback(num_gpus) is not None:
        print('Mixed precision: float16 is slow on a CPU, so everything is computed in float32')


def _open_data(recipe, seed, stack):
    """Return name -> data set, which are closed with an ExitStack."""
    data = recipe.open_data(seed)
    for training_set in data.values():
        stack.callback(training_set.close)
    return data


def _find_constant_sizes(recipe):
    """Return minibatch size and images per device if they never change, else (None, None)."""
    sizes = set(recipe.list_minibatches())
    return sizes.pop() if len(sizes) == 1 else (None, None)


def _run_minibatches(rounds, chief, workers, total_kimg):
    """Train until the length is reached, or somebody asks to stop; tell whether it is reached."""
    is_last = is_done = False
    while not is_last:
        is_done = rounds.is_over and rounds.position.cur_nimg >= total_kimg * 1000
        is_last = workers.agree(is_done or dnnlib.RunContext.get().should_stop())
        if rounds.position.counter and workers.is_chief:
            try:
                chief.end_minibatch(rounds, is_last, is_done)
            except dnnlib.StopRequested:  # Metrics were ended, which come when the training goes on.
                return False
        if not is_last:
            rounds.run_minibatch()
    return is_done


class Rounds:
    """The minibatches of a training, in rounds between looks at the schedule.

    Args:
        recipe: The recipe.
        data: Name -> data set.
        graph: What `build_train_graph` returned.
        position: What `training.resuming.find_position` returned, which goes on.
        minibatch_repeats: Minibatches of a round.

    Attributes:
        position: As given.
        sched: What `Recipe.compute_schedule` returned at the last look.
    """

    def __init__(self, recipe, data, graph, position, minibatch_repeats):
        self._recipe = recipe
        self._data = data
        self._graph = graph
        self.position = position
        self._minibatch_repeats = minibatch_repeats
        self.sched = self._follow_schedule()

    @property
    def is_over(self):
        """Whether a round is over, or the first one about to begin."""
        return self.position.counter % self._minibatch_repeats == 0

    def run_minibatch(self):
        """Train on one minibatch; before the first of a round look at the schedule, after it let controllers look."""
        with self._explain_errors():
            if self.is_over:
                self.position.sched_nimg = self.position.cur_nimg
                self.sched = self._follow_schedule()
            run_minibatch(self._graph, self.sched, self.position)
            if self.is_over:
                for controller in self._graph.controllers:
                    controller.update(self._minibatch_repeats * self.sched.minibatch_size)

    def _follow_schedule(self):
        """Prepare data sets, networks and optimizers for the minibatches to come; return the schedule."""
        sched = self._recipe.compute_schedule(self.position.sched_nimg, self._data)
        for training_set in self._data.values():
            configure_from(training_set, sched.minibatch_gpu, sched.lod, self.position.num_fetched)
        tflib.run(self._graph.schedule_op, self._graph.get_feeds(sched))
        if self._recipe.forgets_moments(self.position.lod, sched.lod):
            for optimizer in self._graph.optimizers:
                optimizer.reset_optimizer_state()
        self.position.lod = sched.lod
        return sched

    @contextlib.contextmanager
    def _explain_errors(self):
        """Turn the errors that the user can do something about into a UserError."""
        try:
            yield
        except tf.errors.ResourceExhaustedError as error:
            size = self.sched.minibatch_gpu
            smaller = configs.find_minibatch_gpu(self.sched.minibatch_size, self._graph.num_devices, size - 1)
            way_out = f'--minibatch-gpu={smaller}' if smaller else 'a smaller --fmap-base or smaller pictures'
            raise UserError(f'out of memory with --minibatch-gpu={size}; try {way_out}') from error
        except tf.errors.OpError as error:
            for name, training_set in zip(self._recipe.list_datasets(), self._data.values()):
                if getattr(training_set, 'read_error', None) is not None:
                    raise UserError(f'cannot read the data set {name}: {training_set.read_error}') from error
            if not isinstance(error, tf.errors.DataLossError):
                raise
            reason = error.message.splitlines()[0]
            name = ' or '.join(self._recipe.list_datasets())
            raise UserError(f'cannot read the data set {name}: {reason}; copy or make it again') from error


def list_status(recipe, graph, sched):
    """Return name -> number of what recipe and controllers add to the status line."""
    status = dict(recipe.get_status(sched))
    for controller in graph.controllers:
        status.update(controller.get_status())
    return status


class Chief:
    """What one of all workers does between minibatches: it reports, writes files and evaluates metrics.

    Args:
        recipe: The recipe.
        graph: What `build_train_graph` returned.
        reporter: The `TickReporter`.
        saver: The `Saver`.
        metrics: The metrics to evaluate at snapshots.
        metric_args: Keywords of `MetricBase.run`.
        keep: See `train`.
    """

    def __init__(self, recipe, graph, reporter, saver, metrics, metric_args, keep):
        self._recipe = recipe
        self._graph = graph
        self._reporter = reporter
        self._saver = saver
        self._metrics = metrics
        self._metric_args = metric_args
        self._keep = keep

    def end_minibatch(self, rounds, is_last, is_done):
        """Do what is due, the state first: from it, all else can be done again.

        Metrics, which take long, end with StopRequested when the run is to stop, and are evaluated when it goes on.

        Args:
            rounds: The `Rounds`.
            is_last: Whether the training ends here, for now or for good.
            is_done: Whether it ends for good.
        """
        sched = rounds.sched
        ends_tick = self._reporter.is_tick_due(sched.tick_kimg) or self._saver.is_kimg_due()
        is_tick = is_last or (rounds.is_over and ends_tick)
        due = self._saver.list_due(is_tick, is_last, is_done)
        if due.state:
            self._reporter.update_times()
            self._saver.save_state()
        if is_tick:
            status = list_status(self._recipe, self._graph, sched)
            self._reporter.report_tick(sched, tflib.run(self._graph.num_skipped), status)
        if due.images:
            self._saver.save_images(sched.minibatch_gpu)
        pkl = self._saver.save_networks() if due.networks else None
        if pkl is not None and (is_done or not is_last):
            with dnnlib.RunContext.get().interruptible():
                self._run_metrics(pkl)
        if pkl is not None:
            self._saver.remove_superfluous(pkl, self._keep)
        if is_tick:
            self._reporter.finish_tick()

    def _run_metrics(self, pkl):
        """Evaluate metrics on a snapshot, which is read once for all, and report the numbers.

        A run that was killed after a metric was evaluated, but before the next state, finds its numbers in the file.
        """
        run_dir = dnnlib.make_run_dir_path()
        opened = snapshots.open_snapshot(pkl) if self._metrics else None
        for index, metric in enumerate(self._metrics):
            results = keeping.read_results(run_dir, metric.name)
            if opened.sha256 not in results:
                snapshots.keep(opened)
                metric.run(pkl, run_dir=run_dir, **self._metric_args)
                results[opened.sha256] = metric.get_results()['results']
            for name, value in results[opened.sha256].items():
                self._reporter.add_scalar('Metrics/' + name, value)
            is_deciding = index == 0 and self._keep == 'best'
            if is_deciding and keeping.is_best(opened.sha256, results, metric.higher_is_better):
                self._saver.save_best_networks(pkl)

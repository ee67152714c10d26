# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a method of training tells the loop: its data sets, networks, phases, averages, controllers and images."""

import collections

import tensorflow.compat.v1 as tf

from training.reals import process_reals
from training.snapshots import open_snapshot

FRESH, SAME = 'fresh', 'same'

_PHASE = 'name networks opt_args lrate lrate_gain interval repeats images shares'


class Phase(collections.namedtuple('Phase', _PHASE)):
    """One update of some networks within a step of training.

    Attributes:
        name: Name of the phase and of its optimizer.
        networks: Names of the networks whose weights it moves; empty for one that only collects statistics.
        opt_args: Keywords of `tflib.Optimizer` but for the learning rate.
        lrate: Name of the learning rate in the schedule; without effect if there are no networks.
        lrate_gain: Factor of it.
        interval: It is due every so many minibatches.
        repeats: How often it is run when it is due.
        images: FRESH if it takes new real images from all data sets, SAME if it reads those of the phase before, None
            if it reads none. SAME is for a phase directly behind: after one that reads none, a minibatch that takes
            several rounds has new images for it.
        shares: Names of earlier phases whose moments and learning rate it goes on with, each for the networks that both
            move: one phase for each network.
    """

    __slots__ = ()

    def __new__(
        cls,
        name,
        networks=(),
        opt_args=None,
        lrate='lrate',
        lrate_gain=1.0,
        interval=1,
        repeats=1,
        images=None,
        shares=(),
    ):
        """Make a phase; what is not given takes no part."""
        if images not in (None, FRESH, SAME):
            raise ValueError(f'images of phase {name} must be {FRESH!r}, {SAME!r} or None, got {images!r}')
        if interval < 1 or repeats < 1:
            raise ValueError(f'phase {name} needs interval and repeats of at least 1, got {interval} and {repeats}')
        if images == SAME and repeats > 1:
            raise ValueError(f'phase {name} repeats, so its images must be {FRESH!r} or None')
        shares = (shares,) if isinstance(shares, str) else tuple(shares)
        return super().__new__(
            cls, name, tuple(networks), dict(opt_args or {}), lrate, lrate_gain, interval, repeats, images, shares
        )


# Network `name` follows `source` with a half-life of `kimg` thousand images, a number or the name of an input of the
# schedule; 0 copies it.
Average = collections.namedtuple('Average', 'name source kimg')


def check_plan(phases, averages, networks):
    """Raise ValueError unless phases and averages fit together and to the networks, a dict by name."""
    names = [phase.name for phase in phases]
    twice = [name for name in names if names.count(name) > 1]
    if twice or not names:
        raise ValueError(f'there are two phases {twice[0]!r}' if twice else 'a recipe needs a phase')
    trained = [name for name in networks if name not in [average.name for average in averages]]
    for index, phase in enumerate(phases):
        _check_known(f'network of phase {phase.name}', phase.networks, trained)
        _check_known(f'phase that {phase.name} shares with', phase.shares, names[:index])
    for average in averages:
        _check_known('average', [average.name], networks)
        _check_known(f'source of average {average.name}', [average.source], trained)
    reading = [phase for phase in phases if phase.images is not None]
    if reading and reading[0].images == SAME:
        raise ValueError(f'phase {reading[0].name} is the first that reads images, so they must be {FRESH!r}')


def _check_known(what, names, known):
    for name in names:
        if name not in known:
            raise ValueError(f'{what}: {name!r} is none of {", ".join(known) or "none"}')


class Controller:
    """Looks at statistics between minibatches and moves what they call for, such as the strength of augmentation.

    Its variables belong to the collection `training.loss.TRAINING_STATE`, so that a resumed run goes on with them.
    """

    def update(self, num_images):
        """Look at the statistics of the last `num_images` images."""
        raise NotImplementedError

    def get_status(self):
        """Return name -> number of what the status line adds."""
        return {}


class Recipe:
    """A method of training; `training.loop.train` calls what is here, about in this order.

    Attributes:
        inputs: Names of numbers of the schedule that the graph needs besides sizes and learning rates.
    """

    inputs = ()

    def list_minibatches(self):
        """Return the pairs (minibatch size, images per device) that occur in the schedule."""
        raise NotImplementedError

    def list_datasets(self):
        """Return the names of the data sets as the user gave them, for messages."""
        raise NotImplementedError

    def open_data(self, seed):
        """Return name -> data set; by these names the losses get their images.

        Args:
            seed: Seed of the run, an integer of 32 bits. Several data sets need one each, to be independent.
        """
        raise NotImplementedError

    def build_networks(self, data):
        """Return name -> new network, in the order of a snapshot.

        Networks of a module of their own need a record in the module `families.py` of their package, by which snapshots
        find them.
        """
        raise NotImplementedError

    def make_networks(self, data, resume_pkl=None):
        """Return name -> network, anew or, if there is one, from a snapshot."""
        if resume_pkl is None:
            return self.build_networks(data)
        print(f'Loading networks from "{resume_pkl}"...')
        snapshot = open_snapshot(resume_pkl)
        wanted = {name for phase in self.list_phases() for name in phase.networks}
        snapshot.require(*sorted(wanted | {average.name for average in self.list_averages()}))
        return collections.OrderedDict((name, snapshot.build(name)) for name in snapshot.names)

    def build_samples(self, networks, data):
        """Return a function `save(suffix, minibatch_size)`, which draws the images of a tick into the run directory.

        The suffix, such as `000123`, is part of their names. Whatever `save` needs of the graph has to be built here.
        """
        raise NotImplementedError

    def list_phases(self):
        """Return the phases in the order of a step."""
        raise NotImplementedError

    def list_averages(self):
        """Return the moving averages, a list of `Average`."""
        return []

    def process_images(self, training_set, images, labels, clock):
        """Return real images [NCHW] and labels [N, label_size] as the losses want them, as tensors.

        Args:
            training_set: Data set that they come from.
            images: Images as they are in it.
            labels: Their labels.
            clock: See `build_tower`.
        """
        del clock
        return process_reals(images, labels, None, False, training_set.dynamic_range, (-1, 1))

    def build_tower(self, networks, data, images, clock, optimizers):
        """Build the losses on one device; nothing is run.

        Args:
            networks: Name -> network of this device.
            data: Name -> data set.
            images: Name of a data set -> (images [NCHW], labels [N, label_size]), as the phases read them.
            clock: EasyDict of scalar tensors or numbers: `minibatch_size`, `minibatch_gpu`, and those of `inputs`; and
                `unrepeated`, a `tflib.RandomClock`. Random numbers have to be drawn with `tflib.random_normal` and
                `tflib.random_uniform`, so that a training can go on exactly. Those that are drawn within `unrepeated`
                are the same in each repetition of a phase.
            optimizers: Name of a phase that moves networks -> its first optimizer, for losses that need its scaling.

        Returns:
            Dict name of a phase -> loss, a tensor of any shape, of which the mean counts. A phase without is left out.
        """
        raise NotImplementedError

    def list_lrate_gains(self, name, variables):
        """Return local name -> factor of the learning rate for the trained variables of a network; 0 leaves them alone.

        Args:
            name: Name of the network.
            variables: Local names of its trained variables, in the order in which they are made.
        """
        del name
        return dict.fromkeys(variables, 1.0)

    def build_schedule_op(self, networks, clock):
        """Return the op that tells networks where in the schedule they are.

        Args:
            networks: List of the networks of all devices, averages included.
            clock: See `build_tower`.
        """
        del networks, clock
        return tf.no_op()

    def list_controllers(self):
        """Return the controllers, a list of `Controller`; called when all losses are built."""
        return []

    def compute_schedule(self, nimg, data):
        """Return the schedule after `nimg` images of the data sets `data`.

        Returns:
            EasyDict of `lod`, `minibatch_size`, `minibatch_gpu`, `tick_kimg`, and the learning rates and inputs.
        """
        raise NotImplementedError

    def forgets_moments(self, lod_before, lod):
        """Tell whether the optimizers begin anew at a change of the level of detail, which is -1 before the first."""
        del lod_before, lod
        return False

    def get_status(self, sched):
        """Return name -> number of what the status line adds."""
        del sched
        return {}

    def pack_networks(self, networks):
        """Return what a snapshot holds."""
        return collections.OrderedDict(networks)

    def get_metric_data(self):
        """Return `data_dir`, `dataset_args` and `mirror_augment` of `MetricBase.run`, which tell what reals count."""
        return {}

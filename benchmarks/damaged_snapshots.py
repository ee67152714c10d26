# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Try how the loader takes damaged snapshots: changes random bytes of one, loads it, and counts what comes of it.

Each damaged file must either open, or end in one clear error. What is read without one is built as well, once for every
choice of build functions and keywords: these decide which variables there must be. Prints a table; the exit status is 1
if anything else happened.
"""

import collections
import csv
import functools
import io
import os
import resource
import sys
import time

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from dnnlib import cmdline  # noqa: E402
from dnnlib.progress import Progress  # noqa: E402
from dnnlib.util import UserError  # noqa: E402


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, 'example:\n  python benchmarks/damaged_snapshots.py --num=100000')
    add = functools.partial(cmdline.add_option, parser)
    add(
        '--network PKL',
        'snapshot to damage (default: a tiny one of the tests)',
        cmdline.parse_path,
        default=os.path.join(ROOT, 'tests', 'data', 'snapshot_stylegan2_tf2_numpy2.pkl'),
    )
    add('--num N', 'trials', cmdline.parse_positive_int, default=10000)
    add('--max-bytes N', 'largest number of bytes that are changed at once', cmdline.parse_positive_int, default=8)
    add('--seed N', 'random seed', cmdline.parse_seed, default=0)
    return parser.parse_args(argv)


def damage(data, rnd, max_bytes):
    """Return a copy of `data` with up to `max_bytes` random bytes changed."""
    damaged = bytearray(data)
    for position in rnd.randint(len(data), size=rnd.randint(1, max_bytes + 1)):
        damaged[position] = rnd.randint(256)
    return bytes(damaged)


class Trials:
    """Loads files and counts the outcomes."""

    def __init__(self):
        self.outcomes = collections.Counter()
        self.surprises = []
        self.max_read_sec = self.max_build_sec = 0.0
        self.num_built = 0
        self._opened = {}  # Options of networks -> their variables.
        self._refused = set()  # Pairs of these.

    def try_file(self, data):
        """Load one file."""
        begin = time.perf_counter()
        try:
            networks = self._read(data)
            self.max_read_sec = max(self.max_read_sec, time.perf_counter() - begin)
            is_opened = all(self._build_once(net, repr(options), repr(names)) for net, (options, names) in networks)
            outcome = 'opened' if is_opened else 'refused when built'
        except UserError as error:
            self.max_read_sec = max(self.max_read_sec, time.perf_counter() - begin)
            outcome = 'refused when read'
            self._check_message(str(error))
        except BaseException as error:  # Whatever it is, it should not have happened.
            outcome = f'other error: {type(error).__name__}'
            self.surprises.append(f'{outcome}: {error}')
        self.outcomes[outcome] += 1

    def _check_message(self, message):
        if not message.isprintable() or len(message) > 1000:
            self.surprises.append(f'unfit message of {len(message)} characters: {message[:100]!r}')

    def _read(self, data):
        """Return the networks of a file, each with its signature."""
        from dnnlib.tflib.snapshots import pickling

        networks = pickling.load(io.BytesIO(data), name='the file')
        return [(net, sign(net)) for net in (networks if isinstance(networks, tuple) else [networks])]

    def _build_once(self, net, options, variables):
        """Tell whether a network can be built, which is known if one of the same options was built before."""
        if options in self._opened:
            return self._opened[options] == variables
        if (options, variables) in self._refused:
            return False
        begin = time.perf_counter()
        is_opened = self._build(net)
        self.max_build_sec = max(self.max_build_sec, time.perf_counter() - begin)
        self.num_built += 1
        if is_opened:
            self._opened[options] = variables
        else:
            self._refused.add((options, variables))
        return is_opened

    def _build(self, net):
        import tensorflow.compat.v1 as tf

        from dnnlib import tflib
        from dnnlib.tflib import network

        try:
            with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
                network.build_networks(net)
        except UserError as error:
            self._check_message(str(error))
            return False
        return True


def sign(net, module=None):
    """Return what decides which variables a network needs, and those that it has; raise UserError if it is refused."""
    from dnnlib.tflib.snapshots import families, network_state, pickling

    if not isinstance(net, pickling.PickledNetwork):
        return type(net).__name__, None
    state = network_state.check_state(net.state)
    func, kwargs = families.find_build_func(state, module)
    parts = [(key, sign(part, func.__module__)) for key, part in state['components'].items()]
    options = state['name'], func.__module__, func.__name__, sorted(kwargs.items()), [(k, part[0]) for k, part in parts]
    variables = sorted((name, np.shape(value)) for name, value in state['variables'])
    return options, (variables, [part[1] for _, part in parts])


def main(argv=None):
    """Parse the command line, damage and load, and print the table."""
    args = parse_args(argv)
    with open(args.network, 'rb') as file:
        data = file.read()
    rnd = np.random.RandomState(args.seed)
    trials = Trials()
    trials.try_file(data)  # Loads TensorFlow.
    if trials.outcomes != {'opened': 1}:
        raise UserError(f'{args.network} does not open: {dict(trials.outcomes)}')
    trials.outcomes.clear()
    trials.max_read_sec = trials.max_build_sec = 0.0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    with Progress('Opening', args.num, 'files') as progress:
        for _ in range(args.num):
            trials.try_file(damage(data, rnd, args.max_bytes))
            progress.update()
    rows = [(outcome, count) for outcome, count in sorted(trials.outcomes.items())]
    rows += [
        ('networks built', trials.num_built),
        ('longest time to read, s', round(trials.max_read_sec, 3)),
        ('longest time to build, s', round(trials.max_build_sec, 3)),
        ('growth of memory, MB', (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) // 1024),
        ('total time, s', round(time.perf_counter() - begin, 1)),
    ]
    csv.writer(sys.stdout, delimiter='\t', lineterminator='\n').writerows(rows)
    for surprise in trials.surprises[:20]:
        print(surprise)
    sys.exit(1 if trials.surprises else 0)


if __name__ == '__main__':
    cmdline.run(main)

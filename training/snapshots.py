# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots: files of networks, opened once, from which those networks are built that somebody asks for.

Which file is meant by what a user types is decided in `training.snapshot_files`, what may be in a file is checked in
`dnnlib.tflib.snapshots`, and what the networks of a family are is known to `training.families`.
"""

import collections
import contextlib
import os

import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from dnnlib.guarded_unpickler import brief
from dnnlib.progress import Clock
from dnnlib.tflib.snapshots import families, network_state, pickled_code, pickling
from dnnlib.util import EasyDict, UserError
from training import network_urls, snapshot_files

NETWORK_NAMES = ('G', 'D', 'Gs')  # The names of the networks in a tuple of three, in their order.

_TEXT_BYTES = 30000  # Of a network besides its variables, about.

_kept_cache = {}  # What `keep` was given, until it is opened again: what identifies the file -> Snapshot.


def open_snapshot(path_or_url):
    """Read a snapshot; code inside the file is not executed.

    Args:
        path_or_url: Path of the file, of a run directory or of a result directory, which stand for their newest
            snapshot; URL, or name such as `gdrive:networks/stylegan2-ffhq-config-f.pkl`. A `Snapshot` is returned
            as it is.

    Raises:
        UserError: If the file is missing or is no snapshot.
    """
    if isinstance(path_or_url, Snapshot):
        return path_or_url
    name = snapshot_files.choose_snapshot(util.expand_path(path_or_url))
    path = network_urls.fetch(name)
    kept = _kept_cache.pop(_identify(name, path), None)
    _kept_cache.clear()
    if kept is not None:
        return kept
    with Clock(f'Reading {name}'), open(path, 'rb') as file:
        return Snapshot(pickling.load(file, name=str(name)), name, path)


def keep(snapshot):
    """Keep an opened snapshot for the next who opens the same file, and then no longer.

    With it, who checks a snapshot before a run and who draws with it in the run read the file once, though the run
    is told its name.
    """
    _kept_cache.clear()
    _kept_cache[_identify(snapshot.name, snapshot.path)] = snapshot


def _identify(name, path):
    """Return what a file and the trust in it are known by, so that a file that was replaced is read anew."""
    status = os.stat(path)
    trust = [os.environ.get(variable) for variable in (pickled_code.ALLOW_VARIABLE, pickled_code.TRUSTED_VARIABLE)]
    return (str(name), os.path.realpath(path), status.st_ino, status.st_size, status.st_mtime_ns, *trust)


def save_snapshot(networks, path):
    """Write a snapshot; if that fails, for instance on a full disk, an older file of that name survives.

    Args:
        networks: The tuple (G, D, Gs), as readers of StyleGAN2 expect; an ordered dict of networks, or a network.
        path: File to write.
    """
    with util.atomic_write(path, durable=True) as file:
        pickling.dump(networks, file)


def count_bytes(networks):
    """Return about how many bytes a snapshot of networks takes, mostly those of their variables.

    Args:
        networks: See `save_snapshot`.
    """
    nets = networks.values() if isinstance(networks, dict) else networks
    return sum(_TEXT_BYTES + sum(4 * var.shape.num_elements() for var in net.vars.values()) for net in nets)


class Snapshot:
    """What a file of networks holds, none of them built.

    Attributes:
        name: What the file is called in messages: path, URL or name of a published network.
        path: Path of the file on this machine.
        content: What it holds, with a `PickledNetwork` in place of each network.
        networks: Ordered dict name -> PickledNetwork. A tuple of three is called 'G', 'D' and 'Gs', and a network on
            its own by the name that it was saved with; a dict has names.

    Args:
        content: See above, as the other two.
        name: See above.
        path: See above.
    """

    def __init__(self, content, name, path):
        self.content = content
        self.name = name
        self.path = path
        self._sha256 = None
        with self._naming():
            self.networks = collections.OrderedDict(_list_networks(content))

    @property
    def names(self):
        """The names of the networks, in their order."""
        return list(self.networks)

    @property
    def sha256(self):
        """The checksum of the file, which is computed when it is first asked for."""
        if self._sha256 is None:
            with Clock(f'Computing the checksum of {self.name}'):
                self._sha256 = util.hash_file(self.path)
        return self._sha256

    def require(self, *names):
        """Raise UserError unless there are networks of these names."""
        missing = [name for name in names if name not in self.networks]
        if missing and set(names) <= set(NETWORK_NAMES):
            raise UserError(f'{self.name} must hold the three networks (G, D, Gs)')
        if missing:
            raise UserError(f'{self.name} holds {", ".join(self.names) or "no networks"}, but no {", ".join(missing)}')

    def build(self, *names):
        """Build networks in the default graph and session, only those that are asked for.

        Args:
            *names: Names of networks; without any, what the file holds is returned with all its networks built.

        Returns:
            The network, or a tuple of them if there are several names.

        Raises:
            UserError: If there is no network of a name, its family is not known, or its parts do not fit together.
        """
        self.require(*names)
        with self._naming(), Clock(f'Building the networks of {self.name}'):
            if not names:
                return tflib.network.build_networks(self.content)
            built = tuple(tflib.network.build_networks(self.networks[name]) for name in names)
        return built if len(built) > 1 else built[0]

    def resolve(self, name):
        """Return by which function of this project, and with which keywords, a network is built.

        Returns:
            EasyDict of `func_name`, its full name; `static_kwargs`, what was given as the network was made; and
            `kwargs`, the same with defaults.

        Raises:
            UserError: If there is no such network, or its family is not known.
        """
        self.require(name)
        with self._naming():
            func, static_kwargs = families.find_build_func(network_state.check_state(self.networks[name].state))
            defaults = families.get_family(func.__module__).get_all_defaults(func, static_kwargs)
        return EasyDict(
            func_name=f'{func.__module__}.{func.__name__}',
            static_kwargs=dict(static_kwargs),
            kwargs=dict(defaults, **static_kwargs),
        )

    def describe(self, name='Gs'):
        """Check all networks without building them, and tell what one is for.

        Returns:
            EasyDict of `family`, for instance 'StyleGAN2', and of what the family tells: for generators
            `image_shape`, a list [C, H, W], `label_size`, and `num_layers`, the number of layers of w. The family is
            None if the network is made by code in the file; then it is built for this.

        Raises:
            UserError: If there is no such network, or a family is not known.
        """
        self.require(name)
        with self._naming():
            try:
                return {key: _describe(net) for key, net in self.networks.items()}[name]
            except UserError:
                if not self.networks[name].is_trusted:
                    raise
                return _describe_built(self.networks[name])

    @contextlib.contextmanager
    def _naming(self):
        """Put the name of the file in front of the message of a UserError."""
        try:
            yield
        except UserError as error:
            raise UserError(f'{self.name} cannot be loaded: {error}') from None


def _list_networks(content):
    """Yield name and network of each network in what a file holds."""
    if isinstance(content, dict):
        items = ((brief(key), part) for key, part in content.items())
    else:
        parts = content if isinstance(content, (tuple, list)) else [content]
        is_three = isinstance(content, tuple) and len(content) == len(NETWORK_NAMES)
        names = NETWORK_NAMES if is_three and all(_is_network(part) for part in parts) else [None] * len(parts)
        items = zip(names, parts)
    taken = set()
    for index, (name, part) in enumerate(items):
        if _is_network(part):
            name = name or brief(network_state.check_state(part.state)['name'])
            name = f'{name}_{index}' if name in taken else name
            taken.add(name)
            yield name, part


def _is_network(part):
    return isinstance(part, pickling.PickledNetwork)


def _describe(net):
    """Return the description of a network by its family, see `Snapshot.describe`."""
    func, kwargs = families.find_build_func(network_state.check_state(net.state))
    family = families.get_family(func.__module__)
    return EasyDict(family.describe(func, kwargs), family=family.name)


def _describe_built(net):
    """Return the description of a generator that the code in its file makes, see `Snapshot.describe`."""
    with tf.Graph().as_default(), tflib.create_session() as session, session.as_default():
        Gs = tflib.network.build_networks(net)
    synthesis = Gs.components.get('synthesis', Gs)
    return EasyDict(
        image_shape=Gs.output_shape[1:],
        label_size=Gs.input_shapes[1][1] if Gs.num_inputs > 1 else 0,
        num_layers=synthesis.input_shape[1],
        family=None,
    )

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""A trained generator in a graph and a session of its own: latents in, images out, all as NumPy arrays.

It is what editing, metrics and whatever else draws with a snapshot stand on.
"""

import collections
import contextlib
import re
import threading

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib
from dnnlib.util import UserError
from training import snapshots

MINIBATCH_PIXELS = 1 << 21  # Of the images that are drawn at a time, unless the caller decides.
MAX_MINIBATCH_SIZE = 32

Layer = collections.namedtuple('Layer', ['name', 'shape'])


def list_noise_vars(synthesis):
    """Return the noise variables [11HW] of a synthesis network by local name, in the order of its layers."""
    items = synthesis.vars.items()
    return collections.OrderedDict((name, var) for name, var in items if re.match(r'noise\d+$', name))


def make_label(class_index, label_size):
    """Return the label of a class, float32 [label_size], or None for no class.

    Args:
        class_index: Index of the class, or None.
        label_size: Size of the labels of the network.

    Raises:
        UserError: If the network has no such class.
    """
    if class_index is None:
        return None
    if label_size == 0:
        raise UserError('`class_index` was given, but the network was trained without labels; leave the option out')
    if class_index not in range(label_size):
        raise UserError(f'`class_index` must be within 0-{label_size - 1} for this network, got {class_index}')
    return np.eye(label_size, dtype=np.float32)[class_index]


def choose_minibatch_size(image_shape):
    """Return the number of images [CHW] to draw at a time: many small ones, few large ones."""
    return int(np.clip(MINIBATCH_PIXELS // np.prod(image_shape[1:]), 1, MAX_MINIBATCH_SIZE))


class Generator:
    """Gs of a snapshot, ready to draw.

    Threads may share it; they take turns. Any number of them, of one or of several snapshots, may exist side by side,
    whatever graph and session are the default ones. It is closed by `close`, or by the end of a `with` block.

    Noise, wherever it can be given, is None for what is saved in the network, 'random' for another one with every
    image, or a dict: name as in `noise_shapes` -> array [N1HW], where N is the number of images, or 1 for the same in
    all of them. What such a dict lacks is as saved.

    Args:
        snapshot: Path, URL or `training.snapshots.Snapshot`.
        tf_config: Session options over those of `tflib.init_tf`.
        seed: Seed of random noise, or None for another one each time.

    Attributes:
        name: What the snapshot is called in messages.

    Raises:
        UserError: If the file is missing, is no snapshot, or has no Gs that can be built.
    """

    def __init__(self, snapshot, tf_config=None, seed=None):
        snapshot = snapshots.open_snapshot(snapshot)
        self.name = snapshot.name
        self._lock = threading.RLock()
        self._graph = tf.Graph()
        self._Gs = None
        with self._graph.as_default():
            tf.set_random_seed(seed)
            self._session = tflib.create_session(tflib.tfutil.prepare_process(tf_config))
        try:
            with self.activate():
                self._Gs = snapshot.build('Gs')
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    def close(self):
        """Free the memory of the session; afterwards shapes can be asked for, but nothing can be drawn."""
        with self._lock:
            if self._session is not None:
                self._session.close()
                self._session = None

    @contextlib.contextmanager
    def activate(self):
        """Make graph and session the default ones of this thread while a `with` block lasts; yield the network Gs.

        It is for what has no method here. Other threads wait for the end of the block.
        """
        with self._lock:
            if self._session is None:
                raise ValueError(f'the generator of {self.name} is closed')
            with self._graph.as_default(), self._session.as_default():
                yield self._Gs

    # ------------------------------------------------------------------ what it is

    @property
    def image_shape(self):
        """Shape of an image, a list [C, H, W]."""
        return list(self._Gs.output_shape[1:])

    @property
    def latent_size(self):
        """Size of z."""
        return self._Gs.input_shape[1]

    @property
    def label_size(self):
        """Size of the labels, 0 if the network takes none."""
        return self._Gs.input_shapes[1][1] if len(self._Gs.input_shapes) > 1 else 0

    @property
    def num_layers(self):
        """Number of layers of w."""
        return self._Gs.components.synthesis.input_shape[1]

    @property
    def dlatent_size(self):
        """Size of w."""
        return self._Gs.components.synthesis.input_shape[2]

    @property
    def dlatent_avg(self):
        """The mean of w, float32 [D]."""
        with self.activate() as Gs:
            return Gs.get_var('dlatent_avg')

    @property
    def noise_shapes(self):
        """Ordered dict: name of a noise variable -> its shape [1, 1, H, W]."""
        noise_vars = list_noise_vars(self._Gs.components.synthesis)
        return collections.OrderedDict((name, var.shape.as_list()) for name, var in noise_vars.items())

    def layers(self):
        """Return the layers of the synthesis network that have weights, in their order.

        Returns:
            List of `Layer`: `name`, for instance '8x8/Conv0_up', and the `shape` [C, H, W] of what it computes.
        """
        with self.activate() as Gs:
            layers = Gs.components.synthesis.list_layers()
        return [Layer(name, output.shape.as_list()[1:]) for name, output, weights in layers if weights]

    # ------------------------------------------------------------------ inputs

    def make_label(self, class_index):
        """Return the label of a class, float32 [label_size]; see the function of this name."""
        return make_label(class_index, self.label_size)

    def sample_latents(self, seeds):
        """Return the latents z [ND] of seeds of NumPy's RandomState."""
        return np.stack([np.random.RandomState(seed).randn(self.latent_size) for seed in seeds])

    def sample(self, seeds):
        """Return all that seeds decide, in the official order of random numbers: latents, then noise by layers.

        Args:
            seeds: Seeds of NumPy's RandomState.

        Returns:
            Tuple (latents [ND], dict of noise).
        """
        shapes = self.noise_shapes
        latents, noise = [], {name: [] for name in shapes}
        for seed in seeds:
            rnd = np.random.RandomState(seed)
            latents.append(rnd.randn(self.latent_size))
            for name, shape in shapes.items():
                noise[name].append(rnd.randn(*shape).astype(np.float32))
        return np.stack(latents), {name: np.concatenate(parts) for name, parts in noise.items()}

    # ------------------------------------------------------------------ drawing

    def map(self, latents, labels=None, truncation_psi=None, truncation_cutoff=None):
        """Return the intermediate latents w of latents.

        Args:
            latents: Latents z [ND].
            labels: Labels [N, label_size], one label [label_size] for all, or None for zeros.
            truncation_psi: See `truncate`, as the next; None for no truncation.
            truncation_cutoff: See there.

        Returns:
            float32 [NLD].
        """
        with self.activate() as Gs:
            dlatents = Gs.components.mapping.run(latents, _repeat_label(labels, len(latents)))
        return dlatents if truncation_psi is None else self.truncate(dlatents, truncation_psi, truncation_cutoff)

    def truncate(self, dlatents, truncation_psi, truncation_cutoff=None):
        """Pull intermediate latents towards their mean, trading variety for fidelity.

        Args:
            dlatents: Intermediate latents w [NLD].
            truncation_psi: Distance from the mean that is kept: 1 all, 0 none.
            truncation_cutoff: Number of first layers that are truncated, or None for all.

        Returns:
            float32 [NLD].

        In a graph, `training.truncation.truncate_dlatents` does this.
        """
        if truncation_cutoff is not None and not 0 <= truncation_cutoff <= self.num_layers:
            raise ValueError(f'truncation_cutoff must be within 0-{self.num_layers} or None, got {truncation_cutoff}')
        truncated = np.array(dlatents, np.float32)
        mean = self.dlatent_avg  # [D]
        layers = slice(truncation_cutoff)
        truncated[:, layers] = mean + (truncated[:, layers] - mean) * truncation_psi
        return truncated

    def render(self, dlatents, noise=None, minibatch_size=None, print_progress=False):
        """Draw images from intermediate latents.

        Args:
            dlatents: Intermediate latents w [NLD].
            noise: See the class.
            minibatch_size: Images to draw at a time; None for what suits their size.
            print_progress: Show a bar, see `dnnlib.progress`.

        Returns:
            uint8 images [NHWC].
        """
        expected = [self.num_layers, self.dlatent_size]
        if list(np.shape(dlatents)[1:]) != expected:
            raise ValueError(f'dlatents must have the shape {["N"] + expected}, got {list(np.shape(dlatents))}')
        with self.activate() as Gs:
            return self._run(Gs.components.synthesis, [dlatents], noise, minibatch_size, print_progress=print_progress)

    def draw(self, latents, labels=None, noise=None, truncation_psi=None, truncation_cutoff=None, minibatch_size=None):
        """Draw images from latents.

        Args:
            latents: Latents z [ND].
            labels: Labels [N, label_size], one label [label_size] for all, or None for zeros.
            noise: See the class.
            truncation_psi: Distance from the mean of w that is kept; None leaves the choice to the network.
            truncation_cutoff: Number of first layers that are truncated; None leaves the choice to the network.
            minibatch_size: Images to draw at a time; None for what suits their size.

        Returns:
            uint8 images [NHWC].
        """
        chosen = {'truncation_psi': truncation_psi, 'truncation_cutoff': truncation_cutoff}
        chosen = {name: value for name, value in chosen.items() if value is not None}
        with self.activate() as Gs:
            return self._run(Gs, [latents, _repeat_label(labels, len(latents))], noise, minibatch_size, **chosen)

    def draw_seed(self, seed, label=None, truncation_psi=None, truncation_cutoff=None):
        """Return the image of a seed, which decides its latents and its noise, uint8 [HWC]; arguments as `draw`."""
        latents, noise = self.sample([seed])
        return self.draw(latents, label, noise, truncation_psi, truncation_cutoff)[0]

    def _run(self, net, inputs, noise, minibatch_size, **kwargs):
        """Return what Gs or its synthesis network draws, uint8 [NHWC]."""
        is_random = isinstance(noise, str) and noise == 'random'
        given = {} if is_random else self._expand_noise(noise or {}, len(inputs[0]))
        noise_vars = list_noise_vars(self._Gs.components.synthesis)
        return net.run(
            *inputs,
            randomize_noise=is_random,
            sample_vars={net.get_var_local_name(noise_vars[name]): values for name, values in given.items()},
            output_transform={'func': tflib.convert_images_to_uint8, 'nchw_to_nhwc': True},
            minibatch_size=minibatch_size or choose_minibatch_size(self.image_shape),
            **kwargs,
        )

    def _expand_noise(self, noise, num):
        """Return noise with a row for each image, name -> array [N1HW]."""
        if not isinstance(noise, dict):
            raise ValueError(f"noise must be None, 'random' or a dict of arrays, got {noise!r}")
        shapes, expanded = self.noise_shapes, {}
        for name, values in noise.items():
            if name not in shapes:
                raise UserError(f'noise: the network has {", ".join(shapes) or "none"}, got {name}')
            shape = list(np.shape(values))
            if shape[1:] != shapes[name][1:] or shape[0] not in (1, num):
                raise UserError(f'noise: {name} must have the shape {[num] + shapes[name][1:]}, got {shape}')
            expanded[name] = np.broadcast_to(values, [num] + shape[1:])
        return expanded


def _repeat_label(labels, num):
    """Return labels [N, label_size], also if there is one label [label_size] for all of them; None stays None."""
    return labels if np.ndim(labels) != 1 else np.tile(labels, [num, 1])

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""How strongly images are augmented: as much as keeps the discriminator from learning the real ones by heart.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", 2020, section 3 (arXiv:2006.06676).
"""

import sys

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from dnnlib.tflib.autosummary import autosummary
from training.loss import TRAINING_STATE
from training.recipes.recipe import Controller

HEURISTICS = {'rt': 0.6, 'rv': 0.5}
"""Name of a heuristic -> value of it to keep to, unless there is another one."""

_STATISTICS = {'rt': ['signs/real'], 'rv': ['scores/real', 'scores/fake', 'scores/valid']}
_LEAK_STRENGTH = 0.8  # Above, what augmentation does to images begins to show in generated ones: section 2.2.


class AdaptiveAugment(Controller):
    """Augments what the discriminator sees, and moves the strength p by what it says of real images.

    Args:
        apply_func: Name of a function of images [NCHW], labels and `strength`, which returns images and labels.
        apply_args: Further keywords of it.
        initial_strength: Strength at the beginning, and always if there is no heuristic.
        tune_heuristic: 'rt', the mean sign of the scores of real images; 'rv', where the scores of a validation set lie
            between those of real (0) and of generated (1) images; or None.
        tune_target: Value of the heuristic to keep to; more of it, more strength. None for that of `HEURISTICS`.
        tune_kimg: Thousands of images in which the strength goes from 0 to 1.
        stat_decay_kimg: Half-life of the statistics in thousands of images; 0 to forget them at each look.
        max_strength: Largest strength.
    """

    def __init__(
        self,
        apply_func='training.augment.augment_pipeline',
        apply_args=None,
        initial_strength=0.0,
        tune_heuristic=None,
        tune_target=None,
        tune_kimg=500,
        stat_decay_kimg=0,
        max_strength=1.0,
    ):
        self._apply_func = apply_func
        self._apply_args = dict(apply_args or {})
        self.tune_heuristic = tune_heuristic
        self._tune_target = HEURISTICS.get(tune_heuristic) if tune_target is None else tune_target
        self._tune_kimg = tune_kimg
        self._stat_decay_kimg = stat_decay_kimg
        self._max_strength = max_strength
        self._needed = _STATISTICS[tune_heuristic] if tune_heuristic else []
        self._is_enabled = initial_strength > 0 or tune_heuristic is not None
        self._sums = {name: [] for name in self._needed}  # Name -> variables [count, sum], one for each place.
        self._has_warned = False
        with tf.control_dependencies(None), tf.device('/cpu:0'):
            self._strength = _make_state(initial_strength, 'Augment/strength')
            self._heuristic = _make_state(np.nan, 'Augment/heuristic')  # Value at the last look.
            self._new_strength, self._new_heuristic, self._kept_share = [
                tf.placeholder(tf.float32, []) for _ in range(3)
            ]
        self._set = None

    def apply(self, images, labels):
        """Return augmented images [NCHW], and the labels."""
        if not self._is_enabled:
            return images, labels
        with tf.name_scope('Augment'):
            return util.call_func_by_name(
                images, labels, func_name=self._apply_func, strength=self._strength, **self._apply_args
            )

    def attach(self, D, kinds=()):
        """Return what the losses take for the discriminator D, which sees augmented images and counts its scores.

        Args:
            D: Discriminator.
            kinds: Pairs of a tensor of images and 'real' or 'valid'; all others are 'fake'.
        """
        return _AugmentedDiscriminator(self, D, kinds)

    def count(self, kind, scores):
        """Return scores [N1], an identity that must be used downstream for the statistics to count them.

        Args:
            kind: 'real', 'fake' or 'valid'.
            scores: Scores of the discriminator.
        """
        updates = []
        for what, values in [('scores', scores), ('signs', tf.sign(scores))]:
            if f'{what}/{kind}' in self._needed:
                with tf.control_dependencies(None):
                    sums = _make_state(np.zeros(2), 'Augment/' + what + '_' + kind)
                self._sums[f'{what}/{kind}'].append(sums)
                updates.append(tf.assign_add(sums, [tf.cast(tf.size(values), tf.float32), tf.reduce_sum(values)]))
        with tf.control_dependencies(updates):
            return autosummary(f'Loss/signs/{kind}', tf.sign(scores), passthru=scores)

    def finish(self):
        """Build the op that sets strength and sums, when all that is counted is known; return the controller itself."""
        variables = [var for places in self._sums.values() for var in places]
        moves = [tf.assign(var, var * self._kept_share) for var in variables]
        moves += [tf.assign(self._strength, self._new_strength), tf.assign(self._heuristic, self._new_heuristic)]
        self._set = tf.group(*moves)
        return self

    def update(self, num_images):
        """Move the strength by the statistics since the last look."""
        if self.tune_heuristic is None:
            return
        strength, sums = tflib.run([self._strength, self._sums])
        means = {}
        for name, places in sums.items():
            count, total = np.sum(places, axis=0, dtype=np.float64)
            means[name] = total / max(count, 1)
        heuristic = _HEURISTIC_FUNCS[self.tune_heuristic](means)
        step = np.sign(heuristic - self._tune_target) * num_images / (self._tune_kimg * 1000)
        strength = min(max(strength + step, 0.0), self._max_strength)
        share = 0.5 ** (num_images / (self._stat_decay_kimg * 1000)) if self._stat_decay_kimg > 0 else 0.0
        feeds = {self._new_strength: strength, self._new_heuristic: heuristic, self._kept_share: share}
        tflib.run(self._set, feeds)
        self._warn(strength)

    def _warn(self, strength):
        if strength > _LEAK_STRENGTH and not self._has_warned:
            self._has_warned = True
            print(
                f'Warning: augmentation has reached a strength of {strength:.2f}; above {_LEAK_STRENGTH} it may show '
                f'in generated images: there are too few real ones for it, so give more, or --p-max={_LEAK_STRENGTH}',
                file=sys.stderr,
                flush=True,
            )

    def get_status(self):
        """Return the strength, and the value of the heuristic at the last look."""
        if not self._is_enabled:
            return {}
        strength, heuristic = tflib.run([self._strength, self._heuristic])
        status = {'augment': float(strength)}
        if not np.isnan(heuristic):
            status['r_' + self.tune_heuristic[1]] = float(heuristic)
        return status


def _compute_rt(means):
    return means['signs/real']


def _compute_rv(means):
    real, fake, valid = [means['scores/' + kind] for kind in ('real', 'fake', 'valid')]
    return (real - valid) / max(real - fake, 1e-8)


_HEURISTIC_FUNCS = {'rt': _compute_rt, 'rv': _compute_rv}


def _make_state(value, name):
    """Return a variable that a resumed run goes on with."""
    collections = [tf.GraphKeys.GLOBAL_VARIABLES, TRAINING_STATE]
    return tf.Variable(np.float32(value), name=name, trainable=False, collections=collections)


class _AugmentedDiscriminator:
    """A discriminator that sees augmented images, see `AdaptiveAugment.attach`."""

    def __init__(self, augment, D, kinds):
        self._augment = augment
        self._D = D
        self._kinds = list(kinds)

    def __getattr__(self, name):
        return getattr(self._D, name)

    def get_output_for(self, images, labels, **kwargs):
        """Return the scores of images [NCHW]; arguments as those of the discriminator."""
        augmented, labels = self._augment.apply(images, labels)
        scores = self._D.get_output_for(augmented, labels, **kwargs)
        kind = next((kind for known, kind in self._kinds if known is images), 'fake')
        return self._augment.count(kind, scores)

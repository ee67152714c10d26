# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What keeps networks near those of the snapshot that a training began with; baselines of FreezeD.

Sources: L2-SP: Li et al., "Explicit Inductive Bias for Transfer Learning", 2018 (arXiv:1802.01483); feature
distillation and its use for GANs: Mo et al., "Freeze the Discriminator", 2020 (arXiv:2002.10964).
"""

import tensorflow.compat.v1 as tf

from dnnlib.tflib.autosummary import autosummary
from training.loss import TRAINING_STATE


class SourcePenalty:
    """Penalties on the distance from the networks that a training began with, which it keeps a copy of.

    Args:
        l2sp_g: Weight of half the squared distance of G's weights.
        l2sp_d: The same for D.
        distill_d: Weight of the mean squared distance of D's last features of real images.
    """

    def __init__(self, l2sp_g=0.0, l2sp_d=0.0, distill_d=0.0):
        self._weights = {'G': l2sp_g, 'D': l2sp_d}
        self._distill_d = distill_d
        self._sources = {}  # Name -> network.

    def get_loss(self, name, net, reals, labels):
        """Return the penalty of a network, a scalar, or 0 if it has none.

        Args:
            name: 'G' or 'D'.
            net: The network as it is trained.
            reals: Real images [NCHW].
            labels: Their labels [N, label_size].
        """
        loss = 0.0
        if self._weights[name]:
            source = self._get_source(name, net)
            distances = [tf.reduce_sum(tf.square(var - source.trainables[key])) for key, var in net.trainables.items()]
            loss += autosummary(f'Loss/{name}/l2sp', tf.add_n(distances)) * (self._weights[name] / 2)
        if name == 'D' and self._distill_d:
            features, before = [
                other.get_output_for(reals, labels, is_training=True, return_features=True)[1]  # [NF]
                for other in (net, self._get_source(name, net))
            ]
            distance = tf.reduce_mean(tf.square(features - tf.stop_gradient(before)))
            loss += autosummary('Loss/D/distillation', distance) * self._distill_d
        return loss

    def _get_source(self, name, net):
        """Return the copy of a network, made when first asked for; a resumed training gets it from its state."""
        if name not in self._sources:
            with tf.control_dependencies(None):
                source = self._sources[name] = net.clone(net.name + '_source')
            for var in source.vars.values():
                tf.add_to_collection(TRAINING_STATE, var)
        return self._sources[name]

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The recipe of StyleGAN and StyleGAN2: two players, lazy regularization and a moving average of the generator."""

import collections

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import util
from dnnlib.tflib.autosummary import autosummary
from dnnlib.util import EasyDict
from training import configs, parts
from training.adaptive import AdaptiveAugment
from training.dataset import load_dataset
from training.reals import process_reals
from training.recipes.recipe import FRESH, SAME, Average, Phase, Recipe
from training.reporting import ImageGrids
from training.schedule import training_schedule
from training.source_penalty import SourcePenalty
from training.transfer import make_networks


def correct_for_lazy_regularization(opt_args, reg_interval):
    """Return Adam's keywords and the factor of its learning rate, for a regularization step every so many steps.

    Args:
        opt_args: Keywords with beta1 and beta2.
        reg_interval: Steps between regularization steps.

    Source: StyleGAN2 (arXiv:1912.04958), appendix B, "Lazy regularization".
    """
    ratio = reg_interval / (reg_interval + 1.0)
    betas = {key: opt_args[key] ** ratio for key in ('beta1', 'beta2') if key in opt_args}
    return dict(opt_args, **betas), ratio


class StyleGAN2(Recipe):
    """StyleGAN2 (arXiv:1912.04958), and StyleGAN with progressive growing (arXiv:1812.04948).

    Args:
        G: EasyDict of what concerns the generator: `args`, `opt_args`, `loss_args`, `reg_interval`.
        D: The same for the discriminator.
        data: EasyDict of `data_dir`, `dataset_args`, `mirror_augment`, `drange_net` and `metric_dataset`.
        sched_args: Keywords of `training_schedule`.
        grid_args: Keywords of `training.misc.setup_snapshot_image_grid`.
        seed: Seed of the latents of the image grids, or None.
        lazy_regularization: Evaluate regularization terms in steps of their own, less often.
        G_smoothing_kimg: Half-life of the moving average.
        G_smoothing_rampup: Largest half-life as part of the images so far, or None.
        reset_opt_for_new_lod: Forget the moments when layers begin or end to fade in.
        resume_with_new_nets: Build networks from the options and copy what fits from the snapshot.
        aug_args: Keywords of `training.adaptive.AdaptiveAugment`, or None for no augmentation.
        part_args: Keywords of `training.parts.list_lrate_gains`.
        source_args: Keywords of `training.source_penalty.SourcePenalty`, or None for none.

    `training.training_loop.training_loop` tells what they mean.
    """

    inputs = ('lod',)

    def __init__(
        self,
        G,
        D,
        data,
        sched_args=None,
        grid_args=None,
        seed=None,
        lazy_regularization=True,
        G_smoothing_kimg=10.0,
        G_smoothing_rampup=None,
        reset_opt_for_new_lod=True,
        resume_with_new_nets=False,
        aug_args=None,
        part_args=None,
        source_args=None,
    ):
        self.players = collections.OrderedDict([('G', G), ('D', D)])
        self.data = data
        self.sched_args = dict(sched_args or {})
        self.grid_args = dict(grid_args or {})
        self.seed = seed
        self.lazy_regularization = lazy_regularization
        self.G_smoothing_kimg = G_smoothing_kimg
        self.G_smoothing_rampup = G_smoothing_rampup
        if G_smoothing_rampup is not None:
            self.inputs += ('ema_kimg',)
        self.reset_opt_for_new_lod = reset_opt_for_new_lod
        self.resume_with_new_nets = resume_with_new_nets
        self.aug_args = aug_args
        self.part_args = part_args
        self.source_penalty = SourcePenalty(**source_args) if source_args else None
        self.augment = None

    # ------------------------------------------------------------------ data, networks, images

    def list_minibatches(self):
        """See `Recipe`."""
        return configs.list_minibatches(self.sched_args)

    def list_datasets(self):
        """See `Recipe`."""
        return [(self.data.dataset_args or {}).get('tfrecord_dir')]

    def open_data(self, seed):
        """See `Recipe`."""
        args = dict(self.data.dataset_args or {}, seed=seed)
        return {'reals': load_dataset(data_dir=self.data.data_dir, verbose=True, **args)}

    def make_networks(self, data, resume_pkl=None):
        """See `Recipe`."""
        G_args, D_args = [player.args for player in self.players.values()]
        networks = make_networks(data['reals'], G_args, D_args, resume_pkl, self.resume_with_new_nets)
        return collections.OrderedDict(zip(['G', 'D', 'Gs'], networks))

    def build_samples(self, networks, data):
        """See `Recipe`."""
        grids = ImageGrids(data['reals'], networks['Gs'], self.data.drange_net, self.seed, **self.grid_args)
        grids.save_reals('reals.png')
        return lambda suffix, minibatch_size: grids.save_fakes(f'fakes{suffix}.png', minibatch_size)

    def pack_networks(self, networks):
        """Return the tuple (G, D, Gs), which the official tools expect."""
        return tuple(networks.values())

    def get_metric_data(self):
        """See `Recipe`."""
        dataset_args = EasyDict(self.data.dataset_args or {}, shuffle_mb=0)
        if self.data.get('metric_dataset') is not None:
            dataset_args.tfrecord_dir = self.data.metric_dataset
        data_dir, mirror_augment = self.data.data_dir, self.data.mirror_augment
        return {'data_dir': data_dir, 'dataset_args': dataset_args, 'mirror_augment': mirror_augment}

    # ------------------------------------------------------------------ schedule

    def compute_schedule(self, nimg, data):
        """See `Recipe`."""
        sched = training_schedule(nimg, data['reals'], **self.sched_args)
        if self.G_smoothing_rampup is not None:
            sched.ema_kimg = min(self.G_smoothing_kimg, nimg / 1000 * self.G_smoothing_rampup)
        return sched

    def forgets_moments(self, lod_before, lod):
        """See `Recipe`."""
        is_new = np.floor(lod) != np.floor(lod_before) or np.ceil(lod) != np.ceil(lod_before)
        return self.reset_opt_for_new_lod and is_new

    def build_schedule_op(self, networks, clock):
        """Return the op that tells networks and their components the level of detail, if they have a variable for it.

        It must run by itself: an op that reads a variable does not wait for one that sets it in the same step.
        """
        variables = [var for net in networks for name, var in net.vars.items() if name.split('/')[-1] == 'lod']
        return tf.group(*[tf.assign(var, clock.lod) for var in variables])

    # ------------------------------------------------------------------ training step

    def list_phases(self):
        """Return the main and the regularization phase of G, then those of D."""
        return self._list_player_phases('G', [None, None]) + self._list_player_phases('D', [FRESH, SAME])

    def _list_player_phases(self, name, images):
        """Return the phases of a player; without lazy regularization there is only the main one."""
        interval = self._get_reg_interval(name)
        opt_args, gain = self.players[name].opt_args or {}, 1.0
        if interval is not None:
            opt_args, gain = correct_for_lazy_regularization(opt_args, interval)
        common = {'networks': [name], 'opt_args': opt_args, 'lrate': name + '_lrate', 'lrate_gain': gain}
        main = Phase('Train' + name, images=images[0], **common)
        if interval is None:
            return [main]
        return [main, Phase('Reg' + name, images=images[1], interval=interval, shares=main.name, **common)]

    def _get_reg_interval(self, name):
        return self.players[name].reg_interval if self.lazy_regularization else None

    def list_lrate_gains(self, name, variables):
        """See `Recipe`."""
        return parts.list_lrate_gains(name, variables, **(self.part_args or {}))

    def list_averages(self):
        """Return that of G."""
        return [Average('Gs', 'G', self.G_smoothing_kimg if self.G_smoothing_rampup is None else 'ema_kimg')]

    def process_images(self, training_set, images, labels, clock):
        """Return images in the value range of the networks, mirrored and faded as the options say, and the labels."""
        lod = clock.lod if self.sched_args.get('lod_initial_resolution') is not None else None
        mirror_augment, drange_net = self.data.mirror_augment, self.data.drange_net
        return process_reals(images, labels, lod, mirror_augment, training_set.dynamic_range, drange_net)

    def build_tower(self, networks, data, images, clock, optimizers):
        """See `Recipe`."""
        common = {'training_set': data['reals'], 'minibatch_size': clock.minibatch_gpu}
        reals, labels = images['reals']
        D, losses = networks['D'], {}
        if self.aug_args is not None:
            self.augment = self.augment or AdaptiveAugment(**self.aug_args)
            D = self.augment.attach(D, [(reals, 'real')])
        for name, inputs in [('G', {}), ('D', {'reals': reals, 'labels': labels})]:
            with tf.name_scope(name + '_loss'):
                opt = optimizers['Train' + name]
                loss, reg = util.call_func_by_name(
                    G=networks['G'], D=D, opt=opt, **common, **inputs, **self.players[name].loss_args
                )
                losses.update(self._weigh(name, loss, reg))
                if self.source_penalty is not None:
                    losses['Train' + name] += self.source_penalty.get_loss(name, networks[name], reals, labels)
        return losses

    def list_controllers(self):
        """Return that of the augmentation."""
        return [self.augment.finish()] if self.augment else []

    def _weigh(self, name, loss, reg):
        """Return the losses of the phases of a player; a term that comes every so many steps weighs as much more."""
        interval = self._get_reg_interval(name)
        loss = autosummary(f'Loss/{name}/loss', tf.reduce_mean(loss))
        if reg is None:
            return {'Train' + name: loss}
        if interval is None:
            return {'Train' + name: loss + tf.reduce_mean(reg)}
        return {'Train' + name: loss, 'Reg' + name: tf.reduce_mean(reg * interval)}

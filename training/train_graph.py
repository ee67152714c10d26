# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The graph of one training step: losses, lazy regularization, optimizers and the moving average of G."""

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import tflib, util
from dnnlib.tflib import compat
from dnnlib.util import EasyDict


def process_reals(x, labels, lod, mirror_augment, drange_data, drange_net):
    """Prepare real images for the networks.

    Args:
        x: Images [NCHW] in `drange_data`, of the resolution that belongs to `lod`.
        labels: Labels [N, label_size].
        lod: Level of detail, scalar tensor, or None without progressive growing.
        mirror_augment: Flip each image with probability 0.5.
        drange_data: Value range of the data set.
        drange_net: Value range of the networks.

    Returns:
        Images [NCHW] of full resolution in `drange_net`, and the labels.
    """
    scale = (drange_net[1] - drange_net[0]) / (drange_data[1] - drange_data[0])
    x = tf.cast(x, tf.float32) * scale + (drange_net[0] - drange_data[0] * scale)
    if mirror_augment:
        with tf.name_scope('MirrorAugment'):
            flip = tf.random_uniform([tf.shape(x)[0], 1, 1, 1]) < 0.5
            x = tf.where(tf.broadcast_to(flip, tf.shape(x)), tf.reverse(x, [3]), x)
    if lod is not None:
        x = _repeat_pixels(_fade_lod(x, lod), tf.cast(2 ** tf.floor(lod), tf.int32))
    return x, labels


def _fade_lod(x, lod):
    """Mix [NCHW] with its 2x2 block averages by the fraction of `lod`."""
    with tf.name_scope('FadeLOD'):
        s = tf.shape(x)
        y = tf.reshape(x, [-1, s[1], s[2] // 2, 2, s[3] // 2, 2])
        y = tf.tile(tf.reduce_mean(y, axis=[3, 5], keepdims=True), [1, 1, 1, 2, 1, 2])
        return tflib.lerp(x, tf.reshape(y, s), lod - tf.floor(lod))


def _repeat_pixels(x, factor):
    """Enlarge [NCHW] by repeating pixels."""
    with tf.name_scope('UpscaleLOD'):
        s = tf.shape(x)
        y = tf.tile(x[:, :, :, np.newaxis, :, np.newaxis], [1, 1, 1, factor, 1, factor])
        return tf.reshape(y, [-1, s[1], s[2] * factor, s[3] * factor])


def correct_for_lazy_regularization(opt_args, lrate, reg_interval):
    """Return Adam's keywords and learning rate, corrected for an extra regularization step every `reg_interval` steps.

    Args:
        opt_args: Keywords with beta1 and beta2.
        lrate: Learning rate, number or tensor.
        reg_interval: Steps between regularization steps.

    Source: StyleGAN2 (arXiv:1912.04958), appendix B, "Lazy regularization".
    """
    ratio = reg_interval / (reg_interval + 1.0)
    corrected = dict(opt_args)
    corrected.update({key: opt_args[key] ** ratio for key in ('beta1', 'beta2') if key in opt_args})
    return corrected, lrate * ratio


class _Player:
    """One of the two networks with its loss function and optimizers."""

    def __init__(self, name, net, opt_args, loss_args, reg_interval, multiplier):
        self.name = name
        self.net = net
        self.loss_args = loss_args
        self.reg_interval = reg_interval
        self.lrate_in = tf.placeholder(tf.float32, name=name + '_lrate_in', shape=[])
        lrate, opt_args = self.lrate_in, dict(opt_args)
        if reg_interval is not None:
            opt_args, lrate = correct_for_lazy_regularization(opt_args, lrate, reg_interval)
        opt_args.update(learning_rate=lrate, minibatch_multiplier=multiplier)
        self.opt = tflib.Optimizer(name='Train' + name, **opt_args)
        self.reg_opt = tflib.Optimizer(name='Reg' + name, share=self.opt, **opt_args)
        self.optimizers = [self.opt, self.reg_opt]
        self._losses, self._regs = [], []

    def register(self, net, **inputs):
        """Add the gradients of the losses of one tower."""
        with tf.name_scope(self.name + '_loss'):
            loss, reg = util.call_func_by_name(opt=self.opt, **inputs, **self.loss_args)
            loss = tf.reduce_mean(loss)
            if reg is not None and self.reg_interval is None:
                loss += tf.reduce_mean(reg)
            elif reg is not None:
                self._regs.append(tf.reduce_mean(reg * self.reg_interval))
                self.reg_opt.register_gradients(self._regs[-1], net.trainables)
            self._losses.append(loss)
        self.opt.register_gradients(loss, net.trainables)

    def make_steps(self):
        """Return the ops of the main and of the regularization step.

        They evaluate the losses as well: gradients alone do not always need the values that autosummary averages.
        """
        train = tf.group(self.opt.apply_updates(), *self._losses)
        return train, tf.group(self.reg_opt.apply_updates(allow_no_op=True), *self._regs)


def build_train_graph(
    G,
    D,
    Gs,
    training_set,
    minibatch_size,
    minibatch_gpu,
    num_gpus=1,
    G_opt_args=None,
    D_opt_args=None,
    G_loss_args=None,
    D_loss_args=None,
    lazy_regularization=True,
    G_reg_interval=4,
    D_reg_interval=16,
    G_smoothing_kimg=10.0,
    mirror_augment=False,
    drange_net=(-1, 1),
    use_lod=False,
):
    """Build the graph of one training step.

    Args:
        G: Generator.
        D: Discriminator.
        Gs: Network that follows G as moving average.
        training_set: Data set.
        minibatch_size: Images per step over all devices; None to feed it.
        minibatch_gpu: Images that a device handles at a time; None to feed it.
        num_gpus: Number of devices.
        G_opt_args: Keywords of G's optimizer.
        D_opt_args: Keywords of D's optimizer.
        G_loss_args: Name and keywords of G's loss function.
        D_loss_args: Name and keywords of D's loss function.
        lazy_regularization: Evaluate regularization terms in steps of their own, less often.
        G_reg_interval: Steps between those of G; None for never a step of its own.
        D_reg_interval: The same for D.
        G_smoothing_kimg: Half-life of the moving average in thousands of images; 0 copies G.
        mirror_augment: Flip half of the real images.
        drange_net: Value range of the networks.
        use_lod: Fade and enlarge the real images for progressive growing.

    Returns:
        EasyDict of placeholders (`lod_in`, `minibatch_size_in`, `minibatch_gpu_in`, `G_lrate_in`, `D_lrate_in`; None if
        constant), ops (`set_lod`, `fetch`, `G_train`, `G_reg`, `D_train`, `D_reg`, `Gs_update`), the tensor
        `num_skipped` (steps without effect so far), and the optimizers (`G_opt`, `D_opt`).
    """
    graph = EasyDict(minibatch_size_in=None, minibatch_gpu_in=None)
    is_constant = minibatch_size is not None and minibatch_gpu is not None
    with tf.name_scope('Inputs'):
        if not is_constant:
            graph.minibatch_size_in = minibatch_size = tf.placeholder(tf.int32, name='minibatch_size_in', shape=[])
            graph.minibatch_gpu_in = minibatch_gpu = tf.placeholder(tf.int32, name='minibatch_gpu_in', shape=[])
        graph.lod_in = tf.placeholder(tf.float32, name='lod_in', shape=[])
        multiplier = minibatch_size // (minibatch_gpu * num_gpus)
        if is_constant and multiplier == 1:
            multiplier = None  # Nothing to accumulate.
        half_life = max(G_smoothing_kimg * 1000.0, 1e-8)
        beta = 0.5 ** ((minibatch_size if is_constant else tf.cast(minibatch_size, tf.float32)) / half_life)
        G_player = _Player('G', G, G_opt_args, G_loss_args, G_reg_interval if lazy_regularization else None, multiplier)
        D_player = _Player('D', D, D_opt_args, D_loss_args, D_reg_interval if lazy_regularization else None, multiplier)

    fetch_ops = []
    towers = _make_towers(G, D, num_gpus)
    for index, (G_tower, D_tower) in enumerate(towers):
        with tf.name_scope(f'GPU{index}'), tf.device(compat.tower_device(index)):
            lod = graph.lod_in if use_lod else None
            fetch, reals, labels = _buffer_reals(training_set, lod, mirror_augment, drange_net)
            fetch_ops.append(fetch)
            inputs = {'G': G_tower, 'D': D_tower, 'training_set': training_set, 'minibatch_size': minibatch_gpu}
            G_player.register(G_tower, **inputs)
            D_player.register(D_tower, reals=reals, labels=labels, **inputs)

    G_train, G_reg = G_player.make_steps()
    D_train, D_reg = D_player.make_steps()
    graph.update(
        G_lrate_in=G_player.lrate_in,
        D_lrate_in=D_player.lrate_in,
        G_opt=G_player.opt,
        D_opt=D_player.opt,
        set_lod=_assign_lod([Gs] + [net for tower in towers for net in tower], graph.lod_in),
        fetch=tf.group(*fetch_ops),
        G_train=G_train,
        G_reg=G_reg,
        D_train=D_train,
        D_reg=D_reg,
        Gs_update=Gs.setup_as_moving_average_of(G, beta=beta if G_smoothing_kimg > 0 else 0.0),
        num_skipped=tf.add_n([opt.get_num_skipped() for player in (G_player, D_player) for opt in player.optimizers]),
    )
    return graph


def _make_towers(G, D, num_gpus):
    """Return the pair of networks of each device: the given ones for the first, shadows of them for the others."""
    towers = [(G, D)]
    for index in range(1, num_gpus):
        with tf.device(compat.tower_device(index)):
            towers.append((G.clone(G.name + '_shadow'), D.clone(D.name + '_shadow')))
    return towers


def _buffer_reals(training_set, lod, mirror_augment, drange_net):
    """Return the op that fetches the next real images into variables, and these variables.

    All steps on one minibatch read the variables, while the next one is being loaded.
    """
    with tf.name_scope('DataFetch'):
        reals, labels = training_set.get_minibatch_tf()
        reals, labels = process_reals(reals, labels, lod, mirror_augment, training_set.dynamic_range, drange_net)
        shapes = [list(training_set.shape), [training_set.label_size]]
        fetch, buffers = [], []
        for name, value, shape in zip(['reals', 'labels'], [reals, labels], shapes):
            with tf.control_dependencies(None):
                var = tf.Variable(tf.zeros([0] + shape), validate_shape=False, trainable=False, name=name)
            fetch.append(tf.assign(var, tf.cast(value, tf.float32), validate_shape=False).op)
            buffer = tf.identity(var)
            buffer.set_shape([None] + shape)
            buffers.append(buffer)
        return [tf.group(*fetch)] + buffers


def _assign_lod(networks, lod):
    """Return the op that tells networks and their components the level of detail, if they have a variable for it.

    It must run by itself: an op that reads a variable does not wait for one that sets it in the same step.
    """
    variables = [var for net in networks for name, var in net.vars.items() if name.split('/')[-1] == 'lod']
    return tf.group(*[tf.assign(var, lod) for var in variables])

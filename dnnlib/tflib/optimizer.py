# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Optimizer over several devices, with gradient accumulation and loss scaling."""

import collections
import re

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib import util
from dnnlib.tflib import compat, tfutil
from dnnlib.tflib.autosummary import autosummary
from dnnlib.tflib.workers import Workers
from dnnlib.util import EasyDict


class Optimizer:
    """Collects gradients, sums them over devices and updates the variables of every device.

    Gradients are averaged over the calls of `register_gradients` and over the devices. A step whose gradients are not
    all finite is skipped.

    Args:
        name: Name, seen in summaries.
        tf_optimizer: Dotted name of the TensorFlow optimizer class.
        learning_rate: Number or tensor.
        minibatch_multiplier: Number of runs whose gradients are averaged into one step; number, tensor or None.
        share: Another Optimizer whose moments are used; class, learning rate and keywords must be the same.
        use_loss_scaling: Scale losses by a power of two that adapts to overflows, for float16.
        loss_scaling_init: Initial exponent.
        loss_scaling_inc: Added to the exponent after a step without overflow.
        loss_scaling_dec: Subtracted from it after an overflow.
        report_mem_usage: Add a summary of the largest GPU memory.
        workers: `Workers` over which gradients are summed; None for the devices of this process.
        **kwargs: Keywords of the TensorFlow optimizer.
    """

    def __init__(
        self,
        name='Train',
        tf_optimizer='tf.train.AdamOptimizer',
        learning_rate=0.001,
        minibatch_multiplier=None,
        share=None,
        use_loss_scaling=False,
        loss_scaling_init=64.0,
        loss_scaling_inc=0.0005,
        loss_scaling_dec=1.0,
        report_mem_usage=False,
        workers=None,
        **kwargs,
    ):
        self.name = name
        self.id = name.replace('/', '.')
        self.scope = tf.get_default_graph().unique_name(re.sub(r'[^A-Za-z0-9_.\-]', '_', self.id))
        self.optimizer_class = util.get_obj_by_name(tf_optimizer)
        self.optimizer_kwargs = dict(kwargs)
        self.learning_rate = learning_rate
        self.minibatch_multiplier = minibatch_multiplier
        self.report_mem_usage = report_mem_usage
        self.workers = workers or Workers()
        self.use_loss_scaling = use_loss_scaling
        self.loss_scaling_init = loss_scaling_init
        self.loss_scaling_inc = loss_scaling_inc
        self.loss_scaling_dec = loss_scaling_dec
        self._updates_applied = False
        self._devices = collections.OrderedDict()
        self._shared_optimizers = collections.OrderedDict()  # Device -> factor of the rate -> TensorFlow optimizer.
        if share is not None:
            same = share.optimizer_class is self.optimizer_class and share.learning_rate in [learning_rate]
            if not same or share.optimizer_kwargs != self.optimizer_kwargs:
                raise ValueError('optimizers that share moments need the same class, learning rate and keywords')
            self._shared_optimizers = share._shared_optimizers

    def _get_device(self, device_name):
        """Return the record of one device, made when first asked for."""
        if device_name not in self._devices:
            self._shared_optimizers.setdefault(device_name, collections.OrderedDict())
            self._devices[device_name] = EasyDict(
                name=device_name,
                optimizers=self._shared_optimizers[device_name],
                gains=collections.OrderedDict(),  # Variable name -> factor of the learning rate.
                grad_lists=collections.OrderedDict(),  # Variable name -> gradients, one per registered loss.
                vars=collections.OrderedDict(),  # Variable name -> variable.
                num_losses=0,
                loss_scaling_var=self._make_var('loss_scaling', self.loss_scaling_init, device_name),
                num_skipped_var=self._make_var('num_skipped', 0, device_name),
            )
        return self._devices[device_name]

    def _ensure_optimizer(self, device, gain):
        """Make the TensorFlow optimizer for a factor of the learning rate, unless there is one."""
        if gain not in device.optimizers:
            name = f'{self.scope}_{list(self._shared_optimizers).index(device.name)}'
            name, rate = (name, self.learning_rate) if gain == 1 else (f'{name}_x{gain:g}', self.learning_rate * gain)
            with tf.device(device.name):
                device.optimizers[gain] = self.optimizer_class(name=name, learning_rate=rate, **self.optimizer_kwargs)

    def _make_var(self, name, value, device_name):
        with tfutil.absolute_name_scope(self.scope + '/Vars'), tf.device(device_name), tf.control_dependencies(None):
            return tf.Variable(np.float32(value), trainable=False, name=name)

    def register_gradients(self, loss, trainable_vars, lrate_gains=None):
        """Add the gradients of a loss; once or more per device.

        Args:
            loss: Scalar or tensor that is averaged; its device tells where it belongs.
            trainable_vars: List of variables, or dict with them as values, on the same device. Every device must come
                with variables of the same shapes in the same order.
            lrate_gains: List of a factor of the learning rate for each variable; None for 1.

        Raises:
            RuntimeError: After `apply_updates`.
            ValueError: If a variable is on another device than the loss, or there is none.
        """
        if self._updates_applied:
            raise RuntimeError('register_gradients must come before apply_updates')
        trainable_vars = list(trainable_vars.values()) if isinstance(trainable_vars, dict) else list(trainable_vars)
        misplaced = [var for var in trainable_vars if var.device != loss.device]
        if misplaced or not trainable_vars:
            raise ValueError(
                'the loss is on device {!r}, {}'.format(
                    loss.device,
                    f'but {misplaced[0].name} on {misplaced[0].device!r}' if misplaced else 'no variables',
                )
            )
        device = self._get_device(loss.device)
        device.num_losses += 1
        for var, gain in zip(trainable_vars, lrate_gains or [1.0] * len(trainable_vars)):
            device.gains[var.name] = gain
            self._ensure_optimizer(device, gain)
        with tf.name_scope(self.id + '_grad'), tf.device(loss.device), tf.control_dependencies(None):
            loss = self.apply_loss_scaling(tf.reduce_mean(tf.cast(loss, tf.float32)))
            grads = tf.gradients(loss, trainable_vars)
        for var, grad in zip(trainable_vars, grads):
            device.vars[var.name] = var
            device.grad_lists.setdefault(var.name, [])
            if grad is not None:
                device.grad_lists[var.name].append(grad)

    def list_gradients(self):
        """Return the gradients of all losses that were registered."""
        lists = [grads for device in self._devices.values() for grads in device.grad_lists.values()]
        return [grad for grads in lists for grad in grads]

    def apply_updates(self, allow_no_op=False, after=()):
        """Return the op that does one step; call it once, after all `register_gradients`.

        Args:
            allow_no_op: Return a no-op if nothing was registered instead of raising.
            after: Tensors that are computed before any variable changes, such as gradients of other optimizers.
        """
        if self._updates_applied:
            raise RuntimeError('apply_updates can be called once')
        self._updates_applied = True
        devices = list(self._devices.values())
        if not devices:
            if allow_no_op:
                return tf.no_op(name='TrainingOp')
            raise RuntimeError('apply_updates needs registered gradients')
        shapes = [[var.shape.as_list() for var in device.vars.values()] for device in devices]
        if any(other != shapes[0] for other in shapes):
            raise ValueError('every device must come with variables of the same shapes in the same order')
        with tfutil.absolute_name_scope(self.scope), tf.control_dependencies(None):
            grads_per_device = [self._device_gradients(device) for device in devices]
            grads = [self.workers.sum(terms) for terms in zip(*grads_per_device)]
            ops = [self._update_device(device, grads, after) for device in devices]
            return tf.group(*ops, name='TrainingOp')

    def _device_gradients(self, device):
        """Return the averaged float32 gradients of one device, in the order of its variables."""
        with tf.device(device.name):
            grads = []
            for name, var in device.vars.items():
                terms = [tf.cast(grad, tf.float32) for grad in device.grad_lists[name]]
                total = tf.add_n(terms) if terms else tf.zeros(var.shape)
                grads.append(self.undo_loss_scaling(total, device.name))
            scale = 1.0 / (device.num_losses * len(self._devices) * self.workers.size)
            if self.minibatch_multiplier is not None:
                scale = scale / tf.cast(self.minibatch_multiplier, tf.float32)
            elif scale == 1.0:
                return grads
            return [grad * scale for grad in grads]

    def _update_device(self, device, grads, after):
        """Return the op that updates the variables of one device with gradients from all devices."""
        variables = list(device.vars.values())
        with tf.device(device.name):
            for optimizer, (_, some) in self._divide(device, grads, variables):
                optimizer._create_slots(some)  # Must not happen inside tf.cond.
                optimizer._prepare()
            if self.minibatch_multiplier is None:
                return self._guarded_step(device, grads, variables, after)
            return self._accumulate(device, grads, variables, after)

    @staticmethod
    def _divide(device, grads, variables):
        """Return pairs (TensorFlow optimizer, (gradients, variables)), one for each factor of the learning rate."""
        parts = collections.OrderedDict()
        for grad, var in zip(grads, variables):
            part = parts.setdefault(device.gains[var.name], ([], []))
            part[0].append(grad)
            part[1].append(var)
        return [(device.optimizers[gain], part) for gain, part in parts.items()]

    def _accumulate(self, device, grads, variables, after):
        """Add to the accumulators and do a step when enough runs are in."""
        with tf.name_scope('Accumulators'):
            sums = [tf.Variable(tf.zeros(var.shape), trainable=False, name='grad_acc') for var in variables]
            count = tf.Variable(np.float32(0), trainable=False, name='count')
        added = [tf.assign_add(acc, grad) for acc, grad in zip(sums, grads)]
        num_runs = tf.assign_add(count, 1.0)

        def step_and_reset():
            totals = [tf.identity(acc) for acc in added]
            with tf.control_dependencies([self._guarded_step(device, totals, variables)]):
                return tf.group(*[tf.assign(acc, tf.zeros_like(acc)) for acc in sums + [count]])

        with tf.control_dependencies([*added, *after]):
            is_full = num_runs >= tf.cast(self.minibatch_multiplier, tf.float32)
        return tf.cond(is_full, step_and_reset, tf.no_op)

    def _guarded_step(self, device, grads, variables, after=()):
        """Return the op that applies the gradients if all are finite, and adapts the loss scale."""
        with tf.control_dependencies(after):
            finite = tf.identity(_are_finite(grads))

        def apply():
            parts = self._divide(device, grads, variables)
            ops = [optimizer.apply_gradients(list(zip(*part))) for optimizer, part in parts]
            if self.use_loss_scaling:
                ops.append(tf.assign_add(device.loss_scaling_var, self.loss_scaling_inc))
            with tf.control_dependencies(ops):
                return tf.constant(True)

        def skip():
            decrement = self.loss_scaling_dec if self.use_loss_scaling else 0
            ops = [tf.assign_sub(device.loss_scaling_var, decrement), tf.assign_add(device.num_skipped_var, 1)]
            with tf.control_dependencies(ops):
                return tf.constant(False)

        step = _choose(finite, apply, skip)
        if device.name != list(self._devices)[-1]:
            return step
        return tf.group(step, *self._report(device, finite))

    def _report(self, device, finite):
        """Return the summaries of a step."""
        overflow = 1 - tf.cast(finite, tf.float32)
        reports = [
            autosummary(self.id + '/learning_rate', tf.convert_to_tensor(self.learning_rate)),
            autosummary(self.id + '/overflow_frequency', overflow),
        ]
        if self.use_loss_scaling:
            reports.append(autosummary(self.id + '/loss_scaling_log2', device.loss_scaling_var))
        if self.report_mem_usage:
            peak = tf.py_func(lambda: np.float32(compat.peak_memory_bytes() / 2**30), [], tf.float32)
            reports.append(autosummary(self.id + '/mem_usage_gb', peak))
        return reports

    def get_num_skipped(self):
        """Return a tensor: the number of steps that were skipped so far, as not all gradients were finite."""
        devices = list(self._devices.values())  # They all see the same sums.
        return tf.identity(devices[0].num_skipped_var) if devices else tf.constant(0.0)

    def state_vars(self):
        """Return the variables that hold moments and powers of beta, of all devices."""
        return [var for variables in self._list_variables() for var in variables]

    def _list_variables(self):
        """Return the variables of all optimizers of each device, a list of lists."""
        per_device = [optimizers.values() for optimizers in self._shared_optimizers.values()]
        return [[var for optimizer in optimizers for var in optimizer.variables()] for optimizers in per_device]

    def list_moments(self):
        """Return what `state_vars` holds, as a list of lists: of each variable of the first device those of all."""
        return [list(group) for group in zip(*self._list_variables())]

    def list_counters(self):
        """Return the variables of the loss scale and of the skipped steps, of all devices."""
        return [var for device in self._devices.values() for var in (device.loss_scaling_var, device.num_skipped_var)]

    def reset_optimizer_state(self):
        """Forget the moments."""
        tfutil.run([var.initializer for var in self.state_vars()])

    def get_loss_scaling_var(self, device):
        """Return the variable with the base-2 logarithm of the loss scale of a device."""
        return self._get_device(device).loss_scaling_var

    def apply_loss_scaling(self, value):
        """Multiply a tensor by the loss scale of its device, if loss scaling is used."""
        if not self.use_loss_scaling:
            return value
        return value * tfutil.exp2(self.get_loss_scaling_var(value.device))

    def undo_loss_scaling(self, value, device=None):
        """Divide a tensor by the loss scale, if loss scaling is used."""
        if not self.use_loss_scaling:
            return value
        return value * tfutil.exp2(-self.get_loss_scaling_var(value.device if device is None else device))


def _are_finite(tensors):
    """Return whether all elements of all tensors are finite.

    A finite sum shows it in one cheap pass. Only if the sum is not finite, the elements are looked at one by one, as
    finite ones can overflow in the sum.
    """
    total = tf.add_n([tf.reduce_sum(tensor) for tensor in tensors])
    return _choose(
        tf.is_finite(total),
        lambda: tf.constant(True),
        lambda: tf.reduce_all(tf.stack([tf.reduce_all(tf.is_finite(tensor)) for tensor in tensors])),
    )


def _choose(condition, true_func, false_func):
    """Return the tensor of one of two functions, of which only that one is evaluated.

    As `tf.cond`, which leads each tensor and variable that a function uses through ops of its own, three or four per
    weight. Here, all ops of a function wait for one op, which runs only if the condition is met.
    """
    false_branch, true_branch = tf.raw_ops.Switch(data=condition, pred=condition)
    with tf.control_dependencies([tf.identity(true_branch)]):
        true_result = true_func()
    with tf.control_dependencies([tf.identity(false_branch)]):
        false_result = false_func()
    return tf.raw_ops.Merge(inputs=[true_result, false_result]).output


class SimpleAdam:
    """Adam (Kingma and Ba 2014, arXiv:1412.6980) out of elementary ops, with the interface of TensorFlow's optimizers.

    Args:
        name: Name of the variables.
        learning_rate: Number or tensor.
        beta1: Decay of the first moment.
        beta2: Decay of the second moment.
        epsilon: Added to the root of the second moment.
    """

    def __init__(self, name='Adam', learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.name = name
        self.learning_rate = learning_rate
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self._powers = None
        self._moments = collections.OrderedDict()  # Variable name -> (m, v).

    def variables(self):
        """Return the powers of beta and the moments."""
        return list(self._powers or []) + [var for pair in self._moments.values() for var in pair]

    def _create_slots(self, var_list):
        with tf.name_scope(self.name):
            if self._powers is None:
                self._powers = [
                    tf.Variable(np.float32(1), trainable=False, name=n) for n in ('beta1_power', 'beta2_power')
                ]
            for var in var_list:
                if var.name not in self._moments:
                    zeros = [tf.Variable(tf.zeros(var.shape), trainable=False, name=n) for n in ('m', 'v')]
                    self._moments[var.name] = tuple(zeros)

    def _prepare(self):
        pass

    def compute_gradients(self, loss, var_list, gate_gradients=None):
        """Return a list of (gradient, variable)."""
        del gate_gradients
        return list(zip(tf.gradients(loss, var_list), var_list))

    def apply_gradients(self, grads_and_vars):
        """Return the op that does one step.

        Args:
            grads_and_vars: List of (gradient, variable).
        """
        grads_and_vars = list(grads_and_vars)
        self._create_slots([var for _, var in grads_and_vars])
        power1, power2 = [p * beta for p, beta in zip(self._powers, (self.beta1, self.beta2))]
        rate = self.learning_rate * tf.sqrt(1 - power2) / (1 - power1)
        updates = [(self._powers[0], power1), (self._powers[1], power2)]
        for grad, var in grads_and_vars:
            m, v = self._moments[var.name]
            new_m = self.beta1 * m + (1 - self.beta1) * grad
            new_v = self.beta2 * v + (1 - self.beta2) * grad * grad
            updates += [(m, new_m), (v, new_v), (var, var - rate * new_m / (tf.sqrt(new_v) + self.epsilon))]
        with tf.control_dependencies([value for _, value in updates]):  # All reads before the first write.
            return tf.group(*[tf.assign(var, value) for var, value in updates])

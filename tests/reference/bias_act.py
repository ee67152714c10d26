# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Plain NumPy twin of bias, activation function, gain and clamp in float64, with first and second gradients."""

import numpy as np

SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def _sigmoid(u):
    return 1 / (1 + np.exp(-u))


def _exponential_unit(u, scale, alpha):
    power = alpha * np.exp(np.minimum(u, 0))
    parts = [np.where(u < 0, power - alpha, u), np.where(u < 0, power, 1), np.where(u < 0, power, 0)]
    return [scale * part for part in parts]


def _leaky(u, alpha):
    return [np.where(u > 0, u, alpha * u), np.where(u > 0, 1, alpha), 0 * u]


def _tanh(u):
    t = np.tanh(u)
    return [t, 1 - t**2, -2 * t * (1 - t**2)]


def _logistic(u):
    s = _sigmoid(u)
    return [s, s * (1 - s), s * (1 - s) * (1 - 2 * s)]


def _softplus(u):
    s = _sigmoid(u)
    return [np.logaddexp(0, u), s, s * (1 - s)]


def _swish(u):
    s = _sigmoid(u)
    return [u * s, s * (1 + u * (1 - s)), s * (1 - s) * (2 + u * (1 - 2 * s))]


def derivatives(act, u, alpha=0.2):
    """Return f(u), f'(u), f''(u)."""
    functions = {
        'linear': lambda: _leaky(u, 1),
        'relu': lambda: _leaky(u, 0),
        'lrelu': lambda: _leaky(u, alpha),
        'tanh': lambda: _tanh(u),
        'sigmoid': lambda: _logistic(u),
        'elu': lambda: _exponential_unit(u, 1, 1),
        'selu': lambda: _exponential_unit(u, SELU_SCALE, SELU_ALPHA),
        'softplus': lambda: _softplus(u),
        'swish': lambda: _swish(u),
    }
    return functions[act]()


def bias_act(x, b, dy, d_dx, d_db, axis, act, alpha=0.2, gain=1, clamp=None):
    """Return a dict of y, its gradients dx and db for dy, and theirs for d_dx and d_db: d_dy, d_x and d_b."""
    x, b, dy, d_dx, d_db = [np.asarray(array, np.float64) for array in (x, b, dy, d_dx, d_db)]
    along = [-1 if i == axis else 1 for i in range(x.ndim)]
    others = tuple(i for i in range(x.ndim) if i != axis)
    y, slope, bend = [gain * part for part in derivatives(act, x + b.reshape(along), alpha)]
    if clamp is not None:
        inside = np.abs(y) < clamp
        y, slope, bend = np.clip(y, -clamp, clamp), slope * inside, bend * inside
    t = d_dx + d_db.reshape(along)
    dx, d_x = slope * dy, bend * dy * t
    return {'y': y, 'dx': dx, 'db': dx.sum(axis=others), 'd_dy': slope * t, 'd_x': d_x, 'd_b': d_x.sum(axis=others)}

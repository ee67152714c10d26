# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The Inception-v3 of 2015 in plain NumPy, float64, layer by layer, under the module names of pytorch-fid."""

import numpy as np


def resize_legacy_bilinear(images, size):
    """Resize [NHWC] images by sampling at `index * old size / new size`, without smoothing."""
    for axis in (1, 2):
        old = images.shape[axis]
        positions = np.arange(size) * (old / size)
        low = np.floor(positions).astype(int)
        high = np.minimum(low + 1, old - 1)
        share = (positions - low).reshape([-1, 1, 1] if axis == 1 else [-1, 1])
        images = np.take(images, low, axis) * (1 - share) + np.take(images, high, axis) * share
    return images


def _windows(x, kernel, stride, pad, fill):
    """Return all windows of [NHWC] as [N, out_h, out_w, k_h, k_w, C]."""
    height, width = kernel
    x = np.pad(x, [(0, 0), (pad[0], pad[0]), (pad[1], pad[1]), (0, 0)], mode='constant', constant_values=fill)
    out_h = (x.shape[1] - height) // stride + 1
    out_w = (x.shape[2] - width) // stride + 1
    out = np.empty([x.shape[0], out_h, out_w, height, width, x.shape[3]], x.dtype)
    for row in range(height):
        for col in range(width):
            rows = slice(row, row + stride * (out_h - 1) + 1, stride)
            cols = slice(col, col + stride * (out_w - 1) + 1, stride)
            out[:, :, :, row, col] = x[:, rows, cols]
    return out


def _max_pool(x, stride, pad):
    return _windows(x, (3, 3), stride, (pad, pad), -np.inf).max(axis=(3, 4))


def _avg_pool(x):
    """Average of the cells of a 3x3 window that lie inside the image."""
    sums = _windows(x, (3, 3), 1, (1, 1), 0.0).sum(axis=(3, 4))
    return sums / _windows(np.ones_like(x), (3, 3), 1, (1, 1), 0.0).sum(axis=(3, 4))


class Inception:
    """The network with a state dict of pytorch-fid (module name -> array, kernels OIHW)."""

    def __init__(self, state):
        self.state = state

    def conv(self, x, name, stride=1, pad=(0, 0)):
        """Convolution, normalisation, ReLU."""
        part = {
            key[len(name) + 1 :]: value.astype(np.float64)
            for key, value in self.state.items()
            if key.startswith(name + '.')
        }
        kernel = part['conv.weight'].transpose(2, 3, 1, 0)  # [kkIO]
        y = np.tensordot(_windows(x, kernel.shape[:2], stride, pad, 0.0), kernel, axes=3)
        y = (y - part['bn.running_mean']) / np.sqrt(part['bn.running_var'] + 1e-3)
        return np.maximum(y * part['bn.weight'] + part['bn.bias'], 0)

    def block_a(self, x, name):
        """35x35 block."""
        a = self.conv(x, name + '.branch1x1')
        b = self.conv(self.conv(x, name + '.branch5x5_1'), name + '.branch5x5_2', pad=(2, 2))
        c = self.conv(self.conv(x, name + '.branch3x3dbl_1'), name + '.branch3x3dbl_2', pad=(1, 1))
        c = self.conv(c, name + '.branch3x3dbl_3', pad=(1, 1))
        return np.concatenate([a, b, c, self.conv(_avg_pool(x), name + '.branch_pool')], axis=3)

    def block_b(self, x, name):
        """From 35x35 to 17x17."""
        a = self.conv(x, name + '.branch3x3', stride=2)
        b = self.conv(self.conv(x, name + '.branch3x3dbl_1'), name + '.branch3x3dbl_2', pad=(1, 1))
        b = self.conv(b, name + '.branch3x3dbl_3', stride=2)
        return np.concatenate([a, b, _max_pool(x, 2, 0)], axis=3)

    def block_c(self, x, name):
        """17x17 block."""
        wide, tall = (0, 3), (3, 0)
        a = self.conv(x, name + '.branch1x1')
        b = self.conv(self.conv(x, name + '.branch7x7_1'), name + '.branch7x7_2', pad=wide)
        b = self.conv(b, name + '.branch7x7_3', pad=tall)
        c = self.conv(self.conv(x, name + '.branch7x7dbl_1'), name + '.branch7x7dbl_2', pad=tall)
        c = self.conv(self.conv(c, name + '.branch7x7dbl_3', pad=wide), name + '.branch7x7dbl_4', pad=tall)
        c = self.conv(c, name + '.branch7x7dbl_5', pad=wide)
        return np.concatenate([a, b, c, self.conv(_avg_pool(x), name + '.branch_pool')], axis=3)

    def block_d(self, x, name):
        """From 17x17 to 8x8."""
        a = self.conv(self.conv(x, name + '.branch3x3_1'), name + '.branch3x3_2', stride=2)
        b = self.conv(self.conv(x, name + '.branch7x7x3_1'), name + '.branch7x7x3_2', pad=(0, 3))
        b = self.conv(self.conv(b, name + '.branch7x7x3_3', pad=(3, 0)), name + '.branch7x7x3_4', stride=2)
        return np.concatenate([a, b, _max_pool(x, 2, 0)], axis=3)

    def block_e(self, x, name, pooled):
        """8x8 block."""
        a = self.conv(x, name + '.branch1x1')
        b = self.conv(x, name + '.branch3x3_1')
        b1, b2 = self.conv(b, name + '.branch3x3_2a', pad=(0, 1)), self.conv(b, name + '.branch3x3_2b', pad=(1, 0))
        c = self.conv(self.conv(x, name + '.branch3x3dbl_1'), name + '.branch3x3dbl_2', pad=(1, 1))
        c1, c2 = (
            self.conv(c, name + '.branch3x3dbl_3a', pad=(0, 1)),
            self.conv(c, name + '.branch3x3dbl_3b', pad=(1, 0)),
        )
        return np.concatenate([a, b1, b2, c1, c2, self.conv(pooled, name + '.branch_pool')], axis=3)

    def run(self, x):
        """Return the last feature map [NHWC] of images [NHWC] in -1..1."""
        x = self.conv(x, 'Conv2d_1a_3x3', stride=2)
        x = self.conv(self.conv(x, 'Conv2d_2a_3x3'), 'Conv2d_2b_3x3', pad=(1, 1))
        x = self.conv(_max_pool(x, 2, 0), 'Conv2d_3b_1x1')
        x = _max_pool(self.conv(x, 'Conv2d_4a_3x3'), 2, 0)
        for name in ['Mixed_5b', 'Mixed_5c', 'Mixed_5d']:
            x = self.block_a(x, name)
        x = self.block_b(x, 'Mixed_6a')
        for name in ['Mixed_6b', 'Mixed_6c', 'Mixed_6d', 'Mixed_6e']:
            x = self.block_c(x, name)
        x = self.block_d(x, 'Mixed_7a')
        x = self.block_e(x, 'Mixed_7b', _avg_pool(x))
        return self.block_e(x, 'Mixed_7c', _max_pool(x, 1, 1))

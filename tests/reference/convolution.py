# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Plain NumPy twins of VGG16, LPIPS and the classifiers, written for clarity; images are [NHWC]."""

import numpy as np


def conv(x, kernel):
    """Convolution with zeros around: [NHWC] by [kkIO]."""
    size = kernel.shape[0]
    pad = size // 2
    x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)], mode='constant')
    height, width = x.shape[1] - 2 * pad, x.shape[2] - 2 * pad
    return sum(x[:, r : r + height, c : c + width] @ kernel[r, c] for r in range(size) for c in range(size))


def pool(x, reduce):
    """Reduce blocks of 2x2 pixels by np.max or np.mean."""
    num, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2].reshape(num, height // 2, 2, width // 2, 2, channels)
    return reduce(x, axis=(2, 4))


def vgg16_taps(images, layers):
    """Return what LPIPS looks at, for RGB images in 0..255 and layer number -> (kernel, bias)."""
    x = (images / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    taps = []
    for block in [(0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)]:
        for number in block:
            kernel, bias = layers[number]
            x = np.maximum(conv(x, kernel) + bias, 0)
        taps.append(x)
        x = pool(x, np.max)
    return taps


def lpips(taps_a, taps_b, linear):
    """Return the distances [N]."""
    total = 0
    for a, b, weights in zip(taps_a, taps_b, linear):
        a = a / (np.linalg.norm(a, axis=3, keepdims=True) + 1e-10)
        b = b / (np.linalg.norm(b, axis=3, keepdims=True) + 1e-10)
        total = total + ((a - b) ** 2 * weights).sum(axis=3).mean(axis=(1, 2))
    return total


def _lrelu(x):
    return np.where(x > 0, x, 0.2 * x)


def _blur(x):
    taps = [1 / 4, 1 / 2, 1 / 4]
    height, width = x.shape[1:3]
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], mode='constant')
    return sum(taps[r] * taps[c] * x[:, r : r + height, c : c + width] for r in range(3) for c in range(3))


def _stddev(x, group_size):
    group_size = min(group_size, len(x))
    groups = x.reshape((group_size, -1) + x.shape[1:])
    std = np.sqrt(groups.var(axis=0) + 1e-8).mean(axis=(1, 2, 3))  # [M]
    std = np.tile(std, group_size)[:, np.newaxis, np.newaxis, np.newaxis]
    return np.concatenate([x, std * np.ones_like(x[..., :1])], axis=3)


def classifier(images, arrays, use_blur, group_size=4):
    """Return the logits of images in -1..1 by variables under their names."""

    def layer(name, gain=2):
        kernel = arrays[name + '/weight']
        return kernel * np.sqrt(gain / np.prod(kernel.shape[:-1])), arrays[name + '/bias']

    def apply(x, name):
        kernel, bias = layer(name)
        return _lrelu(conv(x, kernel) + bias)

    x = apply(images, 'FromRGB_lod0')
    for size in [256, 128, 64, 32, 16, 8]:
        x = apply(x, f'{size}x{size}/Conv0')
        kernel, bias = layer(f'{size}x{size}/Conv1_down')
        x = _lrelu(pool(conv(_blur(x) if use_blur else x, kernel), np.mean) + bias)
    if arrays['4x4/Conv/weight'].shape[2] > x.shape[3]:
        x = _stddev(x, group_size)
    x = apply(x, '4x4/Conv').transpose(0, 3, 1, 2).reshape(len(images), -1)
    kernel, bias = layer('4x4/Dense0')
    x = _lrelu(x @ kernel + bias)
    kernel, bias = layer('4x4/Dense1', gain=1)
    return x @ kernel + bias

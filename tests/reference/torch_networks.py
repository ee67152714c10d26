# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""What PyTorch makes of converted tensors: NumPy twins of the networks of two PyTorch projects, after their formulas.

The operations are defined as in PyTorch: `conv2d` correlates, `conv_transpose2d` adds a copy of the kernel per pixel.
"""

import numpy as np


def conv2d(x, w, stride=1, padding=0):
    """Correlate [NIHW] with [OIkk]."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)], mode='constant')
    k = w.shape[2]
    height, width = x.shape[2] - k + 1, x.shape[3] - k + 1
    y = sum(
        np.einsum('nihw,oi->nohw', x[:, :, a : a + height, b : b + width], w[:, :, a, b])
        for a in range(k)
        for b in range(k)
    )
    return y[:, :, ::stride, ::stride]


def conv_transpose2d(x, w, stride):
    """Add a copy of the kernel [IOkk] per pixel of [NIHW]."""
    n, _, height, width = x.shape
    k = w.shape[2]
    y = np.zeros([n, w.shape[1], (height - 1) * stride + k, (width - 1) * stride + k])
    for i in range(height):
        for j in range(width):
            patch = np.einsum('ni,iokl->nokl', x[:, :, i, j], w)
            y[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += patch
    return y


def upfirdn2d(x, kernel, up=1, down=1, pad=(0, 0)):
    """Insert zeros, pad, convolve (mirrored kernel) and keep every n-th pixel."""
    n, c, height, width = x.shape
    y = np.zeros([n, c, height * up, width * up])
    y[:, :, ::up, ::up] = x
    y = np.pad(y, [(0, 0), (0, 0), pad, pad], mode='constant')
    flipped = kernel[::-1, ::-1]
    k = kernel.shape[0]
    out_h, out_w = y.shape[2] - k + 1, y.shape[3] - k + 1
    z = sum(flipped[a, b] * y[:, :, a : a + out_h, b : b + out_w] for a in range(k) for b in range(k))
    return z[:, :, ::down, ::down]


def lrelu(x):
    """Return the activation with its gain."""
    return np.where(x > 0, x, 0.2 * x) * np.sqrt(2)


def normalize(x):
    """Scale rows to a mean square of one."""
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-8)


def linear(x, tensors, name, lrmul=1.0):
    """Apply a fully connected layer with equalized learning rate."""
    w = tensors[name + '.weight']  # [OI]
    return np.matmul(x, w.T * (lrmul / np.sqrt(w.shape[1]))) + tensors[name + '.bias'] * lrmul


def minibatch_stddev(x, group_size, num_features=1):
    """Append the standard deviation over groups of samples."""
    n, c, height, width = x.shape
    group = min(group_size, n)
    y = x.reshape(group, -1, num_features, c // num_features, height, width)
    y = np.sqrt(np.var(y, axis=0) + 1e-8).mean(axis=(2, 3, 4))  # [MF]
    y = np.tile(y[:, :, np.newaxis, np.newaxis], [group, 1, height, width])
    return np.concatenate([x, y], axis=1)


# ----------------------------------------------------------------------------
# rosinality/stylegan2-pytorch.


def _modulated_conv(x, tensors, name, style, demodulate=True, up=False):
    weight = tensors[name + '.weight'][0]  # [OIkk]
    scale = 1 / np.sqrt(np.prod(weight.shape[1:]))
    s = linear(style, tensors, name + '.modulation')  # [NI]
    outputs = []
    for sample, factor in zip(x, s):
        w = scale * weight * factor[np.newaxis, :, np.newaxis, np.newaxis]
        if demodulate:
            w = w / np.sqrt(np.sum(w**2, axis=(1, 2, 3), keepdims=True) + 1e-8)
        if up:
            y = conv_transpose2d(sample[np.newaxis], w.transpose(1, 0, 2, 3), stride=2)
            outputs.append(upfirdn2d(y, tensors[name + '.blur.kernel'], pad=(1, 1)))
        else:
            outputs.append(conv2d(sample[np.newaxis], w, padding=weight.shape[2] // 2))
    return np.concatenate(outputs)


def rosinality_generator(tensors, latent_avg, z, truncation):
    """Draw images [NCHW] with the saved noise."""
    w = normalize(z)
    for i in range(1, 1 + len([name for name in tensors if name.startswith('style.') and name.endswith('.weight')])):
        w = lrelu(linear(w, tensors, f'style.{i}', lrmul=0.01))
    w = latent_avg + truncation * (w - latent_avg)

    def styled(x, name, noise_idx, up=False):
        x = _modulated_conv(x, tensors, name + '.conv', w, up=up)
        x = x + tensors[name + '.noise.weight'] * tensors[f'noises.noise_{noise_idx}']
        return lrelu(x + tensors[name + '.activate.bias'].reshape(1, -1, 1, 1))

    def to_rgb(x, name, skip=None):
        y = _modulated_conv(x, tensors, name + '.conv', w, demodulate=False) + tensors[name + '.bias']
        return y if skip is None else y + upfirdn2d(skip, tensors[name + '.upsample.kernel'], up=2, pad=(2, 1))

    x = np.repeat(tensors['input.input'], len(z), axis=0)
    x = styled(x, 'conv1', 0)
    skip = to_rgb(x, 'to_rgb1')
    for i in range(len([name for name in tensors if name.startswith('to_rgbs.') and name.endswith('.conv.weight')])):
        x = styled(x, f'convs.{2 * i}', 2 * i + 1, up=True)
        x = styled(x, f'convs.{2 * i + 1}', 2 * i + 2)
        skip = to_rgb(x, f'to_rgbs.{i}', skip)
    return skip


def rosinality_discriminator(tensors, images):
    """Score images [NCHW]."""

    def conv(x, name, index=0, down=False, padding=0):
        w = tensors[f'{name}.{index}.weight']
        if down:
            pad = (w.shape[2] - 1) + 2  # Of the kernel and the filter of four taps, minus the factor of two.
            x = upfirdn2d(x, tensors[f'{name}.0.kernel'], pad=((pad + 1) // 2, pad // 2))
        x = conv2d(x, w / np.sqrt(np.prod(w.shape[1:])), stride=2 if down else 1, padding=padding)
        bias = tensors.get(f'{name}.{index + 1}.bias')
        return x if bias is None else lrelu(x + bias.reshape(1, -1, 1, 1))

    x = conv(images, 'convs.0')
    for i in range(1, 1 + len([name for name in tensors if name.endswith('.skip.1.weight')])):
        y = conv(conv(x, f'convs.{i}.conv1', padding=1), f'convs.{i}.conv2', index=1, down=True)
        x = (y + conv(x, f'convs.{i}.skip', index=1, down=True)) / np.sqrt(2)
    x = conv(minibatch_stddev(x, 4), 'final_conv', padding=1)
    x = lrelu(linear(x.reshape(len(x), -1), tensors, 'final_linear.0'))
    return linear(x, tensors, 'final_linear.1')


# ----------------------------------------------------------------------------
# StyleGAN2-ADA for PyTorch.


def _ada_modulated(x, w, styles, demodulate, up, resample_filter):
    outputs = []
    for sample, factor in zip(x, styles):
        v = w * factor[np.newaxis, :, np.newaxis, np.newaxis]
        if demodulate:
            v = v / np.sqrt(np.sum(v**2, axis=(1, 2, 3), keepdims=True) + 1e-8)
        if up:  # Their convolution with upsampling does not mirror the kernel as a correlation would.
            y = conv_transpose2d(sample[np.newaxis], v.transpose(1, 0, 2, 3), stride=2)
            outputs.append(upfirdn2d(y, resample_filter * 4, pad=(1, 1)))
        else:
            outputs.append(conv2d(sample[np.newaxis], v, padding=v.shape[2] // 2))
    return np.concatenate(outputs)


def ada_generator(tensors, z, c, truncation, lrmul=0.01, clamp=None):
    """Draw images [NCHW] with the saved noise, architecture 'skip'."""

    def limit(x):
        return x if clamp is None else np.clip(x, -clamp, clamp)

    x = normalize(z)
    if 'mapping.embed.weight' in tensors:
        x = np.concatenate([x, normalize(linear(c, tensors, 'mapping.embed'))], axis=1)
    for i in range(len([name for name in tensors if name.startswith('mapping.fc') and name.endswith('.weight')])):
        x = lrelu(linear(x, tensors, f'mapping.fc{i}', lrmul))
    w = tensors['mapping.w_avg'] + truncation * (x - tensors['mapping.w_avg'])

    def layer(x, name, up=False):
        styles = linear(w, tensors, name + '.affine')
        x = _ada_modulated(x, tensors[name + '.weight'], styles, True, up, tensors[name + '.resample_filter'])
        x = x + tensors[name + '.noise_const'] * tensors[name + '.noise_strength']
        return limit(lrelu(x + tensors[name + '.bias'].reshape(1, -1, 1, 1)))

    def to_rgb(x, name):
        weight = tensors[name + '.weight']
        styles = linear(w, tensors, name + '.affine') / np.sqrt(np.prod(weight.shape[1:]))
        return limit(
            _ada_modulated(x, weight, styles, False, False, None) + tensors[name + '.bias'].reshape(1, -1, 1, 1)
        )

    x = np.repeat(tensors['synthesis.b4.const'][np.newaxis], len(z), axis=0)
    x = layer(x, 'synthesis.b4.conv1')
    image = to_rgb(x, 'synthesis.b4.torgb')
    size = 8
    while f'synthesis.b{size}.conv0.weight' in tensors:
        block = f'synthesis.b{size}'
        x = layer(layer(x, block + '.conv0', up=True), block + '.conv1')
        image = upfirdn2d(image, tensors[block + '.resample_filter'] * 4, up=2, pad=(2, 1)) + to_rgb(
            x, block + '.torgb'
        )
        size *= 2
    return image


def ada_discriminator(tensors, images, c, group_size, lrmul=0.01, clamp=None):
    """Score images [NCHW], architecture 'resnet'."""

    def conv(x, name, down=False, act=True, gain=1.0):
        w = tensors[name + '.weight'] / np.sqrt(np.prod(tensors[name + '.weight'].shape[1:]))
        k = w.shape[2]
        if down:
            x = upfirdn2d(x, tensors[name + '.resample_filter'], pad=((k + 2) // 2, (k + 1) // 2))
        x = conv2d(x, w, stride=2 if down else 1, padding=0 if down else k // 2)
        if not act:  # The skip has neither bias nor clamp.
            return x * gain
        x = lrelu(x + tensors[name + '.bias'].reshape(1, -1, 1, 1)) * gain
        return x if clamp is None else np.clip(x, -clamp * gain, clamp * gain)

    size = images.shape[2]
    x = conv(images, f'b{size}.fromrgb')
    while size > 4:
        skip = conv(x, f'b{size}.skip', down=True, act=False, gain=np.sqrt(0.5))
        x = conv(conv(x, f'b{size}.conv0'), f'b{size}.conv1', down=True, gain=np.sqrt(0.5)) + skip
        size //= 2
    x = conv(minibatch_stddev(x, group_size), 'b4.conv')
    x = lrelu(linear(x.reshape(len(x), -1), tensors, 'b4.fc'))
    x = linear(x, tensors, 'b4.out')
    if 'mapping.embed.weight' not in tensors:
        return x
    cmap = normalize(linear(c, tensors, 'mapping.embed'))
    for i in range(len([name for name in tensors if name.startswith('mapping.fc') and name.endswith('.weight')])):
        cmap = lrelu(linear(cmap, tensors, f'mapping.fc{i}', lrmul))
    return np.sum(x * cmap, axis=1, keepdims=True) / np.sqrt(cmap.shape[1])

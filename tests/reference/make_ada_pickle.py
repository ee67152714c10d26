# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Make tests/data/ada_pytorch.pkl, a pickle as StyleGAN2-ADA for PyTorch writes them, and what its networks give.

This needs PyTorch; the file was made with PyTorch 2.15. The modules have the names, attributes and form of pickling of
the real ones but no code; what they give is computed by the NumPy twins.
"""

import os
import pickle
import sys
import types

import numpy as np
import torch
from torch_networks import ada_discriminator, ada_generator

DATA_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'data')
FMAPS = {4: 6, 8: 4}
Z_DIM, W_DIM, C_DIM, CLAMP = 5, 6, 3, 2.0
FILTER = torch.tensor(np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64, dtype=torch.float32)


def _reconstruct_persistent_obj(meta):
    raise SystemExit('the source text was executed')


_reconstruct_persistent_obj.__module__ = 'torch_utils.persistence'
sys.modules['torch_utils'] = types.ModuleType('torch_utils')
sys.modules['torch_utils.persistence'] = types.ModuleType('torch_utils.persistence')
sys.modules['torch_utils.persistence']._reconstruct_persistent_obj = _reconstruct_persistent_obj


class Persistent(torch.nn.Module):
    """Pickles as source text and attributes."""

    def __init__(self, class_name, **attributes):
        super().__init__()
        self.class_name = class_name
        self._init_args, self._init_kwargs = (), {}
        for name, value in attributes.items():
            setattr(self, name, value)

    def __reduce__(self):
        meta = {'type': 'class', 'version': 6, 'module_src': 'raise SystemExit', 'class_name': self.class_name}
        return _reconstruct_persistent_obj, (dict(meta, state=self.__dict__),)


def parameter(*shape, scale=1.0):
    """Return random weights."""
    return torch.nn.Parameter(torch.randn(*shape) * scale)


def fully_connected(num_in, num_out, lrmul=1.0, activation='linear', bias=0.0):
    """Return a fully connected layer."""
    module = Persistent('FullyConnectedLayer', activation=activation, bias_gain=lrmul)
    module.weight = parameter(num_out, num_in, scale=1 / lrmul)
    module.bias = torch.nn.Parameter(torch.randn(num_out) * 0.3 / lrmul + bias)
    return module


def mapping(num_layers, z_dim, w_dim, lrmul, w_avg=None):
    """Return a mapping network."""
    module = Persistent('MappingNetwork', num_layers=num_layers)
    module.embed = fully_connected(C_DIM, w_dim)
    for i in range(num_layers):
        num_in = z_dim + w_dim if i == 0 else w_dim
        setattr(module, f'fc{i}', fully_connected(num_in, w_dim, lrmul, 'lrelu'))
    if w_avg is not None:
        module.register_buffer('w_avg', w_avg)
    return module


def convolution(num_in, num_out, kernel, has_bias=True):
    """Return a layer of the discriminator."""
    module = Persistent('Conv2dLayer', activation='lrelu', conv_clamp=CLAMP)
    module.weight = parameter(num_out, num_in, kernel, kernel)
    module.bias = parameter(num_out, scale=0.3) if has_bias else None
    module.register_buffer('resample_filter', FILTER)
    return module


def synthesis_layer(num_in, num_out, size):
    """Return a layer of the generator."""
    module = Persistent('SynthesisLayer', activation='lrelu', conv_clamp=CLAMP, use_noise=True)
    module.affine = fully_connected(W_DIM, num_in, bias=1.0)
    module.weight = parameter(num_out, num_in, 3, 3)
    module.noise_strength = torch.nn.Parameter(torch.tensor(0.5))
    module.bias = parameter(num_out, scale=0.3)
    module.register_buffer('noise_const', torch.randn(size, size))
    module.register_buffer('resample_filter', FILTER)
    return module


def synthesis_block(size, num_in, num_out):
    """Return a block of the generator."""
    module = Persistent('SynthesisBlock', architecture='skip', use_fp16=size > 4)
    if num_in:
        module.conv0 = synthesis_layer(num_in, num_out, size)
    else:
        module.const = parameter(num_out, 4, 4)
    module.conv1 = synthesis_layer(num_out, num_out, size)
    module.torgb = Persistent('ToRGBLayer', conv_clamp=CLAMP)
    module.torgb.affine = fully_connected(W_DIM, num_out, bias=1.0)
    module.torgb.weight = parameter(3, num_out, 1, 1)
    module.torgb.bias = parameter(3, scale=0.3)
    module.register_buffer('resample_filter', FILTER)
    return module


def generator():
    """Return a generator of 8x8 pixels."""
    module = Persistent('Generator', z_dim=Z_DIM, c_dim=C_DIM, w_dim=W_DIM, img_resolution=8, img_channels=3)
    module.synthesis = Persistent('SynthesisNetwork', img_resolution=8)
    module.synthesis.b4 = synthesis_block(4, 0, FMAPS[4])
    module.synthesis.b8 = synthesis_block(8, FMAPS[4], FMAPS[8])
    module.mapping = mapping(2, Z_DIM, W_DIM, 0.01, torch.randn(W_DIM))
    return module


def discriminator():
    """Return a discriminator of 8x8 pixels."""
    module = Persistent('Discriminator', c_dim=C_DIM, img_resolution=8, img_channels=3)
    module.b8 = Persistent('DiscriminatorBlock', architecture='resnet', use_fp16=True)
    module.b8.fromrgb = convolution(3, FMAPS[8], 1)
    module.b8.conv0 = convolution(FMAPS[8], FMAPS[8], 3)
    module.b8.conv1 = convolution(FMAPS[8], FMAPS[4], 3)
    module.b8.skip = convolution(FMAPS[8], FMAPS[4], 1, has_bias=False)
    module.b8.register_buffer('resample_filter', FILTER)
    module.mapping = mapping(2, 0, FMAPS[4], 0.01)
    module.b4 = Persistent('DiscriminatorEpilogue')
    module.b4.mbstd = Persistent('MinibatchStdLayer', group_size=2, num_channels=1)
    module.b4.conv = convolution(FMAPS[4] + 1, FMAPS[4], 3)
    module.b4.fc = fully_connected(FMAPS[4] * 16, FMAPS[4], activation='lrelu')
    module.b4.out = fully_connected(FMAPS[4], FMAPS[4])
    return module


def main():
    """Write the files."""
    torch.manual_seed(0)
    networks = {'G': generator(), 'D': discriminator(), 'G_ema': generator()}
    snapshot = dict(networks, training_set_kwargs={'path': 'pictures.zip', 'use_labels': True}, augment_pipe=None)
    with open(os.path.join(DATA_DIR, 'ada_pytorch.pkl'), 'wb') as file:
        pickle.dump(snapshot, file, protocol=4)
    tensors = {
        name: {key: value.detach().numpy().astype(np.float64) for key, value in net.state_dict().items()}
        for name, net in networks.items()
    }
    z, c = np.random.RandomState(0).randn(4, Z_DIM), np.eye(C_DIM)[[0, 1, 2, 0]]
    images = ada_generator(tensors['G_ema'], z, c, truncation=0.7, clamp=CLAMP)
    scores = ada_discriminator(tensors['D'], images, c, group_size=2, lrmul=0.01, clamp=CLAMP)
    np.savez(os.path.join(DATA_DIR, 'ada_pytorch.npz'), z=z, c=c, images=images, scores=scores)


if __name__ == '__main__':
    main()

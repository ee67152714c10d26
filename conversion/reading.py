# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks from a file of any format that is known here; nothing in a file is executed."""

import collections
import io

from conversion import ada_pytorch, kinds, npz, rosinality, states
from dnnlib import torch_file
from dnnlib.tflib import pickling
from dnnlib.util import UserError
from training import misc

Content = collections.namedtuple('Content', 'kind networks remarks')  # Networks: dict name -> PickledNetwork.


def read_networks(path_or_url):
    """Return what a file holds.

    Args:
        path_or_url: Snapshot, `.npz`, `.pt` or pickle of PyTorch.

    Returns:
        `Content` of the kind of file in words, the networks, which are not built yet, and remarks for the user.

    Raises:
        UserError: If the file is missing, damaged or of another kind.
    """
    path, content = fetch(path_or_url)
    kind = kinds.detect_kind(content, path)
    if kind == kinds.TORCH:
        return _read_torch(path)
    if kind == kinds.NPZ:
        return Content('networks as NumPy arrays', npz.read_npz(path), [])
    if kind == kinds.ADA_PICKLE:
        networks, remarks = ada_pytorch.read_pickle(content, path)
        return Content('snapshot of StyleGAN2-ADA for PyTorch', networks, remarks)
    if kind == kinds.SNAPSHOT:
        return _read_snapshot(content, path)
    raise UserError(f'{path_or_url} holds no networks; it is {"an" if kind[0] in "aeiou" else "a"} {kind}')


def fetch(path_or_url):
    """Return the path of a file, after a download if need be, and its content; raise UserError if it is missing."""
    path = misc.find_pkl(path_or_url)
    with open(path, 'rb') as file:
        return path, file.read()


def _read_torch(path):
    content = torch_file.read_torch_object(path)
    if rosinality.is_checkpoint(content):
        return Content('checkpoint of rosinality/stylegan2-pytorch', *rosinality.read_checkpoint(content, path))
    if ada_pytorch.is_state_dicts(content):
        networks, remarks = ada_pytorch.read_state_dicts(content, path)
        return Content('state dicts for StyleGAN2-ADA for PyTorch', networks, remarks)
    keys = ', '.join(str(key) for key in list(content)[:4])
    raise UserError(
        f'{path} is a PyTorch file with the keys {keys} ...; known are checkpoints of rosinality/stylegan2-pytorch '
        '(g_ema, g, d) and state dicts of StyleGAN2-ADA (G_ema, G, D)'
    )


def _read_snapshot(content, path):
    loaded = pickling.load(io.BytesIO(content), name=path)
    remarks = []
    if isinstance(loaded, pickling.PickledNetwork):
        name = pickling.check_state(loaded.state)['name']
        return Content('TensorFlow snapshot of one network', collections.OrderedDict([(name, loaded)]), remarks)
    if not isinstance(loaded, (tuple, list)) or not all(isinstance(net, pickling.PickledNetwork) for net in loaded):
        raise UserError(f'{path} is a pickle, but holds no networks')
    if len(loaded) != 3:
        remarks.append(f'it holds {len(loaded)} networks; the official tools expect the three (G, D, Gs)')
    names = states.NETWORK_NAMES if len(loaded) == 3 else [pickling.check_state(net.state)['name'] for net in loaded]
    return Content('TensorFlow snapshot', collections.OrderedDict(zip(names, loaded)), remarks)

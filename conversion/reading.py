# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks from a file of any format that is known here; nothing in a file is executed."""

import collections
import io

from conversion import ada_pytorch, kinds, npz, rosinality
from dnnlib import torch_file
from dnnlib.tflib.snapshots import pickling
from dnnlib.util import UserError
from training import network_urls, snapshots

File = collections.namedtuple('File', 'name path data kind')  # Data: bytes. Kind: see `kinds.detect_kind`.
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
    return parse(fetch(path_or_url))


def parse(file):
    """Return the `Content` of a `File`, see `read_networks`."""
    if file.kind == kinds.TORCH:
        return _read_torch(file.data, file.path)
    if file.kind == kinds.NPZ:
        return Content('networks as NumPy arrays', npz.read_npz(file.data, file.path), [])
    if file.kind == kinds.ADA_PICKLE:
        networks, remarks = ada_pytorch.read_pickle(file.data, file.path)
        return Content('snapshot of StyleGAN2-ADA for PyTorch', networks, remarks)
    if file.kind == kinds.SNAPSHOT:
        return _read_snapshot(file)
    raise UserError(f'{file.name} holds no networks; it is {"an" if file.kind[0] in "aeiou" else "a"} {file.kind}')


def fetch(path_or_url):
    """Return a `File`, after a download if need be; raise UserError if it is missing."""
    path = network_urls.fetch(path_or_url)
    with open(path, 'rb') as file:
        data = file.read()
    return File(path_or_url, path, data, kinds.detect_kind(data, path))


def _read_torch(data, path):
    content = torch_file.parse_torch_object(data, path)
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


def _read_snapshot(file):
    content = pickling.load(io.BytesIO(file.data), name=file.path)
    networks = snapshots.Snapshot(content, file.path, file.path).networks
    if isinstance(content, pickling.PickledNetwork):
        return Content('TensorFlow snapshot of one network', networks, [])
    if not networks or len(networks) < len(content):
        raise UserError(f'{file.path} is a pickle, but holds no networks')
    remarks = []
    if len(networks) != len(snapshots.NETWORK_NAMES):
        remarks.append(f'it holds {len(networks)} networks; the official tools expect the three (G, D, Gs)')
    return Content('TensorFlow snapshot', networks, remarks)

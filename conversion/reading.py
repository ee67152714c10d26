# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What kind of file a file is, and its networks, of any format that is known here; nothing in a file is executed."""

import collections
import io
import zipfile

from conversion import ada_pickle, ada_pytorch, npz, rosinality
from dnnlib import file_signatures, torch_file
from dnnlib.tflib.snapshots import pickling
from dnnlib.util import UserError
from training import network_urls, snapshots

SNAPSHOT = 'TensorFlow snapshot'
ADA_PICKLE = 'pickle of StyleGAN2-ADA for PyTorch or StyleGAN3'
NPZ = 'NumPy archive'
TORCH = 'PyTorch file'
NETWORKS = (SNAPSHOT, ADA_PICKLE, NPZ, TORCH)  # The kinds that may hold networks.

File = collections.namedtuple('File', 'name path data kind')  # Data: bytes. Kind: see `detect_kind`.
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
    if file.kind == TORCH:
        return _read_torch(file.data, file.path)
    if file.kind == NPZ:
        return Content('networks as NumPy arrays', npz.read_npz(file.data, file.path), [])
    if file.kind == ADA_PICKLE:
        networks, remarks = ada_pytorch.read_pickle(file.data, file.path)
        return Content('snapshot of StyleGAN2-ADA for PyTorch', networks, remarks)
    if file.kind == SNAPSHOT:
        return _read_snapshot(file)
    raise UserError(f'{file.name} holds no networks; it is {"an" if file.kind[0] in "aeiou" else "a"} {file.kind}')


def fetch(path_or_url):
    """Return a `File`, after a download if need be; raise UserError if it is missing."""
    path = network_urls.fetch(path_or_url)
    with open(path, 'rb') as file:
        data = file.read()
    return File(path_or_url, path, data, detect_kind(data, path))


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


def detect_kind(content, name=''):
    """Return one of the kinds above, or a few words on what else a file is.

    Args:
        content: Bytes of the file.
        name: Its name, whose ending serves where the content tells nothing.
    """
    if not content:
        return 'empty file; copy or download it again'
    found = file_signatures.find_format(content)
    if found == 'torch':
        return TORCH
    if found == 'zip':
        return _detect_zip(content)
    words = file_signatures.describe(content)
    if words:
        return words.partition(' ')[2]  # Without the article.
    if ada_pickle.is_ada_pickle(content):
        return ADA_PICKLE
    if content[:1] == b'\x80' or name.endswith('.pkl'):
        return SNAPSHOT
    endings = {'.tfrecords': 'data set', '.pb': 'frozen graph or SavedModel of TensorFlow'}
    return dict(endings).get('.' + name.rpartition('.')[2], 'file of an unknown kind')


def _detect_zip(content):
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return 'damaged zip archive; copy or download it again'
    if any(name.split('/', 1)[-1] == 'data.pkl' for name in names):
        return TORCH
    if names and all(name.endswith('.npy') for name in names):
        return NPZ
    if any(name.lower().endswith(('.png', '.jpg', '.jpeg')) for name in names):
        return 'zip archive of pictures, as StyleGAN2-ADA for PyTorch uses for data sets'
    return 'zip archive; unpack it first'

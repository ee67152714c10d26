# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks as `.npz`: plain arrays and one JSON text, the form that every tool can read safely.

The array `networks` holds the JSON text, every other array is a variable: `Gs/synthesis/4x4/Const/const`.
"""

import collections
import io
import json
import zipfile
import zlib

import numpy as np

from conversion import states
from dnnlib.array_files import save_arrays
from dnnlib.util import UserError, atomic_write

FORMAT = 'stylegan2-tf networks'
HEADER = 'networks'  # Name of the array with the JSON text.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


def write_npz(networks, path):
    """Write networks, each with its build function, keywords and variables.

    Args:
        networks: Dict name -> `ResolvedNetwork`.
        path: File to write.
    """
    header = {'format': FORMAT, 'version': 1, 'networks': {k: _describe(net) for k, net in networks.items()}}
    arrays = {
        f'{key}/{name}': np.asarray(value, np.float32)
        for key, net in networks.items()
        for name, value in net.variables.items()
    }
    with atomic_write(path) as file:
        save_arrays(file, dict({HEADER: np.array(json.dumps(header))}, **arrays))


def _describe(net):
    """Return what the JSON text says about a network."""
    return collections.OrderedDict(
        name=net.name,
        version=net.version,
        build_func_name=net.func.__name__,
        static_kwargs=net.static_kwargs,
        variables=list(net.own_variables),
        components=collections.OrderedDict((key, _describe(part)) for key, part in net.components.items()),
    )


def read_npz(content, path):
    """Read networks that `write_npz` wrote.

    Args:
        content: Bytes of the file.
        path: Its name, for messages.

    Returns:
        Dict name -> network that is not built yet.

    Raises:
        UserError: If the file is damaged or holds something else.
    """
    try:
        _check_archive(content, path)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            header = json.loads(str(arrays[HEADER])) if HEADER in arrays else {}
            if header.get('format') != FORMAT or header.get('version') != 1:
                raise UserError(f'{path} holds arrays, but no networks: the text {HEADER!r} of convert.py is missing')
            return collections.OrderedDict(
                (key, _make_network(description, arrays, key + '/')) for key, description in header['networks'].items()
            )
    except UserError:
        raise
    except _DAMAGE as error:
        raise UserError(f'{path} is damaged: {type(error).__name__}: {error}') from error


def _check_archive(content, path):
    """Refuse compressed members and such that overlap, as a small file could become gigabytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise UserError(f'{path} is compressed; write it with numpy.savez, which does not compress')
        if sum(info.file_size for info in archive.infolist()) > len(content):
            raise ValueError('its members overlap')


def _make_network(description, arrays, prefix):
    if len(set(description['variables'])) < len(description['variables']):
        raise ValueError('a variable is listed twice')
    components = collections.OrderedDict(
        (key, _make_network(part, arrays, f'{prefix}{key}/')) for key, part in description['components'].items()
    )
    return states.make_network(
        version=description['version'],
        name=description['name'],
        build_func_name=description['build_func_name'],
        static_kwargs=description['static_kwargs'],
        variables=collections.OrderedDict((name, arrays[prefix + name]) for name in description['variables']),
        components=components,
    )

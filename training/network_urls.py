# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Names of published networks, where they lie, and how to get them; needs no TensorFlow."""

import itertools
import os

from dnnlib import util
from dnnlib.option_hints import did_you_mean
from dnnlib.util import UserError

ALIAS_PREFIX = 'gdrive:networks/'  # They were on Google Drive once.
NETWORK_DIR_VARIABLE = 'DNNLIB_NETWORK_DIR'  # Directory with copies of the files, which are taken instead.
SHIPPED_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'pretrained')
OLD_CACHE_DIR = '.stylegan2-cache'  # Where the official code puts downloads, in the current directory.
_ROOT_URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan2/networks/'
_ADA_URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada/pretrained/transfer-learning-source-nets/'

_CONFIGS = {'car': 'abcdef', 'ffhq': 'abcdef', 'cat': 'af', 'church': 'af', 'horse': 'af'}
_ARCHITECTURES = ('orig', 'resnet', 'skip')


def _list_files():
    """Return the file names below the root, in the order of the paper."""
    files = [f'stylegan2-{data}-config-{letter}.pkl' for data in _CONFIGS for letter in _CONFIGS[data]]
    table2 = itertools.product(('car', 'ffhq'), _ARCHITECTURES, _ARCHITECTURES)
    return files + [f'table2/stylegan2-{data}-config-e-G{G}-D{D}.pkl' for data, G, D in table2]


gdrive_urls = {ALIAS_PREFIX + name: _ROOT_URL + name for name in _list_files()}

# The names that StyleGAN2-ADA has for networks to start a training with.
resume_urls = {
    'ffhq256': _ADA_URL + 'ffhq-res256-mirror-paper256-noaug.pkl',
    'ffhq512': _ADA_URL + 'ffhq-res512-mirror-stylegan2-noaug.pkl',
    'ffhq1024': _ADA_URL + 'ffhq-res1024-mirror-stylegan2-noaug.pkl',
    'celebahq256': _ADA_URL + 'celebahq-res256-mirror-paper256-kimg100000-ada-target0.5.pkl',
    'lsundog256': _ADA_URL + 'lsundog-res256-paper256-kimg100000-noaug.pkl',
}


# Networks that come with this project, free to use.
shipped_paths = {name: os.path.join(SHIPPED_DIR, name + '.pkl') for name in ['cartoon64']}


def is_alias(name):
    """Tell whether this is the name of a published network, or begins as those do, and not a path."""
    is_known = name in resume_urls or name in shipped_paths
    return str(name).startswith('gdrive:') or is_known and not os.path.exists(name)


def get_path_or_url(path_or_gdrive_path):
    """Return the URL of an alias, or its path if it comes with this project; anything else is returned as it is.

    A copy of the file in the directory that the environment variable DNNLIB_NETWORK_DIR names is preferred.

    Raises:
        UserError: If it begins as the aliases do, but is none of them.
    """
    name = path_or_gdrive_path
    if not is_alias(name):
        return name
    if name in shipped_paths:
        return shipped_paths[name]
    url = gdrive_urls.get(name) or resume_urls.get(name)
    if url is None:
        hint = did_you_mean(name, gdrive_urls)
        raise UserError(
            f'{name} is no published network{hint}; `python pretrained_networks.py` lists all {len(gdrive_urls)}'
        )
    copy = os.path.join(util.expand_path(os.environ.get(NETWORK_DIR_VARIABLE, '')), url.split('/')[-1])
    return copy if os.environ.get(NETWORK_DIR_VARIABLE) and os.path.isfile(copy) else url


def fetch(file_or_url):
    """Return the path of a snapshot, after a download if need be.

    Args:
        file_or_url: Path, URL or alias.

    Raises:
        UserError: If it is not available; the message tells where to put a file that was fetched by other means.
    """
    found = get_path_or_url(file_or_url)
    cache_dir = OLD_CACHE_DIR if os.path.isdir(OLD_CACHE_DIR) else None
    try:
        return util.open_url(found, cache_dir=cache_dir, return_filename=True)
    except UserError as error:
        if found == file_or_url:
            raise
        raise UserError(
            f'{error}; or put {found.split("/")[-1]} into a directory and set {NETWORK_DIR_VARIABLE} to it'
        ) from error

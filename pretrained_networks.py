#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""List networks whose names every --network option takes: those that come with this project, and published ones."""

from dnnlib import cmdline
from training.network_urls import gdrive_urls, get_path_or_url, resume_urls, shipped_paths

EXAMPLES = """examples:

  # Names and addresses.
  python pretrained_networks.py

  # Draw with the one that comes with this project.
  python run_generator.py generate-images --network=cartoon64 --seeds=0-15

  # Draw with a published one; the file is downloaded once, into the folder for downloads below $DNNLIB_CACHE_DIR.
  python run_generator.py generate-images --network=gdrive:networks/stylegan2-ffhq-config-f.pkl --seeds=6600-6625

  # Without a connection: fetch the file elsewhere and name the directory that it lies in.
  DNNLIB_NETWORK_DIR=~/networks python run_generator.py generate-images --seeds=1 \\
      --network=gdrive:networks/stylegan2-ffhq-config-f.pkl

licence: that of this project is free to use, see pretrained/README.md. The others were published by NVIDIA under the
Nvidia Source Code License-NC, for non-commercial use only, and those of human faces were trained on FFHQ, which has
terms of its own. They are no part of this project.
"""

__all__ = ['gdrive_urls', 'get_path_or_url', 'load_networks', 'resume_urls']

_networks_cache = {}


def load_networks(path_or_gdrive_path):
    """Return (G, D, Gs) of a published or any other snapshot, once per process; opens a session if there is none.

    Args:
        path_or_gdrive_path: Alias, path or URL.

    Raises:
        UserError: If it is not available, or is no snapshot.
    """
    from dnnlib import tflib  # Loads TensorFlow in silence.

    # isort: split
    import tensorflow.compat.v1 as tf

    from training import misc

    tflib.init_tf()
    key = get_path_or_url(path_or_gdrive_path), tf.get_default_graph()
    if key not in _networks_cache:
        _networks_cache[key] = misc.load_networks(path_or_gdrive_path)
    return _networks_cache[key]


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    return cmdline.make_parser(__doc__, EXAMPLES).parse_args(argv)


def main(argv=None):
    """Print the names."""
    parse_args(argv)
    for alias in shipped_paths:
        print(f'{alias:<66} {get_path_or_url(alias)}')
    for alias in gdrive_urls:
        print(f'{alias:<66} {get_path_or_url(alias)}')
    for alias in resume_urls:
        print(f'{alias:<66} {get_path_or_url(alias)}')
    print('\n' + EXAMPLES[EXAMPLES.index('licence:') :].rstrip())


if __name__ == '__main__':
    cmdline.run(main)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Write a snapshot with weights in half precision, for the folder `pretrained`; all readers take it."""

import functools
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from dnnlib import cmdline  # noqa: E402 - the project runs from its checkout

EXAMPLES = """examples:

  python tools/ship_network.py results/00000-run/network-best.pkl pretrained/cartoon64.pkl
"""


def store(net):
    """Return what is pickled as a network does, with float16 in the place of float32."""
    state = net.__getstate__()
    state['variables'] = [(name, halve(value)) for name, value in state['variables']]
    state['components'] = {key: store(part) for key, part in state['components'].items()}
    stored = type(net).__new__(type(net))
    stored.__getstate__ = lambda: state
    return stored


def halve(value):
    """Return an array in float16, and numbers as they are."""
    return value.astype('float16') if getattr(value, 'ndim', 0) > 0 else value


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    add('source PKL', 'snapshot', cmdline.parse_path)
    add('target PKL', 'file to write', cmdline.parse_path)
    return parser.parse_args(argv)


def main(argv=None):
    """Read, halve and write."""
    args = parse_args(argv)

    from dnnlib import tflib
    from training import snapshots

    tflib.init_tf()
    networks = snapshots.open_snapshot(args.source).build()
    snapshots.save_snapshot(tuple(store(net) for net in networks), args.target)
    print(f'{args.target}: {os.path.getsize(args.target) / 1e6:.1f} MB')


if __name__ == '__main__':
    cmdline.run(main)

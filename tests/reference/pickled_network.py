# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Writes pickled networks with any variables, in the form in which the official code publishes its metric networks."""

import collections
import pickle

from dnnlib.tflib.network import Network

NEVER_TO_RUN = 'raise SystemExit("this code must not run")\n'


def write_pickled_network(path, variables, build_func_name='build', source=NEVER_TO_RUN, **static_kwargs):
    """Write a pickled `Network`.

    Args:
        path: File to write.
        variables: Dict name -> array, in order.
        build_func_name: Name of the function in the embedded source.
        source: The embedded source.
        **static_kwargs: Keywords of that function.
    """
    state = collections.OrderedDict(
        version=3,
        name='metric_network',
        static_kwargs=static_kwargs,
        components={},
        build_module_src=source,
        build_func_name=build_func_name,
        variables=list(variables.items()),
    )
    network = Network.__new__(Network)
    getstate = Network.__getstate__
    Network.__getstate__ = lambda self: dict(state)
    try:
        content = pickle.dumps(network, protocol=3)
    finally:
        Network.__getstate__ = getstate
    with open(str(path), 'wb') as file:
        file.write(content)
    return str(path)

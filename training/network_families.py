# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Which of this project's functions builds a network that was found in a snapshot."""

from dnnlib import util
from dnnlib.util import UserError

_STYLEGAN2_FUNCS = {
    'G_main': 'training.networks_stylegan2.G_main',
    'G_mapping': 'training.networks_stylegan2.G_mapping',
    'G_synthesis_stylegan2': 'training.networks_stylegan2.G_synthesis_stylegan2',
    'D_stylegan2': 'training.networks_stylegan2.D_stylegan2',
}


def find_build_func(build_func_name, state):
    """Return the build function and static keywords for a pickled network.

    Args:
        build_func_name: Name of the function inside the module that the snapshot embeds.
        state: Checked state of the network, see `dnnlib.tflib.pickling.check_state`.

    Returns:
        Tuple of function and dict.

    Raises:
        UserError: If the network belongs to a family that is not known here.
    """
    is_ada = build_func_name == 'G_main' and not any(name == 'lod' for name, _ in state['variables'])
    if build_func_name not in _STYLEGAN2_FUNCS or is_ada:
        raise UserError(
            'network {} was built by {}{}, known are {} of StyleGAN2'.format(
                state['name'],
                build_func_name,
                ' of StyleGAN2-ADA' if is_ada else '',
                ', '.join(sorted(_STYLEGAN2_FUNCS)),
            )
        )
    return util.get_obj_by_name(_STYLEGAN2_FUNCS[build_func_name]), dict(state['static_kwargs'])

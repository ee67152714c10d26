# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Whether a network that is being built from a snapshot is the one that was saved."""

import numpy as np

from dnnlib.guarded_unpickler import brief
from dnnlib.util import UserError

_MAX_PROBLEMS = 5  # In a message; one more ends the building.


class VariableCheck:
    """Compares the variables of a network with the saved ones while it is being built.

    What a file says about the network cannot make it larger than the file: building ends when too much is not in it.

    Args:
        network_name: Name of the network in messages.
        func_name: Name of its build function in messages.
        values: Local name -> saved value.
    """

    def __init__(self, network_name, func_name, values):
        self._what = f'variables of network {network_name} do not fit {func_name}'
        self._shapes = {name: np.shape(value) for name, value in values.items()}
        self._unused = dict(self._shapes)
        self._problems = []

    def custom_getter(self, getter, name, *args, **kwargs):
        """Make a variable as `tf.get_variable` asks for it."""
        var = getter(name, *args, **kwargs)
        local_name = name.partition('/')[2]
        shape = tuple(var.shape.as_list())
        if local_name not in self._shapes:
            self._problems.append(f'{local_name} is missing')
        elif self._shapes[local_name] != shape:
            self._problems.append(f'{local_name} has shape {self._shapes[local_name]} instead of {shape}')
        self._unused.pop(local_name, None)
        if len(self._problems) > _MAX_PROBLEMS:
            self._fail()
        return var

    def finish(self):
        """Raise UserError unless the variables were the saved ones."""
        self._problems += [f'{brief(name)} is unexpected' for name in self._unused]
        if self._problems:
            self._fail()

    def _fail(self):
        more = ' ...' if len(self._problems) > _MAX_PROBLEMS else ''
        raise UserError(f'{self._what}: {"; ".join(self._problems[:_MAX_PROBLEMS])}{more}')

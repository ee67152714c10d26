# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What the tests of the custom ops share."""

import numpy as np
import pytest

from dnnlib.tflib import custom_ops


def get_plugin(name):
    """Return the compiled op, or skip the test where it is not available."""
    try:
        return custom_ops.get_plugin(name)
    except custom_ops.PluginError as error:
        pytest.skip(f'no compiled op: {error}')


def make_impl_fixture(name):
    """Return a fixture that lets both implementations of an op serve, one after the other."""

    @pytest.fixture(params=['native', 'ref'])
    def impl(request):
        """Both implementations."""
        if request.param == 'native':
            get_plugin(name)
        with custom_ops.use_impl(request.param):
            yield request.param

    return impl


def check_equal_runs(session, fetches):
    """Check that equal runs give equal bits."""
    first = session.run(fetches)
    for _ in range(5):
        for one, other in zip(first, session.run(fetches)):
            np.testing.assert_array_equal(one, other)

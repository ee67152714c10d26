# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks whose weight files are not there."""

import pytest

from dnnlib.util import UserFileNotFoundError


def check(make_network, module, env_var, sha256_start, tmp_path, monkeypatch):
    """Check that missing weights are asked for by name, address, checksum and place."""
    monkeypatch.setenv(env_var, str(tmp_path / 'gone.pth'))
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path / 'cache'))
    with pytest.raises(UserFileNotFoundError) as caught:
        make_network()
    for part in ['gone.pth', module.URL, sha256_start, str(tmp_path / 'cache' / 'metrics'), env_var]:
        assert part in str(caught.value)

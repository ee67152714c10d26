# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshots of every family, written by this project and read by others."""

import io

import numpy as np
import official_reader
import pickled_networks
import pytest

from dnnlib.tflib import network
from dnnlib.tflib.snapshots import pickling

GENERATOR_VARIABLES = {'dlatent_avg'}  # And these of components, which legacy.py of the PyTorch programs reads.
MAPPING_VARIABLES = {'Dense0/weight', 'Dense0/bias', 'Dense1/weight', 'Dense1/bias'}
SYNTHESIS_VARIABLES = {f'noise{index}' for index in range(3)} | {'4x4/Const/const'}
for _scope in ('4x4/Conv', '8x8/Conv0_up', '8x8/Conv1'):
    SYNTHESIS_VARIABLES |= {
        f'{_scope}/{name}' for name in ('weight', 'mod_weight', 'mod_bias', 'noise_strength', 'bias')
    }
for _scope in ('4x4/ToRGB', '8x8/ToRGB'):
    SYNTHESIS_VARIABLES |= {f'{_scope}/{name}' for name in ('weight', 'mod_weight', 'mod_bias', 'bias')}
DISCRIMINATOR_VARIABLES = {'8x8/Skip/weight'}
for _scope in ('8x8/FromRGB', '8x8/Conv0', '8x8/Conv1_down', '4x4/Conv', '4x4/Dense0', 'Output'):
    DISCRIMINATOR_VARIABLES |= {_scope + '/weight', _scope + '/bias'}


@pytest.mark.parametrize('family', sorted(pickled_networks.FAMILIES))
def test_official_readers_compute_the_same(session, family):
    networks = pickled_networks.make_networks(family)
    file = io.BytesIO()
    pickling.dump(networks, file)
    official = official_reader.load(file.getvalue())
    assert [net.name for net in official] == ['G', 'D', 'Gs']
    for net, twin in zip(networks, official):
        assert list(net.vars) == list(twin.vars) and net.static_kwargs == twin.static_kwargs
    results = pickled_networks.evaluate(networks)
    for result, twin in zip(results, pickled_networks.evaluate(official)):
        assert np.std(result) > 0
        np.testing.assert_allclose(twin, result, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('family', ['stylegan2', 'ada'])
def test_variables_are_those_that_converters_to_pytorch_look_for(family):
    G, D, _ = pickling.load(io.BytesIO(pickled_networks.dump_family(family)))
    names = {key: {name for name, _ in part.state['variables']} for key, part in G.state['components'].items()}
    assert names == {'mapping': MAPPING_VARIABLES, 'synthesis': SYNTHESIS_VARIABLES}
    assert {name for name, _ in G.state['variables']} - {'lod'} == GENERATOR_VARIABLES
    assert {name for name, _ in D.state['variables']} == DISCRIMINATOR_VARIABLES


def test_foreign_networks_are_written_in_the_same_form_as_ours(session):
    G, D, _ = network.build_networks(pickling.load(io.BytesIO(pickled_networks.dump_family('ada'))))
    for net in (G, D):
        state = net.__getstate__()
        assert tuple(state) == official_reader.STATE_KEYS and state['version'] == 4
        assert 'SystemExit' not in state['build_module_src'] and 'def D_main(' in state['build_module_src']
    assert list(G.__getstate__()['components']) == ['synthesis', 'mapping']

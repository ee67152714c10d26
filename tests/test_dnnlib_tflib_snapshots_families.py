# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The registry of families: how they are found, who is asked first, and what a new one needs."""

import collections
import importlib
import io
import os
import shutil
import sys

import numpy as np
import pytest

from dnnlib import tflib
from dnnlib.tflib import network
from dnnlib.tflib.snapshots import families, pickling
from dnnlib.util import UserError

NETWORKS = """
import tensorflow.compat.v1 as tf

def F_scale(points_in, size=2, impl='ref', **_kwargs):
    factor = tf.get_variable('factor', [size], initializer=tf.initializers.ones())
    points_in.set_shape([None, size])
    return tf.identity(points_in * factor, name='points_out')
"""
RECORD = """
from dnnlib.tflib.snapshots import families

families.register(families.Family(name='Scalers', module='made_up_room.networks', funcs=['F_scale']))
"""


@pytest.fixture
def empty(monkeypatch):
    """Families of this test alone."""
    monkeypatch.setattr(families, '_families_cache', collections.OrderedDict())
    monkeypatch.setattr(families, '_discovered_cache', [])
    monkeypatch.setattr(families, 'list_families', lambda: list(families._families_cache.values()))


@pytest.fixture
def made_up_room(empty, tmp_path, monkeypatch):
    """A folder with a package that has networks of its own and a record of them."""
    (tmp_path / 'made_up_room').mkdir()
    (tmp_path / 'made_up_room' / '__init__.py').write_text('')
    (tmp_path / 'made_up_room' / 'networks.py').write_text(NETWORKS)
    (tmp_path / 'made_up_room' / 'families.py').write_text(RECORD)
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other' / 'networks.py').write_text('raise SystemExit')
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    return str(tmp_path)


def test_new_family_needs_a_record_beside_its_networks_and_nothing_else(session, made_up_room):
    families._discover(made_up_room)
    net = tflib.Network('scaler', 'made_up_room.networks.F_scale', size=3, impl='ref')
    net.set_var('factor', [1.0, 2.0, 3.0])
    file = io.BytesIO()
    pickling.dump({'scaler': net}, file)
    file.seek(0)
    copy = network.build_networks(pickling.load(file))['scaler']
    np.testing.assert_array_equal(copy.run(np.ones([1, 3])), [[1.0, 2.0, 3.0]])
    assert copy.static_kwargs == {'size': 3}  # Without what only tells how it is computed.
    assert families.get_family('made_up_room.networks').describe(None, {}) == {}
    assert [family.name for family in families.list_families()] == ['Scalers']


def test_folders_that_are_no_packages_are_left_alone(made_up_room):
    copy = os.path.join(made_up_room, 'made_up_room.copy-1')
    shutil.copytree(os.path.join(made_up_room, 'made_up_room'), copy)
    families._discover(made_up_room)
    assert not [name for name in sys.modules if 'copy-1' in name]


def make_state(func_name, version=4, variables=(), source='', components=()):
    return {
        'name': 'net',
        'build_func_name': func_name,
        'version': version,
        'variables': [(name, np.float32(0)) for name in variables],
        'build_module_src': source,
        'static_kwargs': {},
        'components': dict.fromkeys(components),
    }


def add(name, funcs, **kwargs):
    return families.register(families.Family(name=name, module='rooms.' + name, funcs=funcs, **kwargs))


def test_of_several_families_the_latest_that_is_sure_builds_a_network(empty):
    add('old', ['F'], state_version=3, is_sure=lambda name, clues: 'mark' in clues.variables)
    add('mid', ['F'], state_version=4)
    add('new', ['F', 'G'], is_sure=lambda name, clues: 'G' in clues.functions)

    def find(*args):
        return families.find_family(make_state(*args)).name

    assert find('F', 4, ['mark'], 'def G(): pass\ndef G(): pass\n') == 'new'
    assert find('F', 4, ['mark']) == 'old'
    assert find('F', 4) == 'mid'  # By the version.
    assert find('F', 2) == 'old'  # The first of all.
    assert find('G', 2) == 'new'  # There is no other.
    assert families.find_family(make_state('H')) is None


def test_unknown_functions_are_answered_with_the_known_ones(empty, monkeypatch):
    add('one', ['F_b', 'F_a'])
    add('two', ['F_c'])
    with pytest.raises(UserError, match='network net was built by F_d, known are F_a, F_b, F_c of one, two; --allow'):
        families.find_build_func(make_state('F_d'))
    with pytest.raises(UserError, match='network net was built by F_c, which one does not have; --allow'):
        families.find_build_func(make_state('F_c'), 'rooms.one')
    monkeypatch.setattr(families, '_strangers_cache', [('^F_x', 'a relic')])
    with pytest.raises(UserError, match='network net was built by F_xyz: it is a relic$'):
        families.find_build_func(make_state('F_xyz'))


@pytest.mark.parametrize('func_name, components', [('F_main', []), ('F_part', ['part'])])
def test_components_belong_to_main_functions_alone(empty, func_name, components):
    add('one', ['F_main', 'F_part'], main_funcs=['F_main'], components={'part': 'F_part'})
    with pytest.raises(UserError, match=f'components of network net do not fit {func_name}'):
        families.find_build_func(make_state(func_name, components=components))

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Snapshot files: what they hold, who can read them, and what is refused.

Run as a script, this file writes the golden snapshots of the TensorFlow and NumPy that it runs with.
"""

import collections
import contextlib
import io
import os
import pickle
import pickletools
import zipfile

import numpy as np
import pickled_calls
import pytest
import tensorflow.compat.v1 as tf
from pickled_networks import (
    IMAGES,
    LATENT,
    POISON,
    SIZE,
    Saved,
    assert_same_networks,
    dump_saved,
    make_networks,
)

from dnnlib import tflib
from dnnlib.tflib import network
from dnnlib.tflib.snapshots import building, bundle, pickling
from dnnlib.util import EasyDict, UserError

DATA_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')
VERSIONS = ('tf1_numpy1', 'tf2_numpy2')
GOLDEN_FAMILIES = ('stylegan', 'stylegan2', 'ada')
OFFICIAL_GLOBALS = {
    'dnnlib.tflib.network Network',
    'numpy.core.multiarray _reconstruct',
    'numpy.core.multiarray scalar',
    'numpy dtype',
    'numpy ndarray',
}


def make_discriminator():
    return tflib.Network('D', 'training.networks_stylegan2.D_stylegan2', mbstd_group_size=4, **SIZE)


def dump(obj):
    file = io.BytesIO()
    pickling.dump(obj, file)
    return file.getvalue()


def read(data):
    return network.build_networks(pickling.load(io.BytesIO(data), name='some.pkl'))


def get_golden_path(family, versions):
    return os.path.join(DATA_DIR, f'snapshot_{family}_{versions}.pkl')


def read_golden(family='stylegan2', versions='tf1_numpy1'):
    with open(get_golden_path(family, versions), 'rb') as file:
        return file.read()


def list_globals(data):
    """Return the globals that a pickle asks for, by walking its opcodes with a memo of strings."""
    found, strings, memo, is_string = set(), [], {}, False
    for opcode, arg, _ in pickletools.genops(data):
        if opcode.name in ('GLOBAL', 'INST'):
            found.add(arg)
        elif opcode.name == 'STACK_GLOBAL':
            found.add(' '.join(strings[-2:]))
        elif opcode.name == 'MEMOIZE':
            memo[len(memo)] = strings[-1] if is_string else None
        elif 'GET' in opcode.name and memo.get(arg) is not None:
            strings.append(memo[arg])
        elif 'UNICODE' in opcode.name:
            strings.append(arg)
        is_string = 'UNICODE' in opcode.name
    return found


class OfficialState:
    """What readers such as legacy.py put in place of the class."""


class OfficialReader(pickle.Unpickler):
    """Reads a snapshot as legacy.py does."""

    def find_class(self, module, name):  # noqa: D102
        return (
            OfficialState if (module, name) == ('dnnlib.tflib.network', 'Network') else super().find_class(module, name)
        )


@pytest.fixture
def states(session):
    return OfficialReader(io.BytesIO(dump(make_networks())), encoding='latin1').load()


# ---------------------------------------------------------------------------- what is written


def test_snapshots_are_protocol_4_with_the_official_globals_only(session):
    data = dump(make_networks())
    assert data[:2] == b'\x80\x04'
    assert max(opcode.proto for opcode, _, _ in pickletools.genops(data)) == 4
    assert list_globals(data) == OFFICIAL_GLOBALS
    assert b'numpy._core' not in data


def test_state_has_the_official_keys_order_and_types(states):
    assert isinstance(states, tuple) and [state.name for state in states] == ['G', 'D', 'Gs']
    for state in states:
        assert list(vars(state)) == [
            'version',
            'name',
            'static_kwargs',
            'components',
            'build_module_src',
            'build_func_name',
            'variables',
        ]
        assert state.version == 4
        assert type(state.static_kwargs) is dict and type(state.components) is dict
        assert type(state.build_module_src) is str and 'def D_stylegan2(' in state.build_module_src
    G, D, _ = states
    assert (G.build_func_name, D.build_func_name) == ('G_main', 'D_stylegan2')
    assert list(G.components) == ['synthesis', 'mapping'] and D.components == {}
    assert G.components['synthesis'].name == 'G_synthesis' and G.components['mapping'].name == 'G_mapping'
    assert G.static_kwargs == dict(SIZE, **LATENT)


def test_variables_are_float32_in_c_order_and_scalars_are_numpy_scalars(states):
    G, D, _ = states
    assert [name for name, _ in G.variables] == ['lod', 'dlatent_avg']
    assert [name for name, _ in G.components['synthesis'].variables][:4] == [
        'noise0',
        'noise1',
        'noise2',
        '4x4/Const/const',
    ]
    assert type(dict(G.variables)['lod']) is np.float32
    assert type(dict(G.components['synthesis'].variables)['4x4/Conv/noise_strength']) is np.float32
    for state in [D, *G.components.values()]:
        assert type(state.variables) is list and len(state.variables) > 0
        for item in state.variables:
            assert type(item) is tuple and item[1].dtype == np.float32
            assert item[1].ndim == 0 or (type(item[1]) is np.ndarray and item[1].flags.c_contiguous)


GENERATOR_KWARGS = {  # What legacy.py of StyleGAN2-ADA for PyTorch accepts; others make it fail.
    'latent_size', 'label_size', 'dlatent_size', 'resolution', 'num_channels', 'mapping_layers', 'label_fmaps',
    'mapping_fmaps', 'mapping_nonlinearity', 'mapping_lrmul', 'w_avg_beta', 'fmap_base', 'fmap_max', 'num_fp16_res',
    'conv_clamp', 'architecture', 'resample_kernel', 'use_noise', 'nonlinearity', 'truncation_psi', 'truncation_cutoff',
    'style_mixing_prob', 'structure',
}  # fmt: skip
DISCRIMINATOR_KWARGS = {
    'label_size', 'resolution', 'num_channels', 'architecture', 'fmap_base', 'fmap_max', 'num_fp16_res', 'conv_clamp',
    'mapping_fmaps', 'nonlinearity', 'resample_kernel', 'freeze_layers', 'mapping_layers', 'mapping_lrmul',
    'mbstd_group_size', 'mbstd_num_features', 'structure',
}  # fmt: skip


@pytest.mark.parametrize('config_id', ['config-e', 'config-f', 'config-e-Gorig-Dskip'])
@pytest.mark.parametrize('options', [{}, {'fmap_base': 64, 'fmap_max': 8, 'latent_size': 16, 'mapping_layers': 4}])
def test_trained_networks_have_keywords_that_the_pytorch_converter_knows(config_id, options):
    from training import configs

    training = configs.make_training_options(config_id, dataset='faces', **options)
    G, D = [{key for key in args if key != 'func_name'} for args in (training.G_args, training.D_args)]
    assert G <= GENERATOR_KWARGS and D <= DISCRIMINATOR_KWARGS
    assert 'mbstd_group_size' in D  # Missing, it would become the whole minibatch there.
    assert training.G_args.get('mapping_fmaps', 512) == training.G_args.get('dlatent_size', 512)


# ---------------------------------------------------------------------------- what is read


def test_a_snapshot_that_is_read_back_computes_the_same_bits(session):
    networks = make_networks()
    copies = read(dump(networks))
    assert isinstance(copies, tuple)
    assert_same_networks(networks, copies)
    for net, copy in zip(networks, copies):
        assert copy.static_kwargs == net.static_kwargs and list(copy.trainables) == list(net.trainables)
        assert copy.scope != net.scope


def test_a_network_that_was_read_is_written_with_our_source(session):
    D = make_discriminator()
    poisoned = dump(D).replace(b'"""Layers that the', b'"""Poison for the ')
    assert poisoned != dump(D)
    assert b'Poison' not in dump(read(poisoned))


@pytest.mark.parametrize('family', GOLDEN_FAMILIES)
def test_snapshots_of_both_tensorflows_open_without_executing_their_source(session, family):
    networks = make_networks(family)
    for versions in VERSIONS:
        data = read_golden(family, versions)
        assert POISON.encode() in data
        assert_same_networks(networks, read(data))


@pytest.mark.parametrize('family', GOLDEN_FAMILIES)
def test_golden_snapshots_are_what_is_written_today(session, monkeypatch, family):
    monkeypatch.setattr(bundle, 'bundle_source', lambda module: POISON)
    written = dump(make_networks(family))
    for versions in VERSIONS:
        data = read_golden(family, versions)
        assert list_globals(data) == list_globals(written) == OFFICIAL_GLOBALS
        golden, today = [OfficialReader(io.BytesIO(some), encoding='latin1').load() for some in (data, written)]
        for old, new in zip(golden, today):
            assert list(vars(old)) == list(vars(new))
            for key in set(vars(old)) - {'variables', 'components'}:
                assert getattr(old, key) == getattr(new, key)


def test_plain_pickle_opens_our_files_without_executing_the_source(session):
    data = read_golden()
    assert POISON.encode() in data
    assert_same_networks(pickle.loads(data), make_networks())


@pytest.mark.parametrize('protocol', range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_snapshots_that_others_wrote_with_later_protocols_open(session, protocol):
    D = make_discriminator()
    np.testing.assert_array_equal(read(pickle.dumps(D, protocol)).run(IMAGES, None), D.run(IMAGES, None))


def test_single_networks_and_plain_data_open(session):
    D = make_discriminator()
    np.testing.assert_array_equal(read(dump(D)).run(IMAGES, None), D.run(IMAGES, None))
    data = {
        'a': [1, 2.5, None, 'x', True],
        'b': (np.arange(6).reshape(2, 3), np.float64(0.5)),
        'c': EasyDict(d=b'\xff'),
    }
    result = read(dump(data))
    assert result['a'] == data['a'] and result['c'].d == b'\xff' and result['b'][1] == 0.5
    np.testing.assert_array_equal(result['b'][0], data['b'][0])
    assert list_globals(dump(result['b'][0])) == list_globals(dump(data['b'][0]))  # And can be written again.


def edit(name, change):
    """Return a file with network `name` of a snapshot after `change` has worked on its state."""
    networks = pickling.load(io.BytesIO(read_golden()))
    state = networks[('G', 'D', 'Gs').index(name)].state
    state['components'] = {key: Saved(component.state) for key, component in state['components'].items()}
    change(state)
    return dump_saved(Saved(state), 2)


def test_values_of_other_types_become_float32(session):
    def change(state):
        variables = [(name, np.asarray(value)) for name, value in state['variables']]
        state['variables'] = [(name, value.astype('>f2' if 'bias' in name else '<f8')) for name, value in variables]
        state['static_kwargs'].update(resolution=np.int64(8), resample_kernel=np.array([1, 3, 3, 1]))

    expected = read(read_golden())[1]
    np.testing.assert_array_equal(read(edit('D', change)).run(IMAGES, None), expected.run(IMAGES, None))


def test_import_handlers_see_each_state_before_it_is_built(session, monkeypatch):
    monkeypatch.setattr(building, 'import_handlers', [])

    @network.import_handler
    def rename(state):
        return dict(state, name='Renamed' + state['name'])

    assert read(dump(make_discriminator())).name == 'RenamedD'


# ---------------------------------------------------------------------------- what is refused


def assert_refused(data, message):
    with pytest.raises(UserError, match=message) as caught:
        read(data)
    assert '\n' not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    'obj, name',
    [
        (pickled_calls.Call(os.system, 'touch executed'), 'system'),
        (pickled_calls.Call(eval, "open('executed', 'w')"), 'eval'),
        (pickled_calls.Call(getattr, pickled_calls.Call(__import__, 'os'), 'system'), 'getattr'),
        ((1, {'x': [pickled_calls.Call(exec, "open('executed', 'w')")]}), 'exec'),
        (pickled_calls.Call(np.load, 'x.npy'), 'load'),
        (pickled_calls.Call(tf.load_op_library, 'x.so'), 'load_op_library'),
        (collections.Counter(), 'Counter'),
    ],
)
@pytest.mark.parametrize('protocol', [2, 4])
def test_calls_of_foreign_functions_are_refused_and_not_made(tmp_path, monkeypatch, obj, name, protocol):
    monkeypatch.chdir(tmp_path)
    assert_refused(
        pickle.dumps(obj, protocol), rf'some\.pkl cannot be loaded: it asks for \S+{name}, which no snapshot needs'
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('place', ['static_kwargs', 'components'])
def test_networks_with_calls_inside_are_refused(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    data = edit('D', lambda state: state[place].update(x=pickled_calls.Call(os.system, 'touch executed')))
    assert_refused(data, r'it asks for [a-z]+\.system')
    assert list(tmp_path.iterdir()) == []


class Attribute:
    """Pickles as setting an attribute of a class."""

    def __init__(self, target, name):
        self.target, self.name = target, name


class AttributePickler(pickle._Pickler):
    """Writes the opcodes that an `Attribute` stands for."""

    def save(self, obj, **kwargs):  # noqa: D102
        if isinstance(obj, Attribute):
            super().save(obj.target)
            super().save((None, {obj.name: 'changed'}))
            self.write(pickle.BUILD)
        else:
            super().save(obj, **kwargs)


@pytest.mark.parametrize('target', [EasyDict, tflib.Network, np.ndarray, np.dtype])
def test_attributes_of_classes_cannot_be_changed(target):
    file = io.BytesIO()
    AttributePickler(file, 2).dump(Attribute(target, 'keys'))
    assert_refused(file.getvalue(), 'it sets attributes of type, which no snapshot needs')
    assert EasyDict.keys is dict.keys


@pytest.mark.parametrize('array', [np.array([{}]), np.array(['a']), np.zeros(2, [('x', 'O')]), np.zeros(2, 'c16')])
def test_arrays_of_anything_but_numbers_are_refused(array):
    assert_refused(pickle.dumps(array, 2), 'it holds an array of something else than numbers')


def test_persistent_ids_and_extension_codes_are_refused():
    for data in (b'\x80\x02Psomething\n.', b'\x80\x02\x82\x07.', b'\x80\x02K\x01Q.'):
        assert_refused(data, 'it contains pickle instructions that no snapshot needs')


def test_codecs_other_than_that_of_bytes_are_refused():
    data = pickle.dumps(b'\xff' * 4, 2)
    assert b'latin1' in data and read(data) == b'\xff' * 4
    assert_refused(data.replace(b'latin1', b'zlib  '), "it asks for the codec 'zlib  '")


def make_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('archive/data.pkl', b'x')
    return file.getvalue()


@pytest.mark.parametrize(
    'data, message',
    [
        (b'', 'is empty'),
        (b'<!DOCTYPE html><html><body>Quota exceeded</body></html>', 'a web page'),
        (b'\n \n<html lang="en">', 'a web page'),
        (b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', 'a git-lfs pointer'),
        (make_zip(), 'a zip archive, as PyTorch checkpoints are'),
        (b'\x1f\x8b\x08\x00' + bytes(20), 'a gzip archive'),
        (b'\x89HDF\r\n\x1a\n' + bytes(20), 'an HDF5 file'),
        (b'\x93NUMPY\x01\x00', 'a single NumPy array'),
        (b'Not a pickle, but some text.\n', 'is not a network snapshot, or is damaged'),
        (bytes(1000), 'is not a network snapshot, or is damaged'),
        (b'\x80\x04N', 'damaged'),
        (b'\x80\x63N.', 'damaged'),
        (b'\x80\x02ctorch._utils\n_rebuild_tensor_v2\n.', 'it is a PyTorch file'),
        (
            b'\x80\x02ctorch_utils.persistence\n_reconstruct_persistent_obj\n.',
            'it is a snapshot of StyleGAN2-ADA for PyTorch',
        ),
        (b'\x80\x02cnetwork\nNetwork\n.', 'it is a snapshot of Progressive GAN'),
    ],
)
def test_files_that_are_no_snapshots_are_named_for_what_they_are(data, message):
    assert_refused(data, r'some\.pkl .*' + message)


@pytest.mark.parametrize('versions', VERSIONS)
def test_truncated_snapshots_are_refused(versions):
    data = read_golden(versions=versions)
    for length in np.random.RandomState(1).randint(1, len(data), size=50):
        assert_refused(data[:length], 'is not a network snapshot, or is damaged')


def test_random_bytes_raise_no_other_error():
    rnd = np.random.RandomState(1)
    for _ in range(500):
        with contextlib.suppress(UserError):
            assert not isinstance(pickling.load(io.BytesIO(b'\x80\x04' + rnd.bytes(100))), pickling.PickledNetwork)


def drop_first_variable(state):
    del state['variables'][0]


def add_variable(state):
    state['variables'].append(('8x8/Extra/weight', np.zeros(3, np.float32)))


def reshape_second_variable(state):
    state['variables'][1] = (state['variables'][1][0], np.zeros([5], np.float32))


def drop_variable_of_a_component(state):
    del state['components']['mapping'].state['variables'][-1]


def drop_component(state):
    del state['components']['mapping']


def replace_component(state):
    state['components']['mapping'] = {'not': 'a network'}


def drop_state(state):
    state['components']['mapping'] = Saved(None)


def remove_lod(state):
    state['variables'] = [(name, value) for name, value in state['variables'] if name != 'lod']


def change_build_func_of_a_component(state):
    state['components']['synthesis'].state['build_func_name'] = 'G_synthesis_stylegan_revised'


def setting(**values):
    return lambda state: state.update(values)


def keyword(**values):
    return lambda state: state['static_kwargs'].update(values)


@pytest.mark.parametrize(
    'name, change, message',
    [
        ('D', drop_first_variable, 'variables of network D do not fit D_stylegan2: 8x8/FromRGB/weight is missing'),
        ('D', add_variable, '8x8/Extra/weight is unexpected'),
        ('D', reshape_second_variable, r'8x8/FromRGB/bias has shape \(5,\) instead of \(4,\)'),
        (
            'G',
            drop_variable_of_a_component,
            'variables of network G_mapping do not fit G_mapping: Dense1/bias is missing',
        ),
        ('G', drop_component, r"components of network G do not fit G_main: .*'mapping'.*, got \['synthesis'\]"),
        ('G', replace_component, 'component mapping of a pickled network is of type dict'),
        ('G', drop_state, 'must hold a dict, got NoneType'),
        (
            'G',
            remove_lod,
            'network G_synthesis was built by G_synthesis_stylegan2, which StyleGAN2-ADA does not have; --allow',
        ),
        (
            'G',
            change_build_func_of_a_component,
            'variables of network G_synthesis do not fit G_synthesis_stylegan_revised: lod is missing; .* \\.\\.\\.',
        ),
        ('G', setting(build_func_name='G_style'), 'network G_synthesis was built by .*, which StyleGAN does not have'),
        ('D', setting(build_func_name='D_basic'), 'variables of network D do not fit D_basic: lod is missing'),
        (
            'D',
            setting(build_func_name='D_paper'),
            'network D was built by D_paper: it is Progressive GAN, which is not',
        ),
        ('D', setting(build_func_name='vgg16'), 'network D was built by vgg16: it is a network of the metrics'),
        (
            'D',
            setting(build_func_name='os.system'),
            'network D was built by os.system, known are D_basic, .* of StyleGAN, StyleGAN2, StyleGAN2-ADA; --allow',
        ),
        ('D', setting(build_func_name='G_main'), 'components of network D do not fit G_main'),
        ('D', setting(version=6), 'has version 6, known are 2 to 5'),
        ('D', setting(version='four'), "lacks 'version' of type int"),
        ('D', setting(variables=None), "lacks 'variables' of type list"),
        ('D', setting(variables=[('a', 'text')]), "variable 'a' of a pickled network is no numeric array"),
        ('D', setting(variables=[('a', 1.0), ('a', 2.0)]), 'has two variables of one name'),
        ('D', setting(variables=['a']), 'variables of a pickled network must be pairs of name and value'),
        ('D', setting(name='D/../E'), 'network names consist of'),
        ('D', keyword(resolution=12), 'network D cannot be built with its saved keywords .*power of two'),
        ('D', keyword(resolution='big'), 'network D cannot be built with its saved keywords'),
        ('D', keyword(images_in=1), 'network D cannot be built with its saved keywords'),
        ('D', keyword(resolution=16), 'variables of network D do not fit D_stylegan2'),
        ('D', keyword(fmap_max=b'x'), 'keyword fmap_max of a network has a value of type bytes'),
    ],
)
def test_networks_of_another_family_or_with_wrong_contents_are_refused(session, name, change, message):
    assert_refused(edit(name, change), message)


def write_golden():
    """Write the golden snapshots of the versions in use; their embedded source raises when executed."""
    bundle.bundle_source = lambda module: POISON
    tflib.init_tf()
    for family in GOLDEN_FAMILIES:
        with open(get_golden_path(family, f'tf{tf.__version__[0]}_numpy{np.__version__[0]}'), 'wb') as file:
            pickling.dump(make_networks(family), file)


if __name__ == '__main__':
    write_golden()

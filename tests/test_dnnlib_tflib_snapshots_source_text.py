# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Reading the source text of a snapshot without executing it."""

import time

import pytest

from dnnlib.tflib.snapshots import source_text

SOURCE = """
# def not_this(x=1):
class Something:
    def method(self, x=1): pass

def build(
    images_in,                      # Images, see def other(y=2): ...
    resolution      = 1024,         # Size.
    fmap_base       = 16 << 10,
    gain            = -1.5,
    architecture    = 'skip', kernel = [1,3,3,1], size=(4, 8), options={'a': None},
    use_noise       = True,         impl=None,
    scale           = np.sqrt(2), shifted=1 << 1000000, product=2 * 3,
    called          = print('executed'),
    *, lrmul = 0.01, **_kwargs):
    return images_in

def other(y=2):
    pass
"""


def test_literal_defaults_are_read_and_others_left_out(capsys):
    assert source_text.read_defaults(SOURCE, 'build') == {
        'resolution': 1024,
        'fmap_base': 16384,
        'gain': -1.5,
        'architecture': 'skip',
        'kernel': [1, 3, 3, 1],
        'size': (4, 8),
        'options': {'a': None},
        'use_noise': True,
        'impl': None,
        'lrmul': 0.01,
    }
    assert source_text.read_defaults(SOURCE, 'other') == {'y': 2}
    assert capsys.readouterr().out == ''


def test_functions_are_those_at_the_top_level():
    assert source_text.list_functions(SOURCE) == {'build', 'other'}


@pytest.mark.parametrize('name', ['missing', 'method', 'not_this', 'x.*', ''])
def test_unknown_functions_have_no_defaults(name):
    assert source_text.read_defaults(SOURCE, name) == {}


@pytest.mark.parametrize(
    'header',
    [
        'def build(x=' + '(' * 1900 + ')' * 1900 + '):',
        'def build(x=' + '-' * 3900 + '1):',
        'def build(x=' + '1' + '+1' * 1900 + '):',
        'def build(x=' + '[' * 1900 + ']' * 1900 + '):',
        'def build(x=' + 'a' + '.a' * 1900 + '):',
        'def build(x=' + 'lambda:' * 550 + '1):',
        'def build(x=' + '9' * 3900 + '):',
        'def build(x=1' + ' ' * 100000 + '):',
        'def build(x=1' + '\n' * 100000,
        'def build(x=\x00):',
        'def build(',
        'def build(x=1):\n' + '(' * 1000000,
        '(' * 2000000 + '\ndef build(x=1):\n',
    ],
)
def test_texts_made_to_upset_the_parser_are_survived(header):
    begin = time.process_time()
    assert set(source_text.read_defaults(header, 'build')) <= {'x'}
    source_text.list_functions(header)
    assert time.process_time() - begin < 2

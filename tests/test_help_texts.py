# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The help texts in docs/ are those that the scripts print."""

import os
import sys

import pytest
import source_tree

TOOL = source_tree.load_tool('make_help_texts')
has_usual_layout = pytest.mark.skipif(
    sys.version_info[:2] not in TOOL.PYTHONS, reason='argparse of this Python lays help texts out differently'
)


def test_every_command_line_has_a_help_text():
    scripts = [path for path in source_tree.list_scripts() if os.sep not in path and path != 'example.py']
    assert sorted(TOOL.SCRIPTS) == sorted(scripts)


@has_usual_layout
@pytest.mark.parametrize('script', TOOL.SCRIPTS)
def test_help_text_is_up_to_date(script):
    with open(TOOL.get_path(script), encoding='utf-8') as file:
        assert file.read() == TOOL.make_document(script), 'run: python tools/make_help_texts.py'


def test_commands_are_found_in_a_help_text():
    text = 'positional arguments:\n  COMMAND\n    make_it     how\n                and why\n    undo\n\noptions:\n'
    assert TOOL.list_commands(text) == ['make_it', 'undo']
    assert TOOL.list_commands('usage: x\n\noptions:\n  -h') == []

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of the way from a path to a source of pictures."""

import zipfile

import pytest

from dnnlib import util
from dnnlib.image_sources import Archive, Folder
from preparation import picture_sources


def test_folders_and_archives_are_told_apart_by_content(tmp_path):
    with zipfile.ZipFile(str(tmp_path / 'pictures'), 'w') as file:
        file.writestr('a.png', b'')
    assert isinstance(picture_sources.open_source(str(tmp_path / 'pictures')), Archive)
    assert isinstance(picture_sources.open_source(str(tmp_path)), Folder)


@pytest.mark.parametrize('content', [b'', b'this is no archive'])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / 'x.zip').write_bytes(content)
    with pytest.raises(util.UserError, match='x.zip is no zip archive, or it is damaged'):
        picture_sources.open_source(str(tmp_path / 'x.zip'))
    (tmp_path / 'x.png').write_bytes(content)
    with pytest.raises(util.UserError, match='picture folder expected, but .*x.png is a file'):
        picture_sources.open_source(str(tmp_path / 'x.png'))
    with pytest.raises(util.UserFileNotFoundError, match='does not exist'):
        picture_sources.open_source(str(tmp_path / 'y.zip'))

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Generic helpers under their official names: attribute dictionaries, short texts, and those of the modules beside."""

from dnnlib.downloads import is_offline, open_url
from dnnlib.errors import UserError, UserFileNotFoundError
from dnnlib.file_signatures import is_html
from dnnlib.files import (
    atomic_write,
    check_name,
    escape_name,
    expand_path,
    hash_file,
    is_url,
    make_cache_dir_path,
    set_cache_dir,
)
from dnnlib.logger import Logger
from dnnlib.object_names import (
    add_defaults,
    call_func_by_name,
    construct_class_by_name,
    get_module_dir_by_obj_name,
    get_module_from_obj_name,
    get_obj_by_name,
    get_obj_from_module,
    get_top_level_function_name,
    is_top_level_function,
)
from dnnlib.texts import abridge, format_size, format_time

__all__ = [
    'EasyDict',
    'Logger',
    'UserError',
    'UserFileNotFoundError',
    'abridge',
    'add_defaults',
    'atomic_write',
    'call_func_by_name',
    'check_name',
    'construct_class_by_name',
    'escape_name',
    'expand_path',
    'format_size',
    'format_time',
    'get_module_dir_by_obj_name',
    'get_module_from_obj_name',
    'get_obj_by_name',
    'get_obj_from_module',
    'get_top_level_function_name',
    'hash_file',
    'is_html',
    'is_offline',
    'is_top_level_function',
    'is_url',
    'make_cache_dir_path',
    'open_url',
    'set_cache_dir',
]


class EasyDict(dict):
    """Give a dictionary whose items can be read, set and deleted as attributes as well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def __delattr__(self, name):
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

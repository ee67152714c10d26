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


def format_time(seconds):
    """Return a duration as text, e.g. `42s`, `10m 07s`, `3h 05m 09s` or `2d 03h 12m`."""
    total = int(round(seconds))
    minutes, sec = divmod(total, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f'{days}d {hour:02}h {minute:02}m'
    if hours:
        return f'{hours}h {minute:02}m {sec:02}s'
    if minutes:
        return f'{minutes}m {sec:02}s'
    return f'{sec}s'


def format_size(num_bytes):
    """Return a number of bytes as text, e.g. `66.9 MB`."""
    power = min(len(str(num_bytes)) - 1, 14) // 3
    return f'{num_bytes / 1000**power:.1f} {"kMGT"[power - 1]}B' if power else f'{num_bytes} bytes'


def abridge(texts, limit=10):
    """Join the first ones of a list of texts and count the others."""
    rest = len(texts) - limit
    return ', '.join(texts[:limit]) + (f' and {rest} more' if rest > 0 else '')

# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""From names to objects, and back: how options and run directories name functions and classes."""

import importlib
import inspect
import os
import sys

_MODULE_ABBREVIATIONS = {'np': 'numpy', 'tf': 'tensorflow.compat.v1'}


def get_module_from_obj_name(obj_name):
    """Split a full object name into its module and the rest.

    Args:
        obj_name: Name such as `package.module.function`; a leading `np.` or `tf.` may be abbreviated.

    Returns:
        Tuple (module, name of the object inside that module); the longest possible module name wins.

    Raises:
        ImportError: If there is no such object, or if its module fails to import.
    """
    first, dot, rest = obj_name.partition('.')
    parts = (_MODULE_ABBREVIATIONS.get(first, first) + dot + rest).split('.')
    for num_module_parts in range(len(parts), 0, -1):
        module = _import_if_present('.'.join(parts[:num_module_parts]))
        local_name = '.'.join(parts[num_module_parts:])
        if module is not None and _has_obj(module, local_name):
            return module, local_name
    raise ImportError(f'no module or object is named {obj_name!r}', name=obj_name)


def _import_if_present(module_name):
    """Return the module, or None if it does not exist; an error inside an existing module passes through."""
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + '.').startswith(error.name + '.'):
            return None
        raise


def _has_obj(module, obj_name):
    try:
        get_obj_from_module(module, obj_name)
    except AttributeError:
        return False
    return True


def get_obj_from_module(module, obj_name):
    """Return the object of a possibly dotted name inside a module; the empty name is the module itself."""
    obj = module
    for part in obj_name.split('.') if obj_name else []:
        obj = getattr(obj, part)
    return obj


def get_obj_by_name(name):
    """Return the object of a full name such as `package.module.function`; raise ImportError if there is none."""
    module, local_name = get_module_from_obj_name(name)
    return get_obj_from_module(module, local_name)


def call_func_by_name(*args, func_name, **kwargs):
    """Call the function of a full name with the other arguments and return its result."""
    return get_obj_by_name(func_name)(*args, **kwargs)


def construct_class_by_name(*args, class_name, **kwargs):
    """Make an instance of the class of a full name."""
    return get_obj_by_name(class_name)(*args, **kwargs)


def get_module_dir_by_obj_name(obj_name):
    """Return the directory of the source file of the module that holds the named object."""
    module, _ = get_module_from_obj_name(obj_name)
    return os.path.dirname(inspect.getfile(module))


def is_top_level_function(obj):
    """Tell whether an object is a callable that can be found again by module and name."""
    if not callable(obj) or not hasattr(obj, '__name__'):
        return False
    module = sys.modules.get(obj.__module__)
    return getattr(module, obj.__name__, None) is obj


def add_defaults(func, kwargs):
    """Return keywords of a function with those that are missing and have a default value."""
    parameters = inspect.signature(func).parameters.values()
    defaults = {item.name: item.default for item in parameters if item.default is not item.empty}
    return dict(defaults, **kwargs)


def get_top_level_function_name(obj):
    """Return the full name of a top-level function; one of the running script gets that script's module name."""
    if not is_top_level_function(obj):
        raise ValueError(f'expected a function defined at the top level of a module, got {obj!r}')
    module_name = obj.__module__
    if module_name == '__main__':
        module_name = os.path.splitext(os.path.basename(sys.modules['__main__'].__file__))[0]
    return module_name + '.' + obj.__name__

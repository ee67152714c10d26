# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""TensorFlow layer of dnnlib: sessions, networks that pickle, optimizer, summaries, custom ops."""

import sys

# While Python looks for the module of `python -m dnnlib.tflib.custom_ops`, argv[0] is '-m'. That command gives its help
# at once and finds out what is wrong with TensorFlow, so this package must not load it before.
if sys.argv[:1] != ['-m']:
    import dnnlib.tflib.compat  # noqa: F401  It loads TensorFlow in silence.
    from dnnlib.tflib import autosummary, custom_ops, network, optimizer, tfutil
    from dnnlib.tflib.network import Network
    from dnnlib.tflib.optimizer import Optimizer
    from dnnlib.tflib.random_clock import RandomClock, find_other_draws, random_normal, random_uniform
    from dnnlib.tflib.tfutil import (
        absolute_name_scope,
        absolute_variable_scope,
        assert_tf_initialized,
        convert_images_from_uint8,
        convert_images_to_uint8,
        create_session,
        create_var_with_large_initial_value,
        exp2,
        flatten,
        init_tf,
        init_uninitialized_vars,
        is_tf_expression,
        lerp,
        lerp_clip,
        log2,
        run,
        set_vars,
        shape_to_list,
    )
    from dnnlib.tflib.workers import Workers

__all__ = [
    'Network',
    'Optimizer',
    'RandomClock',
    'Workers',
    'absolute_name_scope',
    'absolute_variable_scope',
    'assert_tf_initialized',
    'autosummary',
    'convert_images_from_uint8',
    'convert_images_to_uint8',
    'create_session',
    'create_var_with_large_initial_value',
    'custom_ops',
    'exp2',
    'find_other_draws',
    'flatten',
    'init_tf',
    'init_uninitialized_vars',
    'is_tf_expression',
    'lerp',
    'lerp_clip',
    'log2',
    'network',
    'optimizer',
    'random_normal',
    'random_uniform',
    'run',
    'set_vars',
    'shape_to_list',
    'tfutil',
]

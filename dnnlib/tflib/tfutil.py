# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Session set-up and small helpers of TensorFlow graph mode."""

import collections.abc
import contextlib
import os

import numpy as np
import tensorflow.compat.v1 as tf

from dnnlib.tflib import compat, gpus

DEFAULT_CONFIG = {
    'rnd.np_random_seed': None,  # Integer, or None to leave NumPy's generator alone.
    'rnd.tf_random_seed': 'auto',  # Integer, 'auto' to draw it from NumPy's generator, or None.
    'env.TF_CPU_ALLOCATOR_USE_BFC': 'true',  # Keep freed memory for the next step instead of asking the system again.
    'env.TF_CPU_BFC_MEM_LIMIT_IN_MB': '4194304',  # As much as there is, where the default is 64 GB.
    'graph_options.place_pruned_graph': True,
    'gpu_options.allow_growth': True,
}


def run(*args, **kwargs):
    """Run ops in the default session; arguments as `tf.Session.run`."""
    assert_tf_initialized()
    return tf.get_default_session().run(*args, **kwargs)


def is_tf_expression(x):
    """Tell whether `x` is a tensor, variable or operation."""
    return isinstance(x, (tf.Tensor, tf.Variable, tf.Operation))


def shape_to_list(shape):
    """Return a TensorShape as a list of ints, with None for unknown sizes."""
    return [None if dim is None else int(dim) for dim in tf.TensorShape(shape).as_list()]


def flatten(x):
    """Return `x` as a vector."""
    with tf.name_scope('Flatten'):
        return tf.reshape(x, [-1])


def log2(x):
    """Return the base-2 logarithm of a tensor."""
    with tf.name_scope('Log2'):
        return tf.log(x) * np.float32(1.0 / np.log(2.0))


def exp2(x):
    """Return two to the power of a tensor."""
    with tf.name_scope('Exp2'):
        return tf.exp(x * np.float32(np.log(2.0)))


def lerp(a, b, t):
    """Interpolate linearly: a at t = 0, b at t = 1."""
    with tf.name_scope('Lerp'):
        return a + (b - a) * t


def lerp_clip(a, b, t):
    """Interpolate linearly with t clipped to [0, 1]."""
    with tf.name_scope('LerpClip'):
        return a + (b - a) * tf.clip_by_value(t, 0.0, 1.0)


def absolute_name_scope(scope):
    """Enter a name scope counted from the root, whatever scope is open."""
    return tf.name_scope(scope + '/')


@contextlib.contextmanager
def absolute_variable_scope(scope, reuse=False, **kwargs):
    """Enter a variable scope counted from the root, without a name scope of its own.

    Args:
        scope: Name of the scope.
        reuse: False to make variables, and fail if they exist; True to use those that exist, and fail otherwise.
        **kwargs: Passed on to `tf.variable_scope`.
    """
    absolute = tf.VariableScope(name=scope, reuse=reuse)  # Entering an object, TensorFlow takes its flag, not ours.
    with tf.variable_scope(absolute, auxiliary_name_scope=False, **kwargs) as entered:
        yield entered


def _config_proto(config_dict):
    """Return a ConfigProto with the dotted keys of `config_dict` set on it."""
    config = tf.ConfigProto(allow_soft_placement=not compat.list_gpus())
    for key, value in config_dict.items():
        fields = key.split('.')
        if fields[0] in ('rnd', 'env'):
            continue
        target = config
        for field in fields[:-1]:
            target = getattr(target, field)
        if isinstance(target, collections.abc.MutableMapping):  # Such as device_count.CPU.
            target[fields[-1]] = value
        else:
            setattr(target, fields[-1], value)
    return config


def prepare_process(config_dict=None):
    """Do what a process needs before its first session: set environment variables and look at the GPU.

    Args:
        config_dict: As for `init_tf`.

    Returns:
        The same over `DEFAULT_CONFIG`, for `create_session`.

    Raises:
        UserError: If TensorFlow is too old for the GPU.
    """
    config = dict(DEFAULT_CONFIG)
    config.update(config_dict or {})
    for key, value in config.items():
        if key.startswith('env.') and (key in (config_dict or {}) or key[4:] not in os.environ):
            os.environ[key[4:]] = str(value)
    gpus.check_generation()
    return config


def init_tf(config_dict=None):
    """Seed the generators and make a default session, unless there is one already.

    Args:
        config_dict: Dotted key -> value, over `DEFAULT_CONFIG`. `rnd.*` are seeds, `env.*` environment variables
            (a default never replaces one that is set), all others fields of `tf.ConfigProto`.

    Raises:
        UserError: If TensorFlow is too old for the GPU.
    """
    if tf.get_default_session() is not None:
        return
    config = prepare_process(config_dict)
    if config['rnd.np_random_seed'] is not None:
        np.random.seed(config['rnd.np_random_seed'])  # noqa: NPY002  The generator that the official code uses.
    tf_seed = config['rnd.tf_random_seed']
    if tf_seed == 'auto':
        tf_seed = np.random.randint(1 << 31)  # noqa: NPY002
    if tf_seed is not None:
        tf.set_random_seed(tf_seed)
    create_session(config, force_as_default=True)


def assert_tf_initialized():
    """Raise RuntimeError unless a default session exists."""
    if tf.get_default_session() is None:
        raise RuntimeError('No default TensorFlow session found. Please call dnnlib.tflib.init_tf().')


def create_session(config_dict=None, force_as_default=False):
    """Return a new session on the default graph.

    Args:
        config_dict: Dotted key -> value as for `init_tf`.
        force_as_default: Make it the default session for good, not only within a `with` block.
    """
    session = tf.Session(config=_config_proto(config_dict or {}))
    if force_as_default:
        session._default_session = session.as_default()
        session._default_session.enforce_nesting = False
        session._default_session.__enter__()
    return session


def graph_cache(name):
    """Return a dict that lives as long as the default graph, for ops that are made only once.

    Args:
        name: One dict per name.
    """
    holder = tf.get_collection_ref('_dnnlib_cache/' + name)
    if not holder:
        holder.append({})
    return holder[0]


def init_uninitialized_vars(target_vars=None):
    """Run the initialisers of those variables that have no value yet.

    Args:
        target_vars: List of variables, or None for all global ones.
    """
    target_vars = tf.global_variables() if target_vars is None else list(target_vars)
    if not target_vars:
        return  # TensorFlow runs nothing, not even a list of nothing, in an empty graph.
    flags = graph_cache('is_initialized')
    with tf.control_dependencies(None), absolute_name_scope('IsInitialized'):
        for var in target_vars:
            if var.name not in flags:
                flags[var.name] = tf.is_variable_initialized(var)
    is_initialized = run([flags[var.name] for var in target_vars])
    run([var.initializer for var, done in zip(target_vars, is_initialized) if not done])


def set_vars(var_to_value_dict):
    """Set variables in one run, through one placeholder and one assign op per variable for the life of the graph.

    Args:
        var_to_value_dict: Variable -> number or array.
    """
    assert_tf_initialized()
    setters = graph_cache('setters')
    ops, feed_dict = [], {}
    for var, value in var_to_value_dict.items():
        if is_tf_expression(value):
            raise TypeError(f'set_vars takes numbers and arrays, got the tensor {value.name} for {var.name}')
        if var.name not in setters:
            with tf.control_dependencies(None), absolute_name_scope('Setters'):
                placeholder = tf.placeholder(var.dtype.base_dtype, var.shape)
                setters[var.name] = placeholder, tf.assign(var, placeholder)
        placeholder, setter = setters[var.name]
        ops.append(setter.op)
        feed_dict[placeholder] = value
    run(ops, feed_dict)


def create_var_with_large_initial_value(initial_value, *args, **kwargs):
    """Make a variable whose initial array does not become part of the graph, which is limited to 2 GB.

    Args:
        initial_value: NumPy array.
        *args: Passed on to `tf.Variable`.
        **kwargs: Passed on to `tf.Variable`.

    Returns:
        The variable, already initialised in the default session.
    """
    assert_tf_initialized()
    zeros = tf.zeros(initial_value.shape, tf.as_dtype(initial_value.dtype))
    var = tf.Variable(zeros, *args, **kwargs)
    set_vars({var: initial_value})
    return var


def convert_images_from_uint8(images, drange=(-1, 1), nhwc_to_nchw=False):
    """Convert pixel values to floating point.

    Args:
        images: Images in 0..255, [NCHW], or [NHWC] with `nhwc_to_nchw`.
        drange: Values that 0 and 255 become.
        nhwc_to_nchw: Transpose the result to [NCHW].

    Returns:
        float32 images.
    """
    images = tf.cast(images, tf.float32)
    if nhwc_to_nchw:
        images = tf.transpose(images, [0, 3, 1, 2])  # [NCHW]
    return images * ((drange[1] - drange[0]) / 255.0) + drange[0]


def convert_images_to_uint8(images, drange=(-1, 1), nchw_to_nhwc=False, shrink=1):
    """Convert images to pixel values, rounding half up and saturating.

    Args:
        images: float images [NCHW].
        drange: Values that become 0 and 255.
        nchw_to_nhwc: Transpose the result to [NHWC].
        shrink: Factor by which to reduce the size first, by averaging blocks.

    Returns:
        uint8 images.
    """
    images = tf.cast(images, tf.float32)
    if shrink > 1:
        channels, height, width = [int(size) for size in images.shape[1:]]
        blocks = [-1, channels, height // shrink, shrink, width // shrink, shrink]
        images = tf.reduce_mean(tf.reshape(images, blocks), axis=[3, 5])  # [NCHW]
    if nchw_to_nhwc:
        images = tf.transpose(images, [0, 2, 3, 1])  # [NHWC]
    scale = 255 / (drange[1] - drange[0])
    images = images * scale + (0.5 - drange[0] * scale)
    return tf.cast(tf.clip_by_value(images, 0.0, 255.0), tf.uint8)

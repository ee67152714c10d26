# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""Networks as objects: a build function with its variables, which can be run, cloned, averaged and pickled."""

import collections
import contextlib
import inspect
import re
import sys
import warnings

import tensorflow.compat.v1 as tf

from dnnlib import util
from dnnlib.progress import Progress
from dnnlib.tflib import compat, evaluation, layer_table, output_transforms, tfutil
from dnnlib.tflib.snapshots import building, bundle, families, network_state, pickled_code
from dnnlib.util import EasyDict, UserError

STATE_VERSION = 4  # The version that all official readers accept.

CopyReport = collections.namedtuple('CopyReport', ['copied', 'missing', 'mismatched'])
_warned_cache = set()
# Given to every network, used by some.
_COMMON_KWARGS = {'is_training', 'is_validation', 'is_template_graph', 'force_clean_graph', 'components'}


def import_handler(handler_func):
    """Register a function state -> state that runs before a pickled network is built; usable as a decorator."""
    building.import_handlers.append(handler_func)
    return handler_func


class Network:
    """A TensorFlow graph builder with variables of its own.

    Args:
        name: Name of the network and first choice of its variable scope; None for the name of the function.
        func_name: Build function: dotted name, or top-level function. Its positional arguments without default become
            the inputs, its other arguments can be given here or per call.
        **static_kwargs: Keywords of the build function that are saved with the network.

    Attributes:
        name: User-specified name.
        scope: Unique variable scope.
        static_kwargs: EasyDict of the keywords.
        components: EasyDict of networks that the build function made and that belong to this one.
        num_inputs: Number of inputs; likewise `num_outputs`.
        input_shapes: Lists with None for the minibatch; likewise `output_shapes`.
        input_shape: Shape of the first input; likewise `output_shape`.
        input_templates: Placeholders of the template graph; likewise `output_templates`, its results.
        input_names: Names of the inputs; likewise `output_names`.
        own_vars: Local name -> variable, without the components.
        vars: Local name -> variable, components as `<component name>/<name>`.
        trainables: The trainable ones of `vars`.
        var_global_to_local: Global name -> local name.
    """

    def __init__(self, name=None, func_name=None, **static_kwargs):
        tfutil.assert_tf_initialized()
        func = util.get_obj_by_name(func_name) if isinstance(func_name, str) else func_name
        if not callable(func):
            raise ValueError(f'func_name must be a dotted name or a function, got {func_name!r}')
        self._init_fields(name or func.__name__, func, network_state.plain_kwargs(static_kwargs), components={})
        self._build_template()
        self._warn_of_unknown(static_kwargs)
        self.reset_own_vars()

    # ------------------------------------------------------------------ construction

    def _init_fields(self, name, func, static_kwargs, components):
        if not re.fullmatch(r'[A-Za-z0-9.][A-Za-z0-9_.\-]*', name):
            raise UserError(f'network names consist of letters, digits, `.`, `_` and `-`, got {name[:80]!r}')
        self.name = name
        self.static_kwargs = EasyDict(static_kwargs)
        self.components = EasyDict(components)
        self._replaced = {}
        self._build_func = func
        parameters = inspect.signature(func).parameters.values()
        positional = [p for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
        self.input_names = [p.name for p in positional]
        self.num_inputs = len(self.input_names)
        if not self.num_inputs:
            raise ValueError(f'build function {func.__name__} has no positional argument to serve as input')

    def _build_template(self, check=None):
        """Build the template graph, which makes the variables, under the eyes of a `VariableCheck` if given."""
        getter = check.custom_getter if check else None
        with tf.name_scope(None):
            self.scope = tf.get_default_graph().unique_name(self.name)
        with tf.control_dependencies(None), tfutil.absolute_variable_scope(self.scope, custom_getter=getter):
            with tfutil.absolute_name_scope(self.scope):
                self.input_templates = [tf.placeholder(tf.float32, name=name) for name in self.input_names]
                outputs = self._call_build_func(self.input_templates, is_template_graph=True)
        self.output_templates = list(outputs) if isinstance(outputs, tuple) else [outputs]
        self.output_names = [t.name.split('/')[-1].split(':')[0] for t in self.output_templates]
        self.num_outputs = len(self.output_templates)
        self.input_shapes = [tfutil.shape_to_list(t.shape) for t in self.input_templates]
        self.output_shapes = [tfutil.shape_to_list(t.shape) for t in self.output_templates]
        self.input_shape, self.output_shape = self.input_shapes[0], self.output_shapes[0]
        self._collect_vars()

    def _collect_vars(self):
        prefix = self.scope + '/'
        own = [var for var in tf.global_variables() if var.name.startswith(prefix)]
        self.own_vars = collections.OrderedDict((var.name[len(prefix) :].split(':')[0], var) for var in own)
        self.vars = collections.OrderedDict(self.own_vars)
        for component in self.components.values():
            self.vars.update((component.name + '/' + name, var) for name, var in component.vars.items())
        trainable = {var.name for var in tf.trainable_variables()}
        self.trainables = collections.OrderedDict((k, var) for k, var in self.vars.items() if var.name in trainable)
        self.var_global_to_local = {var.name.split(':')[0]: name for name, var in self.vars.items()}

    def _call_build_func(self, inputs, is_template_graph, **dynamic_kwargs):
        kwargs = dict(self.static_kwargs)
        kwargs.update(dynamic_kwargs)
        kwargs.update(is_template_graph=is_template_graph, components=self.components)
        outputs = self._build_func(*inputs, **kwargs)
        for output in outputs if isinstance(outputs, tuple) else [outputs]:
            if not isinstance(output, tf.Tensor):
                raise TypeError(f'{self._build_func.__name__} must return a tensor or a tuple of them')
        return outputs

    def _known_kwargs(self):
        known = set(inspect.signature(self._build_func).parameters)
        return known.union(*[component._known_kwargs() for component in self.components.values()])

    def _warn_of_unknown(self, kwargs):
        if tf.get_variable_scope().name:
            return  # Components receive the keywords of their siblings as well.
        for key in sorted(set(kwargs) - self._known_kwargs() - _COMMON_KWARGS):
            if (self.name, key) not in _warned_cache:
                _warned_cache.add((self.name, key))
                warnings.warn(f'network {self.name} ignores the unknown keyword {key!r}', stacklevel=3)

    # ------------------------------------------------------------------ variables

    def reset_own_vars(self):
        """Run the initialisers of the own variables."""
        tfutil.run([var.initializer for var in self.own_vars.values()])

    def reset_vars(self):
        """Run the initialisers of all variables, those of the components included."""
        tfutil.run([var.initializer for var in self.vars.values()])

    def reset_trainables(self):
        """Run the initialisers of the trainable variables."""
        tfutil.run([var.initializer for var in self.trainables.values()])

    def find_var(self, var_or_local_name):
        """Return a variable of this network, given itself or its local name."""
        return self.vars[var_or_local_name] if isinstance(var_or_local_name, str) else var_or_local_name

    def get_var(self, var_or_local_name):
        """Return the value of a variable as a NumPy array."""
        return self.find_var(var_or_local_name).eval()

    def set_var(self, var_or_local_name, new_value):
        """Give a variable a new value."""
        tfutil.set_vars({self.find_var(var_or_local_name): new_value})

    def get_var_local_name(self, var_or_global_name):
        """Return the local name of a variable, given itself or its global name."""
        name = var_or_global_name if isinstance(var_or_global_name, str) else var_or_global_name.name
        return self.var_global_to_local[name.split(':')[0]]

    def _copy(self, own, theirs, skip_mismatched):
        """Copy values between two dicts of variables by name; names that only one side has are left alone."""
        common = [name for name in own if name in theirs]
        same = [name for name in common if own[name].shape.as_list() == theirs[name].shape.as_list()]
        mismatched = [name for name in common if name not in set(same)]
        if mismatched and not skip_mismatched:
            name = mismatched[0]
            raise UserError(
                f'cannot copy {name} of shape {theirs[name].shape} to a variable of shape {own[name].shape}; '
                'build both networks with the same options'
            )
        values = tfutil.run({name: theirs[name] for name in same}) if same else {}
        tfutil.set_vars({own[name]: value for name, value in values.items()})
        return CopyReport(same, [name for name in own if name not in theirs], mismatched)

    def copy_own_vars_from(self, src_net, skip_mismatched=False):
        """Copy the own variables from another network by local name; arguments as `copy_vars_from`."""
        return self._copy(self.own_vars, src_net.own_vars, skip_mismatched)

    def copy_vars_from(self, src_net, skip_mismatched=False):
        """Copy all variables from another network by local name.

        Args:
            src_net: Network to copy from. Names that it lacks keep their value here.
            skip_mismatched: Leave variables of another shape alone instead of raising.

        Returns:
            CopyReport of the local names: `copied`, `missing` in the source, `mismatched` in shape.

        Raises:
            UserError: If shapes differ and `skip_mismatched` is not set; then nothing was copied.
        """
        return self._copy(self.vars, src_net.vars, skip_mismatched)

    def copy_trainables_from(self, src_net, skip_mismatched=False):
        """Copy the trainable variables from another network by local name; arguments as `copy_vars_from`."""
        return self._copy(self.trainables, src_net.trainables, skip_mismatched)

    def clone(self, name=None, **new_static_kwargs):
        """Return a new network with the same function and values, under another name or with changed keywords."""
        return self._derive(self._build_func, name, new_static_kwargs)

    def convert(self, new_func_name, new_name=None, **new_static_kwargs):
        """Return a new network of another build function, with the values of all variables that both have."""
        return self._derive(util.get_obj_by_name(new_func_name), new_name, new_static_kwargs)

    def _derive(self, func, name, new_static_kwargs):
        static_kwargs = dict(self.static_kwargs)
        static_kwargs.update(new_static_kwargs)
        net = Network(name or self.name, func, **static_kwargs)
        net.copy_vars_from(self)
        return net

    def setup_as_moving_average_of(self, src_net, beta=0.99, beta_nontrainable=0.0, names=None):
        """Return an op that moves every variable towards that of another network.

        Args:
            src_net: Network with the same variables.
            beta: Share of the old value that trainable variables keep; number or tensor.
            beta_nontrainable: The same for all others; 0 copies them.
            names: Names of the variables to move; None for all.
        """
        with tfutil.absolute_name_scope(self.scope + '/_MovingAvg'):
            ops = []
            for name, var in self.vars.items():
                if name in src_net.vars and (names is None or name in names):
                    share = beta if name in self.trainables else beta_nontrainable
                    ops.append(_move_towards(var, src_net.vars[name], share))
            return tf.group(*ops)

    # ------------------------------------------------------------------ graph and evaluation

    def get_output_for(self, *in_expr, return_as_list=False, **dynamic_kwargs):
        """Build the network for given inputs, sharing the variables.

        Args:
            *in_expr: One tensor per input, or None for zeros; not all None.
            return_as_list: Return a list even for a single output.
            **dynamic_kwargs: Keywords of the build function, over the static ones.

        Returns:
            Output tensor, or a tuple of them.
        """
        self._check_inputs(in_expr)
        self._warn_of_unknown(dynamic_kwargs)
        getter = self._get_var_or_replacement if self._replaced else None
        scope = tfutil.absolute_variable_scope(self.scope, reuse=True, custom_getter=getter)
        with scope, tf.name_scope(self.name):
            given = next(expr for expr in in_expr if expr is not None)
            inputs = []
            for expr, name, shape in zip(in_expr, self.input_names, self.input_shapes):
                if expr is None:
                    expr = tf.zeros([tf.shape(given)[0]] + shape[1:])
                inputs.append(tf.identity(expr, name=name))
            outputs = self._call_build_func(inputs, **dict(dynamic_kwargs, is_template_graph=False))
        for expr, final in zip(in_expr, inputs):
            if isinstance(expr, tf.Tensor):
                expr.set_shape(final.shape)
        if return_as_list:
            return list(outputs) if isinstance(outputs, tuple) else [outputs]
        return outputs

    def _check_inputs(self, inputs):
        if len(inputs) != self.num_inputs or all(item is None for item in inputs):
            names = ', '.join(self.input_names)
            raise ValueError(f'network {self.name} takes the inputs {names}, not all None; got {len(inputs)}')

    def run(
        self,
        *in_arrays,
        input_transform=None,
        output_transform=None,
        return_as_list=False,
        print_progress=False,
        minibatch_size=None,
        num_gpus=1,
        assume_frozen=False,
        sample_vars=None,
        **dynamic_kwargs,
    ):
        """Evaluate the network on NumPy arrays, minibatch by minibatch.

        Args:
            *in_arrays: One array per input, or None for zeros; not all None.
            input_transform: Dict with key `func`, a function of the input tensors, and its keywords.
            output_transform: The same for the output tensors.
            return_as_list: Return a list even for a single output.
            print_progress: Show a bar, see `dnnlib.progress`.
            minibatch_size: Largest number of samples per step; None for all at once.
            num_gpus: Number of devices to spread each minibatch over, see `compat.tower_device`. It must divide the
                number of samples and `minibatch_size`.
            assume_frozen: With several GPUs, copy the weights to each at the first call; later changes are not seen.
            sample_vars: Local name of a variable whose first axis has the size 1 -> array whose rows take its place,
                one for each sample. The variable keeps its value.
            **dynamic_kwargs: Keywords of the build function.

        Returns:
            Output array, or a tuple of them.
        """
        output_transform, dynamic_kwargs = output_transforms.from_legacy_keywords(output_transform, dynamic_kwargs)
        self._check_inputs(in_arrays)
        sample_vars = dict(sample_vars or {})
        arrays = evaluation.make_arrays(self, in_arrays, sample_vars)
        num_items = len(arrays[0])
        step = max(min(minibatch_size or num_items, num_items), 1)
        if step % num_gpus or num_items % num_gpus:
            raise ValueError(f'{num_items} samples in minibatches of {step} do not divide by num_gpus={num_gpus}')
        graph, numbers = evaluation.get_run_graph(
            self, input_transform, output_transform, num_gpus, assume_frozen, sample_vars, dynamic_kwargs
        )
        with Progress(self.name, num_items, 'samples', print_progress) as progress:
            results = evaluation.evaluate(graph, numbers, arrays, step, progress.update)
        return results if return_as_list else results[0] if len(results) == 1 else tuple(results)

    @contextlib.contextmanager
    def replaced_vars(self, tensors):
        """Let `get_output_for` use tensors in place of variables while the `with` block lasts.

        Args:
            tensors: Local name of a variable -> tensor.
        """
        with contextlib.ExitStack() as stack:
            for component in self.components.values():
                prefix = component.name + '/'
                inner = {name[len(prefix) :]: x for name, x in tensors.items() if name.startswith(prefix)}
                stack.enter_context(component.replaced_vars(inner))
            self._replaced = {name: x for name, x in tensors.items() if name in self.own_vars}
            try:
                yield
            finally:
                self._replaced = {}

    def _get_var_or_replacement(self, getter, name, *args, **kwargs):
        """Return what `tf.get_variable` returns inside the build function."""
        tensor = self._replaced.get(name[len(self.scope) + 1 :])
        return getter(name, *args, **kwargs) if tensor is None else tensor

    # ------------------------------------------------------------------ listing

    def list_ops(self):
        """Return the ops of the template graph; those of components are under their names."""
        prefix = self.scope + '/'
        ops = [op for op in tf.get_default_graph().get_operations() if op.name.startswith(prefix)]
        return [op for op in ops if not op.name[len(prefix) :].startswith('_')]

    def list_layers(self):
        """Return a list of (layer name, output tensor, list of trainable variables)."""
        return layer_table.list_layers(self)

    def print_layers(self, title=None, hide_layers_with_no_params=False):
        """Print the layers with parameter counts and shapes.

        Args:
            title: Heading of the first column; None for the name of the network.
            hide_layers_with_no_params: Leave out layers without trainable variables.
        """
        print(layer_table.format_layers(self, title or self.name, hide_layers_with_no_params))

    def setup_weight_histograms(self, title=None):
        """Add one TensorBoard histogram per trainable variable.

        Args:
            title: First part of the tags; None for the name of the network.
        """
        title = title or self.name
        with tf.name_scope(None), tf.device(None), tf.control_dependencies(None):
            for local_name, var in self.trainables.items():
                parts = local_name.split('/')
                group = parts[-1] if len(parts) > 1 else 'toplevel'
                rest = '_'.join(parts[:-1]) if len(parts) > 1 else local_name
                tf.summary.histogram(f'{title}_{group}/{rest}', var)

    # ------------------------------------------------------------------ pickling

    def __getstate__(self):
        """Return the state that official readers expect, in their order of keys."""
        values = tfutil.run(list(self.own_vars.values())) if self.own_vars else []
        module = sys.modules[self._build_func.__module__]
        saved_kwargs = families.make_saved_kwargs(self._build_func, dict(self.static_kwargs))
        return {
            'version': STATE_VERSION,
            'name': self.name,
            'static_kwargs': saved_kwargs,
            'components': dict(self.components),
            'build_module_src': bundle.bundle_source(module),
            'build_func_name': self._build_func.__name__,
            'variables': [(k, compat.numpy_scalar_or_array(v)) for k, v in zip(self.own_vars, values)],
        }

    def __setstate__(self, state):
        """Build the network from a state with this project's own functions; the source in it is not executed."""
        building.restore(self, state, is_trusted=pickled_code.is_everything_trusted())


def _move_towards(var, target, share):
    """Return the op that moves a variable towards another one, in as few passes over memory as there are ops for.

    Args:
        var: Variable to move.
        target: Where to.
        share: Share of the old value that it keeps, number or tensor.
    """
    if not tfutil.is_tf_expression(share) and share == 0:
        return var.assign(target)
    return tf.train.GradientDescentOptimizer(1.0 - share).apply_gradients([(var - target, var)])


def build_networks(obj):
    """Return what `pickling.load` gave with every `PickledNetwork` built, in the default graph and session.

    Raises:
        UserError: If a network is of an unknown family, or its parts do not fit together.
    """
    return building.build_networks(obj, Network)

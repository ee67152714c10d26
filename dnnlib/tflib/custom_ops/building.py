# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""What a library is made of (its recipe), and the commands that make it."""

import collections
import concurrent.futures
import contextlib
import errno
import functools
import hashlib
import os
import re
import signal
import sys
import time

import dnnlib.util
from dnnlib.tflib import startup
from dnnlib.tflib.custom_ops import compilers, hardware, library_cache

OPS_DIR = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'ops')
OPTIMIZE_FLAGS = ['-O3', '-DNDEBUG', '-fPIC']
COMPILER_BYTES = 1 << 30  # What a compiler takes at most: g++ 12 took 0.8 GB, nvcc 13 0.4 GB.
# `capabilities`: compute capabilities of the GPUs to serve, as integers; none for the CPU alone. `driver`: release of
# CUDA that their driver knows, such as '12.2', or None if they are elsewhere.
Target = collections.namedtuple('Target', 'cpu_level capabilities driver extra_nvcc_options')
# `nvcc` is None if nothing is wanted from it.
Tools = collections.namedtuple('Tools', 'host nvcc')
# `result`: path of the library or BuildError; `seconds`: those of all compilers together.
Outcome = collections.namedtuple('Outcome', 'result seconds')
TensorFlow = collections.namedtuple('TensorFlow', 'version abi include_flags flags link_flags')


class BuildError(Exception):
    """A command failed.

    Args:
        reason: One sentence with the first error.
        command: The command, a list of words, or None.
        log: All that it printed.
    """

    def __init__(self, reason, command=None, log=''):
        super().__init__(reason)
        self.command = command
        self.log = log


class Op:
    """The source files of an op.

    Args:
        source: Name of an op of this project, or the path of its `.cc` or `.cu`.
    """

    def __init__(self, source):
        is_path = os.sep in source or source.endswith(('.cc', '.cu'))
        base = source if is_path else os.path.join(OPS_DIR, source, source)
        self.base = os.path.splitext(os.path.abspath(base))[0]
        self.name = os.path.basename(self.base)
        self.host_file = self.base + '.cc'
        self.cuda_file = self.base + '.cu' if os.path.exists(self.base + '.cu') else None

    @property
    def title(self):
        """The name by which users know it: that of the `.cu` if it has one."""
        return os.path.basename(self.cuda_file or self.host_file)

    def exists(self):
        """Tell whether there is something to compile."""
        return os.path.exists(self.host_file)

    def compute_source_hash(self, with_cuda):
        """Return a hash of all files that are compiled, with the headers of this project that they include."""
        digest = hashlib.sha256()
        for path in self._list_sources(with_cuda):
            with open(path, 'rb') as file:
                content = file.read()
            digest.update(f'{os.path.basename(path)} {len(content)}\n'.encode())
            digest.update(content)
        return digest.hexdigest()

    def _list_sources(self, with_cuda):
        paths = [self.host_file] + ([self.cuda_file] if with_cuda else [])
        for path in paths:  # Grows meanwhile.
            with open(path, encoding='utf-8') as file:
                included = re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read(), re.MULTILINE)
            headers = [os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in included]
            paths += [header for header in headers if os.path.exists(header) and header not in paths]
        return paths


def list_op_names():
    """Return the names of the compiled ops of this project, each of which has a folder."""
    return sorted(name for name in os.listdir(OPS_DIR) if Op(name).exists())


@functools.lru_cache(maxsize=None)
def describe_tensorflow():
    """Return what matters of the running TensorFlow to a compiler."""
    startup.load_tensorflow()
    import tensorflow.compat.v1 as tf

    flags = tf.sysconfig.get_compile_flags()
    includes = [word[2:] for word in flags if word.startswith('-I')]
    others = [word for word in flags if not word.startswith('-I')]
    if not any(word.lstrip('-').startswith('std=') for word in others):
        others.append('-std=c++14')  # TensorFlow 1.15 does not say; what C++17 compiles does not load there.
    return TensorFlow(
        version=f'{tf.version.VERSION} ({tf.version.GIT_VERSION})',
        abi=int(tf.sysconfig.CXX11_ABI_FLAG),
        include_flags=[word for folder in includes for word in ('-isystem', folder)],
        flags=others,
        link_flags=tf.sysconfig.get_link_flags(),
    )


# ----------------------------------------------------------------------------
# Recipes.


def make_recipe(op, target, tools):
    """Return all that the content of a library depends on, as plain values; the paths of tools do not matter.

    Args:
        op: The `Op`.
        target: The `Target`.
        tools: The `Tools`; without a host compiler the recipe describes what would be compiled by an unknown one.
    """
    tensorflow = describe_tensorflow()
    with_cuda = bool(target.capabilities) and op.cuda_file is not None
    cuda = None
    if with_cuda:
        cuda = {
            'archs': compilers.select_archs(target.capabilities, tools.nvcc.archs) if tools.nvcc else [],
            'nvcc': tools.nvcc.release if tools.nvcc else None,
            'options': list(target.extra_nvcc_options),
        }
    return {
        'op': op.name,
        'host_sources': op.compute_source_hash(with_cuda=False),
        'cuda_sources': op.compute_source_hash(with_cuda=True) if with_cuda else None,
        'machine': hardware.get_machine(),
        'cpu': target.cpu_level,
        'tensorflow': tensorflow.version,
        'abi': tensorflow.abi,
        'flags': OPTIMIZE_FLAGS + tensorflow.flags,
        'compiler': tools.host.version if tools.host else None,
        'cuda': cuda,
    }


def fits(recipe, wanted, target):
    """Tell whether a library that was compiled by one recipe can do what another one asks for.

    It can if it was made from the same sources for the same TensorFlow, runs on this CPU, and has code for all GPUs;
    which compiler made it does not matter.
    """
    same = ('op', 'host_sources', 'machine', 'tensorflow', 'abi', 'flags')
    if any(recipe.get(key) != wanted[key] for key in same):
        return False
    if recipe.get('cpu') not in hardware.list_levels_up_to(wanted['cpu']):
        return False
    if wanted['cuda'] is None:
        return True
    cuda = recipe.get('cuda') or {}
    is_same = recipe.get('cuda_sources') == wanted['cuda_sources'] and cuda.get('options') == wanted['cuda']['options']
    if not is_same or not compilers.suits_driver(cuda['nvcc'], target.driver):
        return False
    return all(compilers.runs_on(cuda.get('archs'), capability) for capability in target.capabilities)


# ----------------------------------------------------------------------------
# Commands.


def list_commands(op, recipe, tools, folder):
    """Return the commands that compile an op, which may run side by side, and the one that links it.

    Args:
        op: The `Op`.
        recipe: Its recipe.
        tools: The `Tools`.
        folder: Folder for the results.

    Returns:
        Tuple (list of commands, command, path of the library); commands are lists of words. That of nvcc comes first,
        as it takes longest, and is the same for all CPUs.
    """
    tensorflow = describe_tensorflow()
    ends = [f'.{recipe["cpu"]}.cc.o', '.cu.o', f'.{recipe["cpu"]}.so']
    host_object, cuda_object, library = [os.path.join(folder, op.name + end) for end in ends]
    flags = OPTIMIZE_FLAGS + compilers.list_cpu_flags(recipe['cpu'], tools.host)
    command = tools.host.command + ['-c', op.host_file, '-o', host_object] + flags
    compile_commands = [command + tensorflow.flags + tensorflow.include_flags]
    objects, link_flags = [host_object], list(tensorflow.link_flags)
    if recipe['cuda']:
        compile_commands[0] += ['-DDNNLIB_CUDA=1'] + tools.nvcc.include_flags
        compile_commands.insert(0, list_nvcc_command(op, recipe, tools, cuda_object))
        objects, link_flags = [host_object, cuda_object], link_flags + tools.nvcc.link_flags
    if sys.platform == 'darwin':
        link_flags += ['-undefined', 'dynamic_lookup']
    return compile_commands, tools.host.command + ['-shared', '-o', library] + objects + link_flags, library


def list_nvcc_command(op, recipe, tools, cuda_object):
    """Return the command that compiles the `.cu` of an op."""
    command = [tools.nvcc.path, '-c', op.cuda_file, '-o', cuda_object, compilers.make_host_flag(tools.nvcc.host)]
    command += compilers.NVCC_FLAGS + ['-DNDEBUG', '-Xcompiler=-fPIC']
    return command + compilers.list_arch_flags(recipe['cuda']['archs']) + recipe['cuda']['options']


def build(recipes, tools, folder):
    """Compile several libraries side by side and put them into a folder.

    Args:
        recipes: List of pairs (Op, recipe).
        tools: The `Tools`.
        folder: Folder that exists and can be written.

    Returns:
        List of `Outcome`, one per recipe.

    Raises:
        OSError: If the folder is full.
    """
    num_jobs = hardware.count_jobs(COMPILER_BYTES)
    with library_cache.open_workshop(folder) as workshop, _Compilers(num_jobs) as compilers:
        folders = {base: os.path.join(workshop, str(i)) for i, base in enumerate({op.base for op, _ in recipes})}
        for path in folders.values():
            os.mkdir(path)
        jobs = [_Job(compilers, op, recipe, tools, folders[op.base]) for op, recipe in recipes]
        for job in sorted(jobs, key=lambda job: -job.num_compilers):  # Those with nvcc first, which takes longest.
            job.start()
        return [job.finish(folder) for job in jobs]


class _Job:
    """A library being compiled."""

    def __init__(self, compilers, op, recipe, tools, folder):
        self._compilers = compilers
        self._recipe = recipe
        self._folder = folder
        self._commands, self._link_command, self._library = list_commands(op, recipe, tools, folder)
        self._futures = []

    @property
    def num_compilers(self):
        """Number of commands that can run side by side."""
        return len(self._commands)

    def start(self):
        """Let the compilers run as soon as there is room for them."""
        self._futures = [self._compilers.start(command, self._folder) for command in self._commands]

    def finish(self, target_folder):
        """Wait for the compilers, link, move the library to its place, and return the `Outcome`."""
        try:
            seconds = sum([future.result() for future in self._futures])
            seconds += self._compilers.run(self._link_command, self._folder)
        except BuildError as error:
            return Outcome(error, 0.0)
        library_cache.seal(self._library, self._recipe)
        path = library_cache.store(self._library, target_folder, library_cache.make_file_name(self._recipe))
        return Outcome(path, seconds)


class _Compilers:
    """Runs commands side by side, equal ones once; the end of its `with` block ends those that still run.

    After Ctrl-C, or when the disk is full, they would go on for minutes.

    Args:
        num_jobs: Number of commands at a time.
    """

    def __init__(self, num_jobs):
        self._pool = concurrent.futures.ThreadPoolExecutor(num_jobs)
        self._futures = {}
        self._processes = []
        self._is_closed = False

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._is_closed = True
        for future in self._futures.values():
            future.cancel()
        for process in list(self._processes):
            _kill_group(process)
        self._pool.shutdown()

    def start(self, command, folder):
        """Return the future of a command: what `run` returns or raises."""
        key = tuple(command)
        if key not in self._futures:
            self._futures[key] = self._pool.submit(self.run, command, folder)
        return self._futures[key]

    def run(self, command, folder):
        """Run a command at once; return the seconds it took, or raise what `_run` does."""
        return _run(command, folder, self._note)

    def _note(self, process):
        self._processes.append(process)
        if self._is_closed:  # Meanwhile; whoever closes looks at the list after that.
            _kill_group(process)


def _kill_group(process):
    """End a compiler, which leads a session of its own, with the programs that it runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _run(command, folder, note_process):
    """Run a compiler; return the seconds it took.

    Raises:
        BuildError: If it fails; says what it complained about first.
        OSError: If the disk is full.
    """
    begin = time.monotonic()
    environment = dict(os.environ, LC_ALL='C', TMPDIR=folder)
    status, output = compilers.run_tool(command, note_process, env=environment, cwd=folder, start_new_session=True)
    if status == 0:
        return time.monotonic() - begin
    if 'No space left on device' in output or 'Disk quota exceeded' in output:
        raise OSError(errno.ENOSPC, 'No space left on device', folder)
    raise BuildError(f'{os.path.basename(command[0])} {_explain(status, output)}', command, output)


def _explain(status, output):
    """Return what went wrong in a few words: the first error that the compiler names, else how it ended."""
    if status < 0:
        return f'was killed by signal {-status}, perhaps for want of memory'
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r'\b(error|fatal)\b|cannot find|undefined reference', line)]
    first = (errors or lines or ['no message'])[0]
    folder = re.escape(OPS_DIR + os.sep) + r'(\w+/)?'  # That of the op, or of what ops share.
    return f'ended with status {status}: {re.sub(folder, "", first)}'


def get_default_cache_dir():
    """Return the folder of compiled ops in the user's cache."""
    return dnnlib.util.make_cache_dir_path('ops')

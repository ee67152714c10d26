# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors

"""The compilers of this machine: C++ for the CPU, NVIDIA's nvcc for GPUs; where they may be and what they can do."""

import collections
import contextlib
import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile

from dnnlib.tflib.custom_ops import hardware
from dnnlib.util import atomic_write

HostCompiler = collections.namedtuple('HostCompiler', 'command version')  # List of words; first line of --version.
HostRefusal = collections.namedtuple('HostRefusal', 'command reason')

_COMPILERS = ('g++', 'clang++', 'c++')
_OTHER_GXX = tuple(f'g++-{version}' for version in range(15, 5, -1))  # For an nvcc that refuses the first choice.
# Flags for what a level of x86-64 adds, spelled out because g++ 7 does not know the levels by name.
_CPU_FLAGS = {
    'v2': '-msse3 -mssse3 -msse4.1 -msse4.2 -mpopcnt -mcx16',
    'v3': '-mavx -mavx2 -mfma -mf16c -mbmi -mbmi2 -mlzcnt -mmovbe',
    'v4': '-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512cd',
}
_WIDE_VECTORS = '-mprefer-vector-width=512'  # g++ 8 and later would use half the width of v4 by themselves.

# Path, release such as '13.0', known architectures as integers such as 75, flags that lead the host compiler to the
# headers and libraries of CUDA, and the HostCompiler that this nvcc works with.
Nvcc = collections.namedtuple('Nvcc', 'path release archs include_flags link_flags host')
NvccRefusal = collections.namedtuple('NvccRefusal', 'path release reason')

NVCC_FLAGS = ['-O3', '-std=c++14', '--expt-relaxed-constexpr']

# Those of Jetson boards: their machine code does not run on the cards whose number is higher.
_BOARD_ARCHS = (53, 62, 72, 87, 88, 101, 110)
_TRIAL = '#include <cuda_runtime.h>\n__global__ void fill(float* x) { x[threadIdx.x] = 1.0f; }\n'
_STATIC_LIBRARY = 'libcudart_static.a'


# ----------------------------------------------------------------------------
# C++.


def run_tool(command, note_process=None, **kwargs):
    """Run a program; return its exit status (127 if it cannot be started) and all its output.

    Args:
        command: List of words.
        note_process: Function that is told of the `subprocess.Popen` as soon as it runs, or None.
        **kwargs: Further arguments of `subprocess.Popen`.
    """
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs
        )
    except OSError as error:
        return 127, f'{command[0]}: {error.strerror}'
    if note_process is not None:
        note_process(process)
    output = process.communicate()[0].decode('utf-8', 'replace')
    return process.returncode, output


def list_host_compilers():
    """Return a `HostCompiler` or `HostRefusal` for each candidate, best first; with $CXX set, that is the only one."""
    chosen = os.environ.get('CXX', '').strip()
    commands = [shlex.split(chosen)] if chosen else [[name] for name in _COMPILERS]
    return [_examine_host(command) for command in commands]


def list_other_compilers():
    """Return the further g++ of this machine, newest first, for an nvcc that does not take the first choice."""
    return [found for found in (_examine_host([name]) for name in _OTHER_GXX) if isinstance(found, HostCompiler)]


def _examine_host(command):
    status, output = run_tool(command + ['--version'])
    if status != 0:
        reason = 'not found' if status == 127 else f'ends with status {status} at --version'
        return HostRefusal(' '.join(command), reason)
    return HostCompiler(command, output.splitlines()[0].strip() if output.strip() else 'unknown version')


def list_cpu_flags(level, compiler):
    """Return the compiler flags for a level; none for 'generic'."""
    flags = [flag for name in reversed(hardware.list_levels_up_to(level)) for flag in _CPU_FLAGS.get(name, '').split()]
    if level == 'v4' and accepts_flag(compiler, _WIDE_VECTORS):
        flags.append(_WIDE_VECTORS)
    return flags


def accepts_flag(compiler, flag):
    """Tell whether a compiler knows a flag."""
    return run_tool(compiler.command + [flag, '-Werror', '-E', '-x', 'c++', os.devnull])[0] == 0


# ----------------------------------------------------------------------------
# nvcc: architectures.


def select_archs(wanted, known):
    """Return the architectures to compile for: for each wanted one the highest known that is not above it.

    Args:
        wanted: Compute capabilities as integers, such as 86 for 8.6.
        known: Architectures that nvcc knows.

    Returns:
        Sorted list; empty if nvcc knows nothing that is old enough. The last one is to be kept as PTX as well, which
        the driver compiles for newer GPUs.
    """
    chosen = set()
    for arch in wanted:
        fitting = [other for other in known if other == arch or (other < arch and other not in _BOARD_ARCHS)]
        chosen.update(sorted(fitting)[-1:])
    return sorted(chosen)


def runs_on(archs, capability):
    """Tell whether code for these architectures, the last also as PTX, runs on a GPU of this compute capability."""
    if not archs:
        return False
    same_kind = [arch for arch in archs if arch // 10 == capability // 10]
    return archs[-1] <= capability or bool(select_archs([capability], same_kind))


def list_arch_flags(archs):
    """Return the options of nvcc for machine code of all architectures and PTX of the last one."""
    codes = [(arch, f'sm_{arch}') for arch in archs] + [(arch, f'compute_{arch}') for arch in archs[-1:]]
    return [f'-gencode=arch=compute_{arch},code={code}' for arch, code in codes]


def make_host_flag(host):
    """Return the option of nvcc that names the host compiler: its program, without wrappers such as ccache."""
    return '-ccbin=' + [word for word in host.command if not word.startswith('-')][-1]


# ----------------------------------------------------------------------------
# nvcc: candidates.


def list_nvccs():
    """Return the paths at which nvcc may be, best first; if the environment names one, that is the only one."""
    for chosen in (os.environ.get('DNNLIB_NVCC'), os.environ.get('NVCC')):
        if chosen:
            return [shutil.which(chosen) or chosen]
    folders = []
    for packages in _list_site_packages():
        folders += sorted(glob.glob(os.path.join(glob.escape(packages), 'nvidia', '*', 'bin')), reverse=True)
    for home in (os.environ.get('CUDA_HOME') or '').split(os.pathsep):
        folders += [os.path.join(home, 'bin')] if home else []
    folders += os.environ.get('PATH', '').split(os.pathsep)
    folders += ['/usr/local/cuda/bin'] + sorted(glob.glob('/usr/local/cuda-*/bin'), key=_version_key, reverse=True)
    paths = [os.path.join(folder, 'nvcc') for folder in folders if folder]
    unique = collections.OrderedDict()
    for path in paths:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            unique.setdefault(os.path.realpath(path), path)
    return list(unique.values())


def _list_site_packages():
    user = site.getusersitepackages() if site.ENABLE_USER_SITE and hasattr(site, 'getusersitepackages') else None
    folders = [sysconfig.get_paths()['purelib'], sysconfig.get_paths()['platlib'], user] + sys.path
    return list(collections.OrderedDict.fromkeys(folder for folder in folders if folder and os.path.isdir(folder)))


def _version_key(path):
    return [int(number) for number in re.findall(r'\d+', path)]


def suits_driver(release, driver):
    """Tell whether code of one release of CUDA runs with a driver: within CUDA 11 and later, any minor release does.

    Args:
        release: Release of nvcc, such as '12.4'.
        driver: Release of CUDA that the driver knows, such as '12.2', or None if there is no driver to suit.
    """
    if driver is None:
        return True
    ours, theirs = [tuple(int(number) for number in text.split('.')[:2]) for text in (release, driver)]
    return ours <= theirs or ours[0] == theirs[0] >= 11


def examine_nvcc(path, capabilities, hosts, trial=None, driver=None):
    """Return an `Nvcc` if the program at this path can be used, else a `NvccRefusal` with the reason.

    Args:
        path: Path of the program.
        capabilities: Compute capabilities to compile for, as integers; none to learn whether it works at all.
        hosts: HostCompilers that it may use, best first.
        trial: Function (Nvcc, archs) -> error text or '' that tries it, or None for `try_nvcc`.
        driver: Release of CUDA that the driver knows, or None.
    """
    status, output = run_tool([path, '--version'])
    release = re.search(r'release (\d+\.\d+)', output)
    if status != 0 or release is None:
        return NvccRefusal(path, None, f'does not run: {_first_line(output)}')
    release = release.group(1)
    if not suits_driver(release, driver):
        return NvccRefusal(path, release, f'needs a driver for CUDA {release}, that of this machine knows {driver}')
    known = _list_known_archs(path)
    archs = select_archs(capabilities, known)
    unfit = [f'{capability / 10:.1f}' for capability in capabilities if not runs_on(archs, capability)]
    if unfit:
        known_range = f'{min(known) / 10:.1f} to {max(known) / 10:.1f}' if known else 'nothing it names'
        return NvccRefusal(path, release, f'compiles for {known_range}, not for {", ".join(unfit)}')
    reason = 'there is no host compiler'
    flags = _find_cuda_flags(path)
    for host in hosts:
        candidate = Nvcc(path, release, known, *flags, host=host)
        reason = (trial or try_nvcc)(candidate, archs or known[-1:])
        if not reason:
            return candidate
    return NvccRefusal(path, release, reason)


def _first_line(text):
    return next((line.strip() for line in text.splitlines() if line.strip()), 'no output')


def _list_known_archs(path):
    """Return the architectures that this nvcc can compile for; before release 11 only its help tells."""
    status, output = run_tool([path, '--list-gpu-arch'])
    if status != 0:
        output = run_tool([path, '--help'])[1]
    return sorted({int(arch) for arch in re.findall(r'\bcompute_(\d+)\b', output)})


def try_nvcc(nvcc, archs):
    """Make a library of one kernel as ops are made; return '' or the first error of the compilers."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            source, cuda_object, library = [os.path.join(folder, 'trial' + end) for end in ('.cu', '.o', '.so')]
            with open(source, 'w', encoding='utf-8') as file:
                file.write(_TRIAL)
            command = [nvcc.path, make_host_flag(nvcc.host), '-Xcompiler=-fPIC'] + list_arch_flags(archs[-1:])
            status, output = run_tool(command + ['-c', source, '-o', cuda_object])
            if status != 0:
                return f'refuses {nvcc.host.version}: {_first_error(output)}'
            command = nvcc.host.command + ['-shared', '-o', library, cuda_object] + nvcc.link_flags
            status, output = run_tool(command, env=dict(os.environ, LC_ALL='C'))
    except OSError as error:
        return f'cannot be tried: {error.strerror or error}'
    return '' if status == 0 else f'what it compiles cannot be linked with {nvcc.host.version}: {_first_error(output)}'


def _first_error(output):
    errors = [line for line in output.splitlines() if 'error' in line.lower() or 'cannot find' in line]
    return _first_line(os.linesep.join(errors) or output)


def remember_trials(path):
    """Return a function like `try_nvcc` that remembers in a JSON file what worked, as far as that can be written.

    What failed is tried every time: what was missing may have been installed.
    """

    def try_once(nvcc, archs):
        facts = [run_tool([nvcc.path, '--version'])[1], nvcc.host.version, nvcc.link_flags]
        key = ' '.join([os.path.realpath(nvcc.path), str(archs[-1]), hashlib.md5(repr(facts).encode()).hexdigest()])
        successes = _read_successes(path)
        if key in successes:
            return ''
        problem = try_nvcc(nvcc, archs)
        if not problem:
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with atomic_write(path, 'w') as file:
                    json.dump(sorted(successes + [key]), file, indent=1)
        return problem

    return try_once


def _read_successes(path):
    try:
        with open(path, encoding='utf-8') as file:
            successes = json.load(file)
    except (OSError, ValueError):
        return []
    return successes if isinstance(successes, list) else []


def _find_cuda_flags(path):
    """Return the flags for the host compiler: headers of CUDA, and its static run-time library."""
    _, output = run_tool([path, '--dryrun', '-c', '-x', 'cu', os.devnull])
    settings = dict(re.findall(r'^#\$ (TOP|INCLUDES|SYSTEM_INCLUDES|LIBRARIES)=(.*)$', output, re.MULTILINE))
    words = shlex.split(settings.get('INCLUDES', '')) + shlex.split(settings.get('SYSTEM_INCLUDES', ''))
    includes = [word[2:] for word in words if word.startswith('-I')]
    includes += [words[i + 1] for i, word in enumerate(words[:-1]) if word == '-isystem']
    libraries = [word[2:] for word in shlex.split(settings.get('LIBRARIES', '')) if word.startswith('-L')]
    home = settings.get('TOP', '').strip() or os.path.join(os.path.dirname(os.path.realpath(path)), os.pardir)
    include_flags = [flag for folder in _keep_folders(includes) for flag in ('-isystem', folder)]
    link_flags = [f'-L{folder}' for folder in _find_library_folders(libraries, home)]
    return include_flags, link_flags + ['-lcudart_static', '-ldl', '-lrt', '-lpthread']


def _find_library_folders(named, home):
    """Return the folders with the static run-time library, among those that nvcc names and the usual ones beside it.

    nvcc of the CUDA wheels names `lib64`, and they have `lib` only. If none has it, the linker may know where it is.
    """
    targets = [f'targets/{hardware.get_machine()}-linux/lib', 'targets/sbsa-linux/lib']  # sbsa: servers with ARM.
    usual = [os.path.join(home, *name.split('/')) for name in ['lib64', 'lib'] + targets]
    named = _keep_folders(folder for folder in named if not folder.endswith('stubs'))
    found = [folder for folder in _keep_folders(named + usual) if os.path.exists(os.path.join(folder, _STATIC_LIBRARY))]
    return found or named


def _keep_folders(paths):
    """Return the folders that exist, each once; the compilers know `/usr/include` by themselves."""
    folders = collections.OrderedDict()
    for path in map(os.path.normpath, paths):
        if os.path.isdir(path) and path != '/usr/include':
            folders.setdefault(os.path.realpath(path), path)
    return list(folders.values())

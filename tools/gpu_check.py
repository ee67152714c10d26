#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Check the CUDA kernels of the custom ops on the GPU of this machine, and measure them beside a plain copy.

Compiles tests/cuda and the kernels into one program with nvcc and runs it. TensorFlow is not needed.
"""

import functools
import os
import subprocess
import sys
import tempfile
import types

ROOT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT_DIR)
if __name__ == '__main__':  # The package without its __init__.py, which loads TensorFlow.
    sys.modules['dnnlib.tflib'] = types.ModuleType('dnnlib.tflib')
    sys.modules['dnnlib.tflib'].__path__ = [os.path.join(ROOT_DIR, 'dnnlib', 'tflib')]

from dnnlib import cmdline, util  # noqa: E402
from dnnlib.tflib.custom_ops import building, commands, compilers, hardware, plugins  # noqa: E402

CHECKS_DIR = os.path.join(ROOT_DIR, 'tests', 'cuda')
OPS_DIR = os.path.join(ROOT_DIR, 'dnnlib', 'tflib', 'ops')
PROGRAM_SOURCES = ('main.cc', 'check_fused_bias_act.cc', 'check_upfirdn_2d.cc')
EXAMPLES = """examples:

  # Check and measure; keep the table.
  python tools/gpu_check.py --markdown=gpu.md

  # Compile for a GPU of another machine and take the program there.
  python tools/gpu_check.py --arch=86 --build-only --out=gpu_check
"""


def list_kernel_files():
    """Return the sorted paths of the CUDA sources of all ops."""
    paths = [building.Op(name).cuda_file for name in building.list_op_names()]
    return [path for path in paths if path is not None]


def list_program_files():
    """Return the paths of the sources of the program that runs the kernels."""
    return [os.path.join(CHECKS_DIR, name) for name in PROGRAM_SOURCES + ('bandwidth.cc',)]


def make_command(compiler, archs, sources, *options):
    """Return the nvcc command line that compiles sources for some architectures.

    Args:
        compiler: `compilers.Nvcc`.
        archs: Architectures that it knows, as integers.
        sources: Paths.
        options: More options, such as what to make.
    """
    command = [compiler.path, compilers.make_host_flag(compiler.host), f'-I{CHECKS_DIR}', f'-I{OPS_DIR}']
    command += compilers.NVCC_FLAGS
    if float(compiler.release) >= 11.2:
        command.append('--threads=2')
    return command + compilers.list_arch_flags(archs) + list(options) + list(sources)


def find_compiler(capabilities, driver=None):
    """Return the `compilers.Nvcc` with which the libraries of the ops would be compiled.

    Args:
        capabilities: Compute capabilities as integers.
        driver: Release of CUDA that the driver of these GPUs knows, or None if they are elsewhere.

    Raises:
        UserError: If there is none; with the reasons.
    """
    try:
        return commands.require_tools(capabilities, building.get_default_cache_dir(), driver).nvcc
    except plugins.PluginError as error:
        raise util.UserError(f'{error.reason}; {error.advice}') from error


def build(path, capabilities, driver=None):
    """Compile the program for GPUs of some compute capabilities, with a driver as for `find_compiler`.

    Raises:
        UserError: If there is no nvcc, or it fails; its messages are on stderr.
    """
    compiler = find_compiler(capabilities, driver)
    archs = compilers.select_archs(capabilities, compiler.archs)
    names = ', '.join(f'sm_{arch}' for arch in archs)
    print(f'Compiling for {names} with {compiler.path} {compiler.release}...', flush=True)
    # nvcc of the wheels does not find its own libraries.
    folders = [flag for flag in compiler.link_flags if flag.startswith('-L')]
    command = make_command(compiler, archs, list_program_files() + list_kernel_files(), '-o', path, *folders)
    if subprocess.call(command) != 0:
        raise util.UserError(f'expected nvcc to compile the check, but it failed: {" ".join(command)}')


def parse_args(argv=None):
    """Return the options as a namespace; exit with status 2 and a message on bad input."""
    parser = cmdline.make_parser(__doc__, EXAMPLES)
    add = functools.partial(cmdline.add_option, parser)
    add('--arch LIST', 'compute capabilities, e.g. 70,86 (default: the GPUs here)', cmdline.parse_archs)
    add('--build-only', 'compile, but do not run', action='store_true')
    add('--out FILE', 'keep the program under this name', cmdline.parse_path)
    add('--nvcc PATH', 'the nvcc to use (default: as for the custom ops)', cmdline.parse_path)
    add('--markdown FILE', 'write the table of bandwidths to this file', cmdline.parse_path)
    add('--no-large', 'leave out tensors of more than 2^31 elements', action='store_true')
    return parser.parse_args(argv)


def main(argv=None):
    """Compile and run; end with the status of the program."""
    args = parse_args(argv)
    if args.nvcc:
        os.environ['DNNLIB_NVCC'] = args.nvcc
    present = hardware.read_capabilities()
    if not present and not args.build_only:
        raise util.UserError(
            'expected a CUDA GPU, but the driver shows none; with --build-only --arch=LIST none is needed'
        )
    if not (args.arch or present):
        raise util.UserError('expected --arch=LIST, such as --arch=86, as there is no GPU here to compile for')
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.abspath(args.out or os.path.join(folder, 'gpu_check'))
        build(path, args.arch or present, None if args.arch else hardware.read_driver_version())
        if not args.build_only:
            options = ['--no-large'] * args.no_large + (['--table', args.markdown] if args.markdown else [])
            sys.exit(subprocess.call([path] + options))


if __name__ == '__main__':
    cmdline.run(main)

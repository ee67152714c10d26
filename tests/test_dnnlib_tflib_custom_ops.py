# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Compiled ops are found, compiled and loaded; whatever goes wrong ends in a working run and one clear line.

The ops here are small functions without TensorFlow, loaded with ctypes, and compile at once.
"""

import errno
import os
import subprocess
import sys
import tempfile
import threading
import time

import pytest
import small_ops

from dnnlib import util
from dnnlib.tflib import custom_ops, gpus
from dnnlib.tflib.custom_ops import building, compilers, hardware, library_cache, plugins
from dnnlib.tflib.ops import fused_bias_act

NVCC = next((path for path in compilers.list_nvccs() if os.access(path, os.X_OK)), None)
UNDEFINED = (
    'namespace dnnlib { void nobody_has_this(int); }\nextern "C" int one() { dnnlib::nobody_has_this(1); return 1; }\n'
)


pytestmark = pytest.mark.skipif(small_ops.GXX is None, reason='needs g++')


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Two small ops, an empty cache, a compiler that counts its calls, and no TensorFlow to compile for."""
    return small_ops.make_workplace(tmp_path, monkeypatch)


# ----------------------------------------------------------------------------
# The ordinary course.


def test_first_need_compiles_all_ops_and_the_second_start_none(workplace, capsys):
    assert custom_ops.get_plugin('one').one() == 1
    first = capsys.readouterr().err
    assert custom_ops.get_plugin('two').two() == 2
    small_ops.forget_plugins()
    assert custom_ops.get_plugin('two').two() == 2
    assert small_ops.count_compilations(workplace) == 2
    assert first.splitlines()[0] == 'Setting up TensorFlow plugin "one.cc", "two.cc": Compiling...'
    assert first.splitlines()[1].startswith('Setting up TensorFlow plugin "one.cc", "two.cc": Compiling... Done.')
    assert capsys.readouterr().err == ''


def test_nothing_is_printed_when_not_verbose(workplace, monkeypatch, capsys):
    monkeypatch.setattr(custom_ops, 'verbose', False)
    assert custom_ops.get_plugin('one').one() == 1
    assert capsys.readouterr() == ('', '')


def test_the_path_of_a_source_file_names_an_op_too(workplace):
    base = str(workplace / 'ops' / 'one' / 'one')
    assert custom_ops.get_plugin(base + '.cu') is custom_ops.get_plugin('one')
    assert custom_ops.get_plugin(base + '.cc') is custom_ops.get_plugin('one')


def test_a_file_outside_is_compiled_alone(workplace):
    (workplace / 'mine.cc').write_text(small_ops.ANSWER.format(name='mine', value=3))
    assert custom_ops.get_plugin(str(workplace / 'mine.cc')).mine() == 3
    assert small_ops.count_compilations(workplace) == 1


def test_a_folder_can_be_set_for_compiled_ops_alone(workplace, monkeypatch):
    monkeypatch.setattr(custom_ops, 'cuda_cache_path', str(workplace / 'elsewhere'))
    custom_ops.get_plugin('one')
    assert len(list((workplace / 'elsewhere').glob('*.so'))) == 2 and not (workplace / 'cache').exists()


@pytest.mark.parametrize(
    'change',
    [
        lambda folder, monkeypatch: (folder / 'ops' / 'one' / 'one.h').write_text('#define VALUE 12\n'),
        lambda folder, monkeypatch: (folder / 'ops' / 'one' / 'one.cc').write_text(
            small_ops.ANSWER.format(name='one', value=12)
        ),
        lambda folder, monkeypatch: monkeypatch.setattr(building, 'OPTIMIZE_FLAGS', ['-O1', '-fPIC', '-DVALUE=12']),
    ],
)
def test_changed_sources_headers_and_flags_compile_anew(workplace, monkeypatch, change):
    text = '#include "one.h"\n#ifndef VALUE\n#define VALUE 11\n#endif\nextern "C" int one() { return VALUE; }\n'
    (workplace / 'ops' / 'one' / 'one.cc').write_text(text)
    (workplace / 'ops' / 'one' / 'one.h').write_text('\n')
    assert custom_ops.get_plugin('one').one() == 11
    change(workplace, monkeypatch)
    small_ops.forget_plugins()
    assert custom_ops.get_plugin('one').one() == 12


def test_another_compiler_compiles_anew(workplace, monkeypatch):
    custom_ops.get_plugin('one')
    text = (workplace / 'compiler').read_text()
    (workplace / 'compiler').write_text(text.replace('compiler 1.0', 'compiler 2.0'))
    small_ops.forget_plugins()
    custom_ops.get_plugin('one')
    assert small_ops.count_compilations(workplace) == 4


def test_another_tensorflow_compiles_anew(workplace, monkeypatch):
    custom_ops.get_plugin('one')
    monkeypatch.setattr(building, 'describe_tensorflow', lambda: small_ops.TENSORFLOW._replace(version='1.1 (v1.1)'))
    small_ops.forget_plugins()
    custom_ops.get_plugin('one')
    assert small_ops.count_compilations(workplace) == 4


# ----------------------------------------------------------------------------
# Which implementation.


def test_the_best_implementation_is_the_default_and_official_names_are_taken():
    assert custom_ops.resolve_impl(None, 'one') == 'native'
    assert custom_ops.resolve_impl('native', 'one') == custom_ops.resolve_impl('cuda', 'one') == 'native'
    assert custom_ops.resolve_impl('ref', 'one') == 'ref'


def test_ref_compiles_nothing(workplace):
    assert custom_ops.resolve_impl('ref', 'one') == 'ref'
    assert small_ops.count_compilations(workplace) == 0


def test_none_means_what_the_context_says_before_what_the_environment_says(monkeypatch):
    monkeypatch.setenv('DNNLIB_OPS', 'ref')
    assert custom_ops.resolve_impl(None, 'one') == 'ref'
    with custom_ops.use_impl('native'):
        assert custom_ops.resolve_impl(None, 'one') == 'native'
        with custom_ops.use_impl('ref'):
            assert custom_ops.resolve_impl(None, 'one') == 'ref'
            assert custom_ops.resolve_impl('native', 'one') == 'native'
    assert custom_ops.resolve_impl(None, 'one') == 'ref'


def test_what_a_context_says_holds_for_its_thread_alone():
    results = []
    with custom_ops.use_impl('ref'):
        thread = threading.Thread(target=lambda: results.append(custom_ops.resolve_impl(None, 'one')))
        thread.start()
        thread.join()
    assert results == ['native']


def test_unknown_implementations_are_refused_by_name(monkeypatch):
    with pytest.raises(util.UserError, match="impl must be None or one of native, cuda, ref, got 'fast'"):
        custom_ops.resolve_impl('fast', 'one')
    with pytest.raises(util.UserError, match="got 'fast'"), custom_ops.use_impl('fast'):
        pass
    monkeypatch.setenv('DNNLIB_OPS', 'quick')
    with pytest.raises(util.UserError, match="the environment variable DNNLIB_OPS must be .*, got 'quick'"):
        custom_ops.resolve_impl(None, 'one')


@pytest.mark.parametrize('impl', [None, 'native', 'cuda'])
def test_without_compiler_one_line_says_what_it_costs_and_everything_runs(monkeypatch, impl):
    monkeypatch.setenv('CXX', '/nonexistent/g++')
    with pytest.warns(UserWarning) as warned:
        assert custom_ops.resolve_impl(impl, 'one') == 'ref'
        assert custom_ops.resolve_impl(impl, 'two') == 'ref'
    (line,) = [str(item.message) for item in warned]
    assert line == (
        'compiled ops are not available, so everything is slower (training on a CPU takes 2 to 3 times as long): '
        'no C++ compiler is there (/nonexistent/g++: not found); '
        'run `python -m dnnlib.tflib.custom_ops doctor` to see more'
    )


def test_without_compiler_a_library_of_an_earlier_one_serves(workplace, monkeypatch):
    custom_ops.get_plugin('one')
    monkeypatch.setenv('CXX', '/nonexistent/g++')
    small_ops.forget_plugins()
    assert custom_ops.get_plugin('one').one() == 1


def test_an_op_without_source_is_named():
    with pytest.raises(custom_ops.PluginError, match=r'there is no .*ops/three/three\.cc'):
        custom_ops.get_plugin('three')


def test_on_windows_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr(sys, 'platform', 'win32')
    with pytest.raises(custom_ops.PluginError, match='ops are not compiled on Windows') as caught:
        custom_ops.get_plugin('one')
    assert 'use WSL2' in caught.value.advice


def test_a_gpu_without_nvcc_means_ref_and_says_why(workplace, monkeypatch):
    (workplace / 'ops' / 'one' / 'one.cu').write_text('')
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: [80])
    monkeypatch.setenv('DNNLIB_NVCC', '/nonexistent/nvcc')
    with pytest.warns(UserWarning, match=r'no nvcc is there that will do \(/nonexistent/nvcc: does not run'):
        assert custom_ops.resolve_impl(None, 'one') == 'ref'


def test_a_missing_nvcc_is_not_explained_with_other_compilers(workplace, monkeypatch):
    (workplace / 'ops' / 'one' / 'one.cu').write_text('')
    monkeypatch.delenv('CXX')
    monkeypatch.setattr(compilers, '_COMPILERS', ('g++', 'no-such-compiler'))
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: [80])
    monkeypatch.setattr(compilers, 'list_nvccs', lambda: [])
    with pytest.raises(custom_ops.PluginError) as caught:
        custom_ops.get_plugin('one')
    assert caught.value.reason == 'no nvcc is there that will do (none was found)'


def test_one_of_two_gpus_that_nvcc_does_not_know_means_ref_and_the_way_out_is_named(workplace, monkeypatch):
    (workplace / 'ops' / 'one' / 'one.cu').write_text('')
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: [50, 86])
    script = 'case $1 in --version) echo release 13.0;; --list-gpu-arch) echo compute_75 compute_86;; esac'
    (workplace / 'nvcc').write_text(f'#!/bin/sh\n{script}\n')
    (workplace / 'nvcc').chmod(0o755)
    monkeypatch.setenv('DNNLIB_NVCC', str(workplace / 'nvcc'))
    with pytest.raises(custom_ops.PluginError, match=r'nvcc: compiles for 7\.5 to 8\.6, not for 5\.0\)') as caught:
        custom_ops.get_plugin('one')
    assert 'if it compiles for the other GPUs, hide this one with CUDA_VISIBLE_DEVICES' in caught.value.advice
    assert custom_ops.get_plugin('two').two() == 2


# ----------------------------------------------------------------------------
# Folders of others.


def test_libraries_of_a_shared_folder_are_used_before_anything_is_compiled(workplace, monkeypatch):
    custom_ops.get_plugin('one')
    (workplace / 'cache' / 'ops').rename(workplace / 'image')
    monkeypatch.setenv('DNNLIB_OPS_DIR', str(workplace / 'nothing') + os.pathsep + str(workplace / 'image'))
    text = (workplace / 'compiler').read_text()
    (workplace / 'compiler').write_text(text.replace('compiler 1.0', 'compiler of another image'))
    small_ops.forget_plugins()
    assert custom_ops.get_plugin('two').two() == 2
    assert small_ops.count_compilations(workplace) == 2
    assert not (workplace / 'cache' / 'ops').exists()


def test_a_shared_folder_for_other_cpus_is_passed_over(workplace, monkeypatch):
    monkeypatch.setattr(hardware, 'detect_cpu_level', lambda: 'v2')
    custom_ops.get_plugin('one')
    (workplace / 'cache' / 'ops').rename(workplace / 'image')
    (workplace / 'image').joinpath('.lock').unlink()
    monkeypatch.setenv('DNNLIB_OPS_DIR', str(workplace / 'image'))
    small_ops.forget_plugins()
    monkeypatch.setattr(hardware, 'detect_cpu_level', lambda: 'v1')
    custom_ops.get_plugin('one')
    assert small_ops.count_compilations(workplace) == 4


def test_a_lower_level_serves_where_there_is_no_compiler_but_a_higher_one_does_not(workplace, monkeypatch):
    monkeypatch.setattr(hardware, 'detect_cpu_level', lambda: 'v2')
    custom_ops.get_plugin('one')
    monkeypatch.setenv('CXX', '/nonexistent/g++')
    for level, is_there in [('v4', True), ('v1', False)]:
        monkeypatch.setattr(hardware, 'detect_cpu_level', lambda level=level: level)
        small_ops.forget_plugins()
        if is_there:
            assert custom_ops.get_plugin('one').one() == 1
        else:
            with pytest.raises(custom_ops.PluginError, match='no C'):
                custom_ops.get_plugin('one')


# ----------------------------------------------------------------------------
# Faults.


def test_a_compiler_that_fails_is_quoted_with_its_command(workplace):
    (workplace / 'ops' / 'one' / 'one.cc').write_text('int one() { return nothing; }\n')
    with pytest.raises(custom_ops.PluginError) as caught:
        custom_ops.get_plugin('one')
    text = str(caught.value)
    assert 'compiler ended with status 1: one.cc:1:20: error:' in text and 'nothing' in text and '\n' not in text
    assert caught.value.command[0] == str(workplace / 'compiler') and '-O3' in caught.value.command
    assert 'CXX' in caught.value.advice and 'nothing' in caught.value.log
    assert custom_ops.get_plugin('two').two() == 2


def test_a_failure_is_not_tried_again_in_the_same_process(workplace):
    (workplace / 'ops' / 'one' / 'one.cc').write_text('int one() { return nothing; }\n')
    for _ in range(3):
        with pytest.raises(custom_ops.PluginError):
            custom_ops.get_plugin('one')
    assert small_ops.count_compilations(workplace) == 2


def test_a_compiler_that_is_killed_is_said_to_be(workplace, monkeypatch):
    small_ops.make_compiler(workplace, monkeypatch, 'kill -9 $$')
    with pytest.raises(custom_ops.PluginError, match='compiler was killed by signal 9, perhaps for want of memory'):
        custom_ops.get_plugin('one')
    assert not small_ops.list_cached(workplace)


def test_a_process_killed_half_way_stops_nobody(workplace, monkeypatch):
    ops_dir = workplace / 'cache' / 'ops'
    (ops_dir / '.build-of-the-dead').mkdir(parents=True)
    code = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True)"
    )
    command = [sys.executable, '-c', code + '; time.sleep(60)', str(ops_dir / '.lock')]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b'held\n'
    holder.kill()
    holder.communicate()
    (ops_dir / '.lock').write_text('process 12345')
    os.utime(str(ops_dir / '.build-of-the-dead'), (0, 0))
    monkeypatch.setattr(plugins, 'LOCK_TIMEOUT_SEC', 0)
    assert custom_ops.get_plugin('one').one() == 1
    assert not (ops_dir / '.build-of-the-dead').exists()


def test_a_process_that_holds_the_lock_for_ever_is_named_and_waited_for_no_longer_than_allowed(
    workplace, monkeypatch, capsys
):
    ops_dir = workplace / 'cache' / 'ops'
    ops_dir.mkdir(parents=True)
    monkeypatch.setattr(plugins, 'LOCK_TIMEOUT_SEC', 0.3)
    with library_cache.lock(str(ops_dir), 0, None) as held:
        assert held
        assert custom_ops.get_plugin('one').one() == 1
    assert f'Waiting for process {os.getpid()}, which compiles...' in capsys.readouterr().err


def test_two_builds_at_once_compile_once(workplace, monkeypatch):
    small_ops.make_compiler(workplace, monkeypatch, 'sleep 0.3')
    ops = [building.Op(name) for name in building.list_op_names()]
    settings = plugins.Settings(None, False, ())
    results = []
    threads = [threading.Thread(target=lambda: results.append(plugins.provide(ops, settings))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result[ops[0].base].one() for result in results] == [1, 1]
    assert small_ops.count_compilations(workplace) == 2


@pytest.mark.parametrize('size', [0, 5, 0.5, 0.99])
def test_a_truncated_library_is_compiled_again(workplace, size):
    custom_ops.get_plugin('one')
    path = small_ops.list_cached(workplace)[0]
    content = path.read_bytes()
    path.unlink()  # The file that is loaded must not change.
    path.write_bytes(content[: size if isinstance(size, int) else int(len(content) * size)])
    small_ops.forget_plugins()
    with pytest.warns(UserWarning, match=r'one_\w+\.so is cut off, .*; this library is passed over'):
        assert custom_ops.get_plugin('one').one() == 1
    assert path.read_bytes() == content
    assert small_ops.count_compilations(workplace) == 3


def test_a_changed_byte_in_a_library_is_noticed(workplace):
    custom_ops.get_plugin('one')
    path = small_ops.list_cached(workplace)[0]
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.unlink()
    path.write_bytes(bytes(content))
    small_ops.forget_plugins()
    with pytest.warns(UserWarning, match='was changed after it had been written; this library is passed over'):
        assert custom_ops.get_plugin('one').one() == 1


def put_undefined_library(workplace, folder):
    """Put a library into a folder that needs a symbol that nobody has, but is described as that of op one."""
    library = str(workplace / 'library.so')
    source = workplace / 'undefined.cc'
    source.write_text(UNDEFINED)
    subprocess.check_call([small_ops.GXX, '-shared', '-fPIC', '-o', library, str(source)])
    target = plugins.make_target()
    tools, _ = plugins.find_tools([], str(workplace))
    recipe = building.make_recipe(building.Op('one'), target, tools)
    library_cache.seal(library, recipe)
    folder.mkdir(parents=True)
    return library_cache.store(library, str(folder), library_cache.make_file_name(recipe))


def test_a_library_of_another_tensorflow_is_named_and_replaced(workplace):
    path = put_undefined_library(workplace, workplace / 'cache' / 'ops')
    with pytest.warns(UserWarning) as warned:
        assert custom_ops.get_plugin('one').one() == 1
    (line,) = [str(item.message) for item in warned]
    assert line == (
        f'{path} does not load: undefined symbol dnnlib::nobody_has_this(int) (compiled for TensorFlow 1.0 (v1.0), '
        'ABI 1; this is TensorFlow 1.0 (v1.0), ABI 1); this library is passed over'
    )
    small_ops.forget_plugins()
    assert custom_ops.get_plugin('one').one() == 1
    assert os.path.exists(path) and small_ops.count_compilations(workplace) == 2


def test_bad_libraries_in_all_folders_do_not_keep_a_good_one_from_being_compiled(workplace, monkeypatch):
    for folder in ('first', 'second', os.path.join('cache', 'ops')):
        put_undefined_library(workplace, workplace / folder)
    monkeypatch.setenv('DNNLIB_OPS_DIR', os.pathsep.join(str(workplace / name) for name in ('first', 'second')))
    with pytest.warns(UserWarning, match='this library is passed over'):
        assert custom_ops.get_plugin('one').one() == 1


@pytest.mark.parametrize('place', ['cache/ops', 'image'])
@pytest.mark.parametrize('problem', ['damaged', 'unreadable'])
def test_without_compiler_libraries_that_do_not_load_are_named_in_one_line_and_left(
    workplace, monkeypatch, place, problem
):
    custom_ops.get_plugin('one')
    (workplace / 'cache' / 'ops').rename(workplace / 'moved')
    (workplace / place).parent.mkdir(exist_ok=True)
    (workplace / 'moved').rename(workplace / place)
    monkeypatch.setenv('DNNLIB_OPS_DIR', str(workplace / 'image'))
    monkeypatch.setenv('CXX', '/nonexistent/g++')
    paths = sorted((workplace / place).glob('*.so'))
    read_recipe = library_cache.read_recipe

    def read(path, check=False):
        if not check:
            return read_recipe(path)
        if problem == 'damaged':
            raise library_cache.DamagedLibraryError(f'{path} was changed')
        raise OSError(errno.EIO, 'Input/output error', path)

    monkeypatch.setattr(library_cache, 'read_recipe', read)
    small_ops.forget_plugins()
    with pytest.warns(UserWarning) as warned:
        assert custom_ops.resolve_impl(None, 'one') == custom_ops.resolve_impl(None, 'two') == 'ref'
    first, second = [str(item.message) for item in warned]
    assert str(paths[0]) in first and first.endswith('; this library and 1 more are passed over')
    assert 'no C++ compiler is there (/nonexistent/g++: not found)' in second
    assert len(paths) == 2 and all(path.exists() for path in paths)


def test_a_library_that_never_loads_is_compiled_twice_at_most(workplace):
    (workplace / 'ops' / 'one' / 'one.cc').write_text(UNDEFINED)
    with pytest.warns(UserWarning, match='undefined symbol'):
        with pytest.raises(custom_ops.PluginError, match=r'undefined symbol dnnlib::nobody_has_this\(int\)'):
            custom_ops.get_plugin('one')
    assert small_ops.count_compilations(workplace) == 3


def test_a_cache_that_cannot_be_made_is_replaced_by_a_temporary_folder(workplace, monkeypatch):
    (workplace / 'file').write_text('')
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(workplace / 'file'))
    with pytest.warns(UserWarning) as warned:
        assert custom_ops.get_plugin('one').one() == 1
    (line,) = [str(item.message) for item in warned]
    assert line == (
        f'compiled ops cannot be kept ({workplace}/file/ops: Not a directory), so every process will compile them '
        'again; set DNNLIB_CACHE_DIR to a folder that can be written'
    )


def forbid_temporary_files(monkeypatch):
    """Do as on a machine where no folder for temporary files can be written."""

    def refuse(*args, **kwargs):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")

    plugins._make_temporary_dir.cache_clear()
    monkeypatch.setattr(tempfile, 'gettempdir', refuse)
    monkeypatch.setattr(tempfile, 'mkdtemp', refuse)


def test_neither_a_cache_nor_a_temporary_folder_means_ref_in_one_line(workplace, monkeypatch):
    (workplace / 'file').write_text('')
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(workplace / 'file'))
    forbid_temporary_files(monkeypatch)
    with pytest.warns(UserWarning) as warned:
        assert custom_ops.resolve_impl(None, 'one') == custom_ops.resolve_impl(None, 'two') == 'ref'
    (line,) = [str(item.message) for item in warned]
    assert (
        f'no folder can take compiled ops ({workplace}/file/ops: Not a directory; '
        "temporary folder: No usable temporary directory found in ['/tmp'])"
    ) in line


def test_neither_a_home_nor_a_temporary_folder_means_ref_in_one_line(monkeypatch):
    for name in ('DNNLIB_CACHE_DIR', 'HOME', 'USERPROFILE'):
        monkeypatch.delenv(name, raising=False)
    forbid_temporary_files(monkeypatch)
    with pytest.warns(UserWarning) as warned:
        assert custom_ops.resolve_impl(None, 'one') == 'ref'
    (line,) = [str(item.message) for item in warned]
    assert 'files of compiled ops cannot be used (' in line and 'No usable temporary directory' in line


def test_a_library_that_never_loads_from_the_temporary_folder_is_given_up(workplace, monkeypatch):
    (workplace / 'ops' / 'one' / 'one.cc').write_text(UNDEFINED)
    (workplace / 'file').write_text('')
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(workplace / 'file'))
    with pytest.warns(UserWarning):
        with pytest.raises(custom_ops.PluginError, match='undefined symbol'):
            custom_ops.get_plugin('one')
    assert small_ops.count_compilations(workplace) == 3


@pytest.mark.parametrize(
    'code, text', [(errno.EROFS, 'Read-only file system'), (errno.ENOSPC, 'No space left on device')]
)
def test_a_cache_that_is_read_only_or_full_is_replaced_by_a_temporary_folder(workplace, monkeypatch, code, text):
    cache = str(workplace / 'cache')
    check_writable = library_cache.check_writable

    def check(folder):
        if folder.startswith(cache):
            raise OSError(code, text)
        check_writable(folder)

    monkeypatch.setattr(library_cache, 'check_writable', check)
    with pytest.warns(UserWarning, match=f'cannot be kept .*/cache/ops: {text}'):
        assert custom_ops.get_plugin('one').one() == 1


def test_a_disk_that_fills_up_while_compiling_is_left_for_a_temporary_folder(workplace, monkeypatch):
    script = f'case "$*" in *{workplace}/cache*) echo "as: cannot write x.o: No space left on device"; exit 1;; esac'
    small_ops.make_compiler(workplace, monkeypatch, script)
    with pytest.warns(UserWarning, match='cannot be kept .*/cache/ops: No space left on device'):
        assert custom_ops.get_plugin('one').one() == 1
    assert not small_ops.list_cached(workplace) and not list((workplace / 'cache' / 'ops').glob('.build-*'))


def test_no_folder_at_all_is_an_error_with_the_way_out(workplace, monkeypatch):
    def check(folder):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(library_cache, 'check_writable', check)
    with pytest.raises(custom_ops.PluginError, match='no folder can take compiled ops') as caught:
        custom_ops.get_plugin('one')
    assert caught.value.advice == 'set DNNLIB_CACHE_DIR to a folder that can be written'


# ----------------------------------------------------------------------------
# The size of the cache.


def make_old(path, days):
    os.utime(str(path), (time.time() - days * 24 * 3600,) * 2)


def test_libraries_that_were_not_used_for_90_days_are_dropped_from_the_cache_but_not_from_folders_of_others(
    workplace, monkeypatch
):
    custom_ops.get_plugin('one')
    kept = small_ops.list_cached(workplace)
    (workplace / 'image').mkdir()
    others = [folder / f'one_{digit * 20}.so' for folder in (kept[0].parent, workplace / 'image') for digit in 'ab']
    for path, days in zip(others, [91, 89, 91, 89]):
        path.write_bytes(b'')
        make_old(path, days)
    monkeypatch.setenv('DNNLIB_OPS_DIR', str(workplace / 'image'))
    small_ops.forget_plugins()
    custom_ops.get_plugin('one')
    assert [path.exists() for path in others] == [False, True, True, True]
    assert small_ops.list_cached(workplace) == sorted(kept + others[1:2])
    assert (workplace / 'cache' / 'ops' / '.lock').exists()


def test_a_library_in_use_stays_however_old_it_is(workplace):
    custom_ops.get_plugin('one')
    paths = small_ops.list_cached(workplace)
    for path in paths:
        make_old(path, 365)
    small_ops.forget_plugins()
    custom_ops.get_plugin('one')
    assert small_ops.list_cached(workplace) == paths
    assert all(time.time() - path.stat().st_mtime < 3600 for path in paths)
    assert small_ops.count_compilations(workplace) == 2


def test_a_library_whose_time_cannot_be_set_serves_all_the_same(monkeypatch):
    monkeypatch.setattr(os, 'utime', lambda path: (_ for _ in ()).throw(OSError(errno.EROFS, 'Read-only', path)))
    assert custom_ops.get_plugin('one').one() == 1


def test_temporary_files_of_killed_processes_go_after_a_day(workplace):
    ops_dir = workplace / 'cache' / 'ops'
    ops_dir.mkdir(parents=True)
    old, new = ops_dir / '.0123abcd.tmp', ops_dir / '.4567abcd.tmp'
    for path, days in [(old, 2), (new, 0)]:
        path.write_bytes(b'')
        make_old(path, days)
    custom_ops.get_plugin('one')
    assert not old.exists() and new.exists()


# ----------------------------------------------------------------------------
# With nvcc and with TensorFlow.


@pytest.mark.skipif(NVCC is None, reason='needs nvcc')
def test_the_part_for_the_gpu_is_compiled_and_linked(workplace, monkeypatch):
    source = (
        'extern "C" int launch();\nextern "C" int one() {\n#ifdef DNNLIB_CUDA\nreturn launch();\n#endif\nreturn 1; }\n'
    )
    (workplace / 'ops' / 'one' / 'one.cc').write_text(source)
    kernel = '__global__ void fill(float* x) { x[0] = 1; }\n'
    launcher = 'extern "C" int launch() { int n = 0; return cudaGetDeviceCount(&n) == cudaSuccess ? 40 : 41; }\n'
    (workplace / 'ops' / 'one' / 'one.cu').write_text(kernel + launcher)
    monkeypatch.setenv('CXX', small_ops.GXX)
    monkeypatch.setattr(gpus, 'list_capabilities', lambda: [90])
    assert custom_ops.get_plugin('one').one() in (40, 41)
    recipe = library_cache.read_recipe(str(small_ops.list_cached(workplace)[0]))
    assert recipe['cuda']['archs'] == [90] and compilers.runs_on(recipe['cuda']['archs'], 100)
    assert os.path.realpath(NVCC) in (workplace / 'cache' / 'ops' / 'nvcc-trials.json').read_text()


def test_the_ops_of_this_project_load_into_tensorflow_by_their_official_path(monkeypatch):
    monkeypatch.undo()
    plugin = custom_ops.get_plugin(os.path.join(os.path.dirname(fused_bias_act.__file__), 'fused_bias_act.cu'))
    assert plugin is custom_ops.get_plugin('fused_bias_act')
    assert callable(plugin.fused_bias_act)

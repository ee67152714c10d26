# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""The papers around the code agree with each other: requirements, Makefile, container files, README."""

import collections
import contextlib
import hashlib
import os
import re
import subprocess
import sys

import pytest
import source_tree

DOCKERFILES = {'Dockerfile': 'requirements/tf1.txt', 'docker/Dockerfile.tf2': 'requirements/tf2.txt'}
INSTRUCTIONS = {'ARG', 'CMD', 'COPY', 'ENV', 'FROM', 'RUN', 'WORKDIR'}
REQUIREMENTS = source_tree.list_files('.txt')
REQUIREMENTS = [path for path in REQUIREMENTS if path.startswith('requirements' + os.sep)]
PIN = re.compile(r'[A-Za-z0-9-]+(\[[a-z-]+\])?==[0-9][0-9a-z.]*(; python_version .*)?$')
TEXTS = [path for path in source_tree.list_files('.md', '.cff', '.html') if not path.startswith('tests')]
IS_TF1 = sys.version_info < (3, 8)
# What comes with Python or, in the container of TensorFlow 1.15, with Ubuntu.
NOT_PINNED = {'pip', 'setuptools', 'wheel'} | ({'six', 'idna'} if IS_TF1 else set())
ENVIRONMENTS = ('.venv/bin/', '.venv-tf1/bin/')


def join_lines(text):
    """Return the lines of a text, those joined that end with a backslash."""
    return text.replace('\\\n', ' ').splitlines()


def read_dockerfile(path):
    """Return the instructions of a Dockerfile as pairs of name and rest."""
    lines = [line for line in source_tree.read(path).splitlines() if not line.startswith('#')]
    return [tuple(line.split(None, 1)) for line in join_lines('\n'.join(lines)) if line.strip()]


def read_steps(path):
    """Return the text of all RUN, ENV and ARG instructions of a Dockerfile."""
    return '\n'.join(rest for name, rest in read_dockerfile(path) if name in ('RUN', 'ENV', 'ARG'))


def list_make_targets():
    return re.findall(r'^([a-z][a-z0-9-]*):', source_tree.read('Makefile'), re.MULTILINE)


def list_code(path):
    """Return the lines of a document that stand in code blocks or between back-ticks."""
    text = source_tree.read(path)
    blocks = re.findall(r'^```.*?\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
    outside = re.sub(r'^```.*?^```', '', text, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r'`([^`\n]+)`', outside)


# ----------------------------------------------------------------------------
# Requirements and Makefile.


@pytest.mark.parametrize('path', REQUIREMENTS)
def test_every_requirement_is_pinned_to_one_version(path):
    lines = [line.strip() for line in source_tree.read(path).splitlines()]
    pins = [line for line in lines if line and not line.startswith('#')]
    assert pins
    assert not [line for line in pins if not PIN.match(line)]


def read_pins():
    """Return a dict: canonical name of each package that is pinned for this Python -> its versions."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    elsewhere = ('tf2', 'tf2-gpu', 'demo') if IS_TF1 else ('tf1',)
    paths = [f'requirements/{name}.txt' for name in elsewhere + ('weights',)]
    lines = [line for path in REQUIREMENTS if path not in paths for line in source_tree.read(path).splitlines()]
    pins = collections.defaultdict(set)
    for requirement in [Requirement(line) for line in lines if line.strip() and not line.startswith('#')]:
        if requirement.marker is None or requirement.marker.evaluate():
            pins[canonicalize_name(requirement.name)].add(str(requirement.specifier)[2:])
    return pins


def list_needs(distribution):
    """Return the canonical names of what an installed package requires here, also for GPUs."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    requirements = [Requirement(text) for text in distribution.requires or []]
    return {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if requirement.marker is None
        or any(requirement.marker.evaluate({'extra': extra}) for extra in ('', 'and-cuda'))
    }


def test_what_the_requirements_bring_along_is_pinned_once():
    """An installation years later is to be the same."""
    try:
        from importlib import metadata
    except ImportError:
        import importlib_metadata as metadata
    pins = read_pins()
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}
    unpinned = {}
    for name in pins:
        with contextlib.suppress(metadata.PackageNotFoundError):
            unpinned[name] = list_needs(metadata.distribution(name)) - set(pins) - NOT_PINNED
    assert 'numpy' in unpinned
    assert {name: needs for name, needs in unpinned.items() if needs} == {}


def test_gpu_requirements_name_the_same_tensorflow_as_the_cpu_ones():
    versions = [
        re.search(r'^tensorflow.*==(\S+)', source_tree.read(path), re.MULTILINE).group(1)
        for path in ('requirements/tf2.txt', 'requirements/tf2-gpu.txt')
    ]
    assert versions[0] == versions[1]


def test_makefile_uses_requirement_files_that_exist():
    used = set(re.findall(r'requirements/[a-z0-9-]+\.txt', source_tree.read('Makefile')))
    assert used == {
        f'requirements/{name}.txt' for name in ('tf1', 'tf2', 'importers', 'separability', 'dev', 'demo', 'weights')
    }
    assert used <= {path.replace(os.sep, '/') for path in REQUIREMENTS}


@pytest.mark.parametrize('generation, version', [('tf1', '<'), ('tf2', '>=')])
def test_importers_take_the_same_h5py_as_tensorflow(generation, version):
    importers = source_tree.read('requirements/importers.txt')
    (pin,) = re.findall(rf"^(h5py==\S+); python_version {version} '3.10'$", importers, re.MULTILINE)
    assert pin in source_tree.read(f'requirements/{generation}.txt').splitlines()


def test_ci_runs_the_tests_and_requires_both_generations():
    path = os.path.join(source_tree.ROOT_DIR, '.ci', 'run')
    assert os.access(path, os.X_OK)
    assert 'make test REQUIRE_TF1=1' in source_tree.read(path)


def find_python(generation, **variables):
    """Return exit status and the two outputs of tools/find_python.sh, its search limited to what is given."""
    environment = dict({'PATH': '/usr/bin:/bin', 'HOME': '/nonexistent'}, **variables)
    process = subprocess.Popen(
        ['bash', os.path.join(source_tree.ROOT_DIR, 'tools', 'find_python.sh'), generation],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    return (process.wait(),) + process.communicate()


def make_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('#!/bin/sh\n' + text)
    path.chmod(0o755)


def test_a_named_python_that_does_not_fit_is_refused_by_name():
    status, _, errors = find_python('tf1', PYTHON_TF1='/bin/false')
    assert status == 1
    assert errors == 'Error: PYTHON_TF1=/bin/false is no working Python 3.6 to 3.7\n'


def test_a_python_that_does_not_run_is_passed_over_for_one_that_does(tmp_path):
    make_program(tmp_path / 'bin' / 'python3.6', 'exit 127')
    make_program(tmp_path / 'pyenv' / 'versions' / '3.7.9' / 'bin' / 'python3.7', 'exit 0')
    path = str(tmp_path / 'bin') + ':/usr/bin:/bin'
    status, output, _ = find_python('tf1', PATH=path, PYENV_ROOT=str(tmp_path / 'pyenv'))
    assert status == 0
    assert output.strip() == str(tmp_path / 'pyenv' / 'versions' / '3.7.9' / 'bin' / 'python3.7')


def test_a_python_without_venv_is_named_with_the_way_out(tmp_path):
    make_program(tmp_path / 'python', 'case "$2" in *venv*) exit 1;; esac')
    status, _, errors = find_python('tf2', PYTHON=str(tmp_path / 'python'))
    assert status == 1
    assert 'has no venv module' in errors and 'apt-get install python3-venv' in errors


# ----------------------------------------------------------------------------
# Container files.


@pytest.mark.parametrize('path', sorted(DOCKERFILES))
def test_dockerfile_has_known_instructions_and_starts_from_a_base_that_can_be_replaced(path):
    instructions = read_dockerfile(path)
    assert {name for name, _ in instructions} <= INSTRUCTIONS
    assert instructions[0][0] == 'ARG' and instructions[0][1].startswith('BASE_IMAGE=')
    assert [rest for name, rest in instructions if name == 'FROM'] == ['${BASE_IMAGE}']


@pytest.mark.parametrize('path', sorted(DOCKERFILES))
def test_dockerfile_copies_only_what_exists(path):
    sources = [rest.split()[0] for name, rest in read_dockerfile(path) if name == 'COPY']
    assert sources
    assert not [name for name in sources if not os.path.exists(os.path.join(source_tree.ROOT_DIR, name))]


@pytest.mark.parametrize('path, requirements', sorted(DOCKERFILES.items()))
def test_dockerfile_installs_from_the_files_that_the_tests_use(path, requirements):
    text = read_steps(path)
    used = re.findall(r'-r (\S+)', text)
    assert requirements in used
    assert requirements in source_tree.read('Makefile')
    assert not [name for name in used if not os.path.exists(os.path.join(source_tree.ROOT_DIR, name))]


@pytest.mark.parametrize('path', sorted(DOCKERFILES))
def test_dockerfile_has_no_package_manager_step_and_checks_the_compiler(path):
    text = read_steps(path)
    assert not re.search(r'\bapt(-get)?\b(?!/)', text)
    assert 'nvcc --version' in text


@pytest.mark.parametrize('path', sorted(DOCKERFILES))
def test_dockerfile_lets_any_user_write_its_cache_and_home(path):
    text = read_steps(path)
    assert 'DNNLIB_CACHE_DIR=' in text and 'HOME=' in text
    assert re.search(r'chmod 1777 "\$DNNLIB_CACHE_DIR" "\$HOME"', text)


@pytest.mark.parametrize('path', sorted(DOCKERFILES))
def test_dockerfile_has_one_stage_so_that_no_builder_runs_the_tests_of_a_plain_build(path):
    text = read_steps(path)
    assert [name for name, _ in read_dockerfile(path)].count('FROM') == 1
    assert 'pytest' not in text and 'dev.txt' not in text


def test_dockerfile_of_the_tests_runs_them_in_an_image_on_all_cores():
    instructions = read_dockerfile('docker/Dockerfile.test')
    assert instructions[:2] == [('ARG', 'IMAGE=stylegan2-tf:1.15'), ('FROM', '${IMAGE}')]
    text = read_steps('docker/Dockerfile.test')
    assert '-r requirements/dev.txt' in text and 'python -m pytest -n auto' in text
    assert f'-m "{re.search("^MARKERS .= (.*)$", source_tree.read("Makefile"), re.MULTILINE).group(1)}"' in text


@pytest.mark.parametrize('path, highest_arch', [('Dockerfile', 75), ('docker/Dockerfile.tf2', 90)])
def test_dockerfile_compiles_the_ops_into_the_folder_where_they_are_looked_for(path, highest_arch):
    text = read_steps(path)
    (folder,) = re.findall(r'^DNNLIB_OPS_DIR=(\S+)$', text, re.MULTILINE)
    (options,) = re.findall(r'python -m dnnlib\.tflib\.custom_ops build ([^&]*) &&', text)
    assert folder.startswith('/')
    assert options.split() == ['--arch="$OPS_ARCHS"', '--cpu="$OPS_CPU_LEVELS"', '--out="$DNNLIB_OPS_DIR"']
    assert re.search(rf'^OPS_ARCHS=[0-9,]+,{highest_arch}$', text, re.MULTILINE)
    assert re.search(r'^OPS_CPU_LEVELS=v3,v4$', text, re.MULTILINE)


@pytest.mark.parametrize('path', sorted(DOCKERFILES))
def test_any_user_can_read_the_image_and_use_the_default_folders_and_finds_an_empty_home(path):
    instructions = read_dockerfile(path)
    steps = instructions[instructions.index(('COPY', '. .')) + 1 :]
    assert steps[0] == ('RUN', 'chmod -R a+rX . && ln -s /datasets /results .')
    assert steps[-2][1].endswith('find "$HOME" "$DNNLIB_CACHE_DIR" -mindepth 1 -delete')
    assert {'datasets', 'results'} <= set(
        source_tree.read('.dockerignore').split()
    )  # Else the links would be in the way.


@pytest.mark.parametrize(
    'path, names', [('Dockerfile', 'importers separability'), ('docker/Dockerfile.tf2', 'importers separability demo')]
)
def test_image_has_what_the_scripts_need_beyond_tensorflow(path, names):
    assert {f'requirements/{name}.txt' for name in names.split()} <= set(re.findall(r'-r (\S+)', read_steps(path)))


def test_readme_mounts_all_that_the_image_writes_to_keep():
    (command,) = [line for line in join_lines(source_tree.read('README.md')) if line.startswith('docker run ')]
    mounts = dict(mount.split(':') for mount in re.findall(r'-v (\S+)', command))
    folders = {re.search(r'^DNNLIB_CACHE_DIR=(\S+)', read_steps(path), re.MULTILINE).group(1) for path in DOCKERFILES}
    assert mounts == {'$PWD/datasets': '/datasets', '$PWD/results': '/results', '$PWD/cache': folders.pop()}
    assert not folders
    assert 'mkdir -p datasets results cache ' in source_tree.read('README.md')  # Docker would make them root's.


@pytest.mark.parametrize('path, column', [('Dockerfile', 3), ('docker/Dockerfile.tf2', 4)])
def test_document_lists_the_build_arguments_with_their_defaults(path, column):
    rows = [line.split('|') for line in source_tree.read('docs/docker.md').splitlines() if line.startswith('| `')]
    documented = {row[1].strip(' `') + '=' + row[column].strip() for row in rows}
    assert documented == {rest for name, rest in read_dockerfile(path) if name == 'ARG'}


@pytest.mark.parametrize('arguments', [[], ['tf3'], ['--help']])
def test_check_of_the_containers_says_how_to_use_it_before_it_does_anything(arguments):
    command = ['bash', os.path.join(source_tree.ROOT_DIR, 'tools', 'check_container.sh')] + arguments
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    output, errors = process.communicate()
    assert process.returncode == 2 and output == ''
    assert errors.startswith('Usage, as root on Debian 12: tools/check_container.sh tf1|tf2 ')


def test_the_cuda_10_image_forgets_the_package_lists_with_the_old_key():
    text = read_steps('Dockerfile')
    assert 'sources.list.d/cuda.list' in text and 'sources.list.d/nvidia-ml.list' in text


# ----------------------------------------------------------------------------
# Documents.


def test_licence_is_the_unaltered_apache_text():
    digest = hashlib.sha256(source_tree.read('LICENSE').encode('utf-8')).hexdigest()
    assert digest == 'cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30'


def test_readme_starts_with_the_two_commands():
    commands = [line for line in list_code('README.md') if line.startswith('make ')]
    assert [line.split('#')[0].split() for line in commands[:2]] == [['make', 'demo'], ['make', 'test']]


@pytest.mark.parametrize('path', TEXTS)
def test_document_names_only_make_targets_that_exist(path):
    targets = [match for line in list_code(path) for match in re.findall(r'(?:^|&& )make ([a-z][a-z0-9-]*)', line)]
    assert set(targets) <= set(list_make_targets())


@pytest.mark.parametrize('path', TEXTS)
def test_document_names_only_scripts_and_documents_that_exist(path):
    scripts = [match for line in list_code(path) for match in re.findall(r'python (\S+\.py)', line)]
    links = re.findall(r'\]\(([^)#:]+)\)', source_tree.read(path))
    folder = os.path.dirname(path)
    named = scripts + [os.path.join(folder, link) for link in links]
    assert not [name for name in named if not os.path.exists(os.path.join(source_tree.ROOT_DIR, name))]


@pytest.mark.parametrize('path', source_tree.list_files('.py', '.md', '.txt', '.sh', '.toml', '.cff', 'Makefile'))
def test_no_file_names_a_folder_of_somebodys_machine(path):
    assert not re.search(r'(?<![\w.~}$-])/(?:root|work|Users|mnt|tmp/\w)/', source_tree.read(path))


def test_architecture_names_what_exists():
    text = source_tree.read('docs/architecture.md')
    names = set(re.findall(r'`([a-z][\w./]*(?:/|\.py))`', text))
    assert len(names) > 40
    missing = [name for name in sorted(names) if not os.path.exists(os.path.join(source_tree.ROOT_DIR, name))]
    assert [name for name in missing if name not in ('ref.py', 'pickling.py')] == []

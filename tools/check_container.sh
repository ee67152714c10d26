#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
#
# Build an image without Docker, on a stand-in for the base image, and use it as README.md and docs/docker.md say.
# What a stand-in cannot show is in docs/docker.md.
#
# Usage, as root on Debian 12: tools/check_container.sh tf1|tf2 [--test] [OPTIONS OF docker build, such as --build-arg ...]
#   --test         run the test suite in the image as well; --build-arg PYTEST_ARGS="tests/test_packaging.py" a part of it
#   CHECK_CONTAINER_DIR=DIR   folder of its own for everything, up to 30 GB, from which stand-in and layers are used again
#                  (default: a new one below /var/tmp, deleted at the end)
#   ARCHIVE=URL    the Debian archive (default: that of this machine's apt)
#   PYTHON_TF1=, PYTHON=   the Python to put into the stand-in: 3.6 or 3.11 in a folder of its own, as pyenv has it
set -euo pipefail

usage() { sed -n 's/^# Usage, as root on Debian 12/Usage, as root on Debian 12/p' "$0" >&2; exit 2; }

case "${1:-}" in
  tf1) file=Dockerfile tag=stylegan2-tf:1.15 version=3.6 ;;
  tf2) file=docker/Dockerfile.tf2 tag=stylegan2-tf:2.21 version=3.11 ;;
  *) usage ;;
esac
generation=$1
shift
run_tests=
if [ "${1:-}" = --test ]; then
  run_tests=yes
  shift
fi
build_options=("$@")
[ "$(id -u)" = 0 ] || { echo "Error: this has to run as root" >&2; exit 1; }

cd "$(dirname "$0")/.."
work=${CHECK_CONTAINER_DIR:-$(mktemp -d /var/tmp/check-container.XXXXXX)}
[ -n "${CHECK_CONTAINER_DIR:-}" ] || trap discard EXIT
base=localhost/stand-in-$generation:latest
user=12345  # Without an entry in /etc/passwd.
mkdir -p "$work"
# What lies in it is deleted, so it has to be ours.
[ -e "$work/.check-container" ] || [ -z "$(ls -A "$work")" ] || {
  echo "Error: $work is no folder of this script and not empty; name a new one" >&2
  exit 1
}
touch "$work/.check-container"

say() { printf '\n== %s\n' "$*"; }
fail() { echo "Error: $*" >&2; exit 1; }
discard() {
  cut -d ' ' -f 2 /proc/mounts | { grep "^$work/" || true; } | sort -r | xargs -r umount
  rm -rf --one-file-system "$work"
}

# ----------------------------------------------------------------------------
# The engine.

command -v buildah podman runc debootstrap > /dev/null || {
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends buildah podman runc debootstrap
}
store=(--root "$work/storage" --runroot "$work/run" --storage-driver overlay)
engine=(podman "${store[@]}" --runtime "$(PATH=$PATH:/usr/sbin command -v runc)" --cgroup-manager cgroupfs)
# As Docker does it: no entry for the user in /etc/passwd, no folders in memory that were not asked for. The limits are
# those of this process, as some sandboxes permit no others.
run_options=(--network none --passwd=false --read-only-tmpfs=false)
run_options+=(--ulimit "nofile=$(ulimit -n):$(ulimit -n)" --ulimit nproc=32768:32768)

# Settings of pip and certificates of this machine are lent to the build; the image is searched for them afterwards.
lent=()
for path in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  [ ! -e "$path" ] || lent+=(--volume "$path:$path:ro")
done
build() {
  nice -n 10 buildah "${store[@]}" bud --isolation chroot --network host --pull-never --layers "${lent[@]}" "$@"
}

# What the documents call docker.
docker() {
  local command=$1
  shift
  case $command in
    build) build --build-arg "BASE_IMAGE=$base" "${build_options[@]}" "$@" ;;
    run)
      [ "$1 $2" != '--gpus all' ] || shift 2
      "${engine[@]}" run "${run_options[@]}" "$@"
      ;;
    *) "${engine[@]}" "$command" "$@" ;;
  esac
}
in_image() { docker run --rm --user "$user:$user" "${mounts[@]}" "$tag" "$@"; }

# ----------------------------------------------------------------------------
# The stand-in: Debian, this machine's Python, and for TensorFlow 1.15 the CUDA 11.8 of Debian.

make_stand_in() {
  local root=$work/root-$generation archive python home
  archive=${ARCHIVE:-$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | sed -n 1p)}
  python=$(tools/find_python.sh "$generation")
  home=$("$python" -c 'import sys; print(sys.base_prefix)')
  [ -x "$home/bin/python$version" ] && [ "$home" != /usr ] ||
    fail "Python $version in a folder of its own expected, got $python; name one with PYTHON_TF1 or PYTHON"
  rm -rf "$root"
  nice -n 10 debootstrap --variant=minbase --include="$(list_packages)" bookworm "$root" "$archive"
  (cd "$home" && tar -c --exclude=site-packages --exclude="python$version/test" --exclude=__pycache__ --exclude='*.a' \
    "bin/python$version" bin/python3 bin/python "lib/python$version" lib/libpython* include) |
    tar -x -C "$root/usr/local" --no-same-owner
  mkdir -p "$root/usr/local/lib/python$version/site-packages"
  chroot "$root" ldconfig
  chroot "$root" python -c 'import bz2, ctypes, lzma, sqlite3, ssl' || fail "$python does not run on Debian 12"
  [ "$generation" != tf1 ] || add_cuda "$root" "$archive"
  tar -C "$root" -c . | podman "${store[@]}" import - "localhost/root-$generation"
  rm -rf "$root"
  mkdir -p "$work/base"
  printf '%s\n' "FROM localhost/root-$generation" 'ENV LANG=C.UTF-8' \
    'RUN python -m ensurepip && python -m pip install wheel six' > "$work/base/Dockerfile"
  build --tag "$base" "$work/base"
}

list_packages() {
  local packages=(ca-certificates build-essential libssl3 libffi8 libsqlite3-0 libbz2-1.0 liblzma5 zlib1g libreadline8
    libncursesw6 libexpat1 libuuid1 libcrypt1 libnsl2 libtirpc3)
  (IFS=,; echo "${packages[*]}")
}

# CUDA 10.0 is not to be had. 11.8 knows the GPUs 6.0, 7.0 and 7.5 as well, and wants g++ 11.
add_cuda() {
  local root=$1
  echo "deb $2 bookworm main contrib non-free" > "$root/etc/apt/sources.list"
  chroot "$root" sh -c 'apt-get update && apt-get install -y --no-install-recommends g++-11 &&
    ln -sf g++-11 /usr/bin/g++ && ln -sf gcc-11 /usr/bin/gcc && mkdir /debs && cd /debs &&
    apt-get -o APT::Sandbox::User=root download nvidia-cuda-toolkit nvidia-cuda-dev libnvvm4 && apt-get clean'
  for deb in "$root"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --exclude='*compute-sanitizer*' --exclude='*/share/*' \
      --exclude='*_static_nocallback.a' --exclude='*libcu[bfs]*_static.a' --exclude='*libcurand_static.a' \
      --exclude='*libn*_static.a'
  done
  rm -r "$root/debs"
  touch "$root/etc/apt/sources.list.d/cuda.list" "$root/etc/apt/sources.list.d/nvidia-ml.list"
}

# ----------------------------------------------------------------------------
# Checks.

# Print the commands of the section of README.md that concern this image, each on one line.
list_readme_commands() {
  sed -n '/^## Docker/,/^## The/p' README.md | sed -n '/^```/,/^```/p' | sed -e :a -e '/\\$/N; s/\\\n//; ta' |
    grep -E '^(docker|mkdir) ' | grep -E "$1"
}

build_image() {
  say "Build from a checkout that only its owner can read"
  local commands
  commands=$(list_readme_commands "^docker build .*--tag $tag")
  rm -rf "$work/checkout"
  (umask 077 && mkdir "$work/checkout" &&
    tar -c --exclude=./.git --exclude='./.venv*' --exclude=./results --exclude=./datasets . |
      tar -x --no-same-permissions -C "$work/checkout" &&
    cd "$work/checkout" && echo "$commands" && eval "$commands")
}

check_contents() {
  say "Nothing that was lent is in the image, anyone can read all of it, home and cache are empty and can be written"
  in_image sh -ec 'test ! -s /etc/pip.conf
    test -z "$(find /opt /usr/local ! -type l ! -readable)"
    test -z "$(find "$HOME" "$DNNLIB_CACHE_DIR" -mindepth 1)"
    touch "$HOME/a" "$DNNLIB_CACHE_DIR/a" /datasets/a /results/a
    rm /datasets/a /results/a'
  in_image python -m dnnlib.tflib.custom_ops doctor
}

check_without_mounts() {
  say "Without mounts, the scripts' own folders can be written"
  docker run --rm --user "$user:$user" "$tag" sh -ec 'mkdir /tmp/png
    cp tests/data/cat.png /tmp/png
    python dataset_tool.py create_from_images datasets/NAME /tmp/png --crop=center --resize=32 --convert=rgb
    python run_generator.py generate-images --network=tests/data/tiny_snapshot.pkl --seeds=1
    test -s results/00000-generate-images/seed0001.png'
}

make_data_set() {
  say "Make a data set"
  if [ "$generation" = tf2 ]; then
    in_image python examples/cartoon_faces.py --out=datasets/NAME-png --num=64 --size=32
  else
    local message
    message=$(in_image python examples/cartoon_faces.py --out=datasets/NAME-png --num=64 --size=32 2>&1) &&
      fail 'expected cartoon_faces.py to refuse this Python, but it drew'
    [ "$message" = "Error: drawing needs Python 3.10 or newer, this is $(in_image python -c \
      'import platform; print(platform.python_version())'); draw with a newer one and use the folder from here" ] ||
      fail "$message"
    in_image python -c '
import os, numpy as np, PIL.Image
os.mkdir("datasets/NAME-png")
for i in range(64):
    pixels = np.random.RandomState(i).randint(256, size=[32, 32, 3]).astype(np.uint8)
    PIL.Image.fromarray(pixels).save("datasets/NAME-png/%d.png" % i)'
  fi
  in_image python dataset_tool.py create_from_images datasets/NAME datasets/NAME-png
}

small=(--config=config-f --data-dir=/datasets --dataset=NAME --total-kimg=0.1 --fmap-base=128 --fmap-max=16
  --latent-size=32 --mapping-layers=2 --minibatch-size=8 --minibatch-gpu=8 --kimg-per-tick=0.1)

# $1: what is special; further arguments: options of docker run.
train() {
  say "Train $1"
  shift
  docker run --rm --user "$user:$user" "${mounts[@]}" "$@" "$tag" python run_training.py "${small[@]}" --metrics=devfid2k
  local snapshots=("$work"/results/*/network-final.pkl)
  [ "$(stat -c %u "${snapshots[-1]}")" = "$user" ] || fail "${snapshots[-1]} does not belong to the user"
}

check_stop() {
  say "The training of README.md, as pasted but for its name and, as there is no network, its metrics; docker stop"
  local command log=$work/training.log begin status=0
  command=$(list_readme_commands '^docker run ')
  command=$(sed "s/stylegan2-tf:1.15/$tag/; s/--rm/--rm --name training/; s/\$/ --metrics=none/" <<< "$command")
  echo "$command"
  # $(id -u) is to be somebody.
  (cd "$work" && id() { echo "$user"; } && eval "$command") > "$log" 2>&1 &
  while kill -0 $! 2> /dev/null && ! grep -q '^Training for' "$log"; do sleep 1; done
  sleep 5
  begin=$SECONDS
  docker stop --time 100 training > /dev/null || tail "$log"
  wait $! || status=$?
  tail -n 3 "$log"
  [ "$status" = 143 ] || fail "exit status 143 expected, got $status"
  echo "Stopped within $((SECONDS - begin)) seconds"
  tail -n 1 "$log" | grep -q '^Interrupted by SIGTERM.' || fail 'expected the log to end with "Interrupted by SIGTERM."'
}

run_suite() {
  say "The test suite"
  docker build --file docker/Dockerfile.test --build-arg "IMAGE=localhost/$tag" .
}

"${engine[@]}" image exists "$base" || make_stand_in
begin=$SECONDS
build_image
echo "Built in $((SECONDS - begin)) seconds"
rm -rf "$work"/{datasets,results,cache}
make_folders=$(list_readme_commands '^mkdir ')
(cd "$work" && eval "$make_folders")
chown "$user:$user" "$work"/{datasets,results,cache}
mounts=(-v "$work/datasets:/datasets" -v "$work/results:/results")
check_contents
check_without_mounts
mounts+=(-v "$work/cache:/var/cache/dnnlib")
make_data_set
train 'into the default folder'
train 'with nothing but mounts and /tmp that can be written' --read-only --tmpfs /tmp
in_image python -c 'from sklearn import svm'
check_stop
[ -z "$run_tests" ] || run_suite
say "$file: built on a stand-in for its base image, and used as user $user"

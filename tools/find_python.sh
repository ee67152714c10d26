#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
#
# Print the path of a Python that can host one of the two TensorFlow generations, or say on stderr why there is none.
# Usage: tools/find_python.sh tf1|tf2      PYTHON_TF1 and PYTHON name one explicitly.
set -euo pipefail

case "${1:-}" in
  tf1) oldest=6 newest=7 chosen=${PYTHON_TF1:-} option=PYTHON_TF1 names='python3.6 python3.7' ;;
  tf2) oldest=10 newest=13 chosen=${PYTHON:-} option=PYTHON names='python3 python3.11 python3.12 python3.13 python3.10' ;;
  *) echo "Usage: $0 tf1|tf2" >&2; exit 2 ;;
esac

# A file that is there may still not run (a pyenv shim), or lack venv (Debian splits it off): so ask it.
fits() {
  "$1" -c "import sys; sys.exit(not (3, $oldest) <= sys.version_info[:2] <= (3, $newest))" > /dev/null 2>&1 < /dev/null
}
has_venv() {
  "$1" -c 'import ensurepip, venv' > /dev/null 2>&1 < /dev/null
}

candidates() {
  if [ -n "$chosen" ]; then
    echo "$chosen"
    return
  fi
  for name in $names; do
    type -aP "$name" || true
  done
  for minor in $(seq "$oldest" "$newest"); do
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor"*/bin/python3."$minor" 2> /dev/null || true
  done
}

without_venv=
while IFS= read -r candidate; do
  fits "$candidate" || continue
  if has_venv "$candidate"; then
    echo "$candidate"
    exit 0
  fi
  without_venv=${without_venv:-$candidate}
done < <(candidates)

if [ -n "$without_venv" ]; then
  echo "Error: $without_venv has no venv module; on Debian or Ubuntu install it with: apt-get install python3-venv" >&2
elif [ -n "$chosen" ]; then
  echo "Error: $option=$chosen is no working Python 3.$oldest to 3.$newest" >&2
else
  echo "Error: no working Python 3.$oldest to 3.$newest found; install one or name it: make $option=/path/to/python ..." >&2
fi
exit 1

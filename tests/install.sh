#!/bin/sh
# Builds the wheel, installs it in a new environment in another folder, and uses it there.
set -eu
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}

"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install --quiet build
"$work/build/bin/python" -m build --quiet --wheel --outdir "$work/dist" "$root"

"$python" -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet "$work"/dist/*.whl
cd "$work"
size=$(du -sm env/lib/python3*/site-packages | cut -f1)
pip=$(du -smc env/lib/python3*/site-packages/pip* env/lib/python3*/site-packages/setuptools* 2>/dev/null | tail -n1 | cut -f1)
echo "default install: $((size - pip)) MB"
test $((size - pip)) -lt 450
if env/bin/python -c 'import torch' 2>/dev/null; then
    echo "the default install has torch in it" >&2
    exit 1
fi
env/bin/natostance --version
env/bin/natostance label "$root"/examples --quiet | head -n 3
env/bin/natostance label "$root"/examples --quiet --out rows.jsonl
test "$(wc -l < rows.jsonl)" -gt 40
env/bin/natostance evaluate "$root"/training --part articles --split dev

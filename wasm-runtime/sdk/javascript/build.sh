#!/usr/bin/env bash
# Builds the interpreter: build.sh [FILE], by default target/quickjs.wasm beside this script. Needs cargo (for
# QuickJS's sources, from the registry), clang 14 or later with lld, wasi-libc and compiler-rt for wasm32.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/target/quickjs.wasm}
source "$here/../interpreter.sh"
end_if_unchanged "$here/quickjs"
find_clang

manifest=$here/quickjs/Cargo.toml
cargo fetch --quiet --locked --manifest-path "$manifest"
sources=$(cargo metadata --format-version 1 --locked --offline --manifest-path "$manifest" |
    grep -o '"manifest_path":"[^"]*/rquickjs-sys-[^"]*"' | head -1 | sed 's/.*:"//; s/Cargo.toml"//')quickjs
[ -e "$sources/quickjs.c" ] || die "no QuickJS in $sources"

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
# Of a function's operators a call's height on the metered stack grows, and one function runs all of a script: inlining
# less makes a script's recursion half as deep again, for a twentieth of its speed.
flags=(--target=wasm32-wasi -std=gnu11 -O2 -mllvm -inline-threshold=45 -DNDEBUG -D_GNU_SOURCE -mbulk-memory -msign-ext -mnontrapping-fptoint
    -fno-strict-aliasing -funsigned-char -I"$sources" -I"$here/src" -I"$here/../c" "-ffile-prefix-map=$sources=quickjs")
for source in "$here"/src/engine.c "$sources"/{libregexp,libunicode,dtoa}.c; do
    "$clang" "${flags[@]}" -w -DEMSCRIPTEN -c "$source" -o "$objects/$(basename "$source" .c).o" &
done
for source in "$here"/src/{system,values,state,context,crypto,calls,host,main}.c; do
    "$clang" "${flags[@]}" -Wall -Wextra -Werror -c "$source" -o "$objects/$(basename "$source" .c).o"
done
wait
mkdir -p "$(dirname "$out")"
"$clang" --target=wasm32-wasi -nostartfiles -O2 -Wl,--no-entry,--stack-first,--strip-all,--gc-sections,--max-memory=67108864 -Wl,-z,stack-size=1048576 \
    -o "$out" "$objects"/*.o

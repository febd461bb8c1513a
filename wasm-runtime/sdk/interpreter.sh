# What builds of interpreters have in common: `source` it with `here`, the folder that is built, and `out`, the file
# that is written.
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# Ends the build if none of these, nor what all builds share, has changed since the last one.
end_if_unchanged() {
    local sources=("$@" "$here"/{build.sh,src} "$here"/../{interpreter.sh,c/slsbft.h})
    if [ -e "$out" ] && [ -z "$(find "${sources[@]}" -newer "$out")" ]; then exit 0; fi
}

# Sets `clang`.
find_clang() {
    for clang in clang clang-14 clang-16 clang-19 ''; do
        [ -z "$clang" ] || ! command -v "$clang" >/dev/null || break
    done
    [ -n "$clang" ] || die "install clang and lld (scripts/setup.sh clients)"
    [ -e /usr/include/wasm32-wasi/stdio.h ] || die "install wasi-libc (scripts/setup.sh clients)"
}

#!/usr/bin/env bash
# Installs what building, running and testing need and is missing. Safe to run
# again: it does nothing, quickly, where everything is there.
#   scripts/setup.sh            for `make testnet`: libclang, CometBFT
#   scripts/setup.sh build      only what compiling needs
#   scripts/setup.sh clients    also the foreign clients that `make test` runs, and the
#                               compilers of the contracts that it tests
set -euo pipefail
cd "$(dirname "$0")/.."

COMETBFT_MODULE=github.com/cometbft/cometbft
COMETBFT_VERSION=v0.39.4
GRPCURL_MODULE=github.com/fullstorydev/grpcurl
GRPCURL_VERSION=v1.9.3
# What CometBFT needs to build; since 1.21, Go fetches a newer version of itself if it may.
GO_BUILDS=25 GO_FETCHES=21
TOOLS="$PWD/.tools/bin"

what=${1:-run}

say() { printf '\033[1msetup:\033[0m %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command that prints nothing for minutes, and shows that it is alive.
# Its output is shown if it fails.
patiently() {
    local what=$1 start=$SECONDS log pid code=0
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    # A background process of a script does not hear Ctrl-C.
    trap 'kill "$pid" 2>/dev/null; rm -f "$log"' EXIT
    while kill -0 "$pid" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r\033[1msetup:\033[0m %s … %ss ' "$what" $((SECONDS - start)) >&2
        elif (( (SECONDS - start) % 20 == 0 )); then
            say "$what … $((SECONDS - start))s"
        fi
        sleep 1
    done
    [ -t 2 ] && printf '\n' >&2
    wait "$pid" || code=$?
    [ "$code" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    trap - EXIT
    return "$code"
}

# The same places and names in which RocksDB's bindings look for it. libclang-cpp
# is another library; and the library alone, without its headers, does not do.
has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    local place library=
    for place in /usr/lib /usr/lib64 /usr/lib/* /usr/lib64/* /usr/lib/*/lib /usr/lib64/*/lib /usr/local/lib* /usr/local/llvm*/lib*; do
        compgen -G "$place/libclang.so*" >/dev/null || compgen -G "$place/libclang-[0-9]*.so*" >/dev/null || continue
        library=$place
        break
    done
    [ -n "$library" ] || return 1
    compgen -G '/usr/lib*/clang/*/include/stddef.h' >/dev/null ||
        compgen -G '/usr/l*/llvm*/lib*/clang/*/include/stddef.h' >/dev/null ||
        compgen -G '/usr/local/lib*/clang/*/include/stddef.h' >/dev/null
}

# The same names in which the tests look for it.
has_clang() {
    local name
    for name in clang clang-14 clang-16 clang-19; do
        have "$name" && return 0
    done
    return 1
}

# With compiler-rt's functions for WebAssembly: the interpreters of scripts are built with both.
has_wasi_libc() {
    [ -e /usr/include/wasm32-wasi/stdio.h ] && compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a' >/dev/null
}

system_packages() {
    local packages=()
    [ "$what" != clients ] || has_clang || packages+=(clang lld)
    [ "$what" != clients ] || has_wasi_libc || packages+=(wasi-libc libclang-rt-dev-wasm32)
    has_libclang || packages+=(libclang-dev)
    { have c++ && have make; } || packages+=(build-essential)
    have curl || packages+=(curl)
    have git || packages+=(git)
    [ ${#packages[@]} -eq 0 ] && return
    if ! have apt-get; then
        die "missing: ${packages[*]} (Debian's names).
  Install libclang (LLVM's C interface, for RocksDB's bindings), a C++ compiler, make, curl and git
  with this system's package manager, e.g. 'dnf install clang-devel gcc-c++ make' or
  'brew install llvm' with LIBCLANG_PATH set, and run this again."
    fi
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || die "missing: ${packages[*]}; as root run: apt-get install ${packages[*]}"
        root=(sudo)
        say "sudo may ask for your password to install ${packages[*]}"
        sudo -v || die "could not become root; install by hand: apt-get install ${packages[*]}"
    fi
    # One broken source among many is no reason to stop: what is needed may still be found.
    patiently "updating the package lists" "${root[@]}" apt-get update ||
        say "the package lists could not all be updated; trying with those that are there"
    patiently "installing ${packages[*]}" "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${packages[@]}" ||
        die "installing ${packages[*]} failed; the output is above. Install them by hand and run this again"
    has_libclang || die "libclang-dev is installed, but libclang is not where RocksDB's bindings look;
  set LIBCLANG_PATH to the folder of libclang.so and run this again"
}

# The second number of Go's version: 25 of go1.25.3.
go_minor() { go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p'; }

languages() {
    have cargo || die "Rust is missing; install it from https://rustup.rs and open a new shell"
    have go || die "Go is missing (1.$GO_FETCHES or later); install it from https://go.dev/dl"
    local minor
    minor=$(go_minor)
    [ -n "$minor" ] || return 0 # A development version; its owner knows.
    [ "$minor" -ge "$GO_FETCHES" ] || die "Go 1.$minor is too old for CometBFT $COMETBFT_VERSION;
  install 1.$GO_BUILDS or later from https://go.dev/dl (1.$GO_FETCHES or later can fetch it by itself)"
    if [ "$minor" -lt "$GO_BUILDS" ] && [ "$(go env GOTOOLCHAIN)" = local ]; then
        die "Go 1.$minor is too old for CometBFT $COMETBFT_VERSION and may not fetch a newer one;
  install 1.$GO_BUILDS or later, or run 'go env -w GOTOOLCHAIN=auto'"
    fi
}

# Version strings that binaries print are wrong in some releases; module versions are not.
is_of_module() {
    [ -x "$TOOLS/$1" ] || return 1
    go version -m "$TOOLS/$1" 2>/dev/null | awk -v module="$2" -v package="$2/$3" -v version="$4" '
        $1 == "path" && $2 == package { path = 1 }
        $1 == "mod" && $2 == module && $3 == version { mod = 1 }
        END { exit !(path && mod) }'
}

# go_tool NAME MODULE PACKAGE VERSION
go_tool() {
    is_of_module "$1" "$2" "$3" "$4" && return 0
    mkdir -p "$TOOLS"
    patiently "installing $1 $4 into .tools/bin" env GOBIN="$TOOLS" GOFLAGS= go install "$2/$3@$4" ||
        { say "installing $1 failed; the output is above. Where no host can be reached, look at the network (or GOPROXY)"; return 1; }
    is_of_module "$1" "$2" "$3" "$4" ||
        { say ".tools/bin/$1 is not $2 $4; remove it and run this again"; return 1; }
}

consensus() {
    go_tool cometbft $COMETBFT_MODULE cmd/cometbft $COMETBFT_VERSION || exit 1
    # CometBFT's own client of applications: a test has it talk to ours.
    go_tool abci-cli $COMETBFT_MODULE abci/cmd/abci-cli $COMETBFT_VERSION || exit 1
}

# A client that cannot be had is not tested, except in continuous integration.
without() {
    [ -n "${CI:-}" ] && die "$1. Continuous integration tests with every client"
    say "$1 will not be tested"
}

# npm_packages FOLDER NAMES
npm_packages() {
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed" && return
    patiently "installing $2 into $1" npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund ||
        { rm -rf "$1/node_modules"; without "npm failed, its output is above; $2"; return; }
    cp "$1/package-lock.json" "$1/node_modules/.installed"
}

javascript() {
    local all="CosmJS, gRPC-web and contracts in AssemblyScript"
    { have node && have npm; } || { without "Node.js is missing, so $all"; return; }
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
        { without "Node.js $(node --version) is older than 20.19, so $all"; return; }
    npm_packages tests/clients/javascript "CosmJS and gRPC-web"
    npm_packages wasm-runtime/sdk/assemblyscript AssemblyScript
}

python() {
    local wanted=tests/clients/python/requirements.txt venv=.tools/python
    have python3 || { without "Python is missing, so cosmpy"; return; }
    python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        { without "Python is older than 3.10 or has no venv (apt-get install python3-venv), so cosmpy"; return; }
    cmp -s $wanted $venv/installed && return
    rm -rf $venv
    { python3 -m venv $venv && patiently "installing cosmpy into $venv" \
        $venv/bin/pip install --disable-pip-version-check --no-input -r $wanted; } ||
        { rm -rf $venv; without "pip failed, its output is above; cosmpy"; return; }
    cp $wanted $venv/installed
}

# What contracts in Rust are built with, so that the tests need no network later.
contracts() {
    # rustup gets it by itself, as rust-toolchain.toml says; where there is no rustup, nobody does.
    [ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null)" ] ||
        die "Rust cannot compile contracts here; run: rustup target add wasm32-unknown-unknown"
    cargo fetch --quiet --locked --manifest-path wasm-runtime/sdk/rust/Cargo.toml ||
        die "what contracts in Rust are built with could not be fetched; the reason is above"
}

clients() {
    contracts
    go_tool grpcurl $GRPCURL_MODULE cmd/grpcurl $GRPCURL_VERSION || without "Without its binary grpcurl"
    javascript
    python
}

system_packages
languages
case $what in
    build) ;;
    run) consensus ;;
    clients) consensus && clients ;;
    *) die "unknown: $what; see the head of scripts/setup.sh" ;;
esac

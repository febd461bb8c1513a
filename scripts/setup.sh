#!/usr/bin/env bash
# Installs what building and running needs and is missing. Safe to run again:
# it does nothing, quickly, where everything is there.
#   scripts/setup.sh          all of it
#   scripts/setup.sh build    only what compiling needs
set -euo pipefail
cd "$(dirname "$0")/.."

COMETBFT_MODULE=github.com/cometbft/cometbft
COMETBFT_VERSION=v0.39.4
TOOLS="$PWD/.tools/bin"

say() { printf '\033[1msetup:\033[0m %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command that prints nothing for minutes, and shows that it is alive.
patiently() {
    local what=$1 start=$SECONDS log
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null &
    local pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r%s … %ss ' "$what" $((SECONDS - start)) >&2
            sleep 1
        else
            (( (SECONDS - start) % 20 )) || say "$what … $((SECONDS - start))s"
            sleep 1
        fi
    done
    [ -t 2 ] && printf '\n' >&2
    if ! wait "$pid"; then
        cat "$log" >&2
        rm -f "$log"
        die "$what failed; its output is above"
    fi
    rm -f "$log"
}

has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    ldconfig -p 2>/dev/null | grep -q 'libclang\(-[0-9.]*\)\?\.so' && return 0
    compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null && return 0
    compgen -G '/usr/lib64/libclang*.so*' >/dev/null
}

system_packages() {
    local packages=()
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
    patiently "updating the package lists" "${root[@]}" apt-get update
    patiently "installing ${packages[*]}" \
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
}

languages() {
    have cargo || die "Rust is missing; install it from https://rustup.rs and open a new shell"
    have go || die "Go is missing (1.21 or later); install it from https://go.dev/dl or 'apt-get install golang'"
}

# The version string that a CometBFT binary prints is wrong in some releases; its module version is not.
has_cometbft() {
    [ -x "$TOOLS/cometbft" ] || return 1
    go version -m "$TOOLS/cometbft" 2>/dev/null |
        awk -v m="$COMETBFT_MODULE" -v v="$COMETBFT_VERSION" '$1 == "mod" && $2 == m && $3 == v { ok = 1 } END { exit !ok }'
}

cometbft() {
    has_cometbft && return
    mkdir -p "$TOOLS"
    patiently "installing CometBFT $COMETBFT_VERSION into .tools/bin" \
        env GOBIN="$TOOLS" GOFLAGS= go install "$COMETBFT_MODULE/cmd/cometbft@$COMETBFT_VERSION"
    has_cometbft || die ".tools/bin/cometbft is not $COMETBFT_VERSION; remove it and run this again"
}

# CometBFT's own client of applications: a test has it talk to ours.
abci_cli() {
    [ -x "$TOOLS/abci-cli" ] && return
    patiently "installing abci-cli $COMETBFT_VERSION into .tools/bin" \
        env GOBIN="$TOOLS" GOFLAGS= go install "$COMETBFT_MODULE/abci/cmd/abci-cli@$COMETBFT_VERSION"
}

system_packages
languages
[ "${1:-all}" = build ] || { cometbft && abci_cli; }

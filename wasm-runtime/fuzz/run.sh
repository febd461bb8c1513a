#!/usr/bin/env bash
# run.sh TARGET [SECONDS]: runs a fuzz target with libFuzzer from what it found before, or from seeds; 0: those and no more.
# `make fuzz` runs all.
# As cargo-fuzz does, but with the compiler that builds everything else: coverage needs no sanitizer and so no nightly.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=${2:-60}
folder=${CARGO_TARGET_DIR:?the folder for what is built, as make sets it}/fuzz
export CARGO_TARGET_DIR=$folder
triple=$(rustc -vV | sed -n 's/^host: //p')
# For the target alone and not for build scripts, which --target sees to.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
cargo build --release --locked --target "$triple"
corpus=$folder/corpus/$target
if [ ! -d "$corpus" ]; then
    export SEEDS=$corpus
fi
mkdir -p "$corpus" "$folder/found"
limit=-max_total_time=$seconds
if [ "$seconds" = 0 ]; then
    limit=-runs=0
fi
exec "$folder/$triple/release/$target" "$corpus" "$limit" -timeout=20 -rss_limit_mb=4096 \
    -max_len=100000 -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$folder/found/$target-"

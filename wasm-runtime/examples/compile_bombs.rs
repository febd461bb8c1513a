//! Compiles what is made to take a compiler's time, and published contracts, and prints what the pass
//! estimates beside what it takes: `compile_bombs [family or file…]`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for developers: it reads its command line and a clock, and fails loudly"
)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/bombs/families/mod.rs"]
mod families;

use std::fs;

use slsbft_wasm::pass::{Rules, meter};
use wasmtime::{Engine, OptLevel};

fn main() {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    // On one thread, whose own time is counted.
    let engine = Engine::new(common::config(OptLevel::Speed).parallel_compilation(false)).unwrap();
    println!(
        "{:>8} {:>8} {:>7} {:>6} {:>8} {:>9}  module × size",
        "ms", "estimate", "ratio", "MB", "bytes", "native"
    );
    for family in families::FAMILIES {
        if !asked.is_empty() && !asked.iter().any(|word| family.name.contains(word.as_str())) {
            continue;
        }
        for size in family.sizes {
            let code = wat::parse_str((family.write)(*size)).unwrap();
            let took = measure(&engine, &code, &format!("{} × {size}", family.name));
            if took > 20_000 {
                break;
            }
        }
    }
    for file in asked.iter().filter(|word| word.ends_with(".wasm")) {
        measure(&engine, &fs::read(file).unwrap(), file);
    }
}

/// Compiles a code and prints its line. Gives the milliseconds.
fn measure(engine: &Engine, code: &[u8], name: &str) -> u64 {
    let bytes = code.len();
    let Ok(metered) = meter(code, &Rules::CONSENSUS) else {
        println!(
            "{:>8} {:>8} {:>7} {:>6} {bytes:>8} {:>9}  {name}",
            "-", "-", "-", "-", "-"
        );
        return 0;
    };
    let _ = fs::write("/proc/self/clear_refs", "5");
    let (begun, resident) = (nanoseconds(), peak());
    let native = engine
        .precompile_module(&metered.wasm)
        .map_or(0, |image| image.len());
    let took = (nanoseconds() - begun) / 1_000_000;
    let memory = peak().saturating_sub(resident) / 1_024;
    let estimate = metered.effort;
    println!(
        "{took:>8} {estimate:>8} {:>7.1} {memory:>6} {bytes:>8} {native:>9}  {name}",
        estimate as f64 / took.max(1) as f64,
    );
    took
}

/// Time that this thread was run.
fn nanoseconds() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// The most memory the process had since it was last asked to forget, in KiB.
fn peak() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

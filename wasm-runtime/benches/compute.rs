//! How many segments of compute proofs a machine runs: what a provider can promise for a core, and what an
//! auditor spends on a sample. Prints `name value unit`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may stop at anything unexpected"
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use slsbft_wasm::CALL_STACK;
use slsbft_wasm::compute::Task;

/// Of each measurement.
const SEGMENTS: u32 = 200;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    let begun = Instant::now();
    let task = Task::new(cores).unwrap();
    println!("compute::compile {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    for threads in [1, cores] {
        let begun = Instant::now();
        run(&task, threads);
        let took = begun.elapsed().as_secs_f64();
        println!(
            "compute::segment/threads={threads} {:.2} ms",
            took / f64::from(SEGMENTS) * 1e3
        );
    }
}

fn run(task: &Task, threads: u32) {
    let next = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            // Room for a call, so that none needs a stack of its own.
            let thread = thread::Builder::new().stack_size(2 * CALL_STACK);
            let worker = || {
                let taken = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < SEGMENTS);
                while let Some(segment) = taken() {
                    let [a, b, c, d] = segment.to_be_bytes();
                    let input = std::array::from_fn(|n| [a, b, c, d].get(n).copied().unwrap_or(0));
                    task.segment(&input).unwrap();
                }
            };
            thread.spawn_scoped(scope, worker).unwrap();
        }
    });
}

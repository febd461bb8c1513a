//! Compares as many programs as asked for: `corpus <count> <first seed>`. Each seed gives a program of
//! wasm-smith and one with deep control flow. The last line carries a hash over all observations, which is
//! the same on every machine.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::exit,
    clippy::indexing_slicing,
    reason = "a program for developers: it reads its command line and fails loudly"
)]

#[path = "../tests/programs/mod.rs"]
mod programs;

use programs::choices::{Choices, Seeded};
use programs::compare::{Comparison, Summary};
use programs::engine::{Engines, LANES};
use programs::{generate, smith, tables};

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .map(|argument| argument.parse::<u64>().unwrap());
    let (count, first) = (numbers.next().unwrap_or(1_000), numbers.next().unwrap_or(0));
    let run = move || run(count, first);
    let differences = std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
    std::process::exit(i32::from(differences > 0));
}

fn run(count: u64, first: u64) -> u64 {
    let engines = Engines::new();
    let tables = [tables::distinct(), tables::consensus()];
    let mut summary = Summary::default();
    let mut differences = 0;
    for seed in first..first + count {
        // Every eighth seed at the consensus prices.
        let (rules, ample) = &tables[usize::from(seed % 8 == 7)];
        let comparison = Comparison {
            engines: &engines,
            rules,
            ample: *ample,
        };
        let bytes = Seeded::new(seed).bytes(3_000);
        let flow = generate::module(&mut Choices::new(&bytes[..600]));
        for (kind, code) in [
            ("wasm-smith", smith::module(&bytes)),
            ("control flow", Some(flow)),
        ] {
            if let Some(code) = code
                && let Err(difference) = comparison.program(&code, seed, &mut summary)
            {
                differences += 1;
                println!("seed {seed}, {kind}: {difference}");
            }
        }
        if (seed - first + 1).is_multiple_of(1_000) {
            let Summary {
                programs,
                runs,
                hash,
                ends,
                ..
            } = &summary;
            println!(
                "{programs} programs, {runs} runs, {differences} differences, hash {hash:016x}, {ends:?}"
            );
        }
    }
    println!("refused: {:?}", summary.refused);
    println!("ends: {:?}", summary.ends);
    println!(
        "{} programs, {} runs in each of {} lanes and the interpreter, {differences} differences, hash {:016x}",
        summary.programs,
        summary.runs,
        LANES.len(),
        summary.hash,
    );
    differences
}

//! What the pass and wasmtime do to a program is what `docs/contracts/metering.md` says, as an interpreter
//! written from that page says it: same end, same results, same points to the unit, same stack.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot do, it fails with"
)]

#[path = "programs/mod.rs"]
mod programs;

use programs::choices::{Choices, Seeded};
use programs::compare::{Comparison, Summary};
use programs::engine::Engines;
use programs::{generate, smith, tables};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use slsbft_wasm::pass::FEATURES;
use wasmparser::Validator;

const PROGRAMS: u64 = 300;

/// On a thread whose stack holds what wasmtime may use of it.
fn on_large_stack(test: fn()) {
    std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}

fn compare(program: impl Fn(u64) -> Option<Vec<u8>>) -> Summary {
    let engines = Engines::new();
    let (rules, ample) = tables::distinct();
    let comparison = Comparison {
        engines: &engines,
        rules: &rules,
        ample,
    };
    let mut summary = Summary::default();
    for seed in 0..PROGRAMS {
        if let Some(code) = program(seed)
            && let Err(difference) = comparison.program(&code, seed, &mut summary)
        {
            panic!("program {seed}: {difference}");
        }
    }
    summary
}

#[test]
fn programs_of_wasm_smith_cost_and_do_what_the_page_says() {
    on_large_stack(|| {
        let summary = compare(|seed| smith::module(&Seeded::new(seed).bytes(3_000)));
        for end in ["returned", "trapped", "out of points", "stack exhausted"] {
            assert!(
                summary.ends.contains_key(end),
                "none ended like this: {end} {summary:?}"
            );
        }
    });
}

#[test]
fn programs_with_deep_control_flow_cost_and_do_what_the_page_says() {
    on_large_stack(|| {
        let summary = compare(|seed| {
            let bytes = Seeded::new(seed).bytes(600);
            Some(generate::module(&mut Choices::new(&bytes)))
        });
        assert!(
            summary.refused.is_empty(),
            "the generator leaves the limits: {summary:?}"
        );
        for end in ["returned", "trapped", "out of points", "stack exhausted"] {
            assert!(
                summary.ends.contains_key(end),
                "none ended like this: {end} {summary:?}"
            );
        }
    });
}

/// As above, with a program that shrinks where it fails.
#[test]
fn any_program_validates_and_costs_and_does_what_the_page_says() {
    on_large_stack(|| {
        let config = ProptestConfig {
            cases: 64,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let engines = Engines::new();
        let (rules, ample) = tables::distinct();
        let comparison = Comparison {
            engines: &engines,
            rules: &rules,
            ample,
        };
        let strategy = (proptest::collection::vec(any::<u8>(), 0..600), any::<u64>());
        let outcome = TestRunner::new(config).run(&strategy, |(bytes, seed)| {
            let code = generate::module(&mut Choices::new(&bytes));
            let validated = Validator::new_with_features(FEATURES).validate_all(&code);
            prop_assert!(validated.is_ok(), "{:?}", validated.err());
            let compared = comparison.program(&code, seed, &mut Summary::default());
            prop_assert!(compared.is_ok(), "{}", compared.unwrap_err());
            Ok(())
        });
        outcome.unwrap();
    });
}

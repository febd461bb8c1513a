//! A program costs the same and comes to the same with two optimisation levels, loaded from bytes, and in the interpreter that
//! knows the price page alone; under budgets that suffice and that run out anywhere.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use slsbft_wasm_fuzz::programs::choices::Choices;
use slsbft_wasm_fuzz::programs::compare::{Comparison, Summary};
use slsbft_wasm_fuzz::programs::engine::Engines;
use slsbft_wasm_fuzz::programs::{generate, smith, tables};

static ENGINES: LazyLock<Engines> = LazyLock::new(Engines::new);

fuzz_target!(init: slsbft_wasm_fuzz::seeds::write("charges"), |bytes: &[u8]| -> Corpus {
    let Some((kind, choices)) = bytes.split_first() else {
        return Corpus::Reject;
    };
    let code = if kind % 2 == 0 {
        smith::module(choices)
    } else {
        Some(generate::module(&mut Choices::new(choices)))
    };
    let Some(code) = code else {
        return Corpus::Reject;
    };
    let (rules, ample) = if kind % 8 < 2 {
        tables::consensus()
    } else {
        tables::distinct()
    };
    let comparison = Comparison {
        engines: &ENGINES,
        rules: &rules,
        ample,
    };
    if let Err(difference) = comparison.program(&code, u64::from(*kind), &mut Summary::default()) {
        panic!("{difference}");
    }
    Corpus::Keep
});

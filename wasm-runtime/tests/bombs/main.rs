//! Modules made to cost more than their size: each is refused by name, or stays within a multiple of
//! its size.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and floats are values of WebAssembly"
)]

mod bodies;
mod effort;
mod families;
mod sections;

use slsbft_wasm::limits::{Limit, Limits};
use slsbft_wasm::pass::{FEATURES, Refusal, Rules, meter};
use wasm_encoder::{CodeSection, Encode, Function, FunctionSection, Instruction, Module, TypeSection};

/// The limit that refuses a module, the number found, and the function it is in.
fn limit(code: &[u8]) -> (Limit, u64, Option<u32>) {
    match meter(code, &Rules::CONSENSUS) {
        Err(Refusal::Limit {
            limit,
            found,
            allowed,
            place,
        }) => {
            assert_eq!(allowed, Limits::CONSENSUS.of(limit));
            assert!(found > allowed);
            (limit, found, place.function.map(|(index, _)| index))
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

/// A module of functions without parameters and results.
fn module(bodies: &[Function]) -> Module {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for body in bodies {
        functions.function(0);
        code.function(body);
    }
    module.section(&types).section(&functions).section(&code);
    module
}

/// A body of these bytes of operators, an `end` behind them.
fn body(operators: Vec<u8>) -> Function {
    let mut function = Function::new([]);
    function.raw(operators);
    function.instruction(&Instruction::End);
    function
}

fn repeat(instructions: &[Instruction<'_>], times: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    instructions
        .iter()
        .for_each(|instruction| instruction.encode(&mut bytes));
    bytes.repeat(times)
}

/// Meters a module that must be accepted: bytes written per byte read, rounded up.
fn growth(code: &[u8]) -> usize {
    let metered = meter(code, &Rules::CONSENSUS).unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut validator = wasmparser::Validator::new_with_features(FEATURES);
    validator
        .validate_all(&metered.wasm)
        .expect("what the pass writes is valid");
    metered.wasm.len().div_ceil(code.len())
}

#[test]
fn declared_limits_are_the_ones_of_the_page() {
    let page = include_str!("../../../docs/contracts/limits.md");
    for limit in Limit::ALL {
        let value = Limits::CONSENSUS.of(*limit);
        let line = page.lines().find(|line| line.contains(&format!("| {limit} |")));
        let line = line.unwrap_or_else(|| panic!("the page lacks: {limit}"));
        assert!(
            line.contains(&format!("| {} |", thousands(value))),
            "{limit} is {value}: {line}"
        );
    }
}

/// `1234567` as `1,234,567`.
fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}

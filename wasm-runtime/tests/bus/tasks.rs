//! Tasks: a contract's `compute`, off any chain.

use std::sync::Arc;

use slsbft_wasm::bus::Task;
use slsbft_wasm::{Code, Lane, Outcome, Reason};

use crate::compilers::{c, sdk};
use crate::support::{IMPORTS, PLENTY, VM, contract, data};

fn computes(rest: &str, body: &str) -> Arc<Code> {
    let body = format!(r#"{rest} (func (export "compute") {body})"#);
    VM.compile(&contract(&body)).unwrap()
}

fn run(code: &Code, points: u64, input: &[u8]) -> Outcome<Vec<u8>> {
    let task = Task {
        vm: &VM,
        code,
        points,
        lane: Lane::Block,
    };
    task.run(input).unwrap()
}

#[test]
fn a_task_reads_its_input_hashes_and_returns_its_output() {
    let code = computes(
        &data(200, b"for the developer"),
        "(call $debug (i32.const 200) (i32.const 17))
        (call $sha256 (i32.const 100) (call $input (i32.const 100) (i32.const 100)) (i32.const 300))
        (call $output (i32.const 300) (i32.const 32))",
    );
    let outcome = run(&code, PLENTY, b"abc");
    let digest = outcome.result.unwrap();
    assert_eq!(
        hex::encode(digest),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn everything_of_a_chain_is_refused_to_a_task() {
    let offered = [
        "input",
        "output",
        "fail",
        "panic",
        "debug",
        "answer",
        "points_left",
        // Only its steps need a chain.
        "scan",
        "sha256",
        "keccak256",
        "blake2b",
        "secp256k1_verify",
        "secp256k1_recover",
        "secp256r1_verify",
        "secp256r1_recover",
        "ed25519_verify",
        "ed25519_batch_verify",
    ];
    let mut refused = 0;
    for (name, of) in IMPORTS.iter().filter(|(name, _)| !offered.contains(name)) {
        let parameters = of
            .split_once("(param")
            .map_or("", |(_, rest)| rest.split(')').next().unwrap());
        // Names have to be something before anybody is asked for them, and attributes a list.
        let value = i32::from(*name != "event");
        let arguments: String = parameters
            .split_whitespace()
            .map(|kind| format!("({kind}.const {value})"))
            .collect();
        let drop = if of.contains("result") { "drop" } else { "" };
        let before =
            "(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1)))";
        let code = computes("", &format!("{before} (call ${name} {arguments}) {drop}"));
        let failure = run(&code, PLENTY, b"").result.unwrap_err();
        assert_eq!(
            (failure.entry, failure.reason),
            ("compute", Reason::OffChain),
            "{name}"
        );
        refused += 1;
    }
    assert_eq!(refused, IMPORTS.len() - offered.len());
}

#[test]
fn a_task_that_never_ends_is_out_of_gas_and_uses_all_of_it() {
    let code = computes("", "(loop (br 0))");
    let outcome = run(&code, 1_000_000_000, b"");
    assert_eq!(outcome.used, 1_000_000_000);
    assert_eq!(outcome.result.unwrap_err().reason, Reason::OutOfGas);
}

#[test]
fn what_exports_no_compute_is_no_task() {
    let code = VM.compile(&contract(r#"(func (export "execute"))"#)).unwrap();
    assert_eq!(
        run(&code, PLENTY, b"").result.unwrap_err().reason,
        Reason::NoEntry
    );
}

#[test]
fn an_example_in_c_counts_primes() {
    let code = VM
        .compile(&c(&sdk().join("c/examples/primes.c"), "primes.wasm"))
        .unwrap();
    let outcome = run(&code, PLENTY, b"1000000");
    assert_eq!(outcome.result.unwrap(), b"78498");
    // What the contract's text and the documentation ask for is enough.
    let outcome = run(&code, 1_000_000_000_000, b"10000000");
    println!("primes below 10 million: {} gas", outcome.used / 1_000);
    assert_eq!(outcome.result.unwrap(), b"664579");
    let failure = run(&code, PLENTY, b"a million").result.unwrap_err();
    assert_eq!(
        failure.reason,
        Reason::Contract("a number up to 50000000".to_owned())
    );
}

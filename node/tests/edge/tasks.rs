//! What the daemon makes of tasks.

use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::Task;
use tempfile::TempDir;

use crate::{
    answering::{BLOCK, WINDOWS, daemon, eventually, found, key, revealed},
    node::Node,
};

const GAS: u64 = 1_000_000;

/// A code for the service bus with this `compute`.
fn code(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
          (import "slsbft" "input" (func $input (param i32 i32) (result i32)))
          (import "slsbft" "output" (func $output (param i32 i32)))
          (import "slsbft" "fail" (func $fail (param i32 i32)))
          (import "slsbft" "sha256" (func $sha256 (param i32 i32 i32)))
          (import "slsbft" "get" (func $get (param i32 i32 i32 i32) (result i32)))
          (import "slsbft" "block_time" (func $block_time (result i64)))
          (memory (export "memory") 1)
          (func (export "slsbft_abi_1"))
          (func (export "compute") {body}))"#
    );
    wat::parse_str(text).unwrap()
}

fn task(code_id: u64, input: &[u8], gas: u64) -> Task {
    Task {
        code_id,
        input: input.to_vec().into(),
        gas,
    }
}

fn failed(words: &str) -> Answer {
    Answer::Failed(words.into())
}

#[tokio::test]
async fn a_task_is_run_and_its_output_or_failure_is_committed_to_and_revealed() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let echo = "(call $output (i32.const 0) (call $input (i32.const 0) (i32.const 1000)))";
    let off_chain = "a task runs off the chain and cannot ask the host for anything of it";
    let cases = [
        (echo, &b"say this"[..], found("say this")),
        (echo, b"", found("")),
        (echo, &[b'a'; 512], found(&"a".repeat(512))),
        (echo, &[b'a'; 513], failed("the output has more than 512 bytes")),
        (echo, b"\xff", failed("the output is not valid UTF-8")),
        (
            "(call $fail (i32.const 0) (call $input (i32.const 0) (i32.const 1000)))",
            b"no, thanks",
            failed("no, thanks"),
        ),
        ("unreachable", b"", failed("the contract reached `unreachable`")),
        ("(loop (br 0))", b"", failed("out of gas")),
        (
            "(drop (call $get (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))",
            b"",
            failed(off_chain),
        ),
        ("(drop (call $block_time))", b"", failed(off_chain)),
    ];
    let ids: Vec<u64> = cases
        .iter()
        .map(|(body, input, _)| {
            let mut state = node.state();
            state.codes.push(code(body));
            let code_id = state.codes.len() as u64;
            state.post_task(task(code_id, input, GAS), WINDOWS)
        })
        .collect();
    let _daemon = daemon(&node, home.path(), true).await;
    revealed(&node, cases.len()).await;
    for (id, (body, _, expected)) in ids.iter().zip(&cases) {
        assert_eq!(node.state().answers[id], *expected, "{body}");
    }
}

#[tokio::test]
async fn a_code_is_fetched_once_for_all_its_tasks() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    node.state().codes.push(code(
        "(call $output (i32.const 0) (call $input (i32.const 0) (i32.const 9)))",
    ));
    let _daemon = daemon(&node, home.path(), true).await;
    for (count, input) in ["one", "two", "three"].into_iter().enumerate() {
        let id = node.state().post_task(task(1, input.as_bytes(), GAS), WINDOWS);
        revealed(&node, count + 1).await;
        assert_eq!(node.state().answers[&id], found(input));
    }
    assert_eq!(node.state().looks, 1);
}

#[tokio::test]
async fn a_code_that_takes_long_to_compile_fails_as_a_task() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let products: String = (0..8_000)
        .map(|i| format!("local.get $x i64.const {i} i64.mul local.get $a i64.xor local.set $a "))
        .collect();
    let long = code(&format!("(local $x i64) (local $a i64) loop {products} end"));
    let id = {
        let mut state = node.state();
        state.codes.push(long);
        state.post_task(task(1, b"", GAS), WINDOWS)
    };
    let _daemon = daemon(&node, home.path(), true).await;
    revealed(&node, 1).await;
    let Answer::Failed(words) = node.state().answers[&id].clone() else {
        panic!("it did not fail");
    };
    assert!(
        words.starts_with("its code takes too long to compile: "),
        "{words}"
    );
}

/// What is the node's own trouble is no answer, and goes away.
#[tokio::test]
async fn a_code_that_is_not_what_its_hash_says_is_not_run() {
    let (node, home) = (Node::start(&key(), BLOCK).await, TempDir::new().unwrap());
    let lie = code("(call $output (i32.const 0) (i32.const 1))");
    let truth = code("(call $output (i32.const 0) (i32.const 0))");
    let id = {
        let mut state = node.state();
        state.codes.push(truth);
        state.replaced = Some(lie);
        state.post_task(task(1, b"", GAS), WINDOWS)
    };
    let _daemon = daemon(&node, home.path(), true).await;
    eventually("a few looks at the code", || node.state().looks > 2).await;
    assert!(node.state().offered.is_empty());
    node.state().replaced = None;
    revealed(&node, 1).await;
    assert_eq!(node.state().answers[&id], found(""));
}

//! However a contract was compiled and wherever its code came from, a call costs and returns the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cosmwasm_vm::testing::{MockApi, mock_env, mock_info};
use slsbft_wasm::cosmwasm::{Call, Entry};
use slsbft_wasm::{Code, CodeHash, Config, Fault, Lane, Optimise, Outcome, Vm};

use crate::chain::MemoryChain;
use crate::published;
use crate::support::{PLENTY, contract};

/// A contract's code and the calls to make of it.
struct Script {
    wasm: Vec<u8>,
    calls: Vec<(Entry, String)>,
}

/// All that a script's run shows.
type Trace = (Vec<Outcome<Vec<u8>>>, BTreeMap<Vec<u8>, Vec<u8>>);

fn script(wasm: Vec<u8>, calls: &[(Entry, &str)]) -> Script {
    Script {
        wasm,
        calls: calls
            .iter()
            .map(|(entry, msg)| (*entry, (*msg).to_owned()))
            .collect(),
    }
}

fn scripts() -> Vec<Script> {
    use Entry::{Execute, Instantiate, Query};
    let someone = MockApi::default().addr_make("anybody");
    let hackatom = format!(r#"{{"verifier":"{someone}","beneficiary":"{someone}"}}"#);
    let token = format!(
        r#"{{"name":"Token","symbol":"TOK","decimals":6,"initial_balances":[{{"address":"{someone}","amount":"9"}}]}}"#
    );
    let transfer = format!(r#"{{"transfer":{{"recipient":"{someone}","amount":"3"}}}}"#);
    let deep = contract(
        r#"(func $deeper (call $deeper)) (func (export "execute") (param i32 i32 i32) (result i32)
        (call $deeper) (i32.const 0))"#,
    );
    vec![
        script(
            published::one("hackatom"),
            &[
                (Instantiate, &hackatom),
                (Execute, r#"{"release":{"denom":"earth"}}"#),
                (Execute, r#"{"panic":{}}"#),
                (Execute, r#"{"cpu_loop":{}}"#),
                (Execute, r#"{"memory_loop":{}}"#),
                (Execute, r#"{"storage_loop":{}}"#),
                (Execute, r#"{"message_loop":{}}"#),
                (Query, r#"{"recurse":{"depth":0,"work":99}}"#),
            ],
        ),
        script(
            published::one("cw20_base"),
            &[(Instantiate, &token), (Execute, &transfer)],
        ),
        script(
            published::one("cyberpunk"),
            &[
                (Instantiate, "{}"),
                (Execute, r#"{"argon2":{"mem_cost":64,"time_cost":2}}"#),
            ],
        ),
        script(
            published::one("queue"),
            &[
                (Instantiate, "{}"),
                (Execute, r#"{"enqueue":{"value":1}}"#),
                (Query, r#"{"reducer":{}}"#),
            ],
        ),
        script(deep, &[(Execute, "{}")]),
    ]
}

fn trace(vm: &Vm, code: &Code, calls: &[(Entry, String)]) -> Trace {
    let mut chain = MemoryChain::default();
    let env = serde_json::to_vec(&mock_env()).unwrap();
    let sender = MockApi::default().addr_make("anybody");
    let info = serde_json::to_vec(&mock_info(&sender, &[])).unwrap();
    let mut outcomes = Vec::new();
    for (entry, msg) in calls {
        let args: &[&[u8]] = if *entry == Entry::Query {
            &[&env, msg.as_bytes()]
        } else {
            &[&env, &info, msg.as_bytes()]
        };
        for points in [PLENTY / 50, 3_000_000] {
            let call = Call {
                vm,
                code,
                chain: &mut chain,
                points,
                lane: Lane::Block,
            };
            outcomes.push(call.raw(*entry, args).unwrap());
        }
    }
    (outcomes, chain.state)
}

fn vm(optimise: Optimise, folder: Option<&Path>) -> Vm {
    Vm::new(Config {
        optimise,
        cache_folder: folder.map(Path::to_owned),
        ..Config::default()
    })
    .unwrap()
}

fn loaded(vm: &Vm, wasm: &[u8]) -> Arc<Code> {
    vm.load(CodeHash::of(wasm), || Err(Fault::chain("it is on disk")))
        .unwrap()
}

#[test]
fn calls_cost_and_return_the_same_on_every_node() {
    for Script { wasm, calls } in scripts() {
        let folder = tempfile::tempdir().unwrap();
        let fast = vm(Optimise::Speed, Some(folder.path()));
        let code = fast.compile(&wasm).unwrap();
        let expected = trace(&fast, &code, &calls);
        assert_eq!(
            trace(&fast, &code, &calls),
            expected,
            "in used places of the pool"
        );
        let restarted = vm(Optimise::Speed, Some(folder.path()));
        assert_eq!(
            trace(&restarted, &loaded(&restarted, &wasm), &calls),
            expected,
            "loaded from disk"
        );
        let plain = vm(Optimise::None, None);
        let code = plain.compile(&wasm).unwrap();
        assert_eq!(
            trace(&plain, &code, &calls),
            expected,
            "compiled without optimisation"
        );
    }
}

#[test]
fn calls_in_many_threads_cost_and_return_the_same() {
    let script = scripts().remove(1);
    let vm = vm(Optimise::Speed, None);
    let code = vm.compile(&script.wasm).unwrap();
    let expected = trace(&vm, &code, &script.calls);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(trace(&vm, &code, &script.calls), expected);
                }
            });
        }
    });
}

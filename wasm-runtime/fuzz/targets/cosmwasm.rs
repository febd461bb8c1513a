//! Whatever a CosmWasm contract asks of its host, wherever it says that its regions are, and whatever it returns: the call ends
//! within its budget, with a result or a reason, the same each time, and the node is well. A question changes nothing.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use slsbft_wasm::cosmwasm::Call;
use slsbft_wasm::{Code, Lane};
use slsbft_wasm_fuzz::support::{HERE, VM};
use slsbft_wasm_fuzz::world::World;
use slsbft_wasm_fuzz::{POINTS, obedient};

static CODE: LazyLock<Arc<Code>> = LazyLock::new(|| VM.compile(&obedient::cosmwasm()).unwrap());

const ENV: &str = r#"{"block":{"height":7,"time":"1700000000000000000","chain_id":"fuzz"},"transaction":{"index":1},"contract":{"address":"here"}}"#;
const INFO: &str = r#"{"sender":"somebody","funds":[]}"#;

fuzz_target!(init: slsbft_wasm_fuzz::seeds::write("cosmwasm"), |bytes: &[u8]| {
    let Some((kind, message)) = bytes.split_first() else {
        return;
    };
    let query = kind % 4 == 0;
    let run = || {
        let mut world = World::default();
        world.put(HERE, &CODE);
        world.waiting.push(HERE.to_owned());
        let call = Call {
            vm: &VM,
            code: &CODE,
            chain: &mut world.host(HERE),
            points: POINTS,
            lane: Lane::Block,
        };
        let (used, words) = if kind % 2 == 0 {
            let args: &[&[u8]] = if query {
                &[b"{}", message]
            } else {
                &[b"{}", b"{}", message]
            };
            let entry = if query {
                slsbft_wasm::cosmwasm::Entry::Query
            } else {
                slsbft_wasm::cosmwasm::Entry::Execute
            };
            let outcome = call.raw(entry, args).unwrap();
            (outcome.used, format!("{:?}", outcome.result))
        } else {
            let (env, info) = (
                serde_json::from_str(ENV).unwrap(),
                serde_json::from_str(INFO).unwrap(),
            );
            let outcome = call.execute(&env, &info, message).unwrap();
            (outcome.used, format!("{:?}", outcome.result))
        };
        assert!(used <= POINTS);
        (used, words, world.state(HERE).clone())
    };
    let first = run();
    assert!(!query || first.2.is_empty(), "a question wrote");
    assert_eq!(first, run());
});

//! Contracts in Python on the chain: splitters, which share one interpreter.

use serde_json::json;
use slsbft_types::Address;

use crate::{
    interpreters::MICROPYTHON,
    support::{World, attributes, coins},
};

const SPLITTER: &str = include_str!("../../../wasm-runtime/sdk/python/examples/splitter.py");

fn splitter(world: &mut World, code: u64, shares: &[(usize, u64)]) -> Address {
    let shares = shares
        .iter()
        .map(|(who, share)| (world.address(*who).to_string(), json!(share)))
        .collect::<serde_json::Map<_, _>>();
    let msg = json!({ "script": SPLITTER, "msg": { "shares": shares } });
    world.instantiate(0, code, &msg)
}

/// Pays a splitter, and says what each share got and what is left.
fn pay(world: &mut World, splitter: &Address, amount: u128) -> [String; 2] {
    let mut call = world.call(0, splitter, &json!({ "split": {} }));
    call.funds = coins(amount);
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    let said = attributes(&result.events, "wasm-split");
    ["each", "rest"].map(|key| said.iter().find(|(name, _)| *name == key).unwrap().1.to_owned())
}

#[test]
fn splitters_in_python_share_an_interpreter_and_pay_everybody_to_the_last_coin() {
    let mut world = World::start();
    let code = world.store(0, MICROPYTHON.clone());
    let two = splitter(&mut world, code, &[(1, 3), (2, 2)]);
    let one = splitter(&mut world, code, &[(2, 1)]);
    let before = [1, 2].map(|who| world.chain.balance(&world.address(who)));
    assert_eq!(pay(&mut world, &two, 101), ["20", "1"]);
    assert_eq!(pay(&mut world, &one, 7), ["7", "0"]);
    assert_eq!(pay(&mut world, &two, 4), ["1", "0"]);
    let after = [1, 2].map(|who| world.chain.balance(&world.address(who)));
    assert_eq!(after, [before[0] + 63, before[1] + 42 + 7]);
    assert_eq!((world.chain.balance(&two), world.chain.balance(&one)), (0, 0));
}

#[test]
fn a_payment_that_python_refuses_stays_with_its_payer() {
    let mut world = World::start();
    let code = world.store(0, MICROPYTHON.clone());
    let splitter = splitter(&mut world, code, &[(1, 1)]);
    let mut call = world.call(0, &splitter, &json!({ "spilt": {} }));
    call.funds = coins(5);
    let (codespace, code, log) = world.refused(0, &call);
    assert_eq!((codespace.as_str(), code), ("wasm", 5), "{log}");
    assert!(log.contains(r#"say {"split":{}}"#), "{log}");
    assert_eq!(world.chain.balance(&splitter), 0);
}

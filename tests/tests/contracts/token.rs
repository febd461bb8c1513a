//! A CW20 token, as published.

use serde_json::{Value, json};
use slsbft_types::Address;

use crate::support::{World, attributes};

fn token(world: &mut World) -> Address {
    let msg = json!({
        "name": "Token", "symbol": "TKN", "decimals": 6,
        "initial_balances": [{ "address": world.address(0).to_string(), "amount": "1000" }],
        "mint": { "minter": world.address(0).to_string() },
    });
    world.contract(0, "cw20_base", &msg)
}

fn balance(world: &World, token: &Address, who: usize) -> Value {
    let ask = json!({ "balance": { "address": world.address(who).to_string() } });
    world.ask(token, &ask)["balance"].clone()
}

fn transfer(world: &World, to: usize, amount: &str) -> Value {
    json!({ "transfer": { "recipient": world.address(to).to_string(), "amount": amount } })
}

#[test]
fn a_transfer_moves_tokens_and_says_so_in_events() {
    let mut world = World::start();
    let token = token(&mut world);
    let msg = transfer(&world, 1, "400");
    let result = world.execute(0, &token, &msg);
    assert_eq!(
        (balance(&world, &token, 0), balance(&world, &token, 1)),
        (json!("600"), json!("400"))
    );
    let (alice, bob, token) = (
        world.address(0).to_string(),
        world.address(1).to_string(),
        token.to_string(),
    );
    assert_eq!(
        attributes(&result.events, "wasm"),
        [
            ("_contract_address", token.as_str()),
            ("action", "transfer"),
            ("from", &alice),
            ("to", &bob),
            ("amount", "400"),
        ]
    );
    assert_eq!(
        attributes(&result.events, "execute"),
        [("_contract_address", token.as_str())]
    );
}

#[test]
fn a_refused_transfer_moves_nothing_costs_its_gas_and_gives_the_contracts_words() {
    let mut world = World::start();
    let token = token(&mut world);
    let message = world.call(1, &token, &transfer(&world, 0, "1"));
    let result = world.deliver(1, &message);
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("wasm", 5),
        "{}",
        result.log
    );
    assert!(result.log.contains("Overflow: Cannot Sub with"), "{}", result.log);
    assert!(result.gas_used > 200_000, "{}", result.gas_used);
    assert_eq!(balance(&world, &token, 0), json!("1000"));
}

#[test]
fn a_simulation_gives_the_gas_that_the_block_uses_to_the_unit() {
    let mut world = World::start();
    let token = token(&mut world);
    for amount in ["1", "2", "300"] {
        let message = world.call(0, &token, &transfer(&world, 1, amount));
        let simulated = world.simulated_gas(0, &message);
        let result = world.deliver(0, &message);
        assert_eq!(
            (result.code, result.gas_used),
            (0, simulated as i64),
            "{}",
            result.log
        );
    }
}

#[test]
fn with_exactly_the_gas_it_needs_a_call_succeeds_and_with_one_less_it_fails_and_keeps_nothing() {
    let mut world = World::start();
    let token = token(&mut world);
    let message = world.call(0, &token, &transfer(&world, 1, "7"));
    // The second transfer to somebody costs the same as the third.
    world.execute(0, &token, &transfer(&world, 1, "7"));
    let needed = world.simulated_gas(0, &message);
    let short = world.deliver_with(0, &message, needed - 1);
    assert_eq!(
        (short.codespace.as_str(), short.code),
        ("sdk", 11),
        "{}",
        short.log
    );
    assert_eq!(short.gas_used, needed as i64 - 1, "all of it is used up");
    assert_eq!(balance(&world, &token, 1), json!("7"));
    let enough = world.deliver_with(0, &message, needed);
    assert_eq!(
        (enough.code, enough.gas_used),
        (0, needed as i64),
        "{}",
        enough.log
    );
    assert_eq!(balance(&world, &token, 1), json!("14"));
}

#[test]
fn a_restart_and_a_cold_cache_change_nothing() {
    let mut world = World::start();
    let token = token(&mut world);
    world.execute(0, &token, &transfer(&world, 1, "5"));
    world.chain = world.chain.restart();
    world.execute(0, &token, &transfer(&world, 1, "5"));
    assert_eq!(balance(&world, &token, 1), json!("10"));
}

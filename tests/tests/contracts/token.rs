//! A CW20 token, as published.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use slsbft_types::Address;

use crate::support::{World, attributes};

fn token(world: &mut World) -> Address {
    let alice = world.address(0);
    token_of(world, &alice)
}

fn token_of(world: &mut World, owner: &Address) -> Address {
    let msg = json!({
        "name": "Token", "symbol": "TKN", "decimals": 6,
        "initial_balances": [{ "address": owner.to_string(), "amount": "1000" }],
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

/// A contract that passes Alice's messages on, and its tokens: what it does is worth more gas than
/// the least that every transaction pays for.
fn proxy(world: &mut World) -> (Address, Address) {
    let admins = json!({ "admins": [world.address(0).to_string()], "mutable": false });
    let proxy = world.contract(0, "cw1_whitelist", &admins);
    let token = token_of(world, &proxy);
    (proxy, token)
}

/// The proxy's message that pays Bob these amounts, one after the other.
fn payout(world: &World, token: &Address, amounts: &[&str]) -> Value {
    let message = |amount: &&str| {
        let transfer = BASE64_STANDARD.encode(transfer(world, 1, amount).to_string());
        let execute = json!({ "contract_addr": token.to_string(), "msg": transfer, "funds": [] });
        json!({ "wasm": { "execute": execute } })
    };
    let msgs: Vec<_> = amounts.iter().map(message).collect();
    json!({ "execute": { "msgs": msgs } })
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
    let (proxy, token) = proxy(&mut world);
    let paid = world.execute(0, &proxy, &payout(&world, &token, &["300", "300"]));
    let message = world.call(0, &proxy, &payout(&world, &token, &["200", "200", "1"]));
    let result = world.deliver(0, &message);
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("wasm", 5),
        "{}",
        result.log
    );
    assert!(result.log.contains("Overflow: Cannot Sub with"), "{}", result.log);
    assert!(result.gas_used > paid.gas_used, "{}", result.gas_used);
    assert_eq!(balance(&world, &token, 1), json!("600"));
}

#[test]
fn a_simulation_gives_the_gas_that_the_block_uses_to_the_unit() {
    let mut world = World::start();
    let (proxy, token) = proxy(&mut world);
    for amounts in [&["1"; 2] as &[_], &["2"; 4], &["30"; 8]] {
        let message = world.call(0, &proxy, &payout(&world, &token, amounts));
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
    let (proxy, token) = proxy(&mut world);
    let message = world.call(0, &proxy, &payout(&world, &token, &["3"; 5]));
    // The second payout to somebody costs the same as the third.
    world.execute(0, &proxy, &payout(&world, &token, &["3"; 5]));
    let needed = world.simulated_gas(0, &message);
    let short = world.deliver_with(0, &message, needed - 1);
    assert_eq!(
        (short.codespace.as_str(), short.code),
        ("sdk", 11),
        "{}",
        short.log
    );
    assert_eq!(short.gas_used, needed as i64 - 1, "all of it is used up");
    assert_eq!(balance(&world, &token, 1), json!("15"));
    let enough = world.deliver_with(0, &message, needed);
    assert_eq!(
        (enough.code, enough.gas_used),
        (0, needed as i64),
        "{}",
        enough.log
    );
    assert_eq!(balance(&world, &token, 1), json!("30"));
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

//! The token in Rust on the chain, beside `cw20-base` as it is published.

use serde_json::{Value, json};
use slsbft_types::Address;
use tendermint_proto::v0_38::abci::Event;

use crate::{
    compilers,
    script::{Op, contract},
    support::{World, attributes, published},
};

fn token(world: &mut World, code: Vec<u8>) -> Address {
    let alice = world.address(0).to_string();
    let msg = json!({
        "name": "Token", "symbol": "TKN", "decimals": 6,
        "initial_balances": [{ "address": alice, "amount": "1000" }],
        "mint": { "minter": alice, "cap": "2000" },
    });
    world.contract_of(0, code, &msg)
}

/// The attributes of its event `wasm`, without its own address.
fn said(events: &[Event]) -> Vec<(String, String)> {
    let all = attributes(events, "wasm").into_iter();
    let own = all.filter(|(key, _)| *key != "_contract_address");
    own.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// What clients of a CW20 do, by the sender's number. The published one is too old for `update_minter`.
fn story(world: &World) -> Vec<(usize, Value)> {
    let [alice, bob, carol] = [0, 1, 2].map(|who| world.address(who).to_string());
    vec![
        (0, json!({ "transfer": { "recipient": bob, "amount": "300" } })),
        (1, json!({ "burn": { "amount": "50" } })),
        (0, json!({ "mint": { "recipient": carol, "amount": "70" } })),
        (
            0,
            json!({ "increase_allowance": { "spender": bob, "amount": "100" } }),
        ),
        (
            0,
            json!({ "increase_allowance": { "spender": carol, "amount": "9", "expires": { "at_height": 100_000 } } }),
        ),
        (
            1,
            json!({ "transfer_from": { "owner": alice, "recipient": carol, "amount": "30" } }),
        ),
        (1, json!({ "burn_from": { "owner": alice, "amount": "20" } })),
        (
            0,
            json!({ "decrease_allowance": { "spender": bob, "amount": "5" } }),
        ),
        (
            0,
            json!({ "decrease_allowance": { "spender": carol, "amount": "9" } }),
        ),
    ]
}

fn questions(world: &World) -> Vec<Value> {
    let [alice, bob, carol] = [0, 1, 2].map(|who| world.address(who).to_string());
    vec![
        json!({ "token_info": {} }),
        json!({ "minter": {} }),
        json!({ "balance": { "address": alice } }),
        json!({ "balance": { "address": bob } }),
        json!({ "balance": { "address": carol } }),
        json!({ "allowance": { "owner": alice, "spender": bob } }),
        json!({ "allowance": { "owner": alice, "spender": carol } }),
        json!({ "all_allowances": { "owner": alice } }),
        json!({ "all_accounts": {} }),
        json!({ "all_accounts": { "limit": 1 } }),
    ]
}

#[test]
fn the_token_in_rust_answers_and_says_what_cw20_base_does() {
    let mut world = World::start();
    let ours = token(&mut world, compilers::rust("token"));
    let theirs = token(&mut world, published("cw20_base"));
    for (who, msg) in story(&world) {
        let [own, reference] = [&ours, &theirs].map(|token| world.execute(who, token, &msg));
        assert_eq!(said(&own.events), said(&reference.events), "{msg}");
    }
    for question in questions(&world) {
        assert_eq!(
            world.ask(&ours, &question),
            world.ask(&theirs, &question),
            "{question}"
        );
    }
}

#[test]
fn tokens_are_sent_to_contracts_that_take_them_and_to_no_others() {
    let mut world = World::start();
    let ours = token(&mut world, compilers::rust("token"));
    let takes = [
        ("instantiate", Vec::new()),
        ("execute", vec![Op::KeepInput("told")]),
        ("query", vec![Op::Output("told")]),
    ];
    let shop = world.contract_of(0, contract(&takes), &json!({}));
    let refuses = token(&mut world, published("cw20_base"));
    let send = |to: &Address| json!({ "send": { "contract": to.to_string(), "amount": "5", "msg": "e30=" } });
    world.execute(0, &ours, &send(&shop));
    let alice = world.address(0).to_string();
    let told = json!({ "receive": { "sender": alice, "amount": "5", "msg": "e30=" } });
    assert_eq!(world.ask(&shop, &json!({})), told);
    let message = world.call(0, &ours, &send(&refuses));
    let (space, code, _) = world.refused(0, &message);
    assert_eq!((space.as_str(), code), ("wasm", 5));
    let balance = json!({ "balance": { "address": alice } });
    assert_eq!(world.ask(&ours, &balance), json!({ "balance": "995" }));
}

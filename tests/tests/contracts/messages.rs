//! Messages that contracts send, and replies.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use slsbft_types::{Address, UANKR_PER_ANKR};

use crate::support::{World, coins};

/// A contract that sends whatever its owner says, with some money.
fn reflect(world: &mut World) -> Address {
    let contract = world.contract(0, "reflect_2_0", &json!({}));
    let mut fund = world.call(
        0,
        &contract,
        &json!({ "reflect_msg": { "msgs": [send(&world.address(2), 1)] } }),
    );
    fund.funds = coins(1_000_000);
    assert_eq!(world.deliver(0, &fund).code, 0);
    contract
}

fn send(to: &Address, amount: u128) -> Value {
    let coin = json!({ "denom": "uankr", "amount": amount.to_string() });
    json!({ "bank": { "send": { "to_address": to.to_string(), "amount": [coin] } } })
}

fn with_reply(id: u64, msg: &Value, gas_limit: Option<u64>) -> Value {
    let sub = json!({ "id": id, "msg": msg, "gas_limit": gas_limit, "reply_on": "always", "payload": "" });
    json!({ "reflect_sub_msg": { "msgs": [sub] } })
}

#[test]
fn a_contract_sends_coins_and_only_its_own() {
    let mut world = World::start();
    let contract = reflect(&mut world);
    let before = world.chain.balance(&world.address(1));
    let msgs =
        json!({ "reflect_msg": { "msgs": [send(&world.address(1), 10), send(&world.address(1), 20)] } });
    world.execute(0, &contract, &msgs);
    assert_eq!(world.chain.balance(&world.address(1)) - before, 30);

    // A message of somebody else, packed as one of the contract's.
    use cosmos_sdk_proto::{cosmos::bank::v1beta1::MsgSend, traits::Message};
    let theft = MsgSend {
        from_address: world.address(1).to_string(),
        to_address: contract.to_string(),
        amount: coins(1),
    };
    let value = BASE64_STANDARD.encode(theft.encode_to_vec());
    let any = json!({ "any": { "type_url": "/cosmos.bank.v1beta1.MsgSend", "value": value } });
    let message = world.call(0, &contract, &json!({ "reflect_msg": { "msgs": [any] } }));
    let (space, code, words) = world.refused(0, &message);
    assert_eq!((space.as_str(), code), ("sdk", 4), "{words}");
}

#[test]
fn one_failed_message_undoes_the_whole_call() {
    let mut world = World::start();
    let contract = reflect(&mut world);
    let before = world.chain.balance(&world.address(1));
    let msgs = [
        send(&world.address(1), 10),
        send(&world.address(1), u128::from(u64::MAX)),
    ];
    let message = world.call(0, &contract, &json!({ "reflect_msg": { "msgs": msgs } }));
    let (space, code, words) = world.refused(0, &message);
    assert_eq!((space.as_str(), code), ("sdk", 5), "{words}");
    assert_eq!(world.chain.balance(&world.address(1)), before);
}

#[test]
fn a_reply_tells_of_success_and_of_failure_which_then_undoes_only_its_message() {
    let mut world = World::start();
    let contract = reflect(&mut world);
    let before = world.chain.balance(&world.address(1));
    world.execute(0, &contract, &with_reply(1, &send(&world.address(1), 10), None));
    world.execute(
        0,
        &contract,
        &with_reply(2, &send(&world.address(1), u128::from(u64::MAX)), None),
    );
    assert_eq!(world.chain.balance(&world.address(1)) - before, 10);
    let good = world.ask(&contract, &json!({ "sub_msg_result": { "id": 1 } }));
    let response = &good["result"]["ok"]["msg_responses"][0];
    assert_eq!(
        response["type_url"], "/cosmos.bank.v1beta1.MsgSendResponse",
        "{good}"
    );
    let bad = world.ask(&contract, &json!({ "sub_msg_result": { "id": 2 } }));
    assert_eq!(bad["result"]["error"], "codespace: sdk, code: 5", "{bad}");
}

#[test]
fn a_message_with_a_gas_limit_cannot_use_more_and_its_sender_goes_on() {
    let mut world = World::start();
    let contract = reflect(&mut world);
    let (alice, bob) = (world.address(0).to_string(), world.address(1).to_string());
    let hackatom = world.contract(0, "hackatom", &json!({ "verifier": alice, "beneficiary": bob }));
    let loop_msg = BASE64_STANDARD.encode(json!({ "cpu_loop": {} }).to_string());
    let endless = json!({ "wasm": { "execute": { "contract_addr": hackatom.to_string(), "msg": loop_msg, "funds": [] } } });
    let result = world.execute(0, &contract, &with_reply(3, &endless, Some(5_000_000)));
    assert!(
        (5_000_000..20_000_000).contains(&result.gas_used),
        "{}",
        result.gas_used
    );
    let told = world.ask(&contract, &json!({ "sub_msg_result": { "id": 3 } }));
    assert_eq!(told["result"]["error"], "codespace: sdk, code: 11", "{told}");
    // Without a limit of its own it takes everything, and nobody replies.
    let message = world.call(0, &contract, &with_reply(4, &endless, None));
    let result = world.deliver_with(0, &message, 30_000_000);
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("sdk", 11),
        "{}",
        result.log
    );
}

#[test]
fn a_contract_delegates_and_asks_about_it() {
    let mut world = World::start();
    let contract = reflect(&mut world);
    let chain = json!({ "chain": { "request": { "bank": { "balance": {
        "address": contract.to_string(), "denom": "uankr" } } } } });
    let answer = world.ask(&contract, &chain);
    let data = BASE64_STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
    let data: Value = serde_json::from_slice(&data).unwrap();
    assert_eq!(data["amount"]["amount"], (1_000_000 - 1).to_string());
    let validators = json!({ "chain": { "request": { "staking": { "all_validators": {} } } } });
    assert!(world.ask(&contract, &validators)["data"].is_string());
    let _ = UANKR_PER_ANKR;
}

#[test]
fn ibc_governance_and_custom_messages_fail_with_a_clear_error() {
    let mut world = World::start();
    let contract = reflect(&mut world);
    let ibc = json!({ "ibc": { "close_channel": { "channel_id": "channel-1" } } });
    let vote = json!({ "gov": { "vote": { "proposal_id": 1, "option": "yes" } } });
    for (msg, why) in [(ibc, "no IBC channels yet"), (vote, "no votes yet")] {
        let message = world.call(0, &contract, &json!({ "reflect_msg": { "msgs": [msg] } }));
        let (space, code, words) = world.refused(0, &message);
        assert_eq!((space.as_str(), code), ("wasm", 20), "{words}");
        assert!(words.contains(why), "{words}");
    }
}

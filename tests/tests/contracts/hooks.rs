//! What the chain tells contracts, and what that costs them.

use cosmos_sdk_proto::{
    Any,
    cosmos::bank::v1beta1::MsgSend,
    cosmwasm::wasm::v1::{QueryRawContractStateRequest, QueryRawContractStateResponse},
};
use serde_json::{Value, json};
use slsbft_proto::hooks::v1::{
    Hook, MsgSubscribe, MsgUnsubscribe, QueryInboxRequest, QueryInboxResponse, QuerySubscriptionsRequest,
    QuerySubscriptionsResponse,
};
use slsbft_tests::market;
use slsbft_types::{Address, UANKR_PER_ANKR};
use tendermint_proto::v0_38::abci::Event;

use crate::{
    listener::{Habit, any, listener},
    support::{World, attributes, coins},
};

const EPOCH: u64 = 10;
/// uankr a gas.
const PRICE: u128 = 25;
const LIMIT: u64 = 1_000_000;
const FUNDS: u128 = 10_000 * UANKR_PER_ANKR;

fn world() -> World {
    World::start_with(|genesis| genesis.app_state.epochs.params.blocks_per_epoch = EPOCH)
}

/// The `number`-th contract made on the chain, of a code of its own, with funds, subscribed.
fn subscribed(world: &mut World, number: u64, hook: Hook, habit: Habit, gas_limit: u64) -> Address {
    // Its address is known before: code and contract have the same number.
    let contract = slsbft_app::modules::contracts::address::numbered(number, number);
    let subscribe = MsgSubscribe {
        contract: contract.to_string(),
        hook: hook.into(),
        gas_limit,
    };
    let made = world.contract_of(0, listener(&any(&subscribe), habit), &json!({}));
    assert_eq!(made, contract);
    world.execute(0, &contract, &json!({}));
    pay(world, &contract, FUNDS);
    contract
}

fn pay(world: &mut World, to: &Address, amount: u128) {
    let send = MsgSend {
        from_address: world.address(0).to_string(),
        to_address: to.to_string(),
        amount: coins(amount),
    };
    let result = world.deliver(0, &send);
    assert_eq!(result.code, 0, "{}", result.log);
}

fn heard(world: &World, contract: &Address) -> Option<Value> {
    let request = QueryRawContractStateRequest {
        address: contract.to_string(),
        query_data: b"heard".to_vec(),
    };
    let answer: QueryRawContractStateResponse = world.query("RawContractState", &request).unwrap();
    (!answer.data.is_empty()).then(|| serde_json::from_slice(&answer.data).unwrap())
}

fn subscriptions(world: &World, contract: &Address) -> Vec<(Hook, u64)> {
    let request = QuerySubscriptionsRequest {
        contract: contract.to_string(),
    };
    let answer: QuerySubscriptionsResponse =
        world.ask_service("slsbft.hooks.v1.Query/Subscriptions", &request);
    answer
        .subscriptions
        .iter()
        .map(|subscription| (subscription.hook(), subscription.gas_limit))
        .collect()
}

fn waiting(world: &World, contract: &Address) -> usize {
    let request = QueryInboxRequest {
        contract: contract.to_string(),
        pagination: None,
    };
    let answer: QueryInboxResponse = world.ask_service("slsbft.hooks.v1.Query/Inbox", &request);
    answer.waiting.len()
}

/// Blocks until the epoch after this one has begun; returns the events of calls.
fn next_epoch(world: &mut World) -> Vec<Event> {
    let mut calls = Vec::new();
    loop {
        calls.extend(calls_of_block(world));
        // The first block of an epoch is the one in which contracts hear of the last.
        if world.chain.height as u64 % EPOCH == 1 {
            return calls;
        }
    }
}

fn calls_of_block(world: &mut World) -> Vec<Event> {
    let events = world.chain.block().response.events;
    events
        .into_iter()
        .filter(|event| event.r#type.starts_with("hook"))
        .collect()
}

fn gas_used(call: &Event) -> u128 {
    let calls = std::slice::from_ref(call);
    let used = attributes(calls, "hook")
        .into_iter()
        .find(|(key, _)| *key == "gas_used");
    used.unwrap().1.parse().unwrap()
}

fn error(call: &Event) -> Option<String> {
    let calls = std::slice::from_ref(call);
    let error = attributes(calls, "hook")
        .into_iter()
        .find(|(key, _)| *key == "error");
    error.map(|(_, text)| text.to_owned())
}

#[test]
fn a_subscribed_contract_hears_of_each_epochs_end_and_pays_what_the_call_used() {
    let mut world = world();
    let contract = subscribed(&mut world, 1, Hook::EpochEnded, Habit::Keeps, LIMIT);
    assert_eq!(subscriptions(&world, &contract), [(Hook::EpochEnded, LIMIT)]);
    let mut epochs = Vec::new();
    for _ in 0..3 {
        let before = world.chain.balance(&contract);
        let calls = next_epoch(&mut world);
        assert_eq!(calls.len(), 1, "{calls:#?}");
        assert_eq!(error(&calls[0]), None);
        let paid = before - world.chain.balance(&contract);
        assert_eq!(paid, gas_used(&calls[0]) * PRICE);
        assert!(gas_used(&calls[0]) > 40_000 && gas_used(&calls[0]) < u128::from(LIMIT));
        let heard = heard(&world, &contract).unwrap();
        epochs.push(heard["epoch_ended"]["epoch"].as_u64().unwrap());
    }
    assert_eq!(epochs, [epochs[0], epochs[0] + 1, epochs[0] + 2]);
}

#[test]
fn a_hook_that_panics_or_never_ends_costs_its_contract_and_the_chain_goes_on() {
    let mut world = world();
    let panics = subscribed(&mut world, 1, Hook::EpochEnded, Habit::Panics, LIMIT);
    let endless = subscribed(&mut world, 2, Hook::EpochEnded, Habit::NeverEnds, LIMIT);
    let calls = next_epoch(&mut world);
    assert_eq!(calls.len(), 2, "{calls:#?}");
    for call in &calls {
        let contract = attributes(std::slice::from_ref(call), "hook")[0].1.to_owned();
        let reason = error(call).unwrap();
        if contract == panics.to_string() {
            assert!(reason.contains("unreachable"), "{reason}");
            assert!(gas_used(call) < u128::from(LIMIT));
        } else {
            assert!(reason.contains("higher gas limit"), "{reason}");
            assert_eq!(gas_used(call), u128::from(LIMIT));
            assert_eq!(world.chain.balance(&endless), FUNDS - u128::from(LIMIT) * PRICE);
        }
    }
    assert_eq!(heard(&world, &panics), None);
}

#[test]
fn a_contract_that_cannot_pay_is_not_called_and_no_longer_subscribed() {
    let mut world = world();
    let contract = subscribed(&mut world, 1, Hook::EpochEnded, Habit::Keeps, 10_000_000);
    // 250 ANKR a call at most: it has them 40 times, and uses little. Now it has too little.
    let poor = subscribed(&mut world, 2, Hook::EpochEnded, Habit::NeverEnds, 10_000_000);
    let calls = u64::try_from(FUNDS / (10_000_000 * PRICE)).unwrap();
    assert_eq!(calls, 40);
    for _ in 0..calls {
        next_epoch(&mut world);
    }
    assert_eq!(world.chain.balance(&poor), 0);
    assert_eq!(subscriptions(&world, &poor).len(), 1);
    let last = next_epoch(&mut world);
    let dropped: Vec<_> = last
        .iter()
        .filter(|event| event.r#type == "hook_dropped")
        .collect();
    assert_eq!(dropped.len(), 1, "{last:#?}");
    assert_eq!(subscriptions(&world, &poor), []);
    assert_eq!(subscriptions(&world, &contract).len(), 1);
    assert_eq!(next_epoch(&mut world).len(), 1);
}

#[test]
fn the_calls_of_a_block_are_bounded_and_contracts_take_turns() {
    let mut world = world();
    let all: Vec<_> = (1..=5)
        .map(|number| subscribed(&mut world, number, Hook::EpochEnded, Habit::NeverEnds, 10_000_000))
        .collect();
    while !(world.chain.height as u64).is_multiple_of(EPOCH) {
        world.chain.block();
    }
    let mut called = Vec::new();
    for block in 0..3 {
        let calls = calls_of_block(&mut world);
        let gas: u128 = calls.iter().map(gas_used).sum();
        assert!(gas <= 20_000_000, "{gas} in block {block}");
        for call in &calls {
            called.push(attributes(std::slice::from_ref(call), "hook")[0].1.to_owned());
        }
        let left: usize = all.iter().map(|contract| waiting(&world, contract)).sum();
        assert_eq!(left, all.len() - called.len());
    }
    let mut expected: Vec<_> = all.iter().map(Address::to_string).collect();
    expected.sort();
    called.sort();
    assert_eq!(called, expected, "each once");
}

#[test]
fn the_parties_of_a_deal_hear_of_its_payments_and_its_end() {
    let mut world = world();
    let settled = subscribed(&mut world, 1, Hook::DealSettled, Habit::Keeps, LIMIT);
    let bob = world.address(1);
    let offer = world.deliver_any(1, market::create_offer(&bob));
    assert_eq!(offer.code, 0, "{}", offer.log);
    let alice = world.address(0);
    let expires = world.chain.time + 86_400;
    let open = open_with_application(&alice, &settled, expires);
    let opened = world.deliver_any(0, open);
    assert_eq!(opened.code, 0, "{}", opened.log);
    assert_eq!(waiting(&world, &settled), 0, "it did not subscribe to beginnings");
    let session = market::VoucherSession {
        seed: 7,
        deal_id: 1,
        sequence: 0,
    };
    let claim = market::claim(&bob, vec![market::voucher(&session, 1_000)]);
    let before = world.chain.balance(&settled);
    let claimed = world.deliver_any(1, claim);
    assert_eq!(claimed.code, 0, "{}", claimed.log);
    let told = heard(&world, &settled).expect("it was told in the same block");
    let deal = &told["deal_settled"];
    assert_eq!(
        (&deal["role"], &deal["deal"], &deal["amount"], &deal["paid"]),
        (&json!("application"), &json!(1), &json!("7000"), &json!("7000"))
    );
    assert_eq!(deal["provider"], json!(bob.to_string()));
    assert_ne!(world.chain.balance(&settled), before);
}

fn open_with_application(consumer: &Address, application: &Address, expires: i64) -> Any {
    use prost::Message;
    use slsbft_proto::metering::v1::MsgOpenDeal;
    let open = market::open_deal(
        consumer,
        1,
        100 * UANKR_PER_ANKR,
        &market::session_key(7),
        expires,
    );
    let mut message = MsgOpenDeal::decode(open.value.as_slice()).unwrap();
    message.application = application.to_string();
    market::pack("MsgOpenDeal", &message)
}

#[test]
fn only_a_contract_can_subscribe_and_it_can_let_go() {
    let mut world = world();
    let subscribe = MsgSubscribe {
        contract: world.address(0).to_string(),
        hook: Hook::EpochEnded.into(),
        gas_limit: LIMIT,
    };
    let result = world.deliver(0, &subscribe);
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("hooks", 2),
        "{}",
        result.log
    );
    let contract = slsbft_app::modules::contracts::address::numbered(1, 1);
    let leave = MsgUnsubscribe {
        contract: contract.to_string(),
        hook: Hook::EpochEnded.into(),
    };
    world.contract_of(0, listener(&any(&leave), Habit::Keeps), &json!({}));
    let message = world.call(0, &contract, &json!({}));
    let (space, code, log) = world.refused(0, &message);
    assert_eq!((space.as_str(), code), ("hooks", 5), "{log}");
}

#[test]
fn subscriptions_and_what_waits_outlive_a_restart_and_an_export() {
    let mut world = world();
    let all: Vec<_> = (1..=5)
        .map(|number| subscribed(&mut world, number, Hook::EpochEnded, Habit::NeverEnds, 10_000_000))
        .collect();
    while world.chain.height as u64 % EPOCH != 1 {
        world.chain.block();
    }
    let left: usize = all.iter().map(|contract| waiting(&world, contract)).sum();
    assert_eq!(left, 3, "two were called");
    let exported = slsbft_app::app::export(&world.chain.snapshot(), world.chain.height as u64).unwrap();
    assert_eq!(exported.hooks.subscriptions.len(), 5);
    assert_eq!(exported.hooks.inbox.len(), 3);
    exported.validate().unwrap();
    world.chain = world.chain.restart();
    assert_eq!(calls_of_block(&mut world).len(), 2);
    let after = |chain: &slsbft_tests::Chain| {
        slsbft_app::app::export(&chain.snapshot(), chain.height as u64)
            .unwrap()
            .hooks
    };
    let mut genesis = slsbft_genesis::local("again-1", slsbft_types::Time::from_seconds(world.chain.time));
    genesis.app_state = exported;
    let mut again = slsbft_tests::Chain::from_genesis(&genesis);
    again.block();
    assert_eq!(after(&again), after(&world.chain));
    assert_eq!(after(&again).inbox.len(), 1);
}

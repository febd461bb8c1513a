//! Contracts of the service bus on the chain: what they call at once, what comes back, and what is undone.

use cosmos_sdk_proto::{
    cosmos::bank::v1beta1::{MsgSend, QueryBalanceRequest, QueryBalanceResponse},
    cosmwasm::wasm::v1::{QueryRawContractStateRequest, QueryRawContractStateResponse},
};
use prost::Message;
use serde_json::json;
use slsbft_app::modules::contracts::address::numbered;
use slsbft_client::KeyKind;
use slsbft_genesis::{
    ConsensusKey, NewCandidate,
    beacon::{Hex32, VrfKey},
    staking::{Commission, Description},
};
use slsbft_mechanism::share::Dec;
use slsbft_proto::{
    beacon::v1::{QueryHistoryRequest, QueryHistoryResponse},
    hooks::v1::{Hook, MsgSubscribe},
};
use slsbft_tests::{Wallet, validators::vrf_secret};
use slsbft_types::{Address, Amount, Time, UANKR_PER_ANKR};

use crate::{
    listener::any,
    script::{Op, contract},
    support::{World, attributes, coins},
};

/// Makes a contract that is set up without a message.
fn made(world: &mut World, entries: &[(&str, Vec<Op>)]) -> Address {
    let mut entries = entries.to_vec();
    entries.push(("instantiate", Vec::new()));
    world.contract_of(0, contract(&entries), &json!({}))
}

fn kept(world: &World, contract: &Address, key: &str) -> Option<Vec<u8>> {
    let request = QueryRawContractStateRequest {
        address: contract.to_string(),
        query_data: key.as_bytes().to_vec(),
    };
    let answer: QueryRawContractStateResponse = world.query("RawContractState", &request).unwrap();
    (!answer.data.is_empty()).then_some(answer.data)
}

/// A kept answer: whether the call was done, and its text.
fn told(world: &World, contract: &Address, key: &str) -> (bool, String) {
    let kept = kept(world, contract, key).unwrap();
    (kept[0] == 0, String::from_utf8_lossy(&kept[1..]).into_owned())
}

#[test]
fn a_contract_keeps_returns_and_is_asked() {
    let mut world = World::start();
    let contract = made(
        &mut world,
        &[
            (
                "execute",
                vec![Op::KeepInput("said"), Op::KeepSender("who"), Op::Output("said")],
            ),
            ("query", vec![Op::Output("who")]),
        ],
    );
    let mut call = world.call(0, &contract, &json!({ "say": "hello" }));
    call.funds = coins(7);
    let (response, _): (
        cosmos_sdk_proto::cosmwasm::wasm::v1::MsgExecuteContractResponse,
        _,
    ) = world.send(0, &call);
    assert_eq!(response.data, br#"{"say":"hello"}"#);
    assert_eq!(kept(&world, &contract, "said").unwrap(), br#"{"say":"hello"}"#);
    let answer = world.smart(&contract, &json!({}));
    assert_eq!(answer, format!("{} 7uankr", world.address(0)).into_bytes());
    assert_eq!(world.chain.balance(&contract), 7);
}

#[test]
fn what_a_contract_calls_is_done_at_once_in_order_and_in_its_own_name() {
    let mut world = World::start();
    let callee = made(
        &mut world,
        &[(
            "execute",
            vec![
                Op::KeepSender("who"),
                Op::KeepInput("said"),
                Op::Event("heard", "from", "caller"),
                Op::Output("said"),
            ],
        )],
    );
    let caller = made(
        &mut world,
        &[(
            "execute",
            vec![
                Op::Event("before", "a", "1"),
                Op::Execute(callee, "{\"n\":1}".into(), "5uankr", -1),
                Op::Keep("answer"),
                Op::Event("after", "b", "2"),
            ],
        )],
    );
    let mut call = world.call(0, &caller, &json!({}));
    call.funds = coins(5);
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(told(&world, &caller, "answer"), (true, "{\"n\":1}".into()));
    assert_eq!(
        kept(&world, &callee, "who").unwrap(),
        format!("{caller} 5uankr").into_bytes()
    );
    assert_eq!(
        (world.chain.balance(&caller), world.chain.balance(&callee)),
        (0, 5)
    );
    let order: Vec<_> = result
        .events
        .iter()
        .map(|event| event.r#type.as_str())
        .filter(|kind| kind.starts_with("wasm-") || *kind == "execute")
        .collect();
    assert_eq!(
        order,
        ["execute", "wasm-before", "execute", "wasm-heard", "wasm-after"]
    );
    assert_eq!(
        attributes(&result.events, "wasm-before")[0],
        ("_contract_address", caller.to_string().as_str())
    );
}

#[test]
fn a_call_that_fails_is_undone_alone_and_its_words_come_back() {
    let mut world = World::start();
    let callee = made(
        &mut world,
        &[(
            "execute",
            vec![
                Op::Set("trace", b"x".to_vec()),
                Op::Event("trace", "a", "b"),
                Op::Fail("not today"),
            ],
        )],
    );
    let caller = made(
        &mut world,
        &[(
            "execute",
            vec![
                Op::Set("own", b"y".to_vec()),
                Op::Execute(callee, "{}".into(), "3uankr", -1),
                Op::Keep("answer"),
            ],
        )],
    );
    let mut call = world.call(0, &caller, &json!({}));
    call.funds = coins(3);
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    let (done, words) = told(&world, &caller, "answer");
    assert!(!done && words.contains("not today"), "{words}");
    assert_eq!(kept(&world, &callee, "trace"), None);
    assert_eq!(kept(&world, &caller, "own").unwrap(), b"y");
    assert_eq!(world.chain.balance(&caller), 3, "the coins came back");
    assert!(result.events.iter().all(|event| event.r#type != "wasm-trace"));
}

#[test]
fn a_call_that_takes_more_than_its_limit_fails_alone_and_one_that_takes_all_ends_the_transaction() {
    let mut world = World::start();
    let endless = made(&mut world, &[("execute", vec![Op::NeverEnds])]);
    let limited = made(
        &mut world,
        &[(
            "execute",
            vec![
                Op::Execute(endless, "{}".into(), "", 500_000_000),
                Op::Keep("answer"),
            ],
        )],
    );
    let call = world.call(0, &limited, &json!({}));
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(told(&world, &limited, "answer"), (false, "out of gas".into()));
    assert!(
        result.gas_used > 500_000 && result.gas_used < 1_000_000,
        "{}",
        result.gas_used
    );
    let greedy = made(
        &mut world,
        &[(
            "execute",
            vec![Op::Execute(endless, "{}".into(), "", -1), Op::Keep("answer")],
        )],
    );
    let call = world.call(0, &greedy, &json!({}));
    let result = world.deliver_with(0, &call, 3_000_000);
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("sdk", 11),
        "{}",
        result.log
    );
    assert_eq!(result.gas_used, 3_000_000);
}

#[test]
fn a_contract_that_waits_cannot_be_entered_or_asked() {
    let mut world = World::start();
    let (first, second) = (numbered(1, 1), numbered(2, 2));
    let entries = |other: Address| {
        vec![
            (
                "execute",
                vec![
                    Op::Execute(other, "{}".into(), "", -1),
                    Op::Keep("called"),
                    Op::Ask(other, "{}".into()),
                    Op::Keep("asked"),
                ],
            ),
            ("query", vec![Op::Ask(other, "{}".into()), Op::Output("called")]),
        ]
    };
    assert_eq!(made(&mut world, &entries(second)), first);
    assert_eq!(made(&mut world, &entries(first)), second);
    let call = world.call(0, &first, &json!({}));
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    let refused = (false, "codespace: wasm, code: 31".to_owned());
    assert_eq!(told(&world, &second, "called"), refused);
    assert_eq!(told(&world, &second, "asked"), refused);
    // When the second has returned it can be asked, but asks the first, which waits.
    assert!(told(&world, &first, "called").0);
    assert!(told(&world, &first, "asked").0);
}

#[test]
fn contracts_that_call_each_other_in_a_chain_end_at_the_limit() {
    let mut world = World::start();
    // Each calls the one made after it.
    for number in 1..=14u64 {
        let next = numbered(number + 1, number + 1);
        made(
            &mut world,
            &[(
                "execute",
                vec![Op::Execute(next, "{}".into(), "", -1), Op::Keep("answer")],
            )],
        );
    }
    let call = world.call(0, &numbered(1, 1), &json!({}));
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    assert!(told(&world, &numbered(10, 10), "answer").0);
    assert_eq!(
        told(&world, &numbered(11, 11), "answer"),
        (false, "codespace: wasm, code: 30".into())
    );
    assert_eq!(kept(&world, &numbered(12, 12), "answer"), None);
}

#[test]
fn modules_are_reached_by_message_and_query_with_the_contracts_own_authority() {
    let mut world = World::start();
    let (own, bob) = (numbered(1, 1), world.address(1));
    let pay = |from: &Address| {
        any(&MsgSend {
            from_address: from.to_string(),
            to_address: bob.to_string(),
            amount: coins(400),
        })
    };
    let balance = QueryBalanceRequest {
        address: own.to_string(),
        denom: "uankr".into(),
    };
    let ops = vec![
        Op::Query("/cosmos.bank.v1beta1.Query/Balance", balance.encode_to_vec()),
        Op::Keep("before"),
        Op::Send(pay(&own)),
        Op::Keep("own"),
        Op::Send(pay(&world.address(0))),
        Op::Keep("foreign"),
        Op::Query("/cosmos.bank.v1beta1.Query/Balance", balance.encode_to_vec()),
        Op::Keep("after"),
        Op::Query("/cosmos.bank.v1beta1.Query/Nothing", Vec::new()),
        Op::Keep("unknown"),
    ];
    assert_eq!(made(&mut world, &[("execute", ops)]), own);
    let before = world.chain.balance(&bob);
    let mut call = world.call(0, &own, &json!({}));
    call.funds = coins(1_000);
    let result = world.deliver(0, &call);
    assert_eq!(result.code, 0, "{}", result.log);
    let amount = |key: &str| {
        let kept = kept(&world, &own, key).unwrap();
        let balance = QueryBalanceResponse::decode(&kept[1..]).unwrap().balance;
        balance.unwrap().amount
    };
    assert_eq!(
        (amount("before").as_str(), amount("after").as_str()),
        ("1000", "600")
    );
    assert!(told(&world, &own, "own").0);
    assert_eq!(
        told(&world, &own, "foreign"),
        (false, "codespace: sdk, code: 4".into())
    );
    assert!(!told(&world, &own, "unknown").0);
    assert_eq!(world.chain.balance(&bob) - before, 400);
}

#[test]
fn both_interfaces_call_and_ask_each_other() {
    let mut world = World::start();
    let (token, bus) = (numbered(1, 1), numbered(2, 2));
    let alice = world.address(0);
    let msg = json!({
        "name": "Token", "symbol": "TKN", "decimals": 6,
        "initial_balances": [{ "address": bus.to_string(), "amount": "100" }],
    });
    assert_eq!(world.contract(0, "cw20_base", &msg), token);
    let transfer = json!({ "transfer": { "recipient": alice.to_string(), "amount": "30" } });
    let balance = json!({ "balance": { "address": bus.to_string() } });
    let entries = vec![
        (
            "execute",
            vec![
                Op::Execute(token, transfer.to_string(), "", -1),
                Op::Keep("paid"),
                Op::Ask(token, balance.to_string()),
                Op::Keep("left"),
            ],
        ),
        ("query", vec![Op::Output("left")]),
    ];
    assert_eq!(made(&mut world, &entries), bus);
    // A contract of CosmWasm passes the message on.
    let admins = json!({ "admins": [alice.to_string()], "mutable": false });
    let proxy = world.contract(0, "cw1_whitelist", &admins);
    let execute = json!({ "contract_addr": bus.to_string(), "msg": "e30=", "funds": [] });
    world.execute(
        0,
        &proxy,
        &json!({ "execute": { "msgs": [{ "wasm": { "execute": execute } }] } }),
    );
    assert!(told(&world, &bus, "paid").0);
    assert_eq!(told(&world, &bus, "left"), (true, "{\"balance\":\"70\"}".into()));
    let ask = json!({ "balance": { "address": alice.to_string() } });
    assert_eq!(world.ask(&token, &ask), json!({ "balance": "30" }));
}

/// A chain with a validator, who gives to the beacon.
pub fn world_with_validator() -> World {
    World::start_with(|genesis| {
        let operator = Wallet::new(KeyKind::Secp256k1, 1, 0).address();
        let candidate = NewCandidate {
            operator,
            consensus_key: ConsensusKey([1; 32]),
            stake: Amount::new(500_000 * UANKR_PER_ANKR),
            description: Description::default(),
            commission: Commission {
                rate: Dec::ZERO,
                max_rate: Dec::ZERO,
                max_change_rate: Dec::ZERO,
                updated_at: Time::default(),
            },
        };
        genesis.add_candidate(candidate).unwrap();
        genesis.app_state.beacon.vrf_keys.push(VrfKey {
            operator,
            vrf_key: Hex32(*vrf_secret(0).public().as_bytes()),
        });
    })
}

#[test]
fn the_beacon_is_there_for_past_heights_and_not_for_future_ones() {
    let mut world = world_with_validator();
    let ops = vec![
        Op::KeepBeacon("past", 3),
        Op::KeepBeacon("now", 6),
        Op::KeepBeacon("next", 7),
        Op::KeepBeacon("future", 1_000),
    ];
    let contract = made(&mut world, &[("execute", ops)]);
    while world.chain.height < 5 {
        world.chain.block();
    }
    world.execute(0, &contract, &json!({}));
    assert_eq!(world.chain.height, 6);
    let request = QueryHistoryRequest { pagination: None };
    let history: QueryHistoryResponse = world.ask_service("slsbft.beacon.v1.Query/History", &request);
    let beacon = |height: u64| {
        let found = history.contributions.iter().find(|given| given.height == height);
        found.unwrap().beacon.to_vec()
    };
    assert_eq!(kept(&world, &contract, "past").unwrap(), beacon(3));
    assert_eq!(kept(&world, &contract, "now").unwrap(), beacon(6));
    assert_ne!(beacon(3), beacon(6));
    assert_eq!(kept(&world, &contract, "next"), None);
    assert_eq!(kept(&world, &contract, "future"), None);
}

#[test]
fn a_contract_hears_hooks_at_its_entry_point_for_them() {
    let mut world = World::start_with(|genesis| genesis.app_state.epochs.params.blocks_per_epoch = 10);
    let own = numbered(1, 1);
    let subscribe = any(&MsgSubscribe {
        contract: own.to_string(),
        hook: Hook::EpochEnded.into(),
        gas_limit: 1_000_000,
    });
    let entries = vec![
        ("execute", vec![Op::Send(subscribe), Op::Keep("subscribed")]),
        ("hook", vec![Op::KeepInput("heard"), Op::KeepSender("who")]),
    ];
    assert_eq!(made(&mut world, &entries), own);
    let mut call = world.call(0, &own, &json!({}));
    call.funds = coins(1_000_000_000);
    assert_eq!(world.deliver(0, &call).code, 0);
    assert!(told(&world, &own, "subscribed").0);
    for _ in 0..11 {
        world.chain.block();
    }
    let heard = kept(&world, &own, "heard").unwrap();
    let heard: serde_json::Value = serde_json::from_slice(&heard).unwrap();
    assert!(heard["epoch_ended"]["epoch"].is_u64(), "{heard}");
    assert_eq!(kept(&world, &own, "who").unwrap(), b" ", "no sender, no coins");
}

#[test]
fn an_event_with_a_reserved_or_empty_name_ends_the_call() {
    let mut world = World::start();
    for (kind, key, why) in [
        ("x", "key", "too short"),
        ("fine", "_key", "reserved"),
        ("fine", "", "Empty"),
    ] {
        let contract = made(&mut world, &[("execute", vec![Op::Event(kind, key, "value")])]);
        let call = world.call(0, &contract, &json!({}));
        let (_, _, log) = world.refused(0, &call);
        assert!(log.contains(why), "{log}");
    }
}

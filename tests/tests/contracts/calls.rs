//! What contracts hold and what they are asked.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    QueryAllContractStateRequest, QueryAllContractStateResponse, QueryRawContractStateRequest,
    QueryRawContractStateResponse,
};
use serde_json::{Value, json};
use slsbft_app::query::Code;

use crate::support::{World, coins};

#[test]
fn a_contract_holds_funds_and_pays_them_out() {
    let mut world = World::start();
    let (alice, bob) = (world.address(0).to_string(), world.address(1).to_string());
    let msg = json!({ "verifier": alice, "beneficiary": bob });
    let contract = world.contract(0, "hackatom", &msg);
    let mut fund = world.call(0, &contract, &json!({ "release": { "denom": "uankr" } }));
    fund.funds = coins(5_000);
    let before = world.chain.balance(&world.address(1));
    let result = world.deliver(0, &fund);
    assert_eq!(result.code, 0, "{}", result.log);
    assert_eq!(world.chain.balance(&world.address(1)) - before, 5_000);
    assert_eq!(world.chain.balance(&contract), 0);
}

#[test]
fn a_panic_gives_its_words_and_undoes_everything() {
    let mut world = World::start();
    let (alice, bob) = (world.address(0).to_string(), world.address(1).to_string());
    let contract = world.contract(0, "hackatom", &json!({ "verifier": alice, "beneficiary": bob }));
    let mut panic = world.call(0, &contract, &json!({ "panic": {} }));
    panic.funds = coins(1_000);
    let result = world.deliver(0, &panic);
    assert_eq!(
        (result.codespace.as_str(), result.code),
        ("wasm", 29),
        "{}",
        result.log
    );
    assert!(
        result.log.contains("This page intentionally faulted"),
        "{}",
        result.log
    );
    assert!(result.log.contains("execute"), "{}", result.log);
    assert_eq!(world.chain.balance(&contract), 0, "the funds are back");
}

#[test]
fn endless_loops_and_memory_end_with_the_gas() {
    let mut world = World::start();
    let (alice, bob) = (world.address(0).to_string(), world.address(1).to_string());
    let contract = world.contract(0, "hackatom", &json!({ "verifier": alice, "beneficiary": bob }));
    for msg in [
        json!({ "cpu_loop": {} }),
        json!({ "storage_loop": {} }),
        json!({ "memory_loop": {} }),
    ] {
        let message = world.call(0, &contract, &msg);
        let result = world.deliver_with(0, &message, 20_000_000);
        assert_ne!(result.code, 0, "{msg}");
        if msg.get("memory_loop").is_none() {
            assert_eq!(
                (result.codespace.as_str(), result.code),
                ("sdk", 11),
                "{}",
                result.log
            );
            assert_eq!(result.gas_used, 20_000_000);
        }
    }
}

#[test]
fn raw_and_whole_state_are_what_the_contract_wrote() {
    let mut world = World::start();
    let contract = world.contract(0, "queue", &json!({}));
    for value in [1, 2, 3] {
        world.execute(0, &contract, &json!({ "enqueue": { "value": value } }));
    }
    let request = QueryAllContractStateRequest {
        address: contract.to_string(),
        pagination: None,
    };
    let all: QueryAllContractStateResponse = world.query("AllContractState", &request).unwrap();
    assert_eq!(all.models.len(), 3);
    assert_eq!(
        serde_json::from_slice::<Value>(&all.models[2].value).unwrap(),
        json!({ "value": 3 })
    );
    let request = QueryRawContractStateRequest {
        address: contract.to_string(),
        query_data: all.models[0].key.clone(),
    };
    let raw: QueryRawContractStateResponse = world.query("RawContractState", &request).unwrap();
    assert_eq!(raw.data, all.models[0].value);
    assert_eq!(world.ask(&contract, &json!({ "sum": {} })), json!({ "sum": 6 }));
    world.execute(0, &contract, &json!({ "dequeue": {} }));
    assert_eq!(
        world.ask(&contract, &json!({ "count": {} })),
        json!({ "count": 2 })
    );
}

#[test]
fn questions_nest_so_deep_and_no_deeper() {
    let mut world = World::start();
    let (alice, bob) = (world.address(0).to_string(), world.address(1).to_string());
    let contract = world.contract(0, "hackatom", &json!({ "verifier": alice, "beneficiary": bob }));
    let ask = |depth: u32| json!({ "recurse": { "depth": depth, "work": 5 } });
    assert!(world.ask(&contract, &ask(5))["hashed"].is_string());
    let error = world.try_ask(&contract, &ask(50)).unwrap_err();
    assert_eq!(error.code, Code::Unknown);
    assert!(error.message.contains("nest more than 10 deep"), "{error}");
}

#[test]
fn who_is_no_contract_cannot_be_called_or_asked() {
    let mut world = World::start();
    let nobody = world.address(2);
    let message = world.call(0, &nobody, &json!({}));
    let (space, code, words) = world.refused(0, &message);
    assert_eq!((space.as_str(), code), ("wasm", 22), "{words}");
    assert_eq!(
        world.try_ask(&nobody, &json!({})).unwrap_err().code,
        Code::NotFound
    );
}

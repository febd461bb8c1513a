//! Contracts that ask, and are told.

use cosmos_sdk_proto::{
    Any,
    cosmos::bank::v1beta1::MsgSend,
    cosmwasm::wasm::v1::{
        MsgExecuteContract, MsgInstantiateContract, MsgStoreCode, QueryRawContractStateRequest,
        QueryRawContractStateResponse,
    },
};
use prost::Message;
use serde_json::{Value, json};
use slsbft_app::modules::contracts::address;
use slsbft_client::{Fee, TxBuilder};
use slsbft_proto::requests::v1::{MsgPost, Status};
use slsbft_tests::wallet::transfer;
use slsbft_types::{Address, Amount, Coins, UANKR_PER_ANKR};

use crate::{
    listener::{Habit, any, listener},
    support::{ALICE, FEE, NODES, World, found},
};

const GAS: u64 = 400_000_000;
pub const FUNDS: u128 = 10_000 * UANKR_PER_ANKR;
/// uankr a gas.
pub const PRICE: u128 = 25;
const CALLBACK: u64 = 1_000_000;

/// A contract that posts a request when it is told to execute anything.
fn contract(world: &mut World, habit: Habit) -> Address {
    let contract = address::numbered(1, 1);
    let post = MsgPost {
        poster: contract.to_string(),
        callback_gas: CALLBACK,
        ..world.post_message(ALICE)
    };
    let store = MsgStoreCode {
        sender: world.text(ALICE),
        wasm_byte_code: listener(&any(&post), habit),
        instantiate_permission: None,
    };
    send(world, any(&store));
    instantiate(world, b"{}")
}

/// A contract of code 1, with coins.
pub fn instantiate(world: &mut World, msg: &[u8]) -> Address {
    let contract = address::numbered(1, 1);
    let make = MsgInstantiateContract {
        sender: world.text(ALICE),
        admin: String::new(),
        code_id: 1,
        label: "one that asks".into(),
        msg: msg.to_vec(),
        funds: Vec::new(),
    };
    send(world, any(&make));
    let funds: MsgSend = transfer(&world.address(ALICE), &contract, FUNDS);
    send(world, any(&funds));
    contract
}

pub fn send(world: &mut World, message: Any) {
    let fee = Fee {
        amount: Coins::base(Amount::new(PRICE * u128::from(GAS))),
        gas_limit: GAS,
        payer: None,
    };
    let tx = TxBuilder::new().any(message).fee(fee);
    let admitted = world.chain.submit(world.wallets[ALICE].sign(&tx).bytes());
    assert_eq!(admitted.code, 0, "{}", admitted.log);
    let block = world.chain.block();
    assert_eq!(block.results()[0].code, 0, "{}", block.results()[0].log);
}

/// The contract asks; its request's id.
pub fn ask(world: &mut World, contract: &Address, msg: &[u8]) -> u64 {
    let execute = MsgExecuteContract {
        sender: world.text(ALICE),
        contract: contract.to_string(),
        msg: msg.to_vec(),
        funds: Vec::new(),
    };
    send(world, any(&execute));
    world.chain.block();
    let id = world.last_id();
    assert_eq!(world.request(id).poster, contract.to_string());
    id
}

pub fn heard(world: &World, contract: &Address, key: &str) -> Option<Value> {
    let request = QueryRawContractStateRequest {
        address: contract.to_string(),
        query_data: key.as_bytes().to_vec(),
    };
    let path = "/cosmwasm.wasm.v1.Query/RawContractState";
    let bytes = world.chain.route(path, &request.encode_to_vec()).unwrap();
    let answer = QueryRawContractStateResponse::decode(bytes.as_slice()).unwrap();
    (!answer.data.is_empty()).then(|| serde_json::from_slice(&answer.data).unwrap())
}

#[test]
fn a_contract_asks_and_is_told_the_answer_in_the_block_that_ends_the_request() {
    let mut world = World::start();
    let contract = contract(&mut world, Habit::Keeps);
    let id = ask(&mut world, &contract, b"{}");
    assert_eq!(world.chain.balance(&contract), FUNDS - FEE);
    let answers = vec![found("1.25"); NODES];
    world.commit(id, &answers);
    assert_eq!(heard(&world, &contract, "heard"), None);
    world.reveal(id, &answers);
    let told = heard(&world, &contract, "heard").expect("it was told");
    assert_eq!(told, json!({ "answered": { "request": id, "answer": "1.25" } }));
    let paid = FUNDS - FEE - world.chain.balance(&contract);
    assert!(
        paid > 40_000 * PRICE && paid < u128::from(CALLBACK) * PRICE,
        "{paid}"
    );
}

#[test]
fn a_contract_is_told_why_there_is_no_answer_and_gets_its_fee_back() {
    let mut world = World::start();
    let contract = contract(&mut world, Habit::Keeps);
    let silent = ask(&mut world, &contract, b"{}");
    let end = world.request(silent).reveal_until as i64;
    world.until(end);
    let told = heard(&world, &contract, "heard").expect("it was told");
    assert_eq!(
        told,
        json!({ "answered": { "request": silent, "error": "silence" } })
    );
    let id = ask(&mut world, &contract, b"{}");
    let answers: Vec<_> = (0..NODES).map(|n| found(&n.to_string())).collect();
    world.commit(id, &answers);
    world.reveal(id, &answers);
    let told = heard(&world, &contract, "heard").expect("it was told");
    assert_eq!(
        told,
        json!({ "answered": { "request": id, "error": "disagreement" } })
    );
    assert!(world.chain.balance(&contract) > FUNDS - FEE, "both fees are back");
}

#[test]
fn a_contract_that_panics_or_never_ends_when_it_is_told_changes_nothing_for_the_others() {
    for habit in [Habit::Panics, Habit::NeverEnds] {
        let mut world = World::start();
        let contract = contract(&mut world, habit);
        let id = ask(&mut world, &contract, b"{}");
        let answers = vec![found("1.25"); NODES];
        world.commit(id, &answers);
        world.reveal(id, &answers);
        assert_eq!(world.request(id).status(), Status::Answered);
        assert_eq!((heard(&world, &contract, "heard"), world.escrow()), (None, 0));
    }
}

//! When code may be used that takes nodes time to compile.

use std::{fmt::Write as _, sync::Arc};

use cosmos_sdk_proto::cosmwasm::wasm::v1::{MsgInstantiateContract, MsgStoreCode, QueryCodeRequest};
use prost::{Message, Name};
use serde_json::json;
use slsbft_app::{
    app::export,
    modules::contracts::compiling::{AT_ONCE, MOST, PER_BLOCK},
};
use slsbft_client::TxBuilder;
use slsbft_tests::chain::Setup;
use slsbft_wasm::{Config, Vm};

use crate::support::{GAS, World, fee, published, ready_height as ready};

/// The part of `QueryCodeInfoResponse` that is this chain's own.
#[derive(Clone, PartialEq, Message)]
struct CodeInfo {
    #[prost(uint64, tag = "1000")]
    ready_height: u64,
}

/// A contract for the service bus that is estimated to compile for long, and does not: the estimate of a
/// switch knows nothing of what its targets share. `number` makes it different code.
fn slow(functions: usize, number: usize) -> Vec<u8> {
    let locals = "(local i64) ".repeat(105);
    let mut text = format!(
        r#"(module (memory (export "memory") 1) (func (export "slsbft_abi_1")) (func (export "instantiate"))
        (func (export "execute")) (func i32.const {number} drop) "#
    );
    for _ in 0..functions {
        let _ = write!(
            text,
            "(func {locals} block i32.const 0 br_table {} end) ",
            "0 ".repeat(9_000)
        );
    }
    wat::parse_str(text + ")").unwrap()
}

fn upload(world: &World, code: &[u8]) -> MsgStoreCode {
    MsgStoreCode {
        sender: world.address(0).to_string(),
        wasm_byte_code: code.to_vec(),
        instantiate_permission: None,
    }
}

fn instantiation(world: &World, code: u64) -> MsgInstantiateContract {
    world.instantiation(0, code, &json!({}))
}

fn tx<M: Message + Name>(message: &M) -> TxBuilder {
    TxBuilder::of(message).fee(fee(GAS))
}

fn estimate(code: &[u8]) -> u64 {
    slsbft_tests::chain::VM.check(code).unwrap().effort()
}

/// Uploads code whose compilation takes several blocks.
fn stored(world: &mut World, code: &[u8]) -> i64 {
    let result = world.deliver(0, &upload(world, code));
    assert_eq!(result.code, 0, "{}", result.log);
    ready(&result).expect("it is not ready in the next block")
}

#[test]
fn code_that_takes_long_to_compile_may_be_used_when_nodes_have_had_the_time() {
    let mut world = World::start();
    let code = slow(4, 1);
    let blocks = (estimate(&code) - AT_ONCE).div_ceil(PER_BLOCK);
    assert!(blocks > 2, "{blocks}");
    let ready = stored(&mut world, &code);
    assert_eq!(ready, world.chain.height + i64::try_from(blocks).unwrap());
    let told: CodeInfo = world.query("CodeInfo", &QueryCodeRequest { code_id: 1 }).unwrap();
    assert_eq!(told.ready_height, ready as u64);
    while world.chain.height + 1 < ready {
        let refused = world.refused(0, &instantiation(&world, 1));
        assert_eq!((refused.0.as_str(), refused.1), ("wasm", 32));
        assert!(
            refused.2.contains(&format!("use it from height {ready}")),
            "{}",
            refused.2
        );
    }
    let contract = world.instantiate(0, 1, &json!({}));
    world.execute(0, &contract, &json!({}));
}

#[test]
fn what_is_migrated_to_must_be_compiled_too() {
    let mut world = World::start();
    let contract = world.contract_of(0, slow(0, 1), &json!({}));
    let code = slow(4, 2);
    stored(&mut world, &code);
    let migration = cosmos_sdk_proto::cosmwasm::wasm::v1::MsgMigrateContract {
        sender: world.address(0).to_string(),
        contract: contract.to_string(),
        code_id: 2,
        msg: b"{}".to_vec(),
    };
    let refused = world.refused(0, &migration);
    assert_eq!((refused.0.as_str(), refused.1), ("wasm", 32), "{}", refused.2);
}

#[test]
fn uploads_wait_for_one_another_and_too_many_are_refused() {
    let mut world = World::start();
    let mut last = 0;
    let mut number = 0;
    let refused = loop {
        number += 1;
        let code = slow(4, number);
        let result = world.deliver(0, &upload(&world, &code));
        if result.code != 0 {
            break result;
        }
        // Each waits for all before it, and every block takes its share off.
        let ready = ready(&result).expect("it is not ready in the next block");
        let share = i64::try_from(estimate(&code) / PER_BLOCK).unwrap();
        assert!(ready >= last + share || last == 0, "{last} {ready}");
        last = ready;
    };
    assert_eq!(
        (refused.codespace.as_str(), refused.code),
        ("wasm", 33),
        "{}",
        refused.log
    );
    assert!(last <= world.chain.height + i64::try_from(MOST / PER_BLOCK).unwrap());
    let words = refused.log.rsplit_once("height ").unwrap().1;
    let height: i64 = words
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap()
        .parse()
        .unwrap();
    while world.chain.height + 1 < height {
        world.chain.block();
    }
    stored(&mut world, &slow(4, number));
}

#[test]
fn an_ordinary_contract_may_be_used_in_the_block_after_its_upload_and_not_in_the_same() {
    let mut world = World::start();
    let store = tx(&upload(&world, &published("hackatom")));
    let msg =
        json!({ "verifier": world.address(0).to_string(), "beneficiary": world.address(1).to_string() });
    let make = world.instantiation(1, 1, &msg);
    let block = world.together([(0, store), (1, tx(&make))]);
    let [stored, made] = block.results() else {
        panic!("two results")
    };
    assert_eq!((stored.code, ready(stored)), (0, None), "{}", stored.log);
    assert_eq!(made.code, 32, "{}", made.log);
    world.instantiate(1, 1, &msg);
}

#[test]
fn bytes_that_are_there_already_wait_and_cost_no_second_time() {
    let mut world = World::start();
    let code = slow(4, 1);
    let first = world.deliver(0, &upload(&world, &code));
    let again = world.deliver(
        1,
        &MsgStoreCode {
            sender: world.address(1).to_string(),
            ..upload(&world, &code)
        },
    );
    assert_eq!(ready(&again), ready(&first));
    assert!(
        again.gas_used < first.gas_used - 1_000_000,
        "{} {}",
        again.gas_used,
        first.gas_used
    );
}

#[test]
fn an_upload_pays_for_what_compiling_is_estimated_to_take_and_simulation_tells() {
    let mut world = World::start();
    let cheap = world.deliver(0, &upload(&world, &slow(0, 1))).gas_used;
    let message = upload(&world, &slow(4, 1));
    let told = world.simulated_gas(0, &message);
    let dear = world.deliver(0, &message);
    assert_eq!(dear.gas_used as u64, told);
    assert!(dear.gas_used > cheap + 10_000 * estimate(&message.wasm_byte_code) as i64);
}

#[test]
fn a_node_that_has_compiled_nothing_comes_to_the_same_state() {
    let mut world = World::start();
    let code = slow(4, 1);
    let mut blocks = vec![world.together([(0, tx(&upload(&world, &code)))])];
    let ready = ready(&blocks[0].results()[0]).unwrap();
    // One is refused on both.
    blocks.push(world.together([(0, tx(&instantiation(&world, 1)))]));
    while world.chain.height + 1 < ready {
        blocks.push(world.chain.block());
    }
    blocks.push(world.together([(0, tx(&instantiation(&world, 1)))]));
    assert_eq!(blocks[blocks.len() - 1].results()[0].code, 0);

    let vm = Some(Arc::new(Vm::new(Config::default()).unwrap()));
    let setup = Setup {
        vm,
        ..Setup::default()
    };
    let mut other = World::start_on(setup, |_| ());
    for (number, block) in blocks.iter().enumerate() {
        if number == 2 {
            other.chain = other.chain.restart();
        }
        other.chain.replay(block.request.clone());
    }
    assert_eq!(other.chain.app_hash, world.chain.app_hash);
}

#[test]
fn what_waits_when_a_chain_is_exported_is_ready_on_the_next() {
    let mut world = World::start();
    stored(&mut world, &slow(4, 1));
    let state = export(&world.chain.snapshot(), world.chain.height as u64).unwrap();
    let mut next = World::start_with(|genesis| genesis.app_state = state);
    next.wallets = world.wallets;
    next.instantiate(0, 1, &json!({}));
}

//! Tasks: codes that nodes run off the chain, for anybody and for contracts.

use std::sync::LazyLock;

use cosmos_sdk_proto::{Any, cosmwasm::wasm::v1::MsgStoreCode};
use slsbft_app::machine::POINTS_PER_GAS;
use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{MsgPost, Request, Status, Task};
use slsbft_tests::Chain;
use slsbft_types::{Amount, Time, UANKR_PER_ANKR};
use slsbft_wasm::{Config, Lane, Vm, bus};

use crate::{
    callbacks::{FUNDS, PRICE, ask, heard, instantiate, send},
    compilers,
    listener::any,
    support::{ALICE, BOB, FEE, NODES, QUORUM, World, answer_of, found},
};

static PRIMES: LazyLock<Vec<u8>> = LazyLock::new(|| compilers::c("primes"));

const GAS: u64 = 100_000_000;
/// Of so much gas, at 1 ANKR a million.
const TASK_FEE: u128 = FEE + 100 * UANKR_PER_ANKR;

fn store(world: &mut World) {
    let store = MsgStoreCode {
        sender: world.text(ALICE),
        wasm_byte_code: PRIMES.clone(),
        instantiate_permission: None,
    };
    send(world, any(&store));
}

fn task(world: &World, who: usize, input: &str, gas: u64) -> MsgPost {
    MsgPost {
        poster: world.text(who),
        fee: TASK_FEE.to_string(),
        task: Some(Task {
            code_id: 1,
            input: input.as_bytes().to_vec().into(),
            gas,
        }),
        ..MsgPost::default()
    }
}

fn post(world: &mut World, message: &MsgPost) -> u64 {
    world.send(ALICE, any(message));
    world.chain.block();
    world.last_id()
}

/// What a node finds: it runs what the chain says, without the chain.
fn run(request: &Request) -> Answer {
    static VM: LazyLock<Vm> = LazyLock::new(|| Vm::new(Config::default()).unwrap());
    let task = request.task.as_ref().expect("a task");
    let run = bus::Task {
        vm: &VM,
        code: &VM.compile(&PRIMES).unwrap(),
        points: task.gas * POINTS_PER_GAS,
        lane: Lane::Block,
    };
    match run.run(&task.input).unwrap().result {
        Ok(output) => Answer::Found(String::from_utf8(output).unwrap()),
        Err(failure) => Answer::Failed(failure.reason.to_string()),
    }
}

fn answered(world: &mut World, id: u64) -> Answer {
    let answers = vec![run(&world.request(id)); NODES];
    world.commit(id, &answers);
    world.reveal(id, &answers);
    let request = world.request(id);
    assert_eq!(request.status(), Status::Answered);
    answer_of(&request).unwrap()
}

#[test]
fn a_contract_has_nodes_compute_and_is_told_the_result() {
    let mut world = World::start();
    store(&mut world);
    let contract = instantiate(&mut world, br#"{"code":1}"#);
    let fee = TASK_FEE;
    let msg = format!(r#"{{"count":{{"below":"1000000","gas":"{GAS}","fee":"{fee}"}}}}"#);
    let id = ask(&mut world, &contract, msg.as_bytes());
    assert_eq!(world.request(id).callback_gas, 200_000);
    assert_eq!(answered(&mut world, id), found("78498"));
    let told = heard(&world, &contract, "told").expect("it was told");
    assert_eq!(
        told,
        serde_json::json!({ "answered": { "request": id, "answer": "78498" } })
    );
    assert!(world.chain.balance(&contract) < FUNDS - fee + fee % NODES as u128);
}

#[test]
fn equal_failures_of_a_task_are_its_answer_and_are_paid() {
    let mut world = World::start();
    store(&mut world);
    let contract = instantiate(&mut world, br#"{"code":1}"#);
    let msg = format!(r#"{{"count":{{"below":"1000000","gas":"1000","fee":"{TASK_FEE}"}}}}"#);
    let id = ask(&mut world, &contract, msg.as_bytes());
    let edge = world.drawn(id)[0];
    let before = world.chain.balance(&world.address(edge));
    assert_eq!(answered(&mut world, id), Answer::Failed("out of gas".into()));
    let told = heard(&world, &contract, "told").expect("it was told");
    let expected = serde_json::json!({ "request": id, "error": "failed", "reason": "out of gas" });
    assert_eq!(told, serde_json::json!({ "answered": expected }));
    // Its two transactions, of a million gas each.
    let spent = 2 * 1_000_000 * PRICE;
    let after = world.chain.balance(&world.address(edge));
    assert_eq!(after, before - spent + TASK_FEE / NODES as u128);
}

#[test]
fn other_words_for_a_failure_are_another_answer() {
    let mut world = World::start();
    store(&mut world);
    let message = task(&world, ALICE, "7", GAS);
    let id = post(&mut world, &message);
    let mut answers = vec![Answer::Failed("a".into()); QUORUM - 1];
    // The same words are no failure where they are the output.
    answers.extend([found("a"), Answer::Failed("b".into())]);
    world.commit(id, &answers);
    world.reveal(id, &answers);
    assert_eq!(world.request(id).status(), Status::Disagreement);
}

#[test]
fn a_task_is_not_unavailable_and_a_url_does_not_fail() {
    let mut world = World::start();
    store(&mut world);
    let message = task(&world, ALICE, "7", GAS);
    for (id, wrong) in [
        (post(&mut world, &message), Answer::Unavailable),
        (world.post(ALICE, FEE), Answer::Failed("a".into())),
    ] {
        world.commit(id, &vec![wrong.clone(); NODES]);
        let edge = world.drawn(id)[0];
        assert_eq!(world.refused(edge, world.revelation(id, edge, &wrong)), 27);
    }
}

#[test]
fn tasks_that_the_chain_does_not_take_are_refused() {
    let mut world = World::start();
    store(&mut world);
    let good = task(&world, ALICE, "7", GAS);
    let with = |change: fn(&mut MsgPost)| {
        let mut message = good.clone();
        change(&mut message);
        any(&message)
    };
    fn of(message: &mut MsgPost) -> &mut Task {
        message.task.as_mut().unwrap()
    }
    let cases: Vec<(Any, u32)> = vec![
        (with(|m| m.fee = (TASK_FEE - 1).to_string()), 6),
        // A part of a million counts as one.
        (with(|m| of(m).gas += 1), 6),
        (with(|m| m.url = "https://api.example.com/".into()), 22),
        (with(|m| m.path = "$".into()), 22),
        (with(|m| m.decimals = Some(0)), 22),
        (with(|m| of(m).input = vec![0; 4_097].into()), 23),
        (with(|m| of(m).gas = 0), 24),
        (with(|m| of(m).code_id = 2), 25),
        (
            with(|m| (of(m).gas, m.fee) = (2_000_000_001, u64::MAX.to_string())),
            26,
        ),
        (with(|m| of(m).gas = u64::MAX), 6),
    ];
    for (message, code) in cases {
        assert_eq!(world.refused(ALICE, message), code);
    }
    let longest = with(|m| of(m).input = vec![0; 4_096].into());
    let result = world.deliver_with(vec![(ALICE, longest)], 3_000_000).remove(0);
    assert_eq!(result.code, 0, "{}", result.log);
    // Kept with the request, so it is paid for.
    assert!(result.gas_used > 200_000 + 4_096 * 300, "{}", result.gas_used);
}

#[test]
fn a_task_that_would_cost_more_than_there_can_be_is_refused_and_the_chain_goes_on() {
    let mut world = World::start_with(7, |genesis| {
        genesis.app_state.requests.params.task_price = Amount::new(u128::MAX / 2);
    });
    store(&mut world);
    let mut message = task(&world, ALICE, "7", u64::MAX);
    message.fee = u64::MAX.to_string();
    assert_eq!(world.refused(ALICE, any(&message)), 6);
    world.post(ALICE, FEE);
}

#[test]
fn the_tasks_of_a_block_ask_for_so_much_gas_together_and_no_more() {
    let mut world = World::start_with(7, |genesis| {
        genesis.app_state.requests.params.max_task_gas = 2 * GAS + 1;
    });
    store(&mut world);
    for _ in 0..2 {
        let messages = [ALICE, BOB, 2]
            .map(|who| (who, any(&task(&world, who, "7", GAS))))
            .to_vec();
        let codes: Vec<_> = world.deliver(messages).iter().map(|result| result.code).collect();
        assert_eq!(codes, [0, 0, 26]);
    }
    // What is at URLs is not held up.
    world.post(ALICE, FEE);
}

#[test]
fn tasks_outlive_an_export() {
    let mut world = World::start();
    store(&mut world);
    let message = task(&world, ALICE, "7", GAS);
    let done = post(&mut world, &message);
    let answers = vec![Answer::Failed("no".into()); NODES];
    world.commit(done, &answers);
    world.reveal(done, &answers);
    let message = task(&world, ALICE, "1000", GAS);
    let id = post(&mut world, &message);
    let exported = slsbft_app::app::export(&world.chain.snapshot(), world.chain.height as u64).unwrap();
    exported.validate().unwrap();
    let mut genesis = slsbft_genesis::local("again-1", Time::from_seconds(world.chain.time));
    genesis.initial_height = world.chain.height + 1;
    let text = serde_json::to_string(&exported).unwrap();
    genesis.app_state = serde_json::from_str(&text).unwrap();
    world.chain = Chain::from_genesis(&genesis);
    world.chain.block();
    assert_eq!(answer_of(&world.request(done)), Some(Answer::Failed("no".into())));
    let request = world.request(id);
    assert_eq!((request.status(), run(&request)), (Status::Open, found("168")));
    assert_eq!(world.escrow(), TASK_FEE);
}

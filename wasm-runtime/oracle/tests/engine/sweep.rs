//! Every published contract answers here as it does elsewhere, whatever entry point is called with
//! whatever message: good ones, made of what the contract itself says that it takes, and bad ones.

use cosmwasm_std::{ContractResult, Timestamp, coins};
use cosmwasm_vm::testing::{MOCK_CONTRACT_ADDR, MockApi, mock_env, mock_info};
use slsbft_wasm::Reason;
use slsbft_wasm::cosmwasm::{Entry, Response};

use crate::grammar::{Grammar, Heard, Random};
use crate::oracle::{Pair, accepted, json};
use crate::published;
use crate::support::call;

/// Random messages for each entry point of each contract.
const MESSAGES: usize = 60;

/// Enough for whatever ends; loops use it up.
const BUDGET: u64 = 20_000_000_000;

/// Messages that are tested elsewhere: in NaNs the VMs differ, and what differs is said there.
const LEAVE_OUT: &[&str] = &["run"];

#[test]
fn published_contracts_answer_whatever_they_are_sent_as_elsewhere() {
    let mut total = Summary::default();
    for (name, code) in published::all() {
        if accepted(&code) != [true, true] {
            continue;
        }
        let mut pair = Pair::with_balances(&code, &[(MOCK_CONTRACT_ADDR, &coins(1000, "earth"))]);
        pair.budget = BUDGET;
        let summary = run(&mut pair, &mut Random(7));
        println!("{name}: {summary:?}");
        total.add(&summary);
    }
    println!("{total:?}");
    // Most messages are read to their end, and every way to end is met.
    assert!(total.variants > 150, "{total:?}");
    assert!(total.returned > total.refused / 4, "{total:?}");
    assert!(total.failed > 20 && total.out_of_gas > 5, "{total:?}");
}

/// Variants of messages that were found, calls that it took to find them, and how many calls then met no
/// entry point, returned, were refused by the contract, failed, and ran out.
#[derive(Debug, Default)]
struct Summary {
    variants: usize,
    asked: usize,
    missing: usize,
    returned: usize,
    refused: usize,
    failed: usize,
    out_of_gas: usize,
}

impl Summary {
    fn add(&mut self, other: &Self) {
        self.variants += other.variants;
        self.asked += other.asked;
        self.missing += other.missing;
        self.returned += other.returned;
        self.refused += other.refused;
        self.failed += other.failed;
        self.out_of_gas += other.out_of_gas;
    }
}

fn run(pair: &mut Pair, random: &mut Random) -> Summary {
    let mut summary = Summary::default();
    for entry in [
        Entry::Instantiate,
        Entry::Execute,
        Entry::Query,
        Entry::Sudo,
        Entry::Migrate,
    ] {
        let mut asked = Summary::default();
        let grammar = Grammar::learn(|msg| heard(send(pair, &mut asked, entry, "creator", msg)));
        summary.asked += asked.returned + asked.refused + asked.failed;
        summary.variants += grammar.variants();
        for _ in 0..MESSAGES {
            let sender = MockApi::default().addr_make(random.pick::<&str>(&["alice", "bob", "creator"]));
            change(pair, random);
            if let Some(msg) = grammar.message(random, LEAVE_OUT) {
                let _ = send(pair, &mut summary, entry, &sender, &msg);
            }
        }
    }
    for _ in 0..MESSAGES {
        let reply = reply(random);
        let _ = send(pair, &mut summary, Entry::Reply, "", &reply);
    }
    summary
}

/// Calls both; what they answered is the same.
fn send(
    pair: &mut Pair,
    summary: &mut Summary,
    entry: Entry,
    sender: &str,
    msg: &str,
) -> Result<String, Reason> {
    let (env, info) = (json(&pair.env), json(&mock_info(sender, &coins(2, "earth"))));
    let args: &[&[u8]] = match entry {
        Entry::Instantiate | Entry::Execute => &[&env, &info, msg.as_bytes()],
        _ => &[&env, msg.as_bytes()],
    };
    let read = typed(pair, entry, sender, msg);
    let mut answer = pair.both(entry, args);
    if entry == Entry::Migrate && answer == Err(Reason::NoEntry) {
        let info = format!(r#"{{"sender":"{sender}","old_migrate_version":null}}"#);
        answer = pair.both(entry, &[&env, msg.as_bytes(), info.as_bytes()]);
    }
    let answer = answer.map(|bytes| String::from_utf8(bytes).unwrap());
    if let Some(read) = read {
        let expected = answer.clone().and_then(|text| told(&text));
        assert_eq!(read, expected, "{msg}");
    }
    match &answer {
        Ok(text) if text.starts_with(r#"{"ok""#) => summary.returned += 1,
        Ok(_) => summary.refused += 1,
        Err(Reason::NoEntry) => summary.missing += 1,
        Err(Reason::OutOfGas) => summary.out_of_gas += 1,
        Err(_) => summary.failed += 1,
    }
    answer
}

/// What is in a contract's answer.
fn told(answer: &str) -> Result<Response, Reason> {
    match serde_json::from_str(answer) {
        Ok(ContractResult::Ok(response)) => Ok(response),
        Ok(ContractResult::Err(text)) => Err(Reason::Contract(text)),
        Err(error) => Err(Reason::Returned(error.to_string())),
    }
}

/// What a chain is told of the same call, which then is undone: messages, attributes, events, data.
fn typed(pair: &mut Pair, entry: Entry, sender: &str, msg: &str) -> Option<Result<Response, Reason>> {
    let (env, info) = (pair.env.clone(), mock_info(sender, &coins(2, "earth")));
    let state = pair.ours.state.clone();
    let call = call(&pair.code, &mut pair.ours, pair.budget);
    let outcome = match entry {
        Entry::Instantiate => call.instantiate(&env, &info, msg.as_bytes()),
        Entry::Execute => call.execute(&env, &info, msg.as_bytes()),
        Entry::Sudo => call.sudo(&env, msg.as_bytes()),
        _ => return None,
    };
    pair.ours.state = state;
    Some(outcome.unwrap().result.map_err(|failure| failure.reason))
}

fn heard(answer: Result<String, Reason>) -> Heard {
    match answer {
        Ok(text) if text.contains("Error parsing into type") => Heard::Refused(text),
        _ => Heard::Read,
    }
}

/// Another block and transaction.
fn change(pair: &mut Pair, random: &mut Random) {
    pair.env.block.height = random.next() >> random.below(64);
    pair.env.block.time = Timestamp::from_nanos(random.next() >> random.below(64));
    pair.env.transaction = mock_env().transaction.filter(|_| random.below(3) > 0);
    if let Some(transaction) = &mut pair.env.transaction {
        transaction.index = u32::try_from(random.below(9)).unwrap();
    }
}

fn reply(random: &mut Random) -> String {
    let id = random.pick(&["0", "1", "7", "123", "18446744073709551615", "-1"]);
    let payload = random.pick(&["", "aGk=", "e30=", "?"]);
    let events = random.pick(&[
        "",
        r#"{"type":"wasm","attributes":[{"key":"a","value":"b"}]}"#,
        r#"{"type":"instantiate","attributes":[{"key":"_contract_address","value":"x"}]}"#,
        "{}",
    ]);
    let data = random.pick(&["null", r#""""#, r#""aGk=""#, r#""CgR0ZXN0""#]);
    let result = match random.below(3) {
        0 => r#"{"error":"codespace: sdk, code: 11"}"#.to_owned(),
        _ => format!(r#"{{"ok":{{"events":[{events}],"data":{data},"msg_responses":[]}}}}"#),
    };
    format!(r#"{{"id":{id},"payload":"{payload}","gas_used":5,"result":{result}}}"#)
}

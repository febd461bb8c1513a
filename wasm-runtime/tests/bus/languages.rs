//! Contracts of the templates and the examples, compiled from source and run.

use std::sync::Arc;

use serde_json::{Value, json};
use slsbft_wasm::bus::Entry;
use slsbft_wasm::{Code, Outcome, Reason};

use crate::compilers;
use crate::support::{HERE, PLENTY, VM, call, context, enter, runs};
use crate::world::World;

/// A contract and the chain that it is on.
struct Trial {
    world: World,
    code: Arc<Code>,
    sender: &'static str,
    funds: &'static str,
}

impl Trial {
    fn of(wasm: &[u8]) -> Self {
        VM.check(wasm).unwrap();
        println!("{:>9} bytes", wasm.len());
        Self {
            world: World::default(),
            code: VM.compile(wasm).unwrap(),
            sender: "addr:alice",
            funds: "",
        }
    }

    fn call(&mut self, entry: Entry, msg: &Value) -> Outcome<Vec<u8>> {
        self.world.put(HERE, &self.code);
        self.world.waiting.push(HERE.to_owned());
        let mut host = self.world.host(HERE);
        let mut call = call(&self.code, &mut host, PLENTY);
        call.context = context(HERE, self.sender, self.funds);
        let outcome = call.run(entry, msg.to_string().as_bytes()).unwrap();
        // The figures of docs/contracts/languages.md, with --nocapture.
        println!("{:>9} gas  {} {msg}", outcome.used / 1_000, entry.name());
        self.world.waiting.pop();
        outcome
    }

    /// What it puts out: JSON, or nothing.
    fn done(&mut self, entry: Entry, msg: Value) -> Value {
        let out = self.call(entry, &msg).result.unwrap();
        match out.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&out).unwrap(),
        }
    }

    /// Its own words.
    fn refused(&mut self, entry: Entry, msg: Value) -> String {
        match self.call(entry, &msg).result.unwrap_err().reason {
            Reason::Contract(words) => words,
            other => panic!("{other}"),
        }
    }
}

/// What the counter of every template does.
fn counts(wasm: &[u8]) {
    let mut counter = Trial::of(wasm);
    assert_eq!(
        counter.done(Entry::Instantiate, json!({ "count": 40 })),
        Value::Null
    );
    counter.funds = "5uankr";
    let coins = counter.refused(Entry::Execute, json!({ "add": { "by": 2 } }));
    assert_eq!(coins, "this message takes no coins");
    counter.funds = "";
    let added = counter.done(Entry::Execute, json!({ "add": { "by": 2 } }));
    assert_eq!(added, json!({ "count": 42 }));
    assert_eq!(
        counter.done(Entry::Query, json!({ "count": {} })),
        json!({ "count": 42 })
    );
    let attributes = [("by", "2"), ("sender", "addr:alice")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(
        counter.world.events,
        [("counted".to_owned(), attributes.to_vec())]
    );
    let full = counter.refused(Entry::Execute, json!({ "add": { "by": u64::MAX } }));
    assert_eq!(full, "the counter is full");
    for wrong in [
        json!({}),
        json!([]),
        json!({ "add": {} }),
        json!({ "add": { "by": -1 } }),
        json!({ "sub": {} }),
    ] {
        assert!(
            !counter.refused(Entry::Execute, wrong.clone()).is_empty(),
            "{wrong}"
        );
    }
}

#[test]
fn the_template_in_rust_is_a_small_counter() {
    let project = compilers::project("rust", "rust-counter");
    let wasm = compilers::rust(&project, "contract");
    assert!(wasm.len() < 100_000, "{}", wasm.len());
    counts(&wasm);
}

#[test]
fn the_template_in_c_is_a_small_counter() {
    let project = compilers::project("c", "c-counter");
    let wasm = compilers::make(&project, "c-counter");
    assert!(wasm.len() < 10_000, "{}", wasm.len());
    counts(&wasm);
}

fn token() -> Trial {
    let wasm = compilers::rust(&compilers::sdk().join("rust/examples/token"), "token");
    assert!(wasm.len() < 200_000, "{}", wasm.len());
    let mut token = Trial::of(&wasm);
    let msg = json!({
        "name": "Token", "symbol": "TKN", "decimals": 6,
        "initial_balances": [{ "address": "addr:alice", "amount": "100" }],
        "mint": { "minter": "addr:alice", "cap": "1000" },
    });
    assert_eq!(token.done(Entry::Instantiate, msg), Value::Null);
    token
}

/// A receiver that keeps what it is told and returns nothing.
const RECEIVER: &str = "(call $set (i32.const 0) (i32.const 1)
    (i32.const 100) (call $input (i32.const 100) (i32.const 1000)))";

#[test]
fn the_token_in_rust_is_a_cw20() {
    let mut token = token();
    token.world.put("addr:shop", &runs("", RECEIVER));
    token.done(
        Entry::Execute,
        json!({ "transfer": { "recipient": "addr:bob", "amount": "30" } }),
    );
    let balance = |of: &str| json!({ "balance": { "address": of } });
    assert_eq!(
        token.done(Entry::Query, balance("addr:alice")),
        json!({ "balance": "70" })
    );
    assert_eq!(
        token.done(Entry::Query, balance("addr:bob")),
        json!({ "balance": "30" })
    );
    let info = json!({ "name": "Token", "symbol": "TKN", "decimals": 6, "total_supply": "100" });
    assert_eq!(token.done(Entry::Query, json!({ "token_info": {} })), info);
    let minter = json!({ "minter": "addr:alice", "cap": "1000" });
    assert_eq!(token.done(Entry::Query, json!({ "minter": {} })), minter);
    let send = json!({ "send": { "contract": "addr:shop", "amount": "5", "msg": "e30=" } });
    token.done(Entry::Execute, send);
    let told = json!({ "receive": { "sender": "addr:alice", "amount": "5", "msg": "e30=" } });
    let kept: Value =
        serde_json::from_slice(token.world.state("addr:shop").values().next().unwrap()).unwrap();
    assert_eq!(kept, told);
    let all = token.done(Entry::Query, json!({ "all_accounts": { "limit": 2 } }));
    assert_eq!(all, json!({ "accounts": ["addr:alice", "addr:bob"] }));
    let rest = token.done(
        Entry::Query,
        json!({ "all_accounts": { "start_after": "addr:bob" } }),
    );
    assert_eq!(rest, json!({ "accounts": ["addr:shop"] }));
    let names: Vec<_> = token
        .world
        .events
        .iter()
        .map(|(kind, list)| (kind.as_str(), list[0].1.as_str()))
        .collect();
    assert_eq!(names, [("", "transfer"), ("", "send")]);
}

#[test]
fn the_token_in_rust_keeps_allowances_by_owner_and_by_spender() {
    let mut token = token();
    let spender = "addr:bob";
    let more = json!({ "increase_allowance": { "spender": spender, "amount": "50", "expires": { "at_height": 8 } } });
    token.done(Entry::Execute, more);
    token.sender = spender;
    let spend = |amount| json!({ "transfer_from": { "owner": "addr:alice", "recipient": "addr:carol", "amount": amount } });
    token.done(Entry::Execute, spend("20"));
    assert_eq!(
        token.refused(Entry::Execute, spend("31")),
        "31 is asked for, and there is 30"
    );
    let left = json!({ "allowance": "30", "expires": { "at_height": 8 } });
    let ask = json!({ "allowance": { "owner": "addr:alice", "spender": spender } });
    assert_eq!(token.done(Entry::Query, ask), left);
    let mut of = left.clone();
    of["spender"] = spender.into();
    let all = token.done(
        Entry::Query,
        json!({ "all_allowances": { "owner": "addr:alice" } }),
    );
    assert_eq!(all, json!({ "allowances": [of] }));
    let mut of = left;
    of["owner"] = "addr:alice".into();
    let all = token.done(
        Entry::Query,
        json!({ "all_spender_allowances": { "spender": spender } }),
    );
    assert_eq!(all, json!({ "allowances": [of] }));
}

#[test]
fn the_token_in_rust_refuses_what_makes_no_sense_with_words() {
    let mut token = token();
    for (msg, why) in [
        (
            json!({ "transfer": { "recipient": "bob", "amount": "1" } }),
            "no address",
        ),
        (
            json!({ "transfer": { "recipient": "addr:bob", "amount": "101" } }),
            "there is 100",
        ),
        (
            json!({ "transfer": { "recipient": "addr:bob", "amount": "-1" } }),
            "no amount",
        ),
        (
            json!({ "transfer": { "recipient": "addr:bob", "amount": 1 } }),
            "not understood",
        ),
        (
            json!({ "mint": { "recipient": "addr:bob", "amount": "901" } }),
            "cap",
        ),
        (
            json!({ "mint": { "recipient": "addr:bob", "amount": u128::MAX.to_string() } }),
            "128 bits",
        ),
        (json!({ "dance": {} }), "not understood"),
        (
            json!({ "send": { "contract": "addr:nobody", "amount": "1", "msg": "" } }),
            "no such contract",
        ),
    ] {
        let words = token.refused(Entry::Execute, msg.clone());
        assert!(words.contains(why), "{msg}: {words}");
    }
}

/// Puts out the field `a`, and notes it as a number if it is one.
const FIELD: &str = r#"#include "json.h"
SLSBFT_CONTRACT
SLSBFT_ENTRY(execute) {
    slsbft_bytes found;
    uint64_t number;
    if (!slsbft_json_get(slsbft_message(), "a", &found)) slsbft_fail_text("none");
    slsbft_output(found.at, found.length);
    if (slsbft_json_get_u64(slsbft_message(), "a", &number)) slsbft_store_u64(slsbft_text("number"), number);
}
"#;

#[test]
fn contracts_in_c_read_fields_of_json_and_stay_within_the_message() {
    let path = compilers::scratch().join("field.c");
    std::fs::write(&path, FIELD).unwrap();
    let code = VM.compile(&compilers::c(&path, "field.wasm")).unwrap();
    let read = |msg: &str| {
        let mut world = World::default();
        let outcome = enter(&mut world, &code, Entry::Execute, msg.as_bytes(), PLENTY);
        let number = world.state(HERE).values().next().cloned();
        let number = number.map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
        match outcome.result {
            Ok(found) => Some((String::from_utf8(found).unwrap(), number)),
            Err(failure) => {
                assert_eq!(failure.reason, Reason::Contract("none".to_owned()), "{msg}");
                None
            }
        }
    };
    for (msg, found, number) in [
        (r#"{"a":1}"#, "1", Some(1)),
        (r#" { "b" : {"a":2} , "a" : 3 } "#, "3", Some(3)),
        (
            r#"{"a":"18446744073709551615"}"#,
            r#""18446744073709551615""#,
            Some(u64::MAX),
        ),
        (
            r#"{"a":"18446744073709551616"}"#,
            r#""18446744073709551616""#,
            None,
        ),
        (r#"{"a":-1}"#, "-1", None),
        (
            r#"{"b":"\"a\":9,","a":[1,{"c":"}\\"}]}"#,
            r#"[1,{"c":"}\\"}]"#,
            None,
        ),
        (r#"{"a":""}"#, r#""""#, None),
    ] {
        assert_eq!(read(msg), Some((found.to_owned(), number)), "{msg}");
    }
    for msg in [
        "",
        "{",
        "{}",
        "[]",
        "null",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1"#,
        r#"{"a":"1}"#,
        r#"{"a":"1\"}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"b":1}"#,
        r#"{"a":{}"#,
        r#"{"a":[}"#,
        r#"["a",1]"#,
        r#"{"a" 1}"#,
    ] {
        assert_eq!(read(msg), None, "{msg}");
    }
    assert_eq!(read(&format!(r#"{{"a":{}"#, "[".repeat(4000))), None);
}

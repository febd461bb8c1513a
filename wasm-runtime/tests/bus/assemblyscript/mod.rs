//! The AssemblyScript package, its template and its example, compiled and run.

mod formats;

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};
use slsbft_wasm::bus::Entry;
use slsbft_wasm::{CallError, Called, Code, Reason};

use crate::build::build;
use crate::support::{HERE, IMPORTS, PLENTY, VM, enter, runs};
use crate::world::World;

/// A contract that calls each function of the package.
static ALL: LazyLock<Option<(Vec<u8>, Arc<Code>)>> =
    LazyLock::new(|| compiled("assemblyscript/tests/all", "all"));
static COUNTER: LazyLock<Option<(Vec<u8>, Arc<Code>)>> =
    LazyLock::new(|| compiled("templates/assemblyscript", "counter"));
static AUCTION: LazyLock<Option<(Vec<u8>, Arc<Code>)>> =
    LazyLock::new(|| compiled("assemblyscript/examples/auction", "auction"));

fn compiled(project: &str, name: &str) -> Option<(Vec<u8>, Arc<Code>)> {
    let wasm = build(project, name)?;
    let code = VM.compile(&wasm).unwrap();
    Some((wasm, code))
}

/// A contract in a world of its own.
struct Stand {
    world: World,
    code: Arc<Code>,
}

impl Stand {
    fn new(of: &Option<(Vec<u8>, Arc<Code>)>) -> Option<Self> {
        let (_, code) = of.as_ref()?;
        Some(Self {
            world: World::default(),
            code: Arc::clone(code),
        })
    }

    fn enter(&mut self, entry: Entry, msg: &[u8]) -> Result<Vec<u8>, Reason> {
        let outcome = enter(&mut self.world, &self.code, entry, msg, PLENTY);
        outcome.result.map_err(|failure| failure.reason)
    }

    /// What it answers, which is JSON or nothing.
    fn say(&mut self, entry: Entry, msg: impl ToString) -> Value {
        let answer = self.enter(entry, msg.to_string().as_bytes()).unwrap();
        match answer.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&answer).unwrap(),
        }
    }

    fn execute(&mut self, msg: Value) -> Value {
        self.say(Entry::Execute, msg)
    }

    /// The words with which it refuses.
    fn refuse(&mut self, entry: Entry, msg: impl ToString) -> String {
        match self.enter(entry, msg.to_string().as_bytes()).unwrap_err() {
            Reason::Contract(words) => words,
            other => panic!("{other:?}"),
        }
    }

    fn module(&mut self, result: Result<Vec<u8>, CallError>) {
        self.world.module = Some(Called { used: 10, result });
    }
}

fn all() -> Option<Stand> {
    Stand::new(&ALL)
}

#[test]
fn the_package_reaches_all_that_the_host_offers() {
    let Some((wasm, _)) = &*ALL else { return };
    for (name, _) in IMPORTS {
        let length = u8::try_from(name.len()).unwrap();
        let import = [b"slsbft", &[length][..], name.as_bytes()].concat();
        let found = wasm.windows(import.len()).any(|window| window == import);
        assert!(found, "{name} is not imported");
    }
}

#[test]
fn the_counter_counts() {
    let Some(mut counter) = Stand::new(&COUNTER) else {
        return;
    };
    assert_eq!(counter.say(Entry::Instantiate, json!({"count": 40})), Value::Null);
    assert_eq!(counter.execute(json!({"add": {"by": 2}})), json!({"count": 42}));
    assert_eq!(
        counter.say(Entry::Query, json!({"count": {}})),
        json!({"count": 42})
    );
    let attributes = [("by", "2"), ("sender", "somebody")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(
        counter.world.events,
        [("counted".to_owned(), attributes.to_vec())]
    );
}

#[test]
fn the_counter_refuses_with_words() {
    let Some(mut counter) = Stand::new(&COUNTER) else {
        return;
    };
    let cases = [
        ("", "no JSON: expected a value at byte 0"),
        ("{}", "the message must be an object with one member"),
        ("{\"sub\":{}}", "no message `sub`; there is `add`"),
        ("{\"add\":{}}", "add must have `by`"),
        ("{\"add\":{\"by\":1,\"to\":2}}", "add has no `to`"),
        (
            "{\"add\":{\"by\":-1}}",
            "add.by must be a whole number from 0 to 18446744073709551615",
        ),
        ("{\"add\":7}", "add must be an object"),
    ];
    for (msg, words) in cases {
        assert_eq!(counter.refuse(Entry::Execute, msg), words, "{msg}");
    }
    counter.say(Entry::Instantiate, json!({"count": u64::MAX}));
    assert_eq!(
        counter.refuse(Entry::Execute, json!({"add": {"by": 1}})),
        "the counter is full"
    );
}

#[test]
fn values_are_kept_read_and_removed() {
    let Some(mut all) = all() else { return };
    let mut keep = |msg: Value| all.execute(json!({ "keep": msg }));
    for value in [
        String::new(),
        "v".into(),
        "x".repeat(128),
        "y".repeat(129),
        "z".repeat(100_000),
    ] {
        let kept = keep(json!({"key": "k", "value": value}));
        assert_eq!(kept["has"], true);
        let removed = keep(json!({"key": "k"}));
        assert_eq!(removed, json!({"before": hex::encode(&value), "has": false}));
    }
    assert_eq!(keep(json!({"key": "k"})), json!({"before": null, "has": false}));
}

#[test]
fn records_are_listed_in_order_within_bounds() {
    let Some(mut all) = all() else { return };
    all.execute(json!({"keep": {"key": "", "value": ""}}));
    let state = all.world.state(HERE);
    for (key, length) in [
        (&b"a"[..], 1),
        (b"ab", 300),
        (b"b", 0),
        (b"\xff", 5_000),
        (b"\xff\xff", 2),
    ] {
        state.insert(key.to_vec(), vec![7; length]);
    }
    let mut scan = |msg: Value| all.execute(json!({ "scan": msg }));
    let [none, a, ab, b] = [
        json!(["", 0]),
        json!(["61", 1]),
        json!(["6162", 300]),
        json!(["62", 0]),
    ];
    let [f, ff] = [json!(["ff", 5_000]), json!(["ffff", 2])];
    assert_eq!(scan(json!({"start": ""})), json!([none, a, ab, b, f, ff]));
    assert_eq!(scan(json!({"start": "a", "end": "b"})), json!([a, ab]));
    assert_eq!(scan(json!({"start": "b", "end": "a"})), json!([]));
    assert_eq!(scan(json!({"start": "", "end": ""})), json!([]));
    assert_eq!(scan(json!({"prefix": "61", "descending": true})), json!([ab, a]));
    assert_eq!(scan(json!({"prefix": "ff"})), json!([f, ff]));
    assert_eq!(
        scan(json!({"prefix": "", "descending": true})),
        json!([ff, f, b, ab, a, none])
    );
}

#[test]
fn typed_places_keep_what_they_are_given() {
    let Some(mut all) = all() else { return };
    let first = all.execute(json!({"items": {}}));
    let key = "000161000000000000000100016200 0163".replace(' ', "");
    assert_eq!(first, json!([7, "none", u64::MAX, "größer", key]));
    let second = all.execute(json!({"items": {}}));
    assert_eq!(second, json!([u64::MAX, "größer", u64::MAX, "größer", key]));
    all.world.state(HERE).insert(b"\0\x06number".to_vec(), vec![1]);
    let broken = all.enter(Entry::Execute, b"{\"items\":{}}").unwrap_err();
    assert_eq!(broken, Reason::Aborted("a stored number has no 8 bytes".into()));
    let listed = all.execute(json!({"table": [3, 300, 2, 1, 256, 70_000]}));
    assert_eq!(listed, json!([true, "the 300", 2, 2, 256, 256, 300, 300]));
}

#[test]
fn a_call_knows_where_and_for_whom_it_runs() {
    let Some(mut all) = all() else { return };
    all.world.beacons.insert(5, [8; 32]);
    let mut around = json!({
        "height": 7, "time": 1_700_000_000_123_456_789_u64, "seconds": 1_700_000_000, "chain": "bus-1",
        "self": HERE, "sender": "somebody", "funds": ["5uankr", "7foo"], "tx": 3,
        "hash": hex::encode([9; 32]), "points": true, "beacon": hex::encode([8; 32]),
    });
    assert_eq!(all.execute(json!({"context": {"beacon": 5}})), around);
    around["beacon"] = Value::Null;
    assert_eq!(all.execute(json!({"context": {"beacon": 6}})), around);
    assert_eq!(
        all.refuse(Entry::Execute, json!({"nothing": {}})),
        "send no coins with this message, not 5uankr,7foo"
    );
    assert_eq!(
        all.refuse(Entry::Execute, json!({"paid": {}})),
        "send uankr only, not 5uankr,7foo"
    );
}

#[test]
fn addresses_are_text_or_bytes() {
    let Some(mut all) = all() else { return };
    let found = all.execute(json!({"address": "addr:bob"}));
    assert_eq!(
        found,
        json!({"valid": true, "bytes": hex::encode("bob"), "back": "addr:bob"})
    );
    let none = all.execute(json!({"address": "bob"}));
    assert_eq!(none, json!({"valid": false, "bytes": null, "back": null}));
}

#[test]
fn hashes_and_signatures_are_those_of_the_host() {
    let Some(mut all) = all() else { return };
    let hashes = all.execute(json!({"hashes": hex::encode("abc")}));
    assert_eq!(
        hashes[0],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(
        hashes[1],
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    );
    assert_eq!(hashes[2].as_str().unwrap().len(), 64);
    assert!(
        hashes[3]
            .as_str()
            .unwrap()
            .starts_with("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b7")
    );
    for (curve, hash, signature, key) in crate::crypto::SIGNED {
        let mut check = |from: &str, signature: &str| {
            all.execute(
                json!({"signatures": {"curve": curve, "of": from, "signature": signature, "key": key}}),
            )
        };
        let found = check(hash, signature);
        assert_eq!(found[0], true, "{curve}");
        assert!(found[1] == key || found[2] == key, "{curve}");
        // Of a wrong length the host is not asked: it would read what lies behind.
        assert_eq!(
            check(&hash[2..], signature),
            json!([false, null, null]),
            "{curve}"
        );
        assert_eq!(
            check(hash, &signature[2..]),
            json!([false, null, null]),
            "{curve}"
        );
    }
    let mut list = Vec::new();
    for (message, signature, key) in crate::crypto::ED25519 {
        let msg = json!({"curve": "ed25519", "of": message, "signature": signature, "key": key});
        assert_eq!(all.execute(json!({ "signatures": msg })), json!([true]));
        list.extend([message, signature, key]);
    }
    assert_eq!(all.execute(json!({ "batch": list })), true);
    list[2] = "00";
    assert_eq!(all.execute(json!({ "batch": list })), false);
    let words = all.enter(Entry::Execute, b"{\"blake2b\":65}").unwrap_err();
    assert_eq!(words, Reason::Aborted("BLAKE2b has 1 to 64 bytes, not 65".into()));
}

#[test]
fn contracts_and_modules_are_called_and_asked() {
    let Some(mut all) = all() else { return };
    let says = "(call $output (i32.const 0) (call $input (i32.const 0) (i32.const 9)))";
    all.world.put("there", &runs("", says));
    let called = all.execute(json!({"calls": "there"}));
    assert_eq!(called, json!([true, "hi", false, "out of gas", true, "?"]));
    let attributes = [("a", "1"), ("", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let events = [
        ("before".to_owned(), attributes.to_vec()),
        ("after".to_owned(), Vec::new()),
    ];
    assert_eq!(all.world.events, events);
    let words = all.refuse(Entry::Execute, json!({"calls": "nowhere"}));
    assert_eq!(words, "asking nowhere: no such contract");
    let sent = "0a0468657265 1203626f62 1a0a0a0575616e6b72120135".replace(' ', "");
    let sent = format!(
        "{}{sent}{}",
        hex::encode("/cosmos.bank.v1beta1.MsgSend<"),
        hex::encode(">")
    );
    assert_eq!(
        all.execute(json!({"modules": {}})),
        json!(["/a.Msg<m>", "/a.Query/B<q>", sent])
    );
}

#[test]
fn funds_and_sender_of_a_call_arrive() {
    let Some(mut all) = all() else { return };
    let says = "(local.set $i (call $sender (i32.const 0) (i32.const 50)))
        (call $output (i32.const 0) (i32.add (local.get $i) (call $funds (local.get $i) (i32.const 50))))";
    all.world.put("there", &runs("", says));
    let called = all.execute(json!({"calls": "there"}));
    assert_eq!(called[1], "here3uankr,4x");
}

#[test]
fn a_question_to_a_contract_cannot_write() {
    let Some(mut all) = all() else { return };
    let asked = all.say(Entry::Query, json!({"echo": 1}));
    assert_eq!(asked, "1");
    let refused = all.enter(Entry::Query, b"{\"items\":{}}").unwrap_err();
    assert_eq!(refused, Reason::ReadOnly);
}

#[test]
fn failures_say_what_and_where() {
    let Some(mut all) = all() else { return };
    assert_eq!(all.refuse(Entry::Execute, json!({"fail": "nö"})), "nö");
    assert_eq!(
        all.refuse(Entry::Execute, json!({"what": 1})),
        "no message `what`"
    );
    let mut panic = |msg: Value| match all.enter(Entry::Execute, msg.to_string().as_bytes()).unwrap_err() {
        Reason::Aborted(words) => words,
        other => panic!("{other:?}"),
    };
    assert_eq!(panic(json!({"panic": "oh"})), "oh");
    let thrown = panic(json!({"throw": "lost"}));
    assert!(thrown.starts_with("lost (assembly/index.ts:"), "{thrown}");
    let bounds = panic(json!({"bounds": 5}));
    assert!(
        bounds.starts_with("Index out of range (~lib/array.ts:"),
        "{bounds}"
    );
    let memory = panic(json!({"memory": 1_073_741_824_u32}));
    assert!(memory.starts_with("Invalid length ("), "{memory}");
}

#[test]
fn every_entry_point_is_there() {
    let Some(mut all) = all() else { return };
    for entry in [Entry::Instantiate, Entry::Migrate, Entry::Hook] {
        all.say(entry, "{}");
    }
    assert_eq!(
        all.world.said,
        ["instantiated", "migrated", "hook {} from `somebody`"]
    );
}

/// A provider's level, as `slsbft.service.v1.QueryProviderResponse`.
fn provider(level: u64, paused: bool) -> Vec<u8> {
    let mut number = Vec::new();
    let mut left = level;
    while left > 0x7f {
        number.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    number.push(u8::try_from(left).unwrap());
    let level = [&[0x30][..], &number, &[0x38, u8::from(paused)]].concat();
    [&[0x12, u8::try_from(level.len()).unwrap()][..], &level].concat()
}

#[test]
fn service_levels_are_asked_of_their_module() {
    let Some(mut all) = all() else { return };
    for level in [0, 1, 900_000_000, 1_000_000_000] {
        all.module(Ok(provider(level, false)));
        assert_eq!(all.execute(json!({"text": ""}))["level"], level);
    }
    all.module(Err(CallError::Failed("not found".into())));
    let told = all.execute(json!({"text": ""}));
    assert_eq!((&told["level"], &told["any"]), (&Value::Null, &json!(false)));
    assert_eq!(
        all.refuse(Entry::Execute, json!({"text": "62"})),
        "the balance of bob: not found"
    );
}

#[test]
fn an_auction_refuses_what_its_rules_do() {
    let Some(mut auction) = Stand::new(&AUCTION) else {
        return;
    };
    let words = auction.refuse(Entry::Instantiate, json!({}));
    assert_eq!(words, "send no coins with this message, not 5uankr,7foo");
    let open = json!({"open": {"floor": 1, "deposit": "5", "bidding": 1, "delivery": 1}});
    assert_eq!(
        auction.refuse(Entry::Execute, open),
        "send uankr only, not 5uankr,7foo"
    );
    assert_eq!(
        auction.refuse(Entry::Execute, json!({"bid": {"job": 1, "price": "1"}})),
        "no job 1 is running"
    );
    assert_eq!(auction.say(Entry::Query, json!({"job": {"job": 1}})), Value::Null);
    assert_eq!(
        auction.say(Entry::Query, json!({"jobs": {"start": 0, "limit": u64::MAX}})),
        json!([])
    );
}

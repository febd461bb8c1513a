//! What the SDK for Rust makes of the host's functions: a contract uses each, and says what came of it.

use std::sync::{Arc, LazyLock};

use cosmwasm_std::Binary;
use serde_json::{Value, json};
use slsbft_wasm::bus::Entry;
use slsbft_wasm::{Code, Reason};

use crate::compilers;
use crate::crypto::{ED25519, SIGNED};
use crate::support::{PLENTY, VM, enter, runs};
use crate::world::World;

static HOST: LazyLock<Arc<Code>> = LazyLock::new(|| {
    let package = compilers::sdk().join("rust/tests/host");
    VM.compile(&compilers::rust(&package, "host")).unwrap()
});

fn says_in(world: &mut World, msg: Value) -> Value {
    let outcome = enter(world, &HOST, Entry::Execute, msg.to_string().as_bytes(), PLENTY);
    serde_json::from_slice(&outcome.result.unwrap()).unwrap()
}

fn says(msg: Value) -> Value {
    says_in(&mut World::default(), msg)
}

fn fails(msg: Value) -> Reason {
    let mut world = World::default();
    let outcome = enter(
        &mut world,
        &HOST,
        Entry::Execute,
        msg.to_string().as_bytes(),
        PLENTY,
    );
    outcome.result.unwrap_err().reason
}

fn base64(hex: &str) -> String {
    Binary::from(hex::decode(hex).unwrap()).to_base64()
}

#[test]
fn a_contract_in_rust_sees_what_is_around_its_call() {
    let mut world = World::default();
    world.beacons.insert(5, [4; 32]);
    let expected = json!({
        "height": 7, "time": "1700000000123456789", "chain": "bus-1", "contract": "here", "sender": "somebody",
        "funds": [{ "denom": "uankr", "amount": "5" }, { "denom": "foo", "amount": "7" }], "paid": "5",
        "transaction": [3, base64(&"09".repeat(32))], "has_points": true,
        "beacons": [base64(&"04".repeat(32)), null],
    });
    assert_eq!(says_in(&mut world, json!({ "context": {} })), expected);
    assert_eq!(world.said, ["here I am"]);
}

#[test]
fn a_contract_in_rust_reads_and_writes_addresses() {
    let ask = |text: &str, hex: &str| says(json!({ "addresses": { "text": text, "bytes": base64(hex) } }));
    assert_eq!(
        ask("addr:abc", "6162"),
        json!([true, base64("616263"), "addr:ab"])
    );
    assert_eq!(ask("abc", "ff"), json!([false, null, null]));
}

#[test]
fn a_contract_in_rust_hashes() {
    let blake2b = "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
                   7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";
    let hashes = says(json!({ "hash": { "bytes": base64("616263") } }));
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let keccak256 = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45";
    for (at, hash) in [sha256, keccak256, blake2b].into_iter().enumerate() {
        assert_eq!(hashes[at], base64(hash));
    }
    assert_eq!(hashes[3].as_str().unwrap().len(), 4);
}

#[test]
fn a_contract_in_rust_checks_signatures_of_both_curves() {
    for (at, (_, hash, signature, key)) in SIGNED.into_iter().enumerate() {
        let message = |hash: &str| {
            let [hash, signature, key] = [hash, signature, key].map(base64);
            json!({ "ecdsa": { "hash": hash, "signature": signature, "key": key } })
        };
        let good = says(message(hash));
        assert_eq!(good["verified"], json!([at == 0, at == 1]));
        let recovered = &good["recovered"].as_array().unwrap()[2 * at..2 * at + 2];
        assert!(recovered.contains(&json!(base64(key))), "{good}");
        let bad = says(message(&hash.replace('5', "6")));
        assert_eq!(bad["verified"], json!([false, false]));
    }
}

#[test]
fn a_contract_in_rust_checks_ed25519_one_by_one_and_together() {
    let signed = |(message, signature, key): (&str, &str, &str)| {
        let [message, signature, key] = [message, signature, key].map(base64);
        json!({ "message": message, "signature": signature, "key": key })
    };
    let [one, two] = ED25519;
    let ask = |list: Vec<Value>| says(json!({ "ed25519": { "signed": list } }));
    assert_eq!(
        ask(vec![signed(one), signed(two)]),
        json!({ "each": [true, true], "all": true })
    );
    let wrong = ("73", two.1, two.2);
    assert_eq!(
        ask(vec![signed(one), signed(wrong)]),
        json!({ "each": [true, false], "all": false })
    );
}

#[test]
fn ranges_in_rust_keep_their_bounds_their_order_and_their_map() {
    let keys = json!([
        [1, 2, 300, 70_000],
        [2, 300],
        [300, 70_000],
        [],
        [2, 1],
        [70_000, 300, 2],
        [9, 1, 2, 300, 70_000, 9],
    ]);
    assert_eq!(says(json!({ "storage": {} })), keys);
}

#[test]
fn a_contract_in_rust_calls_contracts_and_modules() {
    let mut world = World::default();
    let answers = "(local.set $i (call $input (i32.const 100) (i32.const 50)))
        (local.set $i (i32.add (local.get $i) (call $funds (i32.add (i32.const 100) (local.get $i)) (i32.const 50))))
        (call $output (i32.const 100) (local.get $i))";
    world.put("addr:there", &runs("", answers));
    let words = says_in(&mut world, json!({ "calls": { "contract": "addr:there" } }));
    assert_eq!(words[0], "\"m\"3foo,5uankr");
    assert_eq!(words[1], "failed: out of gas");
    assert_eq!(words[2], "/a.Msg<m>");
    assert_eq!(words[3], "/a.Query/Q<q>");
    assert!(
        words[4]
            .as_str()
            .unwrap()
            .starts_with("the answer of addr:there is not understood"),
        "{words}"
    );
    assert_eq!(words[5], "");
}

#[test]
fn a_contract_in_rust_ends_with_its_error_or_the_place_of_its_panic() {
    assert_eq!(
        fails(json!({ "gone": {} })),
        Reason::Contract("there is no gone".to_owned())
    );
    let Reason::Aborted(words) = fails(json!({ "panic": {} })) else {
        panic!()
    };
    assert!(
        words.contains("in the middle of here") && words.contains("src/lib.rs:"),
        "{words}"
    );
    let Reason::Contract(words) = fails(json!({ "dance": {} })) else {
        panic!()
    };
    assert!(words.contains("not understood"), "{words}");
}

//! The host's functions answer as those of `cosmwasm-vm`, whatever they are given: each is called in both
//! from a contract made for the purpose.

use std::fmt::Write;

use cosmwasm_vm::testing::{MockApi, mock_info};
use slsbft_wasm::cosmwasm::Entry;
use slsbft_wasm::{Reason, RegionError};

use crate::oracle::{Pair, json};
use crate::support::contract;

/// What a function is given.
#[derive(Clone)]
enum Arg {
    /// A region with these bytes.
    Bytes(Vec<u8>),
    /// A region of this offset, capacity and length.
    Region(u32, u32, u32),
    /// A region of this capacity to write to.
    Out(u32),
    /// A number.
    Number(u32),
}

/// What to return of what a function returns.
#[derive(Clone, Copy, PartialEq)]
enum Give {
    Nothing,
    Number,
    /// The region that a pointer leads to, or zero.
    Pointer,
    /// A pointer in the low half of 64 bits, or the number.
    LowPointer,
    /// The region that was written to after a zero, or the number.
    Out,
}

/// Where the arguments' bytes begin.
const DATA: u32 = 1 << 20;

fn probe(function: &str, args: &[Arg], give: Give) -> Vec<u8> {
    let mut data = String::new();
    let mut values = String::new();
    let mut out = 0;
    let mut next = DATA;
    for (at, arg) in (64..).step_by(12).zip(args) {
        let (offset, capacity, length) = match arg {
            Arg::Bytes(bytes) => {
                write!(data, r#"(data (i32.const {next}) "{}")"#, escape(bytes)).unwrap();
                let length = u32::try_from(bytes.len()).unwrap();
                next += length.next_multiple_of(16);
                (next - length.next_multiple_of(16), length, length)
            }
            Arg::Region(offset, capacity, length) => (*offset, *capacity, *length),
            Arg::Out(capacity) => {
                out = at;
                next += 1024;
                (next - 1024, *capacity, 0)
            }
            Arg::Number(number) => {
                write!(values, "(i32.const {})", number.cast_signed()).unwrap();
                continue;
            }
        };
        let region: Vec<u8> = [offset, capacity, length]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        write!(data, r#"(data (i32.const {at}) "{}")"#, escape(&region)).unwrap();
        write!(values, "(i32.const {at})").unwrap();
    }
    let result = match give {
        Give::Nothing => "",
        Give::LowPointer => "(result i64)",
        _ => "(result i32)",
    };
    let parameters = "i32 ".repeat(args.len());
    let body = give.body(&format!("(call $probed {values})"), out);
    contract(&format!(
        r#"(import "env" "{function}" (func $probed (param {parameters}) {result}))
        (data (i32.const 128) "\00\01\00\00\08\00\00\00\08\00\00\00")
        {data}
        (func (export "execute") (param i32 i32 i32) (result i32) (local $i i32) (local $l i64) {body})
        (func (export "query") (param i32 i32) (result i32) (local $i i32) (local $l i64) {body})"#
    ))
}

impl Give {
    /// Calls the function and leaves a pointer to the region to return.
    fn body(self, call: &str, out: u32) -> String {
        match self {
            Self::Nothing => format!("{call} (i32.const 128)"),
            Self::Number => number(&format!("(i64.extend_i32_u {call})")),
            Self::Pointer => {
                format!("(select (local.tee $i {call}) (i32.const 128) (local.get $i))")
            }
            Self::LowPointer => format!(
                "(if (result i32) (i64.gt_u (local.tee $l {call}) (i64.const 0xffffffff))
                    (then {}) (else (i32.wrap_i64 (local.get $l))))",
                number("(local.get $l)")
            ),
            Self::Out => format!(
                "(if (result i32) (local.tee $i {call}) (then {}) (else (i32.const {out})))",
                number("(i64.extend_i32_u (local.get $i))")
            ),
        }
    }
}

fn number(value: &str) -> String {
    format!("(block (result i32) (i64.store (i32.const 256) {value}) (i32.const 128))")
}

fn escape(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

fn bytes(bytes: impl AsRef<[u8]>) -> Arg {
    Arg::Bytes(bytes.as_ref().to_vec())
}

fn hex(text: &str) -> Arg {
    Arg::Bytes(hex::decode(text).unwrap())
}

/// Calls a function in both VMs over a state with two records.
fn compare(function: &str, args: &[Arg], give: Give) -> Result<Vec<u8>, Reason> {
    let mut pair = Pair::new(probe(function, args, give));
    pair.put(b"key", b"value");
    pair.put(b"other", b"");
    let info = json(&mock_info("anybody", &[]));
    let env = json(&pair.env);
    pair.both(Entry::Execute, &[&env, &info, b"{}"])
}

/// What it returned as a number.
fn code(function: &str, args: &[Arg], give: Give) -> u64 {
    let bytes = compare(function, args, give).unwrap();
    u64::from_le_bytes(bytes.try_into().unwrap())
}

#[test]
fn values_are_read_written_and_removed() {
    assert_eq!(
        compare("db_read", &[bytes("key")], Give::Pointer).unwrap(),
        b"value"
    );
    assert_eq!(
        compare("db_read", &[bytes("none")], Give::Pointer).unwrap(),
        [0; 8]
    );
    assert_eq!(compare("db_read", &[bytes("other")], Give::Pointer).unwrap(), b"");
    compare("db_write", &[bytes("key"), bytes("changed")], Give::Nothing).unwrap();
    compare("db_write", &[bytes(""), bytes("")], Give::Nothing).unwrap();
    compare("db_remove", &[bytes("key")], Give::Nothing).unwrap();
    compare("db_remove", &[bytes("none")], Give::Nothing).unwrap();
}

#[test]
fn keys_and_values_have_a_greatest_length() {
    let (key, value) = (bytes(vec![1; 64 << 10]), bytes(vec![2; 128 << 10]));
    let (long_key, long_value) = (bytes(vec![1; (64 << 10) + 1]), bytes(vec![2; (128 << 10) + 1]));
    compare("db_write", &[key.clone(), value.clone()], Give::Nothing).unwrap();
    for args in [[long_key.clone(), value], [key, long_value]] {
        let reason = compare("db_write", &args, Give::Nothing).unwrap_err();
        assert!(matches!(reason, Reason::TooLong { .. }), "{reason}");
    }
    for function in ["db_read", "db_remove"] {
        let give = if function == "db_read" {
            Give::Pointer
        } else {
            Give::Nothing
        };
        let reason = compare(function, &[long_key.clone()], give).unwrap_err();
        assert!(matches!(reason, Reason::TooLong { .. }), "{reason}");
    }
}

#[test]
fn regions_that_lead_nowhere_end_the_call() {
    let page = 80 << 16;
    let cases = [
        (Arg::Number(0), RegionError::ZeroOffset),
        (Arg::Number(u32::MAX), RegionError::Pointer(u32::MAX)),
        (Arg::Number(page - 11), RegionError::Pointer(page - 11)),
        (Arg::Region(0, 10, 10), RegionError::ZeroOffset),
        (
            Arg::Region(1024, 4, 5),
            RegionError::Length {
                length: 5,
                capacity: 4,
            },
        ),
        (
            Arg::Region(u32::MAX, 1, 0),
            RegionError::AddressSpace {
                offset: u32::MAX,
                capacity: 1,
            },
        ),
        (
            Arg::Region(page - 2, 3, 3),
            RegionError::Outside {
                offset: page - 2,
                length: 3,
            },
        ),
        (
            Arg::Region(page, 3, 3),
            RegionError::Outside {
                offset: page,
                length: 3,
            },
        ),
    ];
    for (region, error) in cases {
        // What lies at address 0 is zeros: a region of zero offset.
        let reason = compare("db_read", &[region], Give::Pointer).unwrap_err();
        assert_eq!(reason, Reason::Region(error));
    }
}

#[test]
fn empty_regions_at_the_end_of_memory_are_empty() {
    assert_eq!(
        compare("db_read", &[Arg::Region(80 << 16, 0, 0)], Give::Pointer).unwrap(),
        [0; 8]
    );
    let beyond = compare("db_read", &[Arg::Region((80 << 16) + 1, 0, 0)], Give::Pointer).unwrap_err();
    assert!(
        matches!(beyond, Reason::Region(RegionError::Outside { .. })),
        "{beyond}"
    );
}

#[test]
fn addresses_are_checked_and_converted() {
    let address = MockApi::default().addr_make("somebody");
    assert_eq!(code("addr_validate", &[bytes(&address)], Give::Pointer), 0);
    for wrong in ["", "x", "\u{ff}\0", &address.to_uppercase()] {
        let told = compare("addr_validate", &[bytes(wrong)], Give::Pointer).unwrap();
        assert_ne!(told, [0; 8], "{wrong}");
    }
    compare("addr_validate", &[bytes([0xff, 0xfe])], Give::Pointer).unwrap();
    let canonical = compare("addr_canonicalize", &[bytes(&address), Arg::Out(64)], Give::Out).unwrap();
    assert_eq!(canonical.len(), 32);
    let human = compare("addr_humanize", &[bytes(&canonical), Arg::Out(90)], Give::Out).unwrap();
    assert_eq!(human, address.as_bytes());
    assert_ne!(code("addr_humanize", &[bytes(""), Arg::Out(90)], Give::Out), 0);
    let small = compare("addr_canonicalize", &[bytes(&address), Arg::Out(31)], Give::Out).unwrap_err();
    assert!(
        matches!(small, Reason::Region(RegionError::TooSmall { .. })),
        "{small}"
    );
    let long = compare("addr_validate", &[bytes([b'a'; 257])], Give::Pointer).unwrap_err();
    assert!(matches!(long, Reason::TooLong { .. }), "{long}");
    let long = compare("addr_humanize", &[bytes([1; 65]), Arg::Out(90)], Give::Out).unwrap_err();
    assert!(matches!(long, Reason::TooLong { .. }), "{long}");
}

#[test]
fn texts_are_heard_and_end_calls() {
    compare("debug", &[bytes("hello")], Give::Nothing).unwrap();
    let reason = compare("abort", &[bytes("no more")], Give::Nothing).unwrap_err();
    assert_eq!(reason, Reason::Aborted("no more".to_owned()));
    let long = compare("abort", &[bytes(vec![b'a'; 1 << 20])], Give::Nothing).unwrap_err();
    assert!(
        matches!(&long, Reason::Aborted(text) if text.len() < 4200),
        "{long}"
    );
    let too_long = compare(
        "abort",
        &[Arg::Region(1024, (2 << 20) + 1, (2 << 20) + 1)],
        Give::Nothing,
    );
    assert!(matches!(too_long, Err(Reason::TooLong { .. })));
}

#[test]
fn questions_are_answered_in_json() {
    let question = r#"{"bank":{"balance":{"address":"nobody","denom":"earth"}}}"#;
    let answer = compare("query_chain", &[bytes(question)], Give::Pointer).unwrap();
    assert!(answer.starts_with(b"{\"ok\":"), "{answer:?}");
    compare("query_chain", &[bytes("nonsense")], Give::Pointer).unwrap();
}

#[test]
fn iterators_are_numbered_from_one_and_must_exist() {
    let scan = |order| [Arg::Number(0), Arg::Number(0), Arg::Number(order)];
    assert_eq!(code("db_scan", &scan(1), Give::Number), 1);
    assert_eq!(
        code("db_scan", &[bytes("b"), bytes("a"), Arg::Number(2)], Give::Number),
        1
    );
    for order in [0, 3, u32::MAX] {
        let reason = compare("db_scan", &scan(order), Give::Number).unwrap_err();
        assert_eq!(reason, Reason::NoOrder(order.cast_signed()));
    }
    for function in ["db_next", "db_next_key", "db_next_value"] {
        let reason = compare(function, &[Arg::Number(1)], Give::Pointer).unwrap_err();
        assert_eq!(reason, Reason::NoIterator(1));
    }
}

/// A signature, its hash, and the function that checks it, on one of the curves.
const SECP256K1: [&str; 2] = [
    "5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0",
    "45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788",
];
const SECP256R1: [&str; 2] = [
    "44acf6b7e36c1342c2c5897204fe09504e1e2efb1a900377dbc4e7a6a133ec56",
    "f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903",
];

#[test]
fn ecdsa_signatures_are_checked_and_their_keys_found() {
    for (curve, [hash, signature]) in [("secp256k1", SECP256K1), ("secp256r1", SECP256R1)] {
        let recover = format!("{curve}_recover_pubkey");
        let verify = format!("{curve}_verify");
        for parameter in [0, 1] {
            let args = [hex(hash), hex(signature), Arg::Number(parameter)];
            let key = compare(&recover, &args, Give::LowPointer).unwrap();
            assert_eq!(key.len(), 65);
            assert_eq!(
                code(&verify, &[hex(hash), hex(signature), bytes(&key)], Give::Number),
                0
            );
            let other = bytes([9; 32]);
            assert_eq!(
                code(&verify, &[other, hex(signature), bytes(&key)], Give::Number),
                1
            );
        }
        for parameter in [2, 3, 255, 256] {
            let args = [hex(hash), hex(signature), Arg::Number(parameter)];
            compare(&recover, &args, Give::LowPointer).unwrap();
        }
        for (hash, signature, key) in [
            (bytes("x"), hex(signature), bytes([2; 33])),
            (hex(hash), bytes("x"), bytes([2; 33])),
        ] {
            assert!(code(&verify, &[hash.clone(), signature.clone(), key], Give::Number) > 1);
            compare(&recover, &[hash, signature, Arg::Number(0)], Give::LowPointer).unwrap();
        }
        assert!(code(&verify, &[hex(hash), hex(signature), bytes("")], Give::Number) > 1);
        let long = compare(
            &verify,
            &[bytes([1; 33]), hex(signature), bytes("")],
            Give::Number,
        );
        assert!(matches!(long, Err(Reason::TooLong { .. })));
    }
}

/// RFC 8032, section 7.1, tests 1 and 2: message, signature, key.
const ED25519: [[&str; 3]; 2] = [
    [
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ],
    [
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ],
];

#[test]
fn ed25519_signatures_are_checked() {
    for [message, signature, key] in ED25519 {
        assert_eq!(
            code(
                "ed25519_verify",
                &[hex(message), hex(signature), hex(key)],
                Give::Number
            ),
            0
        );
        assert_eq!(
            code(
                "ed25519_verify",
                &[bytes("no"), hex(signature), hex(key)],
                Give::Number
            ),
            1
        );
        assert_eq!(
            code(
                "ed25519_verify",
                &[hex(message), hex(signature), bytes([1; 32])],
                Give::Number
            ),
            1
        );
        assert_eq!(
            code(
                "ed25519_verify",
                &[hex(message), bytes("x"), hex(key)],
                Give::Number
            ),
            4
        );
        assert_eq!(
            code(
                "ed25519_verify",
                &[hex(message), hex(signature), bytes("x")],
                Give::Number
            ),
            5
        );
    }
}

/// Several byte strings in one region.
fn sections(items: &[&str]) -> Arg {
    let mut bytes = Vec::new();
    for item in items {
        let item = hex::decode(item).unwrap();
        bytes.extend_from_slice(&item);
        bytes.extend_from_slice(&u32::try_from(item.len()).unwrap().to_be_bytes());
    }
    Arg::Bytes(bytes)
}

#[test]
fn batches_of_ed25519_signatures_are_checked_like_each_of_them() {
    let [[m1, s1, k1], [m2, s2, k2]] = ED25519;
    let batch = |messages: &[&str], signatures: &[&str], keys: &[&str]| {
        let args = [sections(messages), sections(signatures), sections(keys)];
        code("ed25519_batch_verify", &args, Give::Number)
    };
    assert_eq!(batch(&[m1, m2], &[s1, s2], &[k1, k2]), 0);
    assert_eq!(batch(&[], &[], &[]), 0);
    assert_eq!(batch(&[m1], &[], &[]), 0);
    assert_eq!(batch(&[], &[], &[k1]), 0);
    assert_eq!(batch(&[m2, m1], &[s1, s2], &[k1, k2]), 1);
    assert_eq!(batch(&[m1], &[s1, s1], &[k1, k1]), 0, "one message for all");
    assert_eq!(batch(&[m1, m1], &[s1, s1], &[k1]), 0, "one key for all");
    assert_eq!(batch(&[m1], &[s1, s2], &[k1, k2]), 1);
    assert_eq!(batch(&[m1, m2], &[s1], &[k1, k2]), 7);
    assert_eq!(batch(&[m1, m2, m1], &[s1, s2], &[k1]), 7);
    assert_eq!(batch(&[m1, m2], &[s1, "00"], &[k1, "00"]), 4);
    assert_eq!(
        batch(&[m2, m2], &[s1, s2], &[k1, "00"]),
        5,
        "before any signature is checked"
    );
    let torn = [bytes("x"), sections(&[]), sections(&[])];
    let reason = compare("ed25519_batch_verify", &torn, Give::Number).unwrap_err();
    assert!(matches!(reason, Reason::Sections(_)), "{reason}");
}

#[test]
fn points_of_bls12_381_are_made_added_and_paired() {
    let hash = |function: &str, which: u32, message: &str| {
        let args = [Arg::Number(which), bytes(message), bytes("domain"), Arg::Out(96)];
        compare(&format!("bls12_381_hash_to_{function}"), &args, Give::Out).unwrap()
    };
    let (p, q) = (hash("g1", 0, "p"), hash("g2", 0, "q"));
    assert_eq!((p.len(), q.len()), (48, 96));
    assert_eq!(hash("g1", 7, "p"), 9_u64.to_le_bytes(), "no such hash function");
    for (function, point) in [("bls12_381_aggregate_g1", &p), ("bls12_381_aggregate_g2", &q)] {
        let add = |points: Vec<u8>| compare(function, &[bytes(points), Arg::Out(96)], Give::Out).unwrap();
        assert_eq!(add(point.clone()), *point);
        assert_eq!(add([&point[..], point].concat()).len(), point.len());
        assert_eq!(add(Vec::new()), 14_u64.to_le_bytes());
        assert_eq!(add(vec![1]), 15_u64.to_le_bytes());
        assert_eq!(add(vec![1; point.len()]), 8_u64.to_le_bytes());
    }
    let pair = |args: [&[u8]; 4]| code("bls12_381_pairing_equality", &args.map(bytes), Give::Number);
    let p2 = hash("g1", 0, "p2");
    assert_eq!(pair([&p, &q, &p, &q]), 0);
    assert_eq!(pair([&p, &q, &p2, &q]), 1);
    assert_eq!(pair([&[&p[..], &p2].concat(), &q, &p, &q]), 13);
    assert_eq!(pair([&[1], &q, &p, &q]), 11);
    assert_eq!(pair([&p, &[1], &p, &q]), 12);
}

/// The other VM's numbers for one list of records, read from both ends and in part.
#[test]
fn iterators_give_the_same_records() {
    let state = [&b"a"[..], b"b", b"ba", b"c", b"\xff"];
    let bounds = [None, Some(&b""[..]), Some(b"b"), Some(b"bb"), Some(b"\xff\xff")];
    let arg = |bound: Option<&[u8]>| bound.map_or(Arg::Number(0), bytes);
    for start in bounds {
        for end in bounds {
            for (order, function) in [
                (1, "db_next"),
                (2, "db_next"),
                (1, "db_next_key"),
                (2, "db_next_value"),
            ] {
                let mut pair = Pair::new(iterates(&arg(start), &arg(end), order, function));
                state
                    .iter()
                    .for_each(|key| pair.put(key, &[key, &b"="[..]].concat()));
                let env = json(&pair.env);
                pair.both(Entry::Query, &[&env, b"{}"]).unwrap();
            }
        }
    }
}

/// A contract that steps through an iterator six times and returns all that it got.
fn iterates(start: &Arg, end: &Arg, order: u32, function: &str) -> Vec<u8> {
    let mut data = String::new();
    let mut bound = |at: u32, arg: &Arg| match arg {
        Arg::Bytes(bytes) => {
            let length = u32::try_from(bytes.len()).unwrap();
            let words = [at + 16, length, length].map(u32::to_le_bytes).concat();
            write!(data, r#"(data (i32.const {at}) "{}{}")"#, escape(&words), "").unwrap();
            write!(data, r#"(data (i32.const {}) "{}")"#, at + 16, escape(bytes)).unwrap();
            at
        }
        _ => 0,
    };
    let (start, end) = (bound(64, start), bound(96, end));
    contract(&format!(
        r#"(import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
        (import "env" "{function}" (func $next (param i32) (result i32)))
        (data (i32.const 128) "\00\00\20\00\00\04\00\00\00\00\00\00")
        {data}
        (func $copy (param $region i32) (local $i i32)
            (if (i32.eqz (local.get $region)) (then (call $put (i32.const 0x2e)) (return)))
            (block $done (loop $again
                (br_if $done (i32.eq (local.get $i) (i32.load offset=8 (local.get $region))))
                (call $put (i32.load8_u (i32.add (i32.load (local.get $region)) (local.get $i))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $again)))
            (call $put (i32.const 0x2c)))
        (func $put (param $byte i32)
            (i32.store8 (i32.add (i32.const 0x200000) (i32.load (i32.const 136))) (local.get $byte))
            (i32.store (i32.const 136) (i32.add (i32.load (i32.const 136)) (i32.const 1))))
        (func (export "query") (param i32 i32) (result i32) (local $id i32) (local $left i32)
            (local.set $id (call $scan (i32.const {start}) (i32.const {end}) (i32.const {order})))
            (local.set $left (i32.const 7))
            (loop $again
                (call $copy (call $next (local.get $id)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $again (local.get $left)))
            (i32.const 128))"#
    ))
}

#[test]
fn queries_must_not_write() {
    for (function, args) in [
        ("db_write", vec![bytes("key"), bytes("x")]),
        ("db_remove", vec![bytes("key")]),
    ] {
        let mut pair = Pair::new(probe(function, &args, Give::Nothing));
        pair.put(b"key", b"value");
        let env = json(&pair.env);
        assert_eq!(pair.both(Entry::Query, &[&env, b"{}"]), Err(Reason::ReadOnly));
    }
}

/// The allocator asks the host once: when the host calls it for an argument, and when the host calls it
/// for an answer to the contract. Only the second is one call too deep.
#[test]
fn allocators_may_ask_the_host_at_the_first_level_only() {
    for (armed, too_deep) in [(1, false), (4, true)] {
        let wasm = wat::parse_str(format!(
            r#"(module
                (import "env" "db_read" (func $read (param i32) (result i32)))
                (memory (export "memory") 1)
                (global $calls (mut i32) (i32.const 0))
                (data (i32.const 64) "\00\02\00\00\03\00\00\00\03\00\00\00")
                (data (i32.const 96) "\00\04\00\00\00\40\00\00\00\00\00\00")
                (data (i32.const 512) "key")
                (func (export "interface_version_8"))
                (func (export "allocate") (param i32) (result i32)
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (if (i32.eq (global.get $calls) (i32.const {armed}))
                        (then (drop (call $read (i32.const 64)))))
                    (i32.const 96))
                (func (export "deallocate") (param i32))
                (func (export "execute") (param i32 i32 i32) (result i32)
                    (drop (call $read (i32.const 64))) (i32.const 64)))"#
        ))
        .unwrap();
        let mut pair = Pair::new(wasm);
        pair.put(b"key", b"value");
        let result = pair.both(Entry::Execute, &[b"a", b"b", b"c"]);
        assert_eq!(result == Err(Reason::Reentered), too_deep, "{result:?}");
    }
}

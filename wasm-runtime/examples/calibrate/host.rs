//! Calls of the host. The state is a map in memory: what the node's store adds is not in these figures.

use cosmwasm_crypto::{HashFunction, bls12_381_hash_to_g1, bls12_381_hash_to_g2};

use crate::Case;
use crate::programs::{data, looped, module};

/// A hash, its signature and the key, on both curves: those of CosmWasm's and of NIST's tests.
const SIGNED: [(&str, &str); 2] = [
    (
        "secp256k1",
        "5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0\
         45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d092\
         0d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788\
         044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5\
         f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595",
    ),
    (
        "secp256r1",
        "44acf6b7e36c1342c2c5897204fe09504e1e2efb1a900377dbc4e7a6a133ec56\
         f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac\
         8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903\
         041ccbe91c075fc7f4f033bfa248db8fccd3565de94bbfb12f3c59ff46c271bf83\
         ce4014c68811f9a21a1fdb2c0e6113e06db7ca93b7404e78dc7ccd5ca89a4ca9",
    ),
];

/// The first signature of RFC 8032, section 7.1, its key, and an empty message.
const ED25519: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
    5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b\
    d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

pub fn cases() -> Vec<Case> {
    let mut cases = plain();
    cases.extend(storage());
    cases.extend(hashes());
    cases.extend(signatures());
    cases.extend(pairings());
    cases
}

/// A case of a memory that begins with these bytes.
fn with(name: &str, bytes: &[u8], before: &str, turn: &str) -> Case {
    let memory = format!("(memory (export \"memory\") 200) {}", data(0, bytes));
    Case::new(
        name,
        1,
        module(&memory, &looped("(local $i i32)", before, turn, "")),
    )
}

fn plain() -> Vec<Case> {
    let empty = |pairs: usize| vec![0; 8 * pairs];
    let event = |length: usize| {
        format!("(call $event (i32.const 0) (i32.const 1) (i32.const 8) (i32.const {length}))")
    };
    let mut long = vec![0; 8];
    long.extend(0_u32.to_le_bytes());
    long.extend(60_000_u32.to_le_bytes());
    long.extend([b'a'; 60_000]);
    let name = b"a\0\0\0\0\0\0\0";
    let memory = "(memory (export \"memory\") 1)";
    let call = |name, turn: &str| with(name, b"abc", "", turn);
    vec![
        Case::call(
            "a call that does nothing",
            module(memory, &looped("", "", "", "")),
        ),
        call("points_left", "(drop (call $points_left))"),
        call(
            "input of 2 bytes",
            "(drop (call $input (i32.const 0) (i32.const 100)))",
        ),
        call(
            "contract's address",
            "(drop (call $contract (i32.const 0) (i32.const 100)))",
        ),
        call("tx_hash", "(drop (call $tx_hash (i32.const 0)))"),
        call("beacon", "(drop (call $beacon (i64.const 7) (i32.const 0)))"),
        call(
            "address_validate",
            "(drop (call $address_validate (i32.const 0) (i32.const 3)))",
        ),
        call("output of 1 byte", "(call $output (i32.const 0) (i32.const 1))"),
        call(
            "output of 4 MiB",
            "(call $output (i32.const 0) (i32.const 4194304))",
        ),
        call(
            "debug of 2 MiB",
            "(call $debug (i32.const 0) (i32.const 2097152))",
        ),
        with("event of nothing", name, "", &event(0)),
        with(
            "event of 1,000 empty attributes",
            &[&name[..], &empty(1_000)].concat(),
            "",
            &event(8_000),
        ),
        with(
            "event of a long attribute",
            &[&name[..], &long[8..]].concat(),
            "",
            &event(60_008),
        ),
    ]
}

fn storage() -> Vec<Case> {
    let key = "(i32.const 0) (i32.const 32)";
    let set = |key: &str, length: usize| format!("(call $set {key} (i32.const 64) (i32.const {length}))");
    let get = |key: &str| format!("(drop (call $get {key} (i32.const 1000000) (i32.const 200000)))");
    let next = "(i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))";
    let fill = |count: usize, length: usize| {
        format!(
            "(loop $fill {next} {} (br_if $fill (i32.lt_u (i32.load (i32.const 0)) (i32.const {count}))))
            (i32.store (i32.const 0) (i32.const 0))",
            set(key, length)
        )
    };
    let most = |most, case| Case { most, ..case };
    vec![
        with("get of nothing", b"", "", &get(key)),
        with("get of 32 bytes", b"", &set(key, 32), &get(key)),
        with(
            "get of 32 bytes, of 4,000 keys",
            b"",
            &fill(4_000, 32),
            &format!("{next} {}", get(key)),
        ),
        with("get of 128 KiB", b"", &set(key, 131_072), &get(key)),
        with(
            "get by a key of 64 KiB",
            b"",
            "",
            &get("(i32.const 0) (i32.const 65536)"),
        ),
        most(
            20_000,
            with(
                "set of 32 bytes, new keys",
                b"",
                "",
                &format!("{next} {}", set(key, 32)),
            ),
        ),
        with("set of 32 bytes, same key", b"", "", &set(key, 32)),
        with("set of 128 KiB, same key", b"", "", &set(key, 131_072)),
        with("remove", b"", "", &format!("(call $remove {key})")),
        most(
            10_000,
            with(
                "scan",
                b"",
                "",
                &format!("(drop (call $scan {key} {key} (i32.const 1)))"),
            ),
        ),
        most(
            3_500,
            with(
                "next",
                b"",
                &format!(
                    "{} (local.set $i (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1) (i32.const 1)))",
                    fill(4_000, 32)
                ),
                "(drop (call $next (local.get $i) (i32.const 1000000) (i32.const 200000)))",
            ),
        ),
    ]
}

fn hashes() -> Vec<Case> {
    let mut cases = Vec::new();
    for length in [0, 64, 4_096, 5 << 20] {
        for (name, more) in [("sha256", ""), ("keccak256", ""), ("blake2b", "(i32.const 64)")] {
            let turn =
                format!("(call ${name} (i32.const 0) (i32.const {length}) (i32.const 6000000) {more})");
            cases.push(with(&format!("{name} of {length} bytes"), b"abc", "", &turn));
        }
    }
    cases
}

fn signatures() -> Vec<Case> {
    let mut cases = Vec::new();
    for (curve, bytes) in SIGNED {
        let bytes = hex::decode(bytes).unwrap();
        let verify = format!(
            "(drop (call ${curve}_verify (i32.const 0) (i32.const 32) (i32.const 96) (i32.const 65)))"
        );
        let recover = format!(
            "(drop (call ${curve}_recover (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 96)))"
        );
        cases.push(with(&format!("{curve}_verify"), &bytes, "", &verify));
        cases.push(with(&format!("{curve}_recover"), &bytes, "", &recover));
    }
    let bytes = hex::decode(ED25519).unwrap();
    for length in [0, 131_072] {
        let turn = format!(
            "(drop (call $ed25519_verify (i32.const 96) (i32.const {length}) (i32.const 0) (i32.const 64)))"
        );
        cases.push(with(
            &format!("ed25519_verify of {length} bytes"),
            &bytes,
            "",
            &turn,
        ));
    }
    cases
}

/// BLS12-381, which CosmWasm's interface has: a pair of modules that call once and several times.
fn pairings() -> Vec<Case> {
    let (domain, message) = (b"calibrate".as_slice(), [7; 32]);
    let g1 = bls12_381_hash_to_g1(HashFunction::Sha256, &message, domain);
    let g2 = bls12_381_hash_to_g2(HashFunction::Sha256, &message, domain);
    let regions = |parts: &[&[u8]]| {
        let mut at = 1_024;
        let mut text = String::new();
        for (index, part) in parts.iter().enumerate() {
            let length = part.len() as u32;
            let region = [at, length, length].map(u32::to_le_bytes).concat();
            text.push_str(&data(16 + 16 * index as u32, &region));
            text.push_str(&data(at, part));
            at += length;
        }
        text
    };
    let many = |point: &[u8]| point.repeat(64);
    let hash = [&message[..], domain];
    vec![
        cosmwasm(
            "bls12_381_aggregate_g1 of a point",
            &regions(&[&g1, &g1]),
            "aggregate_g1",
            "(i32.const 16) (i32.const 32)",
        ),
        cosmwasm(
            "bls12_381_aggregate_g1 of 64",
            &regions(&[&many(&g1), &g1]),
            "aggregate_g1",
            "(i32.const 16) (i32.const 32)",
        ),
        cosmwasm(
            "bls12_381_aggregate_g2 of a point",
            &regions(&[&g2, &g2]),
            "aggregate_g2",
            "(i32.const 16) (i32.const 32)",
        ),
        cosmwasm(
            "bls12_381_aggregate_g2 of 64",
            &regions(&[&many(&g2), &g2]),
            "aggregate_g2",
            "(i32.const 16) (i32.const 32)",
        ),
        cosmwasm(
            "bls12_381_hash_to_g1",
            &regions(&[hash[0], hash[1], &g1]),
            "hash_to_g1",
            "(i32.const 0) (i32.const 16) (i32.const 32) (i32.const 48)",
        ),
        cosmwasm(
            "bls12_381_hash_to_g2",
            &regions(&[hash[0], hash[1], &g2]),
            "hash_to_g2",
            "(i32.const 0) (i32.const 16) (i32.const 32) (i32.const 48)",
        ),
        cosmwasm(
            "bls12_381_pairing_equality of a pair",
            &regions(&[&g1, &g2, &g1, &g2]),
            "pairing_equality",
            "(i32.const 16) (i32.const 32) (i32.const 48) (i32.const 64)",
        ),
        cosmwasm(
            "bls12_381_pairing_equality of 16",
            &regions(&[&g1.repeat(16), &g2.repeat(16), &g1, &g2]),
            "pairing_equality",
            "(i32.const 16) (i32.const 32) (i32.const 48) (i32.const 64)",
        ),
    ]
}

/// Calls a function of `env` once, and five times.
fn cosmwasm(name: &str, regions: &str, function: &str, arguments: &str) -> Case {
    let types = "i32 ".repeat(arguments.matches("const").count());
    let text = |times: usize| {
        format!(
            "(module
                (import \"env\" \"bls12_381_{function}\" (func $f (param {types}) (result i32)))
                (memory (export \"memory\") 17) {regions}
                (data (i32.const 65536) \"\\00\\20\\01\\00\\ff\\03\\00\\00\\02\\00\\00\\00\") (data (i32.const 73728) \"{{}}\")
                (func (export \"interface_version_8\"))
                (func (export \"allocate\") (param i32) (result i32) (i32.const 65536))
                (func (export \"deallocate\") (param i32))
                (func (export \"instantiate\") (param i32 i32 i32) (result i32) (i32.const 65536))
                (func (export \"execute\") (param i32 i32 i32) (result i32)
                    {} (i32.const 65536)))",
            format!("(drop (call $f {arguments}))").repeat(times)
        )
    };
    Case::pair(name, (text(1), 1), (text(5), 1), 4)
}

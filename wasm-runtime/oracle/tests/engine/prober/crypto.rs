//! Signatures, and points of BLS12-381.

use slsbft_wasm::Reason;

use super::{Arg, Give, bytes, code, compare, hex};

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

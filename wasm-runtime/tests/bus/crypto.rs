//! Hashes and signatures.

use slsbft_wasm::Reason;

use crate::support::{data, failure, number, output};

/// What `function` writes of a message, and 4 bytes more.
fn hash(function: &str, message: &str, length: usize) -> String {
    let size = match function {
        "blake2b" => format!("(i32.const {length})"),
        _ => String::new(),
    };
    let body = format!(
        "(call ${function} (i32.const 0) (i32.const {}) (i32.const 1000) {size})
        (call $output (i32.const 1000) (i32.const {}))",
        message.len(),
        length + 4
    );
    hex::encode(output(&data(0, message), &body))
}

#[test]
fn hashes_are_those_of_their_standards() {
    assert_eq!(
        hash("sha256", "abc", 32),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad00000000"
    );
    assert_eq!(
        hash("keccak256", "", 32),
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a47000000000"
    );
    assert_eq!(
        hash("blake2b", "abc", 64),
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
         7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd400992300000000"
    );
    assert_eq!(
        hash("blake2b", "", 32),
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a800000000"
    );
}

#[test]
fn a_blake2b_hash_has_a_length() {
    for length in [0, 65, u32::MAX] {
        let body = format!(
            "(call $blake2b (i32.const 0) (i32.const 0) (i32.const 0) (i32.const {}))",
            length.cast_signed()
        );
        assert_eq!(failure("", &body), Reason::NoHash(length));
    }
}

/// A curve, the hash of a message, a signature of it, and the key.
pub const SIGNED: [(&str, &str, &str, &str); 2] = [
    (
        "secp256k1",
        "5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0",
        "45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d092\
         0d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788",
        "044a071e8a6e10aada2b8cf39fa3b5fb3400b04e99ea8ae64ceea1a977dbeaf5d5\
         f8c8fbd10b71ab14cd561f7df8eb6da50f8a8d81ba564342244d26d1d4211595",
    ),
    (
        "secp256r1",
        P256_HASH,
        "f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac\
         8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903",
        "041ccbe91c075fc7f4f033bfa248db8fccd3565de94bbfb12f3c59ff46c271bf83\
         ce4014c68811f9a21a1fdb2c0e6113e06db7ca93b7404e78dc7ccd5ca89a4ca9",
    ),
];

/// The SHA-256 of the message that NIST's test vector signs.
const P256_HASH: &str = "44acf6b7e36c1342c2c5897204fe09504e1e2efb1a900377dbc4e7a6a133ec56";

/// A hash at 0, a signature at 32, a key at 96.
fn signed(hash: &str, signature: &str, key: &str) -> String {
    let bytes = [hash, signature, key]
        .map(|part| hex::decode(part).unwrap())
        .concat();
    data(0, bytes)
}

#[test]
fn ecdsa_signatures_are_valid_or_not() {
    for (curve, hash, signature, key) in SIGNED {
        let check = |hash: &str, signature: &str, key: &str, length: u32| {
            let body = format!(
                "(call $give (call ${curve}_verify (i32.const 0) (i32.const 32) (i32.const 96) (i32.const {length})))"
            );
            output(&signed(hash, signature, key), &body)
        };
        assert_eq!(check(hash, signature, key, 65), number(1), "{curve}");
        let compressed = format!("{}{}", ["02", "03"][odd(key)], &key[2..66]);
        assert_eq!(check(hash, signature, &compressed, 33), number(1), "{curve}");
        let other = hash.replace('5', "6");
        assert_eq!(check(&other, signature, key, 65), number(0), "{curve}");
        assert_eq!(check(hash, &"00".repeat(64), key, 65), number(0), "{curve}");
        for length in [0, 32, 64, 66, 100_000] {
            assert_eq!(check(hash, signature, key, length), number(0), "{curve} {length}");
        }
    }
}

/// Whether a point's second half is odd.
fn odd(key: &str) -> usize {
    usize::from(hex::decode(key).unwrap()[64] & 1)
}

#[test]
fn keys_are_recovered_from_signatures() {
    for (curve, hash, signature, key) in SIGNED {
        let recover = |parameter: u32| {
            let body = format!(
                "(i32.store8 (i32.const 1000) (call ${curve}_recover (i32.const 0) (i32.const 32)
                    (i32.const {parameter}) (i32.const 1001)))
                (call $output (i32.const 1000) (i32.const 66))"
            );
            hex::encode(output(&signed(hash, signature, ""), &body))
        };
        let found = [recover(0), recover(1)];
        assert!(found.contains(&format!("01{key}")), "{curve}");
        assert_ne!(found[0], found[1]);
        for parameter in [2, 256] {
            assert_eq!(recover(parameter), "00".repeat(66), "{curve}");
        }
    }
}

/// Two messages, signatures and keys of RFC 8032, section 7.1.
pub const ED25519: [(&str, &str, &str); 2] = [
    (
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
         5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ),
    (
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ),
];

#[test]
fn ed25519_signatures_are_valid_or_not() {
    for (message, signature, key) in ED25519 {
        let check = |length: usize| {
            let bytes = [signature, key, message]
                .map(|part| hex::decode(part).unwrap())
                .concat();
            let body = format!(
                "(call $give (call $ed25519_verify (i32.const 96) (i32.const {length}) (i32.const 0) (i32.const 64)))"
            );
            output(&data(0, bytes), &body)
        };
        assert_eq!(check(message.len() / 2), number(1));
        assert_eq!(check(message.len() / 2 + 1), number(0));
    }
}

fn list(signatures: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut list = Vec::new();
    for (message, signature, key) in signatures {
        list.extend(u32::try_from(message.len() / 2).unwrap().to_le_bytes());
        for part in [message, signature, key] {
            list.extend(hex::decode(part).unwrap());
        }
    }
    list
}

/// Checks the first `length` bytes of a list.
fn batch(list: &[u8], length: usize) -> (String, String) {
    let body = format!("(call $give (call $ed25519_batch_verify (i32.const 0) (i32.const {length})))");
    (data(0, list), body)
}

#[test]
fn a_batch_is_valid_if_each_signature_is() {
    let check = |signatures: &[_]| {
        let list = list(signatures);
        let (data, body) = batch(&list, list.len());
        output(&data, &body)
    };
    let [one, two] = ED25519;
    assert_eq!(check(&[]), number(1));
    assert_eq!(check(&[one, two]), number(1));
    assert_eq!(check(&[one, ("73", two.1, two.2)]), number(0));
    assert_eq!(check(&[(one.0, two.1, one.2), two]), number(0));
}

#[test]
fn a_batch_that_ends_in_a_signature_is_no_list() {
    let list = list(&ED25519);
    for length in [1, 4, 99, list.len() - 1] {
        let (data, body) = batch(&list, length);
        assert_eq!(failure(&data, &body), Reason::Sections("the list of signatures"));
    }
}

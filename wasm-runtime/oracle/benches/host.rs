//! What the host's own computing takes, for the table of its prices. Prints medians in microseconds.

use std::hint::black_box;
use std::time::Instant;

use cosmwasm_crypto::{
    HashFunction, bls12_381_aggregate_g1, bls12_381_aggregate_g2, bls12_381_hash_to_g1, bls12_381_hash_to_g2,
    bls12_381_pairing_equality, ed25519_verify, secp256k1_recover_pubkey, secp256k1_verify,
    secp256r1_recover_pubkey, secp256r1_verify,
};

fn main() {
    let hash = hex::decode("5ae8317d34d1e595e3fa7247db80c0af4320cce1116de187f8f7e2e099c0d8d0").unwrap();
    let signature = hex::decode(
        "45c0b7f8c09a9e1f1cea0c25785594427b6bf8f9f878a8af0b1abbb48e16d0920d8becd0c220f67c51217eecfd7184ef0732481c843857e6bc7fc095c4f6b788",
    )
    .unwrap();
    let key = secp256k1_recover_pubkey(&hash, &signature, 1).unwrap();
    one("secp256k1 verify", || {
        secp256k1_verify(&hash, &signature, &key).unwrap()
    });
    one("secp256k1 recover", || {
        secp256k1_recover_pubkey(&hash, &signature, 1).unwrap()
    });
    let hash = hex::decode("44acf6b7e36c1342c2c5897204fe09504e1e2efb1a900377dbc4e7a6a133ec56").unwrap();
    let signature = hex::decode(
        "f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903",
    )
    .unwrap();
    let key = secp256r1_recover_pubkey(&hash, &signature, 1).unwrap();
    one("secp256r1 verify", || {
        secp256r1_verify(&hash, &signature, &key).unwrap()
    });
    one("secp256r1 recover", || {
        secp256r1_recover_pubkey(&hash, &signature, 1).unwrap()
    });
    let key = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
    let signature = hex::decode(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    )
    .unwrap();
    one("ed25519 verify", || {
        ed25519_verify(b"", &signature, &key).unwrap()
    });
    let long = vec![7; 128 << 10];
    one("ed25519 verify 128 KiB", || {
        ed25519_verify(&long, &signature, &key).unwrap()
    });
    let p = bls12_381_hash_to_g1(HashFunction::Sha256, b"p", b"d");
    let q = bls12_381_hash_to_g2(HashFunction::Sha256, b"q", b"d");
    one("hash to G1", || {
        bls12_381_hash_to_g1(HashFunction::Sha256, b"p", b"d")
    });
    one("hash to G2", || {
        bls12_381_hash_to_g2(HashFunction::Sha256, b"q", b"d")
    });
    one("hash 128 KiB to G1", || {
        bls12_381_hash_to_g1(HashFunction::Sha256, &long, b"d")
    });
    for count in [1, 10, 100] {
        let (ps, qs) = (p.repeat(count), q.repeat(count));
        one(&format!("aggregate {count} of G1"), || {
            bls12_381_aggregate_g1(&ps).unwrap()
        });
        one(&format!("aggregate {count} of G2"), || {
            bls12_381_aggregate_g2(&qs).unwrap()
        });
        one(&format!("{count} pairings"), || {
            bls12_381_pairing_equality(&ps, &qs, &p, &q).unwrap()
        });
    }
    let attributes = vec![r#"{"key":"some","value":"thing"}"#; 2000].join(",");
    let json = format!(r#"{{"ok":{{"messages":[],"attributes":[{attributes}],"events":[],"data":null}}}}"#);
    one(&format!("read a result of {} bytes", json.len()), || {
        serde_json::from_str::<cosmwasm_std::ContractResult<slsbft_wasm::cosmwasm::Response>>(&json).unwrap()
    });
}

fn one<T>(what: &str, mut body: impl FnMut() -> T) {
    let time = median((0..31).map(|_| timed(&mut body).0).collect());
    println!("{what}: {}.{:03} us", time / 1000, time % 1000);
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(body: impl FnOnce() -> T) -> (u128, T) {
    let start = Instant::now();
    let result = black_box(body());
    (start.elapsed().as_nanos(), result)
}

//! A contract that uses each function of the SDK, and says what came of it.

use serde::{Deserialize, Serialize};
use slsbft_sdk::{
    Amount, Binary, Error, Item, Map, Order,
    calls::{self, Points},
    contract, crypto,
    env::{self, Coin},
};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Execute {
    Context {},
    Addresses {
        text: String,
        bytes: Binary,
    },
    Hash {
        bytes: Binary,
    },
    Ecdsa {
        hash: Binary,
        signature: Binary,
        key: Binary,
    },
    Ed25519 {
        signed: Vec<Signed>,
    },
    Storage {},
    Calls {
        contract: String,
    },
    Gone {},
    Panic {},
}

#[derive(Deserialize)]
struct Signed {
    message: Binary,
    signature: Binary,
    key: Binary,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Context {
        height: u64,
        time: String,
        chain: String,
        contract: String,
        sender: String,
        funds: Vec<Coin>,
        paid: Amount,
        transaction: Option<(u32, Binary)>,
        has_points: bool,
        beacons: [Option<Binary>; 2],
    },
    Addresses(bool, Option<Binary>, Option<String>),
    Hashes([Binary; 4]),
    Ecdsa {
        verified: [bool; 2],
        recovered: [Option<Binary>; 4],
    },
    Ed25519 {
        each: Vec<bool>,
        all: bool,
    },
    Keys(Vec<Vec<u64>>),
    Words(Vec<String>),
    Nothing(()),
}

fn execute(msg: Execute) -> Result<Answer, Error> {
    Ok(match msg {
        Execute::Context {} => context(),
        Execute::Addresses { text, bytes } => Answer::Addresses(
            env::check_address(&text).is_ok(),
            env::canonical(&text).map(Binary),
            env::human(&bytes.0),
        ),
        Execute::Hash { bytes: Binary(bytes) } => Answer::Hashes([
            Binary(crypto::sha256(&bytes).to_vec()),
            Binary(crypto::keccak256(&bytes).to_vec()),
            Binary(crypto::blake2b::<64>(&bytes).to_vec()),
            Binary(crypto::blake2b::<1>(&bytes).to_vec()),
        ]),
        Execute::Ecdsa { hash, signature, key } => {
            let (hash, signature) = (sized(&hash)?, sized(&signature)?);
            let recovered = [
                crypto::secp256k1_recover(hash, signature, 0),
                crypto::secp256k1_recover(hash, signature, 1),
                crypto::secp256r1_recover(hash, signature, 0),
                crypto::secp256r1_recover(hash, signature, 1),
            ];
            Answer::Ecdsa {
                verified: [
                    crypto::secp256k1_verify(hash, signature, &key.0),
                    crypto::secp256r1_verify(hash, signature, &key.0),
                ],
                recovered: recovered.map(|key| key.map(|key| Binary(key.to_vec()))),
            }
        }
        Execute::Ed25519 { signed } => ed25519(&signed)?,
        Execute::Storage {} => storage()?,
        Execute::Calls { contract } => Answer::Words(outward(&contract)),
        Execute::Gone {} => {
            Item::<u64>::new("gone").load()?;
            Answer::Nothing(())
        }
        Execute::Panic {} => panic!("in the middle of {}", env::contract()),
    })
}

fn sized<const N: usize>(bytes: &Binary) -> Result<&[u8; N], Error> {
    bytes
        .0
        .as_slice()
        .try_into()
        .map_err(|_| Error::from("of another length"))
}

fn context() -> Answer {
    env::debug("here I am");
    Answer::Context {
        height: env::block_height(),
        time: env::block_time().to_string(),
        chain: env::chain_id(),
        contract: env::contract(),
        sender: env::sender(),
        funds: env::funds(),
        paid: env::paid("uankr"),
        transaction: env::transaction().map(|(index, hash)| (index, Binary(hash.to_vec()))),
        has_points: env::points_left() > 1_000,
        beacons: [5, 6].map(|height| env::beacon(height).map(|beacon| Binary(beacon.to_vec()))),
    }
}

fn ed25519(signed: &[Signed]) -> Result<Answer, Error> {
    let mut all = Vec::new();
    for one in signed {
        all.push((one.message.0.as_slice(), sized(&one.signature)?, sized(&one.key)?));
    }
    Ok(Answer::Ed25519 {
        each: all
            .iter()
            .map(|(message, signature, key)| crypto::ed25519_verify(message, signature, key))
            .collect(),
        all: crypto::ed25519_verify_all(all),
    })
}

const NUMBERS: Map<u64, String> = Map::new("numbers");
const PAIRS: Map<(&str, u64), Amount> = Map::new("pairs");
/// Beside the others, so that ranges have something to run into.
const BEFORE: Item<u64> = Item::new("\0");
const BEHIND: Item<u64> = Item::new("\u{7f}");

fn storage() -> Result<Answer, Error> {
    BEFORE.save(&1);
    BEHIND.save(&BEFORE.load()?);
    for number in [300, 1, 70_000, 2] {
        // Longer than what is read at first.
        NUMBERS.save(number, &"x".repeat(1_000));
        PAIRS.save(("b", number), &Amount(number.into()));
    }
    PAIRS.save(("a", 9), &Amount::ZERO);
    PAIRS.save(("c", 9), &Amount::ZERO);
    NUMBERS.save(4, &String::new());
    NUMBERS.remove(4);
    if NUMBERS.load(300)?.len() != 1_000 || NUMBERS.get(4).is_some() {
        return Err("a value is lost".into());
    }
    let up = |keys: (std::ops::Bound<u64>, std::ops::Bound<u64>)| {
        NUMBERS
            .range(keys, Order::Ascending)
            .map(|(key, _)| key)
            .collect::<Vec<_>>()
    };
    use std::ops::Bound::{Excluded, Included, Unbounded};
    Ok(Answer::Keys(vec![
        up((Unbounded, Unbounded)),
        up((Included(2), Excluded(70_000))),
        up((Excluded(2), Included(70_000))),
        up((Included(3), Excluded(3))),
        NUMBERS
            .range(..300, Order::Descending)
            .map(|(key, _)| key)
            .collect(),
        PAIRS
            .range_of("b", 2.., Order::Descending)
            .map(|(key, _)| key)
            .collect(),
        PAIRS
            .range(.., Order::Ascending)
            .map(|((_, key), _)| key)
            .collect(),
    ]))
}

fn outward(contract: &str) -> Vec<String> {
    let funds = [Coin::new(3, "foo"), Coin::new(5, "uankr")];
    let ask: Result<u64, _> = calls::ask(contract, "");
    [
        text(calls::execute(contract, "m", &funds, Points::All)),
        text(calls::execute(contract, "m", &[], Points::Most(1))),
        text(calls::send("/a.Msg", b"m", Points::Most(1_000_000))),
        text(calls::query("/a.Query/Q", b"q")),
        ask.map_or_else(|error| error.to_string(), |answer| answer.to_string()),
        text(calls::pay("bob", &funds).map(|()| Vec::new())),
    ]
    .into()
}

fn text(result: Result<Vec<u8>, Error>) -> String {
    match result {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("failed: {error}"),
    }
}

contract! { execute: execute, migrate: execute, hook: execute }

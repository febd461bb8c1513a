//! What CometBFT's own code answered, repeated: `proposer_vectors/main.go` wrote it down.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde::Deserialize;
use sha2::{Digest, Sha256};
use slsbft_mechanism::proposer::{Change, ConsensusAddress, Rotation, SetError, ValidatorSet};

#[derive(Deserialize)]
struct Document {
    lives: Vec<Life>,
}

#[derive(Deserialize)]
struct Life {
    addresses: Vec<String>,
    acts: Vec<Act>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    updates: Vec<(usize, i64)>,
    refusal: String,
    proposers: Vec<usize>,
    digest: String,
}

#[test]
fn every_height_of_every_life_has_the_sets_and_the_proposer_of_cometbft() {
    let document: Document = serde_json::from_str(include_str!("proposer_vectors/vectors.json")).unwrap();
    let mut heights = 0;
    for (i, life) in document.lives.iter().enumerate() {
        heights += repeat(i, life);
    }
    assert!(heights > 5_000, "only {heights} heights");
}

fn repeat(number: usize, life: &Life) -> usize {
    let addresses: Vec<ConsensusAddress> = life.addresses.iter().map(|text| address(text)).collect();
    let changes = |act: &Act| -> Vec<Change> {
        let change = |&(i, power): &(usize, i64)| Change {
            address: addresses[i],
            power,
        };
        act.updates.iter().map(change).collect()
    };
    let (genesis, acts) = life.acts.split_first().unwrap();
    let mut rotation = Rotation::genesis(&changes(genesis)).unwrap();
    let mut heights = 0;
    rotation = quiet(rotation, genesis, &addresses, &mut heights, number);
    for act in acts {
        let advanced = rotation.clone().advance(&changes(act));
        match (advanced, act.refusal.as_str()) {
            (Ok(advanced), "") => {
                rotation = quiet(advanced, act, &addresses, &mut heights, number);
            }
            (Err(error), refusal) => assert_eq!(word(&error), refusal, "life {number}: {error}"),
            (Ok(_), refusal) => panic!("life {number}: CometBFT refused ({refusal})"),
        }
    }
    heights
}

/// Compares the heights of an act, the first of which `rotation` is at already.
fn quiet(
    mut rotation: Rotation,
    act: &Act,
    addresses: &[ConsensusAddress],
    heights: &mut usize,
    life: usize,
) -> Rotation {
    let mut digest = Sha256::new();
    for (i, proposer) in act.proposers.iter().enumerate() {
        if i > 0 {
            rotation = rotation.advance(&[]).unwrap();
        }
        *heights += 1;
        assert_eq!(
            *rotation.proposer(),
            addresses[*proposer],
            "life {life}, height {heights}"
        );
        for set in [&rotation.current, &rotation.next] {
            encode(set, &mut digest);
            let restored = ValidatorSet::restore(set.validators().to_vec(), *set.proposer());
            assert_eq!(
                restored.as_ref(),
                Ok(set),
                "stored and restored, a set is the same"
            );
        }
    }
    let found = hex::encode(&digest.finalize()[..8]);
    assert_eq!(found, act.digest, "life {life}, up to height {heights}");
    rotation
}

fn encode(set: &ValidatorSet, digest: &mut Sha256) {
    digest.update(set.proposer());
    for validator in set.validators() {
        digest.update(validator.address);
        digest.update(validator.power.to_be_bytes());
        digest.update(validator.priority.to_be_bytes());
    }
}

fn word(error: &SetError) -> &'static str {
    match error {
        SetError::Duplicate(_) => "duplicate",
        SetError::NegativePower { .. } => "negative",
        SetError::PowerTooLarge { .. } => "power",
        SetError::Unknown(_) => "unknown",
        SetError::Empty => "empty",
        SetError::TotalTooLarge => "total",
        SetError::NoPower(_) | SetError::Order | SetError::UnknownProposer(_) => "not an update's",
    }
}

fn address(text: &str) -> ConsensusAddress {
    hex::decode(text).unwrap().try_into().unwrap()
}

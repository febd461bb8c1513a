//! What an election promises.
//!
//! - `seats`: who sits, and with which power
//! - `chances`: how often, over many seeds
//! - `splits`: what splitting a stake is worth
//! - `vacancies`: seats emptied since
//! - `neglect`: how much is barred at one boundary

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod chances;
mod neglect;
mod seats;
mod splits;
mod vacancies;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use slsbft_mechanism::election::{Candidate, Rules};
use slsbft_types::{Address, Amount, Ratio, UANKR_PER_ANKR};

/// Seats are drawn however few they are.
const fn drawing(seats: u32) -> Rules {
    Rules {
        seats,
        draw_min_seats: 0,
    }
}

fn operator(number: usize) -> Address {
    Address::module(&format!("operator {number}"))
}

fn seed(number: u64) -> [u8; 32] {
    Sha256::digest(number.to_be_bytes()).into()
}

fn candidate(number: usize, stake: u128, level: Ratio) -> Candidate {
    Candidate {
        operator: operator(number),
        stake: Amount::new(stake),
        level,
    }
}

/// Candidates with these stakes in ANKR and a level of 0.8.
fn with_stakes(ankr: &[u128]) -> Vec<Candidate> {
    let level = Ratio::from_percent(80);
    (0..)
        .zip(ankr)
        .map(|(i, stake)| candidate(i, stake * UANKR_PER_ANKR, level))
        .collect()
}

/// Up to 80 candidates: some without stake, some alike, some with the whole supply.
fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    let stake = prop_oneof![
        Just(0),
        Just(100_000 * UANKR_PER_ANKR),
        1..1_000u128,
        1..10_000_000 * UANKR_PER_ANKR,
        1..=10_000_000_000 * UANKR_PER_ANKR,
    ];
    let level = (0..=1_000_000_000u64).prop_map(|parts| Ratio::from_billionths(parts).unwrap());
    prop::collection::vec((stake, level), 1..80).prop_map(|list| {
        let numbered = list.into_iter().enumerate();
        numbered
            .map(|(i, (stake, level))| candidate(i, stake, level))
            .collect()
    })
}

//! Expectations are exact sums of chance × power, without sampling.

use std::collections::BTreeSet;

use proptest::prelude::*;
use slsbft_mechanism::election::{Candidate, Election, base_power, elect};

use crate::{drawing, seed, with_stakes};

/// Expected power of the first `own` candidates and of all, in billionths, before powers are raised
/// by less than a thousandth.
fn expected(candidates: &[Candidate], own: usize, seats: u32) -> (u128, u128) {
    // Neither chances nor the threshold depend on the seed.
    let election: Election = elect(candidates, &drawing(seats), &seed(0)).unwrap();
    let mine: BTreeSet<_> = candidates[..own]
        .iter()
        .map(|candidate| candidate.operator)
        .collect();
    let mut sums = (0, 0);
    for standing in &election.standings {
        let power = u128::from(base_power(standing.weight, election.threshold.as_ref()).unwrap());
        let expected = u128::from(standing.chance.billionths()) * power;
        sums.1 += expected;
        if mine.contains(&standing.operator) {
            sums.0 += expected;
        }
    }
    sums
}

/// Expected power of a stake in equal parts beside others, and of all, in billionths.
fn split(stake: u128, parts: usize, others: &[u128], seats: u32) -> (u128, u128) {
    let own = vec![stake / parts as u128; parts];
    expected(&with_stakes(&[own.as_slice(), others].concat()), parts, seats)
}

/// Stakes of these many others, in ANKR, in one of three shapes.
fn others(shape: &str, count: u32) -> Vec<u128> {
    let ranks = 1..=u128::from(count);
    match shape {
        "Zipf" => ranks.map(|rank| 1_000_000_000 / rank).collect(),
        "Pareto" => ranks
            .map(|rank| 1_000_000_000 / cube_root(rank * rank * 1_000_000_000) * 1_000)
            .collect(),
        _ => ranks.map(|_| 10_000_000).collect(),
    }
}

/// Rounded down. The quantiles of Pareto's law with exponent 1.5 fall as rank^(−2/3).
fn cube_root(number: u128) -> u128 {
    (1..).find(|root: &u128| (root + 1).pow(3) > number).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_split_raises_the_expected_power_of_a_stake(
        others in prop::collection::vec(1..50_000_000u128, 1..150), stake in 1_000..500_000_000u128,
        seats in 1..100u32, parts in 2..150usize,
    ) {
        let (whole, _) = split(stake, 1, &others, seats);
        let (split, _) = split(stake, parts, &others, seats);
        // Chances and powers are rounded down; of the whole stake's, less than this is lost.
        let lost = (stake * 2_000 + whole / 1_000_000_000) + 2_000_000_000;
        prop_assert!(split <= whole + lost, "{} parts: {} instead of {}", parts, split, whole);
    }

    #[test]
    fn expected_power_is_from_half_the_weight_to_all_of_it(
        others in prop::collection::vec(1..50_000_000u128, 1..150), stake in 1_000..500_000_000u128,
        seats in 1..100u32,
    ) {
        let (own, _) = split(stake, 1, &others, seats);
        // 1.7 × stake in thousandths of an ANKR, in billionths.
        let weight = stake * 1_700 * 1_000_000_000;
        prop_assert!(own <= weight);
        prop_assert!(own * 2 + weight / 1_000 >= weight, "{} of {}", own, weight);
    }
}

#[test]
fn among_300_candidates_a_split_of_a_quarter_gains_little_of_its_share() {
    for shape in ["Zipf", "Pareto", "equal"] {
        let others = others(shape, 300);
        let stake = others.iter().sum::<u128>() / 3;
        let (whole, all) = split(stake, 1, &others, 100);
        // In per mille; it gains most in around 30 parts.
        let few_or_many = [2, 5, 10, 50, 150].map(|parts| (parts, 20));
        let best = (20..45).map(|parts| (parts, 43));
        for (parts, gain) in best.chain(few_or_many) {
            let (own, total) = split(stake, parts, &others, 100);
            let (before, now) = (share(whole, all), share(own, total));
            assert!(
                now * 1_000 <= before * (1_000 + gain),
                "{shape}, {parts} parts: {before} to {now}"
            );
        }
    }
}

#[test]
fn however_a_part_p_of_the_weight_is_split_it_can_expect_at_most_2p_over_1_plus_p_of_the_power() {
    for shape in ["Zipf", "Pareto", "equal"] {
        for count in [99, 150, 300] {
            let others = others(shape, count);
            for percent in [10, 25, 33] {
                let stake = others.iter().sum::<u128>() * percent / (100 - percent);
                let bound = 2 * percent * 1_000_000_000 / (100 + percent);
                for parts in [1, 10, 25, 41, 150] {
                    let (own, total) = split(stake, parts, &others, 100);
                    // A millionth for what rounding takes from the others.
                    assert!(
                        share(own, total) <= bound + 1_000,
                        "{percent} % beside {count} ({shape}), {parts} parts"
                    );
                }
            }
        }
    }
}

/// The most that was found: see the module's text.
#[test]
fn beside_as_many_equal_candidates_as_seats_a_quarter_split_in_25_gains_22_per_cent_of_its_share() {
    let others = others("equal", 99);
    let stake = others.iter().sum::<u128>() / 3;
    let (whole, all) = split(stake, 1, &others, 100);
    let (own, total) = split(stake, 25, &others, 100);
    assert_eq!(share(whole, all) / 1_000_000, 250);
    assert_eq!(share(own, total) / 1_000_000, 305);
}

/// In billionths.
fn share(own: u128, total: u128) -> u128 {
    own / 1_000_000 * 1_000_000_000 / (total / 1_000_000)
}

use slsbft_mechanism::election::elect;
use slsbft_types::Ratio;

use crate::{candidate, drawing, seed};

const SEEDS: u64 = 100_000;

/// 16: a deviation of 4 standard deviations, which one candidate with the right chance exceeds for
/// 6.3 in 100,000 sets of seeds. Four candidates below have a chance between 0 and 1, so the test
/// would fail without a fault for less than one set in 3,900 (α = 2.6·10⁻⁴, Bonferroni). The seeds
/// are fixed, so it always gives the same answer.
const SQUARED_DEVIATIONS: i128 = 16;

/// Counts seats over [`SEEDS`] seeds, and compares with min(1, w/τ), worked out by hand as
/// `numerators` over `denominator`.
fn compare(stakes: &[u128], seats: u32, numerators: &[i128], denominator: i128) {
    let numbered = stakes.iter().enumerate();
    let list: Vec<_> = numbered
        .map(|(i, stake)| candidate(i, *stake, Ratio::ONE))
        .collect();
    let mut counts = vec![0i128; stakes.len()];
    for number in 0..SEEDS {
        let election = elect(&list, &drawing(seats), &seed(number)).unwrap();
        assert_eq!(election.seats().count(), seats as usize);
        for seat in election.seats() {
            let position = list
                .iter()
                .position(|candidate| candidate.operator == seat.operator);
            counts[position.unwrap()] += 1;
        }
    }
    let seeds = i128::from(SEEDS);
    for (i, (count, numerator)) in counts.iter().zip(numerators).enumerate() {
        // (count − N·p)² ≤ 16 · N·p·(1 − p), times the denominator's square.
        let deviation = count * denominator - seeds * numerator;
        let variance = seeds * numerator * (denominator - numerator);
        assert!(
            deviation * deviation <= SQUARED_DEVIATIONS * variance,
            "candidate {i} sat {count} times of {SEEDS}, expected {numerator}/{denominator}"
        );
    }
}

#[test]
fn over_100_000_seeds_everybody_sits_as_often_as_its_weight_says() {
    // 60 is certain: τ = 20/(3−1).
    compare(&[60, 8, 6, 5, 1], 3, &[10, 8, 6, 5, 1], 10);
}

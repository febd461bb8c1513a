use std::{cmp::Reverse, collections::BTreeSet};

use ethnum::U256;
use proptest::prelude::*;
use slsbft_mechanism::election::neglectful;
use slsbft_types::{Address, Ratio};

use crate::operator;

type Failed = Vec<(Address, u128)>;

/// A few who failed, often with equal weights, what all hold together, and how much may be barred.
fn boundary() -> impl Strategy<Value = (Failed, u128, Ratio)> {
    let weight = prop_oneof![0..6u128, 1..1_000_000u128, Just(u128::MAX / 64)];
    let others = prop_oneof![Just(0), 0..50u128, 1..10_000_000u128, Just(u128::MAX / 2)];
    let most = (0..=100u8).prop_map(Ratio::from_percent);
    (prop::collection::vec(weight, 0..20), others, most).prop_map(|(weights, others, most)| {
        let total = weights.iter().sum::<u128>() + others;
        let numbered = weights.into_iter().enumerate();
        let failed = numbered.map(|(i, weight)| (operator(i), weight)).collect();
        (failed, total, most)
    })
}

fn held(failed: &Failed, barred: &BTreeSet<Address>) -> u128 {
    let barred = failed.iter().filter(|(operator, _)| barred.contains(operator));
    barred.map(|(_, weight)| weight).sum()
}

/// Whether `weight` is at most a part of the total, without division.
fn fits(weight: u128, total: u128, most: Ratio) -> bool {
    let part = |number: u128, parts: u64| U256::from(number) * U256::from(parts);
    part(weight, Ratio::ONE.billionths()) <= part(total, most.billionths())
}

/// The heaviest, of equal ones the lower operator.
fn heaviest(failed: &Failed) -> Option<Address> {
    let first = failed
        .iter()
        .min_by_key(|(operator, weight)| (Reverse(*weight), *operator));
    first.map(|(operator, _)| *operator)
}

proptest! {
    #[test]
    fn never_more_than_the_bound_is_barred_unless_one_alone_is(
        (failed, total, most) in boundary(),
    ) {
        let barred = neglectful(failed.clone(), total, most);
        prop_assert!(barred.len() == 1 || fits(held(&failed, &barred), total, most), "{:?}", barred);
        prop_assert!(barred.iter().all(|operator| failed.iter().any(|(failed, _)| failed == operator)));
    }

    #[test]
    fn everybody_who_failed_is_barred_where_all_together_fit(
        (failed, total, _) in boundary(), above in 0..1_000_000u64,
    ) {
        // The least part that they fit into, rounded up, and what is above it.
        let all: u128 = failed.iter().map(|(_, weight)| weight).sum();
        let one = U256::from(Ratio::ONE.billionths());
        let total = total.max(1);
        let least = (U256::from(all) * one + U256::from(total - 1)) / U256::from(total);
        let most = Ratio::from_billionths((least.as_u64() + above).min(Ratio::ONE.billionths())).unwrap();
        prop_assert_eq!(neglectful(failed.clone(), total, most).len(), failed.len());
    }

    #[test]
    fn the_heaviest_is_barred_in_any_case((failed, total, most) in boundary()) {
        let barred = neglectful(failed.clone(), total, most);
        prop_assert!(heaviest(&failed).is_none_or(|first| barred.contains(&first)));
        prop_assert_eq!(barred.is_empty(), failed.is_empty());
    }

    #[test]
    fn whoever_is_spared_would_not_have_fitted_beside_the_heavier_ones(
        (failed, total, most) in boundary(),
    ) {
        let barred = neglectful(failed.clone(), total, most);
        for (operator, weight) in failed.iter().filter(|(operator, _)| !barred.contains(operator)) {
            let before = |other: &(Address, u128)| (Reverse(other.1), other.0) < (Reverse(*weight), *operator);
            let heavier: Failed = failed.iter().filter(|other| before(other)).copied().collect();
            prop_assert!(!fits(held(&heavier, &barred) + weight, total, most), "{}", operator);
        }
    }

    #[test]
    fn the_order_of_those_who_failed_does_not_matter(
        ((failed, total, most), shuffled) in boundary().prop_flat_map(|case| {
            let failed = case.0.clone();
            (Just(case), Just(failed).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(neglectful(failed, total, most), neglectful(shuffled, total, most));
    }

    #[test]
    fn of_equal_ones_as_many_as_fit_are_barred_by_operator(
        count in 1..30usize, weight in 1..1_000u128, most in (0..=100u8).prop_map(Ratio::from_percent),
    ) {
        let failed: Failed = (0..count).rev().map(|i| (operator(i), weight)).collect();
        let total = weight * 30;
        let barred = neglectful(failed, total, most);
        let fitting = (1..=count).filter(|many| fits(weight * *many as u128, total, most)).count();
        let mut operators: Vec<_> = (0..count).map(operator).collect();
        operators.sort_unstable();
        prop_assert_eq!(barred, operators.into_iter().take(fitting.max(1)).collect());
    }
}

#[test]
fn a_light_one_is_barred_where_a_heavier_one_no_longer_fits() {
    let failed = [8, 5, 2]
        .into_iter()
        .enumerate()
        .map(|(i, weight)| (operator(i), weight));
    let barred = neglectful(failed.collect(), 100, Ratio::from_percent(10));
    assert_eq!(barred, BTreeSet::from([operator(0), operator(2)]));
}

#[test]
fn one_that_is_heavier_than_the_bound_is_barred_alone() {
    let failed = [30, 1]
        .into_iter()
        .enumerate()
        .map(|(i, weight)| (operator(i), weight));
    let barred = neglectful(failed.collect(), 100, Ratio::from_percent(10));
    assert_eq!(barred, BTreeSet::from([operator(0)]));
}

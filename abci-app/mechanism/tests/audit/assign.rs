//! Committees.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};
use sha2::{Digest, Sha256};
use slsbft_mechanism::audit::{Auditor, OrderError, Rules, Target, assign};

use crate::{auditors, targets};

/// The auditors of each target that has any.
fn committees(assigned: &[Vec<u32>]) -> BTreeMap<u32, Vec<usize>> {
    let mut committees = BTreeMap::<u32, Vec<usize>>::new();
    for (auditor, targets) in assigned.iter().enumerate() {
        for target in targets {
            committees.entry(*target).or_default().push(auditor);
        }
    }
    committees
}

fn seats(assigned: &[Vec<u32>]) -> Vec<usize> {
    assigned.iter().map(Vec::len).collect()
}

fn drawn(seed: u8, auditors: &[Auditor], targets: &[Target], rules: &Rules) -> Vec<Vec<u32>> {
    assign(&[seed; 32], auditors, targets, rules).unwrap()
}

fn check(auditors: &[Auditor], targets: &[Target], rules: &Rules, assigned: &[Vec<u32>]) {
    assert_eq!(assigned.len(), auditors.len());
    for (auditor, targets) in auditors.iter().zip(assigned) {
        assert!(
            targets.is_sorted_by(|a, b| a < b),
            "in ascending order, none twice"
        );
        assert!(
            targets.len() <= rules.most_targets_per_auditor as usize,
            "too many"
        );
        assert!(targets.is_empty() || !auditor.stake.is_zero(), "without a stake");
    }
    let committees = committees(assigned);
    assert!(committees.len() <= rules.most_targets as usize);
    let staked: BTreeSet<_> = auditors
        .iter()
        .filter(|a| !a.stake.is_zero())
        .map(|a| a.operator)
        .collect();
    let by_id: BTreeMap<_, _> = targets.iter().map(|target| (target.id, target)).collect();
    for (id, committee) in committees {
        let operator = by_id[&id].operator;
        let others = staked.len() - usize::from(staked.contains(&operator));
        assert_eq!(committee.len(), others.min(rules.auditors_per_target as usize));
        assert!(
            committee
                .iter()
                .all(|auditor| auditors[*auditor].operator != operator),
            "itself"
        );
    }
}

#[test]
fn every_target_has_fifteen_auditors_and_never_itself() {
    let auditors = auditors(vec![5; 300]);
    // The first 300 targets are operated by auditors.
    let targets = targets(0, 1000);
    let assigned = drawn(1, &auditors, &targets, &Rules::default());
    check(&auditors, &targets, &Rules::default(), &assigned);
    assert_eq!(committees(&assigned).len(), 1000);
    // Of equal stakes each has 50, more or less by chance.
    assert!(seats(&assigned).iter().all(|seats| (40..=60).contains(seats)));
}

#[test]
fn on_a_network_of_four_everybody_audits_the_three_others() {
    let rules = Rules {
        auditors_per_target: 3,
        ..Rules::default()
    };
    let (auditors, targets) = (auditors([1, 2, 3, 1000]), targets(0, 4));
    let assigned = drawn(1, &auditors, &targets, &rules);
    check(&auditors, &targets, &rules, &assigned);
    assert_eq!(seats(&assigned), [3; 4]);
}

#[test]
fn with_fewer_auditors_than_seats_everybody_else_audits() {
    let (auditors, targets) = (auditors([1, 0, 3]), targets(2, 3));
    let assigned = drawn(1, &auditors, &targets, &Rules::default());
    assert_eq!(assigned, [vec![7, 17, 27], vec![], vec![17, 27]]);
    assert_eq!(drawn(1, &[], &targets, &Rules::default()), Vec::<Vec<u32>>::new());
    assert_eq!(
        drawn(1, &auditors, &[], &Rules::default()),
        [vec![], vec![], vec![]]
    );
}

#[test]
fn whoever_has_half_of_the_stake_sits_in_every_committee_but_once() {
    let auditors = auditors(std::iter::once(299).chain(vec![1; 299]));
    let targets = targets(1000, 500);
    let assigned = drawn(1, &auditors, &targets, &Rules::default());
    check(&auditors, &targets, &Rules::default(), &assigned);
    assert_eq!(assigned[0].len(), 500);
}

#[test]
fn seats_follow_stake_and_splitting_it_gains_nothing() {
    // 10 of 300 parts of the stake: half a seat of 15. In one piece, and in ten.
    let whole = auditors(std::iter::once(10).chain(vec![1; 290]));
    let split = auditors(vec![1; 300]);
    let targets = targets(1000, 2000);
    let (mut as_one, mut as_ten) = (0, 0);
    for seed in 0..5 {
        as_one += seats(&drawn(seed, &whole, &targets, &Rules::default()))[0];
        as_ten += seats(&drawn(seed, &split, &targets, &Rules::default()))[..10]
            .iter()
            .sum::<usize>();
    }
    assert!((4900..=5100).contains(&as_one), "{as_one} of 5000");
    assert!((4900..=5100).contains(&as_ten), "{as_ten} of 5000");
}

#[test]
fn nobody_has_more_targets_than_its_bound_and_small_stakes_fill_in() {
    let rules = Rules {
        most_targets_per_auditor: 320,
        ..Rules::default()
    };
    let auditors = auditors(std::iter::once(1000).chain(vec![1; 99]));
    let targets = targets(1000, 400);
    let assigned = drawn(1, &auditors, &targets, &rules);
    check(&auditors, &targets, &rules, &assigned);
    assert_eq!(committees(&assigned).len(), 400);
    // Four fifths, less the reserve of 1/32.
    assert!((300..=320).contains(&assigned[0].len()), "{}", assigned[0].len());
}

#[test]
fn without_time_for_all_a_part_is_audited_in_full_and_each_gets_its_turn() {
    let rules = Rules {
        most_targets_per_auditor: 64,
        ..Rules::default()
    };
    let (auditors, targets) = (auditors(vec![7; 30]), targets(0, 300));
    let mut turns = BTreeMap::<u32, u32>::new();
    for seed in 0..60 {
        let assigned = drawn(seed, &auditors, &targets, &rules);
        check(&auditors, &targets, &rules, &assigned);
        // 30 auditors × 62 / 15.
        assert_eq!(committees(&assigned).len(), 124);
        for target in committees(&assigned).into_keys() {
            *turns.entry(target).or_default() += 1;
        }
    }
    assert_eq!(turns.len(), 300);
    // 60 × 124/300 = 24.8, five standard deviations of 3.8.
    assert!(turns.values().all(|turns| (6..=44).contains(turns)), "{turns:?}");
}

#[test]
fn lists_out_of_order_are_refused() {
    let (mut auditors, mut targets) = (auditors([1, 2]), targets(0, 2));
    targets[1].id = targets[0].id;
    assert_eq!(
        assign(&[0; 32], &auditors, &targets, &Rules::default()),
        Err(OrderError::Targets)
    );
    auditors.reverse();
    assert_eq!(
        assign(&[0; 32], &auditors, &targets, &Rules::default()),
        Err(OrderError::Auditors)
    );
}

/// How many committees, of how many, have a quorum of the auditors with an odd third of the stake.
fn owned(stakes: &[u128], owners: &[usize], rules: &Rules, seeds: u8) -> (usize, usize) {
    let (auditors, targets) = (auditors(stakes.iter().copied()), targets(1000, 2000));
    let quorum = (2 * rules.auditors_per_target as usize).div_ceil(3);
    let mut owned = 0;
    for seed in 0..seeds {
        let assigned = drawn(seed, &auditors, &targets, rules);
        let mut seats = BTreeMap::<u32, usize>::new();
        for owner in owners {
            for target in &assigned[*owner] {
                *seats.entry(*target).or_default() += 1;
            }
        }
        owned += seats.values().filter(|seats| **seats >= quorum).count();
    }
    (owned, 2000 * usize::from(seeds))
}

#[test]
fn a_third_of_the_stake_owns_less_than_one_committee_in_a_hundred() {
    let third: Vec<usize> = (0..100).collect();
    let (wrong, all) = owned(&[1; 300], &third, &Rules::default(), 8);
    let parts = wrong * 10_000 / all;
    // Binomial .0085; of 300 equal ones without replacement .0071.
    assert!((45..=95).contains(&parts), "{wrong} of {all}");
}

#[test]
fn a_third_of_the_stake_in_few_hands_owns_no_committee() {
    // Each of the nine large ones has a twelfth.
    let stakes: Vec<u128> = [vec![100; 9], vec![1; 300]].concat();
    let few: Vec<usize> = (0..4).collect();
    assert_eq!(
        owned(&stakes, &few, &Rules::default(), 2).0,
        0,
        "four votes are no quorum"
    );
}

/// The value was also computed apart, by a program written from the description alone.
#[test]
fn an_assignment_changes_only_on_purpose() {
    let rules = Rules {
        most_targets_per_auditor: 150,
        most_targets: 280,
        ..Rules::default()
    };
    let auditors = auditors((0..60).map(|i| i * i));
    let targets = targets(30, 300);
    let assigned = drawn(9, &auditors, &targets, &rules);
    check(&auditors, &targets, &rules, &assigned);
    let mut digest = Sha256::new();
    for targets in &assigned {
        digest.update((targets.len() as u32).to_be_bytes());
        targets
            .iter()
            .for_each(|target| digest.update(target.to_be_bytes()));
    }
    let expected = "602a1822b5209b73fa3258408405d56165a494fc7b951e70364e1fe7fe258f9d";
    assert_eq!(hex::encode(digest.finalize()), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_assignment_keeps_its_promises(
        seed: [u8; 32],
        stakes in vec(prop_oneof![Just(0), Just(1), 1u128..1_000_000, any::<u128>()], 0..40),
        first in 0u32..40,
        number in 0u32..120,
        k in 1u32..20,
        bound in 1u32..150,
        most in 1u32..150,
    ) {
        let rules = Rules {
            auditors_per_target: k,
            most_targets_per_auditor: bound,
            most_targets: most,
            ..Rules::default()
        };
        let (auditors, targets) = (auditors(stakes), targets(first, number));
        let assigned = assign(&seed, &auditors, &targets, &rules).unwrap();
        check(&auditors, &targets, &rules, &assigned);
        prop_assert_eq!(&assigned, &assign(&seed, &auditors, &targets, &rules).unwrap());
    }
}

//! What the rotation of proposers promises. `proposer_vectors.rs` compares it with CometBFT's own.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use slsbft_mechanism::proposer::{
    Change, ConsensusAddress, MAX_TOTAL_POWER, Rotation, SetError, Validator, ValidatorSet,
};

/// An address that starts with these letters.
fn named(name: &str) -> ConsensusAddress {
    let mut address = [0; 20];
    address[..name.len()].copy_from_slice(name.as_bytes());
    address
}

fn change(name: &str, power: i64) -> Change {
    Change {
        address: named(name),
        power,
    }
}

fn numbered(powers: &[i64]) -> Vec<Change> {
    let numbered = powers.iter().enumerate();
    numbered
        .map(|(i, power)| Change {
            address: [i as u8; 20],
            power: *power,
        })
        .collect()
}

/// Who proposes at so many heights, and the rotation after them.
fn heights(mut rotation: Rotation, count: usize) -> (Vec<ConsensusAddress>, Rotation) {
    let mut proposers = Vec::new();
    for _ in 0..count {
        proposers.push(*rotation.proposer());
        rotation = rotation.advance(&[]).unwrap();
    }
    (proposers, rotation)
}

fn check_bounds(set: &ValidatorSet) {
    let total = i128::from(set.total_power());
    let priorities = || set.validators().iter().map(|v| i128::from(v.priority));
    let sum: i128 = priorities().sum();
    assert!((0..set.validators().len() as i128).contains(&sum), "sum {sum}");
    let spread = priorities().max().unwrap() - priorities().min().unwrap();
    assert!(spread < 3 * total, "spread {spread}, total {total}");
}

/// Powers of every magnitude, together within CometBFT's bound.
fn powers(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i64>> {
    let power = prop_oneof![1..10i64, 1_000_000..1_001_000i64, 1..MAX_TOTAL_POWER / 64];
    prop::collection::vec(power, count)
}

proptest! {
    #[test]
    fn over_a_long_run_everybody_proposes_as_often_as_its_power_says_give_or_take_two(
        powers in powers(1..30),
    ) {
        let count = 1_000;
        let validators = numbered(&powers);
        let total: i128 = powers.iter().map(|power| i128::from(*power)).sum();
        let mut turns = BTreeMap::new();
        for proposer in heights(Rotation::genesis(&validators).unwrap(), count).0 {
            *turns.entry(proposer).or_insert(0i128) += 1;
        }
        for validator in validators {
            let turns = turns.get(&validator.address).copied().unwrap_or_default();
            let due = count as i128 * i128::from(validator.power);
            prop_assert!((turns * total - due).abs() <= 2 * total, "{} turns of {}", turns, due / total);
        }
    }

    #[test]
    fn priorities_stay_centred_and_within_their_window_through_any_changes(
        genesis in powers(1..20),
        // None leaves, if it is there.
        epochs in prop::collection::vec(
            prop::collection::btree_map(0..30u8, prop::option::weighted(0.7, 1..MAX_TOTAL_POWER / 64), 1..30),
            1..8,
        ),
    ) {
        let mut rotation = Rotation::genesis(&numbered(&genesis)).unwrap();
        for powers in epochs {
            let is_member = |address| rotation.next.validators().iter().any(|v| v.address == address);
            let updates: Vec<_> = powers.into_iter()
                .filter(|(i, power)| power.is_some() || is_member([*i; 20]))
                .map(|(i, power)| Change { address: [i; 20], power: power.unwrap_or(0) })
                .collect();
            rotation = match rotation.clone().advance(&updates) {
                Ok(next) => next,
                Err(error) => {
                    prop_assert_eq!(error, SetError::Empty);
                    rotation
                }
            };
            for _ in 0..20 {
                check_bounds(&rotation.current);
                check_bounds(&rotation.next);
                rotation = rotation.advance(&[]).unwrap();
            }
        }
    }

    #[test]
    fn the_order_of_validators_and_updates_does_not_matter(
        (genesis, shuffled) in powers(2..20).prop_flat_map(|p| (Just(numbered(&p)), Just(numbered(&p)).prop_shuffle())),
    ) {
        prop_assert_eq!(Rotation::genesis(&genesis), Rotation::genesis(&shuffled));
    }
}

/// `TestProposerSelection1` of CometBFT's own tests.
#[test]
fn three_validators_take_the_turns_that_cometbfts_own_test_expects() {
    let validators = [change("foo", 1000), change("bar", 300), change("baz", 330)];
    let expected = "foo baz foo bar foo foo baz foo bar foo foo baz foo foo bar foo baz foo foo bar \
                    foo foo baz foo bar foo foo baz foo bar foo foo baz foo foo bar foo baz foo foo \
                    bar foo baz foo foo bar foo baz foo foo bar foo baz foo foo foo baz bar foo foo \
                    foo baz foo bar foo foo baz foo bar foo foo baz foo bar foo foo baz foo bar foo \
                    foo baz foo foo bar foo baz foo foo bar foo baz foo foo bar foo baz foo foo";
    let expected: Vec<_> = expected.split_whitespace().map(named).collect();
    let (proposers, _) = heights(Rotation::genesis(&validators).unwrap(), expected.len());
    assert_eq!(proposers, expected);
}

#[test]
fn updates_act_two_heights_later() {
    let rotation = Rotation::genesis(&[change("a", 1), change("b", 1)]).unwrap();
    let after = rotation.clone().advance(&[change("b", 0)]).unwrap();
    assert_eq!(after.current, rotation.next);
    assert_eq!(after.current.validators().len(), 2);
    assert_eq!(after.next.validators().len(), 1);
    assert_eq!(after.advance(&[]).unwrap().proposer(), &named("a"));
}

#[test]
fn equals_propose_in_the_order_of_their_addresses() {
    let rotation = Rotation::genesis(&[change("c", 5), change("a", 5), change("b", 5)]).unwrap();
    let (proposers, _) = heights(rotation, 6);
    assert_eq!(proposers, ["a", "b", "c", "a", "b", "c"].map(named));
}

#[test]
fn a_newcomer_starts_behind_by_an_eighth_more_than_the_total_with_those_who_leave_counted() {
    let set = ValidatorSet::new(&[change("a", 50), change("b", 30)]).unwrap();
    // 50 + 30 + 24 = 104 before "b" leaves; 104 + 13 = 117. Then 74 in total: no two are 148 apart.
    let before = set
        .validators()
        .iter()
        .find(|v| v.address == named("a"))
        .unwrap()
        .priority;
    assert_eq!(before, -30);
    let set = set.changed(&[change("new", 24), change("b", 0)]).unwrap();
    let average = (-117i64 - 30).div_euclid(2);
    let of = |name| {
        set.validators()
            .iter()
            .find(|v| v.address == named(name))
            .unwrap()
            .priority
    };
    assert_eq!([of("a"), of("new")], [-30 - average, -117 - average]);
}

#[test]
fn leaving_and_coming_back_gains_no_turns() {
    let all = [change("a", 10), change("b", 10), change("c", 10)];
    let rotation = Rotation::genesis(&all).unwrap();
    let left = rotation.clone().advance(&[change("a", 0)]).unwrap();
    let back = left.advance(&[change("a", 10)]).unwrap();
    let turns = |rotation| {
        let (proposers, _) = heights(rotation, 60);
        proposers
            .iter()
            .filter(|proposer| **proposer == named("a"))
            .count()
    };
    assert!(turns(back) < turns(rotation));
}

#[test]
fn later_rounds_increment_a_copy_and_round_0_is_the_set_itself() {
    let rotation = Rotation::genesis(&[change("a", 3), change("b", 2)]).unwrap();
    let mut round = rotation.current.clone();
    round.increment(0);
    assert_eq!(round, rotation.current);
    round.increment(1);
    assert_eq!(round, rotation.next);
    let mut third = rotation.current.clone();
    third.increment(3);
    round.increment(2);
    assert_eq!(third.proposer(), round.proposer());
}

#[test]
fn what_cometbft_stops_on_is_a_typed_error() {
    let all = [change("a", 10), change("b", MAX_TOTAL_POWER - 10)];
    let rotation = Rotation::genesis(&all).unwrap();
    let refused = |updates: &[Change]| rotation.clone().advance(updates).unwrap_err();
    let address = named("a");
    assert_eq!(
        refused(&[change("a", 1), change("a", 0)]),
        SetError::Duplicate(address)
    );
    let power = -1;
    assert_eq!(
        refused(&[change("a", power)]),
        SetError::NegativePower { address, power }
    );
    let power = MAX_TOTAL_POWER + 1;
    assert_eq!(
        refused(&[change("a", power)]),
        SetError::PowerTooLarge { address, power }
    );
    assert_eq!(refused(&[change("z", 0)]), SetError::Unknown(named("z")));
    assert_eq!(refused(&[change("a", 0), change("b", 0)]), SetError::Empty);
    assert_eq!(refused(&[change("a", 11)]), SetError::TotalTooLarge);
    assert_eq!(refused(&[change("z", 1)]), SetError::TotalTooLarge);
    assert!(
        rotation
            .clone()
            .advance(&[change("z", 10), change("a", 0)])
            .is_ok()
    );

    assert_eq!(Rotation::genesis(&[]), Err(SetError::Empty));
    assert_eq!(
        Rotation::genesis(&[change("a", 0)]),
        Err(SetError::NoPower(address))
    );
}

#[test]
fn a_stored_set_that_no_chain_can_have_is_refused() {
    let set = ValidatorSet::new(&[change("a", 2), change("b", 1)]).unwrap();
    let [a, b] = set.validators().try_into().unwrap();
    let restore =
        |members: &[Validator], proposer: &str| ValidatorSet::restore(members.to_vec(), named(proposer));
    assert_eq!(restore(&[a, b], "a"), Ok(set));
    assert_eq!(restore(&[], "a"), Err(SetError::Empty));
    assert_eq!(restore(&[b, a], "a"), Err(SetError::Order));
    assert_eq!(restore(&[a, b], "c"), Err(SetError::UnknownProposer(named("c"))));
    let twice = Validator { power: 1, ..a };
    assert_eq!(restore(&[a, twice], "a"), Err(SetError::Duplicate(named("a"))));
    let idle = Validator { power: 0, ..b };
    assert_eq!(restore(&[a, idle], "a"), Err(SetError::NoPower(named("b"))));
    let strong = Validator {
        power: MAX_TOTAL_POWER,
        ..b
    };
    assert_eq!(restore(&[strong, a], "a"), Err(SetError::TotalTooLarge));
}

#[test]
fn priorities_that_no_chain_can_have_are_clipped_and_never_overflow() {
    let members = vec![
        Validator {
            address: named("a"),
            power: 2,
            priority: i64::MAX,
        },
        Validator {
            address: named("b"),
            power: 1,
            priority: i64::MIN,
        },
    ];
    let mut set = ValidatorSet::restore(members, named("a")).unwrap();
    set.increment(5);
    check_bounds(&set);
}

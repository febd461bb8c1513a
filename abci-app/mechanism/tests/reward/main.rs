//! Rewards: what is released, that paying oneself loses, and that nothing is lost or made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conservation;
mod settlement;

use std::ops::Range;

use slsbft_mechanism::reward::{Parts, Rules, RulesError, release, reputation, split};
use slsbft_types::{Amount, AmountError, Ratio, Time};

/// 4·10⁹ ANKR in uankr.
const POOL: Amount = Amount::new(4_000_000_000_000_000);
const YEAR: u64 = 31_557_600;

fn time(seconds: u64) -> Time {
    Time::from_seconds(1_700_000_000).plus_seconds(seconds)
}

fn seconds(length: u64) -> Range<Time> {
    time(0)..time(length)
}

/// All rewards in one part, so that no share is rounded.
fn whole() -> Rules {
    Rules {
        parts: Parts {
            held: Ratio::ONE,
            ..Parts::default()
        },
        ..Rules::default()
    }
}

fn released(remaining: Amount, length: u64, rules: &Rules) -> Amount {
    release(remaining, &seconds(length), rules)
        .unwrap()
        .total()
        .unwrap()
}

/// The values were also computed apart, with fifty decimal digits.
#[test]
fn an_epoch_releases_the_documented_amount_in_the_documented_parts() {
    assert_eq!(released(POOL, 1000, &whole()), Amount::new(21_964_448_420));
    let parts = release(POOL, &seconds(1000), &Rules::default()).unwrap();
    let expected = Parts {
        held: Amount::new(8_785_779_368),
        consumed: Amount::new(2_196_444_842),
        provided: Amount::new(8_785_779_368),
        reputation: Amount::new(2_196_444_842),
    };
    assert_eq!(parts, expected);
}

#[test]
fn a_pool_halves_in_its_half_life_however_long_its_epochs_are() {
    let rules = Rules {
        half_life_seconds: 40_000,
        ..whole()
    };
    for length in [10, 1000, 20_000] {
        let epochs = 40_000 / length;
        let mut remaining = POOL;
        for _ in 0..epochs {
            let released = released(remaining, length, &rules);
            remaining = remaining.sub(released).unwrap();
        }
        let half = POOL.value() / 2;
        // Each epoch leaves less than one uankr.
        let expected = half..half + u128::from(epochs);
        assert!(expected.contains(&remaining.value()), "{length}: {remaining}");
    }
}

#[test]
fn a_halt_is_paid_for_six_hours_at_most_and_time_that_stands_still_for_nothing() {
    let six = released(POOL, 6 * 3600, &Rules::default());
    assert_eq!(released(POOL, YEAR, &Rules::default()), six);
    assert_eq!(released(POOL, 0, &Rules::default()), Amount::ZERO);
    let backwards = time(10)..time(0);
    assert_eq!(release(POOL, &backwards, &Rules::default()), Ok(Parts::default()));
}

#[test]
fn no_pool_overflows_and_none_gives_more_than_it_has() {
    let fast = Rules {
        half_life_seconds: 1,
        ..Rules::default()
    };
    for pool in [0, 1, 2, u128::MAX] {
        assert!(released(Amount::new(pool), 3600, &fast) <= Amount::new(pool));
    }
    // 4,096 half-lives: everything.
    assert_eq!(released(Amount::new(10), 4096, &fast), Amount::new(10));
    assert_eq!(
        release(Amount::ZERO, &seconds(1000), &Rules::default()),
        Ok(Parts::default())
    );
}

#[test]
fn shares_are_in_proportion_and_the_rest_is_told() {
    let amounts = |values: &[u128]| values.iter().map(|v| Amount::new(*v)).collect::<Vec<_>>();
    let divided = split(Amount::new(100), &amounts(&[1, 0, 2])).unwrap();
    assert_eq!(
        (divided.shares, divided.rest),
        (amounts(&[33, 0, 66]), Amount::new(1))
    );
    let nobody = split(Amount::new(100), &amounts(&[0, 0])).unwrap();
    assert_eq!((nobody.shares, nobody.rest), (amounts(&[0, 0]), Amount::new(100)));
    assert_eq!(split(Amount::new(100), &[]).unwrap().rest, Amount::new(100));
    let largest = split(Amount::new(u128::MAX), &amounts(&[u128::MAX])).unwrap();
    assert_eq!(
        (largest.shares, largest.rest),
        (amounts(&[u128::MAX]), Amount::ZERO)
    );
    assert_eq!(
        split(Amount::new(1), &amounts(&[u128::MAX, 1])),
        Err(AmountError::Overflow)
    );
}

#[test]
fn fees_go_by_the_power_of_the_blocks_that_each_signed() {
    // Two blocks; the second validator signed one of them, and had more power in it.
    let power = |blocks: &[u128]| {
        blocks
            .iter()
            .map(|power| Amount::new(*power))
            .try_fold(Amount::ZERO, Amount::add)
    };
    let weights = [power(&[10, 10]).unwrap(), power(&[30]).unwrap()];
    let divided = split(Amount::new(1000), &weights).unwrap();
    assert_eq!(divided.shares, [Amount::new(400), Amount::new(600)]);
}

#[test]
fn reputation_grows_from_nothing_at_its_threshold() {
    let weight = |percent| reputation(Amount::new(1000), Ratio::from_percent(percent), &Rules::default());
    assert_eq!(weight(0), Ok(Amount::ZERO));
    assert_eq!(weight(80), Ok(Amount::ZERO));
    assert_eq!(weight(81), Ok(Amount::new(10)));
    assert_eq!(weight(100), Ok(Amount::new(200)));
}

#[test]
fn rules_that_give_away_money_or_mean_nothing_are_refused() {
    let good = Rules::default();
    assert_eq!(good.check(), Ok(()));
    let refused = |change: &dyn Fn(&mut Rules)| {
        let mut rules = good;
        change(&mut rules);
        rules.check().unwrap_err()
    };
    assert_eq!(refused(&|r| r.half_life_seconds = 0), RulesError::Seconds);
    assert_eq!(
        refused(&|r| r.longest_step_seconds = u64::MAX),
        RulesError::Seconds
    );
    assert_eq!(refused(&|r| r.rollover_seconds = 11), RulesError::Seconds);
    assert_eq!(
        refused(&|r| r.parts.reputation = Ratio::from_percent(11)),
        RulesError::Parts
    );
    assert_eq!(refused(&|r| r.bound = Ratio::ONE), RulesError::Bound);
    assert_eq!(
        refused(&|r| r.reputation_above = Ratio::ONE),
        RulesError::Reputation
    );
}

//! Nothing is lost and nothing is made.

use proptest::{collection::vec, prelude::*};
use slsbft_mechanism::reward::{Factor, Rollover, Rules, release, split};
use slsbft_types::{Amount, AmountError};

use crate::{POOL, YEAR, time};

fn amount(value: u64) -> Amount {
    Amount::from(value)
}

fn close(rollover: &mut Rollover, fresh: u64, paid: u64, day: u64) -> u128 {
    let now = time(day * 86_400);
    let expired = rollover.close(amount(fresh), amount(paid), now, &Rules::default());
    expired.unwrap().value()
}

#[test]
fn what_waited_is_paid_first_and_what_was_not_paid_waits() {
    let mut rollover = Rollover::default();
    close(&mut rollover, 100, 0, 0);
    close(&mut rollover, 10, 0, 60);
    assert_eq!(rollover.total(), Ok(Amount::new(110)));
    close(&mut rollover, 5, 103, 91);
    let left: Vec<_> = rollover
        .buckets
        .iter()
        .map(|bucket| bucket.amount.value())
        .collect();
    assert_eq!(left, [7, 5]);
    close(&mut rollover, 1, 13, 92);
    assert_eq!(rollover, Rollover::default());
}

#[test]
fn what_waited_for_a_year_goes_to_the_treasury_within_a_month() {
    let mut rollover = Rollover::default();
    close(&mut rollover, 100, 0, 0);
    // The same month.
    close(&mut rollover, 11, 0, 30);
    close(&mut rollover, 7, 0, 31);
    assert_eq!(close(&mut rollover, 0, 0, 395), 0);
    assert_eq!(close(&mut rollover, 0, 0, 396), 111);
    assert_eq!(close(&mut rollover, 0, 0, 426), 0);
    assert_eq!(close(&mut rollover, 0, 0, 427), 7);
    assert_eq!(rollover, Rollover::default());
}

#[test]
fn more_than_there_is_cannot_be_paid_and_changes_nothing() {
    let mut rollover = Rollover::default();
    close(&mut rollover, 100, 0, 0);
    let before = rollover.clone();
    let refused = rollover.close(amount(10), amount(111), time(1), &Rules::default());
    assert_eq!(refused, Err(AmountError::Underflow));
    let refused = rollover.close(Amount::new(u128::MAX), Amount::ZERO, time(1), &Rules::default());
    assert_eq!(refused, Err(AmountError::Overflow));
    assert_eq!(rollover, before);
}

#[test]
fn shorter_waiting_times_act_on_what_waits_already() {
    let mut rollover = Rollover::default();
    close(&mut rollover, 100, 0, 0);
    let month = Rules {
        rollover_seconds: YEAR / 12,
        ..Rules::default()
    };
    let expired = rollover.close(Amount::ZERO, Amount::ZERO, time(YEAR / 10), &month);
    assert_eq!(expired, Ok(Amount::new(100)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Epochs of hours to months with any demand, over years.
    #[test]
    fn pool_waiting_paid_and_treasury_always_add_up(
        epochs in vec((1u64..4_000_000, vec(any::<u32>(), 0..6), 0u32..24), 1..120),
    ) {
        let rules = Rules { longest_step_seconds: YEAR, half_life_seconds: YEAR, ..Rules::default() };
        let (mut pool, mut paid, mut treasury) = (POOL, Amount::ZERO, Amount::ZERO);
        let mut waiting = [Rollover::default(), Rollover::default(), Rollover::default(), Rollover::default()];
        let mut elapsed = 0;
        for (length, demand, scale) in epochs {
            let epoch = time(elapsed)..time(elapsed + length);
            elapsed += length;
            let parts = release(pool, &epoch, &rules).unwrap();
            pool = pool.sub(parts.total().unwrap()).unwrap();
            let demand: Vec<Amount> = demand.iter().map(|d| Amount::new(u128::from(*d) << scale)).collect();
            let fresh = [parts.held, parts.consumed, parts.provided, parts.reputation];
            for (i, (fresh, waiting)) in fresh.into_iter().zip(&mut waiting).enumerate() {
                let available = waiting.total().unwrap().add(fresh).unwrap();
                let payouts = if i == 0 {
                    split(available, &demand).unwrap().shares
                } else {
                    let bases = demand.iter().try_fold(Amount::ZERO, |sum, base| sum.add(*base)).unwrap();
                    let factor = Factor::new(available, bases);
                    demand.iter().map(|base| factor.payout(*base)).collect()
                };
                let sum = payouts.into_iter().try_fold(Amount::ZERO, Amount::add).unwrap();
                let expired = waiting.close(fresh, sum, epoch.end, &rules).unwrap();
                paid = paid.add(sum).unwrap();
                treasury = treasury.add(expired).unwrap();
                prop_assert!(waiting.buckets.len() <= 13);
                prop_assert!(waiting.buckets.is_sorted_by(|a, b| a.opened < b.opened));
                let oldest = waiting.buckets.first().map_or(epoch.end, |bucket| bucket.opened);
                prop_assert!(epoch.end.nanos_since(oldest) < u128::from(YEAR / 12 * 13 + 13) * 1_000_000_000);
            }
            let waits = waiting.iter().map(|w| w.total().unwrap()).try_fold(Amount::ZERO, Amount::add).unwrap();
            let all = pool.add(paid).and_then(|sum| sum.add(treasury)).and_then(|sum| sum.add(waits));
            prop_assert_eq!(all, Ok(POOL));
        }
    }

    #[test]
    fn a_split_is_exact_and_fair_to_less_than_one_uankr(
        total in prop_oneof![any::<u64>().prop_map(u128::from), any::<u128>()],
        weights in vec(prop_oneof![Just(0u128), any::<u64>().prop_map(u128::from), 0..u128::MAX / 64], 0..64),
    ) {
        let weights: Vec<Amount> = weights.into_iter().map(Amount::new).collect();
        let divided = split(Amount::new(total), &weights).unwrap();
        let given = divided.shares.iter().try_fold(divided.rest, |sum, share| sum.add(*share));
        prop_assert_eq!(given, Ok(Amount::new(total)));
        let heirs = weights.iter().filter(|weight| !weight.is_zero()).count() as u128;
        prop_assert!(heirs == 0 || divided.rest.value() < heirs);
        for (a, x) in weights.iter().zip(&divided.shares) {
            for (b, y) in weights.iter().zip(&divided.shares) {
                prop_assert!(a < b || x >= y);
            }
        }
    }
}

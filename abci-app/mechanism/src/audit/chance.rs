//! How often each auditor is to be drawn.

use slsbft_types::Amount;

/// Certainty, in the unit of chances.
pub(super) const CERTAIN: u64 = 1 << 40;
/// Stakes are shifted until the largest has at most as many bits.
const STAKE_BITS: u32 = 56;

/// Each auditor's chance of a seat in a committee of `seats`, in parts of [`CERTAIN`]: proportional
/// to stake, but at most `most`. They add up to exactly `seats`.
///
/// As many of the largest as it takes have `most`; so a stake above it gains by being split, and
/// below it a split changes nothing.
///
/// `stakes` are above zero and `seats` · `CERTAIN` ≤ `most` · their number.
pub(super) fn chances(stakes: &[Amount], seats: u32, most: u64) -> Vec<u64> {
    let mut order: Vec<(usize, u128)> = shifted(stakes).into_iter().enumerate().collect();
    order.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));

    // Below 2⁸ · 2⁴⁰ and 2³² · 2⁵⁶; their products with a weight or `most` fit 128 bits.
    let mut room = u128::from(seats) * u128::from(CERTAIN);
    let mut rest: u128 = order.iter().map(|(_, weight)| weight).sum();
    let most = u128::from(most);
    let mut capped = 0;
    for (_, weight) in &order {
        if room * weight < most * rest {
            break;
        }
        room -= most;
        rest -= weight;
        capped += 1;
    }

    let share = |weight: &u128| (room * weight).checked_div(rest).unwrap_or(0);
    let below = || order.iter().skip(capped);
    // What rounding leaves is less than one part for each of those it was taken from.
    let given: u128 = below().map(|(_, weight)| share(weight)).sum();
    let odd = room.saturating_sub(given) as usize;
    let mut chances = vec![most as u64; stakes.len()];
    for (at, (auditor, weight)) in below().enumerate() {
        if let Some(chance) = chances.get_mut(*auditor) {
            *chance = share(weight) as u64 + u64::from(at < odd);
        }
    }
    chances
}

/// Stakes without their lowest bits, if the largest has too many; no stake becomes zero.
fn shifted(stakes: &[Amount]) -> Vec<u128> {
    let largest = stakes.iter().map(|stake| stake.value()).max().unwrap_or(0);
    let bits = u128::BITS - largest.leading_zeros();
    let shift = bits.saturating_sub(STAKE_BITS);
    stakes
        .iter()
        .map(|stake| (stake.value() >> shift).max(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn amounts(stakes: &[u128]) -> Vec<Amount> {
        stakes.iter().map(|stake| Amount::new(*stake)).collect()
    }

    #[test]
    fn chances_follow_stake_up_to_certainty() {
        let chances = chances(&amounts(&[1, 100, 2, 1, 4]), 3, CERTAIN);
        // Two are certain; the third seat is shared 1 : 2 : 1.
        assert_eq!(chances, [CERTAIN / 4, CERTAIN, CERTAIN / 2, CERTAIN / 4, CERTAIN]);
    }

    #[test]
    fn a_bound_passes_on_what_the_large_may_not_have() {
        let chances = chances(&amounts(&[6, 1, 1, 1, 1]), 2, CERTAIN / 2);
        assert_eq!(chances[0], CERTAIN / 2);
        assert_eq!(&chances[1..], [CERTAIN / 8 * 3; 4]);
    }

    proptest! {
        #[test]
        fn chances_add_up_exactly_keep_the_bound_and_the_order_of_stakes(
            stakes in vec(prop_oneof![1u128..1000, 1..=u128::MAX, Just(u128::MAX)], 1..60),
            seats in 1u32..=255,
            bound in 1u64..=CERTAIN,
        ) {
            let seats = seats.min(stakes.len() as u32);
            let least = (u128::from(seats) * u128::from(CERTAIN)).div_ceil(stakes.len() as u128) as u64;
            let most = bound.max(least);
            let chances = chances(&amounts(&stakes), seats, most);
            prop_assert_eq!(chances.iter().map(|c| u128::from(*c)).sum::<u128>(), u128::from(seats) * u128::from(CERTAIN));
            prop_assert!(chances.iter().all(|chance| *chance <= most));
            for (a, x) in stakes.iter().zip(&chances) {
                for (b, y) in stakes.iter().zip(&chances) {
                    prop_assert!(a <= b || *x + 1 >= *y, "{a} has {x}, {b} has {y}");
                }
            }
        }
    }
}

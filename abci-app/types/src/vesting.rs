//! Coins that unlock evenly, second by second, between two times.

use crate::{Amount, Time};

/// Still vesting at a time: `total · (end − now) / (end − start)`, rounded up. All of it before
/// `start`, nothing from `end` on. Both are Unix seconds.
pub fn vesting(total: Amount, start: i64, end: i64, now: Time) -> Amount {
    let length = u128::try_from(end.saturating_sub(start)).unwrap_or(0);
    let left = u128::try_from(end.saturating_sub(now.seconds))
        .unwrap_or(0)
        .min(length);
    if length == 0 {
        return Amount::ZERO;
    }
    // Whole and rest apart: the product of an amount and seconds may overflow.
    let (whole, rest) = (total.value() / length, total.value() % length);
    Amount::new(whole * left + (rest * left).div_ceil(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_unlock_evenly_and_never_early() {
        let at = |now| vesting(Amount::new(10), 100, 103, Time::from_seconds(now)).value();
        assert_eq!([0, 100, 101, 102, 103, 999].map(at), [10, 10, 7, 4, 0, 0]);
        let most = Amount::new(u128::MAX);
        assert_eq!(vesting(most, 0, i64::MAX, Time::from_seconds(0)), most);
    }
}

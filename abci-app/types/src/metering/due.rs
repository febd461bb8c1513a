//! What counters are due, exactly, until the one rounding.

use crate::{Amount, AmountError};

/// Largest scale of a price: price per 10^18 units.
pub const MAX_SCALE: u32 = 18;
const ONE: u64 = 1_000_000_000_000_000_000;

/// An exact sum of dues: whole uankr and 10⁻¹⁸ parts, so that a deal is rounded
/// once and not once per meter or session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    whole: u128,
    /// Below 10¹⁸.
    parts: u64,
}

impl Due {
    /// `counter · price / 10^scale`, exactly. A scale above [`MAX_SCALE`] overflows.
    pub fn of(counter: u64, price: u64, scale: u32) -> Result<Self, AmountError> {
        if scale > MAX_SCALE {
            return Err(AmountError::Overflow);
        }
        let product = u128::from(counter) * u128::from(price);
        let divisor = 10u64.pow(scale);
        let rest = (product % u128::from(divisor)) as u64;
        Ok(Self {
            whole: product / u128::from(divisor),
            parts: rest * (ONE / divisor),
        })
    }

    pub fn whole(amount: Amount) -> Self {
        Self {
            whole: amount.value(),
            parts: 0,
        }
    }

    pub fn add(self, other: Self) -> Result<Self, AmountError> {
        let parts = self.parts + other.parts;
        let carry = u128::from(parts / ONE);
        let whole = self
            .whole
            .checked_add(other.whole)
            .and_then(|w| w.checked_add(carry));
        Ok(Self {
            whole: whole.ok_or(AmountError::Overflow)?,
            parts: parts % ONE,
        })
    }

    /// Rounded down: the one rounding of a deal.
    pub fn floor(self) -> Amount {
        Amount::new(self.whole)
    }
}

/// What one session's counters are due at a deal's prices, `(price, scale)` per
/// meter, at most `cap` (`None`: no cap of its own).
pub fn session_due(counters: &[u64], prices: &[(u64, u32)], cap: Option<Amount>) -> Result<Due, AmountError> {
    let due = counters
        .iter()
        .zip(prices)
        .try_fold(Due::default(), |sum, (counter, (price, scale))| {
            sum.add(Due::of(*counter, *price, *scale)?)
        })?;
    Ok(cap.map_or(due, |cap| due.min(Due::whole(cap))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_below_one_uankr_add_up_before_they_are_rounded() {
        let third = Due::of(1, 1, 1).unwrap();
        let sum = (0..25).fold(Due::default(), |sum, _| sum.add(third).unwrap());
        assert_eq!(third.floor(), Amount::ZERO);
        assert_eq!(sum.floor(), Amount::new(2));
        assert_eq!(sum, Due::of(25, 1, 1).unwrap());
    }

    #[test]
    fn the_largest_counter_at_the_largest_price_is_exact() {
        let due = Due::of(u64::MAX, u64::MAX, 0).unwrap();
        assert_eq!(due.floor().value(), u128::from(u64::MAX) * u128::from(u64::MAX));
        assert_eq!(due.add(due).map(Due::floor).unwrap_err(), AmountError::Overflow);
        assert_eq!(Due::of(1, 1, 19), Err(AmountError::Overflow));
    }

    #[test]
    fn a_cap_bounds_a_session_exactly() {
        let due = session_due(&[7, 3], &[(10, 0), (5, 1)], None).unwrap();
        assert_eq!(due.floor(), Amount::new(71));
        let capped = session_due(&[7, 3], &[(10, 0), (5, 1)], Some(Amount::new(71))).unwrap();
        assert_eq!(capped, Due::whole(Amount::new(71)));
    }
}

//! Ratios in parts per billion.

use crate::amount::{Amount, AmountError};

/// A ratio between 0 and 1, in parts per billion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Ratio(u64);

/// The ratio is above one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ratio {0} is above {one} (one, in parts per billion)", one = Ratio::ONE.0)]
pub struct RatioError(pub u64);

impl Ratio {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(1_000_000_000);

    pub const fn from_billionths(parts: u64) -> Result<Self, RatioError> {
        if parts > Self::ONE.0 {
            Err(RatioError(parts))
        } else {
            Ok(Self(parts))
        }
    }

    /// Whole percents; more than 100 is 100.
    pub const fn from_percent(percent: u8) -> Self {
        let capped = if percent > 100 { 100 } else { percent };
        Self(capped as u64 * 10_000_000)
    }

    pub const fn billionths(self) -> u64 {
        self.0
    }

    /// `amount · ratio`, rounded down.
    pub fn of(self, amount: Amount) -> Result<Amount, AmountError> {
        // Whole and rest apart, so that the product cannot overflow: ratio ≤ 1.
        let one = u128::from(Self::ONE.0);
        let (whole, rest) = (amount.value() / one, amount.value() % one);
        let ratio = u128::from(self.0);
        Amount::new(whole * ratio).add(Amount::new(rest * ratio / one))
    }
}

impl<'de> serde::Deserialize<'de> for Ratio {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_billionths(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_never_overflows() {
        let five = Ratio::from_percent(5);
        assert_eq!(five.of(Amount::new(19)), Ok(Amount::ZERO));
        assert_eq!(five.of(Amount::new(20)), Ok(Amount::new(1)));
        assert_eq!(Ratio::ONE.of(Amount::new(u128::MAX)), Ok(Amount::new(u128::MAX)));
        assert_eq!(
            Ratio::from_billionths(1_000_000_001),
            Err(RatioError(1_000_000_001))
        );
    }
}

//! What a settlement may earn.

use slsbft_types::{Amount, AmountError, Ratio};

use super::Rules;
use crate::wide::mul_div;

/// What one settlement earns at most: its provider from the part `provided`, its consumer from
/// `consumed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bases {
    pub provider: Amount,
    pub consumer: Amount,
}

impl Bases {
    /// The bases of a settlement that burned and paid to the treasury `cost` uankr together, of a
    /// provider with a service level. Provider and consumer *together* get at most `bound` · cost,
    /// however the settlement is divided: whoever is both, and the application besides, has lost the
    /// whole of `cost` and gets less back.
    pub fn of(cost: Amount, level: Ratio, rules: &Rules) -> Result<Self, AmountError> {
        let bounded = rules.bound.of(cost)?;
        let provider = rules.provider_part.of(bounded)?;
        Ok(Self {
            provider: level.of(provider)?,
            consumer: bounded.sub(provider)?,
        })
    }
}

/// What an epoch pays for each uankr of base: min(1, part / Σ bases), exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factor {
    /// Most that is paid: the smaller of part and bases.
    pub paid: Amount,
    /// Σ of the bases in the epoch.
    pub bases: Amount,
}

impl Factor {
    /// `available` is the epoch's part with what rolled over.
    pub fn new(available: Amount, bases: Amount) -> Self {
        Self {
            paid: available.min(bases),
            bases,
        }
    }

    /// The payout for a base that is among the epoch's, rounded down: all payouts together are at
    /// most `paid`.
    pub fn payout(&self, base: Amount) -> Amount {
        let payout = mul_div(base.value(), self.paid.value(), self.bases.value());
        // None for bases of zero, among which is no other base.
        Amount::new(payout.unwrap_or(0))
    }
}

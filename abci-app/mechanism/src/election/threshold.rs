//! The weight from which a seat is certain.

use ethnum::U256;
use slsbft_types::Ratio;

use super::WEIGHT_PER_UANKR;

/// τ, the weight at which Σ min(1, wᵢ/τ) is the number of seats, as the exact fraction `rest`/`drawn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// R: the weight of all that do not reach the threshold together; above 0.
    pub rest: u128,
    /// n − k: the seats that are drawn among them; above 0, and fewer than they are.
    pub drawn: u32,
}

impl Threshold {
    /// Fills seats with the heaviest, one by one, as long as each holds at least an equal part of
    /// what is left. Each seat so taken lowers that part, so whoever reached it before still does
    /// at the end. `None`: there are seats for everybody with a weight.
    ///
    /// `weights` come in falling order, and their sum times `seats` fits 128 bits.
    pub(super) fn find(weights: impl Iterator<Item = u128> + Clone, seats: u32) -> Option<Self> {
        let mut tau = Self {
            rest: weights.clone().sum(),
            drawn: seats,
        };
        for weight in weights {
            if tau.rest == 0 || !tau.is_reached_by(weight) {
                break;
            }
            tau.rest -= weight;
            tau.drawn -= 1;
        }
        (tau.rest > 0).then_some(tau)
    }

    /// Whether a weight has a seat for certain.
    pub fn is_reached_by(&self, weight: u128) -> bool {
        U256::from(weight) * U256::from(self.drawn) >= U256::from(self.rest)
    }

    /// min(1, w/τ), rounded down.
    pub fn chance(&self, weight: u128) -> Ratio {
        let one = Ratio::ONE.billionths();
        // At most 2¹²⁸ · 2³² · 2³⁰, and the threshold's own fields are public: both fit 256 bits.
        let parts =
            U256::from(weight) * U256::from(self.drawn) * U256::from(one) / U256::from(self.rest.max(1));
        let parts = parts.min(U256::from(one)).as_u64();
        Ratio::from_billionths(parts).unwrap_or(Ratio::ONE)
    }

    /// τ in uankr, rounded down.
    pub fn whole_uankr(&self) -> u128 {
        let divisor = U256::from(WEIGHT_PER_UANKR) * U256::from(self.drawn.max(1));
        (U256::from(self.rest) / divisor).as_u128()
    }

    /// τ/2 in whole `unit`s, rounded down.
    pub(super) fn half_in(&self, unit: u128) -> u128 {
        let divisor = U256::from(unit) * U256::from(self.drawn.max(1)) * U256::from(2u8);
        (U256::from(self.rest) / divisor).as_u128()
    }
}

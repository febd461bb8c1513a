//! Lazy rewards: an index grows with every reward, and a holding is owed its shares times what the
//! index grew since it was last paid (the "F1" distribution of Cosmos SDK: Ojha and Goes, 2018).
//! There the index is per *token*, so each slash needs a record that every withdrawal must replay;
//! per *share* a slash changes nothing.

use ethnum::U256;
use slsbft_types::Amount;

use super::{Dec, ShareError};

/// An amount of uankr with 128 binary places.
///
/// Everything owed is a multiple of 2⁻¹²⁸ uankr, because the index is, so sums are exact. One uankr
/// over 10³⁴ units of shares still moves the index by 34,028 steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accrued(U256);

impl Accrued {
    pub const ZERO: Self = Self(U256::ZERO);

    pub fn whole(amount: Amount) -> Self {
        Self(U256::from_words(amount.value(), 0))
    }

    pub fn add(self, other: Self) -> Result<Self, ShareError> {
        self.0.checked_add(other.0).map(Self).ok_or(ShareError::Overflow)
    }

    /// Whole uankr, which can be paid, and the rest below 1, which is kept.
    pub fn split(self) -> (Amount, Self) {
        let (whole, fraction) = self.0.into_words();
        (Amount::new(whole), Self(fraction.into()))
    }

    /// With 18 decimals, rounded down: what Cosmos clients are shown.
    pub fn to_dec(self) -> Dec {
        let (whole, rest) = self.split();
        // Both fit: 128 bits and the 60 of 10¹⁸.
        let decimals = (rest.0 * Dec::whole(Amount::new(1)).units()) >> 128u32;
        Dec::from_units(Dec::whole(whole).units() + decimals)
    }

    /// 32 bytes, big endian, for records.
    pub fn to_be_bytes(self) -> [u8; 32] {
        self.0.to_be_bytes()
    }

    pub fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_bytes(bytes))
    }
}

/// What has been paid per share since the pool began, in 2⁻¹²⁸ uankr per 10⁻¹⁸ share. It never falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerShare(U256);

impl PerShare {
    /// 32 bytes, big endian, for records.
    pub fn to_be_bytes(self) -> [u8; 32] {
        self.0.to_be_bytes()
    }

    pub fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_bytes(bytes))
    }
}

/// The rewards of one pool: the index, and what was too small to move it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RewardIndex {
    /// Where the index stands.
    pub per_share: PerShare,
    /// Goes out with the next reward.
    pub carried: Accrued,
}

impl RewardIndex {
    /// Shares `reward` and what is carried among `shares`, all those of the pool, by
    /// ⌊(reward + carried) / shares⌋ each; the rest is carried. [`ShareError::NoShares`] if there are
    /// none: the caller decides whose the reward is then.
    pub fn add(&mut self, reward: Amount, shares: Dec) -> Result<(), ShareError> {
        let sum = self.carried.add(Accrued::whole(reward))?.0;
        let step = sum.checked_div(shares.units()).ok_or(ShareError::NoShares)?;
        let index = self.per_share.0.checked_add(step);
        *self = Self {
            per_share: PerShare(index.ok_or(ShareError::Overflow)?),
            carried: Accrued(sum % shares.units()),
        };
        Ok(())
    }

    /// Takes over what a holding that ends could not be paid.
    pub fn give_back(&mut self, rest: Accrued) -> Result<(), ShareError> {
        self.carried = self.carried.add(rest)?;
        Ok(())
    }
}

/// One delegator's claim on a pool's rewards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Constant between two calls of [`Self::withdraw`].
    pub shares: Dec,
    /// Where the index stood when it was last paid.
    pub since: PerShare,
    /// Below 1 uankr, left from then.
    pub unpaid: Accrued,
}

impl Holding {
    /// What it is owed now, exactly. [`ShareError::Backwards`] if the index is behind.
    pub fn owed(&self, index: &RewardIndex) -> Result<Accrued, ShareError> {
        let grown = index.per_share.0.checked_sub(self.since.0);
        let earned = grown
            .ok_or(ShareError::Backwards)?
            .checked_mul(self.shares.units())
            .ok_or(ShareError::Overflow)?;
        self.unpaid.add(Accrued(earned))
    }

    /// Takes what it is owed in whole uankr and keeps the fraction. Due *before* its shares change;
    /// if it then ends, its `unpaid` goes to [`RewardIndex::give_back`].
    pub fn withdraw(&mut self, index: &RewardIndex) -> Result<Amount, ShareError> {
        let (paid, rest) = self.owed(index)?.split();
        self.since = index.per_share;
        self.unpaid = rest;
        Ok(paid)
    }
}

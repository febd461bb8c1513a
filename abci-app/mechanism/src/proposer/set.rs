use std::{cmp::Reverse, collections::BTreeSet};

use super::{Change, ConsensusAddress, MAX_TOTAL_POWER, SetError, WINDOW, change};

/// A validator as CometBFT's rotation sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validator {
    pub address: ConsensusAddress,
    /// From 1 to [`MAX_TOTAL_POWER`].
    pub power: i64,
    /// The highest proposes next. Grows by the power with every increment, falls by the total power
    /// with every turn; the sum over the set stays from 0 to below its size.
    pub priority: i64,
}

/// CometBFT's `ValidatorSet`. Never empty; every address is there once; the total power is at most
/// [`MAX_TOTAL_POWER`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSet {
    /// By power, the greatest first, then by address: the order of a commit's signatures.
    members: Vec<Validator>,
    total: i64,
    proposer: ConsensusAddress,
}

impl ValidatorSet {
    /// `NewValidatorSet`: everybody joins, then one increment.
    pub fn new(validators: &[Change]) -> Result<Self, SetError> {
        let members = change::found(validators)?;
        let mut set = Self::of(members, ConsensusAddress::default());
        set.increment(1);
        Ok(set)
    }

    /// `UpdateWithChangeSet`. The proposer stays named until the next increment, even if it left.
    pub fn changed(&self, changes: &[Change]) -> Result<Self, SetError> {
        if changes.is_empty() {
            return Ok(self.clone());
        }
        let members = change::apply(&self.members, self.total, changes)?;
        Ok(Self::of(members, self.proposer))
    }

    /// Scaled, centred and in order, as CometBFT leaves a set that it changed.
    fn of(mut members: Vec<Validator>, proposer: ConsensusAddress) -> Self {
        members.sort_unstable_by_key(rank);
        let total = members.iter().map(|validator| validator.power).sum();
        let mut set = Self {
            members,
            total,
            proposer,
        };
        set.rescale();
        set.centre();
        set
    }

    /// A set that was stored: what [`Self::validators`] and [`Self::proposer`] gave.
    pub fn restore(members: Vec<Validator>, proposer: ConsensusAddress) -> Result<Self, SetError> {
        let mut total = 0i64;
        let mut seen = BTreeSet::new();
        for &Validator { address, power, .. } in &members {
            change::check_power(address, power)?;
            if power == 0 {
                return Err(SetError::NoPower(address));
            }
            if !seen.insert(address) {
                return Err(SetError::Duplicate(address));
            }
            // Both are at most an eighth of what fits.
            total += power;
            if total > MAX_TOTAL_POWER {
                return Err(SetError::TotalTooLarge);
            }
        }
        if members.is_empty() {
            return Err(SetError::Empty);
        }
        if !members.is_sorted_by_key(rank) {
            return Err(SetError::Order);
        }
        if !seen.contains(&proposer) {
            return Err(SetError::UnknownProposer(proposer));
        }
        Ok(Self {
            members,
            total,
            proposer,
        })
    }

    /// `IncrementProposerPriority`: scales and centres once, then gives `times` turns. Round r of a
    /// height has the proposer of its set after r more; 0 leaves the set as it is.
    pub fn increment(&mut self, times: u32) {
        if times == 0 {
            return;
        }
        self.rescale();
        self.centre();
        for _ in 0..times {
            self.take_turn();
        }
    }

    /// By power, the greatest first, then by address.
    pub fn validators(&self) -> &[Validator] {
        &self.members
    }

    pub fn total_power(&self) -> i64 {
        self.total
    }

    /// Whose turn the last increment was.
    pub fn proposer(&self) -> &ConsensusAddress {
        &self.proposer
    }

    /// Divides the priorities until no two are further apart than [`WINDOW`] total powers.
    fn rescale(&mut self) {
        let priorities = || self.members.iter().map(|validator| validator.priority);
        let (Some(least), Some(most)) = (priorities().min(), priorities().max()) else {
            return;
        };
        // Wide, although CometBFT's 64 bits hold whatever it can reach.
        let window = i128::from(WINDOW * self.total);
        let spread = i128::from(most) - i128::from(least);
        if spread <= window {
            return;
        }
        let divisor = (spread + window - 1) / window;
        for validator in &mut self.members {
            // Towards zero, so what comes out fits.
            validator.priority = (i128::from(validator.priority) / divisor) as i64;
        }
    }

    /// Takes the floored average from every priority.
    fn centre(&mut self) {
        let sum: i128 = self.members.iter().map(|v| i128::from(v.priority)).sum();
        let Some(average) = sum.checked_div_euclid(self.members.len() as i128) else {
            return;
        };
        for validator in &mut self.members {
            // An average lies between the least and the greatest, so it fits.
            validator.priority = validator.priority.saturating_sub(average as i64);
        }
    }

    fn take_turn(&mut self) {
        for validator in &mut self.members {
            validator.priority = validator.priority.saturating_add(validator.power);
        }
        let turn = |validator: &&mut Validator| (validator.priority, Reverse(validator.address));
        if let Some(proposer) = self.members.iter_mut().max_by_key(turn) {
            proposer.priority = proposer.priority.saturating_sub(self.total);
            self.proposer = proposer.address;
        }
    }
}

fn rank(validator: &Validator) -> (Reverse<i64>, ConsensusAddress) {
    (Reverse(validator.power), validator.address)
}

//! Rewards that wait.

use slsbft_types::{Amount, AmountError, Time};

use super::Rules;
use crate::halving;

/// The waiting time is told apart in so many steps.
pub(super) const BUCKETS: u64 = 12;

/// Rewards that were not paid in some month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When the first of them was put in.
    pub opened: Time,
    pub amount: Amount,
}

/// What one part of the rewards did not pay yet. It keeps at most 13 buckets: whatever is in one
/// waits for the whole time, and at most a twelfth of it longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollover {
    /// The oldest first; at least a twelfth of the waiting time between them.
    pub buckets: Vec<Bucket>,
}

impl Rollover {
    /// All that waits; with an epoch's own part it is what the epoch can pay.
    pub fn total(&self) -> Result<Amount, AmountError> {
        self.buckets
            .iter()
            .try_fold(Amount::ZERO, |total, bucket| total.add(bucket.amount))
    }

    /// Closes an epoch that brought `fresh` and paid `paid`, which comes from the oldest first.
    /// Returns what waited too long and is the treasury's now.
    ///
    /// An underflow if more was paid than there was; then nothing is changed.
    pub fn close(
        &mut self,
        fresh: Amount,
        paid: Amount,
        now: Time,
        rules: &Rules,
    ) -> Result<Amount, AmountError> {
        // Checked first, so that the steps below cannot fail half way.
        self.total()?.add(fresh)?.sub(paid)?;
        let owed = self.take(paid);
        self.put(fresh.sub(owed)?, now, rules)?;
        self.expire(now, rules)
    }

    /// Takes from the oldest; returns what is not there.
    fn take(&mut self, mut owed: Amount) -> Amount {
        for bucket in &mut self.buckets {
            let taken = bucket.amount.min(owed);
            bucket.amount = bucket.amount.saturating_sub(taken);
            owed = owed.saturating_sub(taken);
        }
        self.buckets.retain(|bucket| !bucket.amount.is_zero());
        owed
    }

    fn put(&mut self, amount: Amount, now: Time, rules: &Rules) -> Result<(), AmountError> {
        if amount.is_zero() {
            return Ok(());
        }
        match self.buckets.last_mut() {
            Some(last) if halving::micros_between(last.opened, now) < step(rules) => {
                last.amount = last.amount.add(amount)?;
            }
            _ => self.buckets.push(Bucket { opened: now, amount }),
        }
        Ok(())
    }

    fn expire(&mut self, now: Time, rules: &Rules) -> Result<Amount, AmountError> {
        // The youngest in a bucket came up to a step after it was opened.
        let longest = halving::micros(rules.rollover_seconds).saturating_add(step(rules));
        let is_late = |bucket: &Bucket| halving::micros_between(bucket.opened, now) >= longest;
        let (late, waiting) = std::mem::take(&mut self.buckets).into_iter().partition(is_late);
        self.buckets = waiting;
        Self { buckets: late }.total()
    }
}

/// Microseconds for which a bucket takes more in.
fn step(rules: &Rules) -> u64 {
    halving::micros(rules.rollover_seconds).div_ceil(BUCKETS)
}

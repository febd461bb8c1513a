//! When reports agree.

use slsbft_types::Ratio;

/// A value that a quorum confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// The median of the reports; of an even number the lower of the two in the middle.
    pub(super) median: u32,
    /// The larger of the two tolerances.
    band: u32,
}

impl Agreed {
    /// What reports agree on: their median, if at least `quorum` of them lie within the larger of
    /// `part` of it and `least` from it. With `quorum` above half of those assigned, no two values
    /// could be agreed on.
    pub(super) fn of(
        values: impl Iterator<Item = u32>,
        quorum: usize,
        part: Ratio,
        least: u32,
    ) -> Option<Self> {
        let mut values: Vec<u32> = values.collect();
        values.sort_unstable();
        let median = *values.get(values.len().checked_sub(1)? / 2)?;
        let part = u64::from(median) * part.billionths() / Ratio::ONE.billionths();
        let agreed = Self {
            median,
            // A part of a u32.
            band: least.max(part as u32),
        };
        let within = values.iter().filter(|value| agreed.holds(**value)).count();
        (within >= quorum).then_some(agreed)
    }

    /// Whether a report lies within tolerance.
    pub(super) fn holds(&self, value: u32) -> bool {
        value.abs_diff(self.median) <= self.band
    }
}

//! What is known of one participant.

use std::ops::Range;

use slsbft_types::{Ratio, Time};

use super::{Dimension, Dimensions, Rules, score};
use crate::halving;

/// Time in which something was measured, in microseconds, faded to [`Record::updated`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub success: u64,
    pub failure: u64,
}

/// Failed and good epochs in a row, of one dimension. At most one of the two is above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    pub failed_in_a_row: u32,
    pub good_in_a_row: u32,
    pub paused: bool,
}

/// One participant's evidence and clocks. The default is that of a newcomer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub evidence: Dimensions<Evidence>,
    /// When the evidence was last written.
    pub updated: Time,
    pub endpoint: Clock,
    pub resource: Clock,
    /// Below the floor, and not yet back at `rearm`.
    pub fallen: bool,
}

/// What an epoch changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// No new deals and no election from now on.
    Paused,
    Resumed,
    /// Below the floor: costs stake, once.
    Fell,
    /// Back at `rearm`: the next fall costs again.
    Rearmed,
}

impl Evidence {
    fn fade(&mut self, factor: u64) {
        self.success = halving::scale(self.success, factor);
        self.failure = halving::scale(self.failure, factor);
    }

    /// Adds an outcome that lasted `step` microseconds.
    fn add(&mut self, outcome: Option<Ratio>, step: u64) {
        let Some(outcome) = outcome else { return };
        let good = u128::from(step) * u128::from(outcome.billionths()) / u128::from(Ratio::ONE.billionths());
        let good = u64::try_from(good).unwrap_or(step);
        // Block time ends in the year 9999, which is 2⁵⁸ microseconds.
        self.success = self.success.saturating_add(good);
        self.failure = self.failure.saturating_add(step.saturating_sub(good));
    }
}

impl Clock {
    fn tick(&mut self, outcome: Option<Ratio>, rules: &Rules) {
        let Some(outcome) = outcome else { return };
        if outcome < Ratio::from_percent(50) {
            self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
            self.good_in_a_row = 0;
            self.paused |= self.failed_in_a_row >= rules.pause_after;
        } else {
            self.good_in_a_row = self.good_in_a_row.saturating_add(1);
            self.failed_in_a_row = 0;
            self.paused &= self.good_in_a_row < rules.resume_after;
        }
    }
}

impl Record {
    /// Takes in what an epoch measured; `None` where it measured nothing or the audit was void. An
    /// epoch without any outcome changes nothing, not even [`updated`](Self::updated).
    ///
    /// The epoch lasts from the time of the block before its first one to that of its last.
    /// At most one of `Paused` and `Resumed` is returned, then at most one of `Fell` and `Rearmed`.
    pub fn record(
        &mut self,
        outcomes: &Dimensions<Option<Ratio>>,
        epoch: &Range<Time>,
        rules: &Rules,
    ) -> Vec<Change> {
        if *outcomes == Dimensions::default() {
            return Vec::new();
        }
        self.fade_to(epoch.end, rules);
        let step = rules.step(epoch);
        self.evidence.consensus.add(outcomes.consensus, step);
        self.evidence.endpoint.add(outcomes.endpoint, step);
        self.evidence.resource.add(outcomes.resource, step);
        self.evidence.consumer.add(outcomes.consumer, step);

        let pause = self.tick(outcomes, rules);
        let fall = self.rise_or_fall(rules);
        pause.into_iter().chain(fall).collect()
    }

    /// An auditor's penalty: takes away what one good epoch gave in one dimension, as far as there
    /// is any. Whoever deserves it in every epoch fades to the prior in that dimension, even when
    /// every epoch is a good one. Comes before [`record`](Self::record) for the same epoch, which
    /// then moves the clocks.
    pub fn penalise(&mut self, dimension: Dimension, epoch: &Range<Time>, rules: &Rules) {
        self.fade_to(epoch.end, rules);
        let evidence = match dimension {
            Dimension::Consensus => &mut self.evidence.consensus,
            Dimension::Endpoint => &mut self.evidence.endpoint,
            Dimension::Resource => &mut self.evidence.resource,
            Dimension::Consumer => &mut self.evidence.consumer,
        };
        evidence.success = evidence.success.saturating_sub(rules.step(epoch));
    }

    /// Whether new deals and elections are closed to it.
    pub fn is_paused(&self) -> bool {
        self.endpoint.paused || self.resource.paused
    }

    /// The scores as they count in the level: `consumer` at most the mean of the others.
    pub fn scores(&self, now: Time, rules: &Rules) -> Dimensions<Ratio> {
        let mut faded = *self;
        faded.fade_to(now, rules);
        score::scores(&faded.evidence, rules)
    }

    /// The service level.
    pub fn level(&self, now: Time, rules: &Rules) -> Ratio {
        score::harmonic_mean(&self.scores(now, rules), &rules.weights)
    }

    fn fade_to(&mut self, now: Time, rules: &Rules) {
        let elapsed = halving::micros_between(self.updated, now);
        let factor = halving::left_after(elapsed, halving::micros(rules.half_life_seconds));
        self.evidence.consensus.fade(factor);
        self.evidence.endpoint.fade(factor);
        self.evidence.resource.fade(factor);
        self.evidence.consumer.fade(factor);
        self.updated = self.updated.max(now);
    }

    fn tick(&mut self, outcomes: &Dimensions<Option<Ratio>>, rules: &Rules) -> Option<Change> {
        let before = self.is_paused();
        self.endpoint.tick(outcomes.endpoint, rules);
        self.resource.tick(outcomes.resource, rules);
        match (before, self.is_paused()) {
            (false, true) => Some(Change::Paused),
            (true, false) => Some(Change::Resumed),
            _ => None,
        }
    }

    fn rise_or_fall(&mut self, rules: &Rules) -> Option<Change> {
        let level = self.level(self.updated, rules);
        if !self.fallen && level < rules.floor {
            self.fallen = true;
            Some(Change::Fell)
        } else if self.fallen && level >= rules.rearm {
            self.fallen = false;
            Some(Change::Rearmed)
        } else {
            None
        }
    }
}

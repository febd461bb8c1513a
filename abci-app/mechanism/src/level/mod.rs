//! Service levels (PROTOCOL, "Service level"): how well a participant served, from measured epochs
//! that fade, and the two clocks that follow.
//!
//! 1. Each epoch has an outcome x ∈ \[0, 1\], or none, in each of the four [`Dimensions`]. An epoch of
//!    Δ (at most `longest_step`) adds x·Δ to a dimension's `success` and the rest of Δ to its
//!    `failure`. Both halve in every half-life of block time.
//! 2. score = (success + κ·p) / (success + failure + κ): κ is the prior's weight and p what the
//!    unmeasured score. p is 1/2, but for `consumer` the harmonic mean of the other three, at which
//!    its score also ends: **ratings lower a level or leave it, and none at all is as good as the
//!    best.** A prior of 1/2 would let washed ratings lift a steady .881 to .962.
//! 3. level = weighted harmonic mean of the scores, in parts per billion, rounded down. It rises
//!    with every score, and a better outcome never lowers one, to the last part.
//! 4. A record *pauses* when `endpoint` or `resource` failed (x < 1/2) in `pause_after` consecutive
//!    epochs that measured it, and until `resume_after` good ones in a row. Each of the two has its
//!    own count, which an epoch that did not measure it neither breaks nor extends: so whoever makes
//!    the audits of one void cannot clear it with the other.
//! 5. A record *falls* when its level is below `floor`, once, and can fall again only after it was
//!    back at `rearm`.
//!
//! Evidence is in microseconds, rounded down when it fades. A record that nobody touches needs no
//! work: it fades when it is next read or written. Fading in several steps loses less than a
//! microsecond per step against fading in one, so the moments of writing belong to consensus, and
//! reading changes nothing. What fades drifts towards the prior and moves no clock.
//!
//! - `record`: evidence and clocks of one participant
//! - `score`: from evidence to the level

mod record;
mod score;

use std::ops::Range;

use slsbft_types::{Ratio, Time};

pub use record::{Change, Clock, Evidence, Record};

use crate::halving;

/// A value for each of the four dimensions of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dimensions<T> {
    /// Blocks signed while in the validator set.
    pub consensus: T,
    /// The public API, as audited.
    pub endpoint: T,
    /// The resources registered, as audited and proven.
    pub resource: T,
    /// Ratings by consumers.
    pub consumer: T,
}

/// The name of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    Consensus,
    Endpoint,
    Resource,
    Consumer,
}

/// The parameters of service levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Time in which evidence halves.
    pub half_life_seconds: u64,
    /// κ: evidence that weighs as much as the prior.
    pub prior_seconds: u64,
    /// Weights in the harmonic mean.
    pub weights: Dimensions<u32>,
    /// Most that one epoch adds.
    pub longest_step_seconds: u64,
    /// A level below this is a fall.
    pub floor: Ratio,
    /// At this level a fallen record is whole again.
    pub rearm: Ratio,
    /// Failed epochs in a row that pause.
    pub pause_after: u32,
    /// Good epochs in a row that end a pause.
    pub resume_after: u32,
}

impl Default for Rules {
    /// PROTOCOL's values.
    fn default() -> Self {
        Self {
            half_life_seconds: 168 * 3600,
            prior_seconds: 20 * 3600,
            weights: Dimensions {
                consensus: 3,
                endpoint: 3,
                resource: 3,
                consumer: 1,
            },
            longest_step_seconds: 6 * 3600,
            floor: Ratio::from_percent(35),
            rearm: Ratio::from_percent(50),
            pause_after: 3,
            resume_after: 3,
        }
    }
}

/// Why rules cannot be used. They would not fail, but mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("half_life_seconds, prior_seconds and longest_step_seconds must be 1 to {MOST_SECONDS}")]
    Seconds,
    #[error("pause_after and resume_after must be at least 1")]
    Epochs,
    #[error("one of the weights of consensus, endpoint and resource must be above zero")]
    Weights,
    #[error("rearm must be above floor, or a level between them would fall again and again")]
    Rearm,
}

/// A hundred years.
const MOST_SECONDS: u64 = 3_155_760_000;

impl Rules {
    /// Checks that every parameter is in range and that they fit each other.
    pub fn check(&self) -> Result<(), RulesError> {
        let seconds = [
            self.half_life_seconds,
            self.prior_seconds,
            self.longest_step_seconds,
        ];
        if !seconds.iter().all(|s| (1..=MOST_SECONDS).contains(s)) {
            return Err(RulesError::Seconds);
        }
        if self.pause_after == 0 || self.resume_after == 0 {
            return Err(RulesError::Epochs);
        }
        let weights = &self.weights;
        if weights.consensus == 0 && weights.endpoint == 0 && weights.resource == 0 {
            return Err(RulesError::Weights);
        }
        if self.rearm <= self.floor {
            return Err(RulesError::Rearm);
        }
        Ok(())
    }

    /// Microseconds of evidence that an epoch gives.
    fn step(&self, epoch: &Range<Time>) -> u64 {
        halving::micros_between(epoch.start, epoch.end).min(halving::micros(self.longest_step_seconds))
    }
}

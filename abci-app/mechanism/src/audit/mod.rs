//! Audits (PROTOCOL, "Service level"): who measures whom, what they may say, and what is made of it.
//!
//! An epoch's seed assigns every target `auditors_per_target` auditors by stake. They probe and commit
//! to a hash of their report, then reveal it. A *metric* counts if two thirds of the assigned agree
//! on it, else it is void. From the metrics that count come the outcomes `endpoint` and `resource` of
//! the target, and for each auditor in how many of its committees it was silent or alone.
//!
//! What an auditor measures, always over connections to the address that the target registered:
//! - *reached*: whether the public API answered at all within `bad_ms`.
//! - *latency*: milliseconds from a request to its answer's first byte, **less the round trip of
//!   setting up the connection, but at most 300 ms of it**, the median of several. So distance does
//!   not count and auditors on all continents can agree; no honest way is longer, and a target that
//!   is slow to connect on purpose gains no more.
//! - *throughput*: kilobits per second moved; what is above the target's promise counts as the promise,
//!   so an auditor needs a line as good as that and no better.
//! - *delivered*: thousandths of the seeded challenges on registered resources (chunks of storage,
//!   tasks of computing) that were answered rightly and in time.
//!
//! What colluding auditors can do to a target. With fewer of them in its committee than a quorum, a
//! metric that counts lies within tolerance of an honest report, and between two honest ones if they
//! are fewer than half of those that revealed. If they leave a quorum of honest ones that reveal and
//! agree, they can neither fail a good target, nor pass a bad one, nor make anything void. With more
//! of them the audit can be void, and with a quorum it is theirs: a third of all stake voids 37 of
//! 100 committees of 15 and owns less than one.
//!
//! - `assign`: committees from stake and seed
//! - `chance`: how often each auditor is to be drawn
//! - `report`: what is committed to and revealed
//! - `judge`: verdicts on an epoch's targets and auditors
//! - `metric`: when reports agree

mod assign;
mod chance;
mod judge;
mod metric;
mod report;

use slsbft_types::{Address, Amount, Ratio};

pub use assign::{OrderError, assign};
pub use judge::{Duty, Judgement, Standing, Verdict, judge};
pub use report::{Entry, Finding, Reading, Report, ReportError};

/// Who may be asked to audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auditor {
    pub operator: Address,
    /// In uankr; without any it is never asked.
    pub stake: Amount,
}

/// Who is to be audited, and what it promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: u32,
    /// Never its own auditor.
    pub operator: Address,
    /// The bandwidth that it registered, in kilobits per second; 0 if none.
    pub promised_kbps: u32,
    /// Whether it registered resources that can be challenged.
    pub challenged: bool,
}

/// The parameters of audits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// k.
    pub auditors_per_target: u32,
    /// No auditor is asked to audit more.
    pub most_targets_per_auditor: u32,
    /// Of more targets than this, as many are drawn in each epoch. If it is above
    /// `most_targets_per_auditor`, large stakes have no time for all their seats, and many small ones
    /// get them. Of the committees of 15, a third of the stake in a hundred equal pieces, against
    /// 200 others with Zipf stakes, owns a quorum in .007; with twice as many targets as one auditor
    /// may have in .018; four times, .040; eight times, .096 (computed with 10,000 targets).
    pub most_targets: u32,
    /// How far from the median a report may lie: the larger of this part of the median …
    pub tolerance: Ratio,
    /// … and this many milliseconds,
    pub tolerance_ms: u32,
    /// kilobits per second,
    pub tolerance_kbps: u32,
    /// or thousandths of the challenges.
    pub tolerance_delivered: u32,
    /// A latency up to this is perfect …
    pub good_ms: u32,
    /// … and from this worth nothing; straight in between.
    pub bad_ms: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            auditors_per_target: 15,
            most_targets_per_auditor: 10_000,
            most_targets: 10_000,
            tolerance: Ratio::from_percent(20),
            tolerance_ms: 20,
            tolerance_kbps: 100,
            tolerance_delivered: 50,
            good_ms: 200,
            bad_ms: 2_000,
        }
    }
}

/// Why rules cannot be used. They would not fail, but mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("auditors_per_target must be 1 to {MOST_AUDITORS}")]
    Auditors,
    #[error("most_targets and most_targets_per_auditor must be at least 1")]
    Targets,
    #[error("good_ms must be below bad_ms, and that at most {}", u16::MAX)]
    Latency,
    #[error("tolerance must be below a half, or two opposite reports could both be within it")]
    Tolerance,
}

/// Largest committee that parameters may ask for.
const MOST_AUDITORS: u32 = 255;

impl Rules {
    /// Checks that every parameter is in range and that they fit each other.
    pub fn check(&self) -> Result<(), RulesError> {
        if !(1..=MOST_AUDITORS).contains(&self.auditors_per_target) {
            return Err(RulesError::Auditors);
        }
        if self.most_targets == 0 || self.most_targets_per_auditor == 0 {
            return Err(RulesError::Targets);
        }
        if self.good_ms >= self.bad_ms || self.bad_ms > u16::MAX.into() {
            return Err(RulesError::Latency);
        }
        if self.tolerance >= Ratio::from_percent(50) {
            return Err(RulesError::Tolerance);
        }
        Ok(())
    }
}

//! The questions that the simulator answers.
//!
//! - `honest`: nobody attacks: seats, power, levels and income
//! - `split`: one stake in many parts
//! - `third`: stake and service that reach a third of the power
//! - `wash`: paying oneself
//! - `liars`: auditors that lie or do not look
//! - `withhold`: proposers that leave their contribution out
//! - `outage`: nodes and regions that go dark
//! - `ddos`: denial of service against everybody else
//! - `grind`: a last proposer that tries thousands of variations
//! - `selfbond`: stake that leaves before the deed

pub mod ddos;
pub mod grind;
pub mod honest;
pub mod liars;
pub mod outage;
pub mod selfbond;
pub mod split;
pub mod third;
pub mod wash;
pub mod withhold;

use clap::ValueEnum;

use crate::{SimError, output::Report};

/// What every scenario takes from the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub seed: u64,
    /// Epochs, or draws where nothing depends on the last one; each scenario has its own default.
    pub epochs: Option<u64>,
    /// Honest candidates; each scenario has its own default.
    pub nodes: Option<usize>,
}

impl Settings {
    fn epochs_or(&self, default: u64) -> u64 {
        self.epochs.unwrap_or(default).max(1)
    }

    /// At least as many as make sense with a hundred seats.
    fn nodes_or(&self, default: usize) -> usize {
        self.nodes.unwrap_or(default).max(8)
    }
}

/// What answers a question.
pub type Run = fn(&Settings) -> Result<Report, SimError>;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Nobody attacks: seats, power, levels, and income by service level
    Honest,
    /// One stake split into many parts
    Split,
    /// Stake and service that reach a third of the power
    Third,
    /// Paying oneself for reward, rank or rating
    Wash,
    /// Auditors that lie, together or alone, or do not look
    Liars,
    /// Proposers that withhold their part of the beacon
    Withhold,
    /// A node or a region that goes dark, and comes back
    Outage,
    /// Denial of service against everybody honest
    Ddos,
    /// A last proposer that tries thousands of variations
    Grind,
    /// Stake that leaves before a misdeed
    Selfbond,
    /// All of these
    All,
}

impl Scenario {
    /// What to run for it, in the order of the documentation.
    pub fn runs(self) -> Vec<Run> {
        match self {
            Self::Honest => vec![honest::run],
            Self::Split => vec![split::run],
            Self::Third => vec![third::run],
            Self::Wash => vec![wash::run],
            Self::Liars => vec![liars::run],
            Self::Withhold => vec![withhold::run],
            Self::Outage => vec![outage::run],
            Self::Ddos => vec![ddos::run],
            Self::Grind => vec![grind::run],
            Self::Selfbond => vec![selfbond::run],
            Self::All => {
                let each = Self::value_variants().iter().filter(|each| **each != Self::All);
                each.flat_map(|each| each.runs()).collect()
            }
        }
    }
}

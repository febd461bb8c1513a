//! Nodes that live through epochs as on the chain: the order of an epoch's last block
//! (`app/modules.rs`, `end_epoch`) with the chain's own rules in it.
//!
//! 1. Whoever signed less than half of its blocks is jailed, as far as `policy` lets it.
//! 2. Levels take in the epoch.
//! 3. The next set is drawn from the *last* boundary's snapshot; the jailed leave their seats empty.
//! 4. This boundary's snapshot is taken: who may stand, with stakes and levels.
//!
//! What is left out: amounts of slashes and rewards, VRF keys, the least self-stake. A node that is
//! jailed comes back in the first epoch in which it signs again.
//!
//! - `node`: a node, and what it does in an epoch
//! - `policy`: the chain's rule for pauses and jailing, and the draft's to compare it with

mod node;
mod policy;

use std::{collections::BTreeMap, ops::Range};

use rayon::prelude::*;
use slsbft_mechanism::{
    audit::Auditor,
    election::{self, Candidate, ElectionError, Loss, elect, vacate},
    level::{self, Change, Dimension},
};
use slsbft_types::{Address, Amount, Time};

pub use node::{Conduct, Node, steady_record};
pub use policy::Policy;

/// What a world goes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    pub election: election::Rules,
    pub level: level::Rules,
    pub epoch_seconds: u64,
    pub policy: Policy,
}

impl Default for Rules {
    /// The main chain's, with a block every second.
    fn default() -> Self {
        Self {
            election: crate::draw::RULES,
            level: level::Rules::default(),
            epoch_seconds: EPOCH_SECONDS,
            policy: Policy::CHAIN,
        }
    }
}

/// 1,000 blocks of a second.
pub const EPOCH_SECONDS: u64 = 1_000;

/// When worlds begin.
pub const GENESIS: Time = Time {
    seconds: 1_700_000_000,
    nanos: 0,
};

/// Some nodes between two epochs.
#[derive(Clone, Debug)]
pub struct World {
    pub rules: Rules,
    /// In the order of their operators.
    pub nodes: Vec<Node>,
    /// Of the last boundary.
    pub now: Time,
    /// Epochs that ended.
    pub epoch: u64,
    /// Who may stand in the next election, as of the last boundary.
    snapshot: Vec<Candidate>,
    /// Powers of the running epoch's set.
    set: BTreeMap<Address, u64>,
}

/// What an epoch's end changed for a node, by its position.
pub type Changes = Vec<(usize, Change)>;

impl World {
    /// Begins with the heaviest, as a chain without a seed does.
    pub fn new(mut nodes: Vec<Node>, rules: Rules, now: Time) -> Result<Self, ElectionError> {
        nodes.sort_by_key(|node| node.operator);
        let mut world = Self {
            rules,
            nodes,
            now,
            epoch: 0,
            snapshot: Vec::new(),
            set: BTreeMap::new(),
        };
        world.snapshot = world.standing();
        let by_weight = election::Rules {
            draw_min_seats: u32::MAX,
            ..rules.election
        };
        world.set = powers(elect(&world.snapshot, &by_weight, &[0; 32])?.seats());
        Ok(world)
    }

    /// Ends an epoch in which every node, by position, did what `conduct` says.
    pub fn end_epoch(&mut self, conduct: &[Conduct], seed: &[u8; 32]) -> Result<Changes, ElectionError> {
        let ended = self.now.plus_seconds(self.rules.epoch_seconds);
        let epoch = self.now..ended;
        self.jail(conduct);
        let changes = self.judge(conduct, &epoch);
        self.now = ended;
        self.set = self.draw(seed)?;
        self.snapshot = self.standing();
        self.epoch += 1;
        Ok(changes)
    }

    /// Who is drawn with a seed from the last boundary's snapshot, as this boundary would have it.
    pub fn draw(&self, seed: &[u8; 32]) -> Result<BTreeMap<Address, u64>, ElectionError> {
        let won: Vec<_> = match elect(&self.snapshot, &self.rules.election, seed) {
            Ok(election) => election.seats().collect(),
            // Nobody can stand: the set stays.
            Err(ElectionError::NoWeight) => return Ok(self.set.clone()),
            Err(error) => return Err(error),
        };
        let jailed = self.nodes.iter().filter(|node| node.jailed);
        let lost = jailed.map(|node| (node.operator, Loss::Jailed)).collect();
        Ok(powers(vacate(&won, &lost).into_iter()))
    }

    /// Who may stand now.
    pub fn standing(&self) -> Vec<Candidate> {
        let barred = self.rules.policy.barred(&self.nodes);
        let may_stand = |node: &&Node| !(node.jailed || barred.contains(&node.operator));
        let standing = self.nodes.par_iter().filter(may_stand);
        let candidate = |node: &Node| Candidate {
            operator: node.operator,
            stake: node.stake,
            level: node.record.level(self.now, &self.rules.level),
        };
        standing.map(candidate).collect()
    }

    /// Who audits in the running epoch: those who stood at the last boundary.
    pub fn auditors(&self) -> Vec<Auditor> {
        let stakes = self.snapshot.iter();
        stakes
            .map(|candidate| Auditor {
                operator: candidate.operator,
                stake: candidate.stake,
            })
            .collect()
    }

    /// Powers of the running epoch's set, by operator.
    pub fn set(&self) -> &BTreeMap<Address, u64> {
        &self.set
    }

    pub fn in_set(&self, node: &Node) -> bool {
        self.set.contains_key(&node.operator)
    }

    /// Power of a node in the running epoch's set, as a part of the whole.
    pub fn power(&self, node: &Node) -> f64 {
        let total: u64 = self.set.values().sum();
        let held = self.set.get(&node.operator).copied().unwrap_or(0);
        held as f64 / total.max(1) as f64
    }

    /// The part of the running set's power that some operators hold.
    pub fn power_of(&self, of: impl Fn(&Address) -> bool) -> f64 {
        let total: u64 = self.set.values().sum();
        let held = self.set.iter().filter(|(operator, _)| of(operator));
        let held: u64 = held.map(|(_, power)| *power).sum();
        held as f64 / total.max(1) as f64
    }

    pub fn level(&self, node: &Node) -> f64 {
        crate::population::number(node.record.level(self.now, &self.rules.level))
    }

    pub fn position(&self, operator: &Address) -> Option<usize> {
        self.nodes
            .binary_search_by_key(operator, |node| node.operator)
            .ok()
    }

    pub fn staked(&self) -> Amount {
        Amount::new(self.nodes.iter().map(|node| node.stake.value()).sum())
    }

    fn jail(&mut self, conduct: &[Conduct]) {
        let idle = self
            .nodes
            .iter()
            .zip(conduct)
            .filter(|(_, conduct)| !conduct.signs);
        let absent = idle.filter(|(node, _)| !node.jailed).filter_map(|(node, _)| {
            let power = self.set.get(&node.operator)?;
            Some((node.operator, u128::from(*power)))
        });
        let total: u64 = self.set.values().sum();
        let jailed = self.rules.policy.jailed(absent.collect(), total.into());
        for (node, conduct) in self.nodes.iter_mut().zip(conduct) {
            if conduct.signs {
                node.jailed = false;
            } else {
                node.jailed |= jailed.contains(&node.operator);
            }
        }
    }

    fn judge(&mut self, conduct: &[Conduct], epoch: &Range<Time>) -> Changes {
        let (set, rules) = (&self.set, &self.rules.level);
        let one = |(position, (node, conduct)): (usize, (&mut Node, &Conduct))| -> Changes {
            if conduct.penalised {
                node.record.penalise(Dimension::Consensus, epoch, rules);
            }
            let outcomes = conduct.outcomes(set.contains_key(&node.operator));
            let changes = node.record.record(&outcomes, epoch, rules);
            changes.into_iter().map(|change| (position, change)).collect()
        };
        let nodes = self.nodes.par_iter_mut().zip(conduct.par_iter());
        nodes.enumerate().flat_map_iter(one).collect()
    }
}

fn powers(seats: impl Iterator<Item = election::Seat>) -> BTreeMap<Address, u64> {
    seats.map(|seat| (seat.operator, seat.power)).collect()
}

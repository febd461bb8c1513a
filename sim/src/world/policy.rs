//! The chain's rule for pauses and jailing, and the draft's to compare it with.

use std::collections::BTreeSet;

use slsbft_mechanism::election::neglectful;
use slsbft_types::{Address, Ratio};

use super::Node;

/// How much pauses may bar from an election, and absence may jail, at one boundary: the heaviest in any
/// case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Of the stake of all that are not jailed.
    pub max_paused: Ratio,
    /// Of the set's power.
    pub max_absent: Ratio,
}

impl Policy {
    /// The main chain's.
    pub const CHAIN: Self = Self {
        max_paused: Ratio::from_percent(10),
        max_absent: Ratio::from_percent(10),
    };
    /// The rule of the draft: however many they befall.
    pub const UNBOUNDED: Self = Self {
        max_paused: Ratio::ONE,
        max_absent: Ratio::ONE,
    };

    /// Those of the paused that may not stand now.
    pub fn barred(self, nodes: &[Node]) -> BTreeSet<Address> {
        let stake = |node: &Node| node.stake.value();
        let free = || nodes.iter().filter(|node| !node.jailed);
        let paused = free().filter(|node| node.record.is_paused());
        let paused = paused.map(|node| (node.operator, stake(node)));
        neglectful(paused.collect(), free().map(stake).sum(), self.max_paused)
    }

    /// Those of the absent that are jailed, given with their powers, where the set has `total`.
    pub fn jailed(self, absent: Vec<(Address, u128)>, total: u128) -> BTreeSet<Address> {
        neglectful(absent, total, self.max_absent)
    }
}

//! Whose turn it is to propose, by CometBFT's own rotation: how many blocks in a row are the attacker's.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use slsbft_mechanism::{
    election::{Candidate, Seat, elect},
    proposer::{Change, ConsensusAddress, Rotation},
};
use slsbft_types::Address;

use crate::{
    SimError,
    draw::RULES,
    population::{Field, Side, Stakes, operator},
    random::{self, Random},
    scenario::Settings,
};

/// Of an epoch.
const BLOCKS: usize = 1_000;
/// Epochs before the attacker comes, and after that before anything is counted.
const BEFORE: u64 = 10;
const SETTLING: u64 = 3;
/// Runs as long as this or longer are counted together.
pub const LONGEST: usize = 6;

/// Who attacks, and how much powers are told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turns {
    pub stakes: Stakes,
    pub nodes: usize,
    pub share: f64,
    pub parts: usize,
    /// Powers are raised by up to this part of themselves, anew in each epoch, on top of the chain's
    /// thousandth.
    pub jitter: f64,
}

/// Runs of the attacker's own blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// The part of blocks at which the run up to and with that block is 0, 1, … [`LONGEST`] or more
    /// long: how an epoch ends, if its end could as well be any block.
    pub ending: Vec<f64>,
    /// The longest of an epoch: mean and most.
    pub longest: f64,
    pub most: usize,
}

impl Turns {
    /// Lets all of the attacker's parts join together, as they like best, and counts for some epochs.
    pub fn count(&self, settings: &Settings, epochs: u64) -> Result<Runs, SimError> {
        let field = |share, parts| Field::new(self.stakes, self.nodes, share, parts).candidates();
        let (without, with) = (field(0.0, 0), field(self.share, self.parts));
        let own: BTreeSet<_> = (0..self.parts)
            .map(|part| consensus_address(&operator(Side::Attacker, part)))
            .collect();
        let mut set = self.seats(&without, settings, 0)?;
        let mut rotation = Rotation::genesis(&changes(&BTreeMap::new(), &set))?;
        let mut runs = Runs {
            ending: vec![0.0; LONGEST + 1],
            longest: 0.0,
            most: 0,
        };
        for epoch in 1..=BEFORE + SETTLING + epochs {
            let candidates = if epoch < BEFORE { &without } else { &with };
            let next = self.seats(candidates, settings, epoch)?;
            let mut owned = Vec::with_capacity(BLOCKS);
            for block in 1..=BLOCKS {
                owned.push(own.contains(rotation.proposer()));
                let updates = if block == BLOCKS {
                    changes(&set, &next)
                } else {
                    Vec::new()
                };
                rotation = rotation.advance(&updates)?;
            }
            if epoch > BEFORE + SETTLING {
                runs.add(&owned, epochs as f64);
            }
            set = next;
        }
        Ok(runs)
    }

    fn seats(
        &self,
        candidates: &[Candidate],
        settings: &Settings,
        epoch: u64,
    ) -> Result<BTreeMap<ConsensusAddress, i64>, SimError> {
        let election = elect(candidates, &RULES, &random::seed(settings.seed, "turns", epoch))?;
        let mut random = Random::new(settings.seed, "jitter", epoch);
        let mut power = |seat: Seat| {
            let raised = seat.power as f64 * (1.0 + self.jitter * random.unit());
            (consensus_address(&seat.operator), raised as i64)
        };
        Ok(election.seats().map(&mut power).collect())
    }
}

impl Runs {
    fn add(&mut self, owned: &[bool], epochs: f64) {
        let mut run = 0;
        let mut longest = 0;
        for own in owned {
            run = if *own { run + 1 } else { 0 };
            longest = longest.max(run);
            if let Some(part) = self.ending.get_mut(run.min(LONGEST)) {
                *part += 1.0 / (epochs * owned.len() as f64);
            }
        }
        self.longest += longest as f64 / epochs;
        self.most = self.most.max(longest);
    }
}

/// The whole next set, and who leaves.
fn changes(now: &BTreeMap<ConsensusAddress, i64>, next: &BTreeMap<ConsensusAddress, i64>) -> Vec<Change> {
    let leaving = now.keys().filter(|address| !next.contains_key(*address));
    let leaving = leaving.map(|address| Change {
        address: *address,
        power: 0,
    });
    let staying = next.iter().map(|(address, power)| Change {
        address: *address,
        power: *power,
    });
    leaving.chain(staying).collect()
}

fn consensus_address(operator: &Address) -> ConsensusAddress {
    let hash = Sha256::digest(operator.as_bytes());
    hash.first_chunk().copied().unwrap_or_default()
}

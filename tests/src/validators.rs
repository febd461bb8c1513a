//! CometBFT's part in the mock of consensus: the validator sets, whose turn it
//! is to propose, and who signs.

use std::collections::{BTreeMap, BTreeSet};

use slsbft_app::modules::{
    beacon::Prover,
    consensus::{ConsensusAddress, Turn, consensus_address},
};
use slsbft_mechanism::{
    beacon::VrfSecretKey,
    proposer::{Change, Rotation, ValidatorSet},
};
use tendermint_proto::v0_38::{
    abci::{CommitInfo, Validator, ValidatorUpdate, VoteInfo},
    crypto::public_key::Sum,
    types::BlockIdFlag,
};

/// Named by headers, and alone in commits, where a chain has no validators of its own.
const NOBODY: ConsensusAddress = [7; 20];

/// Sets as CometBFT keeps them.
#[derive(Clone, Default)]
pub struct Validators {
    rotation: Option<Rotation>,
    /// The set that decided the last block.
    last: Option<ValidatorSet>,
    /// Who does not sign.
    pub absent: BTreeSet<ConsensusAddress>,
}

impl Validators {
    /// The sets after InitChain.
    pub fn genesis(updates: &[ValidatorUpdate]) -> Self {
        let changes = changes(updates);
        let rotation = (!changes.is_empty()).then(|| Rotation::genesis(&changes).expect("a first set"));
        Self {
            rotation,
            ..Self::default()
        }
    }

    /// After a block; panics on what would stop CometBFT.
    pub fn advance(&mut self, updates: &[ValidatorUpdate]) {
        if let Some(rotation) = self.rotation.take() {
            self.last = Some(rotation.current.clone());
            self.rotation = Some(rotation.advance(&changes(updates)).expect("valid updates"));
        }
    }

    /// Proposes the next block in its first round.
    pub fn proposer(&self) -> ConsensusAddress {
        self.rotation
            .as_ref()
            .map_or(NOBODY, |rotation| *rotation.proposer())
    }

    /// The set that decides the next block: address and power.
    pub fn current(&self) -> Vec<(ConsensusAddress, i64)> {
        let set = self
            .rotation
            .iter()
            .flat_map(|rotation| rotation.current.validators());
        set.map(|validator| (validator.address, validator.power))
            .collect()
    }

    /// The commit of the last block, decided in a round.
    pub fn last_commit(&self, round: i32) -> CommitInfo {
        let Some(set) = &self.last else {
            // The first block of a chain has no commit to show.
            let votes = if self.rotation.is_none() {
                vec![vote(NOBODY, 10, true)]
            } else {
                vec![]
            };
            return CommitInfo { round, votes };
        };
        let signs = |address: &ConsensusAddress| !self.absent.contains(address);
        let votes = set
            .validators()
            .iter()
            .map(|v| vote(v.address, v.power, signs(&v.address)));
        CommitInfo {
            round,
            votes: votes.collect(),
        }
    }

    /// Whether the application has the same set for the next block.
    pub fn agrees_with(&self, turns: &[Turn]) -> bool {
        let Some(rotation) = &self.rotation else {
            return turns.is_empty();
        };
        let set = &rotation.current;
        let same = set.validators().iter().zip(turns).all(|(validator, turn)| {
            validator.address == turn.seat.address
                && validator.power == turn.seat.power
                && validator.priority == turn.priority
                && turn.proposes == (validator.address == *set.proposer())
        });
        same && set.validators().len() == turns.len()
    }
}

fn vote(address: ConsensusAddress, power: i64, signed: bool) -> VoteInfo {
    let flag = if signed {
        BlockIdFlag::Commit
    } else {
        BlockIdFlag::Absent
    };
    VoteInfo {
        validator: Some(Validator {
            address: address.to_vec().into(),
            power,
        }),
        block_id_flag: flag.into(),
    }
}

fn changes(updates: &[ValidatorUpdate]) -> Vec<Change> {
    let change = |update: &ValidatorUpdate| match &update.pub_key.as_ref().expect("a key").sum {
        Some(Sum::Ed25519(key)) => Change {
            address: consensus_address(key.as_slice().try_into().expect("32 bytes")),
            power: update.power,
        },
        other => panic!("no ed25519 key: {other:?}"),
    };
    updates.iter().map(change).collect()
}

/// The VRF key of a test's validator number.
pub fn vrf_secret(number: u8) -> VrfSecretKey {
    VrfSecretKey::from_seed(&[number; 32]).expect("a seed")
}

/// Holds the VRF keys of all validators of a test.
pub struct AllKeys(BTreeMap<[u8; 32], VrfSecretKey>);

impl AllKeys {
    pub fn new(numbers: impl IntoIterator<Item = u8>) -> Self {
        let keys = numbers.into_iter().map(vrf_secret);
        Self(keys.map(|secret| (*secret.public().as_bytes(), secret)).collect())
    }
}

impl Prover for AllKeys {
    fn prove(&self, vrf_key: &[u8; 32], chain_id: &str, height: u64, previous: &[u8; 32]) -> Option<Vec<u8>> {
        let secret = self.0.get(vrf_key)?;
        Some(secret.prove(chain_id, height, previous).as_bytes().to_vec())
    }
}

//! Who proposes: CometBFT's weighted rotation, number for number.
//!
//! CometBFT accepts a block from any validator of the set, so the application computes for itself
//! who was to propose at round 0. It holds the sets of two heights, as
//! CometBFT does ([`Rotation`]). With `first` the initial height and `V[H]` the set of height H:
//!
//! - `V[first]` = [`ValidatorSet::new`] of the validators that InitChain returned (or, if it returned
//!   none, of the genesis file's), which ends with one increment;
//! - V[first+1] = the same, incremented once more;
//! - V[H+2] = V[H+1], changed by the updates that FinalizeBlock of H returned, incremented once.
//!
//! The round-0 proposer of H is the validator that the last increment of `V[H]` chose. Later rounds
//! increment a copy and leave no trace.
//!
//! Source: CometBFT v0.39.4: `types/validator_set.go`; `updateState` of `state/execution.go`;
//! `MakeGenesisState` of `state/state.go`; `ReplayBlocksWithContext` of `consensus/replay.go`.
//! `tests/proposer_vectors` drives that code, and a test repeats what it answered.
//!
//! - `set`: validators, their priorities, and the increment
//! - `change`: joining, leaving, and new powers
//! - `rotation`: two heights
//! - `errors`: what CometBFT stops on

mod change;
mod errors;
mod rotation;
mod set;

pub use errors::SetError;
pub use rotation::Rotation;
pub use set::{Validator, ValidatorSet};

/// Address of a consensus key: the first 20 bytes of its SHA-256.
pub type ConsensusAddress = [u8; 20];

/// Most power of a set: `MaxTotalVotingPower`.
pub const MAX_TOTAL_POWER: i64 = i64::MAX / 8;

/// Most distance between two priorities, in total powers, before they are scaled down:
/// `PriorityWindowSizeFactor`.
const WINDOW: i64 = 2;

/// One of a height's validator updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub address: ConsensusAddress,
    /// 0 removes the validator.
    pub power: i64,
}

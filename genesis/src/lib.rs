//! The genesis document: CometBFT's `genesis.json` with one section of
//! `app_state` per module. Reading it refuses unknown fields and names the path
//! of the bad one; [`Genesis::validate`] checks what types alone cannot say.
//! Presets and [`Genesis::add_account`], [`Genesis::collect`] build one from parts.

#![forbid(unsafe_code)]

pub mod auth;
pub mod bank;
pub mod beacon;
pub mod contracts;
pub mod distribution;
pub mod election;
pub mod epochs;
pub mod fees;
pub mod genutil;
pub mod hooks;
pub mod incentives;
pub mod metering;
pub mod requests;
pub mod service;
pub mod slashing;
pub mod staking;

mod build;
mod consensus;
mod document;
mod error;
mod preset;
mod time;
mod validator;

pub use build::{NewCandidate, Vesting};
pub use consensus::{
    AbciParams, AuthorityParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};
pub use document::{AppState, Genesis};
pub use error::GenesisError;
pub use preset::{Allocation, Purpose, local, mainnet};
pub use validator::ConsensusKey;

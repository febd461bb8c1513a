//! A simulator of the mechanism: it drives the very code of the chain (`slsbft_mechanism`) without
//! consensus, so that ten thousand nodes live through thousands of epochs in seconds, and shows what an
//! attacker can do to it.
//!
//! Nothing here takes part in consensus, so statistics use floats: they are what is said *about* the
//! rules, never what the rules compute. Every random number comes from `--seed`; no result depends on a
//! clock or on how many threads there are.
//!
//! - [`scenario`]: the questions asked, one module each
//! - [`world`]: nodes that live through epochs as on the chain
//! - [`population`], [`draw`], [`committees`]: stakes, elections, audits
//! - [`tail`]: probabilities of one in a thousand million
//! - [`output`]: tables, plots, reports
//! - [`random`]: numbers from a seed

#![forbid(unsafe_code)]

pub mod cli;
pub mod committees;
pub mod draw;
pub mod output;
pub mod population;
pub mod random;
pub mod scenario;
pub mod tail;
pub mod world;

use slsbft_mechanism::{audit, election, proposer};

/// Why a scenario cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    #[error("election: {0}")]
    Election(#[from] election::ElectionError),
    #[error("audits: {0}")]
    Audits(#[from] audit::OrderError),
    #[error("report of an audit: {0}")]
    Report(#[from] audit::ReportError),
    #[error("validator set: {0}")]
    Set(#[from] proposer::SetError),
    #[error("amounts: {0}")]
    Amount(#[from] slsbft_types::AmountError),
    #[error("shares: {0}")]
    Share(#[from] slsbft_mechanism::share::ShareError),
}

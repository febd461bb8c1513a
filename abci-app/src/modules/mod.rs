//! The chain's modules, one room each. A module sees another only through a
//! narrow trait; `app` wires them.

pub mod auth;
pub mod bank;
pub mod beacon;
pub mod consensus;
pub mod contracts;
pub mod distribution;
pub mod election;
pub mod epochs;
pub mod fees;
pub mod hooks;
pub mod incentives;
mod key;
pub mod ledger;
pub mod metering;
pub mod record;
pub mod requests;
pub mod service;
pub mod slashing;
pub mod staking;

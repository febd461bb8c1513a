//! The node: everything around the state machine that has sockets, clocks and
//! processes. `slsbftd` is its command line.
//!
//! `abci` serves CometBFT, `process` runs it as a child and stops both,
//! `comet_rpc` asks it, `grpc` serves everybody else (`serving` holds its connections),
//! `config` is the home directory's files, `metrics` what is measured, `cli` the
//! commands. `provider` sells a service by the meter, `consumer` pays for it;
//! `metering` is what the two share. `auditor` measures how well others serve,
//! `edge` answers what contracts ask of the world outside (`journal` keeps what it and the auditor
//! must not forget), `sandbox` is a chain without consensus to try contracts on.

#![deny(unsafe_code)]

pub mod abci;
pub mod auditor;
pub mod cli;
pub mod comet_rpc;
pub mod config;
pub mod consumer;
pub mod edge;
pub mod grpc;
pub mod journal;
pub mod metering;
pub mod metrics;
pub mod process;
pub mod provider;
pub mod sandbox;
mod serving;

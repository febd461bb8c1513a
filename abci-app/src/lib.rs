//! The state machine: transactions in, blocks out. Synchronous and
//! deterministic; no sockets, no clock.

#![forbid(unsafe_code)]

pub mod abci;
pub mod context;
pub mod errors;
pub mod events;
pub mod modules;
pub mod query;

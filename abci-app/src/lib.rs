//! The state machine: transactions in, blocks out. Synchronous and
//! deterministic; no sockets, no clock.

#![forbid(unsafe_code)]

pub mod abci;
pub mod app;
pub mod context;
pub mod errors;
pub mod events;
pub mod gas;
pub mod machine;
pub mod modules;
pub mod probe;
pub mod query;
pub mod tx;

pub use app::{App, AppConfig};
pub use errors::Fault;

//! The auditor daemon against targets that behave and targets that do not, and a chain that fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

mod books;
mod bounds;
#[path = "../gateway/chain.rs"]
#[allow(dead_code, reason = "shared with the gateway's tests")]
mod chain;
mod commands;
mod computing;
mod epochs;
mod gateway;
#[path = "../common/node.rs"]
mod node;
mod outages;
mod private;
mod probes;
mod service;
mod setup;
#[allow(dead_code, reason = "shared with the other tests")]
mod state;
mod targets;

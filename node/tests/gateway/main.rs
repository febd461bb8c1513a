//! The provider and consumer daemons against a real HTTP upstream, over a chain
//! in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

mod broken;
mod buying;
#[allow(dead_code, reason = "shared with the other tests")]
mod chain;
mod claims;
mod hangups;
mod hostile;
#[path = "../common/node.rs"]
mod node;
mod outage;
mod remote;
#[path = "../../client/tests/submitter/service.rs"]
mod service;
mod serving;
mod setup;
#[path = "../../client/tests/submitter/state.rs"]
#[allow(dead_code, reason = "shared with the client's tests")]
mod state;
mod time;
mod upstream;

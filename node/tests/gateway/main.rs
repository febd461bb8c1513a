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
#[path = "../../client/tests/fake_node/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the client's tests")]
mod fake_node;
mod hangups;
mod hostile;
mod outage;
mod remote;
mod serving;
mod setup;
mod time;
mod upstream;

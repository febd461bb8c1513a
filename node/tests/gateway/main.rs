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
mod hostile;
mod serving;
mod setup;
mod upstream;

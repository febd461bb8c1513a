//! The edge daemon against servers that behave and servers that do not, and a chain that goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what cannot go on has failed"
)]

mod answering;
mod codes;
#[path = "../common/node.rs"]
mod node;
mod server;
mod service;
mod state;
mod tasks;

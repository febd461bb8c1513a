//! Contracts on the chain: published ones of the CosmWasm world, through transactions and queries
//! as clients send them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod bus;
mod calls;
mod codes;
mod compiling;
mod hooks;
mod listener;
mod messages;
mod script;
mod support;
mod token;

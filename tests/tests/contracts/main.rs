//! Contracts on the chain: published ones of the CosmWasm world, through transactions and queries
//! as clients send them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod auction;
#[path = "../../../wasm-runtime/tests/common/assemblyscript.rs"]
mod build;
mod bus;
mod calls;
mod codes;
mod compilers;
mod compiling;
mod escrow;
mod hooks;
mod hostile;
mod interpreters;
mod languages;
mod listener;
mod lottery;
mod messages;
mod script;
mod splitter;
mod support;
mod token;

//! What wallets, SDKs and explorers rely on when they send a transaction.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod admission;
mod payments;
mod results;
mod simulation;
mod stakes;
mod support;

//! What metering promises, through its messages, blocks and queries, on the
//! real bank.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod claims;
mod closing;
mod deals;
mod genesis;
mod input;
mod machine;
mod model;
mod queries;
mod world;

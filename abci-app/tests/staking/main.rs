//! What staking and distribution promise, through their messages, blocks and queries, on
//! the real bank.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod delegations;
mod figures;
mod genesis;
mod input;
mod leaving;
mod machine;
mod model;
mod queries;
mod redelegations;
mod rewards;
mod slashing;
mod twins;
mod validators;
mod vesting;
mod world;

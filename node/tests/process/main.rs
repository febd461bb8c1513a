//! `slsbftd` as its operators see it: real processes, real CometBFT.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod commands;
#[path = "../../../tests/tests/contracts/compilers.rs"]
#[allow(dead_code, reason = "shared with the chain's tests")]
mod compilers;
mod contracts;
mod crash;
mod genesis;
mod lifecycle;
mod maintenance;
mod projects;
mod requests;
mod support;
mod vrf;

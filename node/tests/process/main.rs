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
mod contracts;
mod crash;
mod genesis;
mod lifecycle;
mod maintenance;
mod projects;
mod support;
mod vrf;

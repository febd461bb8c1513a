//! The ABCI server as its peers see it: over real sockets, with a small
//! application behind it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod faults;
mod foreign;
mod order;
mod support;

//! Questions to the world outside, through transactions and queries as posters and edge nodes send
//! them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod answers;
mod bounds;
mod callbacks;
#[path = "../contracts/listener.rs"]
mod listener;
mod money;
mod service;
mod support;

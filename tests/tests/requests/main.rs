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
#[path = "../contracts/compilers.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod compilers;
#[path = "../contracts/listener.rs"]
mod listener;
mod money;
mod service;
mod support;
mod tasks;

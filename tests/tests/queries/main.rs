//! What clients read: pages, proofs, older heights, and answers to nonsense.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod hostile;
mod pages;
mod proofs;
mod support;

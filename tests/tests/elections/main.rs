//! Elections on real nodes: sets that change, misbehaviour, new keys, endpoints that fail, proofs of computing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod computing;
mod endpoint;
mod equivocation;
mod keys;
mod rotation;
mod service;
mod support;

//! The gRPC server as its clients see it: a real server on a free port, over a
//! state and a consensus that say what the test wants.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails in a helper fails a test; Clippy knows only `#[test]` functions as such"
)]

mod abci;
mod bounds;
mod consensus;
mod hostile;
mod queries;
mod reflection;
mod support;
mod web;

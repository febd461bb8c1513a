//! Validators under the mock of consensus: who gets a seat, what misbehaviour
//! costs, the beacon, service levels.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod audits;
mod beacon;
mod compute;
mod election;
mod life;
mod misbehaviour;
mod siege;
mod support;

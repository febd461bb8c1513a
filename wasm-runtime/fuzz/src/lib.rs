//! What the fuzz targets share: contracts that do what their message says. Compiled once, they let a fuzzer reach every
//! function of a host with any arguments, thousands of times a second.
//!
//! A message is a row of steps: a byte that says which function, and its arguments one behind the other. Arguments are
//! addresses and lengths in the contract's memory, in which the message itself lies, so a step may point at the bytes
//! of another.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "what a fuzzer finds is told by a panic"
)]

pub mod obedient;
pub use programs::smith;
#[allow(clippy::new_without_default, reason = "made for tests")]
#[path = "../../tests/programs/mod.rs"]
pub mod programs;
pub mod seeds;
#[allow(dead_code, reason = "the tests of the service bus use all of it")]
#[path = "../../tests/bus/support.rs"]
pub mod support;
#[path = "../../tests/bus/world.rs"]
pub mod world;

/// Enough for some signature checks, and soon used up by what repeats, in points.
pub const POINTS: u64 = 3_000_000_000;

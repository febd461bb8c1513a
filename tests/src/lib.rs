//! What the tests of several crates share.
//!
//! - `chain`: the real application under a mock of consensus that follows
//!   ABCI's grammar
//! - `validators`: CometBFT's sets in that mock
//! - `wallet`: accounts that sign for it
//! - `market`: messages of providers and consumers
//! - `raw`: transactions that no well-behaved client would make
//! - `history`: a random life of a chain
//! - `proof`: proofs of state, verified as others do
//! - `fleet`: real nodes with real CometBFT

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

pub mod chain;
pub mod fleet;
pub mod history;
pub mod market;
pub mod proof;
pub mod raw;
pub mod validators;
pub mod wallet;

pub use chain::Chain;
pub use wallet::Wallet;

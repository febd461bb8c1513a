//! What the tests of several crates share.
//!
//! - `chain`: the real application under a mock of consensus that follows
//!   ABCI's grammar
//! - `wallet`: accounts that sign for it

pub mod chain;
pub mod wallet;

pub use chain::Chain;
pub use wallet::Wallet;

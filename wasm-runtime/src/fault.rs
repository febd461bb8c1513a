//! What is wrong with the node, not with a contract.

use std::error::Error;

/// Why a call has no result. Not a contract's fault and not the same on every node, so a node that gets
/// one while it runs a block must stop instead of going on with a state of its own.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The chain could not read or write its state, or answer.
    #[error("the chain failed under a contract: {0}")]
    Chain(#[source] Box<dyn Error + Send + Sync>),
    /// The operating system gave no memory.
    #[error("no memory for a contract: {0}")]
    Memory(String),
    /// A native stack overflowed before the metered one did.
    #[error(
        "the native stack overflowed under code {0} although its metered stack did not; report this contract"
    )]
    NativeStack(String),
    /// More calls at once than the pool has places.
    #[error("all {0} places for contracts are taken; let fewer calls run at once or configure more")]
    Pool(String),
    /// The engine refused what it must be able to do.
    #[error("the WebAssembly engine failed: {0}")]
    Engine(String),
    /// The cache's folder cannot be used.
    #[error("the cache of compiled contracts at {path}: {error}")]
    Cache {
        /// Its folder.
        path: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// All places for queries are taken. Only calls outside blocks end with this one.
    #[error("too many queries at once; try again later")]
    Busy,
    /// Whoever asked has stopped waiting. Only calls outside blocks end with this one.
    #[error("the query took too long")]
    Interrupted,
}

impl Fault {
    /// A fault of the chain's own.
    pub fn chain(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Chain(error.into())
    }

    /// Whether only this query ends and the node is well.
    pub fn only_this_query(&self) -> bool {
        matches!(self, Self::Busy | Self::Interrupted)
    }

    pub(crate) fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }
}

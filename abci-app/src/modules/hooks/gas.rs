//! What the chain's calls may cost. `docs/protocol/gas.md` explains the figures.

/// A subscription, read and written.
pub const SUBSCRIBE: u64 = 40_000;
/// Calling a contract, beside what it does.
pub const CALL: u64 = 40_000;
/// Least and most that a contract may allow for a call.
pub const LEAST_LIMIT: u64 = 100_000;
pub const MOST_LIMIT: u64 = slsbft_genesis::hooks::MOST_GAS;
/// What the calls of one block may use together.
pub const BLOCK: u64 = 20_000_000;

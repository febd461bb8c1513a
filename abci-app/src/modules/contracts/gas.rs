//! What contracts' messages cost before a contract runs. Running it costs what the VM counts.
//! `docs/protocol/gas.md` explains the figures.

/// Uploading a code, beside its bytes.
pub const STORE_CODE: u64 = 1_000_000;
/// Each byte of a code: checking and keeping it.
pub const PER_CODE_BYTE: u64 = 300;
/// Each millisecond that compiling a code is estimated to take, on every node.
pub const PER_COMPILED_MS: u64 = 10_000;
/// Making a contract, beside what it does.
pub const INSTANTIATE: u64 = 100_000;
/// Calling a contract or changing what it runs, beside what it does.
pub const EXECUTE: u64 = 40_000;
/// Changing an admin, a label or who may make contracts of a code.
pub const ADMINISTER: u64 = 40_000;

/// Points for handing a message between a contract and the chain.
pub const DISPATCH: u64 = 10_000_000;
/// Points for each byte of an event that a contract emits, which every node keeps for ever.
pub const PER_EVENT_BYTE: u64 = 30_000;

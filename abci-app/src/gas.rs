//! The gas table. Gas depends only on what a transaction says, never on state,
//! so a simulation is exact and a shortage is found before anything runs.
//! `docs/protocol/gas.md` explains the figures.

/// Each byte of a transaction's body.
pub const PER_BODY_BYTE: u64 = 10;
/// Each signature.
pub const PER_SIGNATURE: u64 = 30_000;
/// A transfer to one recipient.
pub const SEND: u64 = 40_000;
/// Each input or output of a multi-send.
pub const MULTI_SEND_ENTRY: u64 = 40_000;

//! Gas of staking's messages; `docs/protocol/gas.md` explains the figures.

pub const CREATE_VALIDATOR: u64 = 250_000;
pub const EDIT_VALIDATOR: u64 = 60_000;
pub const DELEGATE: u64 = 170_000;
pub const UNDELEGATE: u64 = 250_000;
pub const CANCEL_UNBONDING: u64 = 250_000;
/// It opens the records of two candidates, and pays rewards of both.
pub const REDELEGATE: u64 = 350_000;
/// Its key is kept for ever.
pub const ROTATE_CONSENSUS_KEY: u64 = 100_000;

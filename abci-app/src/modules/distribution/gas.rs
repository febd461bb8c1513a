//! Gas of distribution's messages; `docs/protocol/gas.md` explains the figures.

pub const SET_WITHDRAW_ADDRESS: u64 = 40_000;
pub const WITHDRAW_REWARD: u64 = 120_000;
pub const WITHDRAW_COMMISSION: u64 = 100_000;
/// Each coin.
pub const FUND_COMMUNITY_POOL: u64 = 40_000;

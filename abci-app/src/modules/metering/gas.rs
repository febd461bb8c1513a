//! Gas of metering's messages; `docs/protocol/gas.md` explains the figures.

pub const CREATE_OFFER: u64 = 60_000;
pub const UPDATE_OFFER: u64 = 40_000;
pub const WITHDRAW_OFFER: u64 = 40_000;
pub const OPEN_DEAL: u64 = 60_000;
pub const TOP_UP_DEAL: u64 = 50_000;
pub const ADD_SESSION_KEY: u64 = 40_000;
/// At the least gas price this costs more than the idle fee brings, so nobody
/// closes unused deals for a living.
pub const CLOSE_DEAL: u64 = 60_000;
pub const REFUND_DEAL: u64 = 60_000;
pub const CLAIM: u64 = 60_000;
/// Each session key of a deal: checked as a point, kept while the deal lives.
pub const PER_SESSION_KEY: u64 = 5_000;
/// Each voucher: a signature verified with others, and a deal read and written.
pub const PER_VOUCHER: u64 = 12_000;

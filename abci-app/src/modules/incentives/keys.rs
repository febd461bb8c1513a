//! Where incentives live.

use slsbft_types::Address;

/// `v1.Params`.
pub const PARAMS: &[u8] = b"incentives/params";
/// → what was released, rolls over and is owed.
pub const POOLS: &[u8] = b"incentives/pools";
/// ‖ epoch → which part of its bases an epoch pays.
pub const FACTORS: &[u8] = b"incentives/factors/";
/// ‖ account → what it has earned.
pub const ACCOUNT: &[u8] = b"incentives/account/";
/// Epoch-local → the bases of the running epoch together.
pub const BASES: &[u8] = b"incentives/bases";

pub fn factors(epoch: u64) -> Vec<u8> {
    [FACTORS, &epoch.to_be_bytes()].concat()
}

pub fn account(address: &Address) -> Vec<u8> {
    let bytes = address.as_bytes();
    [ACCOUNT, &[bytes.len() as u8], bytes].concat()
}

//! Where distribution lives in [`Space::Main`](slsbft_store::Space). An address has its
//! length in front.

use slsbft_types::Address;

use crate::modules::key::with;

/// All that is outstanding: 16 bytes, big-endian.
pub const OWED: &[u8] = b"distribution/owed";
/// ‖ operator → what is outstanding with a candidate, and its index.
pub const VALIDATOR: &[u8] = b"distribution/validator/";
/// ‖ delegator ‖ operator → where the index stood (32 bytes), what is unpaid (32 bytes).
pub const HOLDING: &[u8] = b"distribution/holding/";
/// ‖ delegator → account that its rewards go to.
pub const WITHDRAW_ADDRESS: &[u8] = b"distribution/withdraw_address/";

pub fn validator(operator: &Address) -> Vec<u8> {
    with(VALIDATOR, &[operator])
}

pub fn holding(delegator: &Address, operator: &Address) -> Vec<u8> {
    with(HOLDING, &[delegator, operator])
}

pub fn withdraw_address(delegator: &Address) -> Vec<u8> {
    with(WITHDRAW_ADDRESS, &[delegator])
}

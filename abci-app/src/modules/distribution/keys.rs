//! Where distribution lives in [`Space::Main`](slsbft_store::Space). An address has its
//! length in front.

use slsbft_types::Address;

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

fn with(prefix: &[u8], addresses: &[&Address]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    for address in addresses {
        let bytes = address.as_bytes();
        key.push(bytes.len() as u8);
        key.extend_from_slice(bytes);
    }
    key
}

/// Reads one address with its length in front, and what follows.
pub fn split(bytes: &[u8]) -> Option<(Address, &[u8])> {
    let (len, rest) = bytes.split_first()?;
    let (address, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((Address::from_bytes(address).ok()?, rest))
}

//! Where accounts live in [`Space::Main`](slsbft_store::Space).

use slsbft_types::Address;

/// `auth/account/` ‖ address → account record.
pub const ACCOUNT: &[u8] = b"auth/account/";
/// `auth/number/` ‖ number (big-endian) → address.
pub const NUMBER: &[u8] = b"auth/number/";
/// Number of the next account, big-endian.
pub const NEXT_NUMBER: &[u8] = b"auth/next_number";
pub const PARAMS: &[u8] = b"auth/params";

pub fn account(address: &Address) -> Vec<u8> {
    [ACCOUNT, address.as_bytes()].concat()
}

pub fn number(number: u64) -> Vec<u8> {
    [NUMBER, &number.to_be_bytes()].concat()
}

//! Where money lives in [`Space::Main`](slsbft_store::Space). Amounts are
//! 16 bytes, big-endian.

use slsbft_types::Address;

/// `bank/balance/` ‖ length of the address ‖ address ‖ denomination → amount.
pub const BALANCE: &[u8] = b"bank/balance/";
/// `bank/supply/` ‖ denomination → amount.
pub const SUPPLY: &[u8] = b"bank/supply/";
/// `bank/metadata/` ‖ denomination → `cosmos.bank.v1beta1.Metadata`.
pub const METADATA: &[u8] = b"bank/metadata/";
/// `bank/send_enabled/` ‖ denomination → 1 or 0; absent: the default.
pub const SEND_ENABLED: &[u8] = b"bank/send_enabled/";
/// 1 or 0.
pub const DEFAULT_SEND_ENABLED: &[u8] = b"bank/default_send_enabled";

pub fn balances_of(owner: &Address) -> Vec<u8> {
    [BALANCE, &[owner.as_bytes().len() as u8], owner.as_bytes()].concat()
}

pub fn balance(owner: &Address, denom: &str) -> Vec<u8> {
    let mut key = balances_of(owner);
    key.extend_from_slice(denom.as_bytes());
    key
}

/// Owner and denomination of a balance's key without [`BALANCE`].
pub fn split_balance(key: &[u8]) -> Option<(Address, &str)> {
    let (len, rest) = key.split_first()?;
    let (owner, denom) = rest.split_at_checked(usize::from(*len))?;
    Some((Address::from_bytes(owner).ok()?, std::str::from_utf8(denom).ok()?))
}

pub fn supply(denom: &str) -> Vec<u8> {
    [SUPPLY, denom.as_bytes()].concat()
}

pub fn metadata(denom: &str) -> Vec<u8> {
    [METADATA, denom.as_bytes()].concat()
}

pub fn send_enabled(denom: &str) -> Vec<u8> {
    [SEND_ENABLED, denom.as_bytes()].concat()
}

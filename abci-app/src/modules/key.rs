//! Keys made of addresses, each with its length in front, so that none is the beginning of
//! another.

use slsbft_types::Address;

/// A prefix and addresses after it.
pub fn with(prefix: &[u8], addresses: &[&Address]) -> Vec<u8> {
    let mut key = Vec::with_capacity(prefix.len() + 64);
    key.extend_from_slice(prefix);
    for address in addresses {
        let bytes = address.as_bytes();
        key.push(bytes.len() as u8);
        key.extend_from_slice(bytes);
    }
    key
}

/// Reads an address; returns what follows.
pub fn split(bytes: &[u8]) -> Option<(Address, &[u8])> {
    let (len, rest) = bytes.split_first()?;
    let (address, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((Address::from_bytes(address).ok()?, rest))
}

/// Reads exactly one address.
pub fn one(bytes: &[u8]) -> Option<Address> {
    split(bytes)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(address, _)| address)
}

/// Reads exactly two addresses.
pub fn pair(bytes: &[u8]) -> Option<(Address, Address)> {
    let (first, rest) = split(bytes)?;
    Some((first, one(rest)?))
}

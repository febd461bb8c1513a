//! Addresses as people write them and as bytes. The inner errors are for the contract.

use crate::engine::{Guest, Stop, charge};

/// The longest address that people write, in bytes.
pub(crate) const MAX_HUMAN: usize = 256;

/// The longest address as bytes.
pub(crate) const MAX_CANONICAL: usize = 64;

/// Whether bytes are an address as the chain writes it.
pub(crate) fn validate(guest: &mut Guest<'_>, human: Vec<u8>) -> Result<Result<(), String>, Stop> {
    match text(guest, human)? {
        Ok(human) => guest.data().chain(|chain| chain.validate_address(&human)),
        Err(problem) => Ok(Err(problem)),
    }
}

/// The bytes behind an address.
pub(crate) fn canonicalize(guest: &mut Guest<'_>, human: Vec<u8>) -> Result<Result<Vec<u8>, String>, Stop> {
    match text(guest, human)? {
        Ok(human) => guest.data().chain(|chain| chain.canonicalize_address(&human)),
        Err(problem) => Ok(Err(problem)),
    }
}

/// The address that stands for some bytes.
pub(crate) fn humanize(guest: &mut Guest<'_>, canonical: &[u8]) -> Result<Result<Vec<u8>, String>, Stop> {
    let price = guest.data().prices.address;
    charge(&mut *guest, price)?;
    let human = guest.data().chain(|chain| chain.humanize_address(canonical))?;
    Ok(human.map(String::into_bytes))
}

/// An address that a contract passes, or what to tell it.
fn text(guest: &mut Guest<'_>, bytes: Vec<u8>) -> Result<Result<String, String>, Stop> {
    if bytes.is_empty() {
        return Ok(Err("Input is empty".to_owned()));
    }
    let prices = &guest.data().prices;
    let price = prices.text.of(bytes.len()).saturating_add(prices.address);
    charge(guest, price)?;
    Ok(String::from_utf8(bytes).map_err(|_| "Input is not valid UTF-8".to_owned()))
}

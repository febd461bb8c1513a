//! Addresses as people write them and as bytes.

use crate::cosmwasm::region::{self, put};
use crate::engine::{Guest, Stop, charge};

use super::called;

/// The longest address that people write, in bytes.
const MAX_HUMAN: usize = 256;

/// The longest address as bytes.
const MAX_CANONICAL: usize = 64;

/// Zero for a valid address, else a text that says what is wrong.
pub(super) fn validate(mut guest: Guest<'_>, source: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let human = match human(&mut guest, source)? {
        Ok(human) => human,
        Err(problem) => return put(guest, problem.as_bytes()),
    };
    match guest.data().chain(|chain| chain.validate_address(&human))? {
        Ok(()) => Ok(0),
        Err(problem) => put(guest, problem.as_bytes()),
    }
}

/// Writes the bytes of an address to `destination`; returns like [`validate`].
pub(super) fn canonicalize(mut guest: Guest<'_>, source: u32, destination: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let human = match human(&mut guest, source)? {
        Ok(human) => human,
        Err(problem) => return put(guest, problem.as_bytes()),
    };
    let canonical = guest.data().chain(|chain| chain.canonicalize_address(&human))?;
    answer(guest, destination, canonical)
}

/// Writes the address for some bytes to `destination`; returns like [`validate`].
pub(super) fn humanize(mut guest: Guest<'_>, source: u32, destination: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let canonical = region::read(&mut guest, source, MAX_CANONICAL, "an address")?;
    let price = guest.data().prices.address;
    charge(&mut guest, price)?;
    let human = guest.data().chain(|chain| chain.humanize_address(&canonical))?;
    answer(guest, destination, human.map(String::into_bytes))
}

fn answer(mut guest: Guest<'_>, destination: u32, address: Result<Vec<u8>, String>) -> wasmtime::Result<u32> {
    match address {
        Ok(address) => {
            region::write(&mut guest, destination, &address)?;
            Ok(0)
        }
        Err(problem) => put(guest, problem.as_bytes()),
    }
}

/// An address that a contract passes, or what to tell it.
fn human(guest: &mut Guest<'_>, source: u32) -> Result<Result<String, &'static str>, Stop> {
    let bytes = region::read(&mut *guest, source, MAX_HUMAN, "an address")?;
    if bytes.is_empty() {
        return Ok(Err("Input is empty"));
    }
    let prices = guest.data().prices;
    charge(
        &mut *guest,
        prices.text.of(bytes.len()).saturating_add(prices.address),
    )?;
    Ok(String::from_utf8(bytes).map_err(|_| "Input is not valid UTF-8"))
}

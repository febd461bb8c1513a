//! Addresses as people write them and as bytes.

use crate::cosmwasm::region::{self, put};
use crate::engine::Guest;
use crate::host::address::{self, MAX_CANONICAL, MAX_HUMAN};
use crate::host::called;

/// Zero for a valid address, else a text that says what is wrong.
pub(super) fn validate(mut guest: Guest<'_>, source: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let human = region::read(&mut guest, source, MAX_HUMAN, "an address")?;
    match address::validate(&mut guest, human)? {
        Ok(()) => Ok(0),
        Err(problem) => put(guest, problem.as_bytes()),
    }
}

/// Writes the bytes of an address to `destination`; returns like [`validate`].
pub(super) fn canonicalize(mut guest: Guest<'_>, source: u32, destination: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let human = region::read(&mut guest, source, MAX_HUMAN, "an address")?;
    let canonical = address::canonicalize(&mut guest, human)?;
    answer(guest, destination, canonical)
}

/// Writes the address for some bytes to `destination`; returns like [`validate`].
pub(super) fn humanize(mut guest: Guest<'_>, source: u32, destination: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let canonical = region::read(&mut guest, source, MAX_CANONICAL, "an address")?;
    let human = address::humanize(&mut guest, &canonical)?;
    answer(guest, destination, human)
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

//! The contract's state.

use crate::Record;
use crate::cosmwasm::region::{put, read_optional};
use crate::cosmwasm::{region, sections};
use crate::engine::{Guest, Stop};
use crate::host::storage::{self, MAX_KEY, MAX_VALUE};
use crate::host::{called, too_long, writable};

/// The value at a key; zero if there is none.
pub(super) fn read(mut guest: Guest<'_>, key: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let key = region::read(&mut guest, key, MAX_KEY, "a key")?;
    match storage::get(&mut guest, &key)? {
        Some(value) => put(guest, &value),
        None => Ok(0),
    }
}

/// Puts a value at a key.
pub(super) fn write(mut guest: Guest<'_>, key: u32, value: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let key = region::read(&mut guest, key, MAX_KEY, "a key")?;
    let value = region::read(&mut guest, value, MAX_VALUE, "a value")?;
    Ok(storage::set(&mut guest, &key, &value)?)
}

/// Removes a key.
pub(super) fn remove(mut guest: Guest<'_>, key: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let key = region::read(&mut guest, key, MAX_KEY, "a key")?;
    Ok(storage::remove(&mut guest, &key)?)
}

/// Opens an iterator and returns its number. A bound of zero is none.
pub(super) fn scan(mut guest: Guest<'_>, start: u32, end: u32, order: i32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let start = read_optional(&mut guest, start, MAX_KEY, "a key")?;
    let end = read_optional(&mut guest, end, MAX_KEY, "a key")?;
    Ok(storage::scan(&mut guest, start, end, order)?)
}

/// The next record as sections; an empty key at the end.
pub(super) fn next(mut guest: Guest<'_>, id: u32) -> wasmtime::Result<u32> {
    let (key, value) = step(&mut guest, id)?.unwrap_or_default();
    let record = sections::encode(&key, &value)
        .ok_or_else(|| Stop::from(too_long("a record", value.len(), u32::MAX as usize)))?;
    put(guest, &record)
}

/// The next record's key; zero at the end.
pub(super) fn next_key(mut guest: Guest<'_>, id: u32) -> wasmtime::Result<u32> {
    match step(&mut guest, id)? {
        Some((key, _)) => put(guest, &key),
        None => Ok(0),
    }
}

/// The next record's value; zero at the end.
pub(super) fn next_value(mut guest: Guest<'_>, id: u32) -> wasmtime::Result<u32> {
    match step(&mut guest, id)? {
        Some((_, value)) => put(guest, &value),
        None => Ok(0),
    }
}

fn step(guest: &mut Guest<'_>, id: u32) -> Result<Option<Record>, Stop> {
    called(guest)?;
    storage::next(guest, id)
}

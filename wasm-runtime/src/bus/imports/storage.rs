//! The contract's state.

use crate::bus::memory::{Room, offer, read, write};
use crate::engine::{Guest, Stop};
use crate::host::storage::{self, MAX_KEY, MAX_VALUE};
use crate::host::{called, too_long, writable};

use super::ABSENT;

/// The end of a range that has none.
const UNBOUNDED: u32 = u32::MAX;

/// The value at a key.
pub(super) fn get(
    mut guest: Guest<'_>,
    key: u32,
    key_length: u32,
    at: u32,
    capacity: u32,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let key = read(&mut guest, key, key_length, MAX_KEY, "a key")?;
    match storage::get(&mut guest, &key)? {
        Some(value) => Ok(offer(&mut guest, Room { at, capacity }, &value, "a value")?),
        None => Ok(ABSENT),
    }
}

/// Puts a value at a key.
pub(super) fn set(
    mut guest: Guest<'_>,
    key: u32,
    key_length: u32,
    value: u32,
    value_length: u32,
) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let key = read(&mut guest, key, key_length, MAX_KEY, "a key")?;
    let value = read(&mut guest, value, value_length, MAX_VALUE, "a value")?;
    Ok(storage::set(&mut guest, &key, &value)?)
}

/// Removes a key.
pub(super) fn remove(mut guest: Guest<'_>, key: u32, key_length: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let key = read(&mut guest, key, key_length, MAX_KEY, "a key")?;
    Ok(storage::remove(&mut guest, &key)?)
}

/// Opens an iterator from `start` up to and without `end`, and returns its number.
pub(super) fn scan(
    mut guest: Guest<'_>,
    start: u32,
    start_length: u32,
    end: u32,
    end_length: u32,
    order: i32,
) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let start = read(&mut guest, start, start_length, MAX_KEY, "a key")?;
    let end = match end_length {
        UNBOUNDED => None,
        length => Some(read(&mut guest, end, length, MAX_KEY, "a key")?),
    };
    Ok(storage::scan(&mut guest, Some(start), end, order)?)
}

/// The iterator's next record: the key behind its length as a little-endian `u32`, then the value. One that
/// does not fit is kept for the next time.
pub(super) fn next(mut guest: Guest<'_>, id: u32, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let Some(bytes) = storage::peek(&mut guest, id)? else {
        return Ok(ABSENT);
    };
    let length = bytes.saturating_add(4);
    let limit = i32::MAX as usize;
    let told = i32::try_from(length).map_err(|_| Stop::from(too_long("a record", length, limit)))?;
    if length > capacity as usize {
        return Ok(told);
    }
    let (key, value) = guest
        .data_mut()
        .scans
        .take()
        .map_err(Stop::from)?
        .unwrap_or_default();
    let head = u32::try_from(key.len()).map_err(|_| Stop::from(too_long("a key", key.len(), MAX_KEY)))?;
    write(&mut guest, at, &[&head.to_le_bytes()[..], &key, &value].concat())?;
    Ok(told)
}

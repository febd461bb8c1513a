//! The contract's state.

use crate::cosmwasm::region::{put, read_optional, too_long};
use crate::cosmwasm::{region, sections};
use crate::engine::{Guest, Stop, charge};
use crate::{Order, Reason, Record};

use super::called;

/// The longest key, in bytes.
const MAX_KEY: usize = 64 << 10;

/// The longest value, in bytes.
const MAX_VALUE: usize = 128 << 10;

/// The value at a key; zero if there is none.
pub(super) fn read(mut guest: Guest<'_>, key: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let key = region::read(&mut guest, key, MAX_KEY, "a key")?;
    let price = guest.data().prices.storage_read;
    charge(&mut guest, price.of(key.len()))?;
    let Some(value) = guest.data().chain(|chain| chain.get(&key))? else {
        return Ok(0);
    };
    charge(&mut guest, price.each.saturating_mul(value.len() as u64))?;
    put(guest, &value)
}

/// Puts a value at a key.
pub(super) fn write(mut guest: Guest<'_>, key: u32, value: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let key = region::read(&mut guest, key, MAX_KEY, "a key")?;
    let value = region::read(&mut guest, value, MAX_VALUE, "a value")?;
    let price = guest
        .data()
        .prices
        .storage_write
        .of(key.len().saturating_add(value.len()));
    charge(&mut guest, price)?;
    guest.data_mut().scans.forget();
    guest.data().chain(|chain| chain.set(&key, &value))?;
    Ok(())
}

/// Removes a key.
pub(super) fn remove(mut guest: Guest<'_>, key: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let key = region::read(&mut guest, key, MAX_KEY, "a key")?;
    let price = guest.data().prices.storage_remove.of(key.len());
    charge(&mut guest, price)?;
    guest.data_mut().scans.forget();
    guest.data().chain(|chain| chain.remove(&key))?;
    Ok(())
}

/// Opens an iterator and returns its number. A bound of zero is none.
pub(super) fn scan(mut guest: Guest<'_>, start: u32, end: u32, order: i32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let start = read_optional(&mut guest, start, MAX_KEY, "a key")?;
    let end = read_optional(&mut guest, end, MAX_KEY, "a key")?;
    let order = match order {
        1 => Order::Ascending,
        2 => Order::Descending,
        other => return Err(Stop::from(Reason::NoOrder(other)).into()),
    };
    let bytes = start
        .as_ref()
        .map_or(0, Vec::len)
        .saturating_add(end.as_ref().map_or(0, Vec::len));
    let price = guest.data().prices.scan.of(bytes);
    charge(&mut guest, price)?;
    Ok(guest
        .data_mut()
        .scans
        .open(start, end, order)
        .map_err(Stop::from)?)
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
    let price = guest.data().prices.next;
    charge(&mut *guest, price.base)?;
    let record = guest.data_mut().next(id)?;
    let bytes = record
        .as_ref()
        .map_or(0, |(key, value)| key.len().saturating_add(value.len()));
    charge(guest, price.each.saturating_mul(bytes as u64))?;
    Ok(record)
}

fn writable(guest: &Guest<'_>) -> Result<(), Stop> {
    if guest.data().read_only {
        Err(Reason::ReadOnly.into())
    } else {
        Ok(())
    }
}

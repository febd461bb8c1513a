//! The contract's state.

use crate::engine::{Guest, Stop, charge};
use crate::{Order, Reason, Record};

/// The longest key, in bytes.
pub(crate) const MAX_KEY: usize = 64 << 10;

/// The longest value, in bytes.
pub(crate) const MAX_VALUE: usize = 128 << 10;

/// The value at a key.
pub(crate) fn get(guest: &mut Guest<'_>, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
    let price = guest.data().prices.storage_read;
    charge(&mut *guest, price.of(key.len()))?;
    let value = guest.data().chain(|chain| chain.get(key))?;
    let bytes = value.as_ref().map_or(0, Vec::len);
    charge(guest, price.each.saturating_mul(bytes as u64))?;
    Ok(value)
}

/// Puts a value at a key.
pub(crate) fn set(guest: &mut Guest<'_>, key: &[u8], value: &[u8]) -> Result<(), Stop> {
    let bytes = key.len().saturating_add(value.len());
    let price = guest.data().prices.storage_write.of(bytes);
    charge(&mut *guest, price)?;
    guest.data_mut().scans.forget();
    guest.data().chain(|chain| chain.set(key, value))
}

/// Removes a key.
pub(crate) fn remove(guest: &mut Guest<'_>, key: &[u8]) -> Result<(), Stop> {
    let price = guest.data().prices.storage_remove.of(key.len());
    charge(&mut *guest, price)?;
    guest.data_mut().scans.forget();
    guest.data().chain(|chain| chain.remove(key))
}

/// Opens an iterator and returns its number.
pub(crate) fn scan(
    guest: &mut Guest<'_>,
    start: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
    order: i32,
) -> Result<u32, Stop> {
    let order = match order {
        1 => Order::Ascending,
        2 => Order::Descending,
        other => return Err(Reason::NoOrder(other).into()),
    };
    let length = |bound: &Option<Vec<u8>>| bound.as_ref().map_or(0, Vec::len);
    let bytes = length(&start).saturating_add(length(&end));
    let price = guest.data().prices.scan.of(bytes);
    charge(&mut *guest, price)?;
    Ok(guest.data_mut().scans.open(start, end, order)?)
}

/// The bytes of an iterator's next record, which it keeps; nothing at its end.
pub(crate) fn peek(guest: &mut Guest<'_>, id: u32) -> Result<Option<usize>, Stop> {
    let price = guest.data().prices.next;
    charge(&mut *guest, price.base)?;
    let bytes = guest.data_mut().peek(id)?;
    charge(guest, price.each.saturating_mul(bytes.unwrap_or(0) as u64))?;
    Ok(bytes)
}

/// Takes an iterator's next record; nothing at its end.
pub(crate) fn next(guest: &mut Guest<'_>, id: u32) -> Result<Option<Record>, Stop> {
    match peek(guest, id)? {
        Some(_) => Ok(guest.data_mut().scans.take()?),
        None => Ok(None),
    }
}

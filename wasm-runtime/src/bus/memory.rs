//! Bytes in a contract's memory, by their address and length. Contracts choose both, so nothing about
//! them can be relied upon.

use wasmtime::Memory;

use super::Instance;
use crate::engine::{Guest, Stop, charge};
use crate::host::too_long;
use crate::{Reason, RegionError};

/// Room in a contract's memory for something whose length it may not know.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) at: u32,
    pub(super) capacity: u32,
}

/// What is kept of the running instance.
pub(super) fn kept<'a>(guest: &'a mut Guest<'_>) -> Result<&'a mut Instance, Stop> {
    guest.data_mut().interface.bus()
}

/// Reads `length` bytes, at most `limit`; `what` names them in errors.
pub(super) fn read(
    guest: &mut Guest<'_>,
    at: u32,
    length: u32,
    limit: usize,
    what: &'static str,
) -> Result<Vec<u8>, Stop> {
    let bytes = length as usize;
    if bytes > limit {
        return Err(too_long(what, bytes, limit).into());
    }
    let price = guest.data().prices.region_read.of(bytes);
    charge(&mut *guest, price)?;
    let memory = memory(guest)?;
    let found = memory
        .data(&*guest)
        .get(at as usize..)
        .and_then(|rest| rest.get(..bytes));
    Ok(found.ok_or_else(|| outside(at, length))?.to_vec())
}

/// Like [`read`], of text.
pub(super) fn read_text(
    guest: &mut Guest<'_>,
    at: u32,
    length: u32,
    limit: usize,
    what: &'static str,
) -> Result<String, Stop> {
    let bytes = read(guest, at, length, limit, what)?;
    text(guest, bytes, what)
}

/// Takes bytes for text.
pub(super) fn text(guest: &mut Guest<'_>, bytes: Vec<u8>, what: &'static str) -> Result<String, Stop> {
    let price = guest.data().prices.text.of(bytes.len());
    charge(guest, price)?;
    Ok(String::from_utf8(bytes).map_err(|_| Reason::NotText(what))?)
}

/// Reads exactly `N` bytes.
pub(super) fn read_array<const N: usize>(guest: &mut Guest<'_>, at: u32) -> Result<[u8; N], Stop> {
    let length = u32::try_from(N).unwrap_or(u32::MAX);
    let bytes = read(guest, at, length, N, "bytes")?;
    Ok(bytes.try_into().map_err(|_| outside(at, length))?)
}

/// Writes `value` where the contract has room for it, and returns its length; if there is too little room,
/// nothing is written.
pub(super) fn offer(
    guest: &mut Guest<'_>,
    room: Room,
    value: &[u8],
    what: &'static str,
) -> Result<i32, Stop> {
    let limit = i32::MAX as usize;
    let length = i32::try_from(value.len()).map_err(|_| too_long(what, value.len(), limit))?;
    if value.len() > room.capacity as usize {
        return Ok(length);
    }
    write(guest, room.at, value)?;
    Ok(length)
}

/// Writes `value` at an address.
pub(super) fn write(guest: &mut Guest<'_>, at: u32, value: &[u8]) -> Result<(), Stop> {
    let price = guest.data().prices.region_write.of(value.len());
    charge(&mut *guest, price)?;
    let memory = memory(guest)?;
    let room = memory
        .data_mut(&mut *guest)
        .get_mut(at as usize..)
        .and_then(|rest| rest.get_mut(..value.len()));
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    room.ok_or_else(|| outside(at, length))?.copy_from_slice(value);
    Ok(())
}

fn memory(guest: &mut Guest<'_>) -> Result<Memory, Stop> {
    Ok(kept(guest)?.memory()?)
}

fn outside(offset: u32, length: u32) -> Reason {
    RegionError::Outside { offset, length }.into()
}

//! What is around the call, and addresses.

use crate::bus::Context;
use crate::bus::memory::{Room, kept, offer, read, write};
use crate::engine::{Guest, Stop, charge, left};
use crate::host::address::{self, MAX_CANONICAL, MAX_HUMAN};
use crate::host::called;

use super::ABSENT;

/// The block's height.
pub(super) fn block_height(mut guest: Guest<'_>) -> wasmtime::Result<u64> {
    called(&mut guest)?;
    Ok(kept(&mut guest)?.context()?.height)
}

/// The block's time, in nanoseconds since 1970.
pub(super) fn block_time(mut guest: Guest<'_>) -> wasmtime::Result<u64> {
    called(&mut guest)?;
    Ok(kept(&mut guest)?.context()?.time)
}

/// The chain's name.
pub(super) fn chain_id(guest: Guest<'_>, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    name(guest, Room { at, capacity }, |context| &context.chain_id)
}

/// The contract's own address.
pub(super) fn contract(guest: Guest<'_>, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    name(guest, Room { at, capacity }, |context| &context.contract)
}

/// Whose message it is.
pub(super) fn sender(guest: Guest<'_>, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    name(guest, Room { at, capacity }, |context| &context.sender)
}

/// The coins that came with the message.
pub(super) fn funds(guest: Guest<'_>, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    name(guest, Room { at, capacity }, |context| &context.funds)
}

fn name(mut guest: Guest<'_>, room: Room, of: fn(&Context) -> &String) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let text = of(kept(&mut guest)?.context()?).clone();
    Ok(offer(&mut guest, room, text.as_bytes(), "a text")?)
}

/// The transaction's place in its block.
pub(super) fn tx_index(mut guest: Guest<'_>) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let transaction = kept(&mut guest)?.context()?.transaction;
    Ok(transaction.map_or(ABSENT, |transaction| {
        i32::try_from(transaction.index).unwrap_or(i32::MAX)
    }))
}

/// Writes the transaction's hash and returns 1; 0 if there is none.
pub(super) fn tx_hash(mut guest: Guest<'_>, out: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let hash = kept(&mut guest)?
        .context()?
        .transaction
        .map(|transaction| transaction.hash);
    given(&mut guest, out, hash)
}

/// Points left of the budget, this call's price taken off.
pub(super) fn points_left(mut guest: Guest<'_>) -> wasmtime::Result<i64> {
    called(&mut guest)?;
    Ok(left(&mut guest).map_err(Stop::from)?)
}

/// Writes the random beacon at a height and returns 1; 0 if there is none.
pub(super) fn beacon(mut guest: Guest<'_>, height: u64, out: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let price = guest.data().prices.beacon;
    charge(&mut guest, price)?;
    let beacon = guest.data().chain(|chain| chain.beacon(height))?;
    given(&mut guest, out, beacon)
}

fn given(guest: &mut Guest<'_>, out: u32, bytes: Option<[u8; 32]>) -> wasmtime::Result<i32> {
    let Some(bytes) = bytes else {
        return Ok(0);
    };
    write(guest, out, &bytes)?;
    Ok(1)
}

/// One if the text is an address as the chain writes it, else zero.
pub(super) fn address_validate(mut guest: Guest<'_>, human: u32, length: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let human = read(&mut guest, human, length, MAX_HUMAN, "an address")?;
    Ok(i32::from(address::validate(&mut guest, human)?.is_ok()))
}

/// The bytes behind an address.
pub(super) fn address_canonicalize(
    mut guest: Guest<'_>,
    human: u32,
    length: u32,
    at: u32,
    capacity: u32,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let human = read(&mut guest, human, length, MAX_HUMAN, "an address")?;
    let canonical = address::canonicalize(&mut guest, human)?;
    answer(&mut guest, Room { at, capacity }, canonical)
}

/// The address for some bytes.
pub(super) fn address_humanize(
    mut guest: Guest<'_>,
    canonical: u32,
    length: u32,
    at: u32,
    capacity: u32,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let canonical = read(&mut guest, canonical, length, MAX_CANONICAL, "an address")?;
    let human = address::humanize(&mut guest, &canonical)?;
    answer(&mut guest, Room { at, capacity }, human)
}

fn answer(guest: &mut Guest<'_>, room: Room, address: Result<Vec<u8>, String>) -> wasmtime::Result<i32> {
    match address {
        Ok(address) => Ok(offer(guest, room, &address, "an address")?),
        Err(_) => Ok(ABSENT),
    }
}

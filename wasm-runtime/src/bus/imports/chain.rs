//! The rest of the chain: other contracts and modules, and events.

use crate::bus::memory::{Room, kept, offer, read, read_text, text};
use crate::engine::{Guest, Stop, charge, left};
use crate::host::address::MAX_HUMAN;
use crate::host::{MAX_REQUEST, called, writable};
use crate::{CallError, Called, Chain, Fault, Reason, failure};

/// The longest message to another contract or a module, in bytes.
const MAX_MESSAGE: usize = 1 << 20;

/// The longest list of coins, in bytes.
const MAX_FUNDS: usize = 4 << 10;

/// The longest name of a message, a method or an event, in bytes.
const MAX_NAME: usize = 256;

/// The longest list of an event's attributes, in bytes.
const MAX_ATTRIBUTES: usize = 64 << 10;

/// What the four calls return when they are done, and when they failed.
const DONE: i32 = 0;
const FAILED: i32 = 1;

/// Executes a message at another contract for at most `points`.
#[allow(
    clippy::too_many_arguments,
    reason = "an address and a length for each of three"
)]
pub(super) fn execute(
    mut guest: Guest<'_>,
    contract: u32,
    contract_length: u32,
    msg: u32,
    msg_length: u32,
    funds: u32,
    funds_length: u32,
    points: i64,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    writable(&guest)?;
    let contract = read_text(&mut guest, contract, contract_length, MAX_HUMAN, "an address")?;
    let msg = read(&mut guest, msg, msg_length, MAX_MESSAGE, "a message")?;
    let funds = read_text(&mut guest, funds, funds_length, MAX_FUNDS, "a list of coins")?;
    let price = guest.data().prices.message.of(msg.len());
    charge(&mut guest, price)?;
    out(&mut guest, points, |chain, points| {
        chain.execute(&contract, &msg, &funds, points)
    })
}

/// Executes a module's message for at most `points`.
pub(super) fn send(
    mut guest: Guest<'_>,
    name: u32,
    name_length: u32,
    msg: u32,
    msg_length: u32,
    points: i64,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    writable(&guest)?;
    let name = read_text(&mut guest, name, name_length, MAX_NAME, "a message's type")?;
    let msg = read(&mut guest, msg, msg_length, MAX_MESSAGE, "a message")?;
    let price = guest.data().prices.message.of(msg.len());
    charge(&mut guest, price)?;
    out(&mut guest, points, |chain, points| {
        chain.send(&name, &msg, points)
    })
}

/// Asks a module.
pub(super) fn query(
    mut guest: Guest<'_>,
    path: u32,
    path_length: u32,
    request: u32,
    request_length: u32,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let path = read_text(&mut guest, path, path_length, MAX_NAME, "a method's path")?;
    let request = read(&mut guest, request, request_length, MAX_REQUEST, "a query")?;
    let price = guest.data().prices.query;
    charge(&mut guest, price)?;
    out(&mut guest, ALL, |chain, points| {
        chain.grpc(&path, &request, points)
    })
}

/// Asks another contract.
pub(super) fn ask(
    mut guest: Guest<'_>,
    contract: u32,
    contract_length: u32,
    msg: u32,
    msg_length: u32,
) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    let contract = read_text(&mut guest, contract, contract_length, MAX_HUMAN, "an address")?;
    let msg = read(&mut guest, msg, msg_length, MAX_REQUEST, "a query")?;
    let price = guest.data().prices.query;
    charge(&mut guest, price)?;
    out(&mut guest, ALL, |chain, points| {
        chain.ask(&contract, &msg, points)
    })
}

/// For a call that may use all that is left: any number below zero.
const ALL: i64 = -1;

/// Calls out of the contract for at most `points`, settles the account by the rule of [`Chain`], and keeps
/// the answer.
fn out(
    guest: &mut Guest<'_>,
    points: i64,
    call: impl FnOnce(&mut dyn Chain, u64) -> Result<Called, Fault>,
) -> wasmtime::Result<i32> {
    let left = u64::try_from(left(&mut *guest).map_err(Stop::from)?).unwrap_or(0);
    let budget = u64::try_from(points).map_or(left, |points| points.min(left));
    let Called { used, result } = guest.data().chain(|chain| call(chain, budget))?;
    // Nothing keeps a module's message from changing what this contract iterates over.
    guest.data_mut().scans.forget();
    if used > budget && result.is_ok() {
        return Err(Stop::from(Fault::engine("the chain let a call succeed beyond its budget")).into());
    }
    let exceeded = used > budget || result == Err(CallError::OutOfGas);
    if exceeded && budget == left {
        charge(&mut *guest, left.saturating_add(1))?;
    }
    charge(&mut *guest, if exceeded { budget } else { used })?;
    let (told, answer) = match result {
        Ok(answer) => (DONE, answer),
        Err(CallError::Failed(words)) if !exceeded => (FAILED, failure::text(words.as_bytes()).into_bytes()),
        Err(_) => (FAILED, CallError::OutOfGas.to_string().into_bytes()),
    };
    kept(guest)?.answer = answer;
    Ok(told)
}

/// What the last of the four calls returned, or why it failed.
pub(super) fn answer(mut guest: Guest<'_>, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    // Taken and put back, since memory cannot be written while it is borrowed.
    let answer = std::mem::take(&mut kept(&mut guest)?.answer);
    let length = offer(&mut guest, Room { at, capacity }, &answer, "an answer")?;
    kept(&mut guest)?.answer = answer;
    Ok(length)
}

/// Emits an event.
pub(super) fn event(
    mut guest: Guest<'_>,
    kind: u32,
    kind_length: u32,
    attributes: u32,
    attributes_length: u32,
) -> wasmtime::Result<()> {
    called(&mut guest)?;
    writable(&guest)?;
    let kind = read_text(&mut guest, kind, kind_length, MAX_NAME, "an event's type")?;
    let list = read(
        &mut guest,
        attributes,
        attributes_length,
        MAX_ATTRIBUTES,
        "a list of attributes",
    )?;
    let price = guest
        .data()
        .prices
        .event
        .of(kind.len().saturating_add(list.len()));
    charge(&mut guest, price)?;
    let attributes = pairs(&mut guest, &list)?;
    let emitted = guest.data().chain(|chain| chain.event(&kind, &attributes))?;
    Ok(emitted.map_err(|words| Stop::from(Reason::Event(failure::text(words.as_bytes()))))?)
}

fn pairs(guest: &mut Guest<'_>, mut list: &[u8]) -> Result<Vec<(String, String)>, Stop> {
    let mut pairs = Vec::new();
    while !list.is_empty() {
        let ((key, value), rest) = pair(list).ok_or(Reason::Sections("the list of attributes"))?;
        let key = text(guest, key.to_vec(), "an attribute")?;
        let value = text(guest, value.to_vec(), "an attribute")?;
        pairs.push((key, value));
        list = rest;
    }
    Ok(pairs)
}

/// The first pair of a list, and the rest.
type Split<'a> = ((&'a [u8], &'a [u8]), &'a [u8]);

fn pair(list: &[u8]) -> Option<Split<'_>> {
    let (key, rest) = prefixed(list)?;
    let (value, rest) = prefixed(rest)?;
    Some(((key, value), rest))
}

fn prefixed(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = list.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

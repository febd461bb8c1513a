//! Questions to the chain, and what a contract has to say.

use crate::cosmwasm::region::{self, put};
use crate::engine::{Guest, Stop, charge, left};
use crate::failure::text;
use crate::{Fault, Reason};

use super::called;

/// The longest question, in bytes.
const MAX_REQUEST: usize = 64 << 10;

/// The longest text, in bytes.
const MAX_TEXT: usize = 2 << 20;

/// Asks the chain, or another contract through it, for at most what is left of the budget.
pub(super) fn query_chain(mut guest: Guest<'_>, request: u32) -> wasmtime::Result<u32> {
    called(&mut guest)?;
    let request = region::read(&mut guest, request, MAX_REQUEST, "a query")?;
    let price = guest.data().prices.query;
    charge(&mut guest, price)?;
    let budget = u64::try_from(left(&mut guest).map_err(Stop::from)?).unwrap_or(0);
    let answer = guest.data().chain(|chain| chain.query(&request, budget))?;
    charge(&mut guest, answer.used)?;
    put(guest, &answer.bytes)
}

/// Hands the contract's text to the developer; the state never depends on it.
pub(super) fn debug(mut guest: Guest<'_>, message: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    let message = region::read(&mut guest, message, MAX_TEXT, "a debug message")?;
    guest.data().chain(|chain| said(chain, &message))?;
    Ok(())
}

fn said(chain: &mut dyn crate::Chain, message: &[u8]) -> Result<(), Fault> {
    chain.debug(&text(message));
    Ok(())
}

/// Ends the call with the contract's text.
pub(super) fn abort(mut guest: Guest<'_>, message: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    let message = region::read(&mut guest, message, MAX_TEXT, "an abort message")?;
    let price = guest.data().prices.text.of(message.len());
    charge(&mut guest, price)?;
    Err(Stop::from(Reason::Aborted(text(&message))).into())
}

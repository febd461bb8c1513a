//! Questions to the chain, and what a contract has to say.

use crate::Reason;
use crate::cosmwasm::region::{self, put};
use crate::engine::{Guest, Stop, charge, left};
use crate::host::text::{self, MAX_SAID};
use crate::host::{MAX_REQUEST, called};

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

/// Hands the contract's text to the developer.
pub(super) fn debug(mut guest: Guest<'_>, message: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    let message = region::read(&mut guest, message, MAX_SAID, "a debug message")?;
    Ok(text::debug(&guest, &message)?)
}

/// Ends the call with the contract's text.
pub(super) fn abort(mut guest: Guest<'_>, message: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    let message = region::read(&mut guest, message, MAX_SAID, "an abort message")?;
    let reason = Reason::Aborted(text::last(&mut guest, &message)?);
    Err(Stop::from(reason).into())
}

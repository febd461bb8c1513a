//! The call itself: its message and its end.

use crate::Reason;
use crate::bus::memory::{Room, kept, offer, read};
use crate::engine::{Guest, Stop, charge};
use crate::host::text::{self, MAX_SAID};
use crate::host::{MAX_RESULT, called};

/// The message.
pub(super) fn input(mut guest: Guest<'_>, at: u32, capacity: u32) -> wasmtime::Result<i32> {
    called(&mut guest)?;
    // Taken and put back, since memory cannot be written while it is borrowed.
    let input = std::mem::take(&mut kept(&mut guest)?.input);
    let length = offer(&mut guest, Room { at, capacity }, &input, "a message")?;
    kept(&mut guest)?.input = input;
    Ok(length)
}

/// Sets what the call returns.
pub(super) fn output(mut guest: Guest<'_>, at: u32, length: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    let output = read(&mut guest, at, length, MAX_RESULT, "an output")?;
    let price = guest.data().prices.returned.of(output.len());
    charge(&mut guest, price)?;
    kept(&mut guest)?.output = output;
    Ok(())
}

/// Ends the call with the contract's own error.
pub(super) fn fail(mut guest: Guest<'_>, at: u32, length: u32) -> wasmtime::Result<()> {
    let text = last(&mut guest, at, length)?;
    Err(Stop::from(Reason::Contract(text)).into())
}

/// Ends the call with the words of a program that gave up.
pub(super) fn panic(mut guest: Guest<'_>, at: u32, length: u32) -> wasmtime::Result<()> {
    let text = last(&mut guest, at, length)?;
    Err(Stop::from(Reason::Aborted(text)).into())
}

/// Hands the contract's text to the developer.
pub(super) fn debug(mut guest: Guest<'_>, at: u32, length: u32) -> wasmtime::Result<()> {
    called(&mut guest)?;
    let message = read(&mut guest, at, length, MAX_SAID, "a debug message")?;
    Ok(text::debug(&guest, &message)?)
}

fn last(guest: &mut Guest<'_>, at: u32, length: u32) -> Result<String, Stop> {
    called(guest)?;
    let message = read(guest, at, length, MAX_SAID, "an error message")?;
    text::last(guest, &message)
}

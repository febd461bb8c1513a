//! What a contract has to say.

use crate::engine::{Guest, Stop, charge};
use crate::failure;

/// The longest text, in bytes, of which a failure keeps [`crate::MAX_TEXT`].
pub(crate) const MAX_SAID: usize = 2 << 20;

/// Hands the contract's text to the developer; the state never depends on it.
pub(crate) fn debug(guest: &Guest<'_>, message: &[u8]) -> Result<(), Stop> {
    if !guest.data().is_on_chain() {
        return Ok(());
    }
    guest.data().chain(|chain| {
        chain.debug(&failure::text(message));
        Ok(())
    })
}

/// The text that a contract ends its call with.
pub(crate) fn last(guest: &mut Guest<'_>, message: &[u8]) -> Result<String, Stop> {
    let price = guest.data().prices.text.of(message.len());
    charge(guest, price)?;
    Ok(failure::text(message))
}

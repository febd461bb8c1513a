//! What the host does for contracts of either interface, once their arguments are in hand: it takes the
//! price first, then does the work. How arguments and results travel is the interface's own.

pub(crate) mod address;
pub(crate) mod crypto;
pub(crate) mod storage;
pub(crate) mod text;

use crate::Reason;
use crate::engine::{Guest, Stop, charge};

/// The longest question to the chain or a contract, in bytes.
pub(crate) const MAX_REQUEST: usize = 64 << 10;

/// The longest result of an entry point, in bytes. The contract pays for each.
pub(crate) const MAX_RESULT: usize = 4 << 20;

/// Charges for a call of the host.
pub(crate) fn called(guest: &mut Guest<'_>) -> Result<(), Stop> {
    let price = guest.data().prices.call;
    charge(guest, price)
}

/// Ends a query that is about to write.
pub(crate) fn writable(guest: &Guest<'_>) -> Result<(), Stop> {
    if guest.data().read_only {
        Err(Reason::ReadOnly.into())
    } else {
        Ok(())
    }
}

/// An error for something of `length` bytes.
pub(crate) fn too_long(what: &'static str, length: usize, limit: usize) -> Reason {
    Reason::TooLong {
        what,
        length: length as u64,
        limit: limit as u64,
    }
}

//! Seats whose holders lost them since the stakes were read.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use slsbft_types::Address;

use super::Seat;

/// Jailing never leaves fewer seats than this taken (unless fewer were).
pub const FEWEST_SEATS: usize = 4;

/// Why a seat is lost. Only these two: what else changes acts at the next election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Acts at a boundary, and only down to [`FEWEST_SEATS`].
    Jailed,
    /// Acts always, within an epoch too, unless nobody would be left.
    Tombstoned,
}

/// The seats that stay taken, in the order given. Nobody takes an emptied one.
///
/// The tombstoned go first. Of the jailed stay only those needed to have [`FEWEST_SEATS`] after that,
/// or all: the most powerful, equal powers by operator. If everybody is tombstoned, the most powerful
/// stays. So the result is empty only if `seats` is.
pub fn vacate(seats: &[Seat], lost: &BTreeMap<Address, Loss>) -> Vec<Seat> {
    let with = |loss: Option<Loss>| {
        let mut held: Vec<Seat> = seats
            .iter()
            .filter(|seat| lost.get(&seat.operator).copied() == loss)
            .copied()
            .collect();
        held.sort_unstable_by_key(|seat| (Reverse(seat.power), seat.operator));
        held.into_iter().map(|seat| seat.operator)
    };
    let mut staying: BTreeSet<Address> = with(None).collect();
    let missing = FEWEST_SEATS.saturating_sub(staying.len());
    staying.extend(with(Some(Loss::Jailed)).take(missing));
    if staying.is_empty() {
        staying.extend(with(Some(Loss::Tombstoned)).take(1));
    }
    seats
        .iter()
        .filter(|seat| staying.contains(&seat.operator))
        .copied()
        .collect()
}

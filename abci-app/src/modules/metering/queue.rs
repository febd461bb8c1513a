//! Deals that something will happen to by itself. Each deal is in one of two
//! queues: by time, for expiries and windows; by height, for windows whose time
//! has passed already. So one that waits for its height stands in nobody's way.

use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::metering::Deal;

use super::{keys, state::mark};
use crate::{context::BlockInfo, errors::Fault};

/// Puts a deal where it belongs at this block; it must be in no queue.
pub fn place(state: &mut Overlay, deal: &Deal, block: &BlockInfo) {
    let time_has_passed = deal.claim_until.is_some_and(|window| block.time > window.time);
    restore(state, deal, time_has_passed);
}

/// Puts a deal of a genesis document where it was.
pub fn restore(state: &mut Overlay, deal: &Deal, by_height: bool) {
    let prefix = match deal.claim_until {
        None => keys::by_time(deal.expires_at),
        Some(window) if by_height => keys::by_height(window.height),
        Some(window) => keys::by_time(window.time),
    };
    mark(state, keys::entry(prefix, deal.id));
}

/// The deals in the queue by height, sorted by id.
pub fn waiting_for_height(state: &impl Read) -> Result<Vec<u64>, Fault> {
    let entries = state.prefix(Space::Main, keys::BY_HEIGHT, Order::Ascending);
    let mut ids = entries
        .map(|entry| keys::id_of(&entry?.0).ok_or_else(|| Fault::corrupt("metering's queue")))
        .collect::<Result<Vec<u64>, Fault>>()?;
    ids.sort_unstable();
    Ok(ids)
}

/// Takes a deal out, wherever it is.
pub fn remove(state: &mut Overlay, deal: &Deal) {
    state.delete(Space::Main, &keys::entry(keys::by_time(deal.expires_at), deal.id));
    if let Some(window) = deal.claim_until {
        state.delete(Space::Main, &keys::entry(keys::by_time(window.time), deal.id));
        state.delete(Space::Main, &keys::entry(keys::by_height(window.height), deal.id));
    }
}

/// Deals whose entry is due at this block, at most `limit`.
pub fn due(state: &impl Read, block: &BlockInfo, limit: usize) -> Result<Vec<u64>, Fault> {
    let heights = state.range(
        Space::Main,
        keys::BY_HEIGHT,
        Some(&keys::by_height(block.height)),
        Order::Ascending,
    );
    let times = state.range(
        Space::Main,
        keys::BY_TIME,
        Some(&keys::by_time(block.time)),
        Order::Ascending,
    );
    heights
        .chain(times)
        .take(limit)
        .map(|entry| keys::id_of(&entry?.0).ok_or_else(|| Fault::corrupt("metering's queue")))
        .collect()
}

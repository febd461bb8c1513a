//! Pairs for which something becomes due by itself. Each is in one of two queues: by time,
//! and by height once its time has come. So one that waits for its height stands in nobody's
//! way.

use slsbft_genesis::staking::Term;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Time};

use super::{
    Rewards, Staking, keys,
    pair::{Pair, Parts},
    state::{self, mark},
};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault},
    modules::ledger::Bonding,
};

/// The pair has an entry whose time comes then.
pub fn place(state: &mut Overlay, until: Time, delegator: &Address, operator: &Address) {
    mark(state, keys::queued(keys::by_time(until), delegator, operator));
}

/// Puts a pair where its entry belongs at this block.
pub fn restore(state: &mut Overlay, block: &BlockInfo, term: &Term, delegator: &Address, operator: &Address) {
    if block.time < term.until {
        return place(state, term.until, delegator, operator);
    }
    let prefix = keys::by_height(term.until_height);
    mark(state, keys::queued(prefix, delegator, operator));
}

/// Whether a pair is queued for one of its entries.
pub fn holds(state: &impl Read, term: &Term, delegator: &Address, operator: &Address) -> Result<bool, Fault> {
    let by_time = keys::queued(keys::by_time(term.until), delegator, operator);
    let by_height = keys::queued(keys::by_height(term.until_height), delegator, operator);
    Ok(state.contains(Space::Main, &by_time)? || state.contains(Space::Main, &by_height)?)
}

impl<L: Bonding, R: Rewards> Staking<L, R> {
    /// Completes what is over, at most `sweep_limit` pairs a block. Writes nothing when
    /// nothing is due.
    pub fn end_block(&self, ctx: &mut Context<'_>) -> Result<(), ExecError> {
        let limit = state::params(ctx.state)?.sweep_limit;
        for key in due(ctx.state, ctx.block, limit as usize)? {
            let pair = keys::queued_pair(&key).ok_or_else(|| Fault::corrupt("staking's queue"))?;
            ctx.state.delete(Space::Main, &key);
            self.sweep(ctx, pair)?;
        }
        Ok(())
    }

    fn sweep(
        &self,
        ctx: &mut Context<'_>,
        (delegator, operator): (Address, Address),
    ) -> Result<(), ExecError> {
        let Some(candidate) = state::candidate(ctx.state, &operator)? else {
            // Stake that came here was slashed to nothing, and so its candidate is gone first.
            let mut pair = Pair::load(ctx.state, &delegator, &operator)?;
            self.complete(ctx, &mut pair)?;
            wait_for_height(ctx, &pair.now, &delegator, &operator);
            pair.save(ctx.state);
            return Ok(());
        };
        let position = self.open_with(ctx, &delegator, candidate)?;
        wait_for_height(ctx, &position.pair.now, &delegator, &operator);
        self.close(ctx, position)
    }
}

/// Queues a pair by height for those of its entries whose time has come.
fn wait_for_height(ctx: &mut Context<'_>, parts: &Parts, delegator: &Address, operator: &Address) {
    let unbonding = parts.unbonding.iter().map(|entry| entry.term);
    let terms = unbonding.chain(parts.arrivals.iter().map(|entry| entry.term));
    for term in terms.filter(|term| ctx.block.time >= term.until) {
        restore(ctx.state, ctx.block, &term, delegator, operator);
    }
}

/// Keys of the queues that are due at this block.
fn due(state: &impl Read, block: &BlockInfo, limit: usize) -> Result<Vec<Vec<u8>>, Fault> {
    let heights = state.range(
        Space::Main,
        keys::BY_HEIGHT,
        Some(&keys::by_height(block.height)),
        Order::Ascending,
    );
    let Time { seconds, nanos } = block.time;
    let after = keys::by_time(Time {
        seconds,
        nanos: nanos.saturating_add(1),
    });
    let times = state.range(Space::Main, keys::BY_TIME, Some(&after), Order::Ascending);
    heights
        .chain(times)
        .take(limit)
        .map(|entry| Ok(entry?.0))
        .collect()
}

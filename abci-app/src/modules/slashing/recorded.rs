//! The stakes that evidence is measured by: those that the seats of each set were
//! drawn on, kept for as long as evidence counts.
//!
//! A seat is drawn on the stakes of a boundary and lasts into the second epoch after
//! it. Whoever undelegated in between stood behind the seat all the same, so a slash
//! reaches what left since that boundary, not only since the deed: else a validator
//! could take its stake away before it misbehaves.

use prost::Message;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount, Ratio, Time};

use super::{Slash, Slashing, Stakes, keys};
use crate::{
    context::{BlockInfo, Context},
    errors::{ExecError, Fault},
    modules::{consensus, record},
};

#[derive(Clone, PartialEq, Message)]
pub struct Recorded {
    /// Unix seconds of the record.
    #[prost(int64, tag = "1")]
    pub time: i64,
    #[prost(message, repeated, tag = "2")]
    pub stakes: Vec<RecordedStake>,
    /// First height after the boundary that they are of.
    #[prost(uint64, tag = "3")]
    pub since: u64,
}

#[derive(Clone, PartialEq, Message)]
pub struct RecordedStake {
    #[prost(bytes = "vec", tag = "1")]
    pub operator: Vec<u8>,
    /// uankr, big-endian, 16 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub stake: Vec<u8>,
}

/// Records the stakes behind the seats of a set that decides from a height on, and
/// forgets those that no evidence can ask for any more. `since` is the first height
/// after the boundary that the seats were drawn from.
pub fn record_stakes(
    ctx: &mut Context<'_>,
    stakes: impl IntoIterator<Item = (Address, Amount)>,
    from_height: u64,
    since: u64,
) -> Result<(), Fault> {
    store(ctx.state, from_height, ctx.block.time.seconds, since, stakes);
    forget(ctx.state, ctx.block)
}

/// Writes a record; `time` in Unix seconds.
pub fn store(
    state: &mut Overlay,
    from_height: u64,
    time: i64,
    since: u64,
    stakes: impl IntoIterator<Item = (Address, Amount)>,
) {
    let stakes = stakes.into_iter().map(|(operator, stake)| RecordedStake {
        operator: operator.as_bytes().to_vec(),
        stake: stake.value().to_be_bytes().to_vec(),
    });
    let recorded = Recorded {
        time,
        since,
        stakes: stakes.collect(),
    };
    record::store(state, keys::recorded(from_height), &recorded);
}

/// What stood behind an operator's seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    pub stake: Amount,
    /// What left at this height or later stood behind it too.
    pub since: u64,
}

/// What stood behind the seat that an operator had at a height.
pub fn behind(state: &impl Read, height: u64, operator: &Address) -> Result<Option<Behind>, Fault> {
    let end = keys::recorded(height.saturating_add(1));
    let mut before = state.range(Space::Main, keys::RECORDED, Some(&end), Order::Descending);
    let Some(entry) = before.next() else {
        return Ok(None);
    };
    let (key, value) = entry?;
    let recorded: Recorded = record::decode(&value, &key)?;
    let found = recorded.stakes.iter().find(|s| s.operator == operator.as_bytes());
    let Some(found) = found else { return Ok(None) };
    let stake = <[u8; 16]>::try_from(found.stake.as_slice());
    let stake = stake.map_err(|_| Fault::corrupt("a recorded stake"))?;
    Ok(Some(Behind {
        stake: Amount::new(u128::from_be_bytes(stake)),
        since: recorded.since,
    }))
}

impl<S: Stakes> Slashing<S> {
    /// Slashes a fraction of what stood behind a seat at a height; returns what was
    /// burned. Nothing is recorded of those who had none.
    pub(super) fn slash(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
        height: u64,
        fraction: Ratio,
        reason: &'static str,
    ) -> Result<Amount, ExecError> {
        let Some(Behind { stake, since }) = behind(ctx.state, height, operator)? else {
            return Ok(Amount::ZERO);
        };
        let slash = Slash {
            operator: *operator,
            since,
            recorded_stake: stake,
            fraction,
            reason,
        };
        self.stakes.slash(ctx, &slash)
    }
}

/// Whether evidence of that height and time still counts: it expires when it is
/// too old by both measures, as CometBFT has it.
pub fn counts(state: &impl Read, block: &BlockInfo, height: u64, time: Time) -> Result<bool, Fault> {
    let evidence = consensus::params(state)?.evidence.unwrap_or_default();
    let blocks = u64::try_from(evidence.max_age_num_blocks).unwrap_or(0);
    let longest = evidence.max_age_duration.unwrap_or_default();
    let nanos = u128::try_from(longest.seconds).unwrap_or(0) * 1_000_000_000
        + u128::try_from(longest.nanos).unwrap_or(0);
    let too_many_blocks = block.height.saturating_sub(height) > blocks;
    let too_long = block.time.nanos_since(time) > nanos;
    Ok(!(too_many_blocks && too_long))
}

/// A record is needed until evidence of the last height it counts for has expired.
fn forget(state: &mut Overlay, block: &BlockInfo) -> Result<(), Fault> {
    /// More than one new record a boundary, so a backlog shrinks.
    const MOST_FORGOTTEN: usize = 8;
    let mut expired = Vec::new();
    {
        let mut entries = state.prefix(Space::Main, keys::RECORDED, Order::Ascending);
        let Some(first) = entries.next() else {
            return Ok(());
        };
        let mut key = first?.0;
        for entry in entries.take(MOST_FORGOTTEN) {
            let (next_key, value) = entry?;
            let next: Recorded = record::decode(&value, &next_key)?;
            let height = next_key.last_chunk().map(|height| u64::from_be_bytes(*height));
            let height = height.ok_or_else(|| Fault::corrupt("a recorded stake's height"))?;
            if counts(state, block, height, Time::from_seconds(next.time))? {
                break;
            }
            expired.push(std::mem::replace(&mut key, next_key));
        }
    }
    for key in expired {
        state.delete(Space::Main, &key);
    }
    Ok(())
}

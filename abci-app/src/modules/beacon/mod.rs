//! Randomness that nobody can choose: every block's proposer adds the output of a
//! verifiable random function, and an epoch's last value draws the election and
//! the audits of the next.
//!
//! Invariants: a contribution is that of the round-0 proposer and of no other, so
//! a height has one possible output; the beacon changes by nothing else.
//!
//! - `system`: the system transaction, which carries the proof
//! - `proposals`: who forged a name or held up a block, judged a block later
//! - `msg`, `execute`: registering VRF keys
//! - `keys`, `errors`, `genesis`, `query`

mod errors;
mod execute;
pub mod genesis;
mod keys;
mod msg;
mod proposals;
pub mod query;
mod system;

use prost::Message;
use slsbft_mechanism::beacon;
use slsbft_proto::beacon::v1::{Contribution, EpochSeed};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

pub use errors::BeaconError;
pub use msg::Msg;
pub use proposals::judge_previous;
pub use system::{CONTRIBUTIONS_KEPT, MSG_TYPE_URL, Prover, apply, check, prepare, response, system_tx};

use crate::{
    errors::{ExecError, Fault},
    modules::{consensus::local, record},
};

/// Keeps VRF keys for those whom `C` knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beacon<C> {
    candidates: C,
}

impl<C> Beacon<C> {
    pub const fn new(candidates: C) -> Self {
        Self { candidates }
    }
}

/// What the beacon needs of `staking`.
pub trait Candidates {
    fn exists(&self, state: &impl Read, operator: &Address) -> Result<bool, Fault>;
}

/// How an epoch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Draws the election and the next epoch's audits.
    pub seed: [u8; 32],
    /// Who named another than themselves; empty when the mirror is suspected.
    pub forgers: Vec<Address>,
    /// Too many names were wrong for all of them to be lies.
    pub alarm: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(bytes = "vec", tag = "1")]
    beacon: Vec<u8>,
}

/// The beacon after the latest block.
pub fn value(state: &impl Read) -> Result<[u8; 32], Fault> {
    let stored: Value = local::load(state, keys::VALUE)?.unwrap_or_default();
    let value = stored.beacon.try_into();
    value.map_err(|_| Fault::corrupt("the beacon"))
}

/// The beacon after the block at `height`, for the last ten thousand heights up to `now`, the latest
/// block's, which may be under way.
pub fn at(state: &impl Read, now: u64, height: u64) -> Result<Option<[u8; 32]>, Fault> {
    if height >= now {
        return match height == now {
            true => value(state).map(Some),
            false => Ok(None),
        };
    }
    // A block without a contribution leaves the beacon as it was.
    let oldest = keys::contribution(now.saturating_sub(CONTRIBUTIONS_KEPT).saturating_add(1));
    let after = keys::contribution(height.saturating_add(1));
    let mut found = state.range(Space::Epoch, &oldest, Some(&after), Order::Descending);
    let Some(entry) = found.next() else {
        return Ok(None);
    };
    let (key, contribution) = entry?;
    let contribution: Contribution = record::decode(&contribution, &key)?;
    let beacon = contribution.beacon.as_ref().try_into();
    beacon
        .map(Some)
        .map_err(|_| Fault::corrupt("a contribution to the beacon"))
}

fn set_value(state: &mut Overlay, beacon: [u8; 32]) {
    let value = Value {
        beacon: beacon.to_vec(),
    };
    local::store(state, keys::VALUE, &value);
}

/// The VRF key that an operator registered last.
pub fn vrf_key(state: &impl Read, operator: &Address) -> Result<Option<[u8; 32]>, Fault> {
    let key = state.get(Space::Main, &keys::vrf_key(operator))?;
    key.map(|key| key.try_into().map_err(|_| Fault::corrupt("a VRF key")))
        .transpose()
}

fn set_vrf_key(state: &mut Overlay, operator: &Address, key: [u8; 32]) {
    state.set(Space::Main, keys::vrf_key(operator), key.to_vec());
    state.set(Space::Main, keys::vrf_owner(&key), operator.as_bytes().to_vec());
}

/// At an epoch's last block: makes its seed, and tells who forged names.
pub fn close_epoch(state: &mut Overlay, epoch: u64) -> Result<Closed, ExecError> {
    let beacon = value(state)?;
    let seed = beacon::epoch_seed(&beacon, epoch);
    let judged = proposals::close(state)?;
    let entry = EpochSeed {
        epoch,
        beacon: beacon.to_vec().into(),
        seed: seed.to_vec().into(),
        contributions: judged.contributions,
        forged: judged.forged,
        alarm: judged.alarm,
    };
    record::store(state, keys::seed(epoch), &entry);
    local::fold(state, keys::VALUE)?;
    if judged.alarm {
        tracing::error!(
            epoch,
            forged = judged.forged,
            "more proposers than lies explain differ from the mirror of CometBFT's rotation; nobody is jailed"
        );
    }
    Ok(Closed {
        seed,
        forgers: judged.forgers,
        alarm: judged.alarm,
    })
}

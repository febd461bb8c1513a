//! Epochs: runs of a fixed number of blocks. What accrues in every block stays
//! in the epoch-local space until an epoch's last block folds it into the tree,
//! so that the app hash is quiet in between.

pub mod genesis;
pub mod query;

use prost::Message;
use slsbft_proto::epochs::v1::Params;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::Time;

use crate::{context::BlockInfo, errors::Fault, modules::record};

/// Keys in [`Space::Main`].
const PARAMS: &[u8] = b"epochs/params";
const CURRENT: &[u8] = b"epochs/current";

/// The running epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    pub number: u64,
    pub first_height: u64,
    pub last_height: u64,
    /// Header time of the last block of the epoch before; of genesis for the first.
    pub started_at: Time,
}

/// The stored form.
#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(uint64, tag = "2")]
    first_height: u64,
    #[prost(int64, tag = "3")]
    started_seconds: i64,
    #[prost(uint32, tag = "4")]
    started_nanos: u32,
    #[prost(uint64, tag = "5")]
    last_height: u64,
}

pub fn params(state: &impl Read) -> Result<Params, Fault> {
    Ok(record::load(state, Space::Main, PARAMS)?.unwrap_or_default())
}

pub fn current(state: &impl Read) -> Result<Epoch, Fault> {
    let found: Option<Record> = record::load(state, Space::Main, CURRENT)?;
    let record = found.ok_or_else(|| Fault::corrupt("the current epoch"))?;
    Ok(Epoch {
        number: record.number,
        first_height: record.first_height,
        last_height: record.last_height,
        started_at: Time {
            seconds: record.started_seconds,
            nanos: record.started_nanos,
        },
    })
}

/// Whether a block is its epoch's last.
pub fn ends_with(state: &impl Read, block: &BlockInfo) -> Result<bool, Fault> {
    Ok(block.height >= current(state)?.last_height)
}

/// Starts the next epoch with the block after this one. Its length is that of
/// the parameters now; later changes wait for the epoch after.
pub fn advance(state: &mut Overlay, block: &BlockInfo) -> Result<(), Fault> {
    let number = current(state)?.number + 1;
    start(state, number, block.height + 1, block.time)
}

fn start(state: &mut Overlay, number: u64, first_height: u64, started_at: Time) -> Result<(), Fault> {
    let length = params(state)?.blocks_per_epoch.max(1);
    let last_height = first_height.saturating_add(length - 1);
    save(
        state,
        Epoch {
            number,
            first_height,
            last_height,
            started_at,
        },
    );
    Ok(())
}

fn save(state: &mut Overlay, epoch: Epoch) {
    let record = Record {
        number: epoch.number,
        first_height: epoch.first_height,
        started_seconds: epoch.started_at.seconds,
        started_nanos: epoch.started_at.nanos,
        last_height: epoch.last_height,
    };
    record::store(state, CURRENT.to_vec(), &record);
}

//! What was released, what rolls over and what is owed.

use prost::Message;
use slsbft_mechanism::reward::{Bucket, Rollover};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Amount, Time};

use super::{
    accounts::{amount, bytes, sound},
    keys,
};
use crate::{errors::Fault, modules::record};

/// One of the four parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// Of the last finished epoch, uankr.
    pub released: Amount,
    pub paid: Amount,
    pub rollover: Rollover,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pools {
    /// The last finished epoch, and when it ended.
    pub epoch: u64,
    pub ended_at: Time,
    pub held: Pool,
    pub consumed: Pool,
    pub provided: Pool,
    pub reputation: Pool,
    /// Earned by accounts and not withdrawn, uankr.
    pub owed: Amount,
    /// Went to the treasury unpaid, since genesis.
    pub expired: Amount,
}

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    epoch: u64,
    #[prost(int64, tag = "2")]
    ended_seconds: i64,
    #[prost(uint32, tag = "3")]
    ended_nanos: u32,
    /// Held, consumed, provided, reputation.
    #[prost(message, repeated, tag = "4")]
    pools: Vec<PoolRecord>,
    #[prost(bytes = "vec", tag = "5")]
    owed: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    expired: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct PoolRecord {
    #[prost(bytes = "vec", tag = "1")]
    released: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    paid: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    buckets: Vec<BucketRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct BucketRecord {
    #[prost(int64, tag = "1")]
    opened_seconds: i64,
    #[prost(uint32, tag = "2")]
    opened_nanos: u32,
    #[prost(bytes = "vec", tag = "3")]
    amount: Vec<u8>,
}

pub fn load(state: &impl Read) -> Result<Pools, Fault> {
    let stored: Option<Record> = record::load(state, Space::Main, keys::POOLS)?;
    match stored {
        Some(stored) => stored.read().ok_or_else(|| Fault::corrupt("incentives' pools")),
        None => Ok(Pools::default()),
    }
}

pub fn save(state: &mut Overlay, pools: &Pools) {
    let Pools {
        held,
        consumed,
        provided,
        reputation,
        ..
    } = pools;
    let stored = Record {
        epoch: pools.epoch,
        ended_seconds: pools.ended_at.seconds,
        ended_nanos: pools.ended_at.nanos,
        pools: [held, consumed, provided, reputation]
            .map(PoolRecord::write)
            .to_vec(),
        owed: bytes(pools.owed),
        expired: bytes(pools.expired),
    };
    record::store(state, keys::POOLS.to_vec(), &stored);
}

/// Takes what is paid to an account from what is owed.
pub fn pay(state: &mut Overlay, paid: Amount) -> Result<(), Fault> {
    let mut pools = load(state)?;
    pools.owed = sound(pools.owed.sub(paid))?;
    save(state, &pools);
    Ok(())
}

impl Record {
    fn read(self) -> Option<Pools> {
        let pools: Vec<Pool> = self
            .pools
            .into_iter()
            .map(PoolRecord::read)
            .collect::<Option<_>>()?;
        let [held, consumed, provided, reputation] = <[Pool; 4]>::try_from(pools).ok()?;
        Some(Pools {
            epoch: self.epoch,
            ended_at: Time {
                seconds: self.ended_seconds,
                nanos: self.ended_nanos,
            },
            held,
            consumed,
            provided,
            reputation,
            owed: amount(&self.owed)?,
            expired: amount(&self.expired)?,
        })
    }
}

impl PoolRecord {
    fn write(pool: &Pool) -> Self {
        let bucket = |bucket: &Bucket| BucketRecord {
            opened_seconds: bucket.opened.seconds,
            opened_nanos: bucket.opened.nanos,
            amount: bytes(bucket.amount),
        };
        Self {
            released: bytes(pool.released),
            paid: bytes(pool.paid),
            buckets: pool.rollover.buckets.iter().map(bucket).collect(),
        }
    }

    fn read(self) -> Option<Pool> {
        let bucket = |bucket: BucketRecord| {
            Some(Bucket {
                opened: Time {
                    seconds: bucket.opened_seconds,
                    nanos: bucket.opened_nanos,
                },
                amount: amount(&bucket.amount)?,
            })
        };
        Some(Pool {
            released: amount(&self.released)?,
            paid: amount(&self.paid)?,
            rollover: Rollover {
                buckets: self.buckets.into_iter().map(bucket).collect::<Option<_>>()?,
            },
        })
    }
}

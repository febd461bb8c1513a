//! What misbehaviour costs.

use prost::Message;
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::Ratio;

use super::keys;
use crate::{errors::Fault, modules::record};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Of the recorded stake, for double signing and light-client attacks.
    pub double_sign_fraction: Ratio,
    /// Of the recorded stake, for an epoch mostly missed.
    pub downtime_fraction: Ratio,
    pub downtime_jail_seconds: u64,
    /// Least part of an epoch's blocks that has to be signed.
    pub min_signed: Ratio,
    /// Most of the power that is jailed for absence at one boundary.
    pub max_absent: Ratio,
}

#[derive(Clone, PartialEq, Message)]
struct Record {
    #[prost(uint64, tag = "1")]
    double_sign_fraction: u64,
    #[prost(uint64, tag = "2")]
    downtime_fraction: u64,
    #[prost(uint64, tag = "3")]
    downtime_jail_seconds: u64,
    #[prost(uint64, tag = "4")]
    min_signed: u64,
    #[prost(uint64, tag = "5")]
    max_absent: u64,
}

impl Params {
    pub fn load(state: &impl Read) -> Result<Self, Fault> {
        let record: Record = record::load(state, Space::Main, keys::PARAMS)?.unwrap_or_default();
        let ratio = |parts| Ratio::from_billionths(parts).map_err(|_| Fault::corrupt("slashing parameters"));
        Ok(Self {
            double_sign_fraction: ratio(record.double_sign_fraction)?,
            downtime_fraction: ratio(record.downtime_fraction)?,
            downtime_jail_seconds: record.downtime_jail_seconds,
            min_signed: ratio(record.min_signed)?,
            max_absent: ratio(record.max_absent)?,
        })
    }

    pub fn save(&self, state: &mut Overlay) {
        let record = Record {
            double_sign_fraction: self.double_sign_fraction.billionths(),
            downtime_fraction: self.downtime_fraction.billionths(),
            downtime_jail_seconds: self.downtime_jail_seconds,
            min_signed: self.min_signed.billionths(),
            max_absent: self.max_absent.billionths(),
        };
        record::store(state, keys::PARAMS.to_vec(), &record);
    }
}

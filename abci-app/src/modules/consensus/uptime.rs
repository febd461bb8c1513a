//! Who signed: counted in every block, epoch-locally, from the commit that the
//! block carries for the one before it.

use std::collections::BTreeMap;

use prost::Message;
use slsbft_store::{Overlay, Read, Space};
use tendermint_proto::v0_38::{abci::CommitInfo, types::BlockIdFlag};

use super::ConsensusAddress;
use crate::{errors::Fault, modules::record};

/// → [`Table`]: of the running epoch in [`Space::Epoch`], of the last finished
/// one in [`Space::Main`].
const UPTIME: &[u8] = b"consensus/uptime";

/// What a validator did in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uptime {
    /// Blocks in which it was in the set.
    pub present: u64,
    /// Those of them that it signed.
    pub signed: u64,
    /// Sum of its power over those that it signed and did not hold up.
    pub credit: u128,
}

/// The stored form: one record for all, since all change in every block.
#[derive(Clone, PartialEq, Message)]
struct Table {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(bytes = "vec", tag = "1")]
    address: Vec<u8>,
    #[prost(uint64, tag = "2")]
    present: u64,
    #[prost(uint64, tag = "3")]
    signed: u64,
    /// Big-endian, 16 bytes.
    #[prost(bytes = "vec", tag = "4")]
    credit: Vec<u8>,
}

pub type Uptimes = BTreeMap<ConsensusAddress, Uptime>;

/// Counts the votes of a block's last commit. Whoever held up that block gets
/// no credit for it.
pub fn record_commit(
    state: &mut Overlay,
    commit: Option<&CommitInfo>,
    held_up_by: Option<ConsensusAddress>,
) -> Result<(), Fault> {
    let votes = commit.map(|commit| commit.votes.as_slice()).unwrap_or_default();
    if votes.is_empty() {
        return Ok(());
    }
    let mut uptimes = running(state)?;
    for vote in votes {
        let Some(validator) = &vote.validator else {
            continue;
        };
        let Ok(address) = ConsensusAddress::try_from(validator.address.as_ref()) else {
            continue;
        };
        let uptime = uptimes.entry(address).or_default();
        uptime.present = uptime.present.saturating_add(1);
        if vote.block_id_flag != i32::from(BlockIdFlag::Commit) {
            continue;
        }
        uptime.signed = uptime.signed.saturating_add(1);
        if held_up_by != Some(address) {
            let power = u128::try_from(validator.power).unwrap_or(0);
            uptime.credit = uptime.credit.saturating_add(power);
        }
    }
    state.set(Space::Epoch, UPTIME.to_vec(), encode(&uptimes));
    Ok(())
}

/// Counts of the running epoch.
pub fn running(state: &impl Read) -> Result<Uptimes, Fault> {
    read(state, Space::Epoch)
}

/// Counts of the last finished epoch.
pub fn finished(state: &impl Read) -> Result<Uptimes, Fault> {
    read(state, Space::Main)
}

/// At an epoch's end: its counts replace the last epoch's in the tree.
pub fn fold_uptime(state: &mut Overlay) -> Result<(), Fault> {
    let counts = state.get(Space::Epoch, UPTIME)?;
    state.delete(Space::Epoch, UPTIME);
    match counts {
        // The tree holds no empty values.
        Some(counts) if !counts.is_empty() => state.set(Space::Main, UPTIME.to_vec(), counts),
        _ => state.delete(Space::Main, UPTIME),
    }
    Ok(())
}

fn read(state: &impl Read, space: Space) -> Result<Uptimes, Fault> {
    let table: Table = record::load(state, space, UPTIME)?.unwrap_or_default();
    let entries = table.entries.into_iter().map(|entry| {
        let address = ConsensusAddress::try_from(entry.address).ok()?;
        let credit = <[u8; 16]>::try_from(entry.credit).ok()?;
        let uptime = Uptime {
            present: entry.present,
            signed: entry.signed,
            credit: u128::from_be_bytes(credit),
        };
        Some((address, uptime))
    });
    entries
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::corrupt("the signing counts"))
}

fn encode(uptimes: &Uptimes) -> Vec<u8> {
    let entries = uptimes.iter().map(|(address, uptime)| Entry {
        address: address.to_vec(),
        present: uptime.present,
        signed: uptime.signed,
        credit: uptime.credit.to_be_bytes().to_vec(),
    });
    Table {
        entries: entries.collect(),
    }
    .encode_to_vec()
}

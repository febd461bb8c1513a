//! How blocks were proposed. A header's name can be judged only a block later,
//! when the commit shows in which round it was decided.

use std::collections::BTreeMap;

use prost::Message;
use slsbft_store::{Overlay, Read};
use slsbft_types::Address;

use super::keys;
use crate::{
    errors::Fault,
    modules::consensus::{ConsensusAddress, Seat, local},
};

/// Of the blocks that round 0 decided, at most one in so many may carry a wrong
/// name: beyond that the mirror of the rotation is wrong, not the validators.
const TRUSTED_PARTS: u64 = 20;

/// The running epoch's proposals, and the last block's.
#[derive(Clone, PartialEq, Message)]
struct Proposals {
    #[prost(uint64, tag = "1")]
    contributions: u64,
    /// Blocks that round 0 decided.
    #[prost(uint64, tag = "2")]
    at_once: u64,
    #[prost(message, repeated, tag = "3")]
    forgers: Vec<Forger>,
    #[prost(message, optional, tag = "4")]
    last: Option<Last>,
}

#[derive(Clone, PartialEq, Message)]
struct Forger {
    #[prost(bytes = "vec", tag = "1")]
    operator: Vec<u8>,
    #[prost(uint64, tag = "2")]
    blocks: u64,
}

/// Round-0 proposer of the last block.
#[derive(Clone, PartialEq, Message)]
struct Last {
    #[prost(bytes = "vec", tag = "1")]
    operator: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    address: Vec<u8>,
    /// The header named it.
    #[prost(bool, tag = "3")]
    named: bool,
}

/// An epoch's proposals, judged.
pub struct Judged {
    pub contributions: u64,
    pub forged: u64,
    pub forgers: Vec<Address>,
    pub alarm: bool,
}

/// Notes who was to propose the running block.
pub fn note(state: &mut Overlay, expected: Option<&(Seat, bool)>, contributed: bool) -> Result<(), Fault> {
    let Some((seat, named)) = expected else {
        return Ok(());
    };
    let mut proposals = load(state)?;
    proposals.contributions = proposals.contributions.saturating_add(contributed.into());
    proposals.last = Some(Last {
        operator: seat.operator.as_bytes().to_vec(),
        address: seat.address.to_vec(),
        named: *named,
    });
    local::store(state, keys::PROPOSALS, &proposals);
    Ok(())
}

/// Judges the last block's proposal by the round of its commit. Returns who held
/// the block up: the round-0 proposer of one that a later round decided.
///
/// Only the round-0 proposer could have made the block that round 0 decided, so
/// another name in it is its own forgery, by which it would have chosen between
/// its own contribution and none.
pub fn judge_previous(state: &mut Overlay, round: i32) -> Result<Option<ConsensusAddress>, Fault> {
    let mut proposals = load(state)?;
    let Some(last) = proposals.last.take() else {
        return Ok(None);
    };
    if round > 0 {
        return Ok(last.address.try_into().ok());
    }
    proposals.at_once = proposals.at_once.saturating_add(1);
    if !last.named {
        let known = proposals
            .forgers
            .iter_mut()
            .find(|forger| forger.operator == last.operator);
        match known {
            Some(forger) => forger.blocks = forger.blocks.saturating_add(1),
            None => proposals.forgers.push(Forger {
                operator: last.operator,
                blocks: 1,
            }),
        }
    }
    local::store(state, keys::PROPOSALS, &proposals);
    Ok(None)
}

/// Ends the epoch's count; the last block is judged in the next epoch.
pub fn close(state: &mut Overlay) -> Result<Judged, Fault> {
    let proposals = load(state)?;
    let forgers = proposals.forgers.iter().map(|forger| {
        let operator = Address::from_bytes(&forger.operator);
        operator.map(|operator| (operator, forger.blocks))
    });
    let forgers: BTreeMap<Address, u64> = forgers
        .collect::<Result<_, _>>()
        .map_err(|_| Fault::corrupt("the forgers of an epoch"))?;
    let forged = forgers
        .values()
        .fold(0u64, |sum, blocks| sum.saturating_add(*blocks));
    let alarm = forged.saturating_mul(TRUSTED_PARTS) > proposals.at_once;
    let next = Proposals {
        last: proposals.last,
        ..Default::default()
    };
    local::store(state, keys::PROPOSALS, &next);
    local::fold(state, keys::PROPOSALS)?;
    Ok(Judged {
        contributions: proposals.contributions,
        forged,
        forgers: if alarm {
            Vec::new()
        } else {
            forgers.into_keys().collect()
        },
        alarm,
    })
}

fn load(state: &impl Read) -> Result<Proposals, Fault> {
    Ok(local::load(state, keys::PROPOSALS)?.unwrap_or_default())
}

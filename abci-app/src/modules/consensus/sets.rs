//! The validator sets of the next two heights, as CometBFT keeps them: who sits,
//! for which operator, with which VRF key, and whose turn it is to propose.
//!
//! A set changes only by [`change`], which gives CometBFT exactly the updates it
//! takes; the rotation is that of [`slsbft_mechanism::proposer`].

use prost::Message;
use slsbft_mechanism::proposer::{Change, Rotation, SetError, Validator, ValidatorSet};
use slsbft_store::{Overlay, Read};
use slsbft_types::{Address, PublicKey};
use tendermint_proto::v0_38::{
    abci::ValidatorUpdate,
    crypto::{PublicKey as ProtoKey, public_key::Sum},
};

use super::{ConsensusAddress, local};
use crate::errors::Fault;

/// → [`Seats`] of the set that decides the next block.
const CURRENT: &[u8] = b"consensus/seats";
/// → [`Seats`] of the set after that one.
const NEXT: &[u8] = b"consensus/next_seats";
/// → [`Turns`] of both: all that changes in a block without updates.
const TURNS: &[u8] = b"consensus/turns";

/// A member of a validator set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub operator: Address,
    /// ed25519.
    pub consensus_key: [u8; 32],
    /// What CometBFT calls the validator: see [`consensus_address`].
    pub address: ConsensusAddress,
    /// sr25519.
    pub vrf_key: [u8; 32],
    pub power: i64,
}

/// Address of an ed25519 key: the first 20 bytes of its SHA-256.
pub fn consensus_address(key: &[u8; 32]) -> ConsensusAddress {
    let address = PublicKey::Ed25519(*key).address();
    address.as_bytes().try_into().unwrap_or_default()
}

/// A seat with its place in the rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub seat: Seat,
    /// CometBFT's proposer priority.
    pub priority: i64,
    /// Proposes the height's block in round 0.
    pub proposes: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Seats {
    /// In the order of the rotation.
    #[prost(message, repeated, tag = "1")]
    seats: Vec<SeatRecord>,
}

#[derive(Clone, PartialEq, Message)]
struct SeatRecord {
    #[prost(bytes = "vec", tag = "1")]
    operator: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    consensus_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    vrf_key: Vec<u8>,
    #[prost(int64, tag = "4")]
    power: i64,
    #[prost(bytes = "vec", tag = "5")]
    address: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Turns {
    #[prost(message, optional, tag = "1")]
    current: Option<SetTurns>,
    #[prost(message, optional, tag = "2")]
    next: Option<SetTurns>,
}

#[derive(Clone, PartialEq, Message)]
struct SetTurns {
    /// In the order of the seats.
    #[prost(sint64, repeated, tag = "1")]
    priorities: Vec<i64>,
    #[prost(bytes = "vec", tag = "2")]
    proposer: Vec<u8>,
}

/// Both sets with all that is known of them.
struct Sets {
    rotation: Rotation,
    current: Vec<Seat>,
    next: Vec<Seat>,
}

/// The first set of a chain, as InitChain returns it.
pub fn found(state: &mut Overlay, seats: &[Seat]) -> Result<Vec<ValidatorUpdate>, Fault> {
    let rotation = Rotation::genesis(&changes_to(seats)).map_err(broken)?;
    let sets = Sets {
        current: in_order(&rotation.current, seats),
        next: in_order(&rotation.next, seats),
        rotation,
    };
    store_seats(state, CURRENT, &sets.current);
    store_seats(state, NEXT, &sets.next);
    store_turns(state, &sets.rotation);
    fold(state)?;
    Ok(seats.iter().map(|seat| update(seat, seat.power)).collect())
}

/// From a block to the next: turns pass, and if `seats` are given they are the
/// set after the next one. Returns what CometBFT is told. A chain without
/// validators of its own, as tests have, stays without.
pub fn advance(state: &mut Overlay, seats: Option<&[Seat]>) -> Result<Vec<ValidatorUpdate>, Fault> {
    let Some(sets) = load(state)? else {
        return Ok(Vec::new());
    };
    let (changes, updates) = match seats {
        Some(seats) => differences(&sets.next, seats),
        None => Default::default(),
    };
    let rotation = sets.rotation.advance(&changes).map_err(broken)?;
    if sets.current != sets.next {
        store_seats(state, CURRENT, &sets.next);
    }
    if let Some(seats) = seats {
        store_seats(state, NEXT, &in_order(&rotation.next, seats));
    }
    store_turns(state, &rotation);
    Ok(updates)
}

/// At a boundary: the sets move into the tree.
pub fn fold(state: &mut Overlay) -> Result<(), Fault> {
    [CURRENT, NEXT, TURNS]
        .into_iter()
        .try_for_each(|key| local::fold(state, key))
}

/// Who proposes the next block in its first round; `None` without validators.
pub fn proposer(state: &impl Read) -> Result<Option<Seat>, Fault> {
    let Some(turns) = local::load::<Turns>(state, TURNS)? else {
        return Ok(None);
    };
    let proposer = turns.current.unwrap_or_default().proposer;
    let mut seats = load_seats(state, CURRENT)?.into_iter();
    let found = seats.find(|seat| seat.address.as_slice() == proposer);
    found
        .map(Some)
        .ok_or_else(|| Fault::corrupt("the proposer's seat"))
}

/// The set that decides the next block, in CometBFT's order.
pub fn seats(state: &impl Read) -> Result<Vec<Seat>, Fault> {
    load_seats(state, CURRENT)
}

/// The set that decides the block after the next.
pub fn next_seats(state: &impl Read) -> Result<Vec<Seat>, Fault> {
    load_seats(state, NEXT)
}

/// The set that decides the next block with everybody's turn.
pub fn turns(state: &impl Read) -> Result<Vec<Turn>, Fault> {
    let Some(sets) = load(state)? else {
        return Ok(Vec::new());
    };
    let current = &sets.rotation.current;
    let members = sets.current.into_iter().zip(current.validators());
    let turns = members.map(|(seat, validator)| Turn {
        seat,
        priority: validator.priority,
        proposes: validator.address == *current.proposer(),
    });
    Ok(turns.collect())
}

/// Whether an operator has a seat in the set that decides the next block.
pub fn is_seated(state: &impl Read, operator: &Address) -> Result<bool, Fault> {
    Ok(seats(state)?.iter().any(|seat| seat.operator == *operator))
}

/// What turns a set into another: every member of the new one, so that CometBFT
/// stores it whole, and removals.
fn differences(old: &[Seat], new: &[Seat]) -> (Vec<Change>, Vec<ValidatorUpdate>) {
    let leaves = |seat: &&Seat| new.iter().all(|other| other.address != seat.address);
    let removed = old.iter().filter(leaves);
    let (mut changes, mut updates) = (changes_to(new), Vec::new());
    updates.extend(new.iter().map(|seat| update(seat, seat.power)));
    for seat in removed {
        changes.push(Change {
            address: seat.address,
            power: 0,
        });
        updates.push(update(seat, 0));
    }
    (changes, updates)
}

fn changes_to(seats: &[Seat]) -> Vec<Change> {
    let change = |seat: &Seat| Change {
        address: seat.address,
        power: seat.power,
    };
    seats.iter().map(change).collect()
}

fn update(seat: &Seat, power: i64) -> ValidatorUpdate {
    ValidatorUpdate {
        pub_key: Some(ProtoKey {
            sum: Some(Sum::Ed25519(seat.consensus_key.to_vec())),
        }),
        power,
    }
}

/// The seats of a set in the order of its rotation.
fn in_order(set: &ValidatorSet, seats: &[Seat]) -> Vec<Seat> {
    let seat = |validator: &Validator| seats.iter().find(|seat| seat.address == validator.address);
    set.validators().iter().filter_map(seat).cloned().collect()
}

fn load(state: &impl Read) -> Result<Option<Sets>, Fault> {
    let Some(turns) = local::load::<Turns>(state, TURNS)? else {
        return Ok(None);
    };
    let (current, next) = (load_seats(state, CURRENT)?, load_seats(state, NEXT)?);
    let rotation = Rotation {
        current: restore(&current, turns.current.unwrap_or_default())?,
        next: restore(&next, turns.next.unwrap_or_default())?,
    };
    Ok(Some(Sets {
        rotation,
        current,
        next,
    }))
}

fn restore(seats: &[Seat], turns: SetTurns) -> Result<ValidatorSet, Fault> {
    let proposer = ConsensusAddress::try_from(turns.proposer);
    let proposer = proposer.map_err(|_| Fault::corrupt("a proposer"))?;
    if turns.priorities.len() != seats.len() {
        return Err(Fault::corrupt("proposer priorities"));
    }
    let members = seats
        .iter()
        .zip(turns.priorities)
        .map(|(seat, priority)| Validator {
            address: seat.address,
            power: seat.power,
            priority,
        });
    ValidatorSet::restore(members.collect(), proposer).map_err(broken)
}

fn load_seats(state: &impl Read, key: &[u8]) -> Result<Vec<Seat>, Fault> {
    let stored: Seats = local::load(state, key)?.unwrap_or_default();
    let seat = |record: SeatRecord| {
        Some(Seat {
            operator: Address::from_bytes(&record.operator).ok()?,
            consensus_key: record.consensus_key.try_into().ok()?,
            vrf_key: record.vrf_key.try_into().ok()?,
            power: record.power,
            address: record.address.try_into().ok()?,
        })
    };
    let seats: Option<_> = stored.seats.into_iter().map(seat).collect();
    seats.ok_or_else(|| Fault::corrupt("a validator set"))
}

fn store_seats(state: &mut Overlay, key: &[u8], seats: &[Seat]) {
    let record = |seat: &Seat| SeatRecord {
        operator: seat.operator.as_bytes().to_vec(),
        consensus_key: seat.consensus_key.to_vec(),
        vrf_key: seat.vrf_key.to_vec(),
        power: seat.power,
        address: seat.address.to_vec(),
    };
    let seats = Seats {
        seats: seats.iter().map(record).collect(),
    };
    local::store(state, key, &seats);
}

fn store_turns(state: &mut Overlay, rotation: &Rotation) {
    let turns = |set: &ValidatorSet| SetTurns {
        priorities: set.validators().iter().map(|v| v.priority).collect(),
        proposer: set.proposer().to_vec(),
    };
    let turns = Turns {
        current: Some(turns(&rotation.current)),
        next: Some(turns(&rotation.next)),
    };
    local::store(state, TURNS, &turns);
}

/// The sets come from the election, which checks all that CometBFT would stop on.
fn broken(error: SetError) -> Fault {
    Fault::Invariant(format!("validator set: {error}"))
}

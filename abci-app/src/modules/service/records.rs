//! Evidence of service, many participants to a record: an epoch's end changes
//! thousands of them, and a record of the tree costs as much to change as fifty
//! participants cost to compute.

use std::collections::BTreeMap;

use prost::Message;
use slsbft_mechanism::level::{Clock, Dimensions, Evidence, Record};
use slsbft_store::{Overlay, Read, Space};
use slsbft_types::{Address, Ratio, Time};

use super::keys;
use crate::{errors::Fault, modules::record};

/// Participants of a page: those whose ids have the same quotient.
const PER_PAGE: u32 = 32;

/// What is kept of one participant: a provider, a validator or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub address: Address,
    pub record: Record,
    pub verdict: Verdict,
}

/// What a participant's last audit found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub epoch: u64,
    pub reached: Option<bool>,
    pub endpoint: Option<Ratio>,
    pub resource: Option<Ratio>,
}

/// Slots by id.
pub type Page = BTreeMap<u32, Slot>;

#[derive(Clone, PartialEq, Message)]
struct StoredPage {
    #[prost(message, repeated, tag = "1")]
    slots: Vec<StoredSlot>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredSlot {
    #[prost(uint32, tag = "1")]
    id: u32,
    #[prost(bytes = "vec", tag = "2")]
    address: Vec<u8>,
    /// Success and failure of each dimension, in microseconds.
    #[prost(uint64, repeated, tag = "3")]
    evidence: Vec<u64>,
    #[prost(int64, tag = "4")]
    updated_seconds: i64,
    #[prost(uint32, tag = "5")]
    updated_nanos: u32,
    #[prost(message, optional, tag = "6")]
    endpoint: Option<StoredClock>,
    #[prost(message, optional, tag = "7")]
    resource: Option<StoredClock>,
    #[prost(bool, tag = "8")]
    fallen: bool,
    #[prost(uint64, tag = "9")]
    verdict_epoch: u64,
    #[prost(bool, optional, tag = "10")]
    reached: Option<bool>,
    #[prost(uint64, optional, tag = "11")]
    endpoint_outcome: Option<u64>,
    #[prost(uint64, optional, tag = "12")]
    resource_outcome: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct StoredClock {
    #[prost(uint32, tag = "1")]
    failed_in_a_row: u32,
    #[prost(uint32, tag = "2")]
    good_in_a_row: u32,
    #[prost(bool, tag = "3")]
    paused: bool,
}

/// The page that holds an id.
pub const fn page_of(id: u32) -> u32 {
    id / PER_PAGE
}

/// A participant's id, if it has one.
pub fn id_of(state: &impl Read, address: &Address) -> Result<Option<u32>, Fault> {
    let bytes = state.get(Space::Main, &keys::id(address))?;
    bytes
        .map(|bytes| bytes.try_into().map(u32::from_be_bytes))
        .transpose()
        .map_err(|_| Fault::corrupt("a participant's id"))
}

/// A participant's id; it gets one, and an empty record, if it has none.
pub fn enrol(state: &mut Overlay, address: &Address) -> Result<u32, Fault> {
    if let Some(id) = id_of(state, address)? {
        return Ok(id);
    }
    let next = record::load_u64(state, Space::Main, keys::NEXT_ID)?;
    let id = u32::try_from(next).map_err(|_| Fault::Invariant("participants' ids are used up".into()))?;
    let after = next.saturating_add(1);
    state.set(Space::Main, keys::NEXT_ID.to_vec(), after.to_be_bytes().to_vec());
    state.set(Space::Main, keys::id(address), id.to_be_bytes().to_vec());
    let mut page = load_page(state, page_of(id))?;
    let slot = Slot {
        address: *address,
        record: Record::default(),
        verdict: Verdict::default(),
    };
    page.insert(id, slot);
    store_page(state, page_of(id), &page);
    Ok(id)
}

pub fn load(state: &impl Read, id: u32) -> Result<Option<Slot>, Fault> {
    Ok(load_page(state, page_of(id))?.remove(&id))
}

pub fn load_page(state: &impl Read, number: u32) -> Result<Page, Fault> {
    let stored: StoredPage = record::load(state, Space::Main, &keys::page(number))?.unwrap_or_default();
    let slots = stored.slots.into_iter().map(|slot| Some((slot.id, slot.read()?)));
    slots
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::corrupt("a page of service records"))
}

pub fn store_page(state: &mut Overlay, number: u32, page: &Page) {
    let stored = StoredPage {
        slots: page
            .iter()
            .map(|(id, slot)| StoredSlot::write(*id, slot))
            .collect(),
    };
    record::store(state, keys::page(number), &stored);
}

impl StoredSlot {
    fn write(id: u32, slot: &Slot) -> Self {
        let Slot {
            address,
            record,
            verdict,
        } = slot;
        let Dimensions {
            consensus,
            endpoint,
            resource,
            consumer,
        } = record.evidence;
        let evidence = [consensus, endpoint, resource, consumer];
        Self {
            id,
            address: address.as_bytes().to_vec(),
            evidence: evidence
                .into_iter()
                .flat_map(|e| [e.success, e.failure])
                .collect(),
            updated_seconds: record.updated.seconds,
            updated_nanos: record.updated.nanos,
            endpoint: Some(StoredClock::write(record.endpoint)),
            resource: Some(StoredClock::write(record.resource)),
            fallen: record.fallen,
            verdict_epoch: verdict.epoch,
            reached: verdict.reached,
            endpoint_outcome: verdict.endpoint.map(Ratio::billionths),
            resource_outcome: verdict.resource.map(Ratio::billionths),
        }
    }

    /// `None` if it is not one that this node wrote.
    fn read(self) -> Option<Slot> {
        let evidence: [u64; 8] = self.evidence.try_into().ok()?;
        let [consensus, endpoint, resource, consumer] =
            [[0, 1], [2, 3], [4, 5], [6, 7]].map(|[success, failure]: [usize; 2]| Evidence {
                success: evidence.get(success).copied().unwrap_or_default(),
                failure: evidence.get(failure).copied().unwrap_or_default(),
            });
        let outcome = |parts: Option<u64>| parts.map(Ratio::from_billionths).transpose().ok();
        Some(Slot {
            address: Address::from_bytes(&self.address).ok()?,
            record: Record {
                evidence: Dimensions {
                    consensus,
                    endpoint,
                    resource,
                    consumer,
                },
                updated: Time {
                    seconds: self.updated_seconds,
                    nanos: self.updated_nanos,
                },
                endpoint: self.endpoint.unwrap_or_default().read(),
                resource: self.resource.unwrap_or_default().read(),
                fallen: self.fallen,
            },
            verdict: Verdict {
                epoch: self.verdict_epoch,
                reached: self.reached,
                endpoint: outcome(self.endpoint_outcome)?,
                resource: outcome(self.resource_outcome)?,
            },
        })
    }
}

impl StoredClock {
    fn write(clock: Clock) -> Self {
        Self {
            failed_in_a_row: clock.failed_in_a_row,
            good_in_a_row: clock.good_in_a_row,
            paused: clock.paused,
        }
    }

    fn read(self) -> Clock {
        Clock {
            failed_in_a_row: self.failed_in_a_row,
            good_in_a_row: self.good_in_a_row,
            paused: self.paused,
        }
    }
}

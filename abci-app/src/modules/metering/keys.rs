//! Where metering lives in [`Space::Main`](slsbft_store::Space). Numbers are
//! big-endian, so keys sort as numbers do; an address has its length in front.
//! Records are the messages of `slsbft.metering.v1` that queries return.

use slsbft_types::{Address, Time};

/// `v1.Params`.
pub const PARAMS: &[u8] = b"metering/params";
pub const NEXT_OFFER: &[u8] = b"metering/next_offer";
pub const NEXT_DEAL: &[u8] = b"metering/next_deal";
/// ‖ offer → `v1.Offer`.
pub const OFFER: &[u8] = b"metering/offer/";
/// ‖ deal → `v1.Deal`.
pub const DEAL: &[u8] = b"metering/deal/";

// Indexes; their values say nothing.

/// ‖ provider ‖ offer.
const OFFER_BY_PROVIDER: &[u8] = b"metering/offer_by_provider/";
/// ‖ provider ‖ deal.
const DEAL_BY_PROVIDER: &[u8] = b"metering/deal_by_provider/";
/// ‖ consumer ‖ deal.
const DEAL_BY_CONSUMER: &[u8] = b"metering/deal_by_consumer/";
/// ‖ offer ‖ consumer ‖ deal.
const DEAL_BY_OFFER: &[u8] = b"metering/deal_by_offer/";

// Queues of what becomes due by itself; their values say nothing.

/// ‖ seconds ‖ nanoseconds ‖ deal: expiries, and windows whose time has not passed.
pub const BY_TIME: &[u8] = b"metering/by_time/";
/// ‖ height ‖ deal: windows whose time has passed and whose height has not.
pub const BY_HEIGHT: &[u8] = b"metering/by_height/";

pub fn offer(id: u64) -> Vec<u8> {
    [OFFER, &id.to_be_bytes()].concat()
}

pub fn deal(id: u64) -> Vec<u8> {
    [DEAL, &id.to_be_bytes()].concat()
}

pub fn offers_of(provider: &Address) -> Vec<u8> {
    [OFFER_BY_PROVIDER, &owner(provider)].concat()
}

pub fn deals_of_provider(provider: &Address) -> Vec<u8> {
    [DEAL_BY_PROVIDER, &owner(provider)].concat()
}

pub fn deals_of_consumer(consumer: &Address) -> Vec<u8> {
    [DEAL_BY_CONSUMER, &owner(consumer)].concat()
}

pub fn deals_of_offer(offer: u64) -> Vec<u8> {
    [DEAL_BY_OFFER, &offer.to_be_bytes()].concat()
}

pub fn deals_of_consumer_on(offer: u64, consumer: &Address) -> Vec<u8> {
    [&deals_of_offer(offer), owner(consumer).as_slice()].concat()
}

/// An entry of an index or queue: its prefix ‖ id.
pub fn entry(mut prefix: Vec<u8>, id: u64) -> Vec<u8> {
    prefix.extend(id.to_be_bytes());
    prefix
}

/// The id at the end of an index's or queue's key.
pub fn id_of(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|id| u64::from_be_bytes(*id))
}

pub fn by_time(time: Time) -> Vec<u8> {
    // Times before 1970 cannot come in.
    let seconds = u64::try_from(time.seconds).unwrap_or(0);
    [BY_TIME, &seconds.to_be_bytes(), &time.nanos.to_be_bytes()].concat()
}

pub fn by_height(height: u64) -> Vec<u8> {
    [BY_HEIGHT, &height.to_be_bytes()].concat()
}

fn owner(address: &Address) -> Vec<u8> {
    let bytes = address.as_bytes();
    [&[bytes.len() as u8], bytes].concat()
}

//! Records in and out of state, with their indexes.

use prost::Message;
use slsbft_proto::metering::v1;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::metering::{Deal, Offer, Params, RecordError};

use super::keys;
use crate::{errors::Fault, modules::record};

/// Value of an index or queue entry; no stored value may be empty.
const PRESENT: [u8; 1] = [1];

pub fn params(state: &impl Read) -> Result<Params, Fault> {
    load::<v1::Params, _>(state, keys::PARAMS)?.ok_or_else(|| Fault::corrupt("metering's parameters"))
}

pub fn save_params(state: &mut Overlay, params: &Params) {
    record::store(state, keys::PARAMS.to_vec(), &v1::Params::from(params));
}

pub fn offer(state: &impl Read, id: u64) -> Result<Option<Offer>, Fault> {
    load::<v1::Offer, _>(state, &keys::offer(id))
}

/// Writes an offer that exists already.
pub fn save_offer(state: &mut Overlay, offer: &Offer) {
    record::store(state, keys::offer(offer.id), &v1::Offer::from(offer));
}

pub fn insert_offer(state: &mut Overlay, offer: &Offer) {
    save_offer(state, offer);
    mark(state, keys::entry(keys::offers_of(&offer.provider), offer.id));
}

pub fn remove_offer(state: &mut Overlay, offer: &Offer) {
    state.delete(Space::Main, &keys::offer(offer.id));
    state.delete(
        Space::Main,
        &keys::entry(keys::offers_of(&offer.provider), offer.id),
    );
}

pub fn deal(state: &impl Read, id: u64) -> Result<Option<Deal>, Fault> {
    load::<v1::Deal, _>(state, &keys::deal(id))
}

/// Writes a deal that exists already.
pub fn save_deal(state: &mut Overlay, deal: &Deal) {
    record::store(state, keys::deal(deal.id), &v1::Deal::from(deal));
}

pub fn insert_deal(state: &mut Overlay, deal: &Deal) {
    save_deal(state, deal);
    for key in deal_indexes(deal) {
        mark(state, key);
    }
}

pub fn remove_deal(state: &mut Overlay, deal: &Deal) {
    state.delete(Space::Main, &keys::deal(deal.id));
    for key in deal_indexes(deal) {
        state.delete(Space::Main, &key);
    }
}

fn deal_indexes(deal: &Deal) -> [Vec<u8>; 3] {
    [
        keys::deals_of_provider(&deal.provider),
        keys::deals_of_consumer(&deal.consumer),
        keys::deals_of_consumer_on(deal.offer_id, &deal.consumer),
    ]
    .map(|prefix| keys::entry(prefix, deal.id))
}

/// Writes an index or queue entry.
pub fn mark(state: &mut Overlay, key: Vec<u8>) {
    state.set(Space::Main, key, PRESENT.to_vec());
}

/// The next id under a counter, which goes up. Ids start at 1.
pub fn next_id(state: &mut Overlay, counter: &[u8]) -> Result<u64, Fault> {
    let id = peek_id(state, counter)?;
    let next = id
        .checked_add(1)
        .ok_or_else(|| Fault::Invariant("metering ids are used up".into()))?;
    set_next_id(state, counter, next);
    Ok(id)
}

/// The next id, which stays.
pub fn peek_id(state: &impl Read, counter: &[u8]) -> Result<u64, Fault> {
    Ok(record::load_u64(state, Space::Main, counter)?.max(1))
}

pub fn set_next_id(state: &mut Overlay, counter: &[u8], next: u64) {
    state.set(Space::Main, counter.to_vec(), next.to_be_bytes().to_vec());
}

pub fn all_offers(state: &impl Read) -> impl Iterator<Item = Result<Offer, Fault>> {
    all::<v1::Offer, _>(state, keys::OFFER)
}

pub fn all_deals(state: &impl Read) -> impl Iterator<Item = Result<Deal, Fault>> {
    all::<v1::Deal, _>(state, keys::DEAL)
}

fn all<M, T>(state: &impl Read, prefix: &[u8]) -> impl Iterator<Item = Result<T, Fault>>
where
    M: Message + Default,
    T: TryFrom<M, Error = RecordError>,
{
    state.prefix(Space::Main, prefix, Order::Ascending).map(|entry| {
        let (key, value) = entry?;
        typed(record::decode::<M>(&value, &key)?, &key)
    })
}

fn load<M, T>(state: &impl Read, key: &[u8]) -> Result<Option<T>, Fault>
where
    M: Message + Default,
    T: TryFrom<M, Error = RecordError>,
{
    record::load::<M>(state, Space::Main, key)?
        .map(|message| typed(message, key))
        .transpose()
}

fn typed<M, T: TryFrom<M, Error = RecordError>>(message: M, key: &[u8]) -> Result<T, Fault> {
    T::try_from(message)
        .map_err(|error| Fault::corrupt(format!("{} ({error})", String::from_utf8_lossy(key))))
}

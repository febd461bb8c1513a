//! How providers answer the requests they are drawn for. It only lowers a level: whoever is silent or
//! alone in more than a third of its requests of an epoch loses what one good epoch gave in `endpoint`,
//! and nobody gains, so nothing is gained by posting requests to oneself.

use prost::Message;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::keys;
use crate::{errors::Fault, modules::record};

/// What providers that answer requests are tagged with.
const TAG: &str = "edge";

/// Of one provider in the running epoch.
#[derive(Clone, PartialEq, Message)]
struct Answers {
    #[prost(uint64, tag = "1")]
    all: u64,
    /// Silent, or another than the others'.
    #[prost(uint64, tag = "2")]
    bad: u64,
}

/// Registered providers that answer requests, by address.
pub fn edges(state: &impl Read) -> Result<Vec<Address>, Fault> {
    let prefix = keys::with_tag(TAG);
    let found = state.prefix(Space::Main, &prefix, Order::Ascending);
    found
        .map(|entry| {
            let (key, _) = entry?;
            keys::address_after(&prefix, &key).ok_or_else(|| Fault::corrupt("the index of tags"))
        })
        .collect()
}

/// Whether a provider answers requests.
pub fn is_edge(state: &impl Read, provider: &Address) -> Result<bool, Fault> {
    Ok(state.contains(Space::Main, &keys::by_tag(TAG, provider))?)
}

/// Takes in how a provider answered one request.
pub fn answered(state: &mut Overlay, provider: &Address, is_good: bool) -> Result<(), Fault> {
    let key = keys::answers(provider);
    let so_far: Answers = record::load(state, Space::Epoch, &key)?.unwrap_or_default();
    let answers = Answers {
        all: so_far.all.saturating_add(1),
        bad: so_far.bad.saturating_add((!is_good).into()),
    };
    state.set(Space::Epoch, key, answers.encode_to_vec());
    Ok(())
}

/// Providers that were silent or alone too often in the running epoch.
pub fn failed(state: &impl Read) -> Result<Vec<Address>, Fault> {
    let mut failed = Vec::new();
    for entry in state.prefix(Space::Epoch, keys::ANSWERS, Order::Ascending) {
        let (key, value) = entry?;
        let answers: Answers = record::decode(&value, &key)?;
        if u128::from(answers.bad) * 3 > u128::from(answers.all) {
            let provider = keys::address_after(keys::ANSWERS, &key);
            failed.push(provider.ok_or_else(|| Fault::corrupt("answers to requests"))?);
        }
    }
    Ok(failed)
}

/// Forgets the running epoch's answers.
pub fn clear(state: &mut Overlay) -> Result<(), Fault> {
    let gone: Vec<_> = state
        .prefix(Space::Epoch, keys::ANSWERS, Order::Ascending)
        .collect::<Result<_, _>>()?;
    for (key, _) in gone {
        state.delete(Space::Epoch, &key);
    }
    Ok(())
}

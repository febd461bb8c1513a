//! What consumers say of providers, weighed by what they pay. Ratings only lower
//! a level, so nothing is gained by paying oneself for a good one.

use std::collections::BTreeMap;

use prost::Message;
use slsbft_mechanism::wide::mul_div;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount, Ratio};

use super::keys;
use crate::{
    errors::Fault,
    modules::{epochs, record},
};

/// So many payers more would be needed to be believed wholly: a bad word counts
/// n / (n + 2) if n consumers pay, so one alone cannot ruin a provider.
const DOUBT: u64 = 2;
/// Payers' entries of past epochs that are forgotten in one block. A block of claims on many deals
/// can add more; these wait for quieter blocks.
const MOST_FORGOTTEN: usize = 5_000;

/// A payment with what its consumer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    pub provider: Address,
    pub consumer: Address,
    /// uankr …
    pub paid: Amount,
    /// … times the rating, from 0 for the worst to `paid` for the best.
    pub good: Amount,
}

/// What was said of one provider in the running epoch.
#[derive(Clone, PartialEq, Message)]
struct Heard {
    /// Σ paid and Σ paid × rating, uankr, big-endian, 16 bytes each.
    #[prost(bytes = "vec", tag = "1")]
    paid: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    rated: Vec<u8>,
    #[prost(uint64, tag = "3")]
    payers: u64,
}

/// Takes in a settled payment.
pub fn hear(state: &mut Overlay, rating: &Rating) -> Result<(), Fault> {
    let key = keys::rating(&rating.provider);
    let heard: Heard = record::load(state, Space::Epoch, &key)?.unwrap_or_default();
    let (paid, rated) = sums(&heard).ok_or_else(|| Fault::corrupt("ratings"))?;
    let payer = keys::payer(epochs::current(state)?.number, &rating.provider, &rating.consumer);
    let is_new = !state.contains(Space::Epoch, &payer)?;
    if is_new {
        state.set(Space::Epoch, payer, vec![1]);
    }
    let heard = Heard {
        paid: paid.saturating_add(rating.paid.value()).to_be_bytes().to_vec(),
        rated: rated.saturating_add(rating.good.value()).to_be_bytes().to_vec(),
        payers: heard.payers.saturating_add(is_new.into()),
    };
    state.set(Space::Epoch, key, heard.encode_to_vec());
    Ok(())
}

/// The running epoch's outcome of every provider that was rated: the mean rating
/// by payment, and the nearer to a perfect one the fewer paid.
pub fn outcomes(state: &impl Read) -> Result<BTreeMap<Address, Ratio>, Fault> {
    state
        .prefix(Space::Epoch, keys::RATING, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let heard: Heard = record::decode(&value, &key)?;
            let address = keys::address_after(keys::RATING, &key);
            let outcome = sums(&heard).and_then(|(paid, rated)| outcome(paid, rated, heard.payers));
            address.zip(outcome).ok_or_else(|| Fault::corrupt("ratings"))
        })
        .collect()
}

/// Forgets the running epoch's ratings; its payers are forgotten by [`forget`].
pub fn clear(state: &mut Overlay) -> Result<(), Fault> {
    let gone: Vec<_> = state
        .prefix(Space::Epoch, keys::RATING, Order::Ascending)
        .collect::<Result<_, _>>()?;
    for (key, _) in gone {
        state.delete(Space::Epoch, &key);
    }
    Ok(())
}

/// Forgets payers of past epochs, some in every block.
pub fn forget(state: &mut Overlay) -> Result<(), Fault> {
    let end = keys::payers(epochs::current(state)?.number);
    let gone: Vec<_> = state
        .range(Space::Epoch, keys::PAYER, Some(&end), Order::Ascending)
        .take(MOST_FORGOTTEN)
        .collect::<Result<_, _>>()?;
    for (key, _) in gone {
        state.delete(Space::Epoch, &key);
    }
    Ok(())
}

/// 1 − (1 − rated/paid) · n/(n + 2).
fn outcome(paid: u128, rated: u128, payers: u64) -> Option<Ratio> {
    let one = Ratio::ONE.billionths();
    let lacking = paid.checked_sub(rated)?;
    let lacking = match paid {
        0 => 0,
        paid => mul_div(lacking, one.into(), paid)?,
    };
    let believed = mul_div(lacking, payers.into(), u128::from(payers.saturating_add(DOUBT)))?;
    let left = one.checked_sub(u64::try_from(believed).ok()?)?;
    Ratio::from_billionths(left).ok()
}

fn sums(heard: &Heard) -> Option<(u128, u128)> {
    let sum = |bytes: &[u8]| match bytes {
        [] => Some(0),
        bytes => Some(u128::from_be_bytes(bytes.try_into().ok()?)),
    };
    Some((sum(&heard.paid)?, sum(&heard.rated)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_word_counts_a_third_and_many_nearly_all() {
        let percent = |payers| outcome(1_000, 0, payers).unwrap().billionths() / 10_000_000;
        assert_eq!([1, 2, 8, 98].map(percent), [66, 50, 20, 2]);
        assert_eq!(outcome(1_000, 1_000, 1), Some(Ratio::ONE));
        assert_eq!(outcome(0, 0, 1), Some(Ratio::ONE));
        let huge = outcome(u128::MAX, u128::MAX / 2, u64::MAX).unwrap();
        assert_eq!(huge.billionths() / 10_000_000, 50);
    }
}

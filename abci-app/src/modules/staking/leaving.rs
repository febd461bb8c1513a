//! Stake that has left a candidate and still answers for what it did before.
//!
//! A candidate may have a hundred thousand leavers, so a slash does not look for them. It
//! writes down what those who left since a height owe of their initial amounts
//! ([`add_liability`]), and each of them pays when its record is next looked at, at the
//! latest when it completes. What all of them owe together is known from sums over
//! heights ([`left_since`]), so that the candidate's pool pays exactly the rest.

use slsbft_mechanism::wide::mul_div;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::{Address, Amount, Ratio};

use super::{keys, records, sound};
use crate::errors::Fault;

/// Heights that are summed up together.
const SPAN: u64 = 256;

/// What leavers of a height owe of their initial amounts, in parts per billion; it may be
/// above 1.
pub fn liable(state: &impl Read, operator: &Address, height: u64) -> Result<u64, Fault> {
    let first = keys::all_numbered(keys::LIABLE, operator);
    let after = keys::numbered(keys::LIABLE, operator, height.saturating_add(1));
    let mut entries = state.range(Space::Main, &first, Some(&after), Order::Descending);
    entries.next().map_or(Ok(0), |entry| read_liable(&entry?.1))
}

/// Those who left between two heights, both included, owe a fraction more. `to` is the
/// present height: nobody can have left after it.
pub fn add_liability(
    state: &mut Overlay,
    operator: &Address,
    from: u64,
    to: u64,
    fraction: Ratio,
) -> Result<(), Fault> {
    let key = |height| keys::numbered(keys::LIABLE, operator, height);
    let (before, after) = (liable(state, operator, from)?, liable(state, operator, to)?);
    let between = state
        .range(
            Space::Main,
            &key(from.saturating_add(1)),
            Some(&key(to.saturating_add(1))),
            Order::Ascending,
        )
        .map(|entry| {
            let (key, value) = entry?;
            Ok((key, read_liable(&value)?))
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let raised = std::iter::once((key(from), before)).chain(between);
    for (key, owed) in raised {
        set_liable(state, key, owed.saturating_add(fraction.billionths()));
    }
    // Those who leave later do not owe this; a slash of this block may have said so.
    let next = key(to.saturating_add(1));
    if state.get(Space::Main, &next)?.is_none() {
        set_liable(state, next, after);
    }
    Ok(())
}

/// Writes one step of a candidate's liabilities.
pub fn set_liable(state: &mut Overlay, key: Vec<u8>, billionths: u64) {
    state.set(Space::Main, key, billionths.to_be_bytes().to_vec());
}

pub fn read_liable(value: &[u8]) -> Result<u64, Fault> {
    let bytes = value.try_into().map_err(|_| Fault::corrupt("a liability"))?;
    Ok(u64::from_be_bytes(bytes))
}

/// What a leaver owes between two liabilities. Each slash counts of what left first, so
/// together they may come to more than that; whoever pays has no more than is left.
pub fn due(initial: Amount, answered: u64, liable: u64) -> Amount {
    let part = |billionths: u64| {
        let one = Ratio::ONE.billionths().into();
        Amount::new(mul_div(initial.value(), billionths.into(), one).unwrap_or(u128::MAX))
    };
    part(liable).saturating_sub(part(answered))
}

/// Stake leaves a candidate at a height.
pub fn leave(state: &mut Overlay, operator: &Address, height: u64, amount: Amount) -> Result<(), Fault> {
    change(state, operator, height, |sum| sum.add(amount))
}

/// Stake that left at a height has come back or completed.
pub fn arrive(state: &mut Overlay, operator: &Address, height: u64, amount: Amount) -> Result<(), Fault> {
    change(state, operator, height, |sum| sum.sub(amount))
}

fn change(
    state: &mut Overlay,
    operator: &Address,
    height: u64,
    by: impl Fn(Amount) -> Result<Amount, slsbft_types::AmountError>,
) -> Result<(), Fault> {
    for key in [
        keys::numbered(keys::LEFT, operator, height),
        keys::numbered(keys::LEFT_SPAN, operator, height / SPAN),
    ] {
        let found = state.get(Space::Main, &key)?.unwrap_or_default();
        let sum = sound(by(records::read_amount(&found)?))?;
        if sum.is_zero() {
            state.delete(Space::Main, &key);
        } else {
            state.set(Space::Main, key, records::amount_bytes(sum));
        }
    }
    Ok(())
}

/// Initial amounts of all that left at a height or later and may still answer. Reads the
/// heights of one span and then whole spans: a few hundred records at most.
pub fn left_since(state: &impl Read, operator: &Address, height: u64) -> Result<Amount, Fault> {
    let span = height / SPAN;
    let first = keys::numbered(keys::LEFT, operator, height);
    let last = keys::numbered(keys::LEFT, operator, span.saturating_add(1).saturating_mul(SPAN));
    let heights = state.range(Space::Main, &first, Some(&last), Order::Ascending);
    let later = keys::numbered(keys::LEFT_SPAN, operator, span.saturating_add(1));
    let end = slsbft_store::prefix_end(&keys::all_numbered(keys::LEFT_SPAN, operator));
    let spans = state.range(Space::Main, &later, end.as_deref(), Order::Ascending);
    heights.chain(spans).try_fold(Amount::ZERO, |sum, entry| {
        sound(sum.add(records::read_amount(&entry?.1)?))
    })
}

/// Whether any stake that left a candidate may still answer for it.
pub fn anything_left(state: &impl Read, operator: &Address) -> Result<bool, Fault> {
    let prefix = keys::all_numbered(keys::LEFT_SPAN, operator);
    let mut entries = state.prefix(Space::Main, &prefix, Order::Ascending);
    Ok(entries.next().transpose()?.is_some())
}

/// The span that a height's sum belongs to.
pub const fn span_of(height: u64) -> u64 {
    height / SPAN
}

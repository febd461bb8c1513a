//! How many may be barred at one boundary for what others can cause.
//!
//! A pause and a missed epoch are what neglect looks like, but also what a flood against everybody
//! else looks like. Without a bound whoever kept the services of all others from answering for three
//! epochs stood for election alone; now it gains what was barred and no more.

use std::{cmp::Reverse, collections::BTreeSet};

use slsbft_types::{Address, Ratio};

/// Who is barred of those who failed, given with their stakes or powers, where everybody together
/// has `total`: the heaviest first, equal ones by operator, each that still fits into `most` of the
/// total. The first is barred in any case, or a heavy one could never be.
pub fn neglectful(mut failed: Vec<(Address, u128)>, total: u128, most: Ratio) -> BTreeSet<Address> {
    failed.sort_unstable_by_key(|(operator, weight)| (Reverse(*weight), *operator));
    let most = share(total, most);
    let mut held = 0u128;
    let mut barred = BTreeSet::new();
    for (operator, weight) in failed {
        let with = held.saturating_add(weight);
        if barred.is_empty() || with <= most {
            barred.insert(operator);
            held = with;
        }
    }
    barred
}

/// A part of a total, rounded down.
fn share(total: u128, part: Ratio) -> u128 {
    crate::wide::mul_div(total, part.billionths().into(), Ratio::ONE.billionths().into()).unwrap_or(u128::MAX)
}

//! `updateWithChangeSet`, up to where it scales: checks in CometBFT's order, then the new members.

use std::collections::BTreeMap;

use super::{Change, ConsensusAddress, MAX_TOTAL_POWER, SetError, Validator};

/// The members of a new set.
pub(super) fn found(validators: &[Change]) -> Result<Vec<Validator>, SetError> {
    if let Some(powerless) = validators.iter().find(|change| change.power == 0) {
        return Err(SetError::NoPower(powerless.address));
    }
    apply(&[], 0, validators)
}

/// The members, in any order, once those updated or new and then those removed are counted.
pub(super) fn apply(
    members: &[Validator],
    total: i64,
    changes: &[Change],
) -> Result<Vec<Validator>, SetError> {
    let (removals, updates) = sort(changes)?;
    let mut members: BTreeMap<_, _> = members.iter().map(|v| (v.address, *v)).collect();

    let joining = updates
        .iter()
        .any(|change| !members.contains_key(&change.address));
    if !joining && members.len() == removals.len() {
        return Err(SetError::Empty);
    }
    let removed = removed_power(&removals, &members)?;
    let start = newcomers_priority(total, removed, &updates, &members)?;
    for Change { address, power } in updates {
        members
            .entry(address)
            .and_modify(|validator| validator.power = power)
            .or_insert(Validator {
                address,
                power,
                priority: start,
            });
    }
    for removal in &removals {
        members.remove(&removal.address);
    }
    Ok(members.into_values().collect())
}

/// Removals and updates, by address.
fn sort(changes: &[Change]) -> Result<(Vec<Change>, Vec<Change>), SetError> {
    let mut changes = changes.to_vec();
    changes.sort_unstable_by_key(|change| change.address);
    let mut last = None;
    for &Change { address, power } in &changes {
        if last.replace(address) == Some(address) {
            return Err(SetError::Duplicate(address));
        }
        check_power(address, power)?;
    }
    Ok(changes.into_iter().partition(|change| change.power == 0))
}

pub(super) fn check_power(address: ConsensusAddress, power: i64) -> Result<(), SetError> {
    match power {
        ..0 => Err(SetError::NegativePower { address, power }),
        0..=MAX_TOTAL_POWER => Ok(()),
        _ => Err(SetError::PowerTooLarge { address, power }),
    }
}

fn removed_power(
    removals: &[Change],
    members: &BTreeMap<ConsensusAddress, Validator>,
) -> Result<i64, SetError> {
    removals.iter().try_fold(0, |sum, removal| {
        let leaving = members.get(&removal.address);
        Ok(sum + leaving.ok_or(SetError::Unknown(removal.address))?.power)
    })
}

/// −1.125 × the total after updates and before removals: whoever leaves and comes back gains
/// nothing by it. Fails if the total after removals is too much.
///
/// CometBFT adds the differences from the least to the greatest and looks at every sum; they fall,
/// then rise, so one is too much exactly if the last is.
fn newcomers_priority(
    total: i64,
    removed: i64,
    updates: &[Change],
    members: &BTreeMap<ConsensusAddress, Validator>,
) -> Result<i64, SetError> {
    let updated = updates.iter().fold(i128::from(total), |sum, change| {
        let before = members
            .get(&change.address)
            .map_or(0, |validator| validator.power);
        sum + i128::from(change.power) - i128::from(before)
    });
    if updated - i128::from(removed) > i128::from(MAX_TOTAL_POWER) {
        return Err(SetError::TotalTooLarge);
    }
    // Below twice the most, because what is removed is at most that.
    let updated = i64::try_from(updated).map_err(|_| SetError::TotalTooLarge)?;
    Ok(-(updated + (updated >> 3)))
}

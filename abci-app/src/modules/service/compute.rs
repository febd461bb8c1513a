//! Compute proofs of the running epoch: who has to compute how much, and what was committed to. All of
//! it is epoch-local. What is computed, and what of it is sampled, is `slsbft_mechanism::compute`; auditors
//! report what they found of it.

use std::collections::BTreeSet;

use prost::Message;
use slsbft_mechanism::compute::MOST_SEGMENTS;
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{Params, ServiceError, audits, events, keys};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        beacon,
        epochs::{self, Epoch},
        record,
    },
};

/// What a provider has to compute.
#[derive(Clone, PartialEq, Message)]
pub struct Task {
    #[prost(uint32, tag = "1")]
    pub segments: u32,
    /// What it committed to; empty before.
    #[prost(bytes = "vec", tag = "2")]
    pub root: Vec<u8>,
}

/// When an epoch's computing is committed to and sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Last height at which commitments are taken: a third into the epoch.
    pub commit_until: u64,
    /// The block whose beacon samples what they bind.
    pub sample_height: u64,
}

impl Schedule {
    /// `None` if the epoch is too short for a block between the seed and the sample, or so long that
    /// the seed is forgotten before its end.
    pub fn of(epoch: &Epoch) -> Option<Self> {
        let length = epoch
            .last_height
            .saturating_sub(epoch.first_height)
            .saturating_add(1);
        let third = length / 3;
        let sample_height = epoch.first_height.saturating_add(third);
        (third >= 2 && length <= beacon::CONTRIBUTIONS_KEPT).then_some(Self {
            commit_until: sample_height.saturating_sub(1),
            sample_height,
        })
    }
}

/// Segments for each registered core in the running epoch.
pub fn per_core(state: &impl Read, params: &Params) -> Result<u32, Fault> {
    let schedule = Schedule::of(&epochs::current(state)?);
    Ok(schedule.map_or(0, |_| params.segments_per_core))
}

/// Gives a provider its segments for the running epoch.
pub fn give(state: &mut Overlay, provider: &Address, segments: u32) {
    save(
        state,
        provider,
        &Task {
            segments,
            root: Vec::new(),
        },
    );
}

/// What a provider has to compute in the running epoch, if anything.
pub fn task(state: &impl Read, provider: &Address) -> Result<Option<Task>, Fault> {
    record::load(state, Space::Epoch, &keys::task(provider))
}

pub(super) fn commit(
    ctx: &mut Context<'_>,
    provider: &Address,
    number: u64,
    root: &[u8; 32],
) -> Result<(), ExecError> {
    let epoch = audits::running(ctx.state, number)?;
    let (Some(task), Some(schedule)) = (task(ctx.state, provider)?, Schedule::of(&epoch)) else {
        return Err(ServiceError::NoTask.into());
    };
    if ctx.block.height > schedule.commit_until {
        return Err(ServiceError::TooLateToCommit(schedule.commit_until).into());
    }
    if !task.root.is_empty() {
        return Err(ServiceError::Committed.into());
    }
    let root = root.to_vec();
    save(ctx.state, provider, &Task { root, ..task });
    events::compute_committed(ctx, provider, number);
    Ok(())
}

/// Checks that only those have a task whose auditors report on it, and that what they committed to is a
/// root.
pub fn check(state: &impl Read) -> Result<(), Fault> {
    let challenged: BTreeSet<Address> = audits::targets(state)?
        .into_iter()
        .filter_map(|target| target.challenged.then_some(target.operator))
        .collect();
    for entry in state.prefix(Space::Epoch, keys::TASK, Order::Ascending) {
        let (key, value) = entry?;
        let provider = keys::address_after(keys::TASK, &key);
        let provider = provider.ok_or_else(|| Fault::corrupt("a task's key"))?;
        let Task { segments, root } = record::decode(&value, &key)?;
        let is_sound = (1..=MOST_SEGMENTS).contains(&segments) && matches!(root.len(), 0 | 32);
        if !is_sound || !challenged.contains(&provider) {
            let text = format!(
                "the task of {provider}: {segments} segments, a root of {} bytes",
                root.len()
            );
            return Err(Fault::Invariant(text));
        }
    }
    Ok(())
}

fn save(state: &mut Overlay, provider: &Address, task: &Task) {
    state.set(Space::Epoch, keys::task(provider), task.encode_to_vec());
}

/// The beacon after a block of the running epoch, which ends at `now` at the latest; empty before.
pub fn beacon_after(state: &impl Read, now: u64, height: u64) -> Result<Vec<u8>, Fault> {
    let found = beacon::at(state, now, height)?;
    Ok(found.map(|beacon| beacon.to_vec()).unwrap_or_default())
}

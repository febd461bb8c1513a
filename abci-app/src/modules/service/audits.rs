//! Audits of the running epoch: who has to measure whom, what was committed to,
//! what was revealed. All of it is epoch-local, and gone when the epoch ends.

use std::collections::BTreeSet;

use prost::Message;
use slsbft_mechanism::{
    audit::{self, Auditor, Report, Target},
    compute::segments,
};
use slsbft_store::{Order, Overlay, Read, Space};
use slsbft_types::Address;

use super::{Params, Service, ServiceError, Validators, compute, events, keys, registry};
use crate::{
    context::Context,
    errors::{ExecError, Fault},
    modules::{
        epochs::{self, Epoch},
        record,
    },
};

#[derive(Clone, PartialEq, Message)]
struct Targets {
    #[prost(message, repeated, tag = "1")]
    targets: Vec<StoredTarget>,
}

/// A target as it was when the epoch began.
#[derive(Clone, PartialEq, Message)]
struct StoredTarget {
    #[prost(uint32, tag = "1")]
    id: u32,
    #[prost(bytes = "vec", tag = "2")]
    operator: Vec<u8>,
    #[prost(uint32, tag = "3")]
    promised_kbps: u32,
    #[prost(bool, tag = "4")]
    challenged: bool,
}

/// Ids of an auditor's targets.
#[derive(Clone, PartialEq, Message)]
struct Assignment {
    #[prost(uint32, repeated, tag = "1")]
    targets: Vec<u32>,
}

impl<L, V: Validators> Service<L, V> {
    pub(super) fn set_auditor(
        &self,
        ctx: &mut Context<'_>,
        operator: &Address,
        auditor: Option<&Address>,
    ) -> Result<(), ExecError> {
        if !self.validators.exists(ctx.state, operator)? {
            return Err(ServiceError::NoValidator(operator.to_validator_bech32()).into());
        }
        if let Some(auditor) = auditor.filter(|auditor| *auditor != operator) {
            let audits_for_another =
                operator_for(ctx.state, auditor)?.is_some_and(|other| other != *operator);
            if audits_for_another || self.validators.exists(ctx.state, auditor)? {
                return Err(ServiceError::AuditorTaken(auditor.to_string()).into());
            }
        }
        appoint(ctx.state, operator, auditor)?;
        events::auditor_set(ctx, operator, auditor.unwrap_or(operator));
        Ok(())
    }

    pub(super) fn commit(
        &self,
        ctx: &mut Context<'_>,
        auditor: &Address,
        number: u64,
        digest: [u8; 32],
    ) -> Result<(), ExecError> {
        let operator = self.operator_of_auditor(ctx.state, auditor)?;
        let epoch = running(ctx.state, number)?;
        if assignment(ctx.state, &operator)?.is_none() {
            return Err(ServiceError::NotAssigned.into());
        }
        let until = commit_until(&epoch);
        if ctx.block.height > until {
            return Err(ServiceError::TooLateToCommit(until).into());
        }
        if commitment(ctx.state, &operator)?.is_some() {
            return Err(ServiceError::Committed.into());
        }
        ctx.state
            .set(Space::Epoch, keys::commitment(&operator), digest.to_vec());
        events::audit(ctx, "audit_committed", &operator, number);
        Ok(())
    }

    pub(super) fn reveal(
        &self,
        ctx: &mut Context<'_>,
        auditor: &Address,
        number: u64,
        salt: &[u8; 32],
        report: &Report,
    ) -> Result<(), ExecError> {
        let operator = self.operator_of_auditor(ctx.state, auditor)?;
        let epoch = running(ctx.state, number)?;
        let until = commit_until(&epoch);
        if ctx.block.height <= until {
            return Err(ServiceError::TooEarlyToReveal(until.saturating_add(1)).into());
        }
        let digest = commitment(ctx.state, &operator)?.ok_or(ServiceError::NoCommitment)?;
        if is_revealed(ctx.state, &operator)? {
            return Err(ServiceError::Revealed.into());
        }
        if report.commitment(&ctx.block.chain_id, number, &operator, salt) != digest {
            return Err(ServiceError::NotCommitted.into());
        }
        let assigned = assignment(ctx.state, &operator)?.unwrap_or_default();
        let stranger = report
            .entries()
            .iter()
            .find(|entry| assigned.binary_search(&entry.target).is_err());
        if let Some(entry) = stranger {
            return Err(ServiceError::UnknownTarget(entry.target).into());
        }
        // An empty report is said to be one by a byte that no report begins with.
        let mut stored = vec![0];
        stored.extend(report.encode());
        ctx.state.set(Space::Epoch, keys::report(&operator), stored);
        events::audit(ctx, "audit_revealed", &operator, number);
        Ok(())
    }

    /// For whom an account audits: an operator for itself, unless it has appointed another. Who
    /// appointed the account before it was an operator does not take it over.
    pub(super) fn operator_of_auditor(
        &self,
        state: &impl Read,
        auditor: &Address,
    ) -> Result<Address, ExecError> {
        if self.validators.exists(state, auditor)? && appointed(state, auditor)?.is_none() {
            return Ok(*auditor);
        }
        operator_for(state, auditor)?.ok_or_else(|| ServiceError::NoAuditor(auditor.to_string()).into())
    }
}

/// Assigns the audits of the epoch that begins with this block, and what those who are audited have to
/// compute.
pub fn assign(state: &mut Overlay, seed: &[u8; 32], auditors: &[Auditor]) -> Result<(), Fault> {
    let params = Params::load(state)?;
    let (targets, segments): (Vec<Target>, Vec<u32>) = providers(state, &params)?.into_iter().unzip();
    let assigned = audit::assign(seed, auditors, &targets, &params.audits)
        .map_err(|error| Fault::Invariant(format!("assignment of audits: {error}")))?;
    let audited: BTreeSet<u32> = assigned.iter().flatten().copied().collect();
    for (auditor, targets) in auditors.iter().zip(assigned) {
        if !targets.is_empty() {
            let key = keys::assignment(&auditor.operator);
            state.set(Space::Epoch, key, Assignment { targets }.encode_to_vec());
        }
    }
    for (target, segments) in targets.iter().zip(segments) {
        if target.challenged && audited.contains(&target.id) {
            compute::give(state, &target.operator, segments);
        }
    }
    if !audited.is_empty() {
        let stored = Targets {
            targets: targets.iter().map(StoredTarget::write).collect(),
        };
        state.set(Space::Epoch, keys::TARGETS.to_vec(), stored.encode_to_vec());
    }
    Ok(())
}

/// Everybody who is registered, in the order of their ids, with the segments to compute.
fn providers(state: &impl Read, params: &Params) -> Result<Vec<(Target, u32)>, Fault> {
    let per_core = compute::per_core(state, params)?;
    let mut providers: Vec<_> = registry::all(state)?
        .into_iter()
        .map(|(operator, provider)| {
            let resources = provider.resources.unwrap_or_default();
            let segments = segments(resources.cpu_milli, per_core);
            let target = Target {
                id: provider.id,
                operator,
                promised_kbps: u32::try_from(resources.bandwidth_kbps).unwrap_or(u32::MAX),
                challenged: segments > 0,
            };
            (target, segments)
        })
        .collect();
    providers.sort_unstable_by_key(|(target, _)| target.id);
    Ok(providers)
}

/// The targets of the running epoch, by id.
pub fn targets(state: &impl Read) -> Result<Vec<Target>, Fault> {
    let stored: Targets = record::load(state, Space::Epoch, keys::TARGETS)?.unwrap_or_default();
    let targets: Option<_> = stored.targets.into_iter().map(StoredTarget::read).collect();
    targets.ok_or_else(|| Fault::corrupt("the targets of audits"))
}

/// Every auditor with its targets and what it revealed.
pub type Duties = Vec<(Address, Vec<u32>, Option<Report>)>;

pub fn duties(state: &impl Read) -> Result<Duties, Fault> {
    state
        .prefix(Space::Epoch, keys::ASSIGNMENT, Order::Ascending)
        .map(|entry| {
            let (key, value) = entry?;
            let operator = keys::address_after(keys::ASSIGNMENT, &key);
            let operator = operator.ok_or_else(|| Fault::corrupt("an assignment's key"))?;
            let assigned: Assignment = record::decode(&value, &key)?;
            let report = match state.get(Space::Epoch, &keys::report(&operator))? {
                Some(stored) => Some(read_report(&stored)?),
                None => None,
            };
            Ok((operator, assigned.targets, report))
        })
        .collect()
}

/// Forgets the epoch's audits.
pub fn clear(state: &mut Overlay) -> Result<(), Fault> {
    for prefix in [keys::ASSIGNMENT, keys::COMMITMENT, keys::REPORT, keys::TASK] {
        let gone: Vec<_> = state
            .prefix(Space::Epoch, prefix, Order::Ascending)
            .collect::<Result<_, _>>()?;
        for (key, _) in gone {
            state.delete(Space::Epoch, &key);
        }
    }
    state.delete(Space::Epoch, keys::TARGETS);
    Ok(())
}

/// Last height at which commitments are taken: two thirds into the epoch.
pub fn commit_until(epoch: &Epoch) -> u64 {
    let length = epoch
        .last_height
        .saturating_sub(epoch.first_height)
        .saturating_add(1);
    let open = (u128::from(length) * 2 / 3).max(1);
    let open = u64::try_from(open).unwrap_or(length);
    epoch.first_height.saturating_add(open).saturating_sub(1)
}

/// Ids of an operator's targets in the running epoch.
pub fn assignment(state: &impl Read, operator: &Address) -> Result<Option<Vec<u32>>, Fault> {
    let stored: Option<Assignment> = record::load(state, Space::Epoch, &keys::assignment(operator))?;
    Ok(stored.map(|assignment| assignment.targets))
}

pub fn commitment(state: &impl Read, operator: &Address) -> Result<Option<[u8; 32]>, Fault> {
    let stored = state.get(Space::Epoch, &keys::commitment(operator))?;
    stored
        .map(|digest| digest.try_into().map_err(|_| Fault::corrupt("a commitment")))
        .transpose()
}

pub fn is_revealed(state: &impl Read, operator: &Address) -> Result<bool, Fault> {
    Ok(state.contains(Space::Epoch, &keys::report(operator))?)
}

/// The account that an operator has appointed; `None`: it audits itself.
pub fn appointed(state: &impl Read, operator: &Address) -> Result<Option<Address>, Fault> {
    account(state, &keys::auditor(operator))
}

/// Appoints an account, or the operator itself again.
pub fn appoint(state: &mut Overlay, operator: &Address, auditor: Option<&Address>) -> Result<(), Fault> {
    if let Some(old) = appointed(state, operator)? {
        state.delete(Space::Main, &keys::audits_for(&old));
        state.delete(Space::Main, &keys::auditor(operator));
    }
    if let Some(auditor) = auditor {
        let (operator_bytes, auditor_bytes) = (operator.as_bytes().to_vec(), auditor.as_bytes().to_vec());
        state.set(Space::Main, keys::audits_for(auditor), operator_bytes);
        state.set(Space::Main, keys::auditor(operator), auditor_bytes);
    }
    Ok(())
}

fn operator_for(state: &impl Read, auditor: &Address) -> Result<Option<Address>, Fault> {
    account(state, &keys::audits_for(auditor))
}

fn account(state: &impl Read, key: &[u8]) -> Result<Option<Address>, Fault> {
    let stored = state.get(Space::Main, key)?;
    stored
        .map(|bytes| Address::from_bytes(&bytes).map_err(|_| Fault::corrupt("an auditor's account")))
        .transpose()
}

pub fn running(state: &impl Read, number: u64) -> Result<Epoch, ExecError> {
    let epoch = epochs::current(state)?;
    if epoch.number != number {
        return Err(ServiceError::WrongEpoch {
            given: number,
            running: epoch.number,
        }
        .into());
    }
    Ok(epoch)
}

fn read_report(stored: &[u8]) -> Result<Report, Fault> {
    let bytes = stored.get(1..).unwrap_or_default();
    Report::decode(bytes, u32::MAX).map_err(|error| Fault::corrupt(format!("a report ({error})")))
}

impl StoredTarget {
    fn write(target: &Target) -> Self {
        Self {
            id: target.id,
            operator: target.operator.as_bytes().to_vec(),
            promised_kbps: target.promised_kbps,
            challenged: target.challenged,
        }
    }

    fn read(self) -> Option<Target> {
        Some(Target {
            id: self.id,
            operator: Address::from_bytes(&self.operator).ok()?,
            promised_kbps: self.promised_kbps,
            challenged: self.challenged,
        })
    }
}

//! `slsbft.service.v1.Query`.

use slsbft_mechanism::level::Record;
use slsbft_proto::service::v1::{
    self, Level, Provider, QueryAssignmentRequest, QueryAssignmentResponse, QueryComputeTaskRequest,
    QueryComputeTaskResponse, QueryLevelRequest, QueryLevelResponse, QueryLevelsRequest, QueryLevelsResponse,
    QueryParamsRequest, QueryParamsResponse, QueryProviderRequest, QueryProviderResponse,
    QueryProvidersRequest, QueryProvidersResponse, QueryVerdictRequest, QueryVerdictResponse, Target,
};
use slsbft_store::{Read, Space};
use slsbft_types::{Address, Ratio};

use super::{
    Params, Service, Validators, audits,
    compute::{self, Schedule},
    keys, record_of, records, registry,
};
use crate::{
    errors::{ExecError, Fault},
    modules::{
        epochs::{self, Epoch},
        ledger::Ledger,
        record,
    },
    query::{QueryError, View, answer, operator, page::paginate},
};

pub const SERVICE: &str = "slsbft.service.v1.Query";

impl<L: Ledger, V: Validators> Service<L, V> {
    /// Answers one method of the service.
    pub fn query(
        &self,
        state: &View<'_, impl Read>,
        method: &str,
        request: &[u8],
    ) -> Result<Vec<u8>, QueryError> {
        match method {
            "Params" => answer(request, |_: QueryParamsRequest| {
                Ok(QueryParamsResponse {
                    params: Some(Params::load(state)?.to_proto()),
                })
            }),
            "Provider" => answer(request, |r: QueryProviderRequest| {
                let address = operator(&r.address)?;
                Ok(QueryProviderResponse {
                    provider: Some(registered(state, &address)?),
                    level: Some(level_of(state, &address, &record_of(state, &address)?)?),
                })
            }),
            "Providers" => answer(request, |r| providers(state, r)),
            "Level" => answer(request, |r: QueryLevelRequest| {
                let address = operator(&r.address)?;
                if records::id_of(state, &address)?.is_none() && !self.validators.exists(state, &address)? {
                    return Err(QueryError::not_found(format!(
                        "{address} is neither a provider nor a validator"
                    )));
                }
                Ok(QueryLevelResponse {
                    level: Some(level_of(state, &address, &record_of(state, &address)?)?),
                })
            }),
            "Levels" => answer(request, |r| levels(state, r)),
            "Assignment" => answer(request, |r| self.assignment(state, &r)),
            "Verdict" => answer(request, |r| verdict(state, &r)),
            "ComputeTask" => answer(request, |r| compute_task(state, &r)),
            other => Err(QueryError::unimplemented(other)),
        }
    }

    fn assignment(
        &self,
        state: &View<'_, impl Read>,
        request: &QueryAssignmentRequest,
    ) -> Result<QueryAssignmentResponse, QueryError> {
        let asked = operator(&request.auditor)?;
        let operator = match self.operator_of_auditor(state, &asked) {
            Ok(operator) => operator,
            // Asked for by its operator, although another account audits for it.
            Err(ExecError::Tx(_)) if self.validators.exists(state, &asked)? => asked,
            Err(ExecError::Tx(error)) => return Err(QueryError::not_found(error)),
            Err(ExecError::Fault(fault)) => return Err(fault.into()),
        };
        let epoch = begun(state)?;
        let ids = audits::assignment(state, &operator)?.unwrap_or_default();
        let targets = targets(state, &ids)?;
        let digest = audits::commitment(state, &operator)?;
        let beacon = |height| compute::beacon_after(state, state.height(), height);
        let sample_height = Schedule::of(&epoch).map(|schedule| schedule.sample_height);
        let sample = sample_height.map(beacon).transpose()?;
        Ok(QueryAssignmentResponse {
            epoch: epoch.number,
            operator: operator.to_string(),
            targets,
            commit_until: audits::commit_until(&epoch),
            reveal_until: epoch.last_height,
            height: state.height(),
            digest: digest.map(|digest| digest.to_vec()).unwrap_or_default().into(),
            revealed: audits::is_revealed(state, &operator)?,
            compute_seed: beacon(epoch.first_height)?.into(),
            compute_sample_height: sample_height.unwrap_or_default(),
            compute_sample: sample.unwrap_or_default().into(),
        })
    }
}

/// The running epoch, once its first block has assigned its audits.
fn begun(state: &View<'_, impl Read>) -> Result<Epoch, QueryError> {
    let epoch = epochs::current(state)?;
    if state.height() < epoch.first_height {
        return Err(QueryError::unavailable(format!(
            "the audits of epoch {} are assigned by its first block, {}",
            epoch.number, epoch.first_height
        )));
    }
    Ok(epoch)
}

/// The targets with these ids that are still registered.
fn targets(state: &View<'_, impl Read>, ids: &[u32]) -> Result<Vec<Target>, QueryError> {
    let mut targets = Vec::with_capacity(ids.len());
    let mut page = (None, records::Page::new());
    for id in ids {
        let number = records::page_of(*id);
        if page.0 != Some(number) {
            page = (Some(number), records::load_page(state, number)?);
        }
        let Some(slot) = page.1.get(id) else { continue };
        let Some(provider) = registry::provider(state, &slot.address)? else {
            continue;
        };
        let task = compute::task(state, &slot.address)?.unwrap_or_default();
        targets.push(Target {
            id: *id,
            kind: provider.kind,
            bandwidth_kbps: provider.resources.unwrap_or_default().bandwidth_kbps,
            address: provider.address,
            endpoint: provider.endpoint,
            segments: task.segments,
            compute_root: task.root.into(),
        });
    }
    Ok(targets)
}

fn registered(state: &View<'_, impl Read>, address: &Address) -> Result<Provider, QueryError> {
    let provider = registry::provider(state, address)?;
    provider.ok_or_else(|| QueryError::not_found(format!("provider {address} is not registered")))
}

fn providers(
    state: &View<'_, impl Read>,
    request: QueryProvidersRequest,
) -> Result<QueryProvidersResponse, QueryError> {
    let (providers, pagination) = if request.tag.is_empty() {
        paginate(
            state,
            Space::Main,
            keys::PROVIDER,
            request.pagination,
            |key, value| Ok(record::decode(value, key)?),
        )?
    } else {
        let prefix = keys::with_tag(&request.tag);
        paginate(state, Space::Main, &prefix, request.pagination, |key, _| {
            let address = keys::address_after(&[], key);
            let address = address.ok_or_else(|| Fault::corrupt("the index of tags"))?;
            registered(state, &address)
        })?
    };
    Ok(QueryProvidersResponse {
        providers,
        pagination: Some(pagination),
    })
}

fn levels(
    state: &View<'_, impl Read>,
    request: QueryLevelsRequest,
) -> Result<QueryLevelsResponse, QueryError> {
    let (levels, pagination) = paginate(state, Space::Main, keys::ID, request.pagination, |key, _| {
        let address = keys::address_after(&[], key);
        let address = address.ok_or_else(|| Fault::corrupt("a participant's key"))?;
        level_of(state, &address, &record_of(state, &address)?)
    })?;
    Ok(QueryLevelsResponse {
        levels,
        pagination: Some(pagination),
    })
}

/// A level as it is at the time of the latest block.
fn level_of(state: &View<'_, impl Read>, address: &Address, record: &Record) -> Result<Level, QueryError> {
    let rules = Params::load(state)?.levels;
    let now = state.time();
    let scores = record.scores(now, &rules);
    Ok(Level {
        address: address.to_string(),
        consensus: scores.consensus.billionths(),
        endpoint: scores.endpoint.billionths(),
        resource: scores.resource.billionths(),
        consumer: scores.consumer.billionths(),
        level: record.level(now, &rules).billionths(),
        paused: record.is_paused(),
        fallen: record.fallen,
        failed_in_a_row: record
            .endpoint
            .failed_in_a_row
            .max(record.resource.failed_in_a_row),
        good_in_a_row: record.endpoint.good_in_a_row.min(record.resource.good_in_a_row),
    })
}

fn verdict(
    state: &View<'_, impl Read>,
    request: &QueryVerdictRequest,
) -> Result<QueryVerdictResponse, QueryError> {
    let address = operator(&request.address)?;
    let slot = match records::id_of(state, &address)? {
        Some(id) => records::load(state, id)?,
        None => None,
    };
    let slot = slot.filter(|slot| slot.verdict != Default::default());
    let slot = slot.ok_or_else(|| QueryError::not_found(format!("{address} was not audited yet")))?;
    Ok(v1::QueryVerdictResponse {
        epoch: slot.verdict.epoch,
        reached: slot.verdict.reached,
        endpoint: slot.verdict.endpoint.map(Ratio::billionths),
        resource: slot.verdict.resource.map(Ratio::billionths),
    })
}

fn compute_task(
    state: &View<'_, impl Read>,
    request: &QueryComputeTaskRequest,
) -> Result<QueryComputeTaskResponse, QueryError> {
    let address = operator(&request.address)?;
    let epoch = begun(state)?;
    let task = compute::task(state, &address)?.unwrap_or_default();
    let schedule = Schedule::of(&epoch);
    Ok(QueryComputeTaskResponse {
        epoch: epoch.number,
        segments: task.segments,
        seed: compute::beacon_after(state, state.height(), epoch.first_height)?.into(),
        commit_until: schedule.map(|schedule| schedule.commit_until).unwrap_or_default(),
        height: state.height(),
        root: task.root.into(),
    })
}

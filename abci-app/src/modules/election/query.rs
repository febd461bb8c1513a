//! `slsbft.election.v1.Query`.

use slsbft_mechanism::election;
use slsbft_proto::election::v1::{
    Params as ProtoParams, Place, QueryCandidateRequest, QueryCandidateResponse, QueryElectionRequest,
    QueryElectionResponse, QueryParamsRequest, QueryParamsResponse, QuerySnapshotRequest,
    QuerySnapshotResponse, Standing,
};
use slsbft_store::{Order, Read, Space};
use slsbft_types::Address;

use super::{Params, keys, snapshot::Snapshot, standing::Outcome};
use crate::{
    errors::Fault,
    query::{QueryError, View, answer, operator, page::paginate_list},
};

pub const SERVICE: &str = "slsbft.election.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| params(state)),
        "Election" => answer(request, |r| held(state, &r)),
        "Candidate" => answer(request, |r| candidate(state, &r)),
        "Snapshot" => answer(request, |r| snapshot(state, r)),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn params(state: &View<'_, impl Read>) -> Result<QueryParamsResponse, QueryError> {
    let params = Params::load(state)?;
    Ok(QueryParamsResponse {
        params: Some(ProtoParams {
            max_validators: params.max_validators,
            draw_min_seats: params.draw_min_seats,
            max_paused: params.max_paused,
            min_validators: u32::try_from(election::FEWEST_SEATS).unwrap_or(u32::MAX),
        }),
    })
}

fn held(
    state: &View<'_, impl Read>,
    request: &QueryElectionRequest,
) -> Result<QueryElectionResponse, QueryError> {
    let oldest = edge(state, Order::Ascending)?;
    let epoch = match request.epoch {
        0 => edge(state, Order::Descending)?,
        epoch => Some(epoch),
    };
    let none = || QueryError::not_found("no election was held yet; the first is at the first epoch's end");
    let (Some(epoch), Some(oldest_epoch)) = (epoch, oldest) else {
        return Err(none());
    };
    let outcome = Outcome::load(state, epoch)?.ok_or_else(|| {
        QueryError::not_found(format!(
            "the election of epoch {epoch} is not kept; those from epoch {oldest_epoch} on are"
        ))
    })?;
    Ok(QueryElectionResponse {
        epoch,
        threshold: outcome.threshold.clone(),
        standings: standings(&outcome)?,
        seed: outcome.seed.into(),
        oldest_epoch,
    })
}

fn candidate(
    state: &View<'_, impl Read>,
    request: &QueryCandidateRequest,
) -> Result<QueryCandidateResponse, QueryError> {
    let operator = operator(&request.operator)?;
    let named = operator.to_validator_bech32();
    let latest = match edge(state, Order::Descending)? {
        Some(epoch) => match Outcome::load(state, epoch)? {
            Some(outcome) => standings(&outcome)?.into_iter().find(|s| s.operator == named),
            None => None,
        },
        None => None,
    };
    let next = expected(&Snapshot::load(state)?, &Params::load(state)?, Some(&operator))?;
    let next = next.into_iter().next();
    if latest.is_none() && next.is_none() {
        return Err(QueryError::not_found(format!(
            "{named} was no candidate at the last boundary"
        )));
    }
    Ok(QueryCandidateResponse { latest, next })
}

fn snapshot(
    state: &View<'_, impl Read>,
    request: QuerySnapshotRequest,
) -> Result<QuerySnapshotResponse, QueryError> {
    let snapshot = Snapshot::load(state)?;
    let all = expected(&snapshot, &Params::load(state)?, None)?;
    let (standings, pagination) = paginate_list(all, request.pagination)?;
    Ok(QuerySnapshotResponse {
        epoch: snapshot.epoch,
        standings,
        pagination: Some(pagination),
    })
}

/// How candidates stand before the seed is known: weights and chances are those
/// of any seed, places and powers are not said.
fn expected(
    snapshot: &Snapshot,
    params: &Params,
    only: Option<&Address>,
) -> Result<Vec<Standing>, QueryError> {
    let held = match election::elect(&snapshot.standing(), &params.rules(), &[0; 32]) {
        Ok(held) => held,
        Err(election::ElectionError::NoWeight) => election::Election {
            threshold: None,
            standings: Vec::new(),
        },
        Err(error) => return Err(Fault::Invariant(format!("election: {error}")).into()),
    };
    let outcome = Outcome::of(snapshot, &held, &[0; 32], &Default::default());
    let wanted = only.map(Address::to_validator_bech32);
    let standings = standings(&outcome)?;
    let matching = standings
        .into_iter()
        .filter(|standing| wanted.as_ref().is_none_or(|wanted| *wanted == standing.operator));
    let undrawn = matching.map(|standing| match Place::try_from(standing.place) {
        Ok(Place::NotEligible) => standing,
        _ => Standing {
            place: Place::Unspecified.into(),
            reason: String::new(),
            power: 0,
            ..standing
        },
    });
    Ok(undrawn.collect())
}

fn standings(outcome: &Outcome) -> Result<Vec<Standing>, QueryError> {
    let shown = outcome.placed.iter().cloned().map(|placed| placed.show());
    let shown: Option<Vec<_>> = shown.collect();
    shown.ok_or_else(|| Fault::corrupt("an election").into())
}

/// The first or last epoch whose election is kept.
fn edge(state: &View<'_, impl Read>, order: Order) -> Result<Option<u64>, QueryError> {
    let entry = state.prefix(Space::Main, keys::RESULT, order).next();
    let Some((key, _)) = entry.transpose()? else {
        return Ok(None);
    };
    let epoch = key.last_chunk().map(|epoch| u64::from_be_bytes(*epoch));
    Ok(Some(epoch.ok_or_else(|| Fault::corrupt("an election's epoch"))?))
}

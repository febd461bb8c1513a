//! `slsbft.beacon.v1.Query`.

use slsbft_proto::beacon::v1::{
    Contribution, EpochSeed, QueryBeaconRequest, QueryBeaconResponse, QueryHistoryRequest,
    QueryHistoryResponse, QueryProposerRequest, QueryProposerResponse, QuerySeedsRequest, QuerySeedsResponse,
    QueryVrfKeyRequest, QueryVrfKeyResponse, Seat,
};
use slsbft_store::{Order, Read, Space};

use super::{BeaconError, keys, value, vrf_key};
use crate::{
    modules::{consensus, record},
    query::{QueryError, View, answer, operator, page::paginate},
};

pub const SERVICE: &str = "slsbft.beacon.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Beacon" => answer(request, |_: QueryBeaconRequest| beacon(state)),
        "History" => answer(request, |r| history(state, r)),
        "Seeds" => answer(request, |r| seeds(state, r)),
        "VrfKey" => answer(request, |r| keys_of(state, &r)),
        "Proposer" => answer(request, |_: QueryProposerRequest| proposer(state)),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn beacon(state: &View<'_, impl Read>) -> Result<QueryBeaconResponse, QueryError> {
    let last = state.prefix(Space::Main, keys::SEED, Order::Descending).next();
    let last: EpochSeed = match last.transpose()? {
        Some((key, value)) => record::decode(&value, &key)?,
        None => EpochSeed::default(),
    };
    Ok(QueryBeaconResponse {
        height: state.height(),
        beacon: value(state)?.to_vec().into(),
        seed: last.seed,
        seed_epoch: last.epoch,
    })
}

fn history(
    state: &View<'_, impl Read>,
    request: QueryHistoryRequest,
) -> Result<QueryHistoryResponse, QueryError> {
    let (contributions, pagination) = paginate(
        state,
        Space::Epoch,
        keys::CONTRIBUTION,
        request.pagination,
        |key, value| Ok(record::decode::<Contribution>(value, key)?),
    )?;
    Ok(QueryHistoryResponse {
        contributions,
        pagination: Some(pagination),
    })
}

fn seeds(state: &View<'_, impl Read>, request: QuerySeedsRequest) -> Result<QuerySeedsResponse, QueryError> {
    let (seeds, pagination) = paginate(
        state,
        Space::Main,
        keys::SEED,
        request.pagination,
        |key, value| Ok(record::decode::<EpochSeed>(value, key)?),
    )?;
    Ok(QuerySeedsResponse {
        seeds,
        pagination: Some(pagination),
    })
}

fn keys_of(
    state: &View<'_, impl Read>,
    request: &QueryVrfKeyRequest,
) -> Result<QueryVrfKeyResponse, QueryError> {
    let operator = operator(&request.operator)?;
    let registered = vrf_key(state, &operator)?;
    let registered =
        registered.ok_or_else(|| QueryError::not_found(BeaconError::NoKey(request.operator.clone())))?;
    let seats = consensus::seats(state)?;
    let seat = seats.iter().find(|seat| seat.operator == operator);
    Ok(QueryVrfKeyResponse {
        vrf_key: registered.to_vec().into(),
        seated_vrf_key: seat.map(|seat| seat.vrf_key.to_vec()).unwrap_or_default().into(),
    })
}

fn proposer(state: &View<'_, impl Read>) -> Result<QueryProposerResponse, QueryError> {
    let turns = consensus::turns(state)?;
    let proposer = turns.iter().find(|turn| turn.proposes);
    Ok(QueryProposerResponse {
        height: state.height().saturating_add(1),
        proposer: proposer
            .map(|turn| turn.seat.address.to_vec())
            .unwrap_or_default()
            .into(),
        seats: turns
            .into_iter()
            .map(|turn| Seat {
                address: turn.seat.address.to_vec().into(),
                operator: turn.seat.operator.to_validator_bech32(),
                vrf_key: turn.seat.vrf_key.to_vec().into(),
                power: turn.seat.power,
                priority: turn.priority,
            })
            .collect(),
    })
}

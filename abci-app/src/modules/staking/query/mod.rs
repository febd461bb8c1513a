//! `cosmos.staking.v1beta1.Query`. Amounts are shown as they stand once all slashes have
//! been answered for.

mod delegations;
mod validators;

use cosmos_sdk_proto::cosmos::staking::v1beta1::{
    Params as ProtoParams, Pool as ProtoPool, QueryHistoricalInfoRequest, QueryHistoricalInfoResponse,
    QueryParamsRequest, QueryParamsResponse, QueryPoolRequest, QueryPoolResponse,
};
use slsbft_genesis::staking::{Candidate, Params};
use slsbft_store::{Read, Space};
use slsbft_types::{Address, BASE_DENOM, address::VALIDATOR_PREFIX};

use super::{not_bonded_account, state};
use crate::{
    modules::{bank, election},
    query::{QueryError, View, answer},
};

pub const SERVICE: &str = "cosmos.staking.v1beta1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Validators" => answer(request, |r| validators::all(state, r)),
        "Validator" => answer(request, |r| validators::one(state, r)),
        "DelegatorValidators" => answer(request, |r| validators::of_delegator(state, r)),
        "DelegatorValidator" => answer(request, |r| validators::one_of_delegator(state, r)),
        "ValidatorDelegations" => answer(request, |r| delegations::to_validator(state, r)),
        "Delegation" => answer(request, |r| delegations::one(state, r)),
        "DelegatorDelegations" => answer(request, |r| delegations::of_delegator(state, r)),
        "ValidatorUnbondingDelegations" => answer(request, |r| delegations::unbonding_from(state, r)),
        "UnbondingDelegation" => answer(request, |r| delegations::unbonding(state, r)),
        "DelegatorUnbondingDelegations" => answer(request, |r| delegations::unbonding_of(state, r)),
        "Redelegations" => answer(request, |r| delegations::redelegations(state, r)),
        "HistoricalInfo" => answer(request, historical_info),
        "Pool" => answer(request, |_: QueryPoolRequest| {
            let not_bonded = bank::balance(state, &not_bonded_account(), BASE_DENOM)?;
            Ok(QueryPoolResponse {
                pool: Some(ProtoPool {
                    not_bonded_tokens: not_bonded.to_string(),
                    bonded_tokens: state::totals(state)?.bonded.to_string(),
                }),
            })
        }),
        "Params" => answer(request, |_: QueryParamsRequest| {
            let max_validators = election::Params::load(state)?.max_validators;
            Ok(QueryParamsResponse {
                params: Some(params(&state::params(state)?, max_validators)),
            })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn params(params: &Params, max_validators: u32) -> ProtoParams {
    let seconds = i64::try_from(params.unbonding_seconds).unwrap_or(i64::MAX);
    ProtoParams {
        unbonding_time: Some(tendermint_proto::google::protobuf::Duration { seconds, nanos: 0 }),
        max_validators,
        max_entries: params.max_entries,
        historical_entries: 0,
        bond_denom: BASE_DENOM.to_owned(),
        min_commission_rate: "0".to_owned(),
    }
}

fn historical_info(request: QueryHistoricalInfoRequest) -> Result<QueryHistoricalInfoResponse, QueryError> {
    if request.height < 0 {
        return Err(QueryError::invalid("height cannot be negative"));
    }
    Err(QueryError::not_found(format!(
        "historical info for height {} not found; this chain keeps none, ask CometBFT for the header and \
         validators of a height",
        request.height
    )))
}

fn account(field: &str, text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid(format!("{field} address cannot be empty")));
    }
    Address::from_bech32(text).map_err(QueryError::invalid)
}

fn operator(text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid("validator address cannot be empty"));
    }
    Address::from_bech32_with(VALIDATOR_PREFIX, text).map_err(QueryError::invalid)
}

fn candidate(state: &View<'_, impl Read>, operator: &Address) -> Result<Candidate, QueryError> {
    state::candidate(state, operator)?.ok_or_else(|| {
        QueryError::not_found(format!("validator {} not found", operator.to_validator_bech32()))
    })
}

/// Where the records of staking are.
const SPACE: Space = Space::Main;

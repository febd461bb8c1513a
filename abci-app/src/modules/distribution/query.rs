//! `cosmos.distribution.v1beta1.Query`.

use std::ops::RangeInclusive;

use cosmos_sdk_proto::cosmos::{
    base::{query::v1beta1::PageResponse, v1beta1::DecCoin},
    distribution::v1beta1::{
        DelegationDelegatorReward, Params as ProtoParams, QueryCommunityPoolRequest,
        QueryCommunityPoolResponse, QueryDelegationRewardsRequest, QueryDelegationRewardsResponse,
        QueryDelegationTotalRewardsRequest, QueryDelegationTotalRewardsResponse,
        QueryDelegatorValidatorsRequest, QueryDelegatorValidatorsResponse,
        QueryDelegatorWithdrawAddressRequest, QueryDelegatorWithdrawAddressResponse, QueryParamsRequest,
        QueryParamsResponse, QueryValidatorCommissionRequest, QueryValidatorCommissionResponse,
        QueryValidatorDistributionInfoRequest, QueryValidatorDistributionInfoResponse,
        QueryValidatorOutstandingRewardsRequest, QueryValidatorOutstandingRewardsResponse,
        QueryValidatorSlashesRequest, QueryValidatorSlashesResponse, ValidatorAccumulatedCommission,
        ValidatorOutstandingRewards, ValidatorSlashEvent,
    },
};
use slsbft_mechanism::share::{Accrued, Dec};
use slsbft_store::Read;
use slsbft_types::{Address, Amount, BASE_DENOM, Ratio, address::VALIDATOR_PREFIX};

use super::{
    DistributionError, Stakes, community_pool, sound,
    state::{self, Outstanding},
};
use crate::{
    errors::TxError,
    modules::{bank, fees, staking},
    query::{Code, QueryError, View, answer},
};

pub const SERVICE: &str = "cosmos.distribution.v1beta1.Query";
/// Delegations of a delegator that are shown at once, and slashes of a page.
const MOST: usize = 1_000;

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| params(state)),
        "ValidatorDistributionInfo" => answer(request, |r| validator_info(state, r)),
        "ValidatorOutstandingRewards" => answer(request, |r: QueryValidatorOutstandingRewardsRequest| {
            let found = outstanding(state, &operator(&r.validator_address)?)?;
            Ok(QueryValidatorOutstandingRewardsResponse {
                rewards: Some(ValidatorOutstandingRewards {
                    rewards: dec_coins(Dec::whole(found.total)),
                }),
            })
        }),
        "ValidatorCommission" => answer(request, |r: QueryValidatorCommissionRequest| {
            let found = outstanding(state, &operator(&r.validator_address)?)?;
            Ok(QueryValidatorCommissionResponse {
                commission: Some(ValidatorAccumulatedCommission {
                    commission: dec_coins(Dec::whole(found.commission)),
                }),
            })
        }),
        "ValidatorSlashes" => answer(request, |r| validator_slashes(state, r)),
        "DelegationRewards" => answer(request, |r| delegation_rewards(state, r)),
        "DelegationTotalRewards" => answer(request, |r| total_rewards(state, r)),
        "DelegatorValidators" => answer(request, |r: QueryDelegatorValidatorsRequest| {
            let delegations = delegations(state, &account(&r.delegator_address)?)?;
            let validators = delegations.iter().map(|(to, _)| to.to_validator_bech32());
            Ok(QueryDelegatorValidatorsResponse {
                validators: validators.collect(),
            })
        }),
        "DelegatorWithdrawAddress" => answer(request, |r: QueryDelegatorWithdrawAddressRequest| {
            let delegator = account(&r.delegator_address)?;
            Ok(QueryDelegatorWithdrawAddressResponse {
                withdraw_address: state::withdraw_address(state, &delegator)?.to_string(),
            })
        }),
        "CommunityPool" => answer(request, |_: QueryCommunityPoolRequest| {
            let coins = bank::balances(state, &community_pool())?;
            let pool = coins.into_iter().map(|coin| DecCoin {
                denom: coin.denom.to_string(),
                amount: Dec::whole(coin.amount).to_wire(),
            });
            Ok(QueryCommunityPoolResponse { pool: pool.collect() })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

/// Cosmos's tax is the treasury's part of the fees.
#[allow(deprecated, reason = "clients read a number in each field")]
fn params(state: &View<'_, impl Read>) -> Result<QueryParamsResponse, QueryError> {
    let none = "0".to_owned();
    Ok(QueryParamsResponse {
        params: Some(ProtoParams {
            community_tax: wire(fees::Params::load(state)?.treasury_share),
            base_proposer_reward: none.clone(),
            bonus_proposer_reward: none,
            withdraw_addr_enabled: true,
        }),
    })
}

fn validator_info(
    state: &View<'_, impl Read>,
    request: QueryValidatorDistributionInfoRequest,
) -> Result<QueryValidatorDistributionInfoResponse, QueryError> {
    let operator = operator(&request.validator_address)?;
    let found = outstanding(state, &operator)?;
    let shares = staking::View.shares(state, &operator, &operator)?;
    let own = rewards(state, &operator, &operator, shares)?.unwrap_or_default();
    Ok(QueryValidatorDistributionInfoResponse {
        operator_address: operator.to_string(),
        self_bond_rewards: dec_coins(own.to_dec()),
        commission: dec_coins(Dec::whole(found.commission)),
    })
}

/// Cosmos's period of a slash is its number here.
fn validator_slashes(
    state: &View<'_, impl Read>,
    request: QueryValidatorSlashesRequest,
) -> Result<QueryValidatorSlashesResponse, QueryError> {
    let operator = operator(&request.validator_address)?;
    let (first, last) = (request.starting_height, request.ending_height);
    if last < first {
        return Err(QueryError::invalid(format!(
            "starting height greater than ending height ({first} > {last})"
        )));
    }
    let page = request.pagination.unwrap_or_default();
    if page.reverse || page.count_total {
        return Err(QueryError::invalid("slashes come in order, without a total"));
    }
    let from = match page.key.as_slice() {
        [] => first,
        key => <[u8; 8]>::try_from(key)
            .map(u64::from_be_bytes)
            .map_err(|_| QueryError::invalid("pagination: not a key of this query"))?
            .max(first),
    };
    let limit = usize::try_from(page.limit).unwrap_or(MOST).clamp(1, MOST);
    let limit = if page.limit == 0 { MOST } else { limit };
    slash_page(state, &operator, from..=last, page.offset, limit)
}

/// A page of slashes; it ends with all slashes of a height, so that the next can begin with
/// a height.
fn slash_page(
    state: &View<'_, impl Read>,
    operator: &Address,
    heights: RangeInclusive<u64>,
    offset: u64,
    limit: usize,
) -> Result<QueryValidatorSlashesResponse, QueryError> {
    let offset = usize::try_from(offset).ok().filter(|offset| *offset <= MOST);
    let offset = offset.ok_or_else(|| {
        QueryError::invalid(format!(
            "pagination: an offset is at most {MOST}; go on with next_key as key"
        ))
    })?;
    let found = staking::View.slashes(state, operator, heights, offset + limit + MOST)?;
    let mut slashes = Vec::new();
    let mut next_key = Vec::new();
    let mut last = None;
    for slash in found.iter().skip(offset) {
        if slashes.len() >= limit && last != Some(slash.height) {
            next_key = slash.height.to_be_bytes().to_vec();
            break;
        }
        last = Some(slash.height);
        slashes.push(ValidatorSlashEvent {
            validator_period: slash.number.into(),
            fraction: wire(slash.fraction),
        });
    }
    Ok(QueryValidatorSlashesResponse {
        slashes,
        pagination: Some(PageResponse { next_key, total: 0 }),
    })
}

fn delegation_rewards(
    state: &View<'_, impl Read>,
    request: QueryDelegationRewardsRequest,
) -> Result<QueryDelegationRewardsResponse, QueryError> {
    let delegator = account(&request.delegator_address)?;
    let operator = operator(&request.validator_address)?;
    outstanding(state, &operator)?;
    let shares = staking::View.shares(state, &delegator, &operator)?;
    let owed = rewards(state, &delegator, &operator, shares)?.ok_or_else(|| {
        let error = TxError::from(DistributionError::NoDelegation);
        QueryError::new(Code::NotFound, error.message)
    })?;
    Ok(QueryDelegationRewardsResponse {
        rewards: dec_coins(owed.to_dec()),
    })
}

fn total_rewards(
    state: &View<'_, impl Read>,
    request: QueryDelegationTotalRewardsRequest,
) -> Result<QueryDelegationTotalRewardsResponse, QueryError> {
    let delegator = account(&request.delegator_address)?;
    let mut all = Dec::ZERO;
    let mut list = Vec::new();
    for (operator, shares) in delegations(state, &delegator)? {
        let owed = rewards(state, &delegator, &operator, shares)?.unwrap_or_default();
        all = sound(all.add(owed.to_dec()))?;
        list.push(DelegationDelegatorReward {
            validator_address: operator.to_validator_bech32(),
            reward: dec_coins(owed.to_dec()),
        });
    }
    Ok(QueryDelegationTotalRewardsResponse {
        rewards: list,
        total: dec_coins(all),
    })
}

fn delegations(state: &View<'_, impl Read>, delegator: &Address) -> Result<Vec<(Address, Dec)>, QueryError> {
    let found = staking::View.delegations(state, delegator, MOST + 1)?;
    if found.len() > MOST {
        return Err(QueryError::invalid(format!(
            "more than {MOST} delegations; ask for each with DelegationRewards"
        )));
    }
    Ok(found)
}

/// What a delegation is owed; `None` if there is none.
fn rewards(
    state: &View<'_, impl Read>,
    delegator: &Address,
    operator: &Address,
    shares: Dec,
) -> Result<Option<Accrued>, QueryError> {
    let Some(holding) = state::holding(state, delegator, operator, shares)? else {
        return Ok(None);
    };
    let index = outstanding(state, operator)?.index;
    Ok(Some(sound(holding.owed(&index))?))
}

fn outstanding(state: &View<'_, impl Read>, operator: &Address) -> Result<Outstanding, QueryError> {
    state::outstanding(state, operator)?.ok_or_else(|| {
        QueryError::not_found(format!(
            "validator {} does not exist",
            operator.to_validator_bech32()
        ))
    })
}

/// Cosmos leaves coins of zero out.
fn dec_coins(amount: Dec) -> Vec<DecCoin> {
    if amount.is_zero() {
        return Vec::new();
    }
    vec![DecCoin {
        denom: BASE_DENOM.to_owned(),
        amount: amount.to_wire(),
    }]
}

/// Parts per billion in units of 10⁻¹⁸.
fn wire(ratio: Ratio) -> String {
    Amount::new(u128::from(ratio.billionths()) * 1_000_000_000).to_string()
}

fn account(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32(text).map_err(QueryError::invalid)
}

fn operator(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32_with(VALIDATOR_PREFIX, text).map_err(QueryError::invalid)
}

//! Delegations, and what is on its way from one place to another.

use cosmos_sdk_proto::cosmos::staking::v1beta1::{
    Delegation, DelegationResponse, QueryDelegationRequest, QueryDelegationResponse,
    QueryDelegatorDelegationsRequest, QueryDelegatorDelegationsResponse,
    QueryDelegatorUnbondingDelegationsRequest, QueryDelegatorUnbondingDelegationsResponse,
    QueryRedelegationsRequest, QueryRedelegationsResponse, QueryUnbondingDelegationRequest,
    QueryUnbondingDelegationResponse, QueryValidatorDelegationsRequest, QueryValidatorDelegationsResponse,
    QueryValidatorUnbondingDelegationsRequest, QueryValidatorUnbondingDelegationsResponse, Redelegation,
    RedelegationEntry, RedelegationEntryResponse, RedelegationResponse, UnbondingDelegation,
    UnbondingDelegationEntry,
};
use slsbft_genesis::staking::{Arrival, Term};
use slsbft_mechanism::share::Pool;
use slsbft_store::Read;
use slsbft_types::{Address, Amount, Coin};

use super::{SPACE, account, candidate, operator};
use crate::{
    errors::Fault,
    modules::staking::{keys, pair::Pair, sound, state, view::standing},
    query::{QueryError, View, page::paginate},
};

pub fn to_validator(
    state: &View<'_, impl Read>,
    request: QueryValidatorDelegationsRequest,
) -> Result<QueryValidatorDelegationsResponse, QueryError> {
    let operator = operator(&request.validator_addr)?;
    let prefix = keys::delegators_of(&operator);
    let (delegation_responses, page) = paginate(state, SPACE, &prefix, request.pagination, |key, _| {
        delegation(state, &one_address(key)?, &operator)
    })?;
    Ok(QueryValidatorDelegationsResponse {
        delegation_responses,
        pagination: Some(page),
    })
}

pub fn of_delegator(
    state: &View<'_, impl Read>,
    request: QueryDelegatorDelegationsRequest,
) -> Result<QueryDelegatorDelegationsResponse, QueryError> {
    let delegator = account("delegator", &request.delegator_addr)?;
    let prefix = keys::delegations_of(&delegator);
    let (delegation_responses, page) = paginate(state, SPACE, &prefix, request.pagination, |key, _| {
        delegation(state, &delegator, &one_address(key)?)
    })?;
    Ok(QueryDelegatorDelegationsResponse {
        delegation_responses,
        pagination: Some(page),
    })
}

pub fn one(
    state: &View<'_, impl Read>,
    request: QueryDelegationRequest,
) -> Result<QueryDelegationResponse, QueryError> {
    let delegator = account("delegator", &request.delegator_addr)?;
    let operator = operator(&request.validator_addr)?;
    if state::shares(state, &delegator, &operator)?.is_zero() {
        return Err(QueryError::not_found(format!(
            "delegation with delegator {} not found for validator {}",
            request.delegator_addr, request.validator_addr
        )));
    }
    Ok(QueryDelegationResponse {
        delegation_response: Some(delegation(state, &delegator, &operator)?),
    })
}

pub fn unbonding_from(
    state: &View<'_, impl Read>,
    request: QueryValidatorUnbondingDelegationsRequest,
) -> Result<QueryValidatorUnbondingDelegationsResponse, QueryError> {
    let operator = operator(&request.validator_addr)?;
    let prefix = keys::unbonding_from_all(&operator);
    let (unbonding_responses, page) = paginate(state, SPACE, &prefix, request.pagination, |key, _| {
        unbonding_pair(state, &one_address(key)?, &operator)
    })?;
    Ok(QueryValidatorUnbondingDelegationsResponse {
        unbonding_responses,
        pagination: Some(page),
    })
}

pub fn unbonding_of(
    state: &View<'_, impl Read>,
    request: QueryDelegatorUnbondingDelegationsRequest,
) -> Result<QueryDelegatorUnbondingDelegationsResponse, QueryError> {
    let delegator = account("delegator", &request.delegator_addr)?;
    let prefix = keys::unbondings_of(&delegator);
    let (unbonding_responses, page) = paginate(state, SPACE, &prefix, request.pagination, |key, _| {
        unbonding_pair(state, &delegator, &one_address(key)?)
    })?;
    Ok(QueryDelegatorUnbondingDelegationsResponse {
        unbonding_responses,
        pagination: Some(page),
    })
}

pub fn unbonding(
    state: &View<'_, impl Read>,
    request: QueryUnbondingDelegationRequest,
) -> Result<QueryUnbondingDelegationResponse, QueryError> {
    let delegator = account("delegator", &request.delegator_addr)?;
    let operator = operator(&request.validator_addr)?;
    let found = Pair::load(state, &delegator, &operator)?;
    if found.now.unbonding.is_empty() {
        return Err(QueryError::not_found(format!(
            "unbonding delegation with delegator {} not found for validator {}",
            request.delegator_addr, request.validator_addr
        )));
    }
    Ok(QueryUnbondingDelegationResponse {
        unbond: Some(unbonding_pair(state, &delegator, &operator)?),
    })
}

/// By delegator, or by source, and narrowed down by the others that are given.
pub fn redelegations(
    state: &View<'_, impl Read>,
    request: QueryRedelegationsRequest,
) -> Result<QueryRedelegationsResponse, QueryError> {
    let optional = |text: &str| match text {
        "" => Ok(None),
        text => operator(text).map(Some),
    };
    let source = optional(&request.src_validator_addr)?;
    let destination = optional(&request.dst_validator_addr)?;
    let is_wanted = |from: &Address, to: &Address| {
        source.is_none_or(|source| source == *from) && destination.is_none_or(|known| known == *to)
    };
    let (found, page) = match (request.delegator_addr.as_str(), &source) {
        ("", None) => {
            return Err(QueryError::invalid(
                "give delegator_addr or src_validator_addr, or both",
            ));
        }
        ("", Some(source)) => {
            let prefix = keys::redelegations_from(source);
            paginate(state, SPACE, &prefix, request.pagination, |key, _| {
                let (delegator, to) = keys::pair(key).ok_or_else(|| Fault::corrupt("staking's index"))?;
                moved(state, &delegator, &to, is_wanted)
            })?
        }
        (text, _) => {
            let delegator = account("delegator", text)?;
            let prefix = keys::redelegations_of(&delegator);
            paginate(state, SPACE, &prefix, request.pagination, |key, _| {
                moved(state, &delegator, &one_address(key)?, is_wanted)
            })?
        }
    };
    Ok(QueryRedelegationsResponse {
        redelegation_responses: found.into_iter().flatten().collect(),
        pagination: Some(page),
    })
}

fn delegation(
    state: &View<'_, impl Read>,
    delegator: &Address,
    operator: &Address,
) -> Result<DelegationResponse, QueryError> {
    let (pool, pair) = standing(state, delegator, &candidate(state, operator)?)?;
    let balance = Coin::base(sound(pool.tokens_for(pair.now.shares))?);
    Ok(DelegationResponse {
        delegation: Some(Delegation {
            delegator_address: delegator.to_string(),
            validator_address: operator.to_validator_bech32(),
            shares: pair.now.shares.to_wire(),
        }),
        balance: Some((&balance).into()),
    })
}

fn unbonding_pair(
    state: &View<'_, impl Read>,
    delegator: &Address,
    operator: &Address,
) -> Result<UnbondingDelegation, QueryError> {
    let (_, pair) = standing(state, delegator, &candidate(state, operator)?)?;
    let entries = pair.now.unbonding.iter().map(|entry| UnbondingDelegationEntry {
        creation_height: height(&entry.term),
        completion_time: Some(entry.term.until.into()),
        initial_balance: entry.initial.to_string(),
        balance: entry.balance.to_string(),
        unbonding_id: 0,
        unbonding_on_hold_ref_count: 0,
    });
    Ok(UnbondingDelegation {
        delegator_address: delegator.to_string(),
        validator_address: operator.to_validator_bech32(),
        entries: entries.collect(),
    })
}

/// What came to a destination: one redelegation for each wanted source.
fn moved(
    state: &View<'_, impl Read>,
    delegator: &Address,
    destination: &Address,
    is_wanted: impl Fn(&Address, &Address) -> bool,
) -> Result<Vec<RedelegationResponse>, QueryError> {
    let arrivals = Pair::load(state, delegator, destination)?.now.arrivals;
    let pool = state::candidate(state, destination)?.map(|candidate| candidate.pool);
    let mut found: Vec<RedelegationResponse> = Vec::new();
    for arrival in arrivals.iter().filter(|a| is_wanted(&a.source, destination)) {
        let from = arrival.source.to_validator_bech32();
        let entry = moved_entry(arrival, pool.as_ref())?;
        let known = found.iter_mut().find(|response| {
            let redelegation = response.redelegation.as_ref();
            redelegation.is_some_and(|r| r.validator_src_address == from)
        });
        match known {
            Some(response) => response.entries.push(entry),
            None => found.push(RedelegationResponse {
                redelegation: Some(Redelegation {
                    delegator_address: delegator.to_string(),
                    validator_src_address: from,
                    validator_dst_address: destination.to_validator_bech32(),
                    entries: Vec::new(),
                }),
                entries: vec![entry],
            }),
        }
    }
    Ok(found)
}

fn moved_entry(arrival: &Arrival, pool: Option<&Pool>) -> Result<RedelegationEntryResponse, Fault> {
    // Shares that came may have left again, and others with them.
    let worth = pool.and_then(|pool| pool.tokens_for(arrival.shares).ok());
    Ok(RedelegationEntryResponse {
        redelegation_entry: Some(RedelegationEntry {
            creation_height: height(&arrival.term),
            completion_time: Some(arrival.term.until.into()),
            initial_balance: arrival.initial.to_string(),
            shares_dst: arrival.shares.to_wire(),
            unbonding_id: 0,
            unbonding_on_hold_ref_count: 0,
        }),
        balance: worth.unwrap_or(Amount::ZERO).to_string(),
    })
}

fn one_address(key: &[u8]) -> Result<Address, Fault> {
    keys::one(key).ok_or_else(|| Fault::corrupt("a key of staking"))
}

fn height(term: &Term) -> i64 {
    i64::try_from(term.created_height).unwrap_or(i64::MAX)
}

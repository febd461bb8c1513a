//! Questions about bank, staking and distribution: their gRPC queries in CosmWasm's JSON.

use cosmos_sdk_proto::cosmos::{
    bank::v1beta1::{
        Metadata, QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest,
        QueryBalanceResponse, QueryDenomMetadataRequest, QueryDenomMetadataResponse,
        QueryDenomsMetadataRequest, QueryDenomsMetadataResponse, QuerySupplyOfRequest, QuerySupplyOfResponse,
    },
    base::{
        query::v1beta1::PageRequest,
        v1beta1::{Coin, DecCoin},
    },
    distribution::v1beta1::{
        QueryDelegationRewardsRequest, QueryDelegationRewardsResponse, QueryDelegationTotalRewardsRequest,
        QueryDelegationTotalRewardsResponse, QueryDelegatorValidatorsRequest,
        QueryDelegatorValidatorsResponse, QueryDelegatorWithdrawAddressRequest,
        QueryDelegatorWithdrawAddressResponse,
    },
    staking::v1beta1::{
        DelegationResponse, QueryDelegationRequest, QueryDelegationResponse,
        QueryDelegatorDelegationsRequest, QueryDelegatorDelegationsResponse, QueryValidatorRequest,
        QueryValidatorResponse, QueryValidatorsRequest, QueryValidatorsResponse, Validator,
    },
};
use cosmwasm_std::{BankQuery, DistributionQuery, StakingQuery};
use prost::Message;
use serde_json::{Value, json};
use slsbft_store::Read;
use slsbft_types::BASE_DENOM;

use super::{No, text, unsupported};
use crate::{
    errors::Fault,
    query::{Code, QueryError, View, route_view},
};

/// Decimals of rates on the wire (10^-18).
const DECIMALS: usize = 18;

pub fn bank<S: Read>(view: &View<'_, S>, query: BankQuery) -> Result<Vec<u8>, No> {
    let bank = |method: &str| format!("/cosmos.bank.v1beta1.Query/{method}");
    let answer = match query {
        BankQuery::Balance { address, denom } => {
            let found: QueryBalanceResponse =
                ask(view, &bank("Balance"), &QueryBalanceRequest { address, denom })?;
            json!({ "amount": found.balance.as_ref().map(coin) })
        }
        BankQuery::Supply { denom } => {
            let found: QuerySupplyOfResponse = ask(view, &bank("SupplyOf"), &QuerySupplyOfRequest { denom })?;
            json!({ "amount": found.amount.as_ref().map(coin) })
        }
        BankQuery::DenomMetadata { denom } => {
            let request = QueryDenomMetadataRequest { denom };
            let found: QueryDenomMetadataResponse = ask(view, &bank("DenomMetadata"), &request)?;
            json!({ "metadata": found.metadata.as_ref().map(metadata) })
        }
        BankQuery::AllDenomMetadata { pagination } => {
            let pagination = pagination.map(|page| PageRequest {
                key: page.key.map(Into::into).unwrap_or_default(),
                limit: page.limit.into(),
                reverse: page.reverse,
                ..PageRequest::default()
            });
            let request = QueryDenomsMetadataRequest { pagination };
            let found: QueryDenomsMetadataResponse = ask(view, &bank("DenomsMetadata"), &request)?;
            let all: Vec<Value> = found.metadatas.iter().map(metadata).collect();
            let next = found
                .pagination
                .map(|page| page.next_key)
                .filter(|key| !key.is_empty());
            json!({ "metadata": all, "next_key": next.map(cosmwasm_std::Binary::new) })
        }
        _ => return Err(unsupported("bank, of a newer CosmWasm")),
    };
    Ok(text(&answer))
}

pub fn all_balances<S: Read>(view: &View<'_, S>, address: String) -> Result<Vec<u8>, No> {
    let request = QueryAllBalancesRequest {
        address,
        ..QueryAllBalancesRequest::default()
    };
    let found: QueryAllBalancesResponse = ask(view, "/cosmos.bank.v1beta1.Query/AllBalances", &request)?;
    let coins: Vec<Value> = found.balances.iter().map(coin).collect();
    Ok(text(&json!({ "amount": coins })))
}

pub fn staking<S: Read>(view: &View<'_, S>, query: StakingQuery) -> Result<Vec<u8>, No> {
    let staking = |method: &str| format!("/cosmos.staking.v1beta1.Query/{method}");
    let answer = match query {
        StakingQuery::BondedDenom {} => json!({ "denom": BASE_DENOM }),
        StakingQuery::AllDelegations { delegator } => {
            let request = QueryDelegatorDelegationsRequest {
                delegator_addr: delegator,
                pagination: None,
            };
            let found: QueryDelegatorDelegationsResponse =
                ask(view, &staking("DelegatorDelegations"), &request)?;
            let all: Vec<Value> = found.delegation_responses.iter().map(delegation).collect();
            json!({ "delegations": all })
        }
        StakingQuery::Delegation { delegator, validator } => {
            let request = QueryDelegationRequest {
                delegator_addr: delegator.clone(),
                validator_addr: validator.clone(),
            };
            let found: Option<QueryDelegationResponse> = one(view, &staking("Delegation"), &request)?;
            let found = found.and_then(|found| found.delegation_response);
            json!({ "delegation": found.map(|found| full(view, &found, delegator, validator)).transpose()? })
        }
        StakingQuery::AllValidators {} => {
            let found: QueryValidatorsResponse =
                ask(view, &staking("Validators"), &QueryValidatorsRequest::default())?;
            let all: Vec<Value> = found.validators.iter().map(validator).collect();
            json!({ "validators": all })
        }
        StakingQuery::Validator { address } => {
            let request = QueryValidatorRequest {
                validator_addr: address,
            };
            let found: Option<QueryValidatorResponse> = one(view, &staking("Validator"), &request)?;
            json!({ "validator": found.and_then(|found| found.validator).as_ref().map(validator) })
        }
        _ => return Err(unsupported("staking, of a newer CosmWasm")),
    };
    Ok(text(&answer))
}

/// A delegation with its rewards.
fn full<S: Read>(
    view: &View<'_, S>,
    found: &DelegationResponse,
    delegator: String,
    validator: String,
) -> Result<Value, No> {
    let rewards = QueryDelegationRewardsRequest {
        delegator_address: delegator,
        validator_address: validator,
    };
    let path = "/cosmos.distribution.v1beta1.Query/DelegationRewards";
    let rewards: QueryDelegationRewardsResponse = ask(view, path, &rewards)?;
    let whole: Vec<Value> = rewards
        .rewards
        .iter()
        .map(|coin| json!({ "denom": coin.denom, "amount": units(&coin.amount) }))
        .collect();
    let mut value = delegation(found);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("can_redelegate".into(), json!(found.balance.as_ref().map(coin)));
        fields.insert("accumulated_rewards".into(), json!(whole));
    }
    Ok(value)
}

pub fn distribution<S: Read>(view: &View<'_, S>, query: DistributionQuery) -> Result<Vec<u8>, No> {
    let distribution = |method: &str| format!("/cosmos.distribution.v1beta1.Query/{method}");
    let answer = match query {
        DistributionQuery::DelegatorWithdrawAddress { delegator_address } => {
            let request = QueryDelegatorWithdrawAddressRequest { delegator_address };
            let found: QueryDelegatorWithdrawAddressResponse =
                ask(view, &distribution("DelegatorWithdrawAddress"), &request)?;
            json!({ "withdraw_address": found.withdraw_address })
        }
        DistributionQuery::DelegationRewards {
            delegator_address,
            validator_address,
        } => {
            let request = QueryDelegationRewardsRequest {
                delegator_address,
                validator_address,
            };
            let found: QueryDelegationRewardsResponse =
                ask(view, &distribution("DelegationRewards"), &request)?;
            json!({ "rewards": decimals(&found.rewards) })
        }
        DistributionQuery::DelegationTotalRewards { delegator_address } => {
            let request = QueryDelegationTotalRewardsRequest { delegator_address };
            let found: QueryDelegationTotalRewardsResponse =
                ask(view, &distribution("DelegationTotalRewards"), &request)?;
            let rewards: Vec<Value> = found
                .rewards
                .iter()
                .map(
                    |of| json!({ "validator_address": of.validator_address, "reward": decimals(&of.reward) }),
                )
                .collect();
            json!({ "rewards": rewards, "total": decimals(&found.total) })
        }
        DistributionQuery::DelegatorValidators { delegator_address } => {
            let request = QueryDelegatorValidatorsRequest { delegator_address };
            let found: QueryDelegatorValidatorsResponse =
                ask(view, &distribution("DelegatorValidators"), &request)?;
            json!({ "validators": found.validators })
        }
        _ => return Err(unsupported("distribution, of a newer CosmWasm")),
    };
    Ok(text(&answer))
}

fn ask<Q: Message, A: Message + Default, S: Read>(
    view: &View<'_, S>,
    path: &str,
    request: &Q,
) -> Result<A, No> {
    Ok(call(view, path, request)?)
}

fn call<Q: Message, A: Message + Default, S: Read>(
    view: &View<'_, S>,
    path: &str,
    request: &Q,
) -> Result<A, QueryError> {
    let bytes = route_view(view, path, &request.encode_to_vec())?;
    A::decode(bytes.as_slice()).map_err(|error| Fault::Invariant(format!("answer of {path}: {error}")).into())
}

/// What need not be there.
fn one<Q: Message, A: Message + Default, S: Read>(
    view: &View<'_, S>,
    path: &str,
    request: &Q,
) -> Result<Option<A>, No> {
    match call(view, path, request) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == Code::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn coin(coin: &Coin) -> Value {
    json!({ "denom": coin.denom, "amount": coin.amount })
}

fn delegation(found: &DelegationResponse) -> Value {
    let of = found.delegation.clone().unwrap_or_default();
    json!({
        "delegator": of.delegator_address,
        "validator": of.validator_address,
        "amount": found.balance.as_ref().map(coin),
    })
}

fn validator(of: &Validator) -> Value {
    let rates = of
        .commission
        .clone()
        .and_then(|commission| commission.commission_rates);
    let rates = rates.unwrap_or_default();
    json!({
        "address": of.operator_address,
        "commission": decimal(&rates.rate),
        "max_commission": decimal(&rates.max_rate),
        "max_change_rate": decimal(&rates.max_change_rate),
    })
}

fn decimals(coins: &[DecCoin]) -> Vec<Value> {
    coins
        .iter()
        .map(|coin| json!({ "denom": coin.denom, "amount": decimal(&coin.amount) }))
        .collect()
}

/// A decimal of 18 places on the wire, with its point and without zeros at the end.
fn decimal(steps: &str) -> String {
    let padded = format!("{steps:0>width$}", width = DECIMALS + 1);
    let (whole, part) = padded
        .split_at_checked(padded.len() - DECIMALS)
        .unwrap_or(("0", ""));
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

/// The whole units of a decimal on the wire.
fn units(steps: &str) -> String {
    let decimal = decimal(steps);
    decimal.split('.').next().unwrap_or_default().to_owned()
}

fn metadata(of: &Metadata) -> Value {
    let units: Vec<Value> = of
        .denom_units
        .iter()
        .map(|unit| json!({ "denom": unit.denom, "exponent": unit.exponent, "aliases": unit.aliases }))
        .collect();
    json!({
        "description": of.description,
        "denom_units": units,
        "base": of.base,
        "display": of.display,
        "name": of.name,
        "symbol": of.symbol,
        "uri": of.uri,
        "uri_hash": of.uri_hash,
    })
}

//! `cosmos.bank.v1beta1.Query`.

use cosmos_sdk_proto::cosmos::{
    bank::v1beta1::{
        DenomOwner, Metadata, Params, QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest,
        QueryBalanceResponse, QueryDenomMetadataByQueryStringRequest,
        QueryDenomMetadataByQueryStringResponse, QueryDenomMetadataRequest, QueryDenomMetadataResponse,
        QueryDenomOwnersByQueryRequest, QueryDenomOwnersByQueryResponse, QueryDenomOwnersRequest,
        QueryDenomOwnersResponse, QueryDenomsMetadataRequest, QueryDenomsMetadataResponse,
        QueryParamsRequest, QueryParamsResponse, QuerySendEnabledRequest, QuerySendEnabledResponse,
        QuerySpendableBalanceByDenomRequest, QuerySpendableBalanceByDenomResponse,
        QuerySpendableBalancesRequest, QuerySpendableBalancesResponse, QuerySupplyOfRequest,
        QuerySupplyOfResponse, QueryTotalSupplyRequest, QueryTotalSupplyResponse, SendEnabled,
    },
    base::{
        query::v1beta1::{PageRequest, PageResponse},
        v1beta1::Coin as ProtoCoin,
    },
};
use slsbft_store::{Read, Space};
use slsbft_types::{Address, Amount, Denom, Time};

use super::{Bank, balance, decode_amount, keys, params, supply};
use crate::{
    errors::Fault,
    modules::{auth::Auth, record},
    query::{
        QueryError, View, answer,
        page::{paginate, paginate_where},
    },
};

pub const SERVICE: &str = "cosmos.bank.v1beta1.Query";
/// Denominations named in one request.
const MAX_DENOMS: usize = 100;

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Balance" => answer(request, |r: QueryBalanceRequest| {
            let (owner, denom) = (address(&r.address)?, denom(&r.denom)?);
            let amount = balance(state, &owner, denom.as_str())?;
            Ok(QueryBalanceResponse {
                balance: Some(coin(denom.to_string(), amount)),
            })
        }),
        "AllBalances" => answer(request, |r| all_balances(state, r)),
        "SpendableBalances" => answer(request, |r| spendable_balances(state, r)),
        "SpendableBalanceByDenom" => answer(request, |r: QuerySpendableBalanceByDenomRequest| {
            let (owner, denom) = (address(&r.address)?, denom(&r.denom)?);
            let amount = spendable(state, &owner, denom.as_str())?;
            Ok(QuerySpendableBalanceByDenomResponse {
                balance: Some(coin(denom.to_string(), amount)),
            })
        }),
        "TotalSupply" => answer(request, |r| total_supply(state, r)),
        "SupplyOf" => answer(request, |r: QuerySupplyOfRequest| {
            let denom = denom(&r.denom)?;
            let amount = supply(state, denom.as_str())?;
            Ok(QuerySupplyOfResponse {
                amount: Some(coin(denom.to_string(), amount)),
            })
        }),
        "Params" => answer(request, |_: QueryParamsRequest| {
            let default_send_enabled = params::default_enabled(state)?;
            Ok(QueryParamsResponse {
                params: Some(Params {
                    default_send_enabled,
                    ..Default::default()
                }),
            })
        }),
        "DenomMetadata" => answer(request, |r: QueryDenomMetadataRequest| {
            Ok(QueryDenomMetadataResponse {
                metadata: Some(metadata(state, &r.denom)?),
            })
        }),
        "DenomMetadataByQueryString" => answer(request, |r: QueryDenomMetadataByQueryStringRequest| {
            Ok(QueryDenomMetadataByQueryStringResponse {
                metadata: Some(metadata(state, &r.denom)?),
            })
        }),
        "DenomsMetadata" => answer(request, |r: QueryDenomsMetadataRequest| {
            let (metadatas, page) =
                paginate(state, Space::Main, keys::METADATA, r.pagination, |key, value| {
                    Ok(record::decode(value, key)?)
                })?;
            Ok(QueryDenomsMetadataResponse {
                metadatas,
                pagination: Some(page),
            })
        }),
        "DenomOwners" => answer(request, |r: QueryDenomOwnersRequest| {
            let (denom_owners, page) = owners(state, &r.denom, r.pagination)?;
            Ok(QueryDenomOwnersResponse {
                denom_owners,
                pagination: Some(page),
            })
        }),
        "DenomOwnersByQuery" => answer(request, |r: QueryDenomOwnersByQueryRequest| {
            let (denom_owners, page) = owners(state, &r.denom, r.pagination)?;
            Ok(QueryDenomOwnersByQueryResponse {
                denom_owners,
                pagination: Some(page),
            })
        }),
        "SendEnabled" => answer(request, |r| send_enabled(state, r)),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn all_balances(
    state: &View<'_, impl Read>,
    request: QueryAllBalancesRequest,
) -> Result<QueryAllBalancesResponse, QueryError> {
    let prefix = keys::balances_of(&address(&request.address)?);
    let (balances, page) = paginate(state, Space::Main, &prefix, request.pagination, |key, value| {
        Ok(coin(
            String::from_utf8_lossy(key).into_owned(),
            decode_amount(value, key)?,
        ))
    })?;
    Ok(QueryAllBalancesResponse {
        balances,
        pagination: Some(page),
    })
}

fn spendable_balances(
    state: &View<'_, impl Read>,
    request: QuerySpendableBalancesRequest,
) -> Result<QuerySpendableBalancesResponse, QueryError> {
    let owner = address(&request.address)?;
    let prefix = keys::balances_of(&owner);
    let (balances, page) = paginate(state, Space::Main, &prefix, request.pagination, |key, _| {
        let denom = String::from_utf8_lossy(key).into_owned();
        let amount = spendable(state, &owner, &denom)?;
        Ok(coin(denom, amount))
    })?;
    Ok(QuerySpendableBalancesResponse {
        balances,
        pagination: Some(page),
    })
}

fn total_supply(
    state: &View<'_, impl Read>,
    request: QueryTotalSupplyRequest,
) -> Result<QueryTotalSupplyResponse, QueryError> {
    let (supply, page) = paginate(
        state,
        Space::Main,
        keys::SUPPLY,
        request.pagination,
        |key, value| {
            Ok(coin(
                String::from_utf8_lossy(key).into_owned(),
                decode_amount(value, key)?,
            ))
        },
    )?;
    Ok(QueryTotalSupplyResponse {
        supply,
        pagination: Some(page),
    })
}

fn owners(
    state: &View<'_, impl Read>,
    wanted: &str,
    page: Option<PageRequest>,
) -> Result<(Vec<DenomOwner>, PageResponse), QueryError> {
    let wanted = denom(wanted)?;
    let of_denom = |key: &[u8]| keys::split_balance(key).is_some_and(|(_, denom)| denom == wanted.as_str());
    paginate_where(state, Space::Main, keys::BALANCE, page, of_denom, |key, value| {
        let (owner, denom) = keys::split_balance(key).ok_or_else(|| Fault::corrupt("a balance"))?;
        Ok(DenomOwner {
            address: owner.to_string(),
            balance: Some(coin(denom.to_owned(), decode_amount(value, key)?)),
        })
    })
}

fn metadata(state: &View<'_, impl Read>, wanted: &str) -> Result<Metadata, QueryError> {
    let wanted = denom(wanted)?;
    record::load(state, Space::Main, &keys::metadata(wanted.as_str()))?
        .ok_or_else(|| QueryError::not_found(format!("client metadata for denom {wanted}")))
}

fn send_enabled(
    state: &View<'_, impl Read>,
    request: QuerySendEnabledRequest,
) -> Result<QuerySendEnabledResponse, QueryError> {
    if request.denoms.is_empty() {
        return Ok(QuerySendEnabledResponse {
            send_enabled: params::named(state)?,
            pagination: None,
        });
    }
    if request.denoms.len() > MAX_DENOMS {
        return Err(QueryError::invalid(format!(
            "more than {MAX_DENOMS} denominations; ask in parts"
        )));
    }
    let named = params::named(state)?;
    let wanted = |send: &SendEnabled| request.denoms.contains(&send.denom);
    Ok(QuerySendEnabledResponse {
        send_enabled: named.into_iter().filter(wanted).collect(),
        pagination: None,
    })
}

fn spendable(state: &View<'_, impl Read>, owner: &Address, denom: &str) -> Result<Amount, QueryError> {
    let now = Time::from_seconds(state.time().seconds);
    Ok(Bank::new(Auth).spendable(state, owner, denom, now)?)
}

fn address(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32(text).map_err(QueryError::invalid)
}

fn denom(text: &str) -> Result<Denom, QueryError> {
    text.parse().map_err(QueryError::invalid)
}

fn coin(denom: String, amount: Amount) -> ProtoCoin {
    ProtoCoin {
        denom,
        amount: amount.to_string(),
    }
}

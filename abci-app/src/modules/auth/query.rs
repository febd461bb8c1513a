//! `cosmos.auth.v1beta1.Query`.

use cosmos_sdk_proto::cosmos::auth::v1beta1::{
    AddressBytesToStringRequest, AddressBytesToStringResponse, AddressStringToBytesRequest,
    AddressStringToBytesResponse, Bech32PrefixRequest, Bech32PrefixResponse, QueryAccountAddressByIdRequest,
    QueryAccountAddressByIdResponse, QueryAccountInfoRequest, QueryAccountInfoResponse, QueryAccountRequest,
    QueryAccountResponse, QueryAccountsRequest, QueryAccountsResponse, QueryModuleAccountByNameRequest,
    QueryModuleAccountByNameResponse, QueryModuleAccountsRequest, QueryModuleAccountsResponse,
    QueryParamsRequest, QueryParamsResponse,
};
use slsbft_store::{Order, Read, Space};
use slsbft_types::{Address, address::ACCOUNT_PREFIX};

use super::{Account, Params, account, keys};
use crate::query::{QueryError, View, answer, page::paginate};

pub const SERVICE: &str = "cosmos.auth.v1beta1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Account" => answer(request, |r: QueryAccountRequest| {
            let (address, account) = find(state, &r.address)?;
            Ok(QueryAccountResponse {
                account: Some(account.to_any(&address)),
            })
        }),
        "AccountInfo" => answer(request, |r: QueryAccountInfoRequest| {
            let (address, account) = find(state, &r.address)?;
            Ok(QueryAccountInfoResponse {
                info: Some(account.to_base(&address)),
            })
        }),
        "Accounts" => answer(request, |r| accounts(state, r)),
        "AccountAddressByID" => answer(request, |r| address_by_id(state, r)),
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(Params::load(state)?.to_proto()),
            })
        }),
        "ModuleAccounts" => answer(request, |_: QueryModuleAccountsRequest| module_accounts(state)),
        "ModuleAccountByName" => answer(request, |r: QueryModuleAccountByNameRequest| {
            let address = Address::module(&r.name);
            let account = super::Auth.get(state, &address)?;
            let account =
                account.ok_or_else(|| QueryError::not_found(format!("module account {}", r.name)))?;
            Ok(QueryModuleAccountByNameResponse {
                account: Some(account.to_any(&address)),
            })
        }),
        "Bech32Prefix" => answer(request, |_: Bech32PrefixRequest| {
            Ok(Bech32PrefixResponse {
                bech32_prefix: ACCOUNT_PREFIX.to_owned(),
            })
        }),
        "AddressBytesToString" => answer(request, |r: AddressBytesToStringRequest| {
            let address = Address::from_bytes(&r.address_bytes).map_err(QueryError::invalid)?;
            Ok(AddressBytesToStringResponse {
                address_string: address.to_string(),
            })
        }),
        "AddressStringToBytes" => answer(request, |r: AddressStringToBytesRequest| {
            let address = Address::from_bech32(&r.address_string).map_err(QueryError::invalid)?;
            Ok(AddressStringToBytesResponse {
                address_bytes: address.as_bytes().to_vec(),
            })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn find(state: &View<'_, impl Read>, text: &str) -> Result<(Address, Account), QueryError> {
    let address = Address::from_bech32(text).map_err(QueryError::invalid)?;
    let account = super::Auth.get(state, &address)?;
    let missing = || QueryError::not_found(format!("account {address} not found"));
    Ok((address, account.ok_or_else(missing)?))
}

fn accounts(
    state: &View<'_, impl Read>,
    request: QueryAccountsRequest,
) -> Result<QueryAccountsResponse, QueryError> {
    let (accounts, pagination) = paginate(
        state,
        Space::Main,
        keys::ACCOUNT,
        request.pagination,
        |key, value| {
            let address = Address::from_bytes(key).map_err(QueryError::invalid)?;
            Ok(account::decode(value, key)?.to_any(&address))
        },
    )?;
    Ok(QueryAccountsResponse {
        accounts,
        pagination: Some(pagination),
    })
}

fn address_by_id(
    state: &View<'_, impl Read>,
    request: QueryAccountAddressByIdRequest,
) -> Result<QueryAccountAddressByIdResponse, QueryError> {
    #[allow(deprecated, reason = "older clients still set `id`")]
    let old =
        u64::try_from(request.id).map_err(|_| QueryError::invalid("an account number is not negative"))?;
    let number = if request.account_id == 0 {
        old
    } else {
        request.account_id
    };
    let found = state.get(Space::Main, &keys::number(number))?;
    let bytes = found.ok_or_else(|| QueryError::not_found(format!("account number {number}")))?;
    let address = Address::from_bytes(&bytes).map_err(QueryError::invalid)?;
    Ok(QueryAccountAddressByIdResponse {
        account_address: address.to_string(),
    })
}

/// Module accounts are made at genesis, so they are among the first numbers;
/// nobody can make more of them.
fn module_accounts(state: &View<'_, impl Read>) -> Result<QueryModuleAccountsResponse, QueryError> {
    const MOST_LOOKED_AT: usize = 10_000;
    let mut accounts = Vec::new();
    for entry in state
        .prefix(Space::Main, keys::NUMBER, Order::Ascending)
        .take(MOST_LOOKED_AT)
    {
        let address = Address::from_bytes(&entry?.1).map_err(QueryError::invalid)?;
        let account = super::Auth.get(state, &address)?;
        accounts.extend(
            account
                .filter(Account::is_module)
                .map(|account| account.to_any(&address)),
        );
    }
    Ok(QueryModuleAccountsResponse { accounts })
}

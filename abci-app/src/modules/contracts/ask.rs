//! The questions that contracts ask: of other modules, by their gRPC queries, and of other
//! contracts. Answers are the JSON of a `SystemResult<ContractResult<Binary>>`, as in CosmWasm.

mod modules;

use cosmos_sdk_proto::cosmwasm::wasm::v1::ContractInfo;
use cosmwasm_std::{
    Binary, ContractResult, Empty, QueryRequest, SystemError, SystemResult, WasmQuery, from_json, to_json_vec,
};
use serde::Deserialize;
use serde_json::{Value, json};
use slsbft_store::Read;
use slsbft_types::Address;
use slsbft_wasm::{Order, Page};

use super::{call, errors::ContractsError, host, keys, state};
use crate::{
    errors::{ExecError, Fault, sdk},
    query::{Code, QueryError, View, route_view},
};

/// Most records that a range of another contract's keys gives at once, and their bytes.
const RANGE: Page = Page {
    records: 1_000,
    bytes: 1 << 20,
};

/// Why a question has no answer.
enum No {
    /// The question itself is wrong: the host's word.
    System(SystemError),
    /// Whoever was asked says so.
    Contract(String),
    Fault(Fault),
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ExecError> for No {
    fn from(error: ExecError) -> Self {
        match error {
            ExecError::Fault(fault) => Self::Fault(fault),
            ExecError::Tx(error) => Self::Contract(error.message),
        }
    }
}

impl From<QueryError> for No {
    fn from(error: QueryError) -> Self {
        match error.code {
            // A query has internal errors only if the node has.
            Code::Internal => Self::Fault(Fault::Invariant(error.message)),
            code => Self::Contract(format!("query failed: {code:?}")),
        }
    }
}

/// Older contracts also ask for what newer ones cannot.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Old {
    Bank(OldBank),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OldBank {
    AllBalances { address: String },
}

/// Answers a contract's question on the view's account. If that is overdrawn afterwards, the answer
/// is none.
pub fn answer<S: Read>(view: &View<'_, S>, request: &[u8]) -> Result<Vec<u8>, Fault> {
    let answer = match ask(view, request) {
        Ok(value) => SystemResult::Ok(ContractResult::Ok(Binary::new(value))),
        Err(_) if view.budget().is_exceeded() => SystemResult::Err(SystemError::Unknown {}),
        Err(No::System(error)) => SystemResult::Err(error),
        Err(No::Contract(text)) => SystemResult::Ok(ContractResult::Err(text)),
        Err(No::Fault(fault)) => return Err(fault),
    };
    to_json_vec(&answer).map_err(|error| Fault::Invariant(format!("an answer to a contract: {error}")))
}

fn ask<S: Read>(view: &View<'_, S>, request: &[u8]) -> Result<Vec<u8>, No> {
    if let Ok(Old::Bank(OldBank::AllBalances { address })) = serde_json::from_slice(request) {
        return modules::all_balances(view, address);
    }
    let request: QueryRequest<Empty> = from_json(request).map_err(|error| {
        No::System(SystemError::InvalidRequest {
            error: error.to_string(),
            request: Binary::from(request),
        })
    })?;
    match request {
        QueryRequest::Bank(query) => modules::bank(view, query),
        QueryRequest::Staking(query) => modules::staking(view, query),
        QueryRequest::Distribution(query) => modules::distribution(view, query),
        QueryRequest::Wasm(query) => wasm(view, query),
        #[allow(deprecated, reason = "contracts older than CosmWasm 2 ask so")]
        QueryRequest::Stargate { path, data } => Ok(route_view(view, &path, &data)?),
        QueryRequest::Grpc(query) => Ok(route_view(view, &query.path, &query.data)?),
        QueryRequest::Custom(_) => Err(unsupported("custom")),
        QueryRequest::Ibc(_) => Err(unsupported("ibc")),
        _ => Err(unsupported("of a newer CosmWasm")),
    }
}

/// A contract's answer to another of the service bus.
pub fn smart<S: Read>(view: &View<'_, S>, contract: &str, msg: &[u8]) -> Result<Vec<u8>, ExecError> {
    let address =
        Address::from_bech32(contract).map_err(|error| sdk::invalid_address(format!("contract: {error}")))?;
    call::ask(view, &address, msg)
}

/// A module's refusal to answer.
pub fn refused(error: QueryError) -> ExecError {
    match error.code {
        // A query has internal errors only if the node has.
        Code::Internal => Fault::Invariant(error.message).into(),
        code => ContractsError::Query(format!("query failed: {code:?}")).into(),
    }
}

fn unsupported(kind: &str) -> No {
    No::System(SystemError::UnsupportedRequest {
        kind: kind.to_owned(),
    })
}

fn wasm<S: Read>(view: &View<'_, S>, query: WasmQuery) -> Result<Vec<u8>, No> {
    match query {
        WasmQuery::Smart { contract_addr, msg } => {
            let contract = contract(view, &contract_addr)?.0;
            Ok(call::ask(view, &contract, &msg)?)
        }
        WasmQuery::Raw { contract_addr, key } => {
            let contract = contract(view, &contract_addr)?.0;
            Ok(host::value(view, &keys::state(&contract), &key)?.unwrap_or_default())
        }
        WasmQuery::ContractInfo { contract_addr } => {
            let info = contract(view, &contract_addr)?.1;
            let pinned = state::is_pinned(view, info.code_id)?;
            Ok(text(&json!({
                "code_id": info.code_id,
                "creator": info.creator,
                "admin": Some(info.admin).filter(|admin| !admin.is_empty()),
                "pinned": pinned,
                "ibc_port": null,
                "ibc2_port": null,
            })))
        }
        WasmQuery::CodeInfo { code_id } => {
            let info = state::code(view, code_id).map_err(|error| match error {
                ExecError::Tx(_) => No::System(SystemError::NoSuchCode { code_id }),
                ExecError::Fault(fault) => fault.into(),
            })?;
            let checksum = hex::encode(&info.code_hash);
            Ok(text(
                &json!({ "code_id": code_id, "creator": info.creator, "checksum": checksum }),
            ))
        }
        WasmQuery::RawRange {
            contract_addr,
            start,
            end,
            limit,
            order,
        } => {
            let contract = contract(view, &contract_addr)?.0;
            range(view, &contract, (start, end), limit.into(), order)
        }
        _ => Err(unsupported("wasm, of a newer CosmWasm")),
    }
}

fn range<S: Read>(
    view: &View<'_, S>,
    contract: &Address,
    (start, end): (Option<Binary>, Option<Binary>),
    limit: usize,
    order: cosmwasm_std::Order,
) -> Result<Vec<u8>, No> {
    use std::ops::Bound;
    let order = match order {
        cosmwasm_std::Order::Ascending => Order::Ascending,
        cosmwasm_std::Order::Descending => Order::Descending,
    };
    let limit = limit.min(RANGE.records);
    let bounds = (
        start.as_deref().map_or(Bound::Unbounded, Bound::Included),
        end.as_deref().map_or(Bound::Unbounded, Bound::Excluded),
    );
    // One more says where to go on.
    let page = Page {
        records: limit.saturating_add(1),
        ..RANGE
    };
    let found = host::records(view, &keys::state(contract), bounds, order, page)?;
    let next = found.get(limit).map(|(key, _)| Binary::from(key.as_slice()));
    let data: Vec<Value> = found
        .iter()
        .take(limit)
        .map(|(key, value)| json!([Binary::from(key.as_slice()), Binary::from(value.as_slice())]))
        .collect();
    Ok(text(&json!({ "data": data, "next_key": next })))
}

/// A contract that there is.
fn contract<S: Read>(view: &View<'_, S>, text: &str) -> Result<(Address, ContractInfo), No> {
    let missing = || {
        No::System(SystemError::NoSuchContract {
            addr: text.to_owned(),
        })
    };
    let address = Address::from_bech32(text).map_err(|_| missing())?;
    let info = state::find(view, &address)?.ok_or_else(missing)?;
    Ok((address, info))
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

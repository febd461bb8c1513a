//! `cosmwasm.wasm.v1.Query`.

use cosmos_sdk_proto::cosmwasm::wasm::v1::{
    AccessConfig, CodeInfo, CodeInfoResponse, ContractCodeHistoryEntry, Model, QueryAllContractStateRequest,
    QueryAllContractStateResponse, QueryBuildAddressRequest, QueryBuildAddressResponse, QueryCodeRequest,
    QueryCodeResponse, QueryCodesRequest, QueryCodesResponse, QueryContractHistoryRequest,
    QueryContractHistoryResponse, QueryContractInfoRequest, QueryContractInfoResponse,
    QueryContractsByCodeRequest, QueryContractsByCodeResponse, QueryContractsByCreatorRequest,
    QueryContractsByCreatorResponse, QueryParamsRequest, QueryParamsResponse, QueryPinnedCodesRequest,
    QueryPinnedCodesResponse, QueryRawContractStateRequest, QueryRawContractStateResponse,
    QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use prost::Message;
use slsbft_store::{Read, Space};
use slsbft_types::Address;
use slsbft_wasm::limits::Limits;

use super::{address, call, compiling, host, keys, msg, params::Params, state};
use crate::{
    errors::{ExecError, Fault},
    query::{Code, QueryError, View, answer, page::paginate},
};

pub const SERVICE: &str = "cosmwasm.wasm.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "ContractInfo" => answer(request, |r| contract_info(state, r)),
        "ContractHistory" => answer(request, |r| history(state, r)),
        "ContractsByCode" => answer(request, |r| by_code(state, r)),
        "ContractsByCreator" => answer(request, |r| by_creator(state, r)),
        "AllContractState" => answer(request, |r| all_state(state, r)),
        "RawContractState" => answer(request, |r| raw(state, r)),
        "SmartContractState" => answer(request, |r| smart(state, r)),
        "Code" => answer(request, |r| code(state, r)),
        "CodeInfo" => answer(request, |r: QueryCodeRequest| code_info(state, r.code_id)),
        "Codes" => answer(request, |r| codes(state, r)),
        "PinnedCodes" => answer(request, |r| pinned(state, r)),
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(Params::load(state)?.to_proto()),
            })
        }),
        "WasmLimitsConfig" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryWasmLimitsConfigResponse {
                config: limits().to_string(),
            })
        }),
        "BuildAddress" => answer(request, |r| build_address(&r)),
        other => Err(QueryError::unimplemented(other)),
    }
}

/// Limits of a module by wasmvm's names.
fn limits() -> serde_json::Value {
    let Limits {
        memory_pages,
        table_elements,
        imports,
        functions,
        parameters,
        parameters_total,
        results,
        ..
    } = Limits::CONSENSUS;
    serde_json::json!({
        "initial_memory_limit_pages": memory_pages,
        "table_size_limit_elements": table_elements,
        "max_imports": imports,
        "max_functions": functions,
        "max_function_params": parameters,
        "max_total_function_params": parameters_total,
        "max_function_results": results,
    })
}

fn contract_info(
    state: &View<'_, impl Read>,
    request: QueryContractInfoRequest,
) -> Result<QueryContractInfoResponse, QueryError> {
    let address = contract(state, &request.address)?;
    Ok(QueryContractInfoResponse {
        contract_info: state::find(state, &address)?,
        address: address.to_string(),
    })
}

fn history(
    state: &View<'_, impl Read>,
    request: QueryContractHistoryRequest,
) -> Result<QueryContractHistoryResponse, QueryError> {
    let prefix = keys::history(&contract(state, &request.address)?);
    let (entries, pagination) = paginate(state, Space::Main, &prefix, request.pagination, |_, value| {
        ContractCodeHistoryEntry::decode(value).map_err(|_| Fault::corrupt("a contract's history").into())
    })?;
    Ok(QueryContractHistoryResponse {
        entries,
        pagination: Some(pagination),
    })
}

fn by_code(
    state: &View<'_, impl Read>,
    request: QueryContractsByCodeRequest,
) -> Result<QueryContractsByCodeResponse, QueryError> {
    let prefix = keys::by_code(request.code_id);
    let (contracts, pagination) = paginate(state, Space::Main, &prefix, request.pagination, |key, _| {
        indexed(key)
    })?;
    Ok(QueryContractsByCodeResponse {
        contracts,
        pagination: Some(pagination),
    })
}

fn by_creator(
    state: &View<'_, impl Read>,
    request: QueryContractsByCreatorRequest,
) -> Result<QueryContractsByCreatorResponse, QueryError> {
    let prefix = keys::by_creator(&parsed(&request.creator_address)?);
    let page = paginate(state, Space::Main, &prefix, request.pagination, |key, _| {
        indexed(key)
    })?;
    let (contract_addresses, pagination) = page;
    Ok(QueryContractsByCreatorResponse {
        contract_addresses,
        pagination: Some(pagination),
    })
}

fn all_state(
    state: &View<'_, impl Read>,
    request: QueryAllContractStateRequest,
) -> Result<QueryAllContractStateResponse, QueryError> {
    let prefix = keys::state(&contract(state, &request.address)?);
    let (models, pagination) = paginate(state, Space::Main, &prefix, request.pagination, |key, value| {
        Ok(Model {
            key: key.to_vec(),
            value: host::unmarked(value.to_vec())?,
        })
    })?;
    Ok(QueryAllContractStateResponse {
        models,
        pagination: Some(pagination),
    })
}

fn raw(
    state: &View<'_, impl Read>,
    request: QueryRawContractStateRequest,
) -> Result<QueryRawContractStateResponse, QueryError> {
    let prefix = keys::state(&contract(state, &request.address)?);
    let data = host::value(state, &prefix, &request.query_data)?.unwrap_or_default();
    Ok(QueryRawContractStateResponse { data })
}

fn smart(
    state: &View<'_, impl Read>,
    request: QuerySmartContractStateRequest,
) -> Result<QuerySmartContractStateResponse, QueryError> {
    let contract = contract(state, &request.address)?;
    let msg = msg::json(request.query_data).map_err(QueryError::invalid)?;
    let data = call::ask(state, &contract, &msg).map_err(|error| match error {
        ExecError::Fault(fault) => fault.into(),
        ExecError::Tx(error) => QueryError::new(Code::Unknown, error.message),
    })?;
    Ok(QuerySmartContractStateResponse { data })
}

fn code(state: &View<'_, impl Read>, request: QueryCodeRequest) -> Result<QueryCodeResponse, QueryError> {
    let info = find_code(state, request.code_id)?;
    let data = state::bytes(state, &state::hash_of(&info)?)?;
    #[allow(deprecated, reason = "a field of the message")]
    Ok(QueryCodeResponse {
        code_info: Some(listed(request.code_id, info)),
        data,
    })
}

fn codes(state: &View<'_, impl Read>, request: QueryCodesRequest) -> Result<QueryCodesResponse, QueryError> {
    let (code_infos, pagination) = paginate(
        state,
        Space::Main,
        keys::CODE,
        request.pagination,
        |key, value| {
            let info = CodeInfo::decode(value).map_err(|_| Fault::corrupt("a code"))?;
            Ok(listed(id(key)?, info))
        },
    )?;
    Ok(QueryCodesResponse {
        code_infos,
        pagination: Some(pagination),
    })
}

fn pinned(
    state: &View<'_, impl Read>,
    request: QueryPinnedCodesRequest,
) -> Result<QueryPinnedCodesResponse, QueryError> {
    let page = paginate(state, Space::Main, keys::PINNED, request.pagination, |key, _| {
        Ok(id(key)?)
    })?;
    let (code_ids, pagination) = page;
    Ok(QueryPinnedCodesResponse {
        code_ids,
        pagination: Some(pagination),
    })
}

fn build_address(request: &QueryBuildAddressRequest) -> Result<QueryBuildAddressResponse, QueryError> {
    let bytes = |what: &str, text: &str| {
        hex::decode(text)
            .map_err(|error| QueryError::invalid(format!("{what}: {error}; expected hexadecimal")))
    };
    let hash = bytes("code_hash", &request.code_hash)?;
    if hash.len() != 32 {
        return Err(QueryError::invalid("code_hash has 32 bytes"));
    }
    let salt = bytes("salt", &request.salt)?;
    let msg = &request.init_args;
    let address = address::predictable(&hash, &parsed(&request.creator_address)?, &salt, msg);
    Ok(QueryBuildAddressResponse {
        address: address.to_string(),
    })
}

fn parsed(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32(text).map_err(QueryError::invalid)
}

/// The address of a contract that there is.
fn contract(state: &View<'_, impl Read>, text: &str) -> Result<Address, QueryError> {
    let address = parsed(text)?;
    match state::find(state, &address)? {
        Some(_) => Ok(address),
        None => Err(QueryError::not_found(format!("no such contract: {address}"))),
    }
}

fn find_code(state: &View<'_, impl Read>, id: u64) -> Result<CodeInfo, QueryError> {
    state::code(state, id).map_err(|error| match error {
        ExecError::Fault(fault) => fault.into(),
        ExecError::Tx(_) => QueryError::not_found(format!("no such code: {id}")),
    })
}

fn listed(id: u64, info: CodeInfo) -> CodeInfoResponse {
    CodeInfoResponse {
        code_id: id,
        creator: info.creator,
        data_hash: info.code_hash,
        instantiate_permission: Some(info.instantiate_config.unwrap_or_default()),
    }
}

/// `QueryCodeInfoResponse`, which the generated types do not have.
#[derive(Clone, PartialEq, Message)]
struct QueryCodeInfoResponse {
    #[prost(uint64, tag = "1")]
    code_id: u64,
    #[prost(string, tag = "2")]
    creator: String,
    #[prost(bytes = "vec", tag = "3")]
    checksum: Vec<u8>,
    #[prost(message, optional, tag = "4")]
    instantiate_permission: Option<AccessConfig>,
    /// The height from which it may be used; 0 if it could be from the beginning. This chain's own.
    #[prost(uint64, tag = "1000")]
    ready_height: u64,
}

/// `QueryWasmLimitsConfigResponse`, which the generated types do not have either.
#[derive(Clone, PartialEq, Message)]
struct QueryWasmLimitsConfigResponse {
    #[prost(string, tag = "1")]
    config: String,
}

fn code_info(state: &View<'_, impl Read>, id: u64) -> Result<QueryCodeInfoResponse, QueryError> {
    let info = find_code(state, id)?;
    Ok(QueryCodeInfoResponse {
        code_id: id,
        ready_height: compiling::ready_height(state, &state::hash_of(&info)?)?,
        creator: info.creator,
        checksum: info.code_hash,
        instantiate_permission: Some(info.instantiate_config.unwrap_or_default()),
    })
}

fn indexed(key: &[u8]) -> Result<String, QueryError> {
    let address = state::indexed_address(key).ok_or_else(|| Fault::corrupt("an index of contracts"))?;
    Ok(address.to_string())
}

fn id(key: &[u8]) -> Result<u64, Fault> {
    let bytes = key.try_into().map_err(|_| Fault::corrupt("a code's key"))?;
    Ok(u64::from_be_bytes(bytes))
}

//! `slsbft.requests.v1.Query`.

use slsbft_proto::requests::v1::{
    QueryAssignedRequest, QueryAssignedResponse, QueryEdgesRequest, QueryEdgesResponse, QueryParamsRequest,
    QueryParamsResponse, QueryRequestRequest, QueryRequestResponse, QueryRequestsRequest,
    QueryRequestsResponse,
};
use slsbft_store::{Read, Space};
use slsbft_types::Address;

use super::{draw, keys, state};
use crate::{
    modules::record,
    query::{
        QueryError, View, answer, operator,
        page::{paginate, paginate_list},
    },
};

pub const SERVICE: &str = "slsbft.requests.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(state::params(state)?),
            })
        }),
        "Request" => answer(request, |r: QueryRequestRequest| {
            let found = state::find(state, r.request_id)?;
            let missing = || {
                QueryError::not_found(format!(
                    "there is no request {}, or it is forgotten",
                    r.request_id
                ))
            };
            Ok(QueryRequestResponse {
                request: Some(found.ok_or_else(missing)?),
            })
        }),
        "Requests" => answer(request, |r: QueryRequestsRequest| {
            let (requests, pagination) =
                paginate(state, Space::Main, keys::REQUEST, r.pagination, |key, value| {
                    Ok(record::decode(value, key)?)
                })?;
            Ok(QueryRequestsResponse {
                requests,
                pagination: Some(pagination),
            })
        }),
        "Assigned" => answer(request, |r: QueryAssignedRequest| assigned(state, r)),
        "Edges" => answer(request, |r: QueryEdgesRequest| {
            let edges = draw::edges(state)?.iter().map(Address::to_string).collect();
            let (edges, pagination) = paginate_list(edges, r.pagination)?;
            Ok(QueryEdgesResponse {
                edges,
                pagination: Some(pagination),
            })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn assigned(
    state: &View<'_, impl Read>,
    request: QueryAssignedRequest,
) -> Result<QueryAssignedResponse, QueryError> {
    let prefix = keys::assigned_to(&operator(&request.edge)?);
    let (requests, pagination) = paginate(state, Space::Main, &prefix, request.pagination, |key, _| {
        Ok(state::queued(state, key)?)
    })?;
    Ok(QueryAssignedResponse {
        requests,
        pagination: Some(pagination),
        height: state.height(),
    })
}

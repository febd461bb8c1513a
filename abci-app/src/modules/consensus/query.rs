//! `cosmos.consensus.v1.Query`.

use prost::Message;
use slsbft_store::Read;
use tendermint_proto::v0_38::types::ConsensusParams;

use super::params;
use crate::query::{QueryError, View, answer};

pub const SERVICE: &str = "cosmos.consensus.v1.Query";

/// `cosmos.consensus.v1.QueryParamsRequest`, which `cosmos-sdk-proto` leaves out.
#[derive(Clone, PartialEq, Message)]
struct QueryParamsRequest {}

/// `cosmos.consensus.v1.QueryParamsResponse`.
#[derive(Clone, PartialEq, Message)]
struct QueryParamsResponse {
    #[prost(message, optional, tag = "1")]
    params: Option<ConsensusParams>,
}

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(params(state)?),
            })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

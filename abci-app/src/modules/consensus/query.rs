//! `cosmos.consensus.v1.Query`.

use cosmos_sdk_proto::cosmos::consensus::v1::{QueryParamsRequest, QueryParamsResponse};
use prost::Message;
use slsbft_store::Snapshot;

use super::params;
use crate::query::{QueryError, answer};

pub const SERVICE: &str = "cosmos.consensus.v1.Query";

/// Answers one method of the service.
pub fn query(state: &Snapshot, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| {
            // Same wire form, another generated type.
            let params = params(state)?.encode_to_vec();
            Ok(QueryParamsResponse { params: Some(Message::decode(params.as_slice())?) })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

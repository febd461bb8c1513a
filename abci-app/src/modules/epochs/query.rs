//! `slsbft.epochs.v1.Query`.

use slsbft_proto::epochs::v1::{
    QueryCurrentEpochRequest, QueryCurrentEpochResponse, QueryParamsRequest, QueryParamsResponse,
};
use slsbft_store::Read;

use super::{current, params};
use crate::query::{QueryError, View, answer};

pub const SERVICE: &str = "slsbft.epochs.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "CurrentEpoch" => answer(request, |_: QueryCurrentEpochRequest| {
            let epoch = current(state)?;
            Ok(QueryCurrentEpochResponse {
                epoch: epoch.number,
                first_height: epoch.first_height,
                last_height: epoch.last_height,
                started_at: Some(epoch.started_at.into()),
            })
        }),
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(params(state)?),
            })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

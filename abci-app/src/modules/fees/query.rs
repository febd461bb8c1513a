//! `slsbft.fees.v1.Query`.

use slsbft_proto::fees::v1::{
    QueryCollectedRequest, QueryCollectedResponse, QueryParamsRequest, QueryParamsResponse,
};
use slsbft_store::Read;

use super::{Fees, Params};
use crate::{
    modules::{auth::Auth, bank::Bank},
    query::{QueryError, View, answer},
};

pub const SERVICE: &str = "slsbft.fees.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(Params::load(state)?.to_proto()),
            })
        }),
        "Collected" => answer(request, |_: QueryCollectedRequest| {
            let amount = Fees::new(Bank::new(Auth)).collected(state)?.to_string();
            Ok(QueryCollectedResponse { amount })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

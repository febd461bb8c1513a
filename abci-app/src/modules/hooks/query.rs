//! `slsbft.hooks.v1.Query`.

use prost::Message;
use slsbft_proto::hooks::v1::{
    QueryInboxRequest, QueryInboxResponse, QuerySubscriptionsRequest, QuerySubscriptionsResponse, Waiting,
};
use slsbft_store::{Read, Space};
use slsbft_types::Address;

use super::{keys, subscriptions};
use crate::{
    errors::Fault,
    query::{QueryError, View, answer, page::paginate},
};

pub const SERVICE: &str = "slsbft.hooks.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Subscriptions" => answer(request, |r: QuerySubscriptionsRequest| {
            Ok(QuerySubscriptionsResponse {
                subscriptions: subscriptions::of(state, &contract(&r.contract)?)?,
            })
        }),
        "Inbox" => answer(request, |r: QueryInboxRequest| {
            let prefix = keys::inbox(&contract(&r.contract)?);
            let (waiting, pagination) = paginate(state, Space::Main, &prefix, r.pagination, |_, value| {
                Waiting::decode(value).map_err(|_| Fault::corrupt("a contract's message").into())
            })?;
            Ok(QueryInboxResponse {
                waiting,
                pagination: Some(pagination),
            })
        }),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn contract(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32(text).map_err(QueryError::invalid)
}

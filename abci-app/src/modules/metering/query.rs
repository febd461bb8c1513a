//! `slsbft.metering.v1.Query`.

use cosmos_sdk_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use prost::Message;
use slsbft_proto::metering::v1::{
    self, QueryDealRequest, QueryDealResponse, QueryDealsRequest, QueryDealsResponse, QueryOfferRequest,
    QueryOfferResponse, QueryOffersRequest, QueryOffersResponse, QueryParamsRequest, QueryParamsResponse,
};
use slsbft_store::{Read, Space};
use slsbft_types::Address;

use super::{deals, keys, state};
use crate::{
    errors::{ExecError, Fault},
    modules::record,
    query::{QueryError, View, answer, page::paginate},
};

pub const SERVICE: &str = "slsbft.metering.v1.Query";

/// Answers one method of the service.
pub fn query(state: &View<'_, impl Read>, method: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
    match method {
        "Params" => answer(request, |_: QueryParamsRequest| {
            Ok(QueryParamsResponse {
                params: Some(v1::Params::from(&state::params(state)?)),
            })
        }),
        "Offer" => answer(request, |r: QueryOfferRequest| {
            let offer = state::offer(state, r.offer_id)?;
            let offer =
                offer.ok_or_else(|| QueryError::not_found(format!("offer {} not found", r.offer_id)))?;
            Ok(QueryOfferResponse {
                offer: Some(v1::Offer::from(&offer)),
            })
        }),
        "Offers" => answer(request, |r| offers(state, r)),
        "Deal" => answer(request, |r: QueryDealRequest| {
            let deal = deals::deal(state, r.deal_id).map_err(|error| match error {
                ExecError::Tx(error) => QueryError::not_found(error),
                ExecError::Fault(fault) => fault.into(),
            })?;
            Ok(QueryDealResponse {
                deal: Some(v1::Deal::from(&deal)),
            })
        }),
        "Deals" => answer(request, |r| deals(state, r)),
        other => Err(QueryError::unimplemented(other)),
    }
}

fn offers(
    state: &View<'_, impl Read>,
    request: QueryOffersRequest,
) -> Result<QueryOffersResponse, QueryError> {
    let (offers, pagination) = match request.provider.as_str() {
        "" => records(state, keys::OFFER, request.pagination),
        provider => indexed(
            state,
            &keys::offers_of(&address(provider)?),
            keys::offer,
            request.pagination,
        ),
    }?;
    Ok(QueryOffersResponse {
        offers,
        pagination: Some(pagination),
    })
}

fn deals(state: &View<'_, impl Read>, request: QueryDealsRequest) -> Result<QueryDealsResponse, QueryError> {
    let index = match (
        request.provider.as_str(),
        request.consumer.as_str(),
        request.offer_id,
    ) {
        ("", "", 0) => None,
        (provider, "", 0) => Some(keys::deals_of_provider(&address(provider)?)),
        ("", consumer, 0) => Some(keys::deals_of_consumer(&address(consumer)?)),
        ("", "", offer) => Some(keys::deals_of_offer(offer)),
        _ => {
            return Err(QueryError::invalid(
                "give at most one of provider, consumer and offer_id",
            ));
        }
    };
    let (deals, pagination) = match index {
        None => records(state, keys::DEAL, request.pagination),
        Some(prefix) => indexed(state, &prefix, keys::deal, request.pagination),
    }?;
    Ok(QueryDealsResponse {
        deals,
        pagination: Some(pagination),
    })
}

type Page<M> = (Vec<M>, PageResponse);

/// A page of records, which are stored as they are returned.
fn records<M: Message + Default>(
    state: &View<'_, impl Read>,
    prefix: &[u8],
    page: Option<PageRequest>,
) -> Result<Page<M>, QueryError> {
    paginate(state, Space::Main, prefix, page, |key, value| {
        Ok(record::decode(value, key)?)
    })
}

/// A page of the records that an index names.
fn indexed<M: Message + Default>(
    state: &View<'_, impl Read>,
    prefix: &[u8],
    record_key: fn(u64) -> Vec<u8>,
    page: Option<PageRequest>,
) -> Result<Page<M>, QueryError> {
    paginate(state, Space::Main, prefix, page, |entry, _| {
        let key = record_key(keys::id_of(entry).ok_or_else(|| Fault::corrupt("metering's index"))?);
        let value = state
            .get(Space::Main, &key)?
            .ok_or_else(|| Fault::corrupt("metering's index"))?;
        Ok(record::decode(&value, &key)?)
    })
}

fn address(text: &str) -> Result<Address, QueryError> {
    Address::from_bech32(text).map_err(QueryError::invalid)
}

//! Reading offers, deals and the rules of metering.

use slsbft_proto::metering::v1::{
    Deal, Offer, Params, QueryDealRequest, QueryDealsRequest, QueryOfferRequest, QueryOffersRequest,
    QueryParamsRequest, query_client::QueryClient,
};
use slsbft_types::Address;

use super::{Client, ClientError, query::Pages};

/// Which deals to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DealsOf {
    Everyone,
    Provider(Address),
    Consumer(Address),
    Offer(u64),
}

impl Client {
    pub async fn metering_params(&self) -> Result<Params, ClientError> {
        let answer = QueryClient::new(self.channel())
            .params(QueryParamsRequest {})
            .await;
        answer
            .map_err(|s| self.failed(s))?
            .into_inner()
            .params
            .ok_or_else(|| self.without("parameters"))
    }

    pub async fn offer(&self, offer_id: u64) -> Result<Offer, ClientError> {
        let answer = QueryClient::new(self.channel())
            .offer(QueryOfferRequest { offer_id })
            .await;
        answer
            .map_err(|s| self.failed(s))?
            .into_inner()
            .offer
            .ok_or_else(|| self.without("an offer"))
    }

    /// All offers, or those of a provider; at most 10,000.
    pub async fn offers(&self, provider: Option<&Address>) -> Result<Vec<Offer>, ClientError> {
        let mut service = QueryClient::new(self.channel());
        let mut pages = Pages::default();
        let mut all = Vec::new();
        while let Some(pagination) = pages.next(all.len()) {
            let provider = provider.map(ToString::to_string).unwrap_or_default();
            let answer = service.offers(QueryOffersRequest { provider, pagination }).await;
            let answer = answer.map_err(|s| self.failed(s))?.into_inner();
            all.extend(answer.offers);
            pages.read(answer.pagination.map(|page| page.next_key.into()));
        }
        Ok(all)
    }

    pub async fn deal(&self, deal_id: u64) -> Result<Deal, ClientError> {
        let answer = QueryClient::new(self.channel())
            .deal(QueryDealRequest { deal_id })
            .await;
        answer
            .map_err(|s| self.failed(s))?
            .into_inner()
            .deal
            .ok_or_else(|| self.without("a deal"))
    }

    /// Open and closing deals; at most 10,000.
    pub async fn deals(&self, of: DealsOf) -> Result<Vec<Deal>, ClientError> {
        let mut service = QueryClient::new(self.channel());
        let mut pages = Pages::default();
        let mut all = Vec::new();
        while let Some(pagination) = pages.next(all.len()) {
            let mut request = QueryDealsRequest {
                pagination,
                ..Default::default()
            };
            match of {
                DealsOf::Everyone => {}
                DealsOf::Provider(address) => request.provider = address.to_string(),
                DealsOf::Consumer(address) => request.consumer = address.to_string(),
                DealsOf::Offer(id) => request.offer_id = id,
            }
            let answer = service
                .deals(request)
                .await
                .map_err(|s| self.failed(s))?
                .into_inner();
            all.extend(answer.deals);
            pages.read(answer.pagination.map(|page| page.next_key.into()));
        }
        Ok(all)
    }
}

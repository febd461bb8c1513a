//! Reading questions to the world outside.

use slsbft_proto::requests::v1::{
    Params, QueryAssignedRequest, QueryEdgesRequest, QueryParamsRequest, QueryRequestRequest,
    QueryRequestsRequest, Request, query_client::QueryClient,
};
use slsbft_types::Address;
use tonic::transport::Channel;

use super::{Client, ClientError, MAX_ANSWER_BYTES};

impl Client {
    fn requests_queries(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub async fn requests_params(&self) -> Result<Params, ClientError> {
        let answer = self.requests_queries().params(QueryParamsRequest {}).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    pub async fn request(&self, request_id: u64) -> Result<Request, ClientError> {
        let answer = self
            .requests_queries()
            .request(QueryRequestRequest { request_id })
            .await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.request.ok_or_else(|| self.without("a request"))
    }

    /// All that are not forgotten; at most 10,000.
    pub async fn requests(&self) -> Result<Vec<Request>, ClientError> {
        self.every(async |pagination| {
            let request = QueryRequestsRequest { pagination };
            let answer = self.requests_queries().requests(request).await?.into_inner();
            Ok((answer.requests, answer.pagination))
        })
        .await
    }

    /// Unfinished requests for which a node was drawn, and a height at which they were.
    pub async fn assigned_requests(&self, edge: &Address) -> Result<(u64, Vec<Request>), ClientError> {
        let mut height = u64::MAX;
        let requests = self
            .every(async |pagination| {
                let edge = edge.to_string();
                let request = QueryAssignedRequest { edge, pagination };
                let answer = self.requests_queries().assigned(request).await?.into_inner();
                height = height.min(answer.height);
                Ok((answer.requests, answer.pagination))
            })
            .await?;
        Ok((height, requests))
    }

    /// Nodes that can be drawn in the running epoch.
    pub async fn edges(&self) -> Result<Vec<String>, ClientError> {
        self.every(async |pagination| {
            let request = QueryEdgesRequest { pagination };
            let answer = self.requests_queries().edges(request).await?.into_inner();
            Ok((answer.edges, answer.pagination))
        })
        .await
    }
}

//! Reading mining rewards.

use slsbft_proto::incentives::v1::{
    Params, QueryEarnedRequest, QueryEarnedResponse, QueryParamsRequest, QueryPoolsRequest,
    QueryPoolsResponse, query_client::QueryClient,
};
use slsbft_types::Address;

use super::{Client, ClientError};

impl Client {
    pub async fn incentives_params(&self) -> Result<Params, ClientError> {
        let answer = QueryClient::new(self.channel())
            .params(QueryParamsRequest {})
            .await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    /// What is left to release, what rolls over, and the last epoch's reward.
    pub async fn incentives_pools(&self) -> Result<QueryPoolsResponse, ClientError> {
        let answer = QueryClient::new(self.channel()).pools(QueryPoolsRequest {}).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// What an account has earned and not withdrawn.
    pub async fn earned(&self, account: &Address) -> Result<QueryEarnedResponse, ClientError> {
        let account = account.to_string();
        let answer = QueryClient::new(self.channel())
            .earned(QueryEarnedRequest { account })
            .await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }
}

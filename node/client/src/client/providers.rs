//! Reading providers, service levels and audits. A provider is named by its account,
//! a validator by its operator's.

use slsbft_proto::service::v1::{
    Level, Params, Provider, QueryAssignmentRequest, QueryAssignmentResponse, QueryComputeTaskRequest,
    QueryComputeTaskResponse, QueryLevelRequest, QueryLevelsRequest, QueryParamsRequest,
    QueryProviderRequest, QueryProviderResponse, QueryProvidersRequest, QueryVerdictRequest,
    QueryVerdictResponse, query_client::QueryClient,
};
use slsbft_types::Address;
use tonic::transport::Channel;

use super::{Client, ClientError, MAX_ANSWER_BYTES};

impl Client {
    fn services(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub async fn service_params(&self) -> Result<Params, ClientError> {
        let answer = self.services().params(QueryParamsRequest {}).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    /// A provider and its service level.
    pub async fn provider(&self, provider: &Address) -> Result<QueryProviderResponse, ClientError> {
        let address = provider.to_string();
        let answer = self.services().provider(QueryProviderRequest { address }).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// All providers, or those with a tag; at most 10,000.
    pub async fn providers(&self, tag: Option<&str>) -> Result<Vec<Provider>, ClientError> {
        let tag = tag.unwrap_or_default();
        self.every(async |pagination| {
            let tag = tag.to_owned();
            let request = QueryProvidersRequest { tag, pagination };
            let answer = self.services().providers(request).await?.into_inner();
            Ok((answer.providers, answer.pagination))
        })
        .await
    }

    /// The service level of a provider or validator.
    pub async fn service_level(&self, account: &Address) -> Result<Level, ClientError> {
        let address = account.to_string();
        let answer = self.services().level(QueryLevelRequest { address }).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.level.ok_or_else(|| self.without("a service level"))
    }

    /// All service levels; at most 10,000.
    pub async fn service_levels(&self) -> Result<Vec<Level>, ClientError> {
        self.every(async |pagination| {
            let request = QueryLevelsRequest { pagination };
            let answer = self.services().levels(request).await?.into_inner();
            Ok((answer.levels, answer.pagination))
        })
        .await
    }

    /// Whom an auditor has to audit in the running epoch.
    pub async fn audit_assignment(&self, auditor: &Address) -> Result<QueryAssignmentResponse, ClientError> {
        let auditor = auditor.to_string();
        let answer = self
            .services()
            .assignment(QueryAssignmentRequest { auditor })
            .await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// What the audits of the last finished epoch found about a provider.
    pub async fn audit_verdict(&self, provider: &Address) -> Result<QueryVerdictResponse, ClientError> {
        let address = provider.to_string();
        let answer = self.services().verdict(QueryVerdictRequest { address }).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// What a provider has to compute in the running epoch.
    pub async fn compute_task(&self, provider: &Address) -> Result<QueryComputeTaskResponse, ClientError> {
        let address = provider.to_string();
        let request = QueryComputeTaskRequest { address };
        let answer = self.services().compute_task(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }
}

//! Reading who was elected, and why.

use slsbft_proto::election::v1::{
    Params, QueryCandidateRequest, QueryCandidateResponse, QueryElectionRequest, QueryElectionResponse,
    QueryParamsRequest, QuerySnapshotRequest, Standing, query_client::QueryClient,
};
use slsbft_types::Address;
use tonic::transport::Channel;

use super::{Client, ClientError, MAX_ANSWER_BYTES};

impl Client {
    fn elections(&self) -> QueryClient<Channel> {
        QueryClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub async fn election_params(&self) -> Result<Params, ClientError> {
        let answer = self.elections().params(QueryParamsRequest {}).await;
        let answer = answer.map_err(|s| self.failed(s))?.into_inner();
        answer.params.ok_or_else(|| self.without("parameters"))
    }

    /// The election that the end of an epoch made; the latest if none is named.
    pub async fn election(&self, epoch: Option<u64>) -> Result<QueryElectionResponse, ClientError> {
        let request = QueryElectionRequest {
            epoch: epoch.unwrap_or_default(),
        };
        let answer = self.elections().election(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// Where a candidate stood, and what the next election will see of it.
    pub async fn candidate(&self, operator: &Address) -> Result<QueryCandidateResponse, ClientError> {
        let operator = operator.to_validator_bech32();
        let answer = self
            .elections()
            .candidate(QueryCandidateRequest { operator })
            .await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner())
    }

    /// The candidates at the last boundary, which the next election is drawn from; at
    /// most 10,000.
    pub async fn election_snapshot(&self) -> Result<Vec<Standing>, ClientError> {
        self.every(async |pagination| {
            let request = QuerySnapshotRequest { pagination };
            let answer = self.elections().snapshot(request).await?.into_inner();
            Ok((answer.standings, answer.pagination))
        })
        .await
    }
}

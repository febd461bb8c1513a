//! Reading what contracts are called for.

use slsbft_proto::hooks::v1::{
    QueryInboxRequest, QuerySubscriptionsRequest, Subscription, Waiting, query_client::QueryClient,
};
use slsbft_types::Address;

use super::{Client, ClientError};

impl Client {
    pub async fn subscriptions(&self, contract: &Address) -> Result<Vec<Subscription>, ClientError> {
        let contract = contract.to_string();
        let request = QuerySubscriptionsRequest { contract };
        let answer = QueryClient::new(self.channel()).subscriptions(request).await;
        Ok(answer.map_err(|s| self.failed(s))?.into_inner().subscriptions)
    }

    /// Calls of a contract that wait for their turn.
    pub async fn inbox(&self, contract: &Address) -> Result<Vec<Waiting>, ClientError> {
        self.every(async |pagination| {
            let contract = contract.to_string();
            let request = QueryInboxRequest { contract, pagination };
            let answer = QueryClient::new(self.channel()).inbox(request).await?;
            let answer = answer.into_inner();
            Ok((answer.waiting, answer.pagination))
        })
        .await
    }
}

//! The chain behind a node's gRPC port.

use std::time::Duration;

use slsbft_client::{Client, ClientError, SigningKey, Submitter, TxBuilder, client::DealsOf};
use slsbft_proto::metering::v1::{ClaimVerdict, Deal, MsgClaim, MsgClaimResponse, Offer, SignedVoucher};
use slsbft_types::Address;

use super::chain::{Chain, ChainError};

/// Until a question to the node is given up.
const QUESTION: Duration = Duration::from_secs(10);

/// A node, and the account that claims.
pub struct RemoteChain {
    client: Client,
    submitter: Submitter,
    provider: Address,
}

impl RemoteChain {
    pub async fn new(client: Client, key: SigningKey) -> Result<Self, ClientError> {
        let provider = key.address();
        let submitter = Submitter::new(client.clone(), key).await?;
        Ok(Self {
            client,
            submitter,
            provider,
        })
    }
}

/// Asks the node; `None` if what was asked for is not there.
async fn ask<T>(question: impl Future<Output = Result<T, ClientError>>) -> Result<Option<T>, ChainError> {
    match tokio::time::timeout(QUESTION, question).await {
        Ok(Ok(answer)) => Ok(Some(answer)),
        Ok(Err(ClientError::NotFound(_))) => Ok(None),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(ChainError::Unreachable(format!(
            "no answer within {} s",
            QUESTION.as_secs()
        ))),
    }
}

impl From<ClientError> for ChainError {
    fn from(error: ClientError) -> Self {
        match &error {
            ClientError::Refused { .. } | ClientError::Failed { .. } | ClientError::Build(_) => {
                Self::Refused(error.to_string())
            }
            ClientError::Answer { .. } => Self::Answer(error.to_string()),
            _ => Self::Unreachable(error.to_string()),
        }
    }
}

#[tonic::async_trait]
impl Chain for RemoteChain {
    async fn chain_id(&self) -> Result<String, ChainError> {
        let missing = || ChainError::Answer("no chain id".into());
        ask(self.client.chain_id()).await?.ok_or_else(missing)
    }

    fn provider(&self) -> String {
        self.provider.to_string()
    }

    async fn offer(&self, id: u64) -> Result<Option<Offer>, ChainError> {
        ask(self.client.offer(id)).await
    }

    async fn deal(&self, id: u64) -> Result<Option<Deal>, ChainError> {
        ask(self.client.deal(id)).await
    }

    async fn deals(&self, offer_id: u64) -> Result<Vec<Deal>, ChainError> {
        Ok(ask(self.client.deals(DealsOf::Offer(offer_id)))
            .await?
            .unwrap_or_default())
    }

    async fn claim(&self, vouchers: Vec<SignedVoucher>) -> Result<Vec<ClaimVerdict>, ChainError> {
        let claim = MsgClaim {
            provider: self.provider.to_string(),
            vouchers,
        };
        let outcome = self.submitter.send(TxBuilder::of(&claim)).await?;
        let answer: MsgClaimResponse = outcome.message_response(0).ok_or_else(|| {
            ChainError::Answer(format!("transaction {} has no claim results", outcome.hash))
        })?;
        Ok(answer.results.iter().map(|result| result.verdict()).collect())
    }
}

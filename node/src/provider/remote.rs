//! The chain behind a node's gRPC port.

use std::time::Duration;

use slsbft_client::{
    Client, ClientError, SigningKey, Submitted, Submitter, TxBuilder,
    client::{DealsOf, Head},
};
use slsbft_proto::metering::v1::{ClaimVerdict, Deal, MsgClaim, MsgClaimResponse, Offer, SignedVoucher};
use slsbft_proto::service::v1::MsgCommitCompute;
use slsbft_types::Address;
use tokio::sync::Mutex;

use super::{
    chain::{Chain, ChainError},
    compute::{Assigned, Tasks},
};

/// Until a question to the node is given up.
const QUESTION: Duration = Duration::from_secs(10);
/// How long a claim may take to get into a block, as a rule.
pub const INCLUSION: Duration = Duration::from_secs(60);

/// A node, and the account that claims.
pub struct RemoteChain {
    client: Client,
    submitter: Submitter,
    key: SigningKey,
    provider: Address,
    inclusion: Duration,
    /// A claim that the node has taken and that was in no block in time.
    pending: Mutex<Option<Submitted>>,
}

impl RemoteChain {
    /// Claims are waited for as long as `inclusion`, see [`INCLUSION`].
    pub async fn new(client: Client, key: SigningKey, inclusion: Duration) -> Result<Self, ClientError> {
        let provider = key.address();
        let submitter = Submitter::new(client.clone(), key.clone()).await?;
        Ok(Self {
            client,
            submitter,
            key,
            provider,
            inclusion,
            pending: Mutex::default(),
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

    async fn head(&self) -> Result<Head, ChainError> {
        let missing = || ChainError::Answer("no latest block".into());
        ask(self.client.head()).await?.ok_or_else(missing)
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
        // Gas depends on the transaction alone, so no headroom is paid for.
        let tx = self
            .client
            .with_exact_fee(TxBuilder::of(&claim), &self.key)
            .await?;
        let mut submitted = self.submitter.submit(tx).await?;
        let outcome = match submitted.settled(self.inclusion).await {
            Err(error @ ClientError::NotIncluded { .. }) => {
                *self.pending.lock().await = Some(submitted);
                return Err(error.into());
            }
            outcome => outcome?,
        };
        let answer: MsgClaimResponse = outcome.message_response(0).ok_or_else(|| {
            ChainError::Answer(format!("transaction {} has no claim results", outcome.hash))
        })?;
        Ok(answer.results.iter().map(|result| result.verdict()).collect())
    }

    async fn settled(&self) -> Result<(), ChainError> {
        let mut pending = self.pending.lock().await;
        let Some(claim) = pending.as_mut() else {
            return Ok(());
        };
        if let Err(error @ ClientError::NotIncluded { .. }) = claim.settled(self.inclusion).await {
            return Err(error.into());
        }
        // Whatever became of it, the deals on the chain show it.
        *pending = None;
        Ok(())
    }
}

#[tonic::async_trait]
impl Tasks for RemoteChain {
    async fn assigned(&self) -> Result<Option<Assigned>, ChainError> {
        match ask(self.client.compute_task(&self.provider)).await? {
            Some(task) => Assigned::read(&task, self.provider),
            None => Ok(None),
        }
    }

    async fn commit(&self, epoch: u64, root: [u8; 32], until: u64) -> Result<(), ChainError> {
        let commitment = MsgCommitCompute {
            provider: self.provider.to_string(),
            epoch,
            root: root.to_vec().into(),
        };
        let tx = TxBuilder::of(&commitment).timeout_height(until);
        let tx = self.client.with_exact_fee(tx, &self.key).await?;
        self.submitter.submit(tx).await?.wait(self.inclusion).await?;
        Ok(())
    }
}

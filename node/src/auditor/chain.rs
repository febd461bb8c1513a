//! The account that audits, and the node that takes its transactions.

use std::time::Duration;

use slsbft_client::{
    Client, ClientError, SigningKey, SubmitConfig, Submitted, Submitter, TxBuilder, client::Assignment,
};
use slsbft_types::Address;

use super::book::Held;

/// What an answer may take if the chain does not say: the default of its parameter.
const PATIENCE: Duration = Duration::from_millis(2_000);

/// Why a transaction is not in a block.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("account {account} cannot pay the fee: {reason}. Send it some coins")]
    Poor { account: String, reason: String },
    #[error("the last transaction is in no block yet")]
    Unsettled,
    #[error(
        "the node's latest block is old: it is catching up, the chain stands still, or this clock is wrong"
    )]
    Stale,
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// A node, and the account that audits.
pub struct Chain {
    client: Client,
    key: SigningKey,
    submitter: Submitter,
    chain_id: String,
    inclusion: Duration,
    /// Taken by the node, fate unknown.
    pending: Option<Submitted>,
}

impl Chain {
    /// Looks up chain and account, which must exist.
    pub async fn new(client: Client, key: SigningKey) -> Result<Self, ClientError> {
        // Windows are short: what does not go through soon is looked at anew.
        let config = SubmitConfig {
            patience: Duration::from_secs(15),
            inclusion: Duration::from_secs(30),
            ..SubmitConfig::default()
        };
        Ok(Self {
            chain_id: client.chain_id().await?,
            submitter: Submitter::with_config(client.clone(), key.clone(), config).await?,
            client,
            key,
            inclusion: config.inclusion,
            pending: None,
        })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// The account that audits; bech32.
    pub fn account(&self) -> String {
        self.key.address().to_string()
    }

    /// What there is to audit in the running epoch.
    pub async fn assignment(&self) -> Result<Assignment, ClientError> {
        self.client.assignment(&self.key.address()).await
    }

    /// How long an answer may take before it is worth nothing.
    pub async fn patience(&self) -> Duration {
        match self.client.service_params().await {
            Ok(params) => Duration::from_millis(params.bad_latency_ms.into()),
            Err(error) => {
                tracing::warn!(%error, "parameters are unknown; an answer may take {PATIENCE:?}");
                PATIENCE
            }
        }
    }

    /// Waits until it is known what became of the last transaction; whatever it was, the chain
    /// shows it. An error while it is not known.
    pub async fn settled(&mut self) -> Result<(), SendError> {
        if let Some(pending) = &mut self.pending
            && let Err(ClientError::NotIncluded { .. }) = pending.settled(self.inclusion).await
        {
            return Err(SendError::Unsettled);
        }
        self.pending = None;
        Ok(())
    }

    /// Commits to a report, in a block up to height `until` or never.
    pub async fn commit(&mut self, held: &Held, until: u64) -> Result<(), SendError> {
        self.send(TxBuilder::of(&held.commitment(self.account())), until)
            .await
    }

    /// Reveals a report, in a block up to height `until` or never.
    pub async fn reveal(&mut self, held: &Held, until: u64) -> Result<(), SendError> {
        self.send(TxBuilder::of(&held.revelation(self.account())), until)
            .await
    }

    /// Sends a transaction, in a block up to height `until` or never.
    pub async fn send(&mut self, tx: TxBuilder, until: u64) -> Result<(), SendError> {
        let tx = tx.timeout_height(until);
        // Gas depends on the transaction alone, so no headroom is paid for.
        let tx = self.client.with_exact_fee(tx, &self.key).await?;
        let mut submitted = self
            .submitter
            .submit(tx)
            .await
            .map_err(|error| self.poor(error))?;
        match submitted.settled(self.inclusion).await {
            Ok(outcome) => {
                tracing::info!(tx = %outcome.hash, height = outcome.height, "in a block");
                Ok(())
            }
            Err(ClientError::NotIncluded { .. }) => {
                self.pending = Some(submitted);
                Err(SendError::Unsettled)
            }
            Err(error) => Err(self.poor(error)),
        }
    }

    fn poor(&self, error: ClientError) -> SendError {
        match error.failure() {
            Some(failure) if failure.is_insufficient_funds() => SendError::Poor {
                account: self.account(),
                reason: failure.log.clone(),
            },
            _ => error.into(),
        }
    }
}

//! Sending transactions: simulate, broadcast, look up, wait for inclusion.

use std::time::Duration;

use cosmos_sdk_proto::cosmos::{
    base::abci::v1beta1::{TxMsgData, TxResponse},
    tx::v1beta1::{
        BroadcastMode, BroadcastTxRequest, GetTxRequest, SimulateRequest, service_client::ServiceClient,
    },
};
use prost::{Message, Name};
use tokio::time::{Instant, sleep};
use tonic::Code;

use super::{Client, ClientError, MAX_ANSWER_BYTES, TxFailure};
use crate::{
    keys::SigningKey,
    tx::{SignedTx, SignerData, TxBuilder, TxHash, adjusted_gas},
};

/// First and longest pause between two looks for a transaction.
const POLL: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// A transaction that succeeded in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct TxOutcome {
    pub hash: TxHash,
    pub height: u64,
    pub gas_used: u64,
    /// The node's whole answer: events, gas, the transaction itself.
    pub response: TxResponse,
}

impl TxOutcome {
    /// The answer to the transaction's n-th message, if it has that type.
    pub fn message_response<M: Message + Name + Default>(&self, index: usize) -> Option<M> {
        let data = hex::decode(&self.response.data).ok()?;
        let data = TxMsgData::decode(data.as_slice()).ok()?;
        let answer = data
            .msg_responses
            .get(index)
            .filter(|any| any.type_url == M::type_url())?;
        M::decode(answer.value.as_slice()).ok()
    }
}

impl Client {
    /// The gas that a transaction would use, by running it on the latest state.
    /// Use [`crate::tx::adjusted_gas`] of it as gas limit.
    pub async fn simulate(&self, tx: &TxBuilder, signers: &[SignerData]) -> Result<u64, ClientError> {
        #[expect(deprecated, reason = "the field `tx` exists in the type and stays empty")]
        let request = SimulateRequest {
            tx: None,
            tx_bytes: tx.for_simulation(signers),
        };
        let answer = ServiceClient::new(self.channel())
            .simulate(request)
            .await
            .map_err(|s| self.failed(s))?;
        let gas = answer
            .into_inner()
            .gas_info
            .ok_or_else(|| self.without("a gas figure"))?;
        Ok(gas.gas_used)
    }

    /// Sets gas limit and fee of a transaction of one signer by simulating it.
    pub async fn with_estimated_fee(
        &self,
        tx: TxBuilder,
        key: &SigningKey,
    ) -> Result<TxBuilder, ClientError> {
        let gas = self.simulate_for(&tx, key).await?;
        Ok(tx.gas(adjusted_gas(gas)))
    }

    /// The same without headroom, for messages whose gas depends on the transaction alone.
    pub async fn with_exact_fee(&self, tx: TxBuilder, key: &SigningKey) -> Result<TxBuilder, ClientError> {
        let gas = self.simulate_for(&tx, key).await?;
        Ok(tx.gas(gas))
    }

    async fn simulate_for(&self, tx: &TxBuilder, key: &SigningKey) -> Result<u64, ClientError> {
        let account = self.account(&key.address()).await?;
        let signer = SignerData::of(key, account.number, account.sequence);
        self.simulate(tx, &[signer]).await
    }

    /// Hands a transaction to the node and returns once its mempool has it: whether
    /// it has taken it now (`false`: it held the same bytes already).
    pub async fn broadcast(&self, tx: &SignedTx) -> Result<bool, ClientError> {
        let request = BroadcastTxRequest {
            tx_bytes: tx.bytes().to_vec(),
            mode: BroadcastMode::Sync.into(),
        };
        let answer = ServiceClient::new(self.channel())
            .broadcast_tx(request)
            .await
            .map_err(|s| self.failed(s))?;
        let response = answer
            .into_inner()
            .tx_response
            .ok_or_else(|| self.without("a verdict"))?;
        match failure(&response) {
            Some(failure) if !failure.is_already_known() => Err(ClientError::Refused {
                hash: tx.hash(),
                failure,
            }),
            known => Ok(known.is_none()),
        }
    }

    /// A transaction's fate, or `None` while it is in no block that the node
    /// has indexed. One that failed in its block is an error, [`ClientError::Failed`].
    pub async fn find_tx(&self, hash: TxHash) -> Result<Option<TxOutcome>, ClientError> {
        let response = match self.tx_response(hash).await {
            Ok(response) => response,
            Err(ClientError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let height = u64::try_from(response.height).unwrap_or_default();
        if let Some(failure) = failure(&response) {
            return Err(ClientError::Failed {
                hash,
                height,
                failure,
            });
        }
        let gas_used = u64::try_from(response.gas_used).unwrap_or_default();
        Ok(Some(TxOutcome {
            hash,
            height,
            gas_used,
            response,
        }))
    }

    /// The node's record of a transaction in a block, succeeded or failed.
    pub async fn tx_response(&self, hash: TxHash) -> Result<TxResponse, ClientError> {
        let mut service = ServiceClient::new(self.channel()).max_decoding_message_size(MAX_ANSWER_BYTES);
        match service
            .get_tx(GetTxRequest {
                hash: hash.to_string(),
            })
            .await
        {
            Ok(answer) => answer
                .into_inner()
                .tx_response
                .ok_or_else(|| self.without("a transaction")),
            Err(status) if status.code() == Code::NotFound => Err(ClientError::NotFound(format!(
                "transaction {hash} is in no block that this node has indexed"
            ))),
            Err(status) => Err(self.failed(status)),
        }
    }

    /// Waits until a transaction is in a block. A node that is away for a while
    /// does not end the wait; the deadline does, with [`ClientError::NotIncluded`].
    pub async fn wait_for(&self, hash: TxHash, at_most: Duration) -> Result<TxOutcome, ClientError> {
        let deadline = Instant::now() + at_most;
        let (mut pause, longest) = POLL;
        loop {
            match self.find_tx(hash).await {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => {}
                Err(error) if error.is_transient() => tracing::debug!(%hash, %error, "waiting for inclusion"),
                Err(error) => return Err(error),
            }
            if Instant::now() + pause > deadline {
                return Err(ClientError::NotIncluded {
                    hash,
                    seconds: at_most.as_secs(),
                });
            }
            sleep(pause).await;
            pause = (pause * 3 / 2).min(longest);
        }
    }
}

fn failure(response: &TxResponse) -> Option<TxFailure> {
    (response.code != 0).then(|| TxFailure {
        codespace: response.codespace.clone(),
        code: response.code,
        log: response.raw_log.clone(),
    })
}

//! What the gateway needs from the chain. `remote` asks a node; tests use a
//! chain in memory.

use slsbft_client::client::Head;
use slsbft_proto::metering::v1::{ClaimVerdict, Deal, Offer, SignedVoucher};

/// Why the chain could not be asked, or did not take a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("the chain node does not answer ({0}); check --node and that it is running")]
    Unreachable(String),
    #[error("the chain refused the transaction: {0}")]
    Refused(String),
    #[error("the chain node sent an answer that cannot be used ({0}); check its version")]
    Answer(String),
}

/// The chain as the gateway sees it. Every call is bounded in time.
#[tonic::async_trait]
pub trait Chain: Send + Sync + 'static {
    async fn chain_id(&self) -> Result<String, ChainError>;

    /// The account that claims; bech32.
    fn provider(&self) -> String;

    /// The latest block that the node has seen.
    async fn head(&self) -> Result<Head, ChainError>;

    async fn offer(&self, id: u64) -> Result<Option<Offer>, ChainError>;

    /// `None` if there is no such deal, or it has ended.
    async fn deal(&self, id: u64) -> Result<Option<Deal>, ChainError>;

    /// All deals on an offer that have not ended.
    async fn deals(&self, offer_id: u64) -> Result<Vec<Deal>, ChainError>;

    /// Claims vouchers in one transaction and waits for it to commit. One
    /// verdict for each voucher, in order. An error says nothing about whether
    /// the transaction will still commit: [`Chain::settled`] does.
    async fn claim(&self, vouchers: Vec<SignedVoucher>) -> Result<Vec<ClaimVerdict>, ChainError>;

    /// Waits until it is known what became of an earlier claim that had no
    /// answer; an error while it is not.
    async fn settled(&self) -> Result<(), ChainError>;
}

//! What can go wrong between a program and the chain.

use tonic::Code;

use crate::tx::{TxBuildError, TxHash};

/// The chain's verdict on a transaction that it refused or that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{log} ({codespace} {code})")]
pub struct TxFailure {
    /// `sdk` for what every Cosmos chain knows, else the module.
    pub codespace: String,
    /// Stable within the codespace, never 0.
    pub code: u32,
    /// For people.
    pub log: String,
}

impl TxFailure {
    /// Codespace of what every Cosmos chain knows.
    pub const SDK: &'static str = "sdk";

    pub(crate) fn is_sdk(&self, code: u32) -> bool {
        self.codespace == Self::SDK && self.code == code
    }

    /// The account cannot pay the fee, or what the transaction moves.
    pub fn is_insufficient_funds(&self) -> bool {
        self.is_sdk(5)
    }

    /// The sequence is not the account's next one.
    pub fn is_wrong_sequence(&self) -> bool {
        self.is_sdk(32)
    }

    /// The node holds the same bytes in its mempool already.
    pub fn is_already_known(&self) -> bool {
        self.is_sdk(19)
    }

    /// The node's mempool has no room now.
    pub fn is_mempool_full(&self) -> bool {
        self.is_sdk(20)
    }
}

/// Every failure of this crate that involves a node.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("'{endpoint}' is no gRPC endpoint: {reason}. Expected host:port, for example 127.0.0.1:9090")]
    Endpoint { endpoint: String, reason: String },
    #[error("cannot connect to {endpoint}. Is the node running, and is this its gRPC port (--node)?")]
    Connect {
        endpoint: String,
        source: tonic::transport::Error,
    },
    #[error("{endpoint} does not answer: {reason}. Check the node and try again")]
    Unavailable { endpoint: String, reason: String },
    #[error("{0}")]
    NotFound(String),
    #[error("account {0} does not exist on this chain; send it some coins first")]
    NoAccount(slsbft_types::Address),
    #[error("{endpoint} refused the request: {message} ({code:?})")]
    Status {
        endpoint: String,
        code: Code,
        message: String,
    },
    #[error("{endpoint} answered without {0}; is it a node of another version?", .what)]
    Answer { endpoint: String, what: &'static str },
    /// Refused before it entered a block: it has cost nothing.
    #[error("transaction {hash} was refused: {failure}")]
    Refused { hash: TxHash, failure: TxFailure },
    /// Failed in a block: fee and sequence are used up.
    #[error("transaction {hash} failed in block {height}: {failure}")]
    Failed {
        hash: TxHash,
        height: u64,
        failure: TxFailure,
    },
    #[error(
        "transaction {hash} is not in a block after {seconds} s. It may still get there: see `slsbftd query tx {hash}` before you send it again"
    )]
    NotIncluded { hash: TxHash, seconds: u64 },
    /// The sequence was used by another transaction, so this one never will be.
    #[error(
        "transaction {hash} was displaced: sequence {sequence} was used by another transaction of this account. Does another program use the same key? See `slsbftd query tx {hash}`, then send it again"
    )]
    Displaced { hash: TxHash, sequence: u64 },
    #[error("the submitter of this account has stopped; start the program again")]
    Stopped,
    #[error(transparent)]
    Build(#[from] TxBuildError),
}

impl ClientError {
    pub(crate) fn from_status(endpoint: &str, status: tonic::Status) -> Self {
        let endpoint = endpoint.to_owned();
        let message = status.message().to_owned();
        match status.code() {
            Code::NotFound => Self::NotFound(message),
            // tonic reports a broken connection as one of these, with the cause as source.
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Self::Unavailable {
                endpoint,
                reason: message,
            },
            Code::Unknown | Code::Internal if is_transport(&status) => Self::Unavailable {
                endpoint,
                reason: message,
            },
            code => Self::Status {
                endpoint,
                code,
                message,
            },
        }
    }

    /// Whether the same request may succeed later without any change.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Unavailable { .. } => true,
            Self::Status { code, .. } => matches!(code, Code::ResourceExhausted | Code::Aborted),
            Self::Refused { failure, .. } => failure.is_mempool_full(),
            _ => false,
        }
    }

    /// The chain's verdict, if this is one.
    pub fn failure(&self) -> Option<&TxFailure> {
        match self {
            Self::Refused { failure, .. } | Self::Failed { failure, .. } => Some(failure),
            _ => None,
        }
    }
}

fn is_transport(status: &tonic::Status) -> bool {
    std::error::Error::source(status).is_some()
}

//! What can go wrong when asking CometBFT, and what to do about it.

use url::Url;

/// Why CometBFT's RPC gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    #[error("'{address}' is no RPC address ({reason}); write it as tcp://HOST:PORT")]
    Address { address: String, reason: String },
    #[error(
        "consensus does not answer at {url} ({reason}); it may be starting, replaying blocks or stopped: try again"
    )]
    Unreachable { url: String, reason: String },
    #[error("consensus did not answer at {url} in time; try again")]
    Timeout { url: String },
    #[error("the answer is longer than {limit} bytes; ask for less at once")]
    TooLarge { limit: usize },
    #[error("{method} was answered with HTTP status {status}; is this the address of CometBFT's RPC?")]
    Status { method: &'static str, status: u16 },
    #[error("the answer to {method} cannot be read: {reason}")]
    Malformed { method: &'static str, reason: String },
    /// CometBFT's own words.
    #[error("{method}: {message}")]
    Refused {
        method: &'static str,
        code: i64,
        message: String,
    },
    #[error("the node is stopping")]
    Closed,
}

impl RpcError {
    pub(super) fn http(url: &Url, error: reqwest::Error) -> Self {
        let url = url.to_string();
        if error.is_timeout() {
            return Self::Timeout { url };
        }
        // reqwest's own text repeats the URL; its innermost cause says what happened.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Self::Unreachable {
            url,
            reason: cause.to_string(),
        }
    }
}

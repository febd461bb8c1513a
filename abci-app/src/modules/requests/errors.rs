//! Codespace `requests`. Messages that are wrong in themselves have the codes of `sdk` that every
//! Cosmos client knows.

use slsbft_genesis::requests::MAX_INPUT;
use slsbft_mechanism::request::PathError;
use slsbft_types::Amount;

use super::msg::{MAX_ANSWER, MAX_URL};
use crate::{
    errors::{ExecError, TxError},
    modules::hooks,
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestsError {
    #[error("url: {0}")]
    Url(UrlError),
    #[error(
        "url: this chain does not allow the host {0}; `slsbftd query requests params` lists those it does"
    )]
    Host(String),
    #[error("path: {0}")]
    Path(#[from] PathError),
    #[error("decimals are at most {}", slsbft_mechanism::request::MAX_DECIMALS)]
    Decimals,
    #[error("the fee is {found} uankr, the least is {least}")]
    Fee { found: Amount, least: Amount },
    #[error(
        "{0} is no contract; only a contract can be called back, others set callback_gas to 0 and ask for the answer"
    )]
    NoContract(String),
    #[error("callback_gas must be 0, or {} to {}", hooks::LEAST_LIMIT, hooks::MOST_LIMIT)]
    CallbackGas,
    #[error("{0} requests of this account are not finished, as many as may be; wait for one")]
    TooManyOpen(u32),
    #[error("this block has {0} new requests, as many as it may; send it again")]
    BlockIsFull(u32),
    #[error("there is no request {0}, or it is forgotten")]
    NotFound(u64),
    #[error("request {0} takes no answers: its nodes are not drawn yet, or it is finished")]
    NotOpen(u64),
    #[error("this node was not drawn for request {0}")]
    NotDrawn(u64),
    #[error("a commitment to request {0} is there already, and cannot be changed")]
    Committed(u64),
    #[error("commitments were taken until height {0}")]
    TooLateToCommit(u64),
    #[error("answers are taken once all nodes have committed, or from height {0} on")]
    TooEarlyToReveal(u64),
    #[error("there is no commitment of this node to request {0}, so there is nothing to reveal")]
    NotCommitted(u64),
    #[error("the answer of this node is there already")]
    Revealed,
    #[error("this is not what was committed to: answer, salt, request, node or chain differ")]
    OtherAnswer,
    #[error("an answer has at most {MAX_ANSWER} bytes")]
    LongAnswer,
    #[error("answer is missing: found, unavailable or failed")]
    NoAnswer,
    #[error("a request has either a url with a path, or a task")]
    TwoQuestions,
    #[error("the input of a task has at most {MAX_INPUT} bytes")]
    LongInput,
    #[error("the gas of a task is missing: the most that it may use")]
    NoGas,
    #[error("there is no code {0}; `slsbftd query wasm list-code` lists those there are")]
    NoCode(u64),
    #[error("tasks of this block may use {left} gas more, of {most}; ask for less, or send it again")]
    TaskGas { left: u64, most: u64 },
    #[error("a task is answered with found or failed, a URL with found or unavailable")]
    OtherKind,
}

/// Why a text is no URL that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("has more than {MAX_URL} bytes, or characters that no URL has")]
    Characters,
    #[error("must begin with https://")]
    Scheme,
    #[error("has a user name, or no host")]
    Authority,
    #[error("has a fragment (#…), which no server sees; leave it out")]
    Fragment,
}

impl RequestsError {
    /// Stable: clients match on it.
    pub const fn code(&self) -> u32 {
        match self {
            Self::Url(_) => 2,
            Self::Host(_) => 3,
            Self::Path(_) => 4,
            Self::Decimals => 5,
            Self::Fee { .. } => 6,
            Self::NoContract(_) => 7,
            Self::CallbackGas => 8,
            Self::TooManyOpen(_) => 9,
            Self::BlockIsFull(_) => 10,
            Self::NotFound(_) => 11,
            Self::NotOpen(_) => 12,
            Self::NotDrawn(_) => 13,
            Self::Committed(_) => 14,
            Self::TooLateToCommit(_) => 15,
            Self::TooEarlyToReveal(_) => 16,
            Self::NotCommitted(_) => 17,
            Self::Revealed => 18,
            Self::OtherAnswer => 19,
            Self::LongAnswer => 20,
            Self::NoAnswer => 21,
            Self::TwoQuestions => 22,
            Self::LongInput => 23,
            Self::NoGas => 24,
            Self::NoCode(_) => 25,
            Self::TaskGas { .. } => 26,
            Self::OtherKind => 27,
        }
    }
}

impl From<RequestsError> for TxError {
    fn from(error: RequestsError) -> Self {
        Self::new("requests", error.code(), error.to_string())
    }
}

impl From<RequestsError> for ExecError {
    fn from(error: RequestsError) -> Self {
        Self::Tx(error.into())
    }
}

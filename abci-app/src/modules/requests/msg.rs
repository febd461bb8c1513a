//! `slsbft.requests.v1` messages, checked when they are read: every text has its bound.

use slsbft_genesis::requests::MAX_INPUT;
use slsbft_mechanism::request::{Answer, MAX_DECIMALS, Path};
use slsbft_proto::requests::v1;
use slsbft_types::{Address, Amount};

use super::{
    errors::{RequestsError, UrlError},
    state,
};
use crate::{
    errors::{TxError, sdk},
    modules::hooks,
    tx::decode_known,
};

/// Longest URL and answer, in bytes.
pub const MAX_URL: usize = 512;
pub const MAX_ANSWER: usize = 512;

const POST: &str = "/slsbft.requests.v1.MsgPost";
const COMMIT: &str = "/slsbft.requests.v1.MsgCommit";
const REVEAL: &str = "/slsbft.requests.v1.MsgReveal";

// `docs/protocol/gas.md` explains the figures.
/// Records, a transfer, the draw.
const POST_GAS: u64 = 200_000;
/// Each byte of a task's input, which is written again with each commitment and answer.
const INPUT_BYTE_GAS: u64 = 300;
const COMMIT_GAS: u64 = 60_000;
/// What the answer is paid with is in it, too.
const REVEAL_GAS: u64 = 100_000;

#[derive(Clone, Debug)]
pub enum Msg {
    Post(Post),
    Commit {
        edge: Address,
        id: u64,
        digest: [u8; 32],
    },
    Reveal {
        edge: Address,
        id: u64,
        salt: [u8; 32],
        answer: Answer,
    },
}

#[derive(Clone, Debug)]
pub struct Post {
    pub poster: Address,
    pub question: Question,
    pub fee: Amount,
    /// 0: the poster is not told.
    pub callback_gas: u64,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    Url {
        url: Url,
        path: String,
        decimals: Option<u32>,
    },
    Task(v1::Task),
}

/// A URL, taken apart as far as the chain looks at it.
#[derive(Clone, Debug)]
pub struct Url {
    pub text: String,
    pub is_secure: bool,
    /// `host` or `host:port`, as it is written.
    pub authority: String,
}

impl Msg {
    /// `None` if the type is not one of requests'.
    pub fn from_any(type_url: &str, value: &[u8]) -> Option<Result<Self, TxError>> {
        let read = match type_url {
            POST => decode_known("requests message", value).and_then(post),
            COMMIT => decode_known("requests message", value).and_then(commit),
            REVEAL => decode_known("requests message", value).and_then(reveal),
            _ => return None,
        };
        Some(read)
    }

    pub fn signer(&self) -> Address {
        match self {
            Self::Post(post) => post.poster,
            Self::Commit { edge, .. } | Self::Reveal { edge, .. } => *edge,
        }
    }

    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Post(_) => POST,
            Self::Commit { .. } => COMMIT,
            Self::Reveal { .. } => REVEAL,
        }
    }

    pub fn gas(&self) -> u64 {
        match self {
            Self::Post(post) => match &post.question {
                Question::Url { .. } => POST_GAS,
                Question::Task(task) => {
                    POST_GAS.saturating_add(INPUT_BYTE_GAS.saturating_mul(task.input.len() as u64))
                }
            },
            Self::Commit { .. } => COMMIT_GAS,
            Self::Reveal { .. } => REVEAL_GAS,
        }
    }
}

fn post(msg: v1::MsgPost) -> Result<Msg, TxError> {
    let callbacks = hooks::LEAST_LIMIT..=hooks::MOST_LIMIT;
    if msg.callback_gas > 0 && !callbacks.contains(&msg.callback_gas) {
        return Err(RequestsError::CallbackGas.into());
    }
    let fee = msg.fee.parse();
    Ok(Msg::Post(Post {
        poster: address("poster", &msg.poster)?,
        question: match msg.task {
            Some(_) if !msg.url.is_empty() || !msg.path.is_empty() || msg.decimals.is_some() => {
                return Err(RequestsError::TwoQuestions.into());
            }
            Some(task) => question_of(task)?,
            None => page(msg.url, msg.path, msg.decimals)?,
        },
        fee: fee.map_err(|e| sdk::invalid_coins(format!("fee: {e}")))?,
        callback_gas: msg.callback_gas,
    }))
}

fn page(text: String, path: String, decimals: Option<u32>) -> Result<Question, RequestsError> {
    let url = url(text).map_err(RequestsError::Url)?;
    path.parse::<Path>()?;
    if decimals.is_some_and(|decimals| decimals > MAX_DECIMALS) {
        return Err(RequestsError::Decimals);
    }
    Ok(Question::Url { url, path, decimals })
}

fn question_of(task: v1::Task) -> Result<Question, RequestsError> {
    if task.input.len() > MAX_INPUT {
        return Err(RequestsError::LongInput);
    }
    if task.gas == 0 {
        return Err(RequestsError::NoGas);
    }
    Ok(Question::Task(task))
}

fn commit(msg: v1::MsgCommit) -> Result<Msg, TxError> {
    Ok(Msg::Commit {
        edge: address("edge", &msg.edge)?,
        id: msg.request_id,
        digest: bytes32("digest", &msg.digest)?,
    })
}

fn reveal(msg: v1::MsgReveal) -> Result<Msg, TxError> {
    let answer = state::read_answer(msg.answer).ok_or(RequestsError::NoAnswer)?;
    if let Answer::Found(text) | Answer::Failed(text) = &answer
        && text.len() > MAX_ANSWER
    {
        return Err(RequestsError::LongAnswer.into());
    }
    Ok(Msg::Reveal {
        edge: address("edge", &msg.edge)?,
        id: msg.request_id,
        salt: bytes32("salt", &msg.salt)?,
        answer,
    })
}

fn url(text: String) -> Result<Url, UrlError> {
    if text.len() > MAX_URL || !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains(['"', '\\']) {
        return Err(UrlError::Characters);
    }
    let (is_secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err(UrlError::Scheme),
    };
    if text.contains('#') {
        return Err(UrlError::Fragment);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    if authority.is_empty() || authority.contains('@') {
        return Err(UrlError::Authority);
    }
    Ok(Url {
        text,
        is_secure,
        authority,
    })
}

fn address(field: &str, text: &str) -> Result<Address, TxError> {
    Address::from_bech32(text).map_err(|e| sdk::invalid_address(format!("{field}: {e}")))
}

fn bytes32(field: &str, bytes: &[u8]) -> Result<[u8; 32], TxError> {
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| sdk::invalid_request(format!("{field} has {found} bytes, expected 32")))
}

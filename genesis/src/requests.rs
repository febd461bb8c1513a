//! Questions to the world outside and tasks: the rules, and the requests that are not forgotten yet.

use serde::{Deserialize, Serialize};
use slsbft_mechanism::request::{MAX_DECIMALS, Path};
use slsbft_types::{Address, Amount, AmountError, UANKR_PER_ANKR};

use crate::contracts::Base64;
use crate::error::{GenesisError, ensure, ensure_countable};

/// Name of the module account of fees.
const REQUESTS: &str = "requests";
/// Each bounds the work of a block, or the state.
const MOST_NODES: u32 = 15;
const MOST_POSTS: u32 = 100;
const MOST_HOSTS: usize = 1_000;
/// Of the input of a task, in bytes.
pub const MAX_INPUT: usize = 4_096;
const MOST_BLOCKS: u64 = 10_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    #[serde(default)]
    pub params: RequestsParams,
    /// The greatest id that a request has had.
    #[serde(default)]
    pub last_id: u64,
    /// By id. Nodes are drawn anew for those that are not finished.
    #[serde(default)]
    pub requests: Vec<Request>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestsParams {
    /// `host` or `host:port`, as in the URLs of requests.
    pub hosts: Vec<String>,
    /// Whether `http://` will do.
    pub allow_http: bool,
    /// Drawn for each request.
    pub nodes: u32,
    pub commit_blocks: u64,
    pub reveal_blocks: u64,
    /// uankr.
    pub min_fee: Amount,
    /// Unfinished requests of one account.
    pub max_open: u32,
    /// New requests in one block.
    pub max_posts: u32,
    /// Finished requests are kept for so long.
    pub keep_blocks: u64,
    /// Gas of all tasks of one block, together.
    pub max_task_gas: u64,
    /// uankr, above `min_fee`, for each million gas that a task asks for.
    pub task_price: Amount,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub id: u64,
    pub poster: Address,
    pub question: Question,
    /// uankr.
    pub fee: Amount,
    pub callback_gas: u64,
    pub posted_height: u64,
    /// Absent while it is not finished.
    #[serde(default)]
    pub finished: Option<Finished>,
}

/// What is asked: what is at a URL, or what a task comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    Url(Page),
    Task(Task),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub address: String,
    pub path: String,
    #[serde(default)]
    pub decimals: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub code_id: u64,
    pub input: Base64,
    pub gas: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    pub outcome: Outcome,
    /// The height at which it is forgotten.
    pub forgotten_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Found(String),
    Unavailable,
    Failed(String),
    Silence,
    Disagreement,
    TooFewNodes,
}

impl Default for RequestsParams {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            allow_http: false,
            nodes: 5,
            commit_blocks: 10,
            reveal_blocks: 10,
            min_fee: Amount::new(100 * UANKR_PER_ANKR),
            max_open: 16,
            max_posts: 20,
            keep_blocks: 10_000,
            max_task_gas: 2_000_000_000,
            task_price: Amount::new(UANKR_PER_ANKR),
        }
    }
}

impl RequestsParams {
    /// Of a testnet on one machine: a server beside it, and few nodes.
    pub fn local() -> Self {
        Self {
            hosts: ["127.0.0.1:8000", "localhost:8000"].map(String::from).to_vec(),
            allow_http: true,
            nodes: 3,
            min_fee: Amount::new(60 * UANKR_PER_ANKR),
            ..Self::default()
        }
    }

    fn validate(&self) -> Result<(), GenesisError> {
        ensure(
            self.hosts.len() <= MOST_HOSTS,
            "hosts",
            "has more than 1000 entries",
        )?;
        for (i, host) in self.hosts.iter().enumerate() {
            let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b);
            let is_host = !host.is_empty() && host.len() <= 253 && host.bytes().all(is_letter);
            ensure(
                is_host,
                &format!("hosts[{i}]"),
                "is no host or host:port in lower case",
            )?;
        }
        let within = |what: &str, found: u64, most: u64| {
            let problem = format!("must be 1 to {most}");
            ensure((1..=most).contains(&found), what, problem)
        };
        within("nodes", self.nodes.into(), MOST_NODES.into())?;
        within("max_posts", self.max_posts.into(), MOST_POSTS.into())?;
        within("max_open", self.max_open.into(), u32::MAX.into())?;
        within("commit_blocks", self.commit_blocks, MOST_BLOCKS)?;
        within("reveal_blocks", self.reveal_blocks, MOST_BLOCKS)?;
        within("keep_blocks", self.keep_blocks, MOST_BLOCKS)
    }
}

impl Requests {
    /// Account of the fees of unfinished requests.
    pub fn account() -> Address {
        Address::module(REQUESTS)
    }

    /// What that account must hold.
    pub fn held(&self) -> Result<Amount, AmountError> {
        let unfinished = self.requests.iter().filter(|request| request.finished.is_none());
        unfinished
            .map(|request| request.fee)
            .try_fold(Amount::ZERO, Amount::add)
    }

    pub fn validate(&self) -> Result<(), GenesisError> {
        self.params.validate().map_err(|e| e.within("params"))?;
        ensure_countable(self.last_id, "last_id")?;
        let mut before = 0;
        for (i, request) in self.requests.iter().enumerate() {
            let at = |field: &str| format!("requests[{i}].{field}");
            let is_next = request.id > before && request.id <= self.last_id;
            ensure(
                is_next,
                &at("id"),
                "is not above the one before, or above last_id",
            )?;
            before = request.id;
            match &request.question {
                Question::Url(page) => {
                    let path = page.path.parse::<Path>();
                    path.map_err(|error| GenesisError::new(at("url.path"), error))?;
                    let is_known = page.decimals.is_none_or(|decimals| decimals <= MAX_DECIMALS);
                    ensure(is_known, &at("url.decimals"), "are too many")?;
                }
                Question::Task(task) => {
                    let is_short = task.input.0.len() <= MAX_INPUT;
                    ensure(is_short, &at("task.input"), "has more than 4096 bytes")?;
                }
            }
        }
        Ok(())
    }
}

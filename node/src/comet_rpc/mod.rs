//! A client of CometBFT's RPC: JSON-RPC over HTTP with keep-alive, an answer of
//! bounded size and a bounded number of requests in flight. It reads the JSON of
//! CometBFT v0.38 and later into the protobuf types where there are any.
//!
//! Consensus answers only once its handshake with the application is over, so
//! nothing that serves ABCI may ever wait for this client.

mod error;
mod json;
mod types;

use std::{borrow::Cow, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use url::Url;

pub use error::RpcError;
pub use types::{
    BlockAnswer, BroadcastAnswer, HeaderAnswer, NetInfoAnswer, NodeInfo, OtherInfo, ProtocolVersion,
    PublicKey, StatusAnswer, SyncInfo, TxAnswer, TxResult, TxSearchAnswer, ValidatorInfo, ValidatorsAnswer,
};

/// CometBFT's own limit on a page of validators or transactions.
pub const MAX_PER_PAGE: u32 = 100;
/// A block of 22 MB is 30 MB as base64; twice that leaves room for its results.
const DEFAULT_MAX_ANSWER: usize = 64 << 20;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Searches and blocks: consensus goes on with one whether we wait or not, so we do.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// CometBFT answers a broadcast after up to 20 ms, so this is above ten thousand a second.
const MAX_IN_FLIGHT: usize = 256;
/// CometBFT closes an idle connection after ten seconds; a reuse in that instant would fail.
const IDLE: Duration = Duration::from_secs(5);
/// Longer answers are parsed off the async threads.
const PARSE_INLINE: usize = 64 << 10;

/// How far a broadcast waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broadcast {
    /// Until the transaction was checked.
    Sync,
    /// Not at all.
    Async,
}

/// Order of a transaction search, by height and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchOrder {
    Ascending,
    Descending,
}

/// Talks to one CometBFT node.
#[derive(Debug)]
pub struct CometRpc {
    http: reqwest::Client,
    url: Url,
    max_answer: usize,
    in_flight: Semaphore,
}

impl CometRpc {
    /// `address` as CometBFT writes it (`tcp://127.0.0.1:26657`) or as a URL (`http://…`).
    pub fn new(address: &str) -> Result<Self, RpcError> {
        Self::with_limits(address, DEFAULT_TIMEOUT, DEFAULT_MAX_ANSWER)
    }

    /// With a bound on the time of a request and on the bytes of an answer.
    pub fn with_limits(address: &str, timeout: Duration, max_answer: usize) -> Result<Self, RpcError> {
        let bad = |reason: String| RpcError::Address {
            address: address.to_owned(),
            reason,
        };
        let text = match address.split_once("://") {
            Some(("tcp", rest)) => Cow::Owned(format!("http://{rest}")),
            Some(("http", _)) => Cow::Borrowed(address),
            Some((scheme, _)) => return Err(bad(format!("scheme '{scheme}' is not supported"))),
            None => Cow::Owned(format!("http://{address}")),
        };
        let url = Url::parse(&text).map_err(|error| bad(error.to_string()))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| bad(error.to_string()))?;
        Ok(Self {
            http,
            url,
            max_answer,
            in_flight: Semaphore::new(MAX_IN_FLIGHT),
        })
    }

    /// Who the node is and how far it has come.
    pub async fn status(&self) -> Result<StatusAnswer, RpcError> {
        self.call("status", json!({})).await
    }

    /// The same, as CometBFT says it.
    pub async fn status_json(&self) -> Result<Value, RpcError> {
        self.call("status", json!({})).await
    }

    /// How many peers it is connected to.
    pub async fn peers(&self) -> Result<u64, RpcError> {
        let answer: NetInfoAnswer = self.call("net_info", json!({})).await?;
        Ok(answer.n_peers)
    }

    // 64-bit integers are strings in CometBFT's JSON, and a null height is the latest.

    /// The block at `height`, or the latest.
    pub async fn block(&self, height: Option<u64>) -> Result<BlockAnswer, RpcError> {
        let height = height.map(|height| height.to_string());
        self.search("block", json!({ "height": height })).await
    }

    pub async fn header(&self, height: u64) -> Result<HeaderAnswer, RpcError> {
        self.call("header", json!({ "height": height.to_string() })).await
    }

    /// The committed transaction with this SHA-256 hash.
    pub async fn tx(&self, hash: &[u8; 32]) -> Result<TxAnswer, RpcError> {
        self.call("tx", json!({ "hash": STANDARD.encode(hash), "prove": false }))
            .await
    }

    /// Transactions whose events match `query` (`message.sender='…' AND tx.height>5`);
    /// pages count from 1.
    pub async fn tx_search(
        &self,
        query: &str,
        page: u32,
        per_page: u32,
        order: SearchOrder,
    ) -> Result<TxSearchAnswer, RpcError> {
        let order = match order {
            SearchOrder::Ascending => "asc",
            SearchOrder::Descending => "desc",
        };
        let page = page.to_string();
        let per_page = per_page.min(MAX_PER_PAGE).to_string();
        let params =
            json!({ "query": query, "prove": false, "page": page, "per_page": per_page, "order_by": order });
        self.search("tx_search", params).await
    }

    /// A page of the validators at `height`, or at the latest; pages count from 1.
    pub async fn validators(
        &self,
        height: Option<u64>,
        page: u32,
        per_page: u32,
    ) -> Result<ValidatorsAnswer, RpcError> {
        let page = page.to_string();
        let per_page = per_page.min(MAX_PER_PAGE).to_string();
        let height = height.map(|height| height.to_string());
        self.call(
            "validators",
            json!({ "height": height, "page": page, "per_page": per_page }),
        )
        .await
    }

    pub async fn broadcast(&self, tx: &[u8], how: Broadcast) -> Result<BroadcastAnswer, RpcError> {
        let method = match how {
            Broadcast::Sync => "broadcast_tx_sync",
            Broadcast::Async => "broadcast_tx_async",
        };
        self.call(method, json!({ "tx": STANDARD.encode(tx) })).await
    }

    async fn call<T>(&self, method: &'static str, params: Value) -> Result<T, RpcError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.ask(method, params, None).await
    }

    async fn search<T>(&self, method: &'static str, params: Value) -> Result<T, RpcError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.ask(method, params, Some(SEARCH_TIMEOUT)).await
    }

    async fn ask<T>(
        &self,
        method: &'static str,
        params: Value,
        timeout: Option<Duration>,
    ) -> Result<T, RpcError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let _permit = self.in_flight.acquire().await.map_err(|_| RpcError::Closed)?;
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.http.post(self.url.clone()).json(&request);
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        let response = request.send().await;
        let response = response.map_err(|error| RpcError::http(&self.url, error))?;
        let status = response.status();
        let body = self.read(response).await?;
        let parse = move || json::parse(method, status, &body.bytes);
        if body.long {
            tokio::task::spawn_blocking(parse)
                .await
                .map_err(|_| RpcError::Closed)?
        } else {
            parse()
        }
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Body, RpcError> {
        let too_large = RpcError::TooLarge {
            limit: self.max_answer,
        };
        let announced = response.content_length().unwrap_or(0);
        if announced > self.max_answer as u64 {
            return Err(too_large);
        }
        let mut bytes = Vec::with_capacity(announced as usize);
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| RpcError::http(&self.url, error))?
        {
            if bytes.len() + chunk.len() > self.max_answer {
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Body {
            long: bytes.len() > PARSE_INLINE,
            bytes,
        })
    }
}

struct Body {
    bytes: Vec<u8>,
    long: bool,
}

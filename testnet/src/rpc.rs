//! What a testnet asks of CometBFT's RPC.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::error::{Error, Result};

const TIMEOUT: Duration = Duration::from_secs(10);

/// One node's RPC.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: String,
    http: reqwest::Client,
}

/// `status`.
#[derive(Debug, Clone, Deserialize)]
pub struct Status {
    pub sync_info: SyncInfo,
    pub validator_info: ValidatorInfo,
}

#[derive(Debug, Clone, Deserialize)]
pub struct SyncInfo {
    #[serde(deserialize_with = "number")]
    pub latest_block_height: u64,
    pub latest_app_hash: String,
    pub catching_up: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ValidatorInfo {
    #[serde(deserialize_with = "number")]
    pub voting_power: u64,
}

/// A block as `blockchain` sums it up.
#[derive(Debug, Clone, Deserialize)]
pub struct BlockMeta {
    #[serde(deserialize_with = "number")]
    pub num_txs: u64,
    #[serde(deserialize_with = "number")]
    pub block_size: u64,
    pub header: Header,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Header {
    #[serde(deserialize_with = "number")]
    pub height: u64,
    #[serde(deserialize_with = "instant")]
    pub time: OffsetDateTime,
}

impl Rpc {
    /// `address` is `host:port`.
    pub fn new(address: &str) -> Self {
        // Without TLS, building a client cannot fail; the default is the same but for the time limit.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .unwrap_or_default();
        Self {
            url: format!("http://{address}"),
            http,
        }
    }

    pub async fn status(&self) -> Result<Status> {
        self.call("status", json!({})).await
    }

    /// The height whose block the application has executed and committed. A block
    /// is in `status` earlier, as soon as it is decided.
    pub async fn applied(&self) -> Result<u64> {
        #[derive(Deserialize)]
        struct Info {
            response: Response,
        }
        #[derive(Deserialize)]
        struct Response {
            #[serde(default)]
            last_block_height: Option<String>,
        }
        let info: Info = self.call("abci_info", json!({})).await?;
        let height = info.response.last_block_height;
        height.map_or(Ok(0), |height| height.parse().map_err(|e| self.problem(e)))
    }

    /// Blocks `min..=max`, at most 20, in rising order.
    pub async fn block_metas(&self, min: u64, max: u64) -> Result<Vec<BlockMeta>> {
        #[derive(Deserialize)]
        struct Metas {
            block_metas: Vec<BlockMeta>,
        }
        let params = json!({ "minHeight": min.to_string(), "maxHeight": max.to_string() });
        let mut metas = self.call::<Metas>("blockchain", params).await?.block_metas;
        metas.sort_by_key(|meta| meta.header.height);
        Ok(metas)
    }

    /// The transactions of a block.
    pub async fn block_txs(&self, height: u64) -> Result<Vec<Vec<u8>>> {
        #[derive(Deserialize)]
        struct Answer {
            block: Block,
        }
        #[derive(Deserialize)]
        struct Block {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            #[serde(default)]
            txs: Option<Vec<String>>,
        }
        let answer: Answer = self
            .call("block", json!({ "height": height.to_string() }))
            .await?;
        let txs = answer.block.data.txs.unwrap_or_default();
        txs.iter()
            .map(|tx| BASE64_STANDARD.decode(tx).map_err(|e| self.problem(e)))
            .collect()
    }

    /// The state after a block, as this node computed it.
    pub async fn computed_app_hash(&self, height: u64) -> Result<String> {
        #[derive(Deserialize)]
        struct Results {
            app_hash: String,
        }
        Ok(self
            .call::<Results>("block_results", json!({ "height": height.to_string() }))
            .await?
            .app_hash)
    }

    /// How many peers the node is connected to.
    pub async fn peers(&self) -> Result<u64> {
        #[derive(Deserialize)]
        struct NetInfo {
            #[serde(deserialize_with = "number")]
            n_peers: u64,
        }
        Ok(self.call::<NetInfo>("net_info", json!({})).await?.n_peers)
    }

    /// Transactions that wait in the node's mempool.
    pub async fn pending(&self) -> Result<u64> {
        #[derive(Deserialize)]
        struct Mempool {
            #[serde(deserialize_with = "number")]
            total: u64,
        }
        Ok(self
            .call::<Mempool>("num_unconfirmed_txs", json!({}))
            .await?
            .total)
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T> {
        #[derive(Deserialize)]
        struct Answer<T> {
            result: Option<T>,
            error: Option<Value>,
        }
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let sent = self.http.post(&self.url).json(&request).send().await;
        let answer: Answer<T> = match sent {
            Ok(response) => response.json().await.map_err(|e| self.problem(e))?,
            Err(error) => return Err(self.problem(error)),
        };
        match (answer.result, answer.error) {
            (Some(result), _) => Ok(result),
            (None, error) => Err(self.problem(format!("refuses {method}: {}", error.unwrap_or_default()))),
        }
    }

    fn problem(&self, problem: impl ToString) -> Error {
        Error::node(&self.url, problem)
    }
}

/// CometBFT writes 64-bit integers as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<u64, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    OffsetDateTime::parse(&text, &Rfc3339).map_err(serde::de::Error::custom)
}

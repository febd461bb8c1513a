//! The answers, as far as the node uses them.

use serde::{Deserialize, Serialize};
use tendermint_proto::{
    serializers::from_str,
    v0_38::{
        abci::{Event, EventAttribute},
        types::{Block, BlockId, Header},
    },
};

use super::json::{base64_bytes, hex_bytes, null_as_default};

#[derive(Debug, Clone, Deserialize)]
pub struct BlockAnswer {
    pub block_id: BlockId,
    pub block: Block,
}

#[derive(Debug, Clone, Deserialize)]
pub struct HeaderAnswer {
    pub header: Header,
}

/// A committed transaction and what came of it.
#[derive(Debug, Clone, Deserialize)]
pub struct TxAnswer {
    #[serde(deserialize_with = "hex_bytes")]
    pub hash: Vec<u8>,
    #[serde(with = "from_str")]
    pub height: i64,
    /// Position in its block.
    #[serde(default)]
    pub index: u32,
    pub tx_result: TxResult,
    #[serde(deserialize_with = "base64_bytes")]
    pub tx: Vec<u8>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TxResult {
    /// 0 is success.
    pub code: u32,
    #[serde(deserialize_with = "base64_bytes")]
    pub data: Vec<u8>,
    pub log: String,
    pub info: String,
    #[serde(with = "from_str")]
    pub gas_wanted: i64,
    #[serde(with = "from_str")]
    pub gas_used: i64,
    #[serde(deserialize_with = "events")]
    pub events: Vec<Event>,
    pub codespace: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct TxSearchAnswer {
    #[serde(deserialize_with = "null_as_default")]
    pub txs: Vec<TxAnswer>,
    /// Over all pages.
    #[serde(with = "from_str")]
    pub total_count: u64,
}

/// What the mempool said; `hash` is set whatever it said.
#[derive(Debug, Clone, Deserialize)]
pub struct BroadcastAnswer {
    pub code: u32,
    #[serde(deserialize_with = "hex_bytes")]
    pub data: Vec<u8>,
    pub log: String,
    pub codespace: String,
    #[serde(deserialize_with = "hex_bytes")]
    pub hash: Vec<u8>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ValidatorsAnswer {
    #[serde(with = "from_str")]
    pub block_height: i64,
    #[serde(deserialize_with = "null_as_default")]
    pub validators: Vec<ValidatorInfo>,
    /// Over all pages.
    #[serde(with = "from_str")]
    pub total: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ValidatorInfo {
    /// Upper-case hexadecimal, 20 bytes.
    pub address: String,
    pub pub_key: PublicKey,
    #[serde(with = "from_str")]
    pub voting_power: i64,
    #[serde(default, with = "from_str")]
    pub proposer_priority: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublicKey {
    /// `tendermint/PubKeyEd25519` and the like.
    pub r#type: String,
    #[serde(with = "tendermint_proto::serializers::bytes::base64string")]
    pub value: Vec<u8>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct NetInfoAnswer {
    #[serde(with = "from_str")]
    pub n_peers: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusAnswer {
    pub node_info: NodeInfo,
    pub sync_info: SyncInfo,
    /// The key this node would sign with; its power is 0 unless it validates.
    pub validator_info: ValidatorInfo,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NodeInfo {
    pub protocol_version: ProtocolVersion,
    pub id: String,
    pub listen_addr: String,
    /// The chain id.
    pub network: String,
    /// CometBFT's version.
    pub version: String,
    /// Hexadecimal.
    pub channels: String,
    pub moniker: String,
    pub other: OtherInfo,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProtocolVersion {
    #[serde(with = "from_str")]
    pub p2p: u64,
    #[serde(with = "from_str")]
    pub block: u64,
    #[serde(with = "from_str")]
    pub app: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OtherInfo {
    /// `on` or `off`.
    pub tx_index: String,
    pub rpc_address: String,
}

/// Hashes are upper-case hexadecimal, times RFC 3339.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncInfo {
    pub latest_block_hash: String,
    pub latest_app_hash: String,
    #[serde(with = "from_str")]
    pub latest_block_height: i64,
    pub latest_block_time: String,
    #[serde(with = "from_str")]
    pub earliest_block_height: i64,
    pub catching_up: bool,
}

/// The generated type takes no `null` for an event without attributes.
fn events<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Event>, D::Error> {
    #[derive(Deserialize)]
    struct Json {
        r#type: String,
        #[serde(default, deserialize_with = "null_as_default")]
        attributes: Vec<EventAttribute>,
    }
    let events: Option<Vec<Json>> = Option::deserialize(deserializer)?;
    Ok(events
        .unwrap_or_default()
        .into_iter()
        .map(|Json { r#type, attributes }| Event { r#type, attributes })
        .collect())
}

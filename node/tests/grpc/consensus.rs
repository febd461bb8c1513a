//! What is asked of consensus: blocks, validators, transactions.

use cosmos_sdk_proto::cosmos::{
    base::{
        query::v1beta1::PageRequest,
        tendermint::v1beta1::{
            GetBlockByHeightRequest, GetLatestValidatorSetRequest, GetNodeInfoRequest, GetSyncingRequest,
            service_client::ServiceClient as TendermintClient,
        },
    },
    tx::v1beta1::{
        BroadcastMode, BroadcastTxRequest, GetBlockWithTxsRequest, GetTxRequest, GetTxsEventRequest, Tx,
        TxBody, TxDecodeRequest, TxEncodeRequest, service_client::ServiceClient as TxClient,
    },
};
use prost::Message;
use serde_json::{Value, json};
use tonic::Code;

use crate::support::{Node, consensus};

fn tx(memo: &str) -> Vec<u8> {
    let body = TxBody {
        memo: memo.to_owned(),
        ..Default::default()
    };
    Tx {
        body: Some(body),
        auth_info: None,
        signatures: vec![vec![1]],
    }
    .encode_to_vec()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn committed(height: u64) -> Value {
    json!({ "hash": "AB".repeat(32), "height": height.to_string(), "index": 1, "tx": base64(&tx("hello")),
        "tx_result": { "code": 5, "data": null, "log": "insufficient funds", "info": "", "gas_wanted": "100000",
            "gas_used": "60000", "codespace": "sdk",
            "events": [{ "type": "transfer", "attributes": [{ "key": "amount", "value": "1uankr", "index": true }] }] } })
}

fn id() -> Value {
    json!({ "hash": "CD".repeat(32), "parts": { "total": 1, "hash": "EF".repeat(32) } })
}

fn header(height: &Value) -> Value {
    json!({ "version": { "block": "11", "app": "1" }, "chain_id": "slsbft-1", "height": height,
        "time": "2026-11-21T12:00:00.123456789Z", "last_block_id": id(), "last_commit_hash": "00".repeat(32),
        "data_hash": "01".repeat(32), "validators_hash": "02".repeat(32), "next_validators_hash": "03".repeat(32),
        "consensus_hash": "04".repeat(32), "app_hash": "05".repeat(32), "last_results_hash": "06".repeat(32),
        "evidence_hash": "07".repeat(32), "proposer_address": "11".repeat(20) })
}

fn validator(number: u8) -> Value {
    json!({ "address": hex::encode([number; 20]), "voting_power": "10", "proposer_priority": "-1",
        "pub_key": { "type": "tendermint/PubKeyEd25519", "value": base64(&[number; 32]) } })
}

pub fn answer(method: &str, params: &Value) -> Result<Value, String> {
    let number = |name: &str| params[name].as_str().unwrap_or("0").parse::<u64>().unwrap();
    match method {
        "status" => Ok(json!({
            "node_info": { "protocol_version": { "p2p": "8", "block": "11", "app": "1" }, "id": "aa", "moniker": "one",
                "listen_addr": "tcp://0.0.0.0:26656", "network": "slsbft-1", "version": "0.39.4", "channels": "4020",
                "other": { "tx_index": "on", "rpc_address": "tcp://127.0.0.1:26657" } },
            "sync_info": { "latest_block_hash": "AA", "latest_app_hash": "BB", "latest_block_height": "12",
                "latest_block_time": "2026-11-21T12:00:00Z", "earliest_block_height": "1", "catching_up": true },
            "validator_info": validator(1) })),
        "tx" if params["hash"] == base64(&[0xab; 32]) => Ok(committed(9)),
        "tx" => Err("tx (00) not found".to_owned()),
        "tx_search" => {
            assert_eq!(params["query"], "message.sender='ankr1x' AND tx.height>5");
            assert_eq!((number("page"), number("per_page")), (2, 30));
            Ok(json!({ "txs": [committed(9), committed(10), committed(9)], "total_count": "33" }))
        }
        "header" => Ok(json!({ "header": header(&params["height"]) })),
        "block" if number("height") > 100 => {
            Err("height 101 must be less than or equal to the current blockchain height 12".to_owned())
        }
        "block" => {
            let txs: Vec<String> = ["a", "b", "c"].map(|memo| base64(&tx(memo))).to_vec();
            let commit = json!({ "height": "8", "round": 0, "block_id": id(), "signatures": [] });
            let block = json!({ "header": header(&params["height"]), "data": { "txs": txs },
                "evidence": { "evidence": [] }, "last_commit": commit });
            Ok(json!({ "block_id": id(), "block": block }))
        }
        "validators" => {
            let first = (number("page") - 1) * number("per_page");
            let page: Vec<Value> = (first..150.min(first + number("per_page")))
                .map(|at| validator(at as u8))
                .collect();
            Ok(json!({ "block_height": "12", "validators": page, "count": "100", "total": "150" }))
        }
        "broadcast_tx_sync" if params["tx"] == base64(b"twice") => {
            Err("tx already exists in cache".to_owned())
        }
        "broadcast_tx_sync" => Ok(
            json!({ "code": 32, "data": "", "log": "account sequence mismatch",
            "codespace": "sdk", "hash": "AB".repeat(32) }),
        ),
        other => Err(format!("method {other} is not made up here")),
    }
}

async fn node() -> Node {
    Node::over(&consensus(answer).await, |_| {}).await
}

#[tokio::test]
async fn a_committed_transaction_is_found_by_its_hash_with_the_time_of_its_block() {
    let node = node().await;
    let mut client = TxClient::new(node.channel().await);
    let found = client
        .get_tx(GetTxRequest {
            hash: "AB".repeat(32),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.tx.unwrap().body.unwrap().memo, "hello");
    let response = found.tx_response.unwrap();
    assert_eq!(
        (response.height, response.code, response.gas_used),
        (9, 5, 60_000)
    );
    assert_eq!(
        (response.txhash, response.timestamp),
        ("AB".repeat(32), "2026-11-21T12:00:00Z".to_owned())
    );
    assert_eq!(response.events[0].attributes[0].value, "1uankr");
    assert_eq!(response.tx.unwrap().value, tx("hello"));
}

#[tokio::test]
async fn a_hash_that_is_unknown_or_none_is_told_apart() {
    let node = node().await;
    let mut client = TxClient::new(node.channel().await);
    let mut get = async |hash: &str| {
        client
            .get_tx(GetTxRequest {
                hash: hash.to_owned(),
            })
            .await
            .unwrap_err()
    };
    let unknown = get(&"00".repeat(32)).await;
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(unknown.message(), format!("tx not found: {}", "00".repeat(32)));
    assert_eq!(get("xyz").await.code(), Code::InvalidArgument);
    assert_eq!(get("").await.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_search_by_events_is_paged_and_counts_all() {
    let node = node().await;
    let mut client = TxClient::new(node.channel().await);
    let query = "message.sender='ankr1x' AND tx.height>5".to_owned();
    let request = GetTxsEventRequest {
        query,
        page: 2,
        limit: 30,
        ..Default::default()
    };
    let found = client.get_txs_event(request).await.unwrap().into_inner();
    assert_eq!(
        (found.total, found.txs.len(), found.tx_responses.len()),
        (33, 3, 3)
    );
    let empty = client
        .get_txs_event(GetTxsEventRequest::default())
        .await
        .unwrap_err();
    assert_eq!(empty.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_broadcast_gives_the_mempools_code_and_its_refusals_the_codes_wallets_know() {
    let node = node().await;
    let mut client = TxClient::new(node.channel().await);
    let mut send = async |tx: &[u8], mode: BroadcastMode| {
        let request = BroadcastTxRequest {
            tx_bytes: tx.to_vec(),
            mode: mode.into(),
        };
        client
            .broadcast_tx(request)
            .await
            .map(|answer| answer.into_inner().tx_response.unwrap())
    };
    let checked = send(b"tx", BroadcastMode::Sync).await.unwrap();
    assert_eq!((checked.code, checked.txhash), (32, "AB".repeat(32)));
    let twice = send(b"twice", BroadcastMode::Sync).await.unwrap();
    assert_eq!((twice.codespace.as_str(), twice.code), ("sdk", 19));
    #[allow(deprecated, reason = "that it is refused is the point")]
    let block = send(b"tx", BroadcastMode::Block).await.unwrap_err();
    assert_eq!(block.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_transaction_is_decoded_and_encoded_to_the_same_bytes() {
    let node = node().await;
    let mut client = TxClient::new(node.channel().await);
    let decoded = client
        .tx_decode(TxDecodeRequest { tx_bytes: tx("memo") })
        .await
        .unwrap()
        .into_inner();
    let encoded = client
        .tx_encode(TxEncodeRequest { tx: decoded.tx })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(encoded.tx_bytes, tx("memo"));
    for nonsense in [Vec::new(), vec![0xff; 9]] {
        let refused = client
            .tx_decode(TxDecodeRequest { tx_bytes: nonsense })
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_block_comes_with_its_transactions_decoded_by_page() {
    let node = node().await;
    let mut client = TxClient::new(node.channel().await);
    let pagination = Some(PageRequest {
        offset: 1,
        limit: 5,
        ..Default::default()
    });
    let found = client
        .get_block_with_txs(GetBlockWithTxsRequest {
            height: 9,
            pagination,
        })
        .await
        .unwrap()
        .into_inner();
    let memos: Vec<String> = found.txs.into_iter().map(|tx| tx.body.unwrap().memo).collect();
    assert_eq!(memos, ["b", "c"]);
    assert_eq!(found.pagination.unwrap().total, 3);
    assert_eq!(found.block.unwrap().header.unwrap().height, 9);
    let negative = GetBlockWithTxsRequest {
        height: -1,
        pagination: None,
    };
    assert_eq!(
        client.get_block_with_txs(negative).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn a_block_names_its_proposer_as_people_read_it() {
    let node = node().await;
    let mut client = TendermintClient::new(node.channel().await);
    let found = client
        .get_block_by_height(GetBlockByHeightRequest { height: 9 })
        .await
        .unwrap()
        .into_inner();
    let proposer = found.sdk_block.unwrap().header.unwrap().proposer_address;
    assert!(proposer.starts_with("ankrvalcons1"), "{proposer}");
    let beyond = client
        .get_block_by_height(GetBlockByHeightRequest { height: 101 })
        .await
        .unwrap_err();
    assert_eq!(beyond.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn validators_are_collected_over_consensus_pages() {
    let node = node().await;
    let mut client = TendermintClient::new(node.channel().await);
    let pagination = Some(PageRequest {
        offset: 95,
        limit: 10,
        ..Default::default()
    });
    let set = client
        .get_latest_validator_set(GetLatestValidatorSetRequest { pagination })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((set.validators.len(), set.pagination.unwrap().total), (10, 150));
    let last = set.validators.last().unwrap();
    assert_eq!(
        last.pub_key.as_ref().unwrap().type_url,
        "/cosmos.crypto.ed25519.PubKey"
    );
    assert_eq!(last.pub_key.as_ref().unwrap().value[2..], [104; 32]);
}

#[tokio::test]
async fn the_node_introduces_itself() {
    let node = node().await;
    let mut client = TendermintClient::new(node.channel().await);
    let info = client
        .get_node_info(GetNodeInfoRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(info.default_node_info.unwrap().network, "slsbft-1");
    assert_eq!(info.application_version.unwrap().app_name, "slsbftd");
    assert!(
        client
            .get_syncing(GetSyncingRequest {})
            .await
            .unwrap()
            .into_inner()
            .syncing
    );
}

#[tokio::test]
async fn while_consensus_is_away_its_methods_are_unavailable_and_say_so() {
    let node = Node::start().await;
    let mut client = TendermintClient::new(node.channel().await);
    let away = client.get_node_info(GetNodeInfoRequest {}).await.unwrap_err();
    assert_eq!(away.code(), Code::Unavailable);
    assert!(
        away.message().contains("starting, replaying blocks or stopped"),
        "{}",
        away.message()
    );
}

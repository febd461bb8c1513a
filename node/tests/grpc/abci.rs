//! The node's own services as CometBFT's clients ask them: over ABCI queries.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cosmos_sdk_proto::cosmos::{
    base::{
        node::v1beta1::StatusResponse,
        tendermint::v1beta1::{GetBlockByHeightRequest, GetBlockByHeightResponse, GetSyncingResponse},
    },
    tx::v1beta1::{GetTxRequest, GetTxResponse, TxDecodeRequest, TxDecodeResponse},
};
use prost::Message;
use slsbft_app::abci::Query;
use slsbft_node::grpc::AbciQueries;
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};
use tokio::{net::TcpListener, runtime::Handle};

use crate::{
    consensus::answer,
    support::{BALANCE, LATEST, MadeUpState, consensus, services},
};

const TX: &str = "/cosmos.tx.v1beta1.Service";
const TENDERMINT: &str = "/cosmos.base.tendermint.v1beta1.Service";

/// The queries of a node whose consensus is at an address.
#[derive(Clone)]
struct Queries(Arc<AbciQueries<MadeUpState>>);

impl Queries {
    fn over(address: &str) -> Self {
        let services = services(address, Default::default());
        let queries = services.over_abci(Arc::new(MadeUpState::default()), Handle::current());
        Self(Arc::new(queries))
    }

    async fn working() -> Self {
        Self::over(&consensus(answer).await)
    }

    /// Asks from a thread that may block, as the ABCI server does.
    async fn ask(&self, path: &str, data: impl Into<bytes::Bytes>, height: i64) -> ResponseQuery {
        let (queries, path, data) = (self.0.clone(), path.to_owned(), data.into());
        let request = RequestQuery {
            path,
            data,
            height,
            prove: false,
        };
        tokio::task::spawn_blocking(move || queries.query(request))
            .await
            .unwrap()
            .unwrap()
    }
}

#[tokio::test]
async fn transactions_blocks_and_the_node_are_answered_by_their_methods_paths() {
    let queries = Queries::working().await;
    let hash = "AB".repeat(32);
    let found = queries
        .ask(&format!("{TX}/GetTx"), GetTxRequest { hash }.encode_to_vec(), 0)
        .await;
    assert_eq!((found.code, found.height), (0, LATEST as i64), "{}", found.log);
    let tx = GetTxResponse::decode(found.value).unwrap();
    assert_eq!(tx.tx.unwrap().body.unwrap().memo, "hello");
    let tx_bytes = tx.tx_response.unwrap().tx.unwrap().value;

    let decode = TxDecodeRequest { tx_bytes }.encode_to_vec();
    let decoded = queries.ask(&format!("{TX}/TxDecode"), decode, 0).await;
    let decoded = TxDecodeResponse::decode(decoded.value).unwrap();
    assert_eq!(decoded.tx.unwrap().body.unwrap().memo, "hello");

    let block = GetBlockByHeightRequest { height: 9 }.encode_to_vec();
    let block = queries
        .ask(&format!("{TENDERMINT}/GetBlockByHeight"), block, 0)
        .await;
    let block = GetBlockByHeightResponse::decode(block.value).unwrap();
    assert_eq!(block.block.unwrap().header.unwrap().height, 9);

    let syncing = queries.ask(&format!("{TENDERMINT}/GetSyncing"), vec![], 0).await;
    assert!(GetSyncingResponse::decode(syncing.value).unwrap().syncing);
    let status = queries
        .ask("/cosmos.base.node.v1beta1.Service/Status", vec![], 0)
        .await;
    assert_eq!(StatusResponse::decode(status.value).unwrap().height, LATEST);
}

#[tokio::test]
async fn what_the_state_answers_is_left_to_it() {
    let queries = Queries::working().await;
    for path in [
        BALANCE,
        "/cosmos.tx.v1beta1.Service/Simulate",
        "/store/bank/key",
        "nonsense",
    ] {
        assert_eq!(queries.ask(path, vec![], 0).await.value, path.as_bytes());
    }
}

#[tokio::test]
async fn a_failure_reads_as_cosmos_sdk_writes_it() {
    let queries = Queries::working().await;
    let hash = "00".repeat(32);
    let get_tx = format!("{TX}/GetTx");
    let missing = queries
        .ask(&get_tx, GetTxRequest { hash }.encode_to_vec(), 0)
        .await;
    assert_eq!((missing.code, missing.codespace.as_str()), (22, "sdk"));
    assert!(
        missing.log.starts_with("rpc error: code = NotFound desc = "),
        "{}",
        missing.log
    );
    assert_eq!(missing.height, LATEST as i64);
    for (path, data, height) in [
        (get_tx.as_str(), vec![0xff; 9], 0),
        (get_tx.as_str(), vec![], -5),
        ("/cosmos.tx.v1beta1.Service/Nothing", vec![], 0),
        ("/cosmos.tx.v1beta1.Service/", vec![], 0),
        ("/cosmos.tx.v1beta1.Service/Get Tx\n\u{1f980}", vec![], 0),
        ("/cosmos.tx.v1beta1.Service/GetTx?x=1#y", vec![], 0),
    ] {
        let refused = queries.ask(path, data, height).await;
        assert_ne!(refused.code, 0, "{path}");
        assert!(
            refused.log.starts_with("rpc error: code = "),
            "{path}: {}",
            refused.log
        );
    }
}

#[tokio::test]
async fn what_may_take_long_or_changes_something_is_answered_elsewhere() {
    let queries = Queries::working().await;
    for (method, elsewhere) in [("GetTxsEvent", "tx_search"), ("BroadcastTx", "broadcast_tx_sync")] {
        let refused = queries.ask(&format!("{TX}/{method}"), vec![], 0).await;
        assert_eq!(refused.code, 6);
        assert!(refused.log.contains(elsewhere), "{}", refused.log);
    }
}

#[tokio::test]
async fn consensus_that_is_away_or_silent_holds_up_no_other_query() {
    let away = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let path = format!("{TENDERMINT}/GetLatestBlock");
    for (address, code) in [
        (away, "Unavailable"),
        (silent.local_addr().unwrap(), "DeadlineExceeded"),
    ] {
        let started = Instant::now();
        let refused = Queries::over(&format!("tcp://{address}"))
            .ask(&path, vec![], 0)
            .await;
        assert!(refused.log.contains(code), "{}", refused.log);
        // Far below the ten seconds that a gRPC client may wait.
        assert!(started.elapsed() < Duration::from_secs(8));
    }
}

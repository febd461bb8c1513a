//! Queries answered by the state machine.

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{QueryAccountRequest, query_client::QueryClient as AuthClient},
    bank::v1beta1::{QueryBalanceRequest, query_client::QueryClient as BankClient},
    base::{
        node::v1beta1::{ConfigRequest, StatusRequest, service_client::ServiceClient as NodeClient},
        tendermint::v1beta1::{AbciQueryRequest, service_client::ServiceClient as TendermintClient},
    },
    tx::v1beta1::{SimulateRequest, service_client::ServiceClient as TxClient},
};
use tonic::{Code, Request};

use crate::support::{HEIGHT, LATEST, Node, PANICS, call};

fn balance(height: Option<&'static str>) -> Request<QueryBalanceRequest> {
    let mut request = Request::new(QueryBalanceRequest {
        address: "ankr1x".to_owned(),
        denom: "uankr".to_owned(),
    });
    if let Some(height) = height {
        request.metadata_mut().insert(HEIGHT, height.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_query_is_answered_from_the_latest_state_and_says_its_height() {
    let node = Node::start().await;
    let mut bank = BankClient::new(node.channel().await);
    let answer = bank.balance(balance(None)).await.unwrap();
    assert_eq!(answer.metadata().get(HEIGHT).unwrap(), "12");
    let coin = answer.into_inner().balance.unwrap();
    assert_eq!((coin.denom.as_str(), coin.amount.as_str()), ("uankr", "120"));
}

#[tokio::test]
async fn a_height_in_the_request_selects_that_state() {
    let node = Node::start().await;
    let mut bank = BankClient::new(node.channel().await);
    let answer = bank.balance(balance(Some("7"))).await.unwrap();
    assert_eq!(answer.metadata().get(HEIGHT).unwrap(), "7");
    assert_eq!(answer.into_inner().balance.unwrap().amount, "70");
    let latest = bank.balance(balance(Some("0"))).await.unwrap();
    assert_eq!(latest.metadata().get(HEIGHT).unwrap(), "12");
}

#[tokio::test]
async fn a_height_that_is_not_kept_or_no_number_is_refused_with_what_to_do() {
    let node = Node::start().await;
    let mut bank = BankClient::new(node.channel().await);
    let gone = bank.balance(balance(Some("3"))).await.unwrap_err();
    assert_eq!(gone.code(), Code::OutOfRange);
    assert!(gone.message().contains("heights 5 to 12"), "{}", gone.message());
    for nonsense in ["-1", "latest", "99999999999999999999"] {
        let refused = bank.balance(balance(Some(nonsense))).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{nonsense}");
    }
}

#[tokio::test]
async fn a_failure_keeps_its_code_and_words_and_carries_the_latest_height() {
    let node = Node::start().await;
    let mut auth = AuthClient::new(node.channel().await);
    let missing = auth
        .account(QueryAccountRequest {
            address: "ankr1x".to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(
        (missing.code(), missing.message()),
        (Code::NotFound, "account ankr1x not found")
    );
    assert_eq!(missing.metadata().get(HEIGHT).unwrap(), "12");
}

#[tokio::test]
async fn an_unknown_method_or_service_is_unimplemented() {
    let node = Node::start().await;
    let channel = node.channel().await;
    for path in [
        "/cosmos.bank.v1beta1.Query/Nothing",
        "/no.such.Service/Method",
        "/cosmos.tx.v1beta1.Service/Nothing",
    ] {
        assert_eq!(
            call(&channel, path, Bytes::new()).await.unwrap_err().code(),
            Code::Unimplemented,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_panic_in_a_query_fails_that_query_alone() {
    let node = Node::start().await;
    let channel = node.channel().await;
    assert_eq!(
        call(&channel, PANICS, Bytes::new()).await.unwrap_err().code(),
        Code::Internal
    );
    assert!(BankClient::new(channel).balance(balance(None)).await.is_ok());
}

#[tokio::test]
async fn a_simulation_runs_on_the_state_and_says_its_height() {
    let node = Node::start().await;
    let mut tx = TxClient::new(node.channel().await);
    let request = SimulateRequest {
        tx_bytes: vec![1, 2, 3],
        ..Default::default()
    };
    let answer = tx.simulate(request).await.unwrap();
    assert_eq!(answer.metadata().get(HEIGHT).unwrap(), "12");
    assert_eq!(answer.into_inner().gas_info.unwrap().gas_used, 3);
}

#[tokio::test]
async fn an_abci_query_reaches_the_application_by_its_path() {
    let node = Node::start().await;
    let mut tendermint = TendermintClient::new(node.channel().await);
    let request = AbciQueryRequest {
        path: "/store/bank/key".to_owned(),
        data: vec![9],
        prove: true,
        height: 0,
    };
    let answer = tendermint.abci_query(request).await.unwrap().into_inner();
    assert_eq!(
        (answer.value.as_slice(), answer.key.as_slice()),
        (b"/store/bank/key".as_slice(), [9].as_slice())
    );
    assert_eq!(answer.height, LATEST as i64);
}

#[tokio::test]
async fn the_node_says_its_gas_price_and_state_even_while_consensus_is_away() {
    let node = Node::start().await;
    let mut client = NodeClient::new(node.channel().await);
    let config = client.config(ConfigRequest {}).await.unwrap().into_inner();
    assert_eq!(config.minimum_gas_price, "25uankr");
    let status = client.status(StatusRequest {}).await.unwrap().into_inner();
    assert_eq!((status.height, status.earliest_store_height), (LATEST, 1));
    assert_eq!(status.app_hash, [7; 32]);
}

#[tokio::test]
async fn requests_are_counted_by_method_and_code_and_unknown_methods_share_a_label() {
    let node = Node::start().await;
    let channel = node.channel().await;
    BankClient::new(channel.clone())
        .balance(balance(None))
        .await
        .unwrap();
    call(&channel, "/made.up.Service/Method", Bytes::new())
        .await
        .unwrap_err();
    let metrics = node.metrics.encode();
    assert!(
        metrics.contains(r#"method="/cosmos.bank.v1beta1.Query/Balance",code="Ok""#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"method="unknown",code="Unimplemented""#),
        "{metrics}"
    );
    assert!(!metrics.contains("made.up"));
}

//! Clients that others wrote.

use std::{path::PathBuf, process::Command};

use slsbft_node::abci::Endpoint;
use tendermint_abci::ClientBuilder;
use tendermint_proto::v0_38::abci::{
    RequestCheckTx, RequestEcho, RequestFinalizeBlock, RequestInfo, RequestInitChain, RequestQuery,
};

use crate::support::Fixture;

#[test]
fn the_client_of_tendermint_rs_works_over_tcp() {
    let fixture = Fixture::tcp();
    let Endpoint::Tcp(address) = fixture.endpoint() else {
        panic!("not TCP")
    };
    let mut client = ClientBuilder::default().connect(address).unwrap();
    let message = "hello".to_owned();
    assert_eq!(
        client
            .echo(RequestEcho {
                message: message.clone()
            })
            .unwrap()
            .message,
        message
    );
    client.init_chain(RequestInitChain::default()).unwrap();
    let tx = bytes::Bytes::from_static(b"tx");
    let verdict = client
        .check_tx(RequestCheckTx {
            tx: tx.clone(),
            r#type: 0,
        })
        .unwrap();
    assert_eq!(verdict.data, tx);
    let large = bytes::Bytes::from(vec![7; 20 << 20]);
    let block = RequestFinalizeBlock {
        txs: vec![tx, large.clone()],
        ..Default::default()
    };
    assert_eq!(client.finalize_block(block).unwrap().tx_results.len(), 2);
    client.commit().unwrap();
    client.flush().unwrap();
    assert_eq!(client.info(RequestInfo::default()).unwrap().last_block_height, 1);
    let query = RequestQuery {
        data: large.clone(),
        ..Default::default()
    };
    assert_eq!(client.query(query).unwrap().value, large);
    assert!(client.list_snapshots().unwrap().snapshots.is_empty());
}

#[test]
fn abci_cli_works_over_the_unix_socket() {
    let tool = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.tools/bin/abci-cli");
    assert!(tool.exists(), "abci-cli is missing; run `make setup`");
    let fixture = Fixture::start();
    let address = fixture.endpoint().to_string();
    let run = |arguments: &[&str]| {
        let output = Command::new(&tool)
            .args(["--address", &address, "--log_level", "error"])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}{output:?}");
        text
    };
    assert!(run(&["echo", "hello"]).contains("hello"));
    assert!(run(&["check_tx", "\"abc\""]).contains("OK"));
    assert!(run(&["finalize_block", "\"abc\""]).contains("OK"));
    run(&["commit"]);
    assert!(run(&["prepare_proposal", "\"abc\""]).contains("abc"));
    assert!(run(&["process_proposal", "\"abc\""]).contains("ACCEPT"));
    assert!(run(&["info"]).contains("OK"));
    assert!(run(&["query", "\"abc\""]).contains("OK"));
}

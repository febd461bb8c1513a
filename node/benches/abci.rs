//! The transport alone: CheckTx through a socket, pipelined, and the round trip
//! of a synchronous call; ours beside `tendermint_abci`'s server. Prints
//! `name value unit`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a benchmark that cannot measure stops"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    sync::Arc,
    time::Instant,
};

use bytes::Bytes;
use prost::Message;
use slsbft_app::abci::{Consensus, Fault, Mempool, Query, Snapshots};
use slsbft_node::{
    abci::{Application, Endpoint, Options, Server},
    metrics::Metrics,
};
use tendermint_proto::v0_38::abci::{request::Value, *};

const CHECKS: usize = 200_000;
const CALLS: usize = 20_000;
const TX_BYTES: usize = 256;

/// Accepts everything, so that only the transport is measured.
#[derive(Clone)]
struct Yes;

impl Consensus for Yes {
    fn init_chain(&mut self, _: RequestInitChain) -> Result<ResponseInitChain, Fault> {
        Ok(ResponseInitChain::default())
    }

    fn prepare_proposal(
        &mut self,
        request: RequestPrepareProposal,
    ) -> Result<ResponsePrepareProposal, Fault> {
        Ok(ResponsePrepareProposal { txs: request.txs })
    }

    fn process_proposal(&mut self, _: RequestProcessProposal) -> Result<ResponseProcessProposal, Fault> {
        Ok(ResponseProcessProposal { status: 1 })
    }

    fn finalize_block(&mut self, request: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Fault> {
        let tx_results = request.txs.iter().map(|_| ExecTxResult::default()).collect();
        Ok(ResponseFinalizeBlock {
            tx_results,
            ..Default::default()
        })
    }

    fn commit(&mut self) -> Result<ResponseCommit, Fault> {
        Ok(ResponseCommit::default())
    }
}

impl Mempool for Yes {
    type Verified = ();

    fn verify(&self, _: RequestCheckTx) {}

    fn apply(&self, (): ()) -> Result<ResponseCheckTx, Fault> {
        Ok(ResponseCheckTx::default())
    }
}

impl Query for Yes {
    fn info(&self, _: RequestInfo) -> Result<ResponseInfo, Fault> {
        Ok(ResponseInfo::default())
    }

    fn query(&self, _: RequestQuery) -> Result<ResponseQuery, Fault> {
        Ok(ResponseQuery::default())
    }
}

impl Snapshots for Yes {}

impl tendermint_abci::Application for Yes {}

trait Socket: Read + Write + Send + Sized + 'static {
    fn second(&self) -> Self;
}

impl Socket for UnixStream {
    fn second(&self) -> Self {
        self.try_clone().expect("a second handle")
    }
}

impl Socket for TcpStream {
    fn second(&self) -> Self {
        self.try_clone().expect("a second handle")
    }
}

fn frame(value: Value) -> Vec<u8> {
    Request { value: Some(value) }.encode_length_delimited_to_vec()
}

/// Reads until `count` answers have come.
fn drain(socket: &mut impl Read, count: usize, held: &mut Vec<u8>) {
    let mut seen = 0;
    let mut chunk = vec![0; 1 << 16];
    loop {
        let mut rest = held.as_slice();
        while seen < count {
            let mut body = rest;
            let Ok(length) = prost::encoding::decode_varint(&mut body) else {
                break;
            };
            let Some(after) = body.get(length as usize..) else {
                break;
            };
            rest = after;
            seen += 1;
        }
        *held = rest.to_vec();
        if seen == count {
            return;
        }
        let read = socket.read(&mut chunk).expect("an answer");
        assert!(read > 0, "the server closed the connection");
        held.extend_from_slice(&chunk[..read]);
    }
}

fn pipelined(name: &str, socket: &impl Socket) {
    let (mut reader, mut writer) = (socket.second(), socket.second());
    let tx = Bytes::from(vec![7u8; TX_BYTES]);
    let check = frame(Value::CheckTx(RequestCheckTx { tx, r#type: 0 }));
    let start = Instant::now();
    let sender = std::thread::spawn(move || {
        let burst = check.repeat(100);
        for _ in 0..CHECKS / 100 {
            writer.write_all(&burst).expect("the server reads");
        }
        writer
            .write_all(&frame(Value::Flush(RequestFlush {})))
            .expect("the server reads");
    });
    drain(&mut reader, CHECKS + 1, &mut Vec::new());
    sender.join().expect("the sender ends");
    let rate = CHECKS as f64 / start.elapsed().as_secs_f64();
    println!("abci::check_tx/server={name} {rate:.0} 1/s");
}

fn round_trips(name: &str, method: &str, request: Value, calls: usize, socket: &impl Socket) {
    let (mut reader, mut writer) = (socket.second(), socket.second());
    let mut call = frame(request);
    call.extend_from_slice(&frame(Value::Flush(RequestFlush {})));
    let mut held = Vec::new();
    let start = Instant::now();
    for _ in 0..calls {
        writer.write_all(&call).expect("the server reads");
        drain(&mut reader, 2, &mut held);
    }
    let mean = start.elapsed().as_secs_f64() * 1e6 / calls as f64;
    println!("abci::{method}/server={name} {mean:.1} us");
}

fn measure(name: &str, socket: &impl Socket) {
    pipelined(name, socket);
    // Answered where it arrives, and handed over to the owner of the state.
    round_trips(
        name,
        "echo",
        Value::Echo(RequestEcho { message: "m".into() }),
        CALLS,
        socket,
    );
    round_trips(name, "commit", Value::Commit(RequestCommit {}), CALLS, socket);
    let txs = vec![Bytes::from(vec![7u8; 4_000]); 5_000];
    let block = RequestFinalizeBlock {
        txs,
        ..Default::default()
    };
    round_trips(name, "finalize_20mb", Value::FinalizeBlock(block), 20, socket);
}

fn main() {
    let shared = Arc::new(Yes);
    let application = Application {
        consensus: Yes,
        mempool: shared.clone(),
        query: shared.clone(),
        snapshots: shared,
    };
    let path = std::env::temp_dir().join(format!("slsbft-bench-{}.sock", std::process::id()));
    let listener = Endpoint::Unix(path.clone()).bind().expect("a socket");
    let metrics = Arc::new(Metrics::new());
    let server = Server::start(listener, application, Options::default(), metrics, |stop| {
        panic!("{stop}");
    })
    .expect("a server");
    measure("slsbft", &UnixStream::connect(&path).expect("a connection"));
    server.stop();

    let server = tendermint_abci::ServerBuilder::default().bind("127.0.0.1:0", Yes);
    let server = server.expect("a server");
    let address = server.local_addr();
    std::thread::spawn(move || drop(server.listen()));
    let socket = TcpStream::connect(address).expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    pipelined("tendermint_abci", &socket);
}

//! A small application, a server around it, and a raw client.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver},
    },
    time::Duration,
};

use bytes::Bytes;
use prost::Message;
use slsbft_app::abci::{Consensus, Fault, Mempool, Query, Snapshots};
use slsbft_node::{
    abci::{Application, Endpoint, Options, Server, Stop},
    metrics::Metrics,
};
use tempfile::TempDir;
use tendermint_proto::v0_38::abci::{
    ExecTxResult, Request, RequestCheckTx, RequestFinalizeBlock, RequestInfo, RequestInitChain,
    RequestPrepareProposal, RequestProcessProposal, RequestQuery, Response, ResponseCheckTx, ResponseCommit,
    ResponseFinalizeBlock, ResponseInfo, ResponseInitChain, ResponsePrepareProposal, ResponseProcessProposal,
    ResponseQuery, request::Value as Incoming, response::Value as Outgoing,
};

pub const DEADLINE: Duration = Duration::from_secs(60);

/// Counts blocks; its transactions do what they say ("fault", "panic", …).
#[derive(Default)]
pub struct Counter {
    height: Arc<AtomicU64>,
    applied: Arc<AtomicU64>,
    connected: Arc<AtomicU64>,
    /// Dropped with the application.
    _alive: Option<mpsc::Sender<()>>,
}

impl Counter {
    fn share(&self) -> Self {
        Self {
            height: self.height.clone(),
            applied: self.applied.clone(),
            connected: self.connected.clone(),
            _alive: None,
        }
    }
}

impl Consensus for Counter {
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
        if request.txs.iter().any(|tx| tx.as_ref() == b"fault") {
            return Err(Fault::Invariant("one coin too many".into()));
        }
        assert!(
            !request.txs.iter().any(|tx| tx.as_ref() == b"panic"),
            "the ground gave way"
        );
        let tx_results = request.txs.iter().map(|_| ExecTxResult::default()).collect();
        Ok(ResponseFinalizeBlock {
            tx_results,
            ..Default::default()
        })
    }

    fn commit(&mut self) -> Result<ResponseCommit, Fault> {
        self.height.fetch_add(1, Ordering::SeqCst);
        Ok(ResponseCommit::default())
    }
}

impl Mempool for Counter {
    type Verified = Bytes;

    fn connected(&self) {
        self.connected.fetch_add(1, Ordering::SeqCst);
    }

    fn verify(&self, request: RequestCheckTx) -> Bytes {
        // Later ones are quicker, so that answers in order of completion would be out of order.
        let spin = 200u32.saturating_sub(u32::from(request.tx.last().copied().unwrap_or(0)));
        for turn in 0..spin * 50 {
            std::hint::black_box(turn);
        }
        assert!(
            request.tx.as_ref() != b"panic",
            "a bad transaction reached a bad line"
        );
        request.tx
    }

    fn apply(&self, tx: Bytes) -> Result<ResponseCheckTx, Fault> {
        let gas_used = self.applied.fetch_add(1, Ordering::SeqCst) as i64;
        Ok(ResponseCheckTx {
            data: tx,
            gas_used,
            ..Default::default()
        })
    }
}

impl Query for Counter {
    fn info(&self, _: RequestInfo) -> Result<ResponseInfo, Fault> {
        let last_block_height = self.height.load(Ordering::SeqCst) as i64;
        Ok(ResponseInfo {
            last_block_height,
            ..Default::default()
        })
    }

    fn query(&self, request: RequestQuery) -> Result<ResponseQuery, Fault> {
        Ok(ResponseQuery {
            value: request.data,
            ..Default::default()
        })
    }
}

impl Snapshots for Counter {}

/// A server that runs until it is dropped.
pub struct Fixture {
    pub server: Option<Server>,
    pub stops: Receiver<Stop>,
    /// How many connections the mempool was told of.
    pub connected: Arc<AtomicU64>,
    /// Disconnects when the application is gone.
    pub alive: Receiver<()>,
    pub directory: TempDir,
}

impl Fixture {
    pub fn start() -> Self {
        Self::with(Options {
            max_frame_bytes: 1 << 20,
            ..Options::default()
        })
    }

    pub fn with(options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::Unix(directory.path().join("abci.sock"));
        Self::on(&endpoint, options, directory)
    }

    pub fn tcp() -> Self {
        let endpoint = "tcp://127.0.0.1:0".parse().unwrap();
        Self::on(&endpoint, Options::default(), tempfile::tempdir().unwrap())
    }

    fn on(endpoint: &Endpoint, options: Options, directory: TempDir) -> Self {
        let (alive, dropped) = mpsc::channel();
        let counter = Counter {
            _alive: Some(alive),
            ..Counter::default()
        };
        let connected = counter.connected.clone();
        let application = Application {
            mempool: Arc::new(counter.share()),
            query: Arc::new(counter.share()),
            snapshots: Arc::new(counter.share()),
            consensus: counter,
        };
        let (report, stops) = mpsc::channel();
        let listener = endpoint.bind().unwrap();
        let server = Server::start(
            listener,
            application,
            options,
            Arc::new(Metrics::new()),
            move |stop| {
                let _ = report.send(stop);
            },
        )
        .unwrap();
        Self {
            server: Some(server),
            stops,
            connected,
            alive: dropped,
            directory,
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        self.server.as_ref().unwrap().endpoint()
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("abci.sock")
    }

    pub fn connect(&self) -> Client {
        Client::new(UnixStream::connect(self.path()).unwrap())
    }
}

/// Speaks the socket protocol by hand, so that it can also speak it badly.
pub struct Client {
    pub stream: UnixStream,
    received: Vec<u8>,
}

impl Client {
    fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        Self {
            stream,
            received: Vec::new(),
        }
    }

    pub fn send(&mut self, value: Incoming) {
        self.stream.write_all(&frame(value)).unwrap();
    }

    /// The next answer; `None` when the server closed the connection.
    pub fn receive(&mut self) -> Option<Outgoing> {
        loop {
            let mut rest = self.received.as_slice();
            if let Ok(length) = prost::encoding::decode_varint(&mut rest)
                && let Some(message) = rest.get(..length as usize)
            {
                let response = Response::decode(message).unwrap();
                self.received = rest[length as usize..].to_vec();
                return Some(response.value.unwrap());
            }
            let mut chunk = [0; 65536];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(read) => self.received.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no answer: {error}"),
            }
        }
    }

    pub fn call(&mut self, value: Incoming) -> Option<Outgoing> {
        self.send(value);
        self.receive()
    }

    pub fn height(&mut self) -> i64 {
        match self.call(Incoming::Info(RequestInfo::default())) {
            Some(Outgoing::Info(info)) => info.last_block_height,
            other => panic!("not an answer to Info: {other:?}"),
        }
    }
}

pub fn frame(value: Incoming) -> Vec<u8> {
    Request { value: Some(value) }.encode_length_delimited_to_vec()
}

pub fn check(tx: impl Into<Bytes>) -> Incoming {
    Incoming::CheckTx(RequestCheckTx {
        tx: tx.into(),
        r#type: 0,
    })
}

pub fn block(tx: &'static str) -> Incoming {
    let txs = vec![Bytes::from_static(tx.as_bytes())];
    Incoming::FinalizeBlock(RequestFinalizeBlock {
        txs,
        ..Default::default()
    })
}

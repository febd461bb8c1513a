//! CheckTx of signed transfers by the real application, through its socket and
//! pipelined, as CometBFT's mempool asks. Prints `name value unit`, medians over
//! the rounds; what the signature alone costs is measured in the same run.
//!
//! `flush=each` has a Flush after every request, as CometBFT 0.39 sends them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot measure stops"
)]

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
use nix::sys::resource::{UsageWho, getrusage};
use prost::Message;
use slsbft_app::{
    abci::Consensus,
    app::{App, AppConfig},
};
use slsbft_client::{KeyKind, SigningKey, TxBuilder};
use slsbft_genesis::Genesis;
use slsbft_node::{
    abci::{Application, Endpoint, Options, Server},
    metrics::Metrics,
};
use slsbft_store::{Store, StoreConfig};
use slsbft_types::{Amount, Coins, Time, tx::tx_hash};
use slsbft_wasm::Vm;
use tendermint_proto::v0_38::{
    abci::{
        Request, RequestCheckTx, RequestFlush, RequestInitChain, Response, request::Value as Incoming,
        response::Value as Outgoing,
    },
    types::{BlockParams, ConsensusParams},
};

/// The node's own, since requests are freed by other threads than read them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CHAIN_ID: &str = "slsbft-bench-1";
const SENDERS: usize = 10_000;
const ROUNDS: u64 = 5;
/// Requests in one write.
const BURST: usize = 50;

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let keys: Vec<SigningKey> = (0..SENDERS as u64).map(key).collect();
    let directory = std::env::temp_dir().join(format!("slsbft-bench-{}", std::process::id()));
    let socket = directory.join("abci.sock");
    let server = serve(start(&directory, &keys), &socket);
    let stream = UnixStream::connect(&socket).unwrap();
    let signature = signature_alone(&keys[0]);
    let mut sequence = 0;
    for (name, flush_each) in [("flush=last", false), ("flush=each", true)] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(round(&stream, &sign(&keys, sequence), flush_each));
            sequence += 1;
        }
        let count = SENDERS as f64;
        let elapsed = median(rounds.iter().map(|round| round.0));
        let cpu = median(rounds.iter().map(|round| round.1));
        println!("check_tx::rate/{name} {:.0} tx/s", count / elapsed);
        println!("check_tx::rate_per_core/{name} {:.0} tx/s", count / cpu);
        println!("check_tx::cpu/{name} {:.1} us", cpu * 1e6 / count);
    }
    println!("check_tx::signature_alone {:.1} us", signature * 1e6);
    drop(stream);
    server.stop();
    let _ = std::fs::remove_dir_all(directory);
}

fn key(index: u64) -> SigningKey {
    SigningKey::from_secret(KeyKind::Secp256k1, &tx_hash(&index.to_be_bytes())).unwrap()
}

/// An application whose chain starts with an account for each key.
fn start(directory: &std::path::Path, keys: &[SigningKey]) -> App {
    let mut genesis = slsbft_genesis::local(CHAIN_ID, Time::from_seconds(1_700_000_000));
    let funded = keys
        .iter()
        .map(|key| (key.address(), Coins::base(Amount::new(1_000_000_000_000))));
    genesis.add_accounts(funded).unwrap();
    let store = Store::open(&directory.join("data"), &StoreConfig::default()).unwrap();
    let mut app = App::open(
        store,
        AppConfig::default(),
        Arc::new(Vm::new(Default::default()).unwrap()),
    )
    .unwrap();
    app.init_chain(init_chain(&genesis)).unwrap();
    app
}

fn init_chain(genesis: &Genesis) -> RequestInitChain {
    let block = BlockParams {
        max_bytes: genesis.consensus_params.block.max_bytes,
        max_gas: genesis.consensus_params.block.max_gas,
    };
    RequestInitChain {
        time: Some(genesis.genesis_time.into()),
        chain_id: genesis.chain_id.clone(),
        consensus_params: Some(ConsensusParams {
            block: Some(block),
            ..Default::default()
        }),
        app_state_bytes: serde_json::to_vec(&genesis.app_state).unwrap().into(),
        initial_height: genesis.initial_height,
        ..Default::default()
    }
}

fn serve(app: App, socket: &std::path::Path) -> Server {
    let listener = Endpoint::Unix(socket.to_owned()).bind().unwrap();
    let application = Application {
        mempool: app.mempool(),
        query: app.query(),
        snapshots: app.query(),
        consensus: app,
    };
    let metrics = Arc::new(Metrics::new());
    Server::start(listener, application, Options::default(), metrics, |stop| {
        eprintln!("{stop}");
    })
    .unwrap()
}

/// A transfer of every key, framed.
fn sign(keys: &[SigningKey], sequence: u64) -> Vec<Vec<u8>> {
    let pay = |(number, key): (usize, &SigningKey)| {
        let to = &keys[(number + 1) % keys.len()];
        let message = MsgSend {
            from_address: key.address().to_string(),
            to_address: to.address().to_string(),
            amount: Coins::base(Amount::new(1)).to_proto(),
        };
        let tx = TxBuilder::of(&message).sign(CHAIN_ID, key, number as u64, sequence);
        let tx = Bytes::copy_from_slice(tx.unwrap().bytes());
        frame(Incoming::CheckTx(RequestCheckTx { tx, r#type: 0 }))
    };
    keys.iter().enumerate().map(pay).collect()
}

fn frame(value: Incoming) -> Vec<u8> {
    Request { value: Some(value) }.encode_length_delimited_to_vec()
}

/// Checks transactions; returns elapsed seconds and the server's processor seconds.
fn round(stream: &UnixStream, checks: &[Vec<u8>], flush_each: bool) -> (f64, f64) {
    let flush = frame(Incoming::Flush(RequestFlush {}));
    let (start, busy) = (Instant::now(), cpu(UsageWho::RUSAGE_SELF));
    let (mut reader, mut writer) = (stream, stream);
    let clients = thread::scope(|scope| {
        let sender = scope.spawn(move || {
            for burst in checks.chunks(BURST) {
                let mut bytes = Vec::new();
                for check in burst {
                    bytes.extend_from_slice(check);
                    if flush_each {
                        bytes.extend_from_slice(&flush);
                    }
                }
                writer.write_all(&bytes).unwrap();
            }
            writer.write_all(&flush).unwrap();
            cpu(UsageWho::RUSAGE_THREAD)
        });
        let busy = cpu(UsageWho::RUSAGE_THREAD);
        drain(&mut reader, checks.len());
        sender.join().unwrap() + cpu(UsageWho::RUSAGE_THREAD) - busy
    });
    let busy = cpu(UsageWho::RUSAGE_SELF) - busy - clients;
    (start.elapsed().as_secs_f64(), busy.as_secs_f64())
}

/// Reads until every check is answered, and the last flush after them.
fn drain(reader: &mut impl Read, checks: usize) {
    let (mut held, mut chunk) = (Vec::new(), vec![0; 1 << 16]);
    let mut admitted = 0;
    loop {
        let mut rest = held.as_slice();
        while let Ok(response) = Response::decode_length_delimited(rest) {
            let length = response.encoded_len();
            rest = &rest[length + prost::length_delimiter_len(length)..];
            match response.value {
                Some(Outgoing::CheckTx(answer)) => {
                    assert_eq!(answer.code, 0, "{}", answer.log);
                    admitted += 1;
                }
                Some(Outgoing::Flush(_)) if admitted == checks && rest.is_empty() => return,
                _ => {}
            }
        }
        held = rest.to_vec();
        let read = reader.read(&mut chunk).unwrap();
        assert!(read > 0, "the server closed the connection");
        held.extend_from_slice(&chunk[..read]);
    }
}

/// Verifying one secp256k1 signature, key parsing and SHA-256 included.
fn signature_alone(key: &SigningKey) -> f64 {
    const TIMES: u32 = 10_000;
    let message = [7; 300];
    let (signature, public) = (key.sign(&message), key.public_key());
    let start = cpu(UsageWho::RUSAGE_THREAD);
    (0..TIMES).for_each(|_| public.verify(&message, &signature).unwrap());
    (cpu(UsageWho::RUSAGE_THREAD) - start).as_secs_f64() / f64::from(TIMES)
}

fn cpu(who: UsageWho) -> Duration {
    let usage = getrusage(who).unwrap();
    let times = [usage.user_time(), usage.system_time()];
    times
        .iter()
        .map(|time| {
            Duration::from_secs(time.tv_sec().unsigned_abs())
                + Duration::from_micros(time.tv_usec().unsigned_abs())
        })
        .sum()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

//! What transfers cost on a state of a million accounts: checking them for the
//! mempool, proposing, judging, executing and committing them, in blocks of
//! 5,000. Prints `name value unit`, medians over the blocks; the cost of the
//! signature alone is measured in the same run. Every other block is decided
//! without having been judged, so each transfer is checked, proposed, executed
//! once and written, as on a node that proposes every block.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may stop at anything unexpected"
)]

use std::{
    fs,
    time::{Duration, Instant},
};

use bytes::Bytes;
use slsbft_app::{
    abci::{Consensus, Mempool},
    modules::beacon,
};
use slsbft_client::{KeyKind, SigningKey, TxBuilder};
use slsbft_tests::{Chain, chain::CHAIN_ID, wallet::transfer};
use slsbft_types::{Address, tx::tx_hash};
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::abci::{RequestCheckTx, RequestFinalizeBlock, RequestPrepareProposal, RequestProcessProposal},
};

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACCOUNTS: u64 = 1_000_000;
const SENDERS: usize = 5_000;
const BLOCKS: usize = 12;

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let keys: Vec<SigningKey> = (0..SENDERS as u64).map(key).collect();
    let mut accounts: Vec<(Address, u128)> = keys
        .iter()
        .map(|key| (key.address(), 1_000_000_000_000_000))
        .collect();
    accounts.extend((0..ACCOUNTS - SENDERS as u64).map(|i| (recipient(i), 1_000_000)));
    eprintln!("genesis of {} accounts …", accounts.len());
    let mut chain = None;
    let genesis = timed(|| chain = Some(Chain::start(&accounts)));
    let mut chain = chain.unwrap();
    println!("transfers::genesis/accounts=1M {:.1} s", genesis.as_secs_f64());
    // Signed ahead: what is measured from here on is what a node does.
    let blocks: Vec<Vec<Bytes>> = (0..BLOCKS as u64).map(|round| sign(&keys, round)).collect();
    // The first block writes genesis, which is none of a transfer's cost.
    empty_block(&mut chain);
    empty_block(&mut chain);
    settle();
    eprintln!("{BLOCKS} blocks of {SENDERS} transfers …");
    let mut run = Run::default();
    let start = cpu_time();
    for (round, txs) in blocks.into_iter().enumerate() {
        run.block(&mut chain, round, txs);
    }
    // Its commit waits until the block before is written.
    empty_block(&mut chain);
    run.cpu = cpu_time() - start;
    run.report(&keys);
}

fn empty_block(chain: &mut Chain) {
    chain.height += 1;
    let request = RequestFinalizeBlock {
        height: chain.height,
        time: time_of(chain.height),
        txs: vec![beacon::system_tx(chain.height as u64, Bytes::new())],
        ..Default::default()
    };
    chain.app().finalize_block(request).unwrap();
    chain.app().commit().unwrap();
}

/// Waits until the database has sorted away what genesis wrote.
fn settle() {
    let mut before = cpu_time();
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let now = cpu_time();
        if now - before < Duration::from_millis(20) {
            return;
        }
        before = now;
    }
}

fn time_of(height: i64) -> Option<Timestamp> {
    Some(Timestamp {
        seconds: 1_700_000_000 + height,
        nanos: 0,
    })
}

fn key(index: u64) -> SigningKey {
    let secret = tx_hash(&index.to_be_bytes());
    SigningKey::from_secret(KeyKind::Secp256k1, &secret).unwrap()
}

fn recipient(index: u64) -> Address {
    Address::from_bytes(&tx_hash(&(1 << 40 | index).to_be_bytes())[..20]).unwrap()
}

fn sign(keys: &[SigningKey], round: u64) -> Vec<Bytes> {
    let pay = |(i, key): (usize, &SigningKey)| {
        let to = recipient((i as u64 * 7_919 + round * 104_729) % (ACCOUNTS - SENDERS as u64));
        let tx = TxBuilder::of(&transfer(&key.address(), &to, 1)).sign(CHAIN_ID, key, i as u64, round);
        Bytes::copy_from_slice(tx.unwrap().bytes())
    };
    keys.iter().enumerate().map(pay).collect()
}

#[derive(Default)]
struct Run {
    check: Vec<Duration>,
    prepare: Vec<Duration>,
    process: Vec<Duration>,
    finalize: Vec<Duration>,
    finalize_alone: Vec<Duration>,
    commit: Vec<Duration>,
    cpu: Duration,
}

impl Run {
    fn block(&mut self, chain: &mut Chain, round: usize, txs: Vec<Bytes>) {
        chain.height += 1;
        let (height, time) = (chain.height, time_of(chain.height));
        let mempool = chain.app().mempool();
        self.check.push(timed(|| {
            for tx in &txs {
                let request = RequestCheckTx {
                    tx: tx.clone(),
                    ..Default::default()
                };
                assert_eq!(mempool.apply(mempool.verify(request)).unwrap().code, 0);
            }
        }));
        let request = RequestPrepareProposal {
            height,
            time,
            txs,
            max_tx_bytes: 22_000_000,
            ..Default::default()
        };
        let mut txs = Vec::new();
        self.prepare
            .push(timed(|| txs = chain.app().prepare_proposal(request).unwrap().txs));
        assert_eq!(txs.len(), SENDERS + 1);
        assert_eq!(txs[0], beacon::system_tx(height as u64, Bytes::new()));

        let commit = Some(chain.validators.last_commit(0));
        let kept = round.is_multiple_of(2);
        if kept {
            let txs = txs.clone();
            let request = RequestProcessProposal {
                height,
                time,
                txs,
                proposed_last_commit: commit.clone(),
                ..Default::default()
            };
            self.process.push(timed(|| {
                assert_eq!(chain.app().process_proposal(request).unwrap().status, 1)
            }));
        }
        let request = RequestFinalizeBlock {
            height,
            time,
            txs,
            decided_last_commit: commit,
            ..Default::default()
        };
        let finalize = timed(|| {
            let response = chain.app().finalize_block(request).unwrap();
            assert!(response.tx_results.iter().all(|result| result.code == 0));
        });
        if kept {
            self.finalize.push(finalize)
        } else {
            self.finalize_alone.push(finalize)
        }
        self.commit.push(timed(|| assert!(chain.app().commit().is_ok())));
    }

    fn report(mut self, keys: &[SigningKey]) {
        let each = |total: Duration| total.as_secs_f64() * 1e6 / SENDERS as f64;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let check = median(&mut self.check);
        println!("transfers::check_tx/accounts=1M {:.1} us", each(check));
        println!(
            "transfers::check_tx_rate/accounts=1M {:.0} tx/s",
            SENDERS as f64 / check.as_secs_f64()
        );
        println!(
            "transfers::prepare_proposal/txs=5000 {:.1} ms",
            ms(median(&mut self.prepare))
        );
        println!(
            "transfers::process_proposal/txs=5000 {:.1} ms",
            ms(median(&mut self.process))
        );
        println!(
            "transfers::finalize_kept/txs=5000 {:.1} ms",
            ms(median(&mut self.finalize))
        );
        let (alone, commit) = (median(&mut self.finalize_alone), median(&mut self.commit));
        println!("transfers::finalize_alone/txs=5000 {:.1} ms", ms(alone));
        println!("transfers::commit/txs=5000 {:.1} ms", ms(commit));
        println!(
            "transfers::finalize_and_commit/txs=5000 {:.1} ms",
            ms(alone + commit)
        );
        println!(
            "transfers::cpu_per_transfer {:.1} us",
            self.cpu.as_secs_f64() * 1e6 / (BLOCKS * SENDERS) as f64
        );
        println!("transfers::signature_alone {:.1} us", signature_alone(&keys[0]));
    }
}

/// Verifying one secp256k1 signature, key parsing and SHA-256 included.
fn signature_alone(key: &SigningKey) -> f64 {
    const TIMES: u32 = 5_000;
    let message = [7; 300];
    let signature = key.sign(&message);
    let public = key.public_key();
    let time = timed(|| (0..TIMES).for_each(|_| public.verify(&message, &signature).unwrap()));
    time.as_secs_f64() * 1e6 / f64::from(TIMES)
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// User and system time of this process so far (fields 14 and 15 of
/// `/proc/self/stat`, in hundredths of a second).
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

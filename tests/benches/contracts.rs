//! What transfers of a CW20 token cost in a block: executing and committing them, in blocks of 2,000,
//! each from another account to another that has tokens. Prints `name value unit`, medians over the
//! blocks, and beside them plain transfers of coins between the same accounts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may stop at anything unexpected"
)]

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use cosmos_sdk_proto::cosmwasm::wasm::v1::{MsgExecuteContract, MsgInstantiateContract, MsgStoreCode};
use serde_json::json;
use slsbft_app::{
    abci::{Consensus, Mempool},
    modules::{beacon, contracts::address::numbered},
};
use slsbft_client::{KeyKind, SigningKey, TxBuilder};
use slsbft_tests::{Chain, chain::CHAIN_ID, wallet::transfer};
use slsbft_types::{Address, tx::tx_hash};
use tendermint_proto::{
    google::protobuf::Timestamp,
    v0_38::abci::{RequestCheckTx, RequestFinalizeBlock},
};

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SENDERS: usize = 2_000;
const BLOCKS: u64 = 12;
const GAS: u64 = 400_000;

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let keys: Vec<SigningKey> = (0..SENDERS as u64).map(key).collect();
    let accounts: Vec<(Address, u128)> = keys
        .iter()
        .map(|key| (key.address(), 1_000_000_000_000_000))
        .collect();
    let mut chain = Chain::start(&accounts);
    let token = deploy(&mut chain, &keys);
    let (mut tokens, mut coins) = (Trial::default(), Trial::default());
    for round in 0..BLOCKS {
        // The first account has sent two transactions before.
        let sequence = |sender: usize| 2 * round + if sender == 0 { 2 } else { 0 };
        let txs = sign(&keys, |i, from, to| {
            let pay = json!({ "transfer": { "recipient": to.to_string(), "amount": "1" } });
            let message = MsgExecuteContract {
                sender: from.to_string(),
                contract: token.to_string(),
                msg: pay.to_string().into_bytes(),
                funds: Vec::new(),
            };
            (TxBuilder::of(&message).gas(GAS), sequence(i))
        });
        tokens.block(&mut chain, txs);
        let txs = sign(&keys, |i, from, to| {
            (TxBuilder::of(&transfer(from, to, 1)).gas(GAS), sequence(i) + 1)
        });
        coins.block(&mut chain, txs);
    }
    tokens.report("cw20");
    coins.report("coins");
}

/// Stores the published token and makes one in which everybody has some.
fn deploy(chain: &mut Chain, keys: &[SigningKey]) -> Address {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-runtime/testdata");
    let sender = keys[0].address().to_string();
    let store = MsgStoreCode {
        sender: sender.clone(),
        wasm_byte_code: fs::read(folder.join("cw20_base.wasm")).unwrap(),
        instantiate_permission: None,
    };
    let balances: Vec<_> = keys
        .iter()
        .map(|key| json!({ "address": key.address().to_string(), "amount": "1000000" }))
        .collect();
    let init = json!({ "name": "Token", "symbol": "TKN", "decimals": 6, "initial_balances": balances });
    let instantiate = MsgInstantiateContract {
        sender,
        admin: String::new(),
        code_id: 1,
        label: "token".into(),
        msg: init.to_string().into_bytes(),
        funds: Vec::new(),
    };
    for (sequence, tx) in [TxBuilder::of(&store), TxBuilder::of(&instantiate)]
        .into_iter()
        .enumerate()
    {
        let tx = tx.gas(1_500_000_000).sign(CHAIN_ID, &keys[0], 0, sequence as u64);
        let admitted = chain.submit(tx.unwrap().bytes());
        assert_eq!(admitted.code, 0, "{}", admitted.log);
        let result = chain.block().results()[0].clone();
        assert_eq!(result.code, 0, "{}", result.log);
    }
    numbered(1, 1)
}

fn key(index: u64) -> SigningKey {
    SigningKey::from_secret(KeyKind::Secp256k1, &tx_hash(&index.to_be_bytes())).unwrap()
}

/// A transaction of each account: what it pays the one 7 places further, and its sequence.
fn sign(keys: &[SigningKey], tx: impl Fn(usize, &Address, &Address) -> (TxBuilder, u64)) -> Vec<Bytes> {
    let one = |(i, key): (usize, &SigningKey)| {
        let to = keys[(i + 7) % keys.len()].address();
        let (tx, sequence) = tx(i, &key.address(), &to);
        let signed = tx.sign(CHAIN_ID, key, i as u64, sequence).unwrap();
        Bytes::copy_from_slice(signed.bytes())
    };
    keys.iter().enumerate().map(one).collect()
}

#[derive(Default)]
struct Trial {
    finalize: Vec<Duration>,
    cpu: Vec<Duration>,
    commit: Vec<Duration>,
    gas: i64,
}

impl Trial {
    fn block(&mut self, chain: &mut Chain, txs: Vec<Bytes>) {
        let mempool = chain.app().mempool();
        for tx in &txs {
            let tx = tx.clone();
            let request = RequestCheckTx {
                tx,
                ..Default::default()
            };
            let admitted = mempool.apply(mempool.verify(request)).unwrap();
            assert_eq!(admitted.code, 0, "{}", admitted.log);
        }
        chain.height += 1;
        chain.time += 1;
        let request = RequestFinalizeBlock {
            height: chain.height,
            time: Some(Timestamp {
                seconds: chain.time,
                nanos: 0,
            }),
            txs: [vec![beacon::system_tx(chain.height as u64, Bytes::new())], txs].concat(),
            decided_last_commit: Some(chain.validators.last_commit(0)),
            ..Default::default()
        };
        let (begun, cpu) = (Instant::now(), cpu_time());
        let response = chain.app().finalize_block(request).unwrap();
        self.finalize.push(begun.elapsed());
        self.cpu.push(cpu_time() - cpu);
        assert!(response.tx_results.iter().all(|result| result.code == 0));
        self.gas = response.tx_results[1].gas_used;
        let begun = Instant::now();
        assert!(chain.app().commit().is_ok());
        self.commit.push(begun.elapsed());
    }

    fn report(mut self, what: &str) {
        let each = |total: Duration| total.as_secs_f64() * 1e6 / SENDERS as f64;
        let finalize = median(&mut self.finalize);
        println!("contracts::{what}/finalize {:.1} us each", each(finalize));
        println!(
            "contracts::{what}/finalize_rate {:.0} tx/s",
            SENDERS as f64 / finalize.as_secs_f64()
        );
        println!(
            "contracts::{what}/finalize_cpu {:.1} us each",
            each(median(&mut self.cpu))
        );
        println!(
            "contracts::{what}/commit {:.1} us each",
            each(median(&mut self.commit))
        );
        println!("contracts::{what}/gas_used {}", self.gas);
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// User and system time of this process so far.
fn cpu_time() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let of = |time: nix::sys::time::TimeVal| {
        Duration::new(
            time.tv_sec() as u64,
            u32::try_from(time.tv_usec()).unwrap() * 1_000,
        )
    };
    of(usage.user_time()) + of(usage.system_time())
}

//! What validators and service levels cost a node: the last block of an epoch with
//! 100 validators, 10,000 delegators and 10,000 audited providers, the next one's first,
//! and every other block beside the same on a chain without validators. Prints `name value unit`,
//! medians over the epochs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock and may stop at anything unexpected"
)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use cosmos_sdk_proto::{Any, cosmos::staking::v1beta1::MsgDelegate};
use prost::{Message, Name};
use slsbft_app::abci::Consensus;
use slsbft_client::{KeyKind, SigningKey, TxBuilder};
use slsbft_genesis::{
    ConsensusKey, Genesis, NewCandidate,
    bank::Balance,
    beacon::{Hex32, VrfKey},
    service::{EndpointKind, Provider, Service},
    staking::{Commission, Description},
};
use slsbft_mechanism::{
    audit::{Entry, Finding, Reading, Report},
    share::Dec,
};
use slsbft_proto::service::v1::{
    AuditEntry, MsgCommitAudit, MsgRevealAudit, QueryAssignmentRequest, QueryAssignmentResponse,
};
use slsbft_tests::{Chain, chain::CHAIN_ID, validators::vrf_secret};
use slsbft_types::{Address, Amount, Coins, Time, UANKR_PER_ANKR, tx::tx_hash};
use tendermint_proto::{google::protobuf::Timestamp, v0_38::abci::RequestFinalizeBlock};

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const VALIDATORS: u64 = 100;
const DELEGATORS: u64 = 10_000;
const PROVIDERS: u64 = 10_000;
const EPOCH: u64 = 30;
const EPOCHS: usize = 5;
const STAKE: u128 = 200_000 * UANKR_PER_ANKR;
const SALT: [u8; 32] = [3; 32];

fn main() {
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let mut plain = Run::new(Chain::start(&[]));
    let quiet = plain.blocks(200);
    let mut run = Run::new(genesis());
    eprintln!("{DELEGATORS} delegations …");
    run.delegate();
    let mut boundaries = Vec::new();
    let mut firsts = Vec::new();
    let mut others = Vec::new();
    for epoch in 0..EPOCHS {
        let (first, boundary, other) = run.epoch();
        // The first epoch has no seed yet, so no audits.
        if epoch > 0 {
            boundaries.push(boundary);
            firsts.push(first);
            others.extend(other);
        }
    }
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let finalize = median(boundaries.iter().map(|(finalize, _)| *finalize));
    let commit = median(boundaries.iter().map(|(_, commit)| *commit));
    println!(
        "boundary::finalize/validators=100,delegators=10k,providers=10k {:.1} ms",
        ms(finalize)
    );
    println!(
        "boundary::commit/validators=100,delegators=10k,providers=10k {:.1} ms",
        ms(commit)
    );
    println!("boundary::finalize_and_commit {:.1} ms", ms(finalize + commit));
    println!(
        "boundary::first_block/validators=100,providers=10k {:.1} ms",
        ms(median(firsts.into_iter()))
    );
    let (with, without) = (median(others.into_iter()), median(quiet.into_iter()));
    println!("boundary::empty_block/validators=100 {:.3} ms", ms(with));
    println!("boundary::empty_block/validators=0 {:.3} ms", ms(without));
    println!(
        "boundary::overhead_per_block {:.3} ms",
        ms(with.saturating_sub(without))
    );
}

fn key(index: u64) -> SigningKey {
    SigningKey::from_secret(KeyKind::Ed25519, &tx_hash(&index.to_be_bytes())).unwrap()
}

fn provider(index: u64) -> Address {
    Address::from_bytes(&tx_hash(&(1 << 40 | index).to_be_bytes())[..20]).unwrap()
}

/// Validators 0 to 99, then delegators; providers own no key.
fn genesis() -> Chain {
    let accounts: Vec<(Address, u128)> = (0..VALIDATORS + DELEGATORS)
        .map(|index| (key(index).address(), STAKE + 10_000 * UANKR_PER_ANKR))
        .collect();
    Chain::start_with(&accounts, |genesis| {
        genesis.app_state.epochs.params.blocks_per_epoch = EPOCH;
        genesis.app_state.election.params.max_validators = 100;
        genesis.app_state.service.params.auditors_per_provider = 15;
        for n in 0..VALIDATORS {
            candidate(genesis, n);
        }
        providers(genesis);
    })
}

fn candidate(genesis: &mut Genesis, n: u64) {
    let operator = key(n).address();
    let new = NewCandidate {
        operator,
        consensus_key: ConsensusKey(tx_hash(&(1 << 41 | n).to_be_bytes())),
        stake: Amount::new(STAKE),
        description: Description {
            moniker: format!("validator {n}"),
            ..Description::default()
        },
        commission: Commission {
            rate: Dec::ZERO,
            max_rate: Dec::ZERO,
            max_change_rate: Dec::ZERO,
            updated_at: Time::default(),
        },
    };
    genesis.add_candidate(new).unwrap();
    genesis.app_state.beacon.vrf_keys.push(VrfKey {
        operator,
        vrf_key: Hex32(*vrf_secret(n as u8).public().as_bytes()),
    });
}

fn providers(genesis: &mut Genesis) {
    let self_stake = Amount::new(1_000 * UANKR_PER_ANKR);
    genesis.app_state.service.providers = (0..PROVIDERS)
        .map(|n| Provider {
            address: provider(n),
            moniker: format!("provider {n}"),
            endpoint: format!("https://p{n}.example.com/"),
            kind: EndpointKind::Http,
            cpu_milli: 0,
            memory_bytes: 0,
            storage_bytes: 0,
            bandwidth_kbps: 10_000,
            gpus: 0,
            tags: Vec::new(),
            self_stake,
            registered_epoch: 0,
        })
        .collect();
    genesis.app_state.bank.balances.push(Balance {
        address: Service::stakes_account(),
        coins: Coins::base(self_stake.mul(PROVIDERS.into()).unwrap()),
    });
}

/// A chain, driven without the checks that the tests make after every block.
struct Run {
    chain: Chain,
    sequences: Vec<u64>,
}

impl Run {
    fn new(chain: Chain) -> Self {
        Self {
            chain,
            sequences: vec![0; (VALIDATORS + DELEGATORS) as usize],
        }
    }

    /// One block; returns the time of FinalizeBlock and of Commit.
    fn block(&mut self, txs: Vec<Bytes>) -> (Duration, Duration) {
        for tx in txs {
            self.chain.offer(tx);
        }
        let txs = self.chain.prepare();
        let request = RequestFinalizeBlock {
            height: self.chain.height + 1,
            time: Some(Timestamp {
                seconds: self.chain.time + 1,
                nanos: 0,
            }),
            proposer_address: self.chain.validators.proposer().to_vec().into(),
            decided_last_commit: Some(self.chain.validators.last_commit(0)),
            txs,
            ..Default::default()
        };
        let mut updates = Vec::new();
        let finalize = timed(|| {
            let response = self.chain.app().finalize_block(request).unwrap();
            let failed = response.tx_results.iter().find(|result| result.code != 0);
            assert!(failed.is_none(), "{failed:?}");
            updates = response.validator_updates;
        });
        let commit = timed(|| assert!(self.chain.app().commit().is_ok()));
        self.chain.validators.advance(&updates);
        self.chain.height += 1;
        self.chain.time += 1;
        (finalize, commit)
    }

    /// Empty blocks; returns the time of each.
    fn blocks(&mut self, number: usize) -> Vec<Duration> {
        let total = |(finalize, commit): (Duration, Duration)| finalize + commit;
        (0..number).map(|_| total(self.block(Vec::new()))).collect()
    }

    fn sign<M: Message + Name>(&mut self, account: u64, message: &M) -> Bytes {
        let any = Any {
            type_url: M::type_url(),
            value: message.encode_to_vec(),
        };
        let sequence = &mut self.sequences[account as usize];
        let tx = TxBuilder::new().any(any).gas(3_000_000);
        let signed = tx.sign(CHAIN_ID, &key(account), account, *sequence).unwrap();
        *sequence += 1;
        Bytes::copy_from_slice(signed.bytes())
    }

    fn delegate(&mut self) {
        for first in (VALIDATORS..VALIDATORS + DELEGATORS).step_by(500) {
            let txs = (first..first + 500).map(|delegator| {
                let message = MsgDelegate {
                    delegator_address: key(delegator).address().to_string(),
                    validator_address: key(delegator % VALIDATORS).address().to_validator_bech32(),
                    amount: Some(cosmos_sdk_proto::cosmos::base::v1beta1::Coin {
                        denom: "uankr".into(),
                        amount: (100 * UANKR_PER_ANKR).to_string(),
                    }),
                };
                self.sign(delegator, &message)
            });
            let txs = txs.collect();
            self.block(txs);
        }
        while !(self.chain.height as u64).is_multiple_of(EPOCH) {
            self.block(Vec::new());
        }
    }

    /// An epoch with all of its audits; returns the time of its first block, which assigns them, of
    /// its last, and of the empty ones.
    fn epoch(&mut self) -> (Duration, (Duration, Duration), Vec<Duration>) {
        let first = self.blocks(1).into_iter().sum();
        let mut empty = self.blocks(2);
        let reports: Vec<_> = (0..VALIDATORS).filter_map(|n| self.report(n)).collect();
        let commits = reports
            .iter()
            .map(|(n, commit, _)| self.sign(*n, commit))
            .collect();
        self.block(commits);
        empty.extend(self.blocks(EPOCH as usize - 4 - 8));
        for part in reports.chunks(20) {
            let reveals = part.iter().map(|(n, _, reveal)| self.sign(*n, reveal)).collect();
            self.block(reveals);
        }
        while self.chain.height as u64 % EPOCH != EPOCH - 1 {
            empty.extend(self.blocks(1));
        }
        (first, self.block(Vec::new()), empty)
    }

    fn report(&self, n: u64) -> Option<(u64, MsgCommitAudit, MsgRevealAudit)> {
        let operator = key(n).address();
        let request = QueryAssignmentRequest {
            auditor: operator.to_string(),
        };
        let answer = self
            .chain
            .query("/slsbft.service.v1.Query/Assignment", request.encode_to_vec());
        let assigned = QueryAssignmentResponse::decode(answer.value).unwrap();
        if assigned.targets.is_empty() {
            return None;
        }
        let reading = |id: u32| Reading {
            latency_ms: 40 + (id % 7) as u16,
            throughput_kbps: 10_000,
            delivered: None,
        };
        let entries = assigned.targets.iter().map(|target| Entry {
            target: target.id,
            finding: Finding::Reached(reading(target.id)),
        });
        let wire = assigned.targets.iter().map(|target| AuditEntry {
            provider: target.id,
            reachable: true,
            latency_ms: reading(target.id).latency_ms.into(),
            throughput_kbps: 10_000,
            delivered: None,
        });
        let report = Report::new(entries.collect()).unwrap();
        let commit = MsgCommitAudit {
            auditor: operator.to_string(),
            epoch: assigned.epoch,
            digest: report
                .commitment(CHAIN_ID, assigned.epoch, &operator, &SALT)
                .to_vec()
                .into(),
        };
        let reveal = MsgRevealAudit {
            auditor: operator.to_string(),
            epoch: assigned.epoch,
            salt: SALT.to_vec().into(),
            entries: wire.collect(),
        };
        Some((n, commit, reveal))
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

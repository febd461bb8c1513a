//! The state of the fake node.

#![allow(
    clippy::result_large_err,
    reason = "tonic::Status is what handlers answer with"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        auth::v1beta1::{QueryAccountRequest, QueryAccountResponse},
        base::{
            abci::v1beta1::GasInfo,
            node::v1beta1::{StatusRequest, StatusResponse},
        },
        tx::v1beta1::{
            AuthInfo, BroadcastTxRequest, BroadcastTxResponse, GetTxRequest, GetTxResponse, SimulateRequest,
            SimulateResponse, TxBody, TxRaw,
        },
    },
};
use prost::Message;
use slsbft_client::{KeyKind, SigningKey, TxHash};
use slsbft_mechanism::audit::{Entry, Finding, Reading, Report};
use slsbft_proto::service::v1::{
    MsgCommitAudit, MsgRevealAudit, Params, QueryAssignmentRequest, QueryAssignmentResponse,
    QueryParamsRequest, QueryParamsResponse, Target,
};
use slsbft_types::{
    Address, PublicKey,
    tx::{direct_sign_bytes, tx_hash},
};
use tonic::Status;

use crate::node::{ACCOUNT_NUMBER, CHAIN_ID, account, included, read, status, verdict};

/// Blocks of an epoch: 20 for commitments, 10 for reports.
pub const EPOCH: u64 = 30;
const COMMIT: u64 = EPOCH * 2 / 3;
/// The beacons that computing begins with, and that samples it.
pub const SEED: [u8; 32] = [5; 32];
pub const SAMPLE: [u8; 32] = [6; 32];

/// What blocks took.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    Committed { epoch: u64, digest: [u8; 32] },
    Revealed { epoch: u64, report: Report },
    Failed { epoch: u64, why: &'static str },
}

struct Held {
    hash: TxHash,
    body: TxBody,
}

pub struct State {
    key: PublicKey,
    pub operator: Address,
    pub targets: Vec<Target>,
    pub height: u64,
    pub epoch: u64,
    first: u64,
    sequence: u64,
    checked: u64,
    mempool: VecDeque<Held>,
    index: BTreeMap<TxHash, (u64, u32)>,
    pub digest: Option<[u8; 32]>,
    revealed: bool,
    /// Everything that blocks took, in order.
    pub done: Vec<Done>,
    /// Digests that were ever sent, by epoch.
    pub offered: BTreeMap<u64, BTreeSet<[u8; 32]>>,
    /// Reveals that were ever sent, by epoch.
    pub reveals: BTreeMap<u64, u32>,
    /// Nothing is answered while set.
    pub away: bool,
    /// No blocks while set.
    pub halted: bool,
    /// No block after this one while set.
    pub stop_at: Option<u64>,
    /// The account cannot pay.
    pub poor: bool,
    /// The account audits for nobody.
    pub dismissed: bool,
    /// Transactions are taken and never get into a block.
    pub swallows: bool,
    /// How old the latest block is, in seconds.
    pub lag: i64,
    /// So many blocks after an epoch's first, somebody else commits for the operator.
    pub intruder: Option<u64>,
}

impl State {
    pub fn new(key: PublicKey) -> Self {
        Self {
            key,
            operator: SigningKey::from_secret(KeyKind::Ed25519, &[7; 32])
                .unwrap()
                .address(),
            targets: Vec::new(),
            height: 1,
            epoch: 1,
            first: 1,
            sequence: 3,
            checked: 3,
            mempool: VecDeque::new(),
            index: BTreeMap::new(),
            digest: None,
            revealed: false,
            done: Vec::new(),
            offered: BTreeMap::new(),
            reveals: BTreeMap::new(),
            away: false,
            halted: false,
            stop_at: None,
            poor: false,
            dismissed: false,
            swallows: false,
            lag: 0,
            intruder: None,
        }
    }

    pub fn commit_until(&self) -> u64 {
        self.first + COMMIT - 1
    }

    /// Of the block whose beacon samples what was computed.
    pub fn sample_height(&self) -> u64 {
        self.first + EPOCH / 3
    }

    fn last(&self) -> u64 {
        self.first + EPOCH - 1
    }

    pub fn make_block(&mut self) {
        if self.halted || self.stop_at.is_some_and(|last| self.height >= last) {
            return;
        }
        self.height += 1;
        for held in std::mem::take(&mut self.mempool) {
            let code = self.execute(&held.body);
            self.sequence += 1;
            self.index.insert(held.hash, (self.height, code));
        }
        self.checked = self.sequence;
        if self.height >= self.last() {
            self.epoch += 1;
            self.first = self.height + 1;
            self.digest = None;
            self.revealed = false;
        }
        if self
            .intruder
            .is_some_and(|blocks| self.height.max(self.first) >= self.first + blocks)
        {
            self.digest.get_or_insert([9; 32]);
        }
    }

    fn execute(&mut self, body: &TxBody) -> u32 {
        let message = &body.messages[0];
        let (epoch, result) = if let Some(commit) = read::<MsgCommitAudit>(message) {
            (commit.epoch, self.commit(&commit))
        } else {
            let reveal: MsgRevealAudit = read(message).expect("a commitment or a reveal");
            (reveal.epoch, self.reveal(&reveal))
        };
        match result {
            Ok(done) => {
                self.done.push(done);
                0
            }
            Err((code, why)) => {
                self.done.push(Done::Failed { epoch, why });
                code
            }
        }
    }

    fn commit(&mut self, message: &MsgCommitAudit) -> Result<Done, (u32, &'static str)> {
        if message.epoch != self.epoch {
            return Err((10, "wrong epoch"));
        }
        if self.height > self.commit_until() {
            return Err((12, "too late to commit"));
        }
        if self.digest.is_some() {
            return Err((13, "committed already"));
        }
        let digest = message.digest.as_ref().try_into().unwrap();
        self.digest = Some(digest);
        let epoch = self.epoch;
        Ok(Done::Committed { epoch, digest })
    }

    fn reveal(&mut self, message: &MsgRevealAudit) -> Result<Done, (u32, &'static str)> {
        if message.epoch != self.epoch {
            return Err((10, "wrong epoch"));
        }
        if self.height <= self.commit_until() {
            return Err((14, "too early to reveal"));
        }
        let digest = self.digest.ok_or((15, "nothing committed"))?;
        if self.revealed {
            return Err((16, "revealed already"));
        }
        let report = Report::new(message.entries.iter().map(entry).collect()).unwrap();
        let salt = message.salt.as_ref().try_into().unwrap();
        if report.commitment(CHAIN_ID, self.epoch, &self.operator, &salt) != digest {
            return Err((17, "not what was committed to"));
        }
        let ids: Vec<u32> = self.targets.iter().map(|target| target.id).collect();
        if report.entries().iter().any(|entry| !ids.contains(&entry.target)) {
            return Err((18, "not a target"));
        }
        self.revealed = true;
        let epoch = self.epoch;
        Ok(Done::Revealed { epoch, report })
    }

    /// The report that was revealed in an epoch.
    pub fn report(&self, of: u64) -> Option<Report> {
        self.done.iter().find_map(|done| match done {
            Done::Revealed { epoch, report } if *epoch == of => Some(report.clone()),
            _ => None,
        })
    }

    pub fn forget(&mut self) {
        self.mempool.clear();
        self.checked = self.sequence;
    }

    pub fn broadcast(&mut self, request: BroadcastTxRequest) -> Result<BroadcastTxResponse, Status> {
        let raw = TxRaw::decode(request.tx_bytes.as_slice()).unwrap();
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
        let hash = TxHash(tx_hash(&request.tx_bytes));
        self.note(&body.messages[0]);
        if self.mempool.iter().any(|held| held.hash == hash) {
            return Ok(verdict(19, "tx already in mempool"));
        }
        if body.timeout_height <= self.height {
            return Ok(verdict(30, "tx timeout height"));
        }
        if self.poor {
            return Ok(verdict(
                5,
                "spendable balance 0uankr is smaller than 5000000uankr: insufficient funds",
            ));
        }
        let (fee, found) = (auth.fee.unwrap(), auth.signer_infos[0].sequence);
        assert!(fee.amount[0].amount.parse::<u64>().unwrap() >= 25 * fee.gas_limit);
        let expected = self.checked;
        if found != expected {
            let log = format!("account sequence mismatch, expected {expected}, got {found}");
            return Ok(verdict(32, &format!("{log}: incorrect account sequence")));
        }
        let signed = direct_sign_bytes(&raw.body_bytes, &raw.auth_info_bytes, CHAIN_ID, ACCOUNT_NUMBER);
        self.key
            .verify(&signed, &raw.signatures[0])
            .expect("the account's signature");
        if !self.swallows {
            self.checked += 1;
            self.mempool.push_back(Held { hash, body });
        }
        Ok(verdict(0, ""))
    }

    fn note(&mut self, message: &Any) {
        if let Some(commit) = read::<MsgCommitAudit>(message) {
            let digest = commit.digest.as_ref().try_into().unwrap();
            self.offered.entry(commit.epoch).or_default().insert(digest);
        } else if let Some(reveal) = read::<MsgRevealAudit>(message) {
            *self.reveals.entry(reveal.epoch).or_default() += 1;
        }
    }

    pub fn get_tx(&mut self, request: GetTxRequest) -> Result<GetTxResponse, Status> {
        let hash: TxHash = request.hash.parse().unwrap();
        let (height, code) = self
            .index
            .get(&hash)
            .ok_or_else(|| Status::not_found("tx not found"))?;
        Ok(included(hash, *height, *code, String::new()))
    }

    pub fn simulate(&mut self, request: SimulateRequest) -> Result<SimulateResponse, Status> {
        let raw = TxRaw::decode(request.tx_bytes.as_slice()).unwrap();
        let gas_used = (70_000 + 10 * raw.body_bytes.len() as u64).max(200_000);
        let gas_info = Some(GasInfo {
            gas_wanted: 0,
            gas_used,
        });
        Ok(SimulateResponse {
            gas_info,
            result: None,
        })
    }

    pub fn account(&mut self, request: QueryAccountRequest) -> Result<QueryAccountResponse, Status> {
        account(&self.key, self.sequence, request)
    }

    pub fn status(&mut self, _: StatusRequest) -> Result<StatusResponse, Status> {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        Ok(status(self.height, i64::try_from(now).unwrap() - self.lag))
    }

    pub fn params(&mut self, _: QueryParamsRequest) -> Result<QueryParamsResponse, Status> {
        let params = Params {
            bad_latency_ms: 300,
            ..Params::default()
        };
        Ok(QueryParamsResponse { params: Some(params) })
    }

    pub fn assignment(&mut self, request: QueryAssignmentRequest) -> Result<QueryAssignmentResponse, Status> {
        assert_eq!(request.auditor, self.key.address().to_string());
        if self.dismissed {
            return Err(Status::not_found("audits for no validator"));
        }
        Ok(QueryAssignmentResponse {
            epoch: self.epoch,
            operator: self.operator.to_string(),
            targets: self.targets.clone(),
            commit_until: self.commit_until(),
            reveal_until: self.last(),
            height: self.height,
            digest: self
                .digest
                .map(|digest| digest.to_vec())
                .unwrap_or_default()
                .into(),
            revealed: self.revealed,
            compute_seed: SEED.to_vec().into(),
            compute_sample_height: self.sample_height(),
            compute_sample: match self.height < self.sample_height() {
                true => Default::default(),
                false => SAMPLE.to_vec().into(),
            },
        })
    }
}

fn entry(entry: &slsbft_proto::service::v1::AuditEntry) -> Entry {
    let finding = if entry.reachable {
        Finding::Reached(Reading {
            latency_ms: u16::try_from(entry.latency_ms).unwrap(),
            throughput_kbps: entry.throughput_kbps,
            delivered: entry.delivered.map(|part| u16::try_from(part).unwrap()),
        })
    } else {
        assert_eq!(
            (entry.latency_ms, entry.throughput_kbps, entry.delivered),
            (0, 0, None)
        );
        Finding::Unreachable
    };
    Entry {
        target: entry.provider,
        finding,
    }
}

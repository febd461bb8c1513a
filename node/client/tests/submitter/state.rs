//! The state of a fake node that keeps one account's sequence as strictly as the chain does, checks every
//! signature, and fails on demand.

#![allow(
    clippy::result_large_err,
    reason = "tonic::Status is what handlers answer with"
)]

use std::collections::{BTreeMap, VecDeque};

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        auth::v1beta1::{QueryAccountRequest, QueryAccountResponse},
        base::{
            abci::v1beta1::{GasInfo, TxMsgData},
            node::v1beta1::{StatusRequest, StatusResponse},
        },
        tx::v1beta1::{
            AuthInfo, BroadcastTxRequest, BroadcastTxResponse, GetTxRequest, GetTxResponse, SimulateRequest,
            SimulateResponse, TxBody, TxRaw,
        },
    },
};
use prost::{Message, Name};
use rand::{Rng, SeedableRng, rngs::StdRng};
use slsbft_client::TxHash;
use slsbft_proto::metering::v1::{ClaimResult, ClaimVerdict, MsgClaim, MsgClaimResponse};
use slsbft_types::{
    PublicKey,
    tx::{direct_sign_bytes, tx_hash},
};
use tonic::Status;

use crate::node::{ACCOUNT_NUMBER, CHAIN_ID, account, included, read, status, verdict};

/// How often something goes wrong, per thousand broadcasts.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    pub seed: u64,
    /// No answer, nothing done.
    pub away: u32,
    /// Done, but the answer is lost.
    pub lost_answer: u32,
    /// The mempool is emptied, as by a restart, before the broadcast is looked at.
    pub forget: u32,
    pub full: u32,
    /// The last transaction is thrown out of the mempool.
    pub evict: u32,
    /// Another program gets in first with the same key.
    pub foreign: u32,
}

/// A transaction in the mempool; a foreign one has an empty memo.
#[derive(Clone)]
struct Held {
    hash: TxHash,
    memo: String,
    /// Of its result, if it succeeds.
    data: String,
}

pub struct State {
    key: PublicKey,
    rng: StdRng,
    pub faults: Faults,
    pub height: u64,
    /// The account's sequence after the latest block, and after the mempool.
    pub sequence: u64,
    checked: u64,
    mempool: VecDeque<Held>,
    index: BTreeMap<TxHash, (u64, Held)>,
    /// Memos in the order in which blocks took them.
    pub included: Vec<String>,
    /// Broadcasts refused because of their sequence.
    pub mismatches: u32,
    /// No blocks while set.
    pub halted: bool,
    /// Answers nothing; blocks go on.
    pub away: bool,
}

impl State {
    pub fn new(key: PublicKey) -> Self {
        Self {
            key,
            rng: StdRng::seed_from_u64(0),
            faults: Faults::default(),
            height: 1,
            sequence: 3,
            checked: 3,
            mempool: VecDeque::new(),
            index: BTreeMap::new(),
            included: Vec::new(),
            mismatches: 0,
            halted: false,
            away: false,
        }
    }

    /// From now on these go wrong.
    pub fn fail(&mut self, faults: Faults) {
        self.rng = StdRng::seed_from_u64(faults.seed);
        self.faults = faults;
    }

    pub fn make_block(&mut self) {
        if self.halted {
            return;
        }
        self.height += 1;
        for _ in 0..self.rng.gen_range(5..60) {
            let Some(held) = self.mempool.pop_front() else {
                break;
            };
            self.sequence += 1;
            if !held.memo.is_empty() || !held.data.is_empty() {
                self.included.push(held.memo.clone());
            }
            self.index.insert(held.hash, (self.height, held));
        }
    }

    pub fn forget(&mut self) {
        self.mempool.clear();
        self.checked = self.sequence;
    }

    /// Another program sends a transaction with the same key.
    pub fn foreign(&mut self) {
        self.checked += 1;
        let hash = TxHash(self.rng.r#gen());
        self.mempool.push_back(Held {
            hash,
            memo: String::new(),
            data: String::new(),
        });
    }

    pub fn broadcast(&mut self, request: BroadcastTxRequest) -> Result<BroadcastTxResponse, Status> {
        let lost = || Status::unavailable("the fake node is away");
        if self.happens(self.faults.away) {
            return Err(lost());
        }
        if self.happens(self.faults.forget) {
            self.forget();
        }
        if self.happens(self.faults.foreign) {
            self.foreign();
        }
        if self.happens(self.faults.evict) && self.mempool.pop_back().is_some() {
            self.checked -= 1;
        }
        if self.happens(self.faults.full) {
            return Ok(verdict(20, "mempool is full"));
        }
        let verdict = self.check(&request.tx_bytes)?;
        if self.happens(self.faults.lost_answer) {
            Err(lost())
        } else {
            Ok(verdict)
        }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<BroadcastTxResponse, Status> {
        let undecodable = |_| Status::invalid_argument("no transaction");
        let raw = TxRaw::decode(bytes).map_err(undecodable)?;
        let body = TxBody::decode(raw.body_bytes.as_slice()).map_err(undecodable)?;
        let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).map_err(undecodable)?;
        let hash = TxHash(tx_hash(bytes));
        if self.mempool.iter().any(|held| held.hash == hash) {
            return Ok(verdict(19, "tx already in mempool"));
        }
        let (fee, found) = (auth.fee.unwrap(), auth.signer_infos[0].sequence);
        if fee.amount[0].amount.parse::<u64>().unwrap() < 25 * fee.gas_limit {
            return Ok(verdict(13, "insufficient fees"));
        }
        if fee.gas_limit < gas(&raw.body_bytes) {
            return Ok(verdict(11, "out of gas"));
        }
        let expected = self.checked;
        if found != expected {
            self.mismatches += 1;
            let log = format!("account sequence mismatch, expected {expected}, got {found}");
            return Ok(verdict(32, &format!("{log}: incorrect account sequence")));
        }
        let signed = direct_sign_bytes(&raw.body_bytes, &raw.auth_info_bytes, CHAIN_ID, ACCOUNT_NUMBER);
        self.key
            .verify(&signed, &raw.signatures[0])
            .expect("the signature is that of the account");
        self.checked += 1;
        self.mempool.push_back(Held {
            hash,
            data: data(&body),
            memo: body.memo,
        });
        Ok(verdict(0, ""))
    }

    pub fn get_tx(&mut self, request: GetTxRequest) -> Result<GetTxResponse, Status> {
        let hash: TxHash = request
            .hash
            .parse()
            .map_err(|_| Status::invalid_argument("no hash"))?;
        let not_found = || Status::not_found(format!("tx not found: {hash}"));
        // The index is one block behind the state.
        let (height, held) = self
            .index
            .get(&hash)
            .filter(|(height, _)| *height < self.height)
            .ok_or_else(not_found)?;
        let code = if held.memo == "fails in its block" { 5 } else { 0 };
        Ok(included(hash, *height, code, held.data.clone()))
    }

    pub fn simulate(&mut self, request: SimulateRequest) -> Result<SimulateResponse, Status> {
        let raw = TxRaw::decode(request.tx_bytes.as_slice())
            .map_err(|_| Status::invalid_argument("no transaction"))?;
        let gas_info = Some(GasInfo {
            gas_wanted: 0,
            gas_used: gas(&raw.body_bytes),
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
        Ok(status(self.height, 1_800_000_000 + self.height as i64))
    }

    fn happens(&mut self, per_mille: u32) -> bool {
        self.rng.gen_range(0..1000) < per_mille
    }
}

fn claim(body: &TxBody) -> Option<MsgClaim> {
    read(body.messages.first()?)
}

/// As the chain's table has it.
fn gas(body: &[u8]) -> u64 {
    let claim = claim(&TxBody::decode(body).unwrap());
    let messages = claim.map_or(40_000, |claim| 60_000 + 5_000 * claim.vouchers.len() as u64);
    (30_000 + 10 * body.len() as u64 + messages).max(200_000)
}

/// A claim's answer: everything is accepted.
fn data(body: &TxBody) -> String {
    let Some(claim) = claim(body) else {
        return String::new();
    };
    let accepted = ClaimResult {
        verdict: ClaimVerdict::Accepted.into(),
        deal_id: 1,
    };
    let response = MsgClaimResponse {
        results: vec![accepted; claim.vouchers.len()],
        paid: "0".into(),
    };
    let any = Any {
        type_url: MsgClaimResponse::type_url(),
        value: response.encode_to_vec(),
    };
    hex::encode(
        TxMsgData {
            msg_responses: vec![any],
            ..Default::default()
        }
        .encode_to_vec(),
    )
}

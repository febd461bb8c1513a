//! The state of a fake node with one account that answers requests: it keeps the account's sequence and
//! the rules of requests as strictly as the chain does.

#![allow(
    clippy::result_large_err,
    reason = "tonic::Status is what handlers answer with"
)]

use std::collections::{BTreeMap, BTreeSet};

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        auth::v1beta1::{QueryAccountRequest, QueryAccountResponse},
        base::{
            abci::v1beta1::GasInfo,
            node::v1beta1::{StatusRequest, StatusResponse},
        },
        tx::v1beta1::{
            BroadcastTxRequest, BroadcastTxResponse, GetTxRequest, GetTxResponse, SimulateRequest,
            SimulateResponse, TxBody, TxRaw,
        },
    },
    cosmwasm::wasm::v1::{QueryCodeRequest, QueryCodeResponse},
};
use prost::Message;
use slsbft_client::{CodeInfo, TxHash};
use slsbft_mechanism::request::Answer;
use slsbft_proto::requests::v1::{
    MsgCommit, MsgReveal, QueryAssignedRequest, QueryAssignedResponse, Request, Seat, Status as Stage, Task,
    answer,
};
use slsbft_types::{PublicKey, tx::tx_hash};
use slsbft_wasm::CodeHash;
use tonic::Status;

use crate::node::{CHAIN_ID, account, included, read, status, verdict};

pub struct State {
    key: PublicKey,
    pub height: u64,
    sequence: u64,
    mempool: Vec<(TxHash, TxBody)>,
    index: BTreeMap<TxHash, (u64, u32)>,
    /// Those for which the account was drawn, with other nodes.
    pub requests: BTreeMap<u64, Request>,
    /// What it revealed.
    pub answers: BTreeMap<u64, Answer>,
    /// Digests that were ever sent, by request.
    pub offered: BTreeMap<u64, BTreeSet<Vec<u8>>>,
    /// What blocks refused.
    pub refused: Vec<&'static str>,
    /// Answers nothing; blocks go on.
    pub away: bool,
    /// By id, from 1.
    pub codes: Vec<Vec<u8>>,
    /// What it gives out for any of them, while it tells the hash of the right one.
    pub replaced: Option<Vec<u8>>,
    /// How often it was asked for the bytes of one.
    pub looks: usize,
}

impl State {
    pub fn new(key: PublicKey) -> Self {
        Self {
            key,
            height: 1,
            sequence: 3,
            mempool: Vec::new(),
            index: BTreeMap::new(),
            requests: BTreeMap::new(),
            answers: BTreeMap::new(),
            offered: BTreeMap::new(),
            refused: Vec::new(),
            away: false,
            codes: Vec::new(),
            replaced: None,
            looks: 0,
        }
    }

    fn account_text(&self) -> String {
        self.key.address().to_string()
    }

    /// A request that the account has to answer in so many blocks, and so many for revealing.
    pub fn post(&mut self, url: &str, path: &str, decimals: Option<u32>, windows: [u64; 2]) -> u64 {
        let asked = Request {
            url: url.into(),
            path: path.into(),
            decimals,
            ..Request::default()
        };
        self.assign(asked, windows)
    }

    /// The same with a task.
    pub fn post_task(&mut self, task: Task, windows: [u64; 2]) -> u64 {
        let asked = Request {
            task: Some(task),
            ..Request::default()
        };
        self.assign(asked, windows)
    }

    fn assign(&mut self, asked: Request, [commit, reveal]: [u64; 2]) -> u64 {
        let id = self.requests.len() as u64 + 1;
        let seat = |edge: String| Seat {
            edge,
            ..Seat::default()
        };
        let request = Request {
            id,
            status: Stage::Open.into(),
            commit_until: self.height + commit,
            reveal_until: self.height + commit + reveal,
            // Another node, which is silent, so that nothing is complete before its time.
            seats: vec![seat("ankr1other".into()), seat(self.account_text())],
            ..asked
        };
        self.requests.insert(id, request);
        id
    }

    pub fn make_block(&mut self) {
        self.height += 1;
        for (hash, body) in std::mem::take(&mut self.mempool) {
            // All of them or none.
            let before = (self.requests.clone(), self.answers.clone());
            let done = body.messages.iter().try_for_each(|message| self.execute(message));
            let code = match done {
                Ok(()) => 0,
                Err(why) => {
                    (self.requests, self.answers) = before;
                    self.refused.push(why);
                    1
                }
            };
            self.sequence += 1;
            self.index.insert(hash, (self.height, code));
        }
    }

    fn execute(&mut self, message: &Any) -> Result<(), &'static str> {
        let (height, account) = (self.height, self.account_text());
        if let Some(commit) = read::<MsgCommit>(message) {
            let request = self
                .requests
                .get_mut(&commit.request_id)
                .ok_or("no such request")?;
            if height > request.commit_until {
                return Err("too late to commit");
            }
            let seat = &mut request.seats[1];
            if !seat.digest.is_empty() {
                return Err("committed already");
            }
            seat.digest = commit.digest;
            return Ok(());
        }
        let reveal: MsgReveal = read(message).expect("a commitment or an answer");
        let request = self
            .requests
            .get_mut(&reveal.request_id)
            .ok_or("no such request")?;
        if height <= request.commit_until {
            return Err("too early to reveal");
        }
        if height > request.reveal_until {
            return Err("too late to reveal");
        }
        let answer = match reveal.answer.clone().unwrap().answer.unwrap() {
            answer::Answer::Found(text) => Answer::Found(text),
            answer::Answer::Unavailable(_) => Answer::Unavailable,
            answer::Answer::Failed(words) => Answer::Failed(words),
        };
        let salt = reveal.salt.as_ref().try_into().unwrap();
        let digest = answer.commitment(CHAIN_ID, reveal.request_id, &account.parse().unwrap(), &salt);
        let seat = &mut request.seats[1];
        if seat.answer.is_some() {
            return Err("revealed already");
        }
        if seat.digest != digest.as_slice() {
            return Err("not what was committed to");
        }
        seat.answer = reveal.answer;
        self.answers.insert(reveal.request_id, answer);
        Ok(())
    }

    pub fn assigned(&mut self, request: QueryAssignedRequest) -> Result<QueryAssignedResponse, Status> {
        assert_eq!(request.edge, self.account_text());
        let open = self
            .requests
            .values()
            .filter(|request| request.reveal_until > self.height);
        Ok(QueryAssignedResponse {
            requests: open.cloned().collect(),
            pagination: None,
            height: self.height,
        })
    }

    pub fn code_info(&mut self, request: QueryCodeRequest) -> Result<CodeInfo, Status> {
        let code = &self.codes[request.code_id as usize - 1];
        Ok(CodeInfo {
            code_id: request.code_id,
            data_hash: CodeHash::of(code).0.to_vec(),
            ..Default::default()
        })
    }

    pub fn code(&mut self, request: QueryCodeRequest) -> Result<QueryCodeResponse, Status> {
        self.looks += 1;
        let code = &self.codes[request.code_id as usize - 1];
        Ok(QueryCodeResponse {
            code_info: None,
            data: self.replaced.as_ref().unwrap_or(code).clone(),
        })
    }

    pub fn broadcast(&mut self, request: BroadcastTxRequest) -> Result<BroadcastTxResponse, Status> {
        let raw = TxRaw::decode(request.tx_bytes.as_slice()).unwrap();
        let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
        let hash = TxHash(tx_hash(&request.tx_bytes));
        for message in &body.messages {
            if let Some(commit) = read::<MsgCommit>(message) {
                let offered = self.offered.entry(commit.request_id).or_default();
                offered.insert(commit.digest.to_vec());
            }
        }
        if self.mempool.iter().any(|(held, _)| *held == hash) {
            return Ok(verdict(19, "tx already in mempool"));
        }
        if body.timeout_height <= self.height {
            return Ok(verdict(30, "tx timeout height"));
        }
        self.mempool.push((hash, body));
        Ok(verdict(0, ""))
    }

    pub fn get_tx(&mut self, request: GetTxRequest) -> Result<GetTxResponse, Status> {
        let hash: TxHash = request.hash.parse().unwrap();
        let found = self.index.get(&hash);
        let (height, code) = found.ok_or_else(|| Status::not_found("tx not found"))?;
        Ok(included(hash, *height, *code, String::new()))
    }

    pub fn simulate(&mut self, _: SimulateRequest) -> Result<SimulateResponse, Status> {
        let gas_info = Some(GasInfo {
            gas_wanted: 0,
            gas_used: 200_000,
        });
        Ok(SimulateResponse {
            gas_info,
            result: None,
        })
    }

    pub fn account(&mut self, request: QueryAccountRequest) -> Result<QueryAccountResponse, Status> {
        account(&self.key, self.sequence + self.mempool.len() as u64, request)
    }

    pub fn status(&mut self, _: StatusRequest) -> Result<StatusResponse, Status> {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        Ok(status(self.height, i64::try_from(now).unwrap()))
    }
}

//! A chain with edge nodes.

use cosmos_sdk_proto::Any;
use prost::{Message, Name};
use slsbft_client::{KeyKind, TxBuilder};
use slsbft_genesis::Genesis;
use slsbft_mechanism::request::Answer;
use slsbft_proto::{
    requests::v1::{
        MsgCommit, MsgPost, MsgReveal, QueryEdgesRequest, QueryEdgesResponse, QueryRequestRequest,
        QueryRequestResponse, Request, Status, answer,
    },
    service::v1::{EndpointKind, MsgRegisterProvider, Resources},
};
use slsbft_tests::{Chain, Wallet, chain::CHAIN_ID};
use slsbft_types::{Address, UANKR_PER_ANKR};
use tendermint_proto::v0_38::abci::ExecTxResult;

use crate::listener::any;

pub const ALICE: usize = 0;
pub const BOB: usize = 1;
/// The first of the edge nodes.
const FIRST: usize = 2;
pub const RICH: u128 = 1_000_000 * UANKR_PER_ANKR;
pub const FEE: u128 = 100 * UANKR_PER_ANKR;
pub const EPOCH: u64 = 20;
/// Nodes of a request, and how many must agree.
pub const NODES: usize = 5;
pub const QUORUM: usize = 4;
const SALT: [u8; 32] = [9; 32];

pub struct World {
    pub chain: Chain,
    /// Alice, Bob, and the edge nodes.
    pub wallets: Vec<Wallet>,
}

pub fn found(text: &str) -> Answer {
    Answer::Found(text.into())
}

impl World {
    /// With seven nodes.
    pub fn start() -> Self {
        Self::start_with(7, |_| ())
    }

    /// In the second block of the second epoch, with so many nodes.
    pub fn start_with(nodes: usize, change: impl FnOnce(&mut Genesis)) -> Self {
        let wallets: Vec<_> = (0..FIRST + nodes)
            .map(|n| Wallet::new(KeyKind::Secp256k1, n as u8 + 1, n as u64))
            .collect();
        let funded: Vec<_> = wallets.iter().map(|wallet| (wallet.address(), RICH)).collect();
        let chain = Chain::start_with(&funded, |genesis| {
            genesis.app_state.epochs.params.blocks_per_epoch = EPOCH;
            let params = &mut genesis.app_state.requests.params;
            params.hosts = vec!["api.example.com".into(), "other.example.com:8443".into()];
            params.allow_http = false;
            params.nodes = NODES as u32;
            (params.commit_blocks, params.reveal_blocks) = (4, 4);
            params.min_fee = slsbft_types::Amount::new(FEE);
            change(genesis);
        });
        let mut world = Self { chain, wallets };
        let edges = FIRST..FIRST + nodes;
        let registrations = edges.map(|edge| (edge, world.registration(edge))).collect();
        let results = world.deliver(registrations);
        assert!(results.iter().all(|result| result.code == 0), "{results:#?}");
        world.until(EPOCH as i64 + 1);
        world
    }

    pub fn registration(&self, edge: usize) -> Any {
        any(&MsgRegisterProvider {
            provider: self.text(edge),
            moniker: format!("edge {edge}"),
            endpoint: "https://one.example.com/health".into(),
            kind: EndpointKind::Http.into(),
            resources: Some(Resources::default()),
            tags: vec!["edge".into()],
            self_stake: (1_000 * UANKR_PER_ANKR).to_string(),
        })
    }

    pub fn address(&self, who: usize) -> Address {
        self.wallets[who].address()
    }

    pub fn text(&self, who: usize) -> String {
        self.address(who).to_string()
    }

    /// Blocks up to and with a height.
    pub fn until(&mut self, height: i64) {
        while self.chain.height < height {
            self.chain.block();
        }
    }

    /// One block with a transaction for each message; the result of each, also of those that are not
    /// even taken.
    pub fn deliver(&mut self, messages: Vec<(usize, Any)>) -> Vec<ExecTxResult> {
        self.deliver_with(messages, 1_000_000)
    }

    /// The same with so much gas for each.
    pub fn deliver_with(&mut self, messages: Vec<(usize, Any)>, gas: u64) -> Vec<ExecTxResult> {
        let mut refused = Vec::new();
        for (who, message) in messages {
            let tx = TxBuilder::new().any(message).gas(gas);
            let checked = self.chain.submit(self.wallets[who].sign(&tx).bytes());
            refused.push((checked.code != 0).then(|| ExecTxResult {
                code: checked.code,
                codespace: checked.codespace,
                log: checked.log,
                ..ExecTxResult::default()
            }));
            if checked.code != 0 {
                self.wallets[who].sequence -= 1;
            }
        }
        let block = self.chain.block();
        let mut executed = block.results().iter().cloned();
        let results = refused.into_iter();
        results
            .map(|refused| refused.or_else(|| executed.next()).expect("one for each"))
            .collect()
    }

    /// The same with one, which must succeed.
    pub fn send(&mut self, who: usize, message: Any) {
        let results = self.deliver(vec![(who, message)]);
        assert_eq!(results[0].code, 0, "{}", results[0].log);
    }

    /// The same with one, which must fail; its code.
    pub fn refused(&mut self, who: usize, message: Any) -> u32 {
        let results = self.deliver(vec![(who, message)]);
        let ExecTxResult {
            codespace, code, log, ..
        } = &results[0];
        assert_eq!(codespace, "requests", "{code}: {log}");
        *code
    }

    pub fn post_message(&self, who: usize) -> MsgPost {
        MsgPost {
            poster: self.text(who),
            url: "https://api.example.com/v1/rates?base=ankr".into(),
            path: "$.rates[0].price".into(),
            decimals: Some(2),
            fee: FEE.to_string(),
            callback_gas: 0,
            task: None,
        }
    }

    /// A request whose nodes are drawn; its id.
    pub fn post(&mut self, who: usize, fee: u128) -> u64 {
        let message = MsgPost {
            fee: fee.to_string(),
            ..self.post_message(who)
        };
        self.send(who, any(&message));
        self.chain.block();
        let id = self.last_id();
        assert_eq!(self.request(id).status(), Status::Open);
        id
    }

    pub fn last_id(&self) -> u64 {
        let state = slsbft_app::app::export(&self.chain.snapshot(), self.chain.height as u64);
        state.unwrap().requests.last_id
    }

    pub fn request(&self, id: u64) -> Request {
        self.find(id).expect("it is there")
    }

    pub fn find(&self, id: u64) -> Option<Request> {
        let request = QueryRequestRequest { request_id: id };
        let path = "/slsbft.requests.v1.Query/Request";
        let bytes = self.chain.route(path, &request.encode_to_vec()).ok()?;
        QueryRequestResponse::decode(bytes.as_slice()).unwrap().request
    }

    /// A method of the query service.
    pub fn ask<Q: Message, A: Message + Default>(&self, method: &str, request: &Q) -> A {
        let path = format!("/slsbft.requests.v1.Query/{method}");
        let bytes = self.chain.route(&path, &request.encode_to_vec()).unwrap();
        A::decode(bytes.as_slice()).unwrap()
    }

    pub fn edges(&self) -> Vec<String> {
        let answer: QueryEdgesResponse = self.ask("Edges", &QueryEdgesRequest::default());
        answer.edges
    }

    /// Wallets of the nodes drawn for a request, in that order.
    pub fn drawn(&self, id: u64) -> Vec<usize> {
        let wallet = |seat: &slsbft_proto::requests::v1::Seat| {
            let mut all = FIRST..self.wallets.len();
            all.find(|edge| self.text(*edge) == seat.edge)
                .expect("a known node")
        };
        self.request(id).seats.iter().map(wallet).collect()
    }

    pub fn commitment(&self, id: u64, edge: usize, answer: &Answer) -> Any {
        let digest = answer.commitment(CHAIN_ID, id, &self.address(edge), &SALT);
        any(&MsgCommit {
            edge: self.text(edge),
            request_id: id,
            digest: digest.to_vec().into(),
        })
    }

    pub fn revelation(&self, id: u64, edge: usize, answer: &Answer) -> Any {
        let answer = match answer {
            Answer::Found(text) => answer::Answer::Found(text.clone()),
            Answer::Unavailable => answer::Answer::Unavailable(true),
            Answer::Failed(words) => answer::Answer::Failed(words.clone()),
        };
        any(&MsgReveal {
            edge: self.text(edge),
            request_id: id,
            salt: SALT.to_vec().into(),
            answer: Some(slsbft_proto::requests::v1::Answer { answer: Some(answer) }),
        })
    }

    /// Those who were drawn first commit to these answers, in one block.
    pub fn commit(&mut self, id: u64, answers: &[Answer]) {
        let drawn = self.drawn(id);
        let all = drawn.into_iter().zip(answers);
        let message = |(edge, answer)| (edge, self.commitment(id, edge, answer));
        let messages = all.map(message).collect();
        let results = self.deliver(messages);
        assert!(results.iter().all(|result| result.code == 0), "{results:#?}");
    }

    /// The same with what they reveal.
    pub fn reveal(&mut self, id: u64, answers: &[Answer]) {
        let drawn = self.drawn(id);
        let all = drawn.into_iter().zip(answers);
        let message = |(edge, answer)| (edge, self.revelation(id, edge, answer));
        let messages = all.map(message).collect();
        let results = self.deliver(messages);
        assert!(results.iter().all(|result| result.code == 0), "{results:#?}");
    }

    /// Uankr that the module holds.
    pub fn escrow(&self) -> u128 {
        self.chain.balance(&Address::module("requests"))
    }
}

/// What a request ended with.
pub fn answer_of(request: &Request) -> Option<Answer> {
    match request.answer.clone()?.answer? {
        answer::Answer::Found(text) => Some(Answer::Found(text)),
        answer::Answer::Unavailable(_) => Some(Answer::Unavailable),
        answer::Answer::Failed(words) => Some(Answer::Failed(words)),
    }
}

/// A packed message, changed.
pub fn with<M: Message + Name + Clone>(message: &M, change: impl FnOnce(&mut M)) -> Any {
    let mut message = message.clone();
    change(&mut message);
    any(&message)
}
